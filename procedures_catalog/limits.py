"""What may stand beside a statutory time limit: the shorter one that a unit commits itself to. Pure, so that the editor and an
import refuse the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

# In the working hours of the internal process: a working day has eight.
WORKING = {"same_day": Decimal(8), "working_hours": Decimal(1), "working_days": Decimal(8)}
# In hours by the clock, at least and at most. Nobody can say how long after all so many working days are over, only how soon.
CLOCK: dict[str, tuple[Decimal, Decimal | None]] = {
    "same_day": (Decimal(0), Decimal(24)),
    "working_hours": (Decimal(1), None),
    "hours": (Decimal(1), Decimal(1)),
    "working_days": (Decimal(24), None),
    "days": (Decimal(24), Decimal(24)),
    "months": (Decimal(28 * 24), Decimal(31 * 24)),
}

NO_NUMBER = _("The limit that the office commits itself to has a unit and no number. Give both, or neither.")
NO_UNIT = _("The limit that the office commits itself to has a number and no unit. Give both, or neither.")
NOT_SHORTER = _("The limit that the office commits itself to is not shorter than the statutory one. Leave it empty, or give a shorter one.")


def _amount(value: Any, unit: str) -> Decimal | None:
    """How many of the unit; the working day is one."""
    if unit == "same_day":
        return Decimal(1)
    return None if value is None or unit not in CLOCK else Decimal(str(value))


def not_shorter(value: Any, unit: str, committed_value: Any, committed_unit: str) -> bool:
    """Whether a committed limit is certainly not shorter than the statutory one; of units that cannot be compared nobody says so."""
    limit, committed = _amount(value, unit), _amount(committed_value, committed_unit)
    if limit is None or committed is None:
        return False
    if unit == committed_unit:
        return committed >= limit
    if unit in WORKING and committed_unit in WORKING:
        return committed * WORKING[committed_unit] >= limit * WORKING[unit]
    longest = CLOCK[unit][1]
    return longest is not None and committed * CLOCK[committed_unit][0] >= limit * longest


def committed_fault(value: Any, unit: str, committed_value: Any, committed_unit: str) -> tuple[str, Any] | None:
    """What is wrong with the limit that a unit commits itself to, as (column, words); None when nothing is, or when there is none."""
    if committed_value is not None and not committed_unit:
        return "committed_unit", NO_UNIT
    if committed_value is None and committed_unit and committed_unit != "same_day":
        return "committed_value", NO_NUMBER
    if not_shorter(value, unit, committed_value, committed_unit):
        return ("committed_unit" if committed_value is None else "committed_value"), NOT_SHORTER
    return None
