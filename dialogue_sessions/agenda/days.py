"""Days as pages lay them out: what is on, what was moved away, which slots there are, why nobody works."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.safestring import SafeString

from organisation.calendar import Calendar
from organisation.models import today
from organisation.presentation import marked

from ..models import Session, SessionMove
from ..presentation import Line, day_text, line, moment_text
from .queries import Slots

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Moved:
    """A session that was to be on this day and is on another now."""

    session: Session
    old_time: str
    reason: str

    @property
    def now_at(self) -> str:
        """When it is now."""
        return moment_text(self.session.starts_at)


@dataclass
class Day:
    """A day of the calendar."""

    date: dt.date
    lines: list[Line] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    slots: list[Slots] = field(default_factory=list)
    more: int = 0
    off: list[str | SafeString] = field(default_factory=list)
    url: str = ""  # all of it

    @property
    def text(self) -> str:
        """Weekday and date."""
        return day_text(self.date)

    @property
    def is_today(self) -> bool:
        """Whether it is today."""
        return self.date == today()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is on."""
        return not (self.lines or self.moved or self.slots or self.more)

    @property
    def column(self) -> int:
        """ISO weekday."""
        return self.date.isoweekday()


def off_labels(day: dt.date, calendar: Calendar) -> list[str | SafeString]:
    """The names of a day off; empty on a day that is worked or a plain weekend."""
    return [marked(entry.label, entry.label_en) for entry in calendar.entries(day) if not entry.counts and not entry.open and entry.label]


def lay_out(
    first: dt.date,
    last: dt.date,
    calendar: Calendar,
    now: dt.datetime,
    *,
    shown: Iterable[Session],
    moved: Iterable[SessionMove],
    slots: Iterable[Slots],
    total: dict[dt.date, int] | None = None,
    placed: bool = True,
) -> list[Day]:
    """Every day between two, in order, with what is on; `placed`: and where. No query."""
    on: dict[dt.date, list[Line]] = defaultdict(list)
    for session in shown:
        on[timezone.localdate(session.starts_at)].append(line(session, now, placed=placed))
    away: dict[dt.date, list[Moved]] = defaultdict(list)
    for move in moved:
        begins = timezone.localtime(move.old_starts_at)
        away[begins.date()].append(Moved(move.session, f"{begins:%H:%M}", move.reason))
    free: dict[dt.date, list[Slots]] = defaultdict(list)
    for one in slots:
        free[one.day].append(one)
    days = []
    for number in range((last - first).days + 1):
        day = first + number * ONE_DAY
        more = (total or {}).get(day, 0) - len(on[day]) if total else 0
        days.append(Day(day, on[day], away[day], free[day], max(0, more), off_labels(day, calendar)))
    return days


def with_something(days: Iterable[Day]) -> list[Day]:
    """Those on which something is, was to be, or nobody works."""
    return [day for day in days if not day.is_empty or day.off]
