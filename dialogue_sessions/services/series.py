"""A series is changed after it was planned, and its sessions to come with it, as far as somebody chose."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from foundation.hours import clock_day
from safeguards.models import User
from safeguards.services import record, record_many

from ..enums import PoolKind
from ..models import Series, Session
from ..models.sessions import ROOM_TAKEN
from ..series_changes import SEATS, SERIES, Change, Whom, Wish, as_typed, change, seats_of, to_come
from . import gate
from .drafts import Seats
from .errors import CapacityTooLow, Invalid, ReasonMissing, WrongState
from .notifying import Place, place_changed
from .promises import Stale
from .sessions import ROOM_RULE, add_seats, set_capacity


def edit_series(series: Series, wish: Wish, actor: User | None, *, seen: str) -> Change:
    """Change a series, and those of its sessions to come that the wish chooses: all of it or nothing. `seen` is the seal of the change that
    somebody looked at. Fewer seats than are taken are refused, as everywhere. Gives what was done. Raises Stale when it is another change
    by now, Invalid, WrongState, Busy."""
    with gate.change():
        moment = gate.now()
        # Sessions first, by the gate's order of locks; then the series, whose change waits for nobody who registers.
        gate.lock_all(session.pk for session in to_come(series, moment))
        current = Series.objects.select_for_update(of=("self",), no_key=True).filter(pk=series.pk).first()
        if current is None:
            raise WrongState
        made = change(current, wish, to_come(current, moment))
        if not constant_time_compare(made.seen, seen):
            raise Stale
        if made.of_sessions and wish.whom == Whom.NONE:
            raise ReasonMissing(_("What you changed belongs to the sessions to come: choose which of them follow."))
        if not made:
            return made
        if made.own:
            _own(current, wish, made)
        payload = {
            "slug": current.slug, "fields": sorted({*made.own, *made.shared, *made.seats}), "sessions": len(made.sessions), "whom": str(wish.whom),
        }  # fmt: skip
        record("dialogue_sessions.series_changed", current, actor=actor, payload=payload)
        followed = [(session, _follow(session, wish, made, actor)) for session in made.sessions]
        record_many([("dialogue_sessions.session_changed", session, said) for session, said in followed if said["fields"]], actor=actor)
    return made


def _own(series: Series, wish: Wish, made: Change) -> None:
    for name in made.own:
        if name in {"fields", "procedures"}:
            getattr(series, name).set(wish.values[name])
        else:
            setattr(series, name, wish.values[name])
    try:
        series.full_clean()
    except ValidationError as error:
        raise Invalid(error) from error
    series.save()


def _follow(session: Session, wish: Wish, made: Change, actor: User | None) -> dict[str, Any]:
    """One session as its series is now; gives what its event says."""
    fields: list[str] = []
    was, told = Place.of(session), {}
    for name in made.shared:
        value, column = wish.values[name], f"{name}_id" if name in {"post", "stand_in", "room"} else name
        if name == "attending":
            if sorted(unit.pk for unit in session.attending.all()) != list(value):
                session.attending.set(value)
                fields.append(name)
        elif as_typed(getattr(session, column)) != value:
            setattr(session, column, value)
            fields.append(name)
    if fields:
        _write(session)
        told = place_changed(session, was, fields, wish.place_reason)
    for kind, number in seats_of(session, made).items():
        _seats(session, kind, number, actor)
    return {"slug": session.slug, "fields": sorted(fields), "with": SERIES, **told}


def _write(session: Session) -> None:
    # Which values are possible the form has asked; what several sessions together make of them is asked here, and by the database.
    try:
        session.clean()
        with transaction.atomic():
            session.save()
    except ValidationError as error:
        raise Invalid(ValidationError({name: [_named(session, one) for one in told] for name, told in error.message_dict.items()})) from error
    except IntegrityError as error:
        if ROOM_RULE in str(error):
            raise Invalid(ValidationError({"room": _named(session, ROOM_TAKEN)})) from error
        raise


def _seats(session: Session, kind: str, number: int, actor: User | None) -> None:
    pool = session.pools.filter(kind=kind).first()
    try:
        if pool is not None:
            set_capacity(pool, number, actor, because=SERIES)
        elif number:
            add_seats(session, Seats(number, kind), actor, because=SERIES)
    except CapacityTooLow as error:
        raise Invalid(ValidationError({SEATS[PoolKind(kind)]: _named(session, str(error))})) from error


def _named(session: Session, said: Any) -> str:
    return _("%(when)s: %(why)s") % {"when": clock_day(session.starts_at), "why": said}
