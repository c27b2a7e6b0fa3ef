"""The gate: one lock a session, taken first by whoever changes anything of it.

Order of locks, for everybody: the contact (an advisory lock, only where a series limits what one person may have), then the rows
of sessions by primary key, then whatever belongs to them. Since pools and registrations are written by nobody who does not hold
their session's row, no two transactions ever wait for each other, and whatever is read after the gate is what will be written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psycopg
from django.core.exceptions import EmptyResultSet
from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from ..models import Session, SessionQuerySet
from .errors import Busy, WrongState

LOCK_TIMEOUT = "3s"  # C13: whoever would wait longer is told to come back
_WAITED = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


def zone() -> dt.tzinfo:
    """Vietnam: addresses of slots say local times."""
    return timezone.get_default_timezone()


def now() -> dt.datetime:
    """The moment by which terms are counted."""
    return timezone.now()


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


def _limited(cursor: CursorWrapper, statement: str, parameters: list[object]) -> None:
    """Run a statement that locks, under the limit, in one message to the server: everybody who registers waits for it."""
    cursor.execute("set local lock_timeout = %s; " + statement, [LOCK_TIMEOUT, *parameters])
    cursor.nextset()


def lock_contact(series_id: int, contact_hmac: str) -> None:
    """Let one contact register for one series one after the other. Before any session is locked."""
    with connection.cursor() as cursor:
        _limited(cursor, "select pg_advisory_xact_lock(hashtext('dialogue_sessions.contact'), hashtext(%s))", [f"{series_id}|{contact_hmac}"])


def lock(session_id: int) -> Session:
    """The session as it is now, locked until the transaction ends; raises WrongState when it is gone.

    `no_key`: foreign keys of rows written elsewhere (questions, files) need not wait for it."""
    found = _locked(Session.objects.filter(pk=session_id))
    if not found:
        raise WrongState
    return found[0]


def lock_all(session_ids: Iterable[int]) -> list[Session]:
    """Several, in the order of keys."""
    return _locked(Session.objects.filter(pk__in=list(session_ids)))


def _locked(rows: SessionQuerySet) -> list[Session]:
    fields = [field.attname for field in Session._meta.concrete_fields]
    query = rows.order_by("pk").select_for_update(no_key=True).values_list(*fields).query
    try:
        statement, parameters = query.sql_with_params()
    except EmptyResultSet:  # none were asked for
        return []
    with connection.cursor() as cursor:
        _limited(cursor, statement, list(parameters))
        return [Session.from_db(connection.alias, fields, row) for row in cursor.fetchall()]
