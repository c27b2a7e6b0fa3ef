"""The gate: one lock a session, taken first by whoever changes anything of it.

Order of locks, for everybody: the contact (an advisory lock, only where a series limits what one person may have), then the rows
of sessions by primary key, then whatever belongs to them. Since pools and registrations are written by nobody who does not hold
their session's row, no two transactions ever wait for each other, and whatever is read after the gate is what will be written.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import psycopg
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from ..models import Session
from .errors import Busy, WrongState

LOCK_TIMEOUT = "3s"  # C13: whoever would wait longer is told to come back
_WAITED = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


def zone() -> dt.tzinfo:
    """Vietnam: addresses of slots say local times."""
    return timezone.get_default_timezone()


_earlier: ContextVar[dt.datetime | None] = ContextVar("dialogue_sessions.earlier", default=None)


def now() -> dt.datetime:
    """The moment by which terms are counted."""
    return _earlier.get() or timezone.now()


@contextmanager
def as_of(moment: dt.datetime) -> Iterator[None]:
    """Reckon as on an earlier day, to write down what happened before there was a portal. For the demonstration: in production what
    happened is on record already, and nobody dates anything back."""
    if settings.STAGE == "production":
        raise RuntimeError("Nothing is dated back in production.")
    token = _earlier.set(moment)
    try:
        yield
    finally:
        _earlier.reset(token)


@contextmanager
def change() -> Iterator[None]:
    """A transaction in which no lock of ours is waited for longer than LOCK_TIMEOUT; raises Busy instead."""
    try:
        with transaction.atomic():
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, _WAITED):
            raise Busy from error
        raise


# The limit and the lock go in one message to the server, and the statement is built once: everybody who registers waits for it.
_LIMIT = "set local lock_timeout = %s; "


@functools.cache
def _columns() -> list[str]:
    return [field.attname for field in Session._meta.concrete_fields]


@functools.cache
def _lock_rows() -> str:
    """`no key`: foreign keys of rows written elsewhere (questions, files) need not wait for it."""
    columns = ", ".join(str(field.column) for field in Session._meta.concrete_fields)
    table = Session._meta.db_table
    return f"{_LIMIT}select {columns} from {table} where id = any(%s) order by id for no key update"  # noqa: S608  # names of our own columns  # nosec B608


def lock_contact(series_id: int, contact_hmac: str) -> None:
    """Let one contact register for one series one after the other. Before any session is locked."""
    with connection.cursor() as cursor:
        cursor.execute(
            _LIMIT + "select pg_advisory_xact_lock(hashtext('dialogue_sessions.contact'), hashtext(%s))",
            [LOCK_TIMEOUT, f"{series_id}|{contact_hmac}"],
        )


def lock(session_id: int) -> Session:
    """The session as it is now, locked until the transaction ends; raises WrongState when it is gone."""
    found = lock_all([session_id])
    if not found:
        raise WrongState
    return found[0]


def lock_all(session_ids: Iterable[int]) -> list[Session]:
    """Several, in the order of keys."""
    with connection.cursor() as cursor:
        cursor.execute(_lock_rows(), [LOCK_TIMEOUT, list(session_ids)])
        cursor.nextset()
        return [Session.from_db(connection.alias, _columns(), row) for row in cursor.fetchall()]
