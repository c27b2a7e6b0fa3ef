"""Safety of the code and of what it stands on (O10): bandit, detect-secrets, semgrep's local rules, version floors, hashes,
and the production settings' own check. Ends with 1 at the first finding."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
HOUSE = [
    "portal", "transparency", "dialogue_sessions", "procedures_catalog", "messaging", "organisation", "search", "safeguards", "foundation",
    "tools", "manage.py",
]  # fmt: skip
# Below these, known holes are open.
FLOORS = {"django": "5.2.19", "wagtail": "7.4.4", "pillow": "11.3.0", "cryptography": "46.0.0", "django-allauth": "65.21.1"}


def run(what: str, command: list[str], **variables: str) -> None:
    """Run one tool; its finding ends the run."""
    print(f"-- {what}", flush=True)
    if code := subprocess.call(command, cwd=ROOT, env={**os.environ, **variables}):
        raise SystemExit(f"{what}: exit {code}")


def version(text: str) -> tuple[int, ...]:
    """Numbers of a version."""
    return tuple(int(part) for part in re.findall(r"\d+", text)[:4])


def pinned(file: str) -> dict[str, str]:
    """Package -> version of a lock; raises SystemExit where a pin or its hashes are missing."""
    found: dict[str, str] = {}
    text = (ROOT / file).read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)", line)
        if not match:
            raise SystemExit(f"{file}: not an exact pin: {line[:80]}")
        if "--hash=sha256:" not in line:
            raise SystemExit(f"{file}: no hash: {line[:80]}")
        found[match[1].lower().replace("_", "-")] = match[2]
    return found


def floors() -> None:
    """Every package is pinned with hashes, and none is older than its floor."""
    print("-- lock and version floors", flush=True)
    packages = pinned("requirements.txt")
    tools = pinned("requirements-dev.txt")
    differing = {name for name, number in packages.items() if tools.get(name, number) != number}
    if differing:
        raise SystemExit(f"requirements-dev.txt pins other versions of {', '.join(sorted(differing))}")
    for name, floor in FLOORS.items():
        if version(packages[name]) < version(floor):
            raise SystemExit(f"{name} {packages[name]} is older than {floor}")


def local_rules() -> None:
    """The house's own rules, by semgrep; nothing leaves the machine."""
    command = [str(BIN / "semgrep"), "scan", "--config", "tools/semgrep.yml", "--error", "--quiet", "--metrics", "off", "--disable-version-check"]
    run("semgrep, rules of our own", [*command, "--jobs", "1", *HOUSE], PATH=f"{BIN}{os.pathsep}{os.environ['PATH']}")


def no_secrets() -> None:
    """detect-secrets over every file of the project. What is known to be none is marked where it stands."""
    print("-- detect-secrets", flush=True)
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    skip = re.compile(r"(^fixtures/|^requirements.*\.txt$|\.(png|jpg|po|mo|gz)$|^docs/screenshots/)")
    files = [name for name in listed if name and not skip.search(name) and (ROOT / name).is_file()]
    report = subprocess.run([str(BIN / "detect-secrets"), "scan", *files], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found = json.loads(report)["results"]
    for name, places in found.items():
        for place in places:
            print(f"{name}:{place['line_number']}: {place['type']}")
    if found:
        raise SystemExit("detect-secrets: a secret, or what looks like one. Where it is none, say so beside it: # pragma: allowlist secret")


def production_check() -> None:
    """`check --deploy` under settings as an installation would give them: not one warning."""
    with tempfile.TemporaryDirectory() as var:
        run(
            "check --deploy",
            [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
            PORTAL_STAGE="production",
            PORTAL_VAR=var,
            SECRET_KEY=secrets.token_urlsafe(64),
            FIELD_KEY=secrets.token_urlsafe(64),
            ALLOWED_HOSTS="minhbach.example.gov.vn",
            DATABASE_URL=f"postgresql://portal_app:{secrets.token_hex(16)}@127.0.0.1:1/portal",
            PORTAL_BASE_URL="https://minhbach.example.gov.vn",
            MAIL_HOST="127.0.0.1",
            CLAMD_ADDRESS="127.0.0.1:3310",
        )


def main() -> int:
    """All of them."""
    floors()
    run("bandit", [str(BIN / "bandit"), "-q", "-r", "-ll", "-c", "pyproject.toml", *HOUSE])
    local_rules()
    no_secrets()
    production_check()
    print("nothing found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
