"""Days as pages lay them out: what is on, what was moved away, which slots there are, why nobody works."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypedDict

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.hours import clock
from organisation.calendar import Calendar
from organisation.models import today
from organisation.presentation import marked

from ..models import Session
from ..presentation import Line, address_of_sessions, day_text, line, span_text
from .queries import Away, Brief, Slots

ONE_DAY = dt.timedelta(days=1)


class Short(TypedDict):
    """A line of a month. A mapping, since a template finds its values at the first look: a busy month has a hundred lines."""

    link: SafeString
    cancelled: bool
    has_moved: bool
    has_new_place: bool


@dataclass(frozen=True)
class Moved:
    """A session that was to be on this day and is on another now."""

    name: str | SafeString
    url: str
    old_time: str
    now_at: str  # when it is now
    reason: str

    @property
    def link(self) -> SafeString:
        """As a month shows it."""
        return _link(self.url, self.old_time, self.name, over=True)


@dataclass
class Day:
    """A day of the calendar."""

    date: dt.date
    lines: list[Line] | list[Short] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    slots: list[Slots] = field(default_factory=list)
    more: int = 0
    off: list[str | SafeString] = field(default_factory=list)
    url: str = ""  # all of it

    @cached_property
    def text(self) -> str:
        """Weekday and date."""
        return day_text(self.date)

    @cached_property
    def is_today(self) -> bool:
        """Whether it is today."""
        return self.date == today()

    @cached_property
    def is_empty(self) -> bool:
        """Whether nothing is on."""
        return not (self.lines or self.moved or self.slots or self.more)

    @property
    def more_text(self) -> str:
        """How many are not shown; that there is a whole day to look at when it is only slots or former times."""
        count = self.more
        return ngettext("and %(count)s more session", "and %(count)s more sessions", count) % {"count": count} if count else _("the whole day")

    @property
    def column(self) -> int:
        """ISO weekday."""
        return self.date.isoweekday()


def off_labels(day: dt.date, calendar: Calendar) -> list[str | SafeString]:
    """The names of a day off; empty on a day that is worked or a plain weekend."""
    return [marked(entry.label, entry.label_en) for entry in calendar.entries(day) if not entry.counts and not entry.open and entry.label]


def by_day(shown: Iterable[Session], now: dt.datetime) -> dict[dt.date, list[Line]]:
    """Sessions of `queries.lines` as lists show them, under their days in Vietnam. No query."""
    on: dict[dt.date, list[Line]] = defaultdict(list)
    for session in shown:
        on[timezone.localdate(session.starts_at)].append(line(session, now))
    return on


def _link(url: str, time: str, name: str, *, over: bool = False) -> SafeString:
    """A line of a month; written here since a busy month has more than a hundred of them."""
    return format_html('<a href="{}"><span class="time{}">{}</span> <span class="name">{}</span></a>', url, " over" if over else "", time, name)


def in_short(briefs: Mapping[dt.date, Iterable[Brief]]) -> dict[dt.date, list[Short]]:
    """Sessions as a month shows them. No query."""
    at = address_of_sessions()
    return {day: [
        {"link": _link(at(one.slug), span_text(one.begins, one.ends, one.last_day if one.last_day != day else None), marked(one.title, one.title_en)),
         "cancelled": one.cancelled, "has_moved": one.has_moved, "has_new_place": one.has_new_place} for one in those
    ] for day, those in briefs.items()}  # fmt: skip


def lay_out(
    first: dt.date,
    last: dt.date,
    calendar: Calendar,
    *,
    on: Mapping[dt.date, list[Line]] | Mapping[dt.date, list[Short]],
    moved: Iterable[Away],
    slots: Iterable[Slots],
    total: Mapping[dt.date, int] | None = None,
) -> list[Day]:
    """Every day between two, in order, with what is on. No query."""
    at = address_of_sessions()
    away: dict[dt.date, list[Moved]] = defaultdict(list)
    for move in moved:
        now_at = f"{clock(move.time)}, {day_text(move.day)}"
        away[move.old_day].append(Moved(marked(move.title, move.title_en), at(move.slug), clock(move.old_time), now_at, move.reason))
    free: dict[dt.date, list[Slots]] = defaultdict(list)
    for one in slots:
        free[one.day].append(one)
    days = []
    for number in range((last - first).days + 1):
        day = first + number * ONE_DAY
        lines = on.get(day, [])
        more = total.get(day, 0) - len(lines) if total else 0
        days.append(Day(day, lines, away[day], free[day], max(0, more), off_labels(day, calendar)))
    return days


def with_something(days: Iterable[Day]) -> list[Day]:
    """Those on which something is, was to be, or nobody works."""
    return [day for day in days if not day.is_empty or day.off]
