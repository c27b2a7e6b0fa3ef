"""The working calendar as people edit it. Its arithmetic is in `organisation.calendar`, without the database."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from ..enums import DayKind, Half, LateIntake
from .units import Unit

OFF = (DayKind.HOLIDAY, DayKind.COMPENSATORY)
NEEDS_COUNTING = _("A make-up working day counts for deadlines.")
NEVER_COUNTS = _("A day off does not count for deadlines.")
NEEDS_OPENING = _("A day of this kind has the counter open: tick it, or choose another kind.")
NEEDS_CLOSING = _("A day of this kind has the counter closed: choose another kind to have it open.")

# Which halves of the day an entry covers, as a range: the morning is [0,1), the afternoon [1,2).
_HALVES = models.Func(
    models.Case(models.When(half=Half.AFTERNOON, then=1), default=0, output_field=models.IntegerField()),
    models.Case(models.When(half=Half.MORNING, then=1), default=2, output_field=models.IntegerField()),
    function="int4range",
)


class CalendarDay(models.Model):
    """A day that differs (domain.md 7.3). Whether it counts for deadlines and whether the counter is open are two things:
    a Saturday morning counter is open and counts for nothing. The closest scope wins: unit, then its parents, then all."""

    date = models.DateField(_("date"))
    unit = models.ForeignKey(
        Unit, models.CASCADE, null=True, blank=True, related_name="calendar_days", verbose_name=_("unit"),
        help_text=_("Empty: the whole country. A unit's own entry goes before its parents' and before the country's."),
    )  # fmt: skip
    kind = models.CharField(_("kind"), max_length=20, choices=DayKind.choices)
    half = models.CharField(_("part of the day"), max_length=4, choices=Half.choices, default=Half.FULL)
    counts_for_deadlines = models.BooleanField(
        _("counts for deadlines"), default=False, help_text=_("A counter that is open on Saturday morning does not make it a working day.")
    )
    counter_open = models.BooleanField(_("counter open"), default=False)
    label = models.CharField(_("name"), max_length=200)
    label_en = models.CharField(_("name in English"), max_length=200, blank=True)
    source = models.CharField(_("decided by"), max_length=250, blank=True, help_text=_("Number and date of the notice, or who decided."))
    confirmed = models.BooleanField(_("confirmed"), default=True, help_text=_("A guess of the calendar library until the official plan is out."))
    seeded = models.BooleanField(_("seeded"), default=False, editable=False)  # written by calendar_seed and untouched since

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        ordering: ClassVar = ["date", "half"]
        indexes: ClassVar = [models.Index(fields=["date"], name="calendar_day_date")]
        constraints: ClassVar = [
            ExclusionConstraint(
                name="calendar_day_once",
                expressions=[
                    ("date", RangeOperators.EQUAL),
                    (Coalesce("unit", models.Value(0), output_field=models.BigIntegerField()), RangeOperators.EQUAL),
                    (_HALVES, RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("This day already has an entry for this unit."),
            ),
            models.CheckConstraint(
                condition=~models.Q(kind__in=OFF, counts_for_deadlines=True),
                name="calendar_day_off_never_counts",
                violation_error_message=NEVER_COUNTS,
            ),
            models.CheckConstraint(
                condition=~models.Q(kind=DayKind.MAKEUP, counts_for_deadlines=False),
                name="calendar_makeup_counts",
                violation_error_message=NEEDS_COUNTING,
            ),
            models.CheckConstraint(
                condition=~models.Q(kind=DayKind.OPEN, counter_open=False), name="calendar_open_is_open", violation_error_message=NEEDS_OPENING
            ),
            models.CheckConstraint(
                condition=~models.Q(kind=DayKind.CLOSED, counter_open=True), name="calendar_closed_is_closed", violation_error_message=NEEDS_CLOSING
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date:%d/%m/%Y} {self.label}"

    def clean(self) -> None:
        """The same rules as the constraints, told at the field that breaks them."""
        super().clean()
        errors: dict[str, Any] = {}
        if self.kind in OFF and self.counts_for_deadlines:
            errors["counts_for_deadlines"] = NEVER_COUNTS
        if self.kind == DayKind.MAKEUP and not self.counts_for_deadlines:
            errors["counts_for_deadlines"] = NEEDS_COUNTING
        if self.kind == DayKind.OPEN and not self.counter_open:
            errors["counter_open"] = NEEDS_OPENING
        if self.kind == DayKind.CLOSED and self.counter_open:
            errors["counter_open"] = NEEDS_CLOSING
        if errors:
            raise ValidationError(errors)


class DeadlinePolicy(models.Model):
    """How deadlines are counted, from a day on (domain.md 3.6): office sessions, the cut-off for same-day results, and
    what becomes of a dossier handed in after closing. Dated, since law and working hours change."""

    valid_from = models.DateField(_("valid from"), unique=True)
    morning_opens = models.TimeField(_("morning from"), default=dt.time(7, 30))
    morning_closes = models.TimeField(_("morning to"), default=dt.time(11, 30))
    afternoon_opens = models.TimeField(_("afternoon from"), default=dt.time(13, 0))
    afternoon_closes = models.TimeField(_("afternoon to"), default=dt.time(17, 0))
    same_day_cutoff = models.TimeField(
        _("same-day results up to"), default=dt.time(15, 0), help_text=_("Handed in later: the next working day (NĐ 23/2015, Đ7).")
    )
    late_intake = models.CharField(
        _("handed in after closing"), max_length=10, choices=LateIntake.choices, default=LateIntake.DAY_ZERO,
        help_text=_("Whether the next working day is the day of receipt or already the first day of the term."),
    )  # fmt: skip
    source = models.CharField(_("decided by"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("deadline policy")
        verbose_name_plural = _("deadline policies")
        ordering: ClassVar = ["-valid_from"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(morning_closes__gt=models.F("morning_opens"))
                & models.Q(afternoon_opens__gte=models.F("morning_closes"))
                & models.Q(afternoon_closes__gt=models.F("afternoon_opens")),
                name="policy_sessions_in_order",
                violation_error_message=_("The sessions of the day are not in order."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.valid_from:%d/%m/%Y}"


class CalendarSeed(models.Model):
    """What `calendar_seed` wrote for a year, so that a day which a person took out does not come back."""

    year = models.PositiveSmallIntegerField(_("year"), unique=True)
    dates: Any = models.JSONField(_("dates"), default=list)
    library = models.CharField(_("library"), max_length=60)

    class Meta:
        verbose_name = _("seeded year")
        verbose_name_plural = _("seeded years")
        ordering: ClassVar = ["year"]

    def __str__(self) -> str:
        return str(self.year)


class CalendarStamp(models.Model):
    """One row with a random stamp that a trigger renews whenever days, policies or the tree of units change. Processes
    keep the calendar in memory as long as the stamp is the one they read it under."""

    stamp = models.UUIDField(default=uuid.uuid4)

    class Meta:
        verbose_name = _("stamp of the calendar")
        verbose_name_plural = _("stamps of the calendar")
