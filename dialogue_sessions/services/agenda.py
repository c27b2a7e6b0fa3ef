"""The agenda: written before, run on the day by one press a point."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from safeguards.models import User
from safeguards.services import record

from ..enums import AGENDA_MOVES, DOOR_STATES, AgendaState, SessionState
from ..models import AgendaItem, Session
from . import gate
from .day import opens_at
from .day_errors import NotHeld, NotOnTheAgenda, NotThatDay
from .errors import Invalid, WrongState

MOST_ITEMS = 40
WRITTEN = ("title", "title_en", "minutes", "post", "unit", "speaker")


def _clean(item: AgendaItem) -> None:
    try:
        item.full_clean(validate_constraints=False)  # its place is swapped in one transaction, which is not over
    except ValidationError as error:
        raise Invalid(error) from error


def _record(kind: str, item: AgendaItem, actor: User | None, **payload: Any) -> None:
    record(f"dialogue_sessions.agenda_{kind}", item, actor=actor, payload={"session": item.session_id, "title": item.title, **payload})


def _lock(session_id: int) -> Session:
    session = gate.lock(session_id)
    if session.state == SessionState.CANCELLED:
        raise NotHeld
    return session


def add_item(item: AgendaItem, actor: User | None) -> AgendaItem:
    """Another point, at the end of its session's agenda. Raises Invalid, WrongState, NotHeld, Busy."""
    with gate.change():
        session = _lock(item.session_id)
        there = session.agenda.aggregate(count=models.Count("pk"), last=models.Max("order"))
        if there["count"] >= MOST_ITEMS:
            raise WrongState
        item.order = (there["last"] or 0) + 1
        _clean(item)
        item.save(force_insert=True)
        _record("added", item, actor, minutes=item.minutes)
    return item


def change_item(item: AgendaItem, actor: User | None) -> AgendaItem:
    """Other words, minutes, or somebody else who speaks; also of one that runs. Raises Invalid, WrongState, Busy."""
    with gate.change():
        _lock(item.session_id)
        current = _current(item)
        for name in WRITTEN:
            setattr(current, name, getattr(item, name))
        _clean(current)
        current.save(update_fields=WRITTEN)
        _record("changed", current, actor, minutes=current.minutes)
    return current


def remove_item(item: AgendaItem, actor: User | None) -> None:
    """Take out a point that has not begun. Raises NotOnTheAgenda, WrongState, Busy."""
    with gate.change():
        _lock(item.session_id)
        current = _current(item)
        if current.state != AgendaState.TO_COME:
            raise NotOnTheAgenda
        _record("removed", current, actor)
        current.delete()


def move_item(item: AgendaItem, actor: User | None, *, up: bool) -> AgendaItem:
    """Change places with the one before or after; at the end of the list nothing happens. Raises WrongState, Busy."""
    with gate.change():
        _lock(item.session_id)
        current = _current(item)
        others = AgendaItem.objects.filter(session_id=current.session_id)
        other = (
            others.filter(order__lt=current.order).order_by("-order").first()
            if up
            else others.filter(order__gt=current.order).order_by("order").first()
        )
        if other is None:
            return current
        AgendaItem.objects.filter(pk=other.pk).update(order=current.order)
        AgendaItem.objects.filter(pk=current.pk).update(order=other.order)
        current.order = other.order
        _record("moved", current, actor, order=current.order)
    return current


def start_item(item: AgendaItem, actor: User | None) -> AgendaItem:
    """It begins now, and whatever ran ends; one that was done is taken up again. Pressed twice, it began once. Raises NotThatDay, NotHeld,
    WrongState, Busy."""
    with gate.change():
        session = _lock(item.session_id)
        moment = gate.now()
        if session.state not in DOOR_STATES:
            raise NotHeld
        if moment < opens_at(session):
            raise NotThatDay(session)
        current = _current(item)
        if current.state == AgendaState.RUNNING:
            return current
        for other in session.agenda.filter(started_at__isnull=False, ended_at=None):
            _to(other, AgendaState.DONE, actor, moment)
        _to(current, AgendaState.RUNNING, actor, moment)
    return current


def stop_item(item: AgendaItem, actor: User | None) -> AgendaItem:
    """It is over. Raises WrongState, Busy."""
    return _alone(item, AgendaState.DONE, actor)


def take_back_start(item: AgendaItem, actor: User | None) -> AgendaItem:
    """It was pressed by mistake and has not begun. Raises WrongState, Busy."""
    return _alone(item, AgendaState.TO_COME, actor)


def _alone(item: AgendaItem, to: str, actor: User | None) -> AgendaItem:
    with gate.change():
        _lock(item.session_id)
        current = _current(item)
        if current.state == to:
            return current
        _to(current, to, actor, gate.now())
    return current


def _to(item: AgendaItem, to: str, actor: User | None, moment: dt.datetime) -> None:
    """Bring a point to another state and record it; raises WrongState."""
    was = item.state
    if to not in AGENDA_MOVES[was]:
        raise WrongState
    if to == AgendaState.RUNNING:
        item.started_at, item.ended_at = item.started_at or moment, None
    elif to == AgendaState.DONE:
        item.ended_at = max(moment, item.started_at or moment)
    else:
        item.started_at = item.ended_at = None
    AgendaItem.objects.filter(pk=item.pk).update(started_at=item.started_at, ended_at=item.ended_at)
    _record(to, item, actor, was=was)


def _current(item: AgendaItem) -> AgendaItem:
    found = AgendaItem.objects.select_related("post", "unit").filter(pk=item.pk).first()
    if found is None:
        raise WrongState
    return found
