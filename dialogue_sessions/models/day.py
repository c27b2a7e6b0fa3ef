"""Who came: what was told at the door, and that somebody has said who did not come."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from ..enums import ArrivalBy
from .seats import Registration
from .sessions import Session

SCANNED_BEFORE = _("Somebody is told present before that arrives here, not after.")
AT_LEAST_ONE = _("At least one person came.")


class CheckIn(models.Model):
    """Somebody was told present (điểm danh). `key` is made by the telephone at the door, so that what it sends twice counts once;
    `at` is when it was told there, `received_at` when that came here: between them a network may have failed.

    Of a group, `people` are those who came."""

    key = models.UUIDField(unique=True, editable=False)
    session = models.ForeignKey(Session, models.PROTECT, related_name="check_ins", verbose_name=_("session"))
    registration = models.ForeignKey(Registration, models.PROTECT, related_name="check_ins", verbose_name=_("registration"))
    how = models.CharField(_("how"), max_length=10, choices=ArrivalBy.choices)
    people = models.PositiveSmallIntegerField(_("how many people"), default=1)
    at = models.DateTimeField(_("told at"))
    received_at = models.DateTimeField(_("received at"))
    undone_at = models.DateTimeField(_("taken back"), null=True, blank=True)

    class Meta:
        verbose_name = _("arrival")
        verbose_name_plural = _("arrivals")
        default_permissions: ClassVar = []  # who may see and register those who come may see and tell who came
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["session"], name="check_in_session", condition=models.Q(undone_at=None))]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["registration"],
                condition=models.Q(undone_at=None),
                name="check_in_once",
                violation_error_message=_("This registration is told present already."),
            ),
            models.CheckConstraint(condition=models.Q(people__gte=1), name="check_in_people", violation_error_message=AT_LEAST_ONE),
            models.CheckConstraint(
                condition=models.Q(at__lte=models.F("received_at")), name="check_in_in_order", violation_error_message=SCANNED_BEFORE
            ),
            models.CheckConstraint(
                condition=models.Q(how__in=ArrivalBy.values), name="check_in_how", violation_error_message=_("There is no such way.")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.registration_id}"

    def clean(self) -> None:
        """The same rules as the constraints, told at the field that breaks them."""
        super().clean()
        if self.people is not None and self.people < 1:
            raise ValidationError({"people": AT_LEAST_ONE})
        if self.at and self.received_at and self.at > self.received_at:
            raise ValidationError({"at": SCANNED_BEFORE})


class AttendanceClosing(models.Model):
    """Somebody has said that all who came are told present (chốt danh sách): the rest did not come. It can be taken back."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="closings", verbose_name=_("session"))
    at = models.DateTimeField(_("closed at"), auto_now_add=True)
    undone_at = models.DateTimeField(_("taken back"), null=True, blank=True)

    class Meta:
        verbose_name = _("closed attendance list")
        verbose_name_plural = _("closed attendance lists")
        default_permissions: ClassVar = []  # who may see and register those who come may see and tell who came
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["session"],
                condition=models.Q(undone_at=None),
                name="attendance_closed_once",
                violation_error_message=_("The attendance list of this session is closed already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id}: {self.at}"
