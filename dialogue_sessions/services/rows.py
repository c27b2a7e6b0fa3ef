"""Rows of registrations: written fast, read on record, counted."""

from __future__ import annotations

import functools
from typing import Any

from django.db import connection, models

from safeguards.models import User
from safeguards.services import record

from .. import contacts
from ..models import Registration, Session
from . import gate


@functools.cache
def _insert_row() -> tuple[str, list[models.Field[Any, Any]]]:
    """The statement that writes a registration, built once, and the fields that it writes."""
    fields = [field for field in Registration._meta.concrete_fields if not field.primary_key]
    columns, values = ", ".join(str(field.column) for field in fields), ", ".join("%s" for _ in fields)
    table = Registration._meta.db_table
    return f"insert into {table} ({columns}) values ({values}) returning id", fields  # noqa: S608  # names of our own columns  # nosec B608


def insert(registration: Registration) -> None:
    """What `save(force_insert=True)` does, without building the statement anew while everybody waits at the gate."""
    statement, fields = _insert_row()
    with connection.cursor() as cursor:
        cursor.execute(statement, [field.get_db_prep_save(getattr(registration, field.attname), connection) for field in fields])
        (registration.pk,) = cursor.fetchone()
    registration._state.adding, registration._state.db = False, connection.alias


def reveal(registration: Registration, *, actor: User) -> tuple[str, str]:
    """The name and the contact, for somebody of the staff; who read them is on record (Law 7)."""
    with gate.change():
        record("dialogue_sessions.contact_read", registration, actor=actor, payload={"session": registration.session_id})
    return contacts.opened(registration)


def counts(session: Session) -> dict[str, int]:
    """How many people are in which state, by registrations' sizes."""
    rows = session.registrations.order_by().values("state").annotate(people=models.Sum("size")).values_list("state", "people")
    return {str(state): int(people) for state, people in rows}
