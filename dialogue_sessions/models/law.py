"""What the law asks for, as dated data: terms that run before and after a session, how often leaders receive citizens, and what was
done late, with the reason that everybody reads."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext_lazy as _

from organisation.enums import Level, UnitKind
from organisation.models import Unit

from .. import planning
from ..enums import Per, SessionKind, TermKey, TermUnit
from .policy import WRONG_ORDER
from .sessions import NO_REASON, Session

FROM_ONE = _("A number from 1 on.")
OVERLAP_TERM = _("Another term of this name is in force in that time. Give that one a last day first.")
OVERLAP_MINIMUM = _("Another rule for the same bodies is in force in that time. Give that one a last day first.")
UNIT_OR_LEVEL = _("A rule for one unit names no level and no kind of unit: it replaces whatever its level asks for.")
NO_TERM = _("There is no such term.")
NOT_LATE = _("This was done in time.")


def _validity() -> models.Func:
    """From the first to the last day; days in the wrong order are told by their own constraint, not by a range that cannot be built."""
    last = Greatest("valid_from", Coalesce("valid_to", models.Value(dt.date.max)))
    return models.Func("valid_from", last, models.Value("[]"), function="daterange")


def _ordered(name: str) -> models.CheckConstraint:
    condition = models.Q(valid_to=None) | models.Q(valid_to__gte=models.F("valid_from"))
    return models.CheckConstraint(condition=condition, name=name, violation_error_message=WRONG_ORDER)


class Dated(models.Model):
    """A fact of law: from when to when, by which text, and whether somebody has looked that text up."""

    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("last day"), null=True, blank=True, help_text=_("Empty while it is in force."))
    source = models.CharField(_("source"), max_length=250, help_text=_("The law and its article, as it may be shown."))
    confirmed = models.BooleanField(
        _("confirmed"), default=True, help_text=_("Somebody has read it in the text of the law. What is not confirmed is marked wherever it is used.")
    )
    note = models.TextField(_("note"), blank=True)

    class Meta:
        abstract = True

    def wrong(self) -> dict[str, Any]:
        """What is wrong, by field."""
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            return {"valid_to": WRONG_ORDER}
        return {}

    def clean(self) -> None:
        """The same rules as the constraints, told at the field that breaks them."""
        super().clean()
        if errors := self.wrong():
            raise ValidationError(errors)


class LegalTerm(Dated):
    """A term before or after a session (thời hạn luật định), in force between two days."""

    key = models.CharField(_("what is due"), max_length=30, choices=TermKey.choices)
    length = models.PositiveSmallIntegerField(_("how many"))
    unit = models.CharField(_("days"), max_length=12, choices=TermUnit.choices)
    before = models.BooleanField(_("before the event"), default=True, help_text=_("Otherwise it runs after it."))

    class Meta:
        verbose_name = _("legal term")
        verbose_name_plural = _("legal terms")
        default_permissions: ClassVar = ["view", "add", "change"]  # a term that is over gets a last day
        ordering: ClassVar = ["key", "-valid_from"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(key__in=TermKey.values), name="legal_term_key", violation_error_message=NO_TERM),
            models.CheckConstraint(
                condition=models.Q(unit__in=TermUnit.values), name="legal_term_unit", violation_error_message=_("There is no such unit of time.")
            ),
            models.CheckConstraint(condition=models.Q(length__gte=1), name="legal_term_length", violation_error_message=FROM_ONE),
            _ordered("legal_term_validity"),
            ExclusionConstraint(
                name="legal_term_once", expressions=[("key", RangeOperators.EQUAL), (_validity(), RangeOperators.OVERLAPS)],
                violation_error_message=OVERLAP_TERM,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_key_display()} ({self.valid_from:%d/%m/%Y})"

    def wrong(self) -> dict[str, Any]:
        """A length, and no other term of the name at the same time."""
        errors = super().wrong()
        if self.length is not None and self.length < 1:
            errors["length"] = FROM_ONE
        if not errors and self.valid_from and overlapping(LegalTerm.objects.filter(key=self.key), self).exists():
            errors["valid_from"] = OVERLAP_TERM
        return errors

    def timer(self) -> planning.Timer:
        """For the arithmetic."""
        days: planning.Unit = "working_days" if self.unit == TermUnit.WORKING_DAYS else "days"
        return planning.Timer(self.key, self.length, days, self.before, self.valid_from, self.valid_to, self.source)


class LegalMinimum(Dated):
    """How often somebody has to hold sessions of a kind (số buổi tối thiểu): so many days in each week, month or year."""

    level = models.PositiveSmallIntegerField(_("level"), choices=Level.choices, null=True, blank=True, help_text=_("Empty: every level."))
    unit_kind = models.CharField(_("kind of unit"), max_length=20, choices=UnitKind.choices, blank=True, help_text=_("Empty: every kind."))
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("one unit"),
        help_text=_("Filled in: a rule for this unit alone, which goes before that of its level."),
    )  # fmt: skip
    session_kind = models.CharField(_("kind of session"), max_length=20, choices=SessionKind.choices, default=SessionKind.PERIODIC)
    days = models.PositiveSmallIntegerField(_("days"))
    per = models.CharField(_("in each"), max_length=5, choices=Per.choices)

    class Meta:
        verbose_name = _("legal minimum")
        verbose_name_plural = _("legal minimums")
        default_permissions: ClassVar = ["view", "add", "change"]
        ordering: ClassVar = ["session_kind", "level", "unit_kind", "-valid_from"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(session_kind__in=SessionKind.values), name="legal_minimum_session_kind",
                violation_error_message=_("There is no such kind."),
            ),
            models.CheckConstraint(
                condition=models.Q(per__in=Per.values), name="legal_minimum_per", violation_error_message=_("There is no such unit of time.")
            ),
            models.CheckConstraint(condition=models.Q(days__gte=1), name="legal_minimum_days", violation_error_message=FROM_ONE),
            models.CheckConstraint(
                condition=models.Q(unit=None) | models.Q(level=None, unit_kind=""), name="legal_minimum_for_whom",
                violation_error_message=UNIT_OR_LEVEL
            ),
            _ordered("legal_minimum_validity"),
            ExclusionConstraint(
                name="legal_minimum_once",
                expressions=[
                    (Coalesce("unit", models.Value(0), output_field=models.BigIntegerField()), RangeOperators.EQUAL),
                    (Coalesce("level", models.Value(-1), output_field=models.IntegerField()), RangeOperators.EQUAL),
                    ("unit_kind", RangeOperators.EQUAL), ("session_kind", RangeOperators.EQUAL), (_validity(), RangeOperators.OVERLAPS),
                ],
                violation_error_message=OVERLAP_MINIMUM,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.days} / {self.get_per_display()} ({self.valid_from:%d/%m/%Y})"

    def wrong(self) -> dict[str, Any]:
        """For whom it is, how many, and no other one for the same at the same time."""
        errors = super().wrong()
        if self.days is not None and self.days < 1:
            errors["days"] = FROM_ONE
        if self.unit_id and (self.level is not None or self.unit_kind):
            errors["unit"] = UNIT_OR_LEVEL
        same = LegalMinimum.objects.filter(unit=self.unit_id, level=self.level, unit_kind=self.unit_kind, session_kind=self.session_kind)
        if not errors and self.valid_from and overlapping(same, self).exists():
            errors["valid_from"] = OVERLAP_MINIMUM
        return errors

    def minimum(self) -> planning.Minimum:
        """For the arithmetic."""
        return planning.Minimum(self.days, planning.Per(self.per), self.valid_from, self.valid_to, self.source, self.confirmed)


def overlapping(rows: models.QuerySet[Any], row: Dated) -> models.QuerySet[Any]:
    """Those of `rows` that are in force on a day on which this one is."""
    found = rows.exclude(pk=row.pk).filter(models.Q(valid_to=None) | models.Q(valid_to__gte=row.valid_from))
    return found if row.valid_to is None else found.filter(valid_from__lte=row.valid_to)


class Lateness(models.Model):
    """Something done later than the law asks (chậm so với quy định): the term, both days, and the reason, which stands on public pages.

    Written once, by the service that did the late thing."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="lateness", verbose_name=_("session"))
    key = models.CharField(_("what was due"), max_length=30, choices=TermKey.choices)
    due = models.DateField(_("was due on"))
    done = models.DateField(_("done on"))
    reason = models.TextField(_("reason"))
    source = models.CharField(_("source"), max_length=250, blank=True)  # as the term named it then
    at = models.DateTimeField(_("written at"), auto_now_add=True)

    class Meta:
        verbose_name = _("lateness")
        verbose_name_plural = _("late things")
        default_permissions: ClassVar = []
        ordering: ClassVar = ["-done", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["session", "key"], name="lateness_once", violation_error_message=_("This is on record already.")),
            models.CheckConstraint(condition=models.Q(key__in=TermKey.values), name="lateness_key", violation_error_message=NO_TERM),
            models.CheckConstraint(condition=models.Q(done__gt=models.F("due")), name="lateness_is_late", violation_error_message=NOT_LATE),
            models.CheckConstraint(condition=~models.Q(reason=""), name="lateness_why", violation_error_message=NO_REASON),
        ]

    def __str__(self) -> str:
        return f"{self.get_key_display()} {self.due:%d/%m/%Y}"

    def clean(self) -> None:
        """The same rules as the constraints, told at the field that breaks them."""
        super().clean()
        if not self.reason.strip():
            raise ValidationError({"reason": NO_REASON})
        if self.due and self.done and self.done <= self.due:
            raise ValidationError({"done": NOT_LATE})
