"""How seats are given, as dated data: times and limits, and who goes first on a waiting list."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from organisation.models import Unit, in_language, today

WRONG_NUMBERS = _("Minutes, hours and sizes are whole numbers from 1 on.")
WRONG_ORDER = _("The last day is before the first.")


class SeatPolicyQuerySet(models.QuerySet["SeatPolicy"]):
    """The vocabulary of policies."""

    def in_force(self, unit: Unit | None, day: dt.date | None = None) -> SeatPolicy:
        """The policy of a unit on a day (today), else that of all units, else the numbers that the model begins with."""
        found = self.filter(valid_from__lte=day or today()).filter(models.Q(unit=None) | models.Q(unit=unit))
        return found.order_by(models.F("unit").asc(nulls_last=True), "-valid_from").first() or SeatPolicy(valid_from=day or today())


class SeatPolicy(models.Model):
    """How seats are given, from a day on (quy định giữ chỗ): how long a place is held, how long an offer stands. A session takes the
    numbers when it is planned and keeps them, so that nobody who registered finds other rules later."""

    valid_from = models.DateField(_("valid from"))
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("unit"),
        help_text=_("Empty: all units. A unit's own policy goes before it."),
    )  # fmt: skip
    hold_minutes = models.PositiveSmallIntegerField(
        _("minutes that a seat is held"), default=15, help_text=_("Until the code sent to the telephone or the e-mail is typed in.")
    )
    offer_hours = models.PositiveSmallIntegerField(_("hours that an offer stands"), default=24)
    offers_stop_hours = models.PositiveSmallIntegerField(
        _("hours before the session at which offers stop"), default=3, help_text=_("Seats that free after that go to those who come to the door.")
    )
    group_most = models.PositiveSmallIntegerField(_("most people in one registration"), default=5)
    source = models.CharField(_("decided by"), max_length=250, blank=True)

    objects = SeatPolicyQuerySet.as_manager()

    class Meta:
        verbose_name = _("policy of seats")
        verbose_name_plural = _("policies of seats")
        ordering: ClassVar = ["-valid_from"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Coalesce("unit", models.Value(0), output_field=models.BigIntegerField()),
                "valid_from",
                name="seat_policy_once",
                violation_error_message=_("A policy of this unit begins on that day already."),
            ),
            models.CheckConstraint(
                condition=models.Q(hold_minutes__gte=1, offer_hours__gte=1, group_most__gte=1),
                name="seat_policy_numbers",
                violation_error_message=WRONG_NUMBERS,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.valid_from:%d/%m/%Y}"

    def clean(self) -> None:
        """The same rule as the constraint, at the field that breaks it."""
        super().clean()
        wrong = {name: WRONG_NUMBERS for name in ("hold_minutes", "offer_hours", "group_most") if (getattr(self, name) or 0) < 1}
        if wrong:
            raise ValidationError(wrong)


class PriorityGroup(models.Model):
    """Who goes first on a waiting list (đối tượng ưu tiên): people with disabilities, over 80, with merits. Data, since policy decides."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=150)
    name_en = models.CharField(_("name in English"), max_length=150, blank=True)
    rank = models.PositiveSmallIntegerField(_("rank"), default=1, help_text=_("The highest goes first; 0 is everybody."))
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("last day"), null=True, blank=True)
    source = models.CharField(_("decided by"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("priority group")
        verbose_name_plural = _("priority groups")
        ordering: ClassVar = ["-rank", "name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_to__gte=models.F("valid_from")),
                name="priority_group_validity",
                violation_error_message=WRONG_ORDER,
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name, self.name_en)

    def holds_on(self, day: dt.date) -> bool:
        """Whether the group goes first on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def clean(self) -> None:
        """The same rule as the constraint, at the field that breaks it."""
        super().clean()
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValidationError({"valid_to": WRONG_ORDER})
