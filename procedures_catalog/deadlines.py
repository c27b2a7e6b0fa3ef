"""Deadlines of publication (NĐ 63/2010, Điều 15 and 24; domain.md 2.3): computed from the days of a decision, lateness shown.
Pure but for the working calendar, which the caller gives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.translation import gettext_lazy as _

# Days of the decree before the rule takes effect; working days until it is in the national database.
DAYS_BEFORE = {"ministry": 20, "province": 5}
SHORTENED_AFTER_SIGNING = 3
WORKING_DAYS_TO_DATABASE = {"ministry": 10, "province": 5}
SHORTENED_TO_DATABASE = 2
DAY = dt.timedelta(days=1)

AddWorkingDays = Callable[[dt.date, int], dt.date]


class Decision(Protocol):
    """The days of a decision."""

    issuer_level: str
    signed_on: dt.date | None
    effective_on: dt.date | None
    shortened_track: bool
    national_database_on: dt.date | None


@dataclass(frozen=True)
class Deadline:
    """One deadline: what for, until when, when it was met, and by how many days it was or is late (0: in time)."""

    what: Any
    rule: Any
    due: dt.date
    done: dt.date | None
    late_days: int

    @property
    def is_late(self) -> bool:
        """Whether it was missed, or has passed without the thing done."""
        return self.late_days > 0

    @property
    def is_open(self) -> bool:
        """Not done and not yet due."""
        return self.done is None and not self.is_late


def _deadline(what: Any, rule: Any, due: dt.date, done: dt.date | None, today: dt.date) -> Deadline:
    return Deadline(what, rule, due, done, max(0, ((done or today) - due).days))


def deadlines(decision: Decision, today: dt.date, add_working_days: AddWorkingDays) -> list[Deadline]:
    """The deadlines that can be reckoned from what is known of a decision.

    A decision is to be signed 20 days (minister) or 5 days (chair of a province) before its rule takes effect; in the
    shortened track within 3 days of the rule, whose day the decision's own effect stands for. It is to be in the national
    database within 10 or 5 working days of being signed, 2 in the shortened track."""
    found = []
    level = decision.issuer_level
    if decision.effective_on is not None:
        if decision.shortened_track:
            due = decision.effective_on + SHORTENED_AFTER_SIGNING * DAY
            rule: Any = _("within 3 days of the rule, which took effect at once (NĐ 63/2010, Điều 15)")
        else:
            due = decision.effective_on - DAYS_BEFORE.get(level, 5) * DAY
            rule = (
                _("20 days before it takes effect (NĐ 63/2010, Điều 15)")
                if level == "ministry"
                else _("5 days before it takes effect (NĐ 63/2010, Điều 15)")
            )
        found.append(_deadline(_("Signed"), rule, due, decision.signed_on, today))
    if decision.signed_on is not None:
        days = SHORTENED_TO_DATABASE if decision.shortened_track else WORKING_DAYS_TO_DATABASE.get(level, 5)
        rule = {
            2: _("2 working days after signing (NĐ 63/2010, Điều 24)"),
            5: _("5 working days after signing (NĐ 63/2010, Điều 24)"),
            10: _("10 working days after signing (NĐ 63/2010, Điều 24)"),
        }[days]
        found.append(_deadline(_("In the national database"), rule, add_working_days(decision.signed_on, days), decision.national_database_on, today))
    return found
