"""What whoever registered may do beside their seat: ask for more time, take the consent back and be forgotten."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction

from safeguards.models import User
from safeguards.services import record

from ..enums import LIVING, OPEN_TO_CLERKS, UNDECIDED, RegistrationState
from ..models import ConsentText, PriorityGroup, RecordPolicy, Registration, RequestThreshold, RetentionPolicy, SeatPolicy
from ..papers import remove as remove_papers
from . import gate, seats
from .errors import Invalid, Lapsed, WrongState
from .questions import drop_question
from .waiting import lapse_rows


def extend(registration: Registration) -> Registration:
    """More time to type the code in, as much as at first on top of what is left, once: asking early costs nothing, and nobody holds a seat
    for good (W10).
    Raises Lapsed, WrongState, Busy."""
    with gate.change():
        session = gate.lock(registration.session_id)
        current = Registration.objects.get(pk=registration.pk)
        moment = gate.now()
        if current.state not in {RegistrationState.HELD, RegistrationState.WAITING} or current.held_until is None:
            raise Lapsed if current.state == RegistrationState.EXPIRED else WrongState
        if current.held_until <= moment:
            raise Lapsed
        if current.extended_at is not None:
            raise WrongState
        until = current.held_until + dt.timedelta(minutes=session.hold_minutes)
        Registration.objects.filter(pk=current.pk).update(held_until=until, extended_at=moment)
        record("dialogue_sessions.registration_extended", current, payload={"session": session.pk, "until": until.isoformat()})
        seats.call_back(session.pk, until)
        registration.held_until, registration.extended_at = until, moment
    return registration


def withdraw(registration: Registration, *, actor: User | None = None) -> Registration:
    """The consent is taken back: a place that is still to come is given back, and nothing is kept that tells who it was.
    Raises WrongState, Busy."""
    with gate.change():
        session = gate.lock(registration.session_id)
        current = Registration.objects.select_related("session").get(pk=registration.pk)
        if current.forgotten_at is None:
            record("dialogue_sessions.consent_withdrawn", current, actor=actor, payload={"session": session.pk})
        if current.state in LIVING and session.state in OPEN_TO_CLERKS:
            seats.cancel(current, actor=actor)
        elif current.state in UNDECIDED:
            lapse_rows(session, [current], gate.now())
        forget(current)
    registration.refresh_from_db()
    return registration


def forget(registration: Registration) -> bool:
    """Wipe what tells who it was; numbers, states and times stay. Whether there was anything. The caller has ended a living one."""
    with gate.change():
        gate.lock(registration.session_id)
        done = Registration.objects.filter(pk=registration.pk, forgotten_at=None).update(
            name_sealed="", contact_sealed="", contact_hmac="", subject="", needs=[], priority_group=None, earlier=None, forgotten_at=gate.now()
        )
        if done:
            remove_papers(registration)
            _drop_question(registration)
            record("dialogue_sessions.registration_forgotten", registration, payload={"session": registration.session_id})
    return bool(done)


def _drop_question(registration: Registration) -> None:
    from .. import asking  # which calls us

    question = asking.of(registration)
    if question is not None:
        drop_question(question)  # one that was not taken; what went to the moderators is a matter of its own


Policy = RetentionPolicy | ConsentText | SeatPolicy | PriorityGroup | RequestThreshold | RecordPolicy


def save_policy(row: Policy, actor: User) -> Policy:
    """Write down a dated rule, or new words of consent; the event holds what it says now. Raises Invalid."""
    new = row.pk is None
    with transaction.atomic():
        try:
            row.full_clean()
        except ValidationError as error:
            raise Invalid(error) from error
        row.save()
        said = {field.name: str(getattr(row, field.name)) for field in row._meta.concrete_fields if not field.primary_key}
        record(f"dialogue_sessions.{row._meta.model_name}_{'added' if new else 'changed'}", row, actor=actor, payload=said)
    return row
