"""What the staff does beside the life of a session: a year is planned, texts are changed, terms of the law are written down, a list is
taken away, somebody is looked for at the door, who came is marked."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from organisation.models import Field, Unit
from procedures_catalog.models import Procedure
from safeguards import encryption
from safeguards.models import User
from safeguards.services import record

from .. import contacts
from ..enums import EDITABLE
from ..models import LegalMinimum, LegalTerm, Registration, Series, Session
from ..slots import Span
from . import gate
from .drafts import Seats, plan_series
from .errors import Invalid, WrongState
from .notifying import Place, place_changed
from .sessions import keep


def plan_year(
    series: Series,
    spans: Iterable[Span],
    places: Sequence[Seats],
    actor: User | None,
    *,
    registration_opens: Callable[[dt.datetime], dt.datetime] | None = None,
    attending: Iterable[Unit] = (),
    fields: Iterable[Field] = (),
    procedures: Iterable[Procedure] = (),
    **values: object,
) -> list[Session]:
    """A new series and a draft for each of its times, all or none. Units that attend answer in each; fields and procedures are those
    whose pages lead to its slots. Raises Invalid."""
    with gate.change():
        try:
            series.full_clean()
        except ValidationError as error:
            raise Invalid(error) from error
        series.save(force_insert=True)
        record("dialogue_sessions.series_planned", series, actor=actor, payload={"slug": series.slug, "unit": series.unit_id})
        series.fields.set(fields)
        series.procedures.set(procedures)
        made = plan_series(series, spans, places, actor, registration_opens=registration_opens, **values)
        beside = Session.attending.through
        beside._default_manager.bulk_create(beside(session_id=one.pk, unit_id=unit.pk) for unit in attending for one in made)
        return made


def edit_session(session: Session, values: Mapping[str, Any], actor: User | None, *, place_reason: str = "") -> Session:
    """Change what may still be changed in its state (`enums.EDITABLE`). The event names the fields. Once it is public, another place
    takes a reason, which everybody reads beside the former one. Raises Invalid, WrongState, Busy."""
    with gate.change():
        current = gate.lock(session.pk)
        if not set(values) <= EDITABLE[current.state]:
            raise WrongState
        wanted = dict(values)
        units, was = wanted.pop("attending", None), Place.of(current)
        changed = sorted(name for name, value in wanted.items() if getattr(current, name) != value)
        for name in changed:
            setattr(current, name, wanted[name])
        if units is not None and set(current.attending.values_list("pk", flat=True)) != {unit.pk for unit in units}:
            current.attending.set(units)
            changed.append("attending")
        if changed:
            keep(current)
            told = place_changed(current, was, changed, place_reason)
            record("dialogue_sessions.session_changed", current, actor=actor, payload={"slug": current.slug, "fields": changed, **told})
    return current


def save_law(row: LegalTerm | LegalMinimum, actor: User) -> LegalTerm | LegalMinimum:
    """Write down a term or a minimum; the event holds what it says now, so that its history can be read. Raises Invalid."""
    new = row.pk is None
    with transaction.atomic():
        try:
            row.full_clean()
        except ValidationError as error:
            raise Invalid(error) from error
        row.save()
        fields = [field.attname for field in row._meta.concrete_fields if not field.primary_key and field.name != "note"]
        said = {name: str(getattr(row, name)) for name in fields}
        kind = "legal_term" if isinstance(row, LegalTerm) else "legal_minimum"
        record(f"dialogue_sessions.{kind}_{'added' if new else 'changed'}", row, actor=actor, payload=said)
    return row


def record_export(session: Session, actor: User, *, rows: int, contacts_too: bool, file_format: str) -> None:
    """A list of those who registered was taken away."""
    with transaction.atomic():
        payload = {"session": session.pk, "rows": rows, "contacts": contacts_too, "format": file_format}
        record("dialogue_sessions.registrations_exported", session, actor=actor, payload=payload)


def _plain(name: str) -> str:
    """A name as it is compared: one way of writing marks, no difference of case or of spaces."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def find_by_name(session: Session, name: str, actor: User) -> list[Registration]:
    """Those of one session who registered under exactly this name, for somebody at the door without a ticket. Names are sealed: they
    are opened in memory, and that it was done is on record, without the name."""
    wanted = _plain(name)
    with transaction.atomic():
        record("dialogue_sessions.names_read", session, actor=actor, payload={"session": session.pk})
    if not wanted:
        return []
    found = []
    for row in session.registrations.select_related("pool", "priority_group").order_by("queue_no", "pk"):
        try:
            known, _contact = contacts.opened(row)
        except encryption.Unreadable:
            continue  # forgotten, or sealed under a key that is gone
        if _plain(known) == wanted:
            found.append(row)
    return found
