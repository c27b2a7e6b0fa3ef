"""How a planned service level stands: a pure rule over the plan and the procedure's versions, so that it can be tested by the
thousand. Knows no database and no Django."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

# Each scheme's levels, the lowest first. A level is only ever compared with one of its own scheme.
SCHEMES: dict[str, tuple[str, ...]] = {
    "online": ("information", "partial", "full"),
    "legacy": ("1", "2", "3", "4"),
    "proactive": ("1", "2", "3", "4"),
}
# What can be filed online, by scheme. The proactive scale says what the administration does by itself, not how one files.
ONLINE = {"online": ("full", "partial"), "legacy": ("4", "3")}


@dataclass(frozen=True)
class Held:
    """A version's level in one scheme ('' when the record states none) and its period, both days included."""

    level: str
    valid_from: dt.date
    valid_to: dt.date | None = None

    def covers(self, day: dt.date) -> bool:
        """Whether it is in force on that day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class Judgement:
    """How a plan stands on a day: the state, the level on the day that counts (the year's last, or today in a year that runs),
    the level on the day itself, and the first day on which the planned level was or will be in force."""

    state: str
    level: str
    now: str
    reached_on: dt.date | None
    why: str = ""  # "plan", "gone", "no record", "unstated"


def rank(scheme: str, level: str) -> int:
    """A level's place in its scheme, the lowest 0. Raises ValueError for a level of another scheme: nothing is converted."""
    if level not in SCHEMES[scheme]:
        raise ValueError(f"{level!r} is no level of {scheme}")
    return SCHEMES[scheme].index(level)


def level_on(scheme: str, history: Sequence[Held], day: dt.date) -> str | None:
    """The level in force on a day: of several versions at once (levels of government) the lowest, since not everybody gets a
    higher one. '' when one of them states none, None when nothing is in force."""
    here = [held.level for held in history if held.covers(day)]
    if not here:
        return None
    if "" in here:
        return ""
    return min(here, key=lambda level: rank(scheme, level))


def reached(scheme: str, planned: str, history: Sequence[Held]) -> dt.date | None:
    """The first day on which the planned level or a higher one is in force; it may be still to come."""
    for day in sorted({held.valid_from for held in history}):
        level = level_on(scheme, history, day)
        if level and rank(scheme, level) >= rank(scheme, planned):
            return day
    return None


def judge(scheme: str, planned: str, year: int, history: Sequence[Held], day: dt.date, *, withdrawn: bool = False) -> Judgement:
    """How a plan stands on a day.

    A year that is over is judged by its last day, for good: what comes later changes no verdict. A year that runs or is to come
    is judged by the day itself: reached already is `ahead`, anything else `due`. Without a record of the day that counts, or
    without a level in it, there is no verdict (`unknown`) rather than a guess."""
    wanted = rank(scheme, planned)
    end = dt.date(year, 12, 31)
    now = level_on(scheme, history, day)
    first = reached(scheme, planned, history)
    over = day > end
    level = level_on(scheme, history, end) if over else now

    def verdict(state: str, why: str = "") -> Judgement:
        return Judgement(state, level or "", now or "", first, why)

    if withdrawn:
        return verdict("withdrawn", "plan")
    counted = end if over else day
    if level is None:
        ended = any(held.valid_to is not None and held.valid_to < counted for held in history)
        returns = any(held.valid_from > counted for held in history)
        if over:
            return verdict("withdrawn", "gone") if ended else verdict("unknown", "no record")
        return verdict("withdrawn", "gone") if ended and not returns else verdict("due", "no record")
    if level == "":
        return verdict("unknown" if over else "due", "unstated")
    if rank(scheme, level) >= wanted:
        return verdict("kept" if over else "ahead")
    return verdict("missed" if over else "due")
