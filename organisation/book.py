"""The calendar table, read once a process and kept as long as the database's stamp says that nothing changed.

One cheap query asks for the stamp (`CalendarStamp`, renewed by triggers); the days themselves are read again only when it
is another one. The stamp is random, so a transaction rolled back can leave nothing behind that looks current.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from dataclasses import dataclass, field

from .calendar import Calendar, Day, Half, Policy, Session
from .enums import LateIntake
from .models import CalendarDay, CalendarStamp, DeadlinePolicy, Unit

Scope = dict[dt.date, tuple[Day, ...]]


@dataclass
class Book:
    """All entries by unit (None is the country), who belongs to whom, and the policies."""

    scopes: dict[int | None, Scope]
    parents: dict[int, int | None]
    policies: tuple[Policy, ...]
    _made: dict[int | None, Calendar] = field(default_factory=dict)

    def calendar(self, unit_id: int | None) -> Calendar:
        """The calendar of a unit: its own entries go before its parents', theirs before the country's."""
        if unit_id not in self._made:
            chain: list[Scope] = []
            above = unit_id
            while above is not None:
                if above in self.scopes:
                    chain.append(self.scopes[above])
                above = self.parents.get(above)
            chain.append(self.scopes.get(None, {}))
            self._made[unit_id] = Calendar(tuple(chain), self.policies)
        return self._made[unit_id]


def _half(value: str) -> Half:
    return "am" if value == "am" else "pm" if value == "pm" else "full"


def _read() -> Book:
    days: dict[int | None, dict[dt.date, list[Day]]] = defaultdict(lambda: defaultdict(list))
    for entry in CalendarDay.objects.order_by("date", "half"):
        days[entry.unit_id][entry.date].append(
            Day(
                date=entry.date,
                kind=entry.kind,
                half=_half(entry.half),
                counts=entry.counts_for_deadlines,
                open=entry.counter_open,
                label=entry.label,
                label_en=entry.label_en,
                confirmed=entry.confirmed,
            )
        )
    policies = tuple(
        Policy(
            valid_from=row.valid_from,
            sessions=(Session(row.morning_opens, row.morning_closes), Session(row.afternoon_opens, row.afternoon_closes)),
            same_day_cutoff=row.same_day_cutoff,
            late_is_day_one=row.late_intake == LateIntake.DAY_ONE,
        )
        for row in DeadlinePolicy.objects.order_by("valid_from")
    )
    return Book(
        scopes={unit: {day: tuple(entries) for day, entries in scope.items()} for unit, scope in days.items()},
        parents=dict(Unit.objects.values_list("pk", "parent_id")) if any(unit is not None for unit in days) else {},
        policies=policies or (Policy(),),
    )


_kept: tuple[uuid.UUID, Book] | None = None


def book(stamp: uuid.UUID | None = None) -> Book:
    """The calendar as it stands now: one query, four when something changed. Whoever asks for more in one question to the database has
    the stamp in it (`CalendarStamp`), and saves the one query."""
    global _kept  # one per process is the point
    # The stamp is read first: rows newer than it are read again the next time, never missed.
    if stamp is None:
        stamp = CalendarStamp.objects.values_list("stamp", flat=True).first()
    kept = _kept
    if stamp is not None and kept is not None and kept[0] == stamp:
        return kept[1]
    found = _read()
    if stamp is not None:
        _kept = (stamp, found)
    return found
