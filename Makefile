# `make` lists the targets. Everything runs in .venv, which the first target that needs it makes.
PYTHON ?= python3
BIN := .venv/bin
PY := $(BIN)/python
.DEFAULT_GOAL := help
.PHONY: help run elasticsearch elasticsearch-stop clamav clamav-stop dev test lint format types messages migrations-check security lock sbom screenshots bench lighthouse soak handbook forms install-check api-check ci clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

run: ## the portal on http://127.0.0.1:8000 (PORT changes it), from a fresh clone; Ctrl-C ends it
	@$(PYTHON) tools/run.py

elasticsearch: dev ## a real Elasticsearch on 127.0.0.1:9200 (ES_PORT changes it) in the background; NODES=3 makes a cluster
	@$(PY) tools/elasticsearch/node.py start

elasticsearch-stop: dev ## ends what `make elasticsearch` started
	@$(PY) tools/elasticsearch/node.py stop

clamav: dev ## a real virus scanner on 127.0.0.1:3310 (CLAMD_PORT changes it) in the background, which knows the test file of EICAR
	@$(PY) tools/clamav/daemon.py start

clamav-stop: dev ## ends what `make clamav` started
	@$(PY) tools/clamav/daemon.py stop

dev: ## the virtual environment with the tools for tests and checks
	@$(PYTHON) tools/bootstrap.py --dev

test: dev ## the whole suite, with everything that it needs
	@$(PY) tools/browser.py
	@$(BIN)/pytest -n auto

lint: dev ## style of code and templates, arrows between the applications
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --lint templates
	$(BIN)/lint-imports

format: dev ## code as ruff formats it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: dev ## mypy, strict
	DATABASE_URL=postgresql://x@/x $(BIN)/mypy portal transparency dialogue_sessions procedures_catalog messaging organisation search safeguards foundation tools

messages: dev ## translations: adds new messages to the catalogues, checks that all are translated, compiles
	$(PY) tools/messages.py make
	$(PY) tools/messages.py check
	$(PY) tools/messages.py compile

migrations-check: dev ## models and migrations agree, migrations are safe to run on a living database
	PORTAL_AS_OWNER=1 $(PY) manage.py makemigrations --check --dry-run
	PORTAL_AS_OWNER=1 $(PY) tools/migrations.py

security: dev ## bandit, detect-secrets, version floors, production settings
	$(PY) tools/security.py

lock: ## requirements*.txt anew from requirements*.in, with hashes
	$(PYTHON) tools/lock.py

sbom: dev ## the software bill of materials, var/sbom.json (CycloneDX)
	@mkdir -p var
	$(BIN)/cyclonedx-py requirements requirements.txt --of JSON -o var/sbom.json
	@echo var/sbom.json

screenshots: dev ## each public page at 360 and 1280 px, into docs/screenshots
	$(PY) tools/screenshots.py

soak: dev ## attacks and long runs on a portal of its own: sqlmap, wapiti, memory (PARTS, MINUTES; an hour)
	$(PY) tools/soak.py $(PARTS)

forms: dev ## the blank forms of the demonstration, from fixtures/demonstration/forms, as DOCX, PDF and ODT
	$(PY) tools/forms.py make

bench: dev ## speed and size, as ratios of one run; JSON on the last line
	$(PY) bench/catalogue.py
	$(PY) bench/site.py

lighthouse: dev ## Lighthouse (mobile) on every kind of public page, after `make run`; needs Node and Chromium; JSON on the last line
	$(PY) bench/lighthouse.py

handbook: dev ## the pictures of docs/handbook, from a demonstration made for them
	$(PY) tools/handbook.py

install-check: ## a fresh clone, `make run`, the pages asked, ended again (minutes)
	$(PYTHON) tools/install_check.py

api-check: dev ## schemathesis against a portal that runs on PORT without limits (RATE_LIMITS=0 make run), 200 examples an operation (minutes)
	$(PY) tools/api_check.py --url http://127.0.0.1:$(or $(PORT),8000)

ci: ## what the pipeline runs
	bash .ci/run

clean: ## removes what can be made again; the data under var/ stays
	rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache .pytest_cache .hypothesis var/stamps var/static
	find . -name '*.mo' -not -path './.venv/*' -delete
