"""A year of dates from one rule: reception days of leaders, legal aid every Friday morning, yearly dialogues. Pure, without Django.

A rule wants days (every Tuesday; the 15th and the 25th; the first Monday of the month). A wanted day on which nobody works is held on the
next working day of the unit's calendar: common practice, and the law asks only that the new time be announced (Luật Tiếp công dân 2013,
Đ24). What a legal minimum asks for is counted over the days that come out of it, so that a month or a week that falls short is seen
before anything is saved.
"""

from __future__ import annotations

import calendar as months
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from organisation.calendar import ONE_DAY, Calendar, Half

LAST = -1  # the last such weekday of a month
MOST = 400  # dates of one rule in one year: every day, and some


class WrongRule(ValueError):
    """A rule that no year can hold; the text names the part."""


class Per(StrEnum):
    """What a minimum is counted over."""

    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True)
class Rule:
    """Which days somebody wants. Exactly one of the ways is used.

    `weekdays`: ISO weekdays, each week (1 is Monday); with `every` 2 each second week, counted from `first`'s week.
    `month_days`: days of the month, 1 to 31, in every one of `in_months`; a month without such a day has its last one instead.
    `nth`: pairs of place (1 to 4, or -1 for the last) and ISO weekday, in every one of `in_months`.
    `half`: the half of the day that must be working time (`full`: either)."""

    weekdays: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    nth: tuple[tuple[int, int], ...] = ()
    every: int = 1
    in_months: tuple[int, ...] = tuple(range(1, 13))
    half: Half = "full"
    first: dt.date | None = None
    last: dt.date | None = None

    def __post_init__(self) -> None:
        """Raises WrongRule."""
        ways = [bool(self.weekdays), bool(self.month_days), bool(self.nth)]
        if sum(ways) != 1:
            raise WrongRule("days")
        if any(not 1 <= day <= 7 for day in (*self.weekdays, *(weekday for _place, weekday in self.nth))):
            raise WrongRule("weekdays")
        if any(not 1 <= day <= 31 for day in self.month_days):
            raise WrongRule("month_days")
        if any(place not in {1, 2, 3, 4, LAST} for place, _weekday in self.nth):
            raise WrongRule("nth")
        if self.every not in {1, 2, 3, 4} or (self.every > 1 and (not self.weekdays or self.first is None)):
            raise WrongRule("every")
        if not self.in_months or any(not 1 <= month <= 12 for month in self.in_months):
            raise WrongRule("in_months")
        if self.first and self.last and self.last < self.first:
            raise WrongRule("last")

    def wanted(self, year: int) -> list[dt.date]:
        """The days that the rule wants in a year, in order, days off among them."""
        found = sorted({day for day in self._days(year) if (not self.first or day >= self.first) and (not self.last or day <= self.last)})
        return found[:MOST]

    def _days(self, year: int) -> Iterator[dt.date]:
        for month in self.in_months:
            length = months.monthrange(year, month)[1]
            if self.month_days:
                yield from (dt.date(year, month, min(day, length)) for day in self.month_days)
                continue
            days = [dt.date(year, month, number) for number in range(1, length + 1)]
            if self.weekdays:
                yield from (day for day in days if day.isoweekday() in self.weekdays and self._in_turn(day))
                continue
            for place, weekday in self.nth:
                those = [day for day in days if day.isoweekday() == weekday]
                yield those[place if place == LAST else place - 1]

    def _in_turn(self, day: dt.date) -> bool:
        if self.every == 1 or self.first is None:
            return True
        return ((_monday(day) - _monday(self.first)).days // 7) % self.every == 0


def _monday(day: dt.date) -> dt.date:
    return day - (day.isoweekday() - 1) * ONE_DAY


@dataclass(frozen=True)
class Planned:
    """One date that comes out of a rule. `wanted` are the days that the rule asked for and that are held on it, `reasons` what stood in
    the way of them (names of days off, in the calendar's words)."""

    day: dt.date
    wanted: tuple[dt.date, ...]
    reasons: tuple[str, ...] = ()

    @property
    def moved(self) -> bool:
        """Whether it is held on another day than wanted."""
        return any(day != self.day for day in self.wanted)


def plan(rule: Rule, year: int, calendar: Calendar) -> list[Planned]:
    """The dates of a year, in order, no day twice: days off roll to the next day on which that half of the day is worked, over the end of
    the year too, and two that meet on one day are one session. Raises NoWorkingDay of the calendar."""
    held: dict[dt.date, tuple[list[dt.date], list[str]]] = {}
    for wanted in rule.wanted(year):
        day = _rolled(wanted, rule.half, calendar)
        days, reasons = held.setdefault(day, ([], []))
        days.append(wanted)
        if day != wanted:
            label = _why(wanted, rule.half, calendar)
            if label and label not in reasons:
                reasons.append(label)
    return [Planned(day, tuple(days), tuple(reasons)) for day, (days, reasons) in sorted(held.items())]


def _works(day: dt.date, half: Half, calendar: Calendar) -> bool:
    return calendar.is_working(day) if half == "full" else any(session.half == half for session in calendar.sessions(day))


def _rolled(day: dt.date, half: Half, calendar: Calendar) -> dt.date:
    # Two years: a calendar in which no Friday morning is ever worked must not hang whoever plans.
    for _ in range(732):
        if _works(day, half, calendar):
            return day
        day = calendar.next_working(day)
    return calendar.next_working(day)


def _why(day: dt.date, half: Half, calendar: Calendar) -> str:
    entry = calendar.entry(day, "am" if half == "full" else half)
    return entry.label if entry is not None else ""


# ── What the law asks for ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Minimum:
    """A legal minimum as dated data: so many days in each period, between two days of validity. `source` is what may be shown,
    `confirmed` whether somebody has read it in the text of the law."""

    days: int
    per: Per
    valid_from: dt.date
    valid_to: dt.date | None = None
    source: str = ""
    confirmed: bool = True

    def holds_on(self, day: dt.date) -> bool:
        """Whether it is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def without(self, others: Iterable[Minimum]) -> list[Minimum]:
        """What is left of it beside those that go before it: the days on which none of them is in force."""
        rest = [self]
        for other in others:
            rest = [part for one in rest for part in one._cut(other)]
        return rest

    def _cut(self, other: Minimum) -> list[Minimum]:
        first, last = self.valid_from, self.valid_to or dt.date.max
        begins, ends = other.valid_from, other.valid_to or dt.date.max
        if ends < first or begins > last:
            return [self]
        found = []
        if begins > first:
            found.append(replace(self, valid_to=begins - ONE_DAY))
        if ends < last:
            found.append(replace(self, valid_from=ends + ONE_DAY))
        return found


@dataclass(frozen=True)
class Short:
    """A period that falls short of a minimum: its first and last day, and how many days it has."""

    minimum: Minimum
    first: dt.date
    last: dt.date
    has: int
    reasons: tuple[str, ...] = field(default=())

    @property
    def lacks(self) -> int:
        """Days that are missing."""
        return self.minimum.days - self.has


def periods(per: Per, year: int) -> list[tuple[dt.date, dt.date]]:
    """The periods that a minimum is counted over: those that end in the year, so that a week belongs to one year only."""
    if per is Per.YEAR:
        return [(dt.date(year, 1, 1), dt.date(year, 12, 31))]
    if per is Per.MONTH:
        return [(dt.date(year, month, 1), dt.date(year, month, months.monthrange(year, month)[1])) for month in range(1, 13)]
    found, monday = [], _monday(dt.date(year, 1, 1))
    while (sunday := monday + 6 * ONE_DAY).year <= year:
        if sunday.year == year:
            found.append((monday, sunday))
        monday += 7 * ONE_DAY
    return found


def shortfalls(days: Iterable[dt.date], minimums: Sequence[Minimum], year: int, calendar: Calendar) -> list[Short]:
    """The periods of a year in which fewer days are planned than the law in force on the period's last day asks for. A period in which
    nobody works at all (a week of Tết) cannot fall short; one with fewer working days than asked for needs no more than it has. `days`
    may reach into the years beside."""
    planned = set(days)
    found = []
    for minimum in minimums:
        for first, last in periods(minimum.per, year):
            if not minimum.holds_on(last):
                continue
            working = [first + n * ONE_DAY for n in range((last - first).days + 1) if calendar.is_working(first + n * ONE_DAY)]
            has = sum(first <= day <= last for day in planned)
            if has < min(minimum.days, len(working)):
                labels = {entry.label for n in range((last - first).days + 1) for entry in calendar.entries(first + n * ONE_DAY) if not entry.counts}
                found.append(Short(minimum, first, last, has, tuple(sorted(labels))))
    return sorted(found, key=lambda short: (short.first, short.minimum.per))


# ── Timers ────────────────────────────────────────────────────────────────────────────────────────────────────────────

Unit = Literal["days", "working_days"]


@dataclass(frozen=True)
class Timer:
    """A legal term as dated data: `before` an event something must be published, or after it. `source` is what may be shown.

    Days of a term before an event are counted backwards without the event's own day: a session on the 20th whose schedule must stand
    five working days before is posted on the fifth working day before the 20th at the latest."""

    key: str
    length: int
    unit: Unit
    before: bool
    valid_from: dt.date
    valid_to: dt.date | None = None
    source: str = ""

    def latest(self, event: dt.date, calendar: Calendar) -> dt.date:
        """The last day on which it is in time."""
        if self.unit == "days":
            # Before an event a day off does not help anybody later; after it the last day moves on to a working day (D4).
            return event - self.length * ONE_DAY if self.before else calendar.roll(event + self.length * ONE_DAY)
        day = event
        for _ in range(self.length):
            day = calendar.previous_working(day) if self.before else calendar.next_working(day)
        return day

    def is_late(self, event: dt.date, done: dt.date, calendar: Calendar) -> bool:
        """Whether something done on a day is late."""
        return done > self.latest(event, calendar)


def in_force(timers: Iterable[Timer], key: str, day: dt.date) -> Timer | None:
    """The timer of a key that is in force on a day (of the event), the latest of several; None when the law asks for nothing."""
    those = [one for one in timers if one.key == key and one.valid_from <= day and (one.valid_to is None or day <= one.valid_to)]
    return max(those, key=lambda one: one.valid_from, default=None)
