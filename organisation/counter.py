"""When a counter is open, without Django: weekly hours, the calendar and closures in, a status out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .calendar import ONE_DAY, Calendar, Day, Session, local

LOOK_AHEAD = 60  # days; whatever stays shut longer is told by its closure, not by a date
MONDAY = 1
ORDINARY_WEEKS = Calendar()


@dataclass(frozen=True)
class Shut:
    """Days on which one counter is closed, whatever the calendar says."""

    first: dt.date
    last: dt.date
    reason: str = ""
    instead: str = ""  # the name of the counter to go to
    instead_unit: str = ""  # and the address of its unit's page


@dataclass(frozen=True)
class Counter:
    """A counter: its weekly hours (ISO weekday to sessions), the calendar of its unit, its own closures, its first and
    last day."""

    hours: Mapping[int, Sequence[Session]]
    calendar: Calendar = ORDINARY_WEEKS
    closures: tuple[Shut, ...] = ()
    first_day: dt.date = dt.date.min
    last_day: dt.date = dt.date.max

    def closure(self, day: dt.date) -> Shut | None:
        """The closure that holds on a day."""
        return next((shut for shut in self.closures if shut.first <= day <= shut.last), None)

    def entry(self, day: dt.date) -> Day | None:
        """The entry of the calendar that closes the counter on a day, or part of it."""
        return next((item for item in self.calendar.entries(day) if not item.open), None)

    def sessions(self, day: dt.date) -> tuple[Session, ...]:
        """When the counter is open on a day. Where the calendar opens a weekday without hours of its own (a make-up
        Saturday), Monday's hours hold."""
        if not self.first_day <= day <= self.last_day or self.closure(day):
            return ()
        weekly = tuple(sorted(self.hours.get(day.isoweekday(), ())))
        ordinary = tuple(sorted(self.hours.get(MONDAY, ())))
        found: list[Session] = []
        for half in ("am", "pm"):
            told = self.calendar.opens(day, half)
            own = [session for session in weekly if session.half == half]
            if told is None:
                found += own
            elif told:
                found += own or [session for session in ordinary if session.half == half]
        return tuple(found)

    def status(self, at: dt.datetime) -> Status:
        """Whether the counter is open at a moment, until when, and when it opens next."""
        moment = local(at)
        today, now = moment.date(), moment.time()
        until = next((session.closes for session in self.sessions(today) if session.opens <= now < session.closes), None)
        opens = None if until else self._next_opening(moment)
        shut, entry = self.closure(today), self.entry(today)
        reason = shut.reason if shut else entry.label if entry and not self._now_free(today, now) else ""
        english = entry.label_en if entry and not shut else ""
        return Status(moment, until, opens, reason if not until else "", english if reason and not until else "", shut if not until else None)

    def unusual(self, start: dt.date, days: int) -> list[tuple[dt.date, tuple[Session, ...], str, str]]:
        """Days from `start` on whose hours differ from the ordinary week's: date, sessions, why in Vietnamese, in English."""
        found = []
        for offset in range(days):
            day = start + offset * ONE_DAY
            sessions = self.sessions(day)
            if sessions == tuple(sorted(self.hours.get(day.isoweekday(), ()))):
                continue
            shut, entries = self.closure(day), self.calendar.entries(day)
            reason = shut.reason if shut else " · ".join(item.label for item in entries)
            # A closure has its reason in Vietnamese alone; half a translation is none.
            english = "" if shut or not all(item.label_en for item in entries) else " · ".join(item.label_en for item in entries)
            found.append((day, sessions, reason, english))
        return found

    def _now_free(self, day: dt.date, now: dt.time) -> bool:
        """Whether the calendar leaves this moment alone, so that its entry is not why the counter is closed."""
        return self.calendar.opens(day, "am" if now < dt.time(12) else "pm") in {None, True}

    def _next_opening(self, moment: dt.datetime) -> dt.datetime | None:
        for offset in range(LOOK_AHEAD):
            day = moment.date() + offset * ONE_DAY
            for session in self.sessions(day):
                start = dt.datetime.combine(day, session.opens)
                if start > moment:
                    return start
        return None


@dataclass(frozen=True)
class Status:
    """How a counter stands at a moment (`at`, local): open `until` a time, or closed and opening at a moment, or neither
    within two months. `reason` tells why it is closed when it is not for the ordinary hours."""

    at: dt.datetime
    until: dt.time | None
    opens: dt.datetime | None
    reason: str = ""
    reason_en: str = ""
    closure: Shut | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody is at the counter now."""
        return self.until is not None

    @property
    def days_until_opening(self) -> int | None:
        """0 when it opens again today, 1 tomorrow; None when it is open, or not known."""
        return (self.opens.date() - self.at.date()).days if self.opens else None

    @property
    def changes_in(self) -> int | None:
        """Seconds until the status is no longer true; None when no change is in sight."""
        change = dt.datetime.combine(self.at.date(), self.until) if self.until else self.opens
        return max(0, int((change - self.at).total_seconds())) if change else None
