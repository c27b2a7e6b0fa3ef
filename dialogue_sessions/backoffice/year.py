"""A year of sessions as it would come out of a plan: dates, what moved and why, what is in the way, what the law still lacks. Reads only."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from calendar import Calendar as Weeks
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.crypto import salted_hmac

from foundation.hours import clock
from organisation.calendar import ONE_DAY, SATURDAY, Calendar
from organisation.models import Room, Unit
from organisation.presentation import weekday_name
from organisation.queries import calendar_for

from .. import law
from ..enums import TAKES_PLACE, SessionState
from ..models import Session
from ..planning import Minimum, Planned, Rule, Short, plan, shortfalls
from ..slots import Span, cut

MOST = 400  # sessions that are saved at once: a year of Saturdays in slots is planned in parts


@dataclass(frozen=True)
class Wish:
    """What the planner asked for, checked."""

    unit: Unit
    kind: str
    year: int
    rule: Rule
    times: tuple[tuple[dt.time, dt.time], ...]
    slot_minutes: int | None = None
    room: Room | None = None
    skip_planned: bool = True


@dataclass
class Line:
    """One date of the plan."""

    planned: Planned
    spans: list[Span]
    there: list[str] = field(default_factory=list)  # what the unit holds on that day already
    clashes: list[str] = field(default_factory=list)  # what takes place in the room at that time
    skipped: bool = False

    @property
    def day(self) -> dt.date:
        """When it is held."""
        return self.planned.day

    @property
    def weekday(self) -> str:
        """In words."""
        return weekday_name(self.day)

    @property
    def moved_from(self) -> list[dt.date]:
        """The wanted days that were days off."""
        return [day for day in self.planned.wanted if day != self.day]


@dataclass(frozen=True)
class Cell:
    """A day in the picture of a month, told by a sign and in words, not by colour alone."""

    day: dt.date
    css: str
    sign: str
    says: str


_SIGNS = {"skipped": "=", "clash": "!", "moved": "→", "held": "●"}


@dataclass
class YearPlan:
    """The whole of it."""

    wish: Wish
    lines: list[Line]
    short: list[Short]
    minimums: list[Minimum]
    calendar: Calendar
    existing: dict[dt.date, list[str]]

    @property
    def spans(self) -> list[Span]:
        """The sessions that would be saved."""
        return [span for line in self.lines if not line.skipped for span in line.spans]

    @property
    def moved(self) -> list[Line]:
        """Dates that are not those that were asked for."""
        return [line for line in self.lines if line.planned.moved]

    @property
    def clashing(self) -> list[Line]:
        """Dates on which the room is taken."""
        return [line for line in self.lines if line.clashes and not line.skipped]

    @property
    def double(self) -> list[Line]:
        """Dates on which the unit holds such a session already."""
        return [line for line in self.lines if line.there]

    @property
    def unconfirmed(self) -> bool:
        """Whether a day off of this year is only expected: the Government decides late."""
        return any(not entry.confirmed for line in self.lines for day in line.planned.wanted for entry in self.calendar.entries(day))

    def seen(self) -> str:
        """A seal of what was shown: saved is what somebody has looked at, and nothing else."""
        said = [self.wish.unit.pk, self.wish.kind, [[begins.isoformat(), ends.isoformat()] for begins, ends in self.spans]]
        digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()
        return salted_hmac("dialogue_sessions.year", digest, algorithm="sha256").hexdigest()

    def months(self) -> list[dict[str, Any]]:
        """Twelve months for the picture, and January of the next year when a date rolled into it."""
        by_day = {line.day: line for line in self.lines}
        wanted = {day for line in self.lines for day in line.moved_from}
        months = [(self.wish.year, month) for month in range(1, 13)]
        if any(line.day.year > self.wish.year for line in self.lines):
            months.append((self.wish.year + 1, 1))
        return [
            {
                "first": dt.date(year, month, 1),
                "weeks": [
                    [self._cell(day, by_day, wanted) if day.month == month else None for day in week]
                    for week in Weeks().monthdatescalendar(year, month)
                ],
            }
            for year, month in months
        ]

    def _cell(self, day: dt.date, by_day: dict[dt.date, Line], wanted: set[dt.date]) -> Cell:
        line = by_day.get(day)
        words = [f"{weekday_name(day)} {day:%d/%m/%Y}", *dict.fromkeys(entry.label for entry in self.calendar.entries(day) if entry.label)]
        if line is not None:
            css = "skipped" if line.skipped else "clash" if line.clashes else "moved" if line.planned.moved else "held"
            return Cell(day, css, _SIGNS[css], ", ".join(words))
        if day in wanted:
            return Cell(day, "left", "×", ", ".join(words))
        if day in self.existing:
            return Cell(day, "there", "○", ", ".join(words))
        off = day.isoweekday() >= SATURDAY or not self.calendar.is_working(day)
        return Cell(day, "off" if off else "plain", "", ", ".join(words) if off else "")


def _spans(day: dt.date, wish: Wish) -> list[Span]:
    zone = timezone.get_default_timezone()
    whole = [(dt.datetime.combine(day, begins, zone), dt.datetime.combine(day, ends, zone)) for begins, ends in wish.times]
    return cut(whole, wish.slot_minutes) if wish.slot_minutes else whole


def build(wish: Wish) -> YearPlan:
    """The plan for a wish. Five queries at most. Raises WrongRule, WrongSlots, NoWorkingDay."""
    calendar = calendar_for(wish.unit)
    lines = [Line(planned, _spans(planned.day, wish)) for planned in plan(wish.rule, wish.year, calendar)]
    existing = _existing(wish)
    taken = _in_the_room(wish, lines)
    for line in lines:
        line.there = existing.get(line.day, [])
        line.skipped = wish.skip_planned and bool(line.there)
        line.clashes = [title for begins, ends, title in taken if any(begins < span[1] and span[0] < ends for span in line.spans)]
    minimums = law.minimums_for(wish.unit, wish.kind)
    days = {line.day for line in lines} | set(existing)
    return YearPlan(wish, lines, shortfalls(days, minimums, wish.year, calendar), minimums, calendar, existing)


def _existing(wish: Wish) -> dict[dt.date, list[str]]:
    """What the unit holds of this kind already, from the week before the year to the month after it."""
    zone = timezone.get_default_timezone()
    rows = Session.objects.filter(
        unit=wish.unit, kind=wish.kind,
        starts_at__gte=dt.datetime.combine(dt.date(wish.year, 1, 1) - 7 * ONE_DAY, dt.time.min, zone),
        starts_at__lt=dt.datetime.combine(dt.date(wish.year + 1, 2, 1), dt.time.min, zone),
    ).exclude(state=SessionState.CANCELLED)  # fmt: skip
    found: dict[dt.date, list[str]] = defaultdict(list)
    for starts_at, title in rows.order_by("starts_at").values_list("starts_at", "title"):
        local = timezone.localtime(starts_at)
        found[local.date()].append(f"{clock(local)} {title}")
    return dict(found)


def _in_the_room(wish: Wish, lines: Sequence[Line]) -> list[tuple[dt.datetime, dt.datetime, str]]:
    every = [span for line in lines for span in line.spans]
    if wish.room is None or not every:
        return []
    rows = Session.objects.filter(
        room=wish.room, state__in=TAKES_PLACE, starts_at__lt=max(span[1] for span in every), ends_at__gt=min(span[0] for span in every)
    )
    return list(rows.order_by("starts_at").values_list("starts_at", "ends_at", "title"))
