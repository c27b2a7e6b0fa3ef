"""Something is not available for a while, because…: a procedure, a service point, online filing, the whole portal."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organisation.models import ServicePoint, in_language
from procedures_catalog.models import Procedure

NOTICE = 7  # working days between announcement and beginning of a planned outage (NĐ 224/2026, Đ13)


class InterruptionQuerySet(models.QuerySet["Interruption"]):
    """The vocabulary of interruptions."""

    def current(self, now: dt.datetime | None = None) -> InterruptionQuerySet:
        """Announced or running: neither lifted nor past their end."""
        return self.filter(lifted_at=None).filter(Q(ends_at=None) | Q(ends_at__gt=now or timezone.now()))

    def everywhere(self) -> InterruptionQuerySet:
        """Those that every page tells of."""
        return self.filter(scope__in=[Interruption.Scope.ONLINE, Interruption.Scope.PORTAL])


class Interruption(models.Model):
    """A service that is not available (tạm ngừng cung cấp): what, why, from when, until when."""

    class Scope(models.TextChoices):
        """What is not available."""

        PROCEDURE = "procedure", _("one procedure")
        POINT = "point", _("one service point")
        ONLINE = "online", _("filing online")
        PORTAL = "portal", _("the whole portal")

    class Stage(models.TextChoices):
        """How far it had gone when the job last looked."""

        ANNOUNCED = "announced", _("announced")
        RUNNING = "running", _("running")
        OVER = "over", _("over")

    scope = models.CharField(_("what is not available"), max_length=10, choices=Scope.choices)
    procedure = models.ForeignKey(Procedure, models.CASCADE, null=True, blank=True, related_name="interruptions", verbose_name=_("procedure"))
    point = models.ForeignKey(ServicePoint, models.CASCADE, null=True, blank=True, related_name="interruptions", verbose_name=_("service point"))
    reason = models.CharField(_("because"), max_length=300, help_text=_("In words that a visitor understands."))
    reason_en = models.CharField(_("because, in English"), max_length=300, blank=True)
    instead = models.CharField(_("what to do meanwhile"), max_length=300, blank=True)
    instead_en = models.CharField(_("what to do meanwhile, in English"), max_length=300, blank=True)
    planned = models.BooleanField(
        _("planned"), default=True, help_text=_("Planned work is announced at least 7 working days ahead. What is shorter is unplanned, and says so.")
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at: Any = models.DateTimeField(
        _("until"), null=True, blank=True, help_text=_("Empty while it is not known; planned work always has an end.")
    )
    announced_at = models.DateTimeField(_("announced"), editable=False)
    announced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("announced by")
    )
    notice_days = models.IntegerField(_("working days of notice"), editable=False)
    lifted_at: Any = models.DateTimeField(_("lifted"), null=True, blank=True, editable=False)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+")
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.ANNOUNCED, editable=False)

    objects = InterruptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("interruption")
        verbose_name_plural = _("interruptions")
        ordering: ClassVar = ["-starts_at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["ends_at"], name="interruption_open", condition=Q(lifted_at=None))]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(scope="procedure", procedure__isnull=False, point=None)
                | Q(scope="point", point__isnull=False, procedure=None)
                | Q(scope__in=["online", "portal"], procedure=None, point=None),
                name="interruption_of_something",
                violation_error_message=_("Name the procedure or the service point that is not available, and nothing else."),
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="interruption_in_order",
                violation_error_message=_("It ends before it begins."),
            ),
            models.CheckConstraint(
                condition=Q(planned=False) | Q(notice_days__gte=NOTICE, ends_at__isnull=False), name="interruption_announced_in_time",
                violation_error_message=_("Planned work is announced at least 7 working days ahead and has an end."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_scope_display()}: {self.reason}"

    @property
    def why(self) -> str:
        """The reason in the reader's language."""
        return in_language(self.reason, self.reason_en)

    @property
    def meanwhile(self) -> str:
        """What to do, in the reader's language."""
        return in_language(self.instead, self.instead_en)

    def is_running(self, now: dt.datetime | None = None) -> bool:
        """Whether it has begun and is not over."""
        now = now or timezone.now()
        return self.lifted_at is None and self.starts_at <= now and (self.ends_at is None or now < self.ends_at)
