"""What people asked (insights.py), and what was learned from it (learning.py)."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class QueryLog(models.Model):
    """One search as it is remembered (nhật ký tìm kiếm): words, day and hour, outcome. Nothing tells who asked: no address, no session, no
    account, no long number, no minute."""

    asked = models.CharField(_("question"), max_length=200)
    folded = models.CharField(max_length=200)
    day = models.DateField(_("day"), default=timezone.localdate)
    hour = models.PositiveSmallIntegerField(_("hour"))
    engine = models.CharField(_("engine"), max_length=20)
    total = models.PositiveIntegerField(_("found"))
    language = models.CharField(_("language"), max_length=5)
    page = models.PositiveSmallIntegerField(_("page"), default=1)
    position = models.PositiveSmallIntegerField(_("place of the choice"), null=True, blank=True)
    kind = models.CharField(_("kind of the choice"), max_length=30, blank=True)
    object_id = models.CharField(_("choice"), max_length=80, blank=True)
    found_it = models.BooleanField(_("found it"), null=True, blank=True)

    class Meta:
        verbose_name = _("question asked")
        verbose_name_plural = _("questions asked")
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(fields=["day", "folded"], name="query_log_day"),
            models.Index(fields=["folded", "day"], name="query_log_folded"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(folded=""), name="query_log_words"),
            models.CheckConstraint(
                condition=~models.Q(asked__regex="[0-9]{6}") & ~models.Q(folded__regex="[0-9]{6}") & ~models.Q(asked__contains="@"),
                name="query_log_no_numbers",
            ),
            models.CheckConstraint(condition=models.Q(hour__lte=23), name="query_log_hour"),
            models.CheckConstraint(
                condition=models.Q(position=None, kind="", object_id="") | (models.Q(position__gte=1) & ~models.Q(kind="") & ~models.Q(object_id="")),
                name="query_log_choice",
            ),
        ]

    def __str__(self) -> str:
        return self.asked


class Gathered(models.Model):
    """A question as it was gathered from what people asked (learning.py), with its evidence; an editor can forbid it."""

    folded = models.CharField(max_length=200)
    asked = models.CharField(_("question"), max_length=200)
    strength = models.FloatField(_("strength"), default=0)
    hours = models.PositiveIntegerField(_("hours"), default=0)
    days = models.PositiveIntegerField(_("days"), default=0)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    vetoed = models.BooleanField(_("forbidden"), default=False)
    vetoed_at = models.DateTimeField(_("forbidden since"), null=True, blank=True)
    vetoed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("forbidden by"))
    note = models.TextField(_("note for colleagues"), blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.asked


def _vetoed(name: str) -> models.CheckConstraint:
    condition = models.Q(vetoed=True, vetoed_at__isnull=False) | models.Q(vetoed=False, vetoed_at=None, vetoed_by=None)
    return models.CheckConstraint(condition=condition, name=name)


class LearnedQuery(Gathered):
    """A question after which people chose a thing often enough (câu hỏi học được): found by it from then on, unless an editor forbids it."""

    kind = models.CharField(max_length=30)
    object_id = models.CharField(max_length=80)
    share = models.FloatField(_("share of the choices"), default=0)

    class Meta:
        verbose_name = _("learned question")
        verbose_name_plural = _("learned questions")
        default_permissions = ("view", "change")
        ordering: ClassVar = ["-strength", "folded"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "object_id", "folded"], name="learned_once"),
            models.CheckConstraint(condition=~models.Q(folded=""), name="learned_words"),
            _vetoed("learned_veto"),
        ]


class PopularQuery(Gathered):
    """A question that many ask (câu hỏi nhiều người tìm): suggested while typing, unless an editor forbids it."""

    found = models.PositiveIntegerField(_("found"), default=0)

    class Meta:
        verbose_name = _("popular question")
        verbose_name_plural = _("popular questions")
        default_permissions = ("view", "change")
        ordering: ClassVar = ["-strength", "folded"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["folded"], name="popular_once"),
            models.CheckConstraint(condition=~models.Q(folded=""), name="popular_words"),
            _vetoed("popular_veto"),
        ]
