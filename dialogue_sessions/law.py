"""What the law asks of a session or a unit: reads the tables, leaves the arithmetic to `planning`. Changes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import models
from django.utils import timezone

from organisation.calendar import Calendar
from organisation.models import Unit
from organisation.queries import calendar_for

from .enums import DIALOGUES, RECEPTIONS, RECEPTIONS_WITH_SCHEDULE, PoolKind, TermKey
from .models import LegalMinimum, LegalTerm, Session
from .planning import Minimum, Timer, in_force


@dataclass(frozen=True)
class Due:
    """Something that the law asks for: until when, and by which text."""

    key: str
    latest: dt.date
    source: str

    @property
    def label(self) -> str:
        """What is due, in the reader's language."""
        return str(TermKey(self.key).label)


def timers() -> list[Timer]:
    """Every term, of whatever time. One query."""
    return [row.timer() for row in LegalTerm.objects.all()]


def day_of(session: Session) -> dt.date:
    """The local day on which a session begins."""
    return timezone.localtime(session.starts_at).date()


def term(key: str, event: dt.date, calendar: Calendar, of: Sequence[Timer]) -> Due | None:
    """The last day of a term for an event, by the law in force on the event's day; None when nothing is asked."""
    timer = in_force(of, key, event)
    return Due(key, timer.latest(event, calendar), timer.source) if timer is not None else None


def due_after(key: str, event: dt.date, unit: Unit | int | None) -> Due | None:
    """The same for one unit, with the tables read: at most two queries."""
    return term(key, event, calendar_for(unit), timers())


def before_announcing(session: Session, *, online: bool) -> list[str]:
    """The terms that making a session public must keep. `online`: it has seats online."""
    keys: list[str] = []
    if session.kind in RECEPTIONS_WITH_SCHEDULE:
        keys.append(TermKey.SCHEDULE)
    if session.kind in DIALOGUES:
        keys.append(TermKey.NOTICE)
    if online and session.kind in RECEPTIONS:
        keys.append(TermKey.ONLINE_NOTICE)
    return keys


def announce_by(session: Session, calendar: Calendar, of: Sequence[Timer], *, online: bool) -> list[Due]:
    """Until when a session must be public, a line a term."""
    day = day_of(session)
    found = (term(key, day, calendar, of) for key in before_announcing(session, online=online))
    return [due for due in found if due is not None]


def is_online(session: Session) -> bool:
    """Whether it has seats online. One query unless its pools are at hand."""
    return any(pool.kind == PoolKind.ONLINE for pool in session.pools.all())


def minimum_rows(unit: Unit, session_kind: str) -> models.QuerySet[LegalMinimum]:
    """The rules about a unit and a kind of session."""
    return LegalMinimum.objects.filter(session_kind=session_kind).filter(
        models.Q(unit=unit) | models.Q(unit=None) & (models.Q(level=None) | models.Q(level=unit.level)) & models.Q(unit_kind__in=["", unit.kind])
    )


def minimums_for(unit: Unit, session_kind: str) -> list[Minimum]:
    """How often a unit has to hold sessions of a kind. One query."""
    return minimums_of(minimum_rows(unit, session_kind))


def minimums_of(rows: Iterable[LegalMinimum]) -> list[Minimum]:
    """How often a unit has to hold sessions, by the rules about it. Its own rules go before those of its level, on the days on which they
    are in force; a rule for its kind of unit and level goes before a wider one."""
    found: list[Minimum] = []
    for row in sorted(rows, key=lambda one: (one.unit_id is None, one.level is None, not one.unit_kind)):
        found += row.minimum().without(list(found))
    return sorted(found, key=lambda one: (one.valid_from, one.per))
