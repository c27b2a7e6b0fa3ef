"""The database that migrations make, kept on the suite's own server: the next process of the tests takes a copy, in a second.

It holds for one day and for the code that made it: any change of a file of the applications, or of what is installed, makes it anew."""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from psycopg import sql

from . import server

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "migrated_"
FOLDERS = (*settings.HOUSE, "fixtures")
KINDS = {".py", ".toml", ".json", ".jsonl", ".csv", ".sql", ".yaml"}


def name() -> str:
    """What the database of this code is called."""
    made = hashlib.sha256(str(dt.datetime.now(dt.UTC).date()).encode())
    for one in sorted(f"{one.name} {one.version}" for one in distributions()):
        made.update(one.encode())
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix in KINDS and file.is_file():
                made.update(f"\0{file.relative_to(ROOT)}\0".encode())
                made.update(file.read_bytes())
    return PREFIX + made.hexdigest()[:24]


@contextmanager
def _alone() -> Iterator[None]:
    """One process of a run migrates, the others wait and copy."""
    with (server.folder() / "migrated.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def created(creation: Any, create: Callable[..., str], *args: Any, **kwargs: Any) -> str:
    """Django's `create_test_db`, from the kept database where there is one; otherwise what it made is kept."""
    parameters = creation.connection.settings_dict
    address = server.superuser(str(parameters["HOST"]), "postgres")
    if address is None:
        return create(*args, **kwargs)
    kept = name()
    with _alone(), psycopg.connect(address, autocommit=True) as admin:
        known = [found for (found,) in admin.execute("select datname from pg_database where starts_with(datname, %s)", [PREFIX]).fetchall()]
        if kept in known:
            parameters["TEST"]["TEMPLATE"] = kept
            return create(*args, **kwargs)
        for other in known:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(other)))
        made = create(*args, **kwargs)
        creation.connection.close()
        names = {"kept": sql.Identifier(kept), "made": sql.Identifier(made), "owner": sql.Identifier(parameters["USER"])}
        admin.execute(sql.SQL("create database {kept} template {made} owner {owner}").format(**names))
        return made
