"""The door of safeguards: recording events, counting tries."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, models, transaction

from .models import Event, User
from .requests import current_request_id


class NotInTransaction(RuntimeError):
    """An event outside a transaction could outlive the change it tells of, or be lost; the caller must open one."""


def _event(kind: str, subject: models.Model, actor: User | None, payload: dict[str, Any] | None) -> Event:
    return Event(
        kind=kind,
        subject_type=subject._meta.label_lower,
        subject_id="" if subject.pk is None else str(subject.pk),
        actor=actor if actor is not None and actor.pk else None,
        payload=payload or {},
        request_id=current_request_id(),
    )


# One event is what nearly every change writes: its statement is not built anew each time. The time is the database's.
OUTSIDE = "record events inside transaction.atomic()"
_WRITTEN = ("kind", "subject_type", "subject_id", "actor", "payload", "request_id")
_FIELDS: dict[str, Any] = {name: Event._meta.get_field(name) for name in _WRITTEN}
_ONE_EVENT = (
    "insert into safeguards_event (kind, subject_type, subject_id, actor_id, payload, request_id) values (%s, %s, %s, %s, %s, %s) returning id, at"
)


def record(kind: str, subject: models.Model, *, actor: User | None = None, payload: dict[str, Any] | None = None) -> Event:
    """Append one event, in the transaction of the change it tells of; raises NotInTransaction outside one."""
    if not connection.in_atomic_block:
        raise NotInTransaction(OUTSIDE)
    event = _event(kind, subject, actor, payload)
    values = [_FIELDS[name].get_db_prep_save(getattr(event, _FIELDS[name].attname), connection) for name in _WRITTEN]
    with connection.cursor() as cursor:
        cursor.execute(_ONE_EVENT, values)
        event.pk, event.at = cursor.fetchone()
    event._state.adding, event._state.db = False, connection.alias
    return event


def record_many(rows: Iterable[tuple[str, models.Model, dict[str, Any] | None]], *, actor: User | None = None) -> list[Event]:
    """Append many events in one statement; each row is (kind, subject, payload)."""
    if not connection.in_atomic_block:
        raise NotInTransaction(OUTSIDE)
    return Event.objects.bulk_create([_event(kind, subject, actor, payload) for kind, subject, payload in rows], batch_size=2000)


class Verdict(NamedTuple):
    """Whether a try is within its limit, how many are left, and after how many seconds the window ends."""

    allowed: bool
    remaining: int
    retry_after: int


def count_try(scope: str, who: str, *, limit: int, seconds: int) -> Verdict:
    """Count one try of `who` (an address, an account) for `scope` and say whether it is among the first `limit` in its
    window of `seconds`. One INSERT … ON CONFLICT … RETURNING: right over any number of processes."""
    now = int(time.time())
    window = now - now % seconds
    key = hmac.new(settings.SECRET_KEY.encode(), f"{scope}|{who}".encode(), hashlib.sha256).hexdigest()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """insert into safeguards_ratelimit as r (scope, key, "window", count) values (%s, %s, %s, 1)
               on conflict (scope, key, "window") do update set count = r.count + 1 returning count""",
            [scope, key, window],
        )
        (count,) = cursor.fetchone()
    return Verdict(count <= limit, max(0, limit - count), window + seconds - now)
