"""What the tests of the page cache stand on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.page_cache import middleware, stamp
from procedures_catalog import listing, prepared, views

BROWSER = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36"


def restart() -> None:
    """A process that has just started."""
    middleware.pages.clear()
    middleware.stamp.forget()
    prepared.answers.clear()
    views._bodies.clear()
    listing._memory.clear()


@pytest.fixture
def page_cache(settings) -> Iterator[None]:
    """Pages are kept, as they are outside the suite."""
    settings.PAGE_CACHE_MB = 16
    restart()
    yield
    restart()


@pytest.fixture
def as_if_committed(page_cache, db, monkeypatch) -> None:
    """Inside the test's own transaction, for tests that need no other: what it wrote counts as committed whenever `get` asks."""
    monkeypatch.setattr(stamp, "READ", stamp.READ.replace("pg_current_xact_id_if_assigned() is not null", "false"))


def commit() -> None:
    """In such a test: what a commit does to the stamp."""
    if connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate; set constraints all deferred; select set_config('portal.touched', '', true)")


def get(path: str, **headers: str):
    """A page as somebody gets it whom we have never seen."""
    commit()
    return Client(headers={"User-Agent": BROWSER, **headers}).get(path)


def status(response) -> str:
    """What the cache did: "hit", "stored", "miss", "bypass"; '' when it was not asked."""
    said = response.get("Cache-Status", "")
    return next((word for word in ("stored", "hit", "miss", "bypass") if word in said), "")


@contextmanager
def elsewhere() -> Iterator[psycopg.Connection]:
    """A connection of another process; it gives up rather than wait."""
    parameters = {**connection.get_connection_params(), "dbname": connection.settings_dict["NAME"]}
    parameters = {name: parameters[name] for name in ("dbname", "host", "port", "user", "password") if parameters.get(name)}
    with psycopg.connect(**parameters) as link:
        link.execute("set lock_timeout = '2s'")
        link.commit()
        yield link
        link.rollback()


def number() -> int:
    """How often the stamp has been raised."""
    commit()
    with connection.cursor() as cursor:
        cursor.execute("select number from foundation_stamp")
        return cursor.fetchone()[0]


def queries(path: str) -> list[str]:
    """What a page asks the database."""
    commit()
    with CaptureQueriesContext(connection) as asked:
        assert Client(headers={"User-Agent": BROWSER}).get(path).status_code == 200
    return [query["sql"] for query in asked.captured_queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE SAVEPOINT"))]
