"""A start with a missing or weak setting ends with one clear line (F12), and a sound one passes Django's own check."""

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


def production(**changes):
    values = {
        "PORTAL_STAGE": "production",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "FIELD_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "minhbach.example.gov.vn",
        "PORTAL_BASE_URL": "https://minhbach.example.gov.vn",
        "MAIL_HOST": "127.0.0.1",
        "CLAMD_ADDRESS": "127.0.0.1:3310",
        "DATABASE_URL": f"postgresql://portal_app:{secrets.token_hex(16)}@127.0.0.1:1/portal",
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


def manage(var, variables, *arguments):
    keep = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PORTAL_VAR": str(var)}
    return subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=keep | variables, capture_output=True, text=True, timeout=120)


def address(role, word):
    return f"postgresql://{role}:{word}@db/portal"


WRONG = {
    "no secret key": ({"SECRET_KEY": None}, "SECRET_KEY is not set"),
    "a blank secret key": ({"SECRET_KEY": "  "}, "SECRET_KEY is not set"),
    "a short secret key": ({"SECRET_KEY": "abcdef"}, "SECRET_KEY is too weak"),
    "one letter": ({"SECRET_KEY": "a" * 80}, "SECRET_KEY is too weak"),
    "Django's example": ({"SECRET_KEY": "django-insecure-" + secrets.token_urlsafe(64)}, "SECRET_KEY is too weak"),  # pragma: allowlist secret
    "no field key": ({"FIELD_KEY": None}, "FIELD_KEY is not set"),
    "a short field key": ({"FIELD_KEY": "abcdef"}, "FIELD_KEY is too weak"),
    "no second factor": ({"SECOND_FACTOR": "off"}, "SECOND_FACTOR=off has no place in production"),
    "half a second factor": ({"SECOND_FACTOR": "maybe"}, "SECOND_FACTOR must be required or off"),
    "no database": ({"DATABASE_URL": None}, "DATABASE_URL is not set"),
    "another database": ({"DATABASE_URL": "sqlite:///x"}, "must start with postgresql://"),
    "no database password": ({"DATABASE_URL": "postgresql://portal_app@db/portal"}, "no password or a default one"),
    "a default database password": (
        {"DATABASE_URL": "postgresql://portal_app:Postgres@db/portal"},  # pragma: allowlist secret
        "no password or a default one",
    ),  # pragma: allowlist secret
    "one role for both": (
        {"DATABASE_URL": "postgresql://one:x7Gk2@db/portal", "DATABASE_OWNER_URL": "postgresql://one:x7Gk2@db/portal"},  # pragma: allowlist secret
        "name the same role",
    ),
    "no hosts": ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS is not set"),
    "every host": ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS is not set"),
    "no address": ({"PORTAL_BASE_URL": None}, "PORTAL_BASE_URL is not set"),
    "an address without TLS": ({"PORTAL_BASE_URL": "http://minhbach.example.gov.vn"}, "PORTAL_BASE_URL is not set"),
    "odd quiet hours": ({"QUIET_HOURS": "nachts"}, "QUIET_HOURS must look like"),
    "no mail": ({"MAIL_HOST": None}, "MAIL_HOST is not set"),
    "no virus scanner": ({"CLAMD_ADDRESS": None}, "CLAMD_ADDRESS is not set"),
    "a scanner without a port": ({"CLAMD_ADDRESS": "clamav"}, "CLAMD_ADDRESS must be host:port"),
    "a port of letters": ({"MAIL_PORT": "smtp"}, "MAIL_PORT must be a whole number"),
    "a proxy of letters": ({"TRUSTED_PROXIES": "proxy"}, "TRUSTED_PROXIES must list addresses"),
    "an address of no server": ({"ELASTICSEARCH_URL": "search-1:9200"}, "ELASTICSEARCH_URL must list addresses"),
    "an account in the address": (
        {"ELASTICSEARCH_URL": "https://elastic:x7Gk2@search-1:9200"},  # pragma: allowlist secret
        "ELASTICSEARCH_URL must list addresses",
    ),
    "a time of letters": ({"ELASTICSEARCH_TIMEOUT": "soon"}, "ELASTICSEARCH_TIMEOUT must be a positive number"),
    "no time at all": ({"ELASTICSEARCH_TIMEOUT": "0"}, "ELASTICSEARCH_TIMEOUT must be a positive number"),
    "an unknown stage": ({"PORTAL_STAGE": "prod"}, "PORTAL_STAGE must be"),
}


@pytest.mark.accepts("F12")
@pytest.mark.parametrize("case", WRONG)
def test_an_unsafe_environment_ends_the_start_with_one_line(case, tmp_path):
    changes, message = WRONG[case]
    result = manage(tmp_path, production(**changes), "check")
    assert result.returncode != 0
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert "Traceback" not in result.stderr


