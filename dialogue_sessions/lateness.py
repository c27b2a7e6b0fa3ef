"""Whether something that the law wants within a term was done late, and so must say why."""

from __future__ import annotations

import datetime as dt

from organisation.models import Unit
from organisation.queries import calendar_for

from .planning import Timer

RESULT = "dialogue_result"
# Results of a dialogue are announced within ten days (Luật 72/2025, Đ43).
TERMS = {
    RESULT: Timer(RESULT, 10, "days", before=False, valid_from=dt.date(2025, 7, 1), source="Luật 72/2025/QH15, Đ43"),
}


def latest(term_key: str, event_day: dt.date, unit: Unit | int | None) -> dt.date | None:
    """The last day on which it is in time; None where no term holds."""
    term = TERMS.get(term_key)
    if term is None:
        return None
    return term.latest(event_day, calendar_for(unit))


def required(term_key: str, event_day: dt.date, done_day: dt.date, unit: Unit | int | None) -> bool:
    """Whether a reason must be given: it is done after the last day."""
    last = latest(term_key, event_day, unit)
    return last is not None and done_day > last
