"""What stands in deploy/: the upgrade and its way back with a pretended machine, units, proxies, pages that need nobody."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import html5lib
import pytest
from django.conf import settings as django_settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"

# What a machine would do, written down instead: each stub says in `said` what it was asked.
STUBS = {
    "runuser": 'shift 3\nexec "$@"\n',
    "install": 'mkdir -p "${@: -1}"\n',
    "chown": "",
    "chmod": "",
    "systemctl": '[ "$1" = start ] && [ -e "$MACHINE/no-backup" ] && exit 1\n'
    'readlink -f "$MINH_BACH_ROOT/current" > "$MACHINE/runs" 2>/dev/null || true\n',
    "curl": 'grep -q "$(basename "$(cat "$MACHINE/runs")")" "$MACHINE/sick" 2>/dev/null && exit 22\nexit 0\n',
    "sleep": "",
}
PYTHON = (
    '#!/bin/bash\necho "$(basename "$PWD") python $* owner=${DATABASE_OWNER_URL-}" >> "$MACHINE/said"\n'
    '[ "$2" != "$(cat "$MACHINE/fails" 2>/dev/null)" ]\n'
)


class Machine:
    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "srv"
        bin_folder = folder / "bin"
        for path in (bin_folder, self.root / "releases", folder / "etc"):
            path.mkdir(parents=True)
        for name, body in STUBS.items():
            stub = bin_folder / name
            stub.write_text(f'#!/bin/bash\necho "{name} $*" >> "$MACHINE/said"\n{body}')
            stub.chmod(0o755)
        (folder / "python").write_text(PYTHON)
        (folder / "python").chmod(0o755)
        (folder / "etc" / "environment").write_text("SECRET_KEY=x\n")
        (folder / "etc" / "owner").write_text("DATABASE_OWNER_URL=postgresql://owner\n")
        self.variables = {
            "PATH": f"{bin_folder}:{os.environ['PATH']}", "MACHINE": str(folder), "MINH_BACH_ROOT": str(self.root),
            "MINH_BACH_ETC": str(folder / "etc"),
            "MINH_BACH_PACKAGES": f"mkdir -p .venv/bin && cp {folder}/python .venv/bin/python", "HOME": str(folder),
            "GIT_CONFIG_COUNT": "0",
        }  # fmt: skip
        origin = folder / "origin"
        self._git("init", "-q", str(origin))
        for tag in ("v1", "v2", "v3"):
            (origin / "manage.py").write_text(tag)
            self._git("-C", str(origin), "add", "-A")
            self._git("-C", str(origin), "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", tag)
            self._git("-C", str(origin), "tag", tag)
        self._git("clone", "-q", str(origin), str(self.root / "repository"))

    @staticmethod
    def _git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], check=True, capture_output=True)

    def upgrade(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        (self.folder / "said").write_text("")
        # bash -c: `eval` of the packages' command, as the script's own words would be
        return subprocess.run(["bash", str(DEPLOY / "upgrade"), *arguments], env=self.variables, capture_output=True, text=True, timeout=120)

    @property
    def said(self) -> list[str]:
        return (self.folder / "said").read_text().splitlines()

    @property
    def runs(self) -> str:
        return (self.root / "current").resolve().name

    def is_(self, name: str, content: str = "") -> None:
        (self.folder / name).write_text(content)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.mark.accepts("O12")
def test_a_release_takes_over_and_the_one_before_comes_back(machine):
    assert machine.upgrade("v1").returncode == 0
    assert machine.runs == "v1"
    assert not any("backup" in line for line in machine.said)  # nothing to back up yet
    result = machine.upgrade("v2")
    assert (result.returncode, machine.runs) == (0, "v2"), result.stderr
    order = [line for line in machine.said if re.match(r"systemctl|v\d python manage", line)]
    assert [re.search(r"start minh-bach-backup|migrate|roles_apply|set_up|collectstatic|restart", line)[0] for line in order] == [
        "start minh-bach-backup", "migrate", "roles_apply", "set_up", "collectstatic", "restart",
    ]  # fmt: skip
    ran = [line for line in machine.said if re.match(r"v\d python manage", line)]
    assert all(("owner=postgresql://owner" in line) is ("migrate" in line or "roles_apply" in line) for line in ran)
    assert (machine.root / "current" / "manage.py").read_text() == "v2"
    assert machine.upgrade("--list").stdout.split("\n")[:2] == ["< v1", "* v2"]
    assert (machine.upgrade("--back").returncode, machine.runs) == (0, "v1")
    assert not any("migrate" in line for line in machine.said)
    assert (machine.upgrade("--back").returncode, machine.runs) == (0, "v2")


@pytest.mark.accepts("O12")
def test_a_release_that_does_not_become_ready_gives_way_by_itself(machine):
    machine.upgrade("v1")
    machine.is_("sick", "v2\n")
    result = machine.upgrade("v2")
    assert (result.returncode, machine.runs) == (1, "v1")
    assert "takes over again" in result.stderr
    assert (machine.folder / "runs").read_text().strip().endswith("v1")
    machine.is_("sick")
    assert (machine.upgrade("v2").returncode, machine.runs) == (0, "v2")


@pytest.mark.parametrize(("what", "content", "message"), [("no-backup", "", "No backup, no upgrade"), ("fails", "migrate", "migrations failed")])
def test_what_fails_before_the_switch_changes_nothing(machine, what, content, message):
    machine.upgrade("v1")
    machine.is_(what, content)
    result = machine.upgrade("v2")
    assert result.returncode == 1
    assert message in result.stderr
    assert machine.runs == "v1"
    assert not any("restart" in line for line in machine.said)


@pytest.mark.parametrize("name", ["v9", "../x", "-x", "", "v1;id", "$(id)"])
def test_a_release_that_is_none_is_refused(machine, name):
    result = machine.upgrade(name)
    assert result.returncode == 1
    assert not (machine.root / "current").exists()
    assert list((machine.root / "releases").iterdir()) == []


def test_there_is_no_way_back_from_the_first(machine):
    machine.upgrade("v1")
    assert machine.upgrade("--back").returncode == 1


@pytest.mark.parametrize("script", ["upgrade", "postgres/debian.sh", "postgres/10-roles.sh"])
def test_scripts_are_readable_by_bash(script):
    subprocess.run(["bash", "-n", str(DEPLOY / script)], check=True)


HARDENED = {
    "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes", "CapabilityBoundingSet=",
    "RestrictSUIDSGID=yes", "SystemCallFilter=@system-service", "ProtectKernelTunables=yes", "UMask=0027",
}  # fmt: skip


@pytest.mark.parametrize("unit", ["web", "worker", "backup"])
def test_units_run_as_nobody_special_with_little_in_reach(unit):
    lines = (DEPLOY / "systemd" / f"minh-bach-{unit}.service").read_text().splitlines()
    assert set(lines) >= HARDENED
    assert "User=minh-bach" in lines
    assert ("EnvironmentFile=/etc/minh-bach/owner" in lines) is (unit == "backup")
    writable = [line for line in lines if line.startswith("ReadWritePaths=")]
    assert writable == ["ReadWritePaths=/var/lib/minh-bach" + (" /var/backups/minh-bach" if unit == "backup" else "")]


@pytest.mark.accepts("B8", "O2")
def test_proxies_replace_what_visitors_claim_and_log_no_question():
    nginx = "".join((DEPLOY / "nginx" / name).read_text() for name in ("minh-bach.conf", "proxy.conf"))
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in nginx
    assert "$proxy_add_x_forwarded_for" not in nginx
    log = re.search(r"log_format short '([^']+)'", nginx)[1]
    assert not {"$request ", "$request_uri", "$args", "$query_string", "$http_referer", "$http_user_agent", "$remote_addr"} & set(
        re.findall(r"\$\w+ ?", log)
    )
    assert nginx.count("access_log") == nginx.count(" short;") + nginx.count("access_log off;")
    assert int(re.search(r"client_max_body_size (\d+)m;", nginx)[1]) * 2**20 > django_settings.UPLOAD_BODY_BYTES > django_settings.STAFF_BODY_BYTES
    assert "alias" not in nginx.replace("alias /srv/minh-bach/current", ""), "pictures and files go through the portal, which knows their locks"
    assert "server_tokens off;" in nginx
    headers = (DEPLOY / "nginx" / "headers.conf").read_text()
    for name in (
        "Strict-Transport-Security",
        "X-Content-Type-Options",
        "Referrer-Policy",
        "Content-Security-Policy",
        "Permissions-Policy",
        "X-Frame-Options",
    ):
        assert f"add_header {name} " in headers
    caddy = (DEPLOY / "Caddyfile").read_text()
    assert "handle_errors" in caddy
    assert 'request>uri regexp \\?.* ""' in caddy


@pytest.mark.accepts("B16")
@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("status", ["413", "429", "503"])
def test_what_the_proxy_answers_itself_has_a_page(status, language):
    text = (DEPLOY / "errors" / f"{status}.{language}.html").read_text()
    document = html5lib.parse(text, namespaceHTMLElements=False)
    assert document.get("lang") == language
    assert [len(list(document.iter(tag))) for tag in ("h1", "main", "title")] == [1, 1, 1]
    assert "style=" not in text and "<script" not in text and "http" not in text.replace("<!doctype html>", "")
    for proxy in ("nginx/minh-bach.conf",):
        assert f"/_errors/{status}." in (DEPLOY / proxy).read_text()