@pytest.mark.accepts("F12")
def test_a_message_repeats_no_secret(tmp_path):
    weak = "weak-and-private"
    result = manage(tmp_path, production(SECRET_KEY=weak), "check")
    assert weak not in result.stderr + result.stdout


@pytest.mark.accepts("F12", "O13")
def test_production_migrates_as_the_owner_only(tmp_path):
    result = manage(tmp_path, production(), "migrate")
    assert result.returncode != 0
    assert "DATABASE_OWNER_URL is not set" in result.stderr


@pytest.mark.accepts("F12", "O1")
def test_a_sound_production_passes_without_a_warning(tmp_path):
    result = manage(tmp_path, production(), "check", "--deploy", "--fail-level", "WARNING")
    assert result.returncode == 0, result.stderr


@pytest.mark.accepts("F12")
def test_elsewhere_a_secret_is_made_once_and_kept_private(tmp_path, monkeypatch):
    from portal import environment

    monkeypatch.setenv("PORTAL_VAR", str(tmp_path))
    monkeypatch.setenv("PORTAL_STAGE", "demonstration")
    monkeypatch.delenv("SECRET_KEY", raising=False)
    first = environment.secret("SECRET_KEY")
    assert environment.secret("SECRET_KEY") == first
    assert len(first) >= environment.MIN_SECRET_LENGTH
    assert (tmp_path / "secrets" / "secret_key").stat().st_mode & 0o777 == 0o600


def variables_read():
    found = set()
    for path in [*ROOT.glob("portal/**/*.py"), ROOT / "tools" / "serve.py"]:
        found |= set(re.findall(r'environment\.(?:text|flag|number|decimal|words|networks|secret)\(\s*"([A-Z_]+)"', path.read_text()))
    return found | {"PORTAL_STAGE", "PORTAL_VAR"}


def test_the_table_of_settings_names_every_variable_and_no_other():
    table = [line for line in (ROOT / "docs" / "install.md").read_text().splitlines() if line.startswith("| `")]
    documented = {name for line in table for name in re.findall(r"`([A-Z_]+)`", line.split("|")[1])}
    assert documented == variables_read()


def test_compose_sets_only_variables_that_are_read():
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    for name in ("web", "worker", "migrate"):
        assert set(compose["services"][name]["environment"]) <= variables_read()
    assert "DATABASE_OWNER_URL" not in compose["services"]["web"]["environment"]
    assert "DATABASE_OWNER_URL" not in compose["services"]["worker"]["environment"]


def test_compose_runs_an_elasticsearch_that_nobody_waits_for():
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    assert not [name for name, service in compose["services"].items() if service.get("profiles")]
    assert compose["services"]["elasticsearch"]["image"].startswith("docker.elastic.co/elasticsearch/elasticsearch:8.")
    for name in ("web", "worker"):  # both ask the one that stands beside them
        assert compose["services"][name]["environment"]["ELASTICSEARCH_URL"] == "http://elasticsearch:9200"
    for service in compose["services"].values():
        assert not {"elasticsearch", "clamav"} & set(service.get("depends_on", ()))


def test_compose_exposes_the_proxy_only_and_runs_nothing_as_root():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    assert set(services) == {"migrate", "web", "worker", "postgres", "elasticsearch", "clamav", "proxy"}
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "\nUSER portal\n" in dockerfile
    assert "HEALTHCHECK" in dockerfile
    assert dockerfile.count("\nFROM ") + dockerfile.startswith("FROM ") == 2


def test_compose_and_its_example_ask_for_the_same_values():
    asked = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text())) - {"RELEASE"}
    given = set(re.findall(r"^([A-Z_]+)=", (ROOT / "deploy" / "environment.example").read_text(), re.MULTILINE))
    assert given == asked


@pytest.mark.parametrize("file", ["requirements.in", "requirements-dev.in"])
def test_every_dependency_has_its_reason(file):
    names = [re.split(r"[\[=<>~]", line)[0] for line in (ROOT / file).read_text().splitlines() if line and line[0] not in "#-"]
    rows = (ROOT / "docs" / "dependencies.md").read_text()
    assert [name for name in names if f"\n| `{name}` | " not in rows] == []


def test_publiccode_has_what_its_standard_asks():
    code = yaml.safe_load((ROOT / "publiccode.yml").read_text())
    for key in (
        "publiccodeYmlVersion",
        "name",
        "url",
        "platforms",
        "developmentStatus",
        "softwareType",
        "description",
        "legal",
        "maintenance",
        "localisation",
    ):
        assert key in code
    for language in ("vi", "en"):
        assert len(code["description"][language]["shortDescription"]) <= 150
        assert 150 <= len(code["description"][language]["longDescription"]) <= 10_000
        assert code["description"][language]["features"]
    assert code["legal"]["license"] == "EUPL-1.2"
