"""Sessions, the series that they come from, and the dates on which they were to be held before they were moved."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Greatest, Least
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from foundation.hours import day_clock
from organisation.models import Field, Post, Room, Unit, in_language
from procedures_catalog.models import Procedure

from ..enums import BEFORE_START, DIALOGUES, TAKES_PLACE, SessionKind, SessionState

ENDS_FIRST = _("The session ends before it begins.")
NO_WINDOW = _("Say both from when and until when people may register, or neither.")
WRONG_WINDOW = _("Registration ends after it begins, and no later than the session begins.")
NO_REASON = _("Say why: the reason is shown to everybody.")
ROOM_TAKEN = _("Another session takes place in this room at that time. Choose another room or another time.")
OFFER_LEAST = dt.timedelta(minutes=30)  # nobody is offered a seat with less time than this to answer


class Series(models.Model):
    """Sessions that belong together (đợt, chuỗi phiên): a year of reception days, the slots of one morning."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    kind = models.CharField(_("kind"), max_length=20, choices=SessionKind.choices)
    title = models.CharField(_("title"), max_length=200)
    title_en = models.CharField(_("English title"), max_length=200, blank=True)
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    slot_minutes = models.PositiveSmallIntegerField(_("minutes of a slot"), null=True, blank=True, help_text=_("Empty: each day is one session."))
    lead_hours = models.PositiveSmallIntegerField(
        _("hours of notice"), default=0, help_text=_("Registration for a session closes so many hours before it.")
    )
    per_person = models.PositiveSmallIntegerField(
        _("most places of one person"), null=True, blank=True, help_text=_("In sessions of this series that are still to come. Empty: no limit.")
    )
    fields = models.ManyToManyField(
        Field, blank=True, related_name="+", verbose_name=_("fields"),
        help_text=_("Appointments: pages of procedures of these fields lead to its slots."),
    )  # fmt: skip
    procedures = models.ManyToManyField(
        Procedure, blank=True, related_name="+", verbose_name=_("procedures"), help_text=_("Single procedures, beside those of the fields.")
    )

    class Meta:
        verbose_name = _("series of sessions")
        verbose_name_plural = _("series of sessions")
        ordering: ClassVar = ["title"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(slot_minutes=None) | models.Q(slot_minutes__range=(5, 480)),
                name="series_slot_minutes",
                violation_error_message=_("A slot lasts from 5 minutes to 8 hours."),
            ),
            models.CheckConstraint(
                condition=models.Q(per_person=None) | models.Q(per_person__gte=1),
                name="series_per_person",
                violation_error_message=_("The limit is a whole number from 1 on; leave it empty for no limit."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """The same rules as the constraints, told at the field that breaks them."""
        super().clean()
        errors: dict[str, Any] = {}
        if self.slot_minutes is not None and not 5 <= self.slot_minutes <= 480:
            errors["slot_minutes"] = _("A slot lasts from 5 minutes to 8 hours.")
        if self.per_person is not None and self.per_person < 1:
            errors["per_person"] = _("The limit is a whole number from 1 on; leave it empty for no limit.")
        if errors:
            raise ValidationError(errors)


class SessionQuerySet(models.QuerySet["Session"]):
    """The vocabulary of sessions."""

    def public(self) -> SessionQuerySet:
        """What everybody may see: all but drafts; what was cancelled stays, with its reason. A draft that was cancelled never was."""
        return self.exclude(state=SessionState.DRAFT).exclude(state=SessionState.CANCELLED, announced_at=None)

    def taking_place(self) -> SessionQuerySet:
        """Those that are to be held, are held, or were."""
        return self.filter(state__in=TAKES_PLACE)

    def to_come(self, now: dt.datetime) -> SessionQuerySet:
        """Announced and not begun."""
        return self.filter(state__in=BEFORE_START, starts_at__gt=now)


class Session(models.Model):
    """One thing that residents attend (buổi đối thoại, buổi tiếp công dân, lịch hẹn): when, where, who receives, what about.

    `hold_minutes`, `offer_hours`, `offers_stop_hours` and `group_most` are those of the policy on the day of planning."""

    kind = models.CharField(_("kind"), max_length=20, choices=SessionKind.choices)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="sessions", verbose_name=_("unit"))
    series = models.ForeignKey(Series, models.PROTECT, null=True, blank=True, related_name="sessions", verbose_name=_("series"))
    title = models.CharField(_("title"), max_length=200)
    title_en = models.CharField(_("English title"), max_length=200, blank=True)
    slug = models.SlugField(_("address"), max_length=120, unique=True)
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    room = models.ForeignKey(Room, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("room"))
    place = models.CharField(
        _("where it is held"), max_length=250, blank=True, help_text=_("Where it is, when it is in none of the rooms of our service points.")
    )
    accessibility = models.TextField(_("accessibility"), blank=True, help_text=_("Ramps, lifts, seats, somebody who signs."))
    online_link = models.URLField(_("online link"), blank=True)
    post = models.ForeignKey(Post, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who receives"))
    stand_in = models.ForeignKey(Post, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who stands in"))
    attending = models.ManyToManyField(
        Unit, blank=True, related_name="+", verbose_name=_("who attends"), help_text=_("Departments that answer beside who receives.")
    )
    subjects = models.TextField(_("expected subjects"), blank=True, help_text=_("One a line (Luật Tiếp công dân 2013, Đ24)."))
    registration_opens = models.DateTimeField(_("registration from"), null=True, blank=True)
    registration_closes = models.DateTimeField(_("registration until"), null=True, blank=True)
    questions_until = models.DateTimeField(
        _("questions until"), null=True, blank=True, help_text=_("Until when people may send questions ahead. Empty: as long as registration.")
    )
    state = models.CharField(_("state"), max_length=12, choices=SessionState.choices, default=SessionState.DRAFT, editable=False)
    reason = models.TextField(_("reason"), blank=True, editable=False)  # of a cancellation
    hold_minutes = models.PositiveSmallIntegerField(_("minutes that a seat is held"), default=15)
    offer_hours = models.PositiveSmallIntegerField(_("hours that an offer stands"), default=24)
    offers_stop_hours = models.PositiveSmallIntegerField(_("hours before the session at which offers stop"), default=3)
    group_most = models.PositiveSmallIntegerField(_("most people in one registration"), default=5)
    announced_at = models.DateTimeField(_("made public"), null=True, blank=True, editable=False)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        default_permissions: ClassVar = ["view", "add", "change"]  # what is called off stays
        permissions: ClassVar = [("announce_session", "Can make sessions public, move them and call them off")]
        ordering: ClassVar = ["starts_at", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["starts_at"], name="session_starts"),
            models.Index(fields=["unit", "starts_at"], name="session_unit"),
            models.Index(fields=["state", "starts_at"], name="session_state_starts"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=SessionState.values), name="session_state", violation_error_message=_("There is no such state.")
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="session_in_order", violation_error_message=ENDS_FIRST
            ),
            models.CheckConstraint(
                condition=models.Q(registration_opens=None, registration_closes=None)
                | models.Q(registration_opens__isnull=False, registration_closes__isnull=False),
                name="session_window_whole",
                violation_error_message=NO_WINDOW,
            ),
            models.CheckConstraint(
                condition=models.Q(registration_closes=None)
                | models.Q(registration_closes__gt=models.F("registration_opens"), registration_closes__lte=models.F("starts_at")),
                name="session_window_in_order",
                violation_error_message=WRONG_WINDOW,
            ),
            models.CheckConstraint(
                condition=~models.Q(state=SessionState.CANCELLED, reason=""), name="session_cancelled_why", violation_error_message=NO_REASON
            ),
            models.CheckConstraint(
                condition=models.Q(hold_minutes__gte=1, offer_hours__gte=1, group_most__gte=1),
                name="session_numbers",
                violation_error_message=_("Minutes, hours and sizes are whole numbers from 1 on."),
            ),
            ExclusionConstraint(
                name="session_room_free",
                expressions=[
                    ("room", RangeOperators.EQUAL),
                    # least and greatest: times in the wrong order are told by their own constraint, not by a range that cannot be built
                    (
                        models.Func(
                            Least("starts_at", "ends_at"), Greatest("starts_at", "ends_at"), function="tstzrange", output_field=DateTimeRangeField()
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=models.Q(state__in=TAKES_PLACE, room__isnull=False),
                violation_error_message=ROOM_TAKEN,
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The public page; a draft has none yet."""
        return reverse("dialogue_sessions:session", args=[self.slug])

    def clean(self) -> None:
        """The same rules as the constraints, told at the field that breaks them."""
        super().clean()
        errors: dict[str, Any] = {}
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            errors["ends_at"] = ENDS_FIRST
        opens, closes = self.registration_opens, self.registration_closes
        if (opens is None) != (closes is None):
            errors["registration_closes" if closes is None else "registration_opens"] = NO_WINDOW
        elif opens is not None and closes is not None and (closes <= opens or (self.starts_at and closes > self.starts_at)):
            errors["registration_closes"] = WRONG_WINDOW
        if self.state == SessionState.CANCELLED and not self.reason.strip():
            errors["reason"] = NO_REASON
        if self.room_clash():
            errors["room"] = ROOM_TAKEN
        if errors:
            raise ValidationError(errors)

    def room_clash(self) -> bool:
        """Whether another session takes place in its room at its time; a draft asks for none yet."""
        if self.room_id is None or self.state not in TAKES_PLACE or not self.starts_at or not self.ends_at:
            return False
        return Session.objects.taking_place().exclude(pk=self.pk).filter(
            room_id=self.room_id, starts_at__lt=self.ends_at, ends_at__gt=self.starts_at
        ).exists()  # fmt: skip

    @property
    def name(self) -> str:
        """The title in the reader's language."""
        return in_language(self.title, self.title_en)

    def takes_registrations(self, now: dt.datetime) -> bool:
        """Whether people may register by themselves at a moment. The state follows the clock within a minute; the times decide."""
        return (
            self.state == SessionState.OPEN
            and self.registration_opens is not None
            and self.registration_closes is not None
            and self.registration_opens <= now < self.registration_closes
        )

    def takes_questions(self, now: dt.datetime) -> bool:
        """Whether people may send questions ahead at a moment: to a dialogue that has not begun, until the time for it is over."""
        return self.kind in DIALOGUES and self.state in BEFORE_START and now < self.questions_end()

    def questions_end(self) -> dt.datetime:
        """Until when questions are taken; never longer than until it begins, wherever it was moved to."""
        return min(self.questions_until or self.registration_closes or self.starts_at, self.starts_at)

    def offers_end(self) -> dt.datetime:
        """When the last offer ends."""
        return self.starts_at - dt.timedelta(hours=self.offers_stop_hours)

    def makes_offers(self, now: dt.datetime) -> bool:
        """Whether somebody who waits may still be offered a seat: there must be time to answer."""
        return self.state in BEFORE_START and now <= self.offers_end() - OFFER_LEAST

    def offer_until(self, now: dt.datetime) -> dt.datetime:
        """Until when an offer made now stands."""
        return min(now + dt.timedelta(hours=self.offer_hours), self.offers_end())


class SessionMove(models.Model):
    """A session that was moved (dời lịch): the former time stays visible, with the reason (Luật Tiếp công dân 2013, Đ24)."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="moves", verbose_name=_("session"))
    old_starts_at = models.DateTimeField(_("was to begin"))
    old_ends_at = models.DateTimeField(_("was to end"))
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    reason = models.TextField(_("reason"))
    at = models.DateTimeField(_("moved at"), auto_now_add=True)

    class Meta:
        verbose_name = _("move of a session")
        verbose_name_plural = _("moves of sessions")
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["old_starts_at"], name="session_move_old")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="session_move_why", violation_error_message=NO_REASON),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="session_move_in_order", violation_error_message=ENDS_FIRST
            ),
        ]

    def __str__(self) -> str:
        return f"{day_clock(self.old_starts_at)} > {day_clock(self.starts_at)}"

    def clean(self) -> None:
        """The same rules as the constraints, told at the field that breaks them."""
        super().clean()
        if not self.reason.strip():
            raise ValidationError({"reason": NO_REASON})
        if self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": ENDS_FIRST})
