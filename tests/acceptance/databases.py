"""Databases of the walkers' own: committed rows under the application's role, away from the transactions of other tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.db import OperationalError, connection, connections, transaction
from psycopg import sql
from wagtail.models import Page

from portal.settings import database as configured

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
ROLES = {"app": dict(configured._app), "owner": dict(configured._owner)}


def name_of(what: str) -> str:
    """The name of a database of this worker, on this run's server."""
    return f"test_walkers_{what}_{WORKER}"


@contextmanager
def connected(name: str, role: str) -> Iterator[None]:
    """Inside, everything that the portal asks is asked of this database, under this role."""
    parameters = connections.settings["default"]
    kept = {key: parameters[key] for key in ("NAME", "USER", "PASSWORD", "OPTIONS")}
    connections.close_all()
    parameters.update({key: ROLES[role][key] for key in kept} | {"NAME": name})
    try:
        yield
    finally:
        connections.close_all()
        parameters.update(kept)


def _maintain(statement: str, **names: str) -> None:
    with connected("postgres", "owner"), connection._nodb_cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(**{key: sql.Identifier(value) for key, value in names.items()}))


def drop(name: str) -> None:
    """Away with a database, whoever still reads it. By force only at last: that is refused while the server's own cleaner (autovacuum) is
    at work in it, which the server sends away by itself otherwise."""
    _clear(name)
    try:
        _maintain("drop database if exists {name}", name=name)
    except OperationalError:  # somebody came back
        _maintain("drop database if exists {name} with (force)", name=name)


def _clear(name: str) -> None:
    """End connections that threads of servers of ended tests have left open, whatever they were about, and wait until they are gone."""
    of_it = "from pg_stat_activity where datname = %s and pid <> pg_backend_pid() and pg_has_role(usename, %s)"
    with connected("postgres", "owner"), connection._nodb_cursor() as cursor:
        # Roles that tests have made are the owner's to manage, which alone gives no power over their connections.
        cursor.execute(f"select distinct usename {of_it} and not pg_has_role(usename, 'USAGE')", [name, "MEMBER"])
        for (role,) in cursor.fetchall():
            cursor.execute(sql.SQL("grant {} to current_user with inherit true").format(sql.Identifier(role)))
        cursor.execute(f"select pg_terminate_backend(pid, 10000) {of_it}", [name, "USAGE"])


def copy(source: str, target: str) -> None:
    """A database with everything that another holds; nobody may be connected to that one."""
    connections.close_all()
    drop(target)
    _clear(source)
    _maintain("create database {target} template {source}", target=target, source=source)


def installed(name: str) -> None:
    """An empty installation: every migration, from nothing. The suite's own database is one until a test that commits has emptied it."""
    if _as_migrated():
        copy(str(connection.settings_dict["NAME"]), name)
        return
    drop(name)
    _maintain("create database {name} encoding 'UTF8' template template0", name=name)
    with connected(name, "owner"):
        call_command("migrate", verbosity=0)


def _as_migrated() -> bool:
    """Whether the suite's database holds what migrations put into it: the first of all pages goes when tables are emptied."""
    return Page.objects.filter(depth=1).exists()


@contextmanager
def nothing_stays() -> Iterator[None]:
    """What is written inside is gone afterwards."""
    block: Any = transaction.atomic()
    block._from_testcase = True  # as Django's test cases say it: services may still ask for the outermost block inside
    with block:
        yield
        transaction.set_rollback(True)


def checksums(exempt: set[str]) -> dict[str, str]:
    """A checksum over the rows of every table that is not exempt."""
    made: dict[str, str] = {}
    tables = [name for name in connection.introspection.table_names() if name not in exempt]
    with connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(sql.SQL("select count(*), coalesce(sum(hashtextextended(row::text, 0)), 0) from {} row").format(sql.Identifier(table)))
            made[table] = ":".join(map(str, cursor.fetchone()))
    return made


def tables() -> set[str]:
    """Every table there is."""
    return set(connection.introspection.table_names())
