"""Whether something that the law wants within a term was done late, and so must say why."""

from __future__ import annotations

import datetime as dt

from organisation.models import Unit

from . import law
from .enums import TermKey

RESULT = TermKey.RESULT  # results of a dialogue are announced within ten days (Luật 72/2025, Đ43)


def latest(term_key: str, event_day: dt.date, unit: Unit | int | None) -> dt.date | None:
    """The last day on which it is in time; None where no term holds."""
    due = law.due_after(term_key, event_day, unit)
    return due.latest if due is not None else None


def required(term_key: str, event_day: dt.date, done_day: dt.date, unit: Unit | int | None) -> bool:
    """Whether a reason must be given: it is done after the last day."""
    last = latest(term_key, event_day, unit)
    return last is not None and done_day > last
