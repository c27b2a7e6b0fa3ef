"""Restoring a backup into a database: proven first, put in as one transaction, then compared with what was measured when it was
made."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, cast

from django.apps import apps
from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.core.management import call_command
from django.db import connection, transaction

from safeguards import database, seal
from search.models import Mirror

from . import programs, tables
from .making import folders
from .reading import PLACES, members, verify

# In one transaction with what comes in: either the old stays, or the new stands.
CLEAR = "drop schema if exists reporting cascade; drop schema public cascade; create schema public; alter schema public owner to pg_database_owner;"


class NotRestored(Exception):
    """Nothing was changed; the text says why."""


class NotTheSame(Exception):
    """It was restored, but is not what was backed up; the text says where."""


def is_empty() -> bool:
    """Whether the database holds no table of ours."""
    return not tables.names()


def _files_in_the_way() -> list[str]:
    return [str(root) for root in folders().values() if root.exists() and any(path.is_file() for path in root.rglob("*"))]


def check_target(replace: bool) -> None:
    """Refuse a place that is not empty; raises NotRestored."""
    if replace:
        return
    if not is_empty():
        raise NotRestored("The database is not empty. Restore into a new one, or say --replace: what it holds is then gone.")
    if found := _files_in_the_way():
        raise NotRestored(f"There are files in {' and '.join(found)}. Move them away, or say --replace.")


def _server() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('server_version_num')::int / 10000")
        version: int = cursor.fetchone()[0]
    return version


def _put_in(path: Path, passphrase: str, place: Path) -> None:
    """The dump through pg_restore into psql, the files into `place`, in one pass."""
    programs_of = programs.find(_server())
    told = programs.connection_environment(connection.settings_dict)
    # What is dropped with the schema is two hundred notices, before the one line that says why.
    told["PGOPTIONS"] = f"{told.get('PGOPTIONS', '')} -c client_min_messages=warning".strip()
    connection.close()  # its locks would stand in the way
    with tempfile.TemporaryFile() as said:
        script = subprocess.Popen(  # noqa: S603  # our own arguments
            [str(programs_of / "pg_restore"), "--no-owner", "--no-privileges", "--file=-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, env=told,
        )  # fmt: skip
        loader = subprocess.Popen(  # noqa: S603
            [str(programs_of / "psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", f"--command={CLEAR}", "--file=-"],
            stdin=script.stdout, stdout=subprocess.DEVNULL, stderr=said, env=told,
        )  # fmt: skip
        cast("IO[bytes]", script.stdout).close()  # psql's alone
        intake = cast("IO[bytes]", script.stdin)
        try:
            for info, content in members(path, passphrase):
                if info.name.startswith("database/"):
                    shutil.copyfileobj(content, intake, 1024 * 1024)
                elif info.name.startswith(tuple(f"{name}/" for name in PLACES)):
                    target = place / info.name
                    target.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
                    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, info.mode & 0o660), "wb") as out:
                        shutil.copyfileobj(content, out, 1024 * 1024)
                    os.utime(target, (info.mtime, info.mtime))
            intake.close()
        except BrokenPipeError:
            pass  # whoever ended early says why
        except BaseException:
            loader.kill()
            script.kill()
            raise
        finally:
            codes = (script.wait(), loader.wait())
        if any(codes):
            said.seek(0)
            raise NotRestored(f"PostgreSQL refused the backup; nothing was changed. {said.read().decode(errors='replace').strip()[-2000:]}")


def _swap(place: Path) -> None:
    """Put the restored folders where the portal looks for them."""
    for name, root in folders().items():
        shutil.rmtree(root, ignore_errors=True)
        root.parent.mkdir(parents=True, exist_ok=True)
        if (place / name).exists():
            shutil.move(str(place / name), str(root))


def _prove(manifest: dict[str, Any]) -> None:
    """Counts and sums, the seals over the events, rights and triggers; raises NotTheSame."""
    with transaction.atomic():
        problems = tables.differences(manifest["database"]["tables"], tables.measure())
    problems += tables.behind(manifest["database"]["sequences"], tables.sequences()) + seal.verify().problems
    problems += [str(found.msg) for found in run_checks(app_configs=list(apps.get_app_configs()), databases=["default"]) if found.level >= ERROR]
    if problems:
        raise NotTheSame("Restored, but not as it was backed up:\n" + "\n".join(f"  {problem}" for problem in problems[:50]))


def missing_keys(kept: dict[str, Any]) -> list[str]:
    """Which keys of the backup this environment does not have: what they encrypted cannot be read until they are set."""
    known = {settings.FIELD_KEY, *settings.FIELD_KEY_FALLBACKS}
    wanted = {"FIELD_KEY": {kept["FIELD_KEY"]}, "FIELD_KEY_FALLBACKS": set(kept["FIELD_KEY_FALLBACKS"])}
    return [name for name, values in wanted.items() if values - known]


def restore(path: Path, passphrase: str, say: Callable[[str], None], *, replace: bool = False) -> dict[str, Any]:
    """Restore; gives what the backup says of itself, with its keys. Raises Unreadable and NotRestored (nothing changed),
    NotTheSame (restored, look)."""
    check_target(replace)
    manifest = verify(path, passphrase)
    if _server() < manifest["database"]["version"]:
        raise NotRestored(f"The backup is of PostgreSQL {manifest['database']['version']}; this server is older. Restore into one that is not.")
    say(f"proven: made at {manifest['made_at']}")
    with tempfile.TemporaryDirectory(dir=settings.VAR, prefix="restore-") as name:
        _put_in(path, passphrase, Path(name))
        _swap(Path(name))
    say("put in")
    if settings.DATABASE_ROLES["owner"] != settings.DATABASE_ROLES["app"]:
        with transaction.atomic():
            database.apply()
    _prove(manifest)
    say("compared: counts, sums, seals, rights and triggers are as they were")
    call_command("migrate", verbosity=0, interactive=False)
    # How far the shared index had followed was said of another database, whose versions come again: it is built anew.
    Mirror.objects.all().delete()
    return manifest
