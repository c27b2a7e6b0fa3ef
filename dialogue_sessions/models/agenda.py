"""What is spoken about, in which order and for how long; and that a session begins late."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from organisation.models import Post, Unit, in_language

from ..enums import AgendaState
from .sessions import NO_REASON, Session

LONGEST_ITEM, LONGEST_DELAY = 480, 480  # minutes
ITEM_MINUTES = _("A point of the agenda lasts from 1 minute to 8 hours.")
ONE_SPEAKER = _("Name who speaks once: a post, a unit, or in words.")
TIMES_IN_ORDER = _("What has ended has begun before.")
DELAY_MINUTES = _("Say how many minutes, from 0 (it begins on time after all) to 480.")


class AgendaItem(models.Model):
    """A point of a session's agenda (mục chương trình): planned minutes, who speaks, and when it really ran."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="agenda", verbose_name=_("session"))
    order = models.PositiveSmallIntegerField(_("place in the agenda"))
    title = models.CharField(_("what it is about"), max_length=200)
    title_en = models.CharField(_("in English"), max_length=200, blank=True)
    minutes = models.PositiveSmallIntegerField(
        _("planned minutes"), default=15, validators=[MinValueValidator(1, ITEM_MINUTES), MaxValueValidator(LONGEST_ITEM, ITEM_MINUTES)]
    )
    post = models.ForeignKey(Post, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who speaks: a post"))
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who speaks: a unit"))
    speaker = models.CharField(
        _("who speaks, in words"), max_length=200, blank=True, help_text=_("An office or an organisation, not the name of a resident.")
    )
    started_at = models.DateTimeField(_("began"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("point of the agenda")
        verbose_name_plural = _("points of the agenda")
        default_permissions: ClassVar = ["change"]  # writing the agenda, and running it on the day
        ordering: ClassVar = ["session", "order"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["session", "order"],
                name="agenda_order_once",
                deferrable=models.Deferrable.DEFERRED,
                violation_error_message=_("Another point has this place in the agenda."),
            ),
            models.UniqueConstraint(
                fields=["session"],
                condition=models.Q(started_at__isnull=False, ended_at=None),
                name="agenda_one_runs",
                violation_error_message=_("Another point of the agenda is running."),
            ),
            models.CheckConstraint(
                condition=models.Q(minutes__gte=1, minutes__lte=LONGEST_ITEM), name="agenda_minutes", violation_error_message=ITEM_MINUTES
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None) | models.Q(started_at__isnull=False, ended_at__gte=models.F("started_at")),
                name="agenda_times",
                violation_error_message=TIMES_IN_ORDER,
            ),
            models.CheckConstraint(
                condition=models.Q(post=None, unit=None) | models.Q(post=None, speaker="") | models.Q(unit=None, speaker=""),
                name="agenda_one_speaker",
                violation_error_message=ONE_SPEAKER,
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def name(self) -> str:
        """What it is about, in the reader's language."""
        return in_language(self.title, self.title_en)

    @property
    def spoken_by(self) -> str:
        """Who speaks, or nothing."""
        if self.post is not None:
            return self.post.name
        return self.unit.title if self.unit is not None else self.speaker

    @property
    def state(self) -> str:
        """Read off the times."""
        if self.started_at is None:
            return AgendaState.TO_COME
        return AgendaState.RUNNING if self.ended_at is None else AgendaState.DONE

    @property
    def ends_at(self) -> dt.datetime | None:
        """When it should end, of one that runs."""
        return self.started_at + dt.timedelta(minutes=self.minutes) if self.started_at is not None else None

    def clean(self) -> None:
        """The same rules as the constraints, told at the field that breaks them."""
        super().clean()
        errors: dict[str, Any] = {}
        if self.minutes is not None and not 1 <= self.minutes <= LONGEST_ITEM:
            errors["minutes"] = ITEM_MINUTES
        if sum([self.post_id is not None, self.unit_id is not None, bool(self.speaker.strip())]) > 1:
            errors["speaker"] = ONE_SPEAKER
        if self.ended_at is not None and (self.started_at is None or self.ended_at < self.started_at):
            errors["__all__"] = TIMES_IN_ORDER
        if errors:
            raise ValidationError(errors)


class Delay(models.Model):
    """A session that begins late (bắt đầu trễ): so many minutes after its time. The last one told holds; 0 takes it back."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="delays", verbose_name=_("session"))
    minutes = models.PositiveSmallIntegerField(
        _("minutes late"), validators=[MinValueValidator(0, DELAY_MINUTES), MaxValueValidator(LONGEST_DELAY, DELAY_MINUTES)]
    )
    reason = models.CharField(_("reason"), max_length=500)
    starts_at = models.DateTimeField(_("begins at"))  # the session's time on the day on which it was told, and the minutes
    at = models.DateTimeField(_("told at"), auto_now_add=True)

    class Meta:
        verbose_name = _("late start")
        verbose_name_plural = _("late starts")
        default_permissions: ClassVar = ["add"]
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(minutes__lte=LONGEST_DELAY), name="delay_minutes", violation_error_message=DELAY_MINUTES),
            models.CheckConstraint(condition=~models.Q(reason=""), name="delay_why", violation_error_message=NO_REASON),
        ]

    def __str__(self) -> str:
        return f"{self.session_id}: {self.minutes}"

    def clean(self) -> None:
        """The same rules as the constraints, told at the field that breaks them."""
        super().clean()
        errors: dict[str, Any] = {}
        if self.minutes is not None and not 0 <= self.minutes <= LONGEST_DELAY:
            errors["minutes"] = DELAY_MINUTES
        if not self.reason.strip():
            errors["reason"] = NO_REASON
        if errors:
            raise ValidationError(errors)
