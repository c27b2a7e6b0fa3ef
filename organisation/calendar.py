"""The arithmetic of the working calendar, without Django: dates and dataclasses in, dates out.

All times are local to Vietnam. A `datetime` with a zone is brought there first; one without is taken as local. The rules
are those of domain.md 3.6: D2 the first day is not counted, D3 hours run from their moment, D4 a last day off moves to the
next working day, D5 months go to the corresponding day, D6 working days leave out weekends and days off and take in
make-up days, D7 same-day results up to 15:00, D14 a working day is eight working hours.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

ZONE = dt.timezone(dt.timedelta(hours=7), "Asia/Ho_Chi_Minh")  # Vietnam has had no summer time since 1975
NOON = dt.time(12)
HOURS_A_DAY = 8
ONE_DAY = dt.timedelta(days=1)
SATURDAY = 6
LONGEST_SEARCH = 3 * 366  # a calendar that is off for three years is a mistake, and must not hang a request

Half = Literal["am", "pm", "full"]
LimitUnit = Literal["working_hours", "hours", "working_days", "days", "months", "same_day"]


class NoWorkingDay(ValueError):
    """The calendar has no working day within three years."""


@dataclass(frozen=True, order=True)
class Session:
    """A part of a day from `opens` to `closes`."""

    opens: dt.time
    closes: dt.time

    @property
    def length(self) -> dt.timedelta:
        """How long it lasts."""
        return _gap(self.opens, self.closes)

    @property
    def half(self) -> Half:
        """Morning or afternoon, by its beginning."""
        return "am" if self.opens < NOON else "pm"


MORNING, AFTERNOON = Session(dt.time(7, 30), dt.time(11, 30)), Session(dt.time(13), dt.time(17))


@dataclass(frozen=True)
class Policy:
    """How terms are counted from a day on."""

    valid_from: dt.date = dt.date.min
    sessions: tuple[Session, ...] = (MORNING, AFTERNOON)
    same_day_cutoff: dt.time = dt.time(15)
    late_is_day_one: bool = False  # the next working day after a late receipt is day 1 of the term, not day 0

    @property
    def closes(self) -> dt.time:
        """The end of the office day."""
        return self.sessions[-1].closes


@dataclass(frozen=True)
class Day:
    """An entry of the calendar: how a day, or half of it, differs."""

    date: dt.date
    kind: str
    half: Half = "full"
    counts: bool = False
    open: bool = False
    label: str = ""
    label_en: str = ""
    confirmed: bool = True

    def covers(self, half: Half) -> bool:
        """Whether the entry speaks of this half of the day."""
        return self.half in {"full", half}


@dataclass(frozen=True)
class MarkedDay:
    """A cell of the strip of days: how one day between receipt and due date was counted."""

    date: dt.date
    role: Literal["start", "counted", "off", "waiting", "due"]
    number: int | None = None
    reason: str = ""


def local(moment: dt.datetime) -> dt.datetime:
    """The moment in Vietnam, without its zone."""
    return moment.astimezone(ZONE).replace(tzinfo=None) if moment.tzinfo else moment


def _gap(start: dt.time, end: dt.time) -> dt.timedelta:
    return dt.datetime.combine(dt.date.min, end) - dt.datetime.combine(dt.date.min, start)


@dataclass(frozen=True)
class Calendar:
    """The calendar of one unit. `scopes` are entries by date, the closest scope first: the unit's own, its parents', the
    country's. The first scope that speaks of a half of a day decides it."""

    scopes: tuple[Mapping[dt.date, Sequence[Day]], ...] = ()
    policies: tuple[Policy, ...] = field(default=(Policy(),))

    @cached_property
    def _policies(self) -> list[Policy]:
        return sorted(self.policies, key=lambda policy: policy.valid_from)

    def policy(self, day: dt.date) -> Policy:
        """The policy in force on a day; before the first one, the first."""
        place = bisect_right(self._policies, day, key=lambda policy: policy.valid_from)
        return self._policies[max(0, place - 1)]

    def entry(self, day: dt.date, half: Half) -> Day | None:
        """What makes this half of a day differ, or None on an ordinary one."""
        for scope in self.scopes:
            for item in scope.get(day, ()):
                if item.covers(half):
                    return item
        return None

    def entries(self, day: dt.date) -> list[Day]:
        """What makes the day differ, without repetition: none, one, or one a half."""
        found = [self.entry(day, "am"), self.entry(day, "pm")]
        return [item for place, item in enumerate(found) if item is not None and item not in found[:place]]

    def counts(self, day: dt.date, half: Half) -> bool:
        """Whether this half of a day is working time for deadlines."""
        item = self.entry(day, half)
        return item.counts if item else day.isoweekday() < SATURDAY

    def opens(self, day: dt.date, half: Half) -> bool | None:
        """Whether counters are told to open or to close; None leaves it to their weekly hours."""
        item = self.entry(day, half)
        return item.open if item else None

    # ── Working days ─────────────────────────────────────────────────────────────────────────────────────────────

    def sessions(self, day: dt.date) -> tuple[Session, ...]:
        """The working time of a day for deadlines; empty on a day off."""
        return tuple(session for session in self.policy(day).sessions if self.counts(day, session.half))

    def is_working(self, day: dt.date) -> bool:
        """Whether the day counts for deadlines, wholly or in half (D6)."""
        return bool(self.sessions(day))

    def _working_from(self, day: dt.date, step: int) -> dt.date:
        for _ in range(LONGEST_SEARCH):
            if self.is_working(day):
                return day
            day += step * ONE_DAY
        raise NoWorkingDay(f"no working day within three years of {day}")

    def next_working(self, day: dt.date) -> dt.date:
        """The first working day after `day`."""
        return self._working_from(day + ONE_DAY, 1)

    def previous_working(self, day: dt.date) -> dt.date:
        """The last working day before `day`."""
        return self._working_from(day - ONE_DAY, -1)

    def roll(self, day: dt.date) -> dt.date:
        """`day` itself when it is a working day, else the next one (D4)."""
        return self._working_from(day, 1)

    def add_working_days(self, day: dt.date, number: int) -> dt.date:
        """The `number`-th working day strictly after `day` (D2, D6); `day` rolled forward when `number` is 0."""
        if number < 0:
            raise ValueError("a term is not negative")
        if number == 0:
            return self.roll(day)
        for _ in range(number):
            day = self.next_working(day)
        return day

    def working_days_between(self, start: dt.date, end: dt.date) -> int:
        """How many working days lie after `start` up to and with `end`; negative when `end` is earlier."""
        if end < start:
            return -self.working_days_between(end, start)
        return sum(self.is_working(start + n * ONE_DAY) for n in range(1, (end - start).days + 1))

    # ── Terms ────────────────────────────────────────────────────────────────────────────────────────────────────

    def effective_day(self, received: dt.datetime) -> dt.date:
        """Day 0 of a term: the day of receipt, or the next working day when it came on a day off or after closing."""
        moment = local(received)
        day = moment.date()
        if self.policy(day).late_is_day_one:
            return day
        sessions = self.sessions(day)
        return day if sessions and moment.time() <= sessions[-1].closes else self.next_working(day)

    def due_working_days(self, received: dt.datetime, number: int) -> dt.date:
        """The last day of a term of working days (D2, D6)."""
        return self.add_working_days(self.effective_day(received), number)

    def due_days(self, received: dt.datetime, number: int) -> dt.date:
        """The last day of a term of calendar days (D2), moved to a working day (D4)."""
        if number < 0:
            raise ValueError("a term is not negative")
        return self.roll(local(received).date() + number * ONE_DAY)

    def due_months(self, received: dt.datetime, number: int) -> dt.date:
        """The corresponding day, or the month's last where there is none (D5), moved to a working day (D4)."""
        if number < 0:
            raise ValueError("a term is not negative")
        start = local(received).date()
        year, month = divmod(start.year * 12 + start.month - 1 + number, 12)
        return self.roll(dt.date(year, month + 1, min(start.day, monthrange(year, month + 1)[1])))

    def due_same_day(self, received: dt.datetime) -> dt.date:
        """Today when handed in up to the cut-off of a working day, else the next working day (D7)."""
        moment = local(received)
        day = moment.date()
        return (
            day
            if self.is_working(day) and moment.time().replace(second=0, microsecond=0) <= self.policy(day).same_day_cutoff
            else self.next_working(day)
        )

    def due_working_hours(self, received: dt.datetime, hours: float) -> dt.datetime:
        """The moment at which `hours` of working time have passed (D3, D14); nights, lunch and days off do not count.
        A half day (buổi) is four working hours."""
        if hours < 0:
            raise ValueError("a term is not negative")
        moment = local(received)
        left = dt.timedelta(hours=hours)
        day, since = moment.date(), moment.time()
        for _ in range(LONGEST_SEARCH):
            for session in self.sessions(day):
                start = max(session.opens, since)
                if start > session.closes or (start == session.closes and left):
                    continue
                if left <= _gap(start, session.closes):
                    return dt.datetime.combine(day, start) + left
                left -= _gap(start, session.closes)
            day, since = self.next_working(day), dt.time.min
        raise NoWorkingDay(f"{hours} working hours do not end within the calendar")

    def due_hours(self, received: dt.datetime, hours: float) -> dt.datetime:
        """The moment `hours` by the clock after receipt (D3); on a day off it is the next working day's closing (D4). So a term
        that ends on Sunday ends later in the day than one that ends in Monday's first hours: that is how the law is written."""
        if hours < 0:
            raise ValueError("a term is not negative")
        end = local(received) + dt.timedelta(hours=hours)
        if self.is_working(end.date()):
            return end
        day = self.next_working(end.date())
        return dt.datetime.combine(day, self.sessions(day)[-1].closes)

    def due(self, received: dt.datetime, value: float, unit: LimitUnit) -> dt.datetime:
        """When a term ends: for terms in days, the closing time of its last day. Halves of working days count as four
        working hours each."""
        if unit == "working_hours":
            return self.due_working_hours(received, value)
        if unit == "hours":
            return self.due_hours(received, value)
        if unit == "same_day":
            day = self.due_same_day(received)
        elif value != int(value):
            if unit != "working_days" or value * 2 != int(value * 2):
                raise ValueError(f"a term of {value} {unit} cannot be counted")
            return self.due_working_hours(received, value * HOURS_A_DAY)
        elif unit == "working_days":
            day = self.due_working_days(received, int(value))
        elif unit == "days":
            day = self.due_days(received, int(value))
        elif unit == "months":
            day = self.due_months(received, int(value))
        else:
            raise ValueError(f"unknown unit of a term: {unit}")
        return dt.datetime.combine(day, self.sessions(day)[-1].closes)

    def apology_latest(self, due: dt.date) -> dt.date:
        """The last day to send an apology: the working day before the due date (NĐ 61/2018, Đ19.9)."""
        return self.previous_working(due)

    # ── The strip of days ────────────────────────────────────────────────────────────────────────────────────────

    def strip(self, received: dt.datetime, number: int) -> Iterator[MarkedDay]:
        """How a term of working days is counted, a cell a day, from the day of receipt to the due date."""
        start, zero = local(received).date(), self.effective_day(received)
        due = self.add_working_days(zero, number)
        counted = 0
        for offset in range((due - start).days + 1):
            day = start + offset * ONE_DAY
            reason = " · ".join(item.label for item in self.entries(day) if not item.counts)
            if day > zero and self.is_working(day):
                counted += 1
                yield MarkedDay(day, "due" if day == due else "counted", counted, reason)
            elif day == zero:
                yield MarkedDay(day, "due" if day == due else "start", None, reason)
            else:
                yield MarkedDay(day, "off" if not self.is_working(day) else "waiting", None, reason)
