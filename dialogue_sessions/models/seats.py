"""Seats: pools of them, and who has one or waits for one."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..enums import CAME_OR_NOT, LIVING, OVER, SEATED, UNDECIDED, Need, PoolKind, RegistrationState, Source
from .policy import PriorityGroup
from .sessions import Session

TAKEN_RANGE = _("No more seats are taken than there are.")
NEEDS_VILLAGE = _("Name the village that these seats are kept for; other seats are kept for none.")
ALREADY = _("This telephone number or e-mail address is registered for this session already.")
NEEDS_CONTACT = _("Give a telephone number or an e-mail address.")
OTHER_SESSION = _("These seats belong to another session.")


class Pool(models.Model):
    """A part of a session's seats (nhóm chỗ): the hall, online, walk-ins, a village's. `taken` is written by the services alone."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="pools", verbose_name=_("session"))
    kind = models.CharField(_("kind"), max_length=10, choices=PoolKind.choices, default=PoolKind.HALL)
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("name in English"), max_length=120, blank=True)
    village = models.CharField(_("village"), max_length=120, blank=True)
    capacity = models.PositiveIntegerField(_("seats"))
    taken = models.PositiveIntegerField(_("seats taken"), default=0, editable=False)

    class Meta:
        verbose_name = _("pool of seats")
        verbose_name_plural = _("pools of seats")
        ordering: ClassVar = ["session", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["session", "name"], name="pool_name_once", violation_error_message=_("The session has seats of this name already.")
            ),
            models.CheckConstraint(
                condition=models.Q(taken__gte=0, taken__lte=models.F("capacity")), name="pool_taken", violation_error_message=TAKEN_RANGE
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=PoolKind.values), name="pool_kind", violation_error_message=_("There is no such kind.")
            ),
            models.CheckConstraint(
                condition=models.Q(kind=PoolKind.VILLAGE) & ~models.Q(village="") | ~models.Q(kind=PoolKind.VILLAGE) & models.Q(village=""),
                name="pool_village",
                violation_error_message=NEEDS_VILLAGE,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def free(self) -> int:
        """Seats that nobody has, holds or is offered."""
        return self.capacity - self.taken

    def clean(self) -> None:
        """The same rules as the constraints, told at the field that breaks them."""
        super().clean()
        errors: dict[str, Any] = {}
        if self.capacity is not None and self.taken > self.capacity:
            errors["capacity"] = TAKEN_RANGE
        if (self.kind == PoolKind.VILLAGE) != bool(self.village.strip()):
            errors["village"] = NEEDS_VILLAGE
        if errors:
            raise ValidationError(errors)


class RegistrationQuerySet(models.QuerySet["Registration"]):
    """The vocabulary of registrations."""

    def living(self) -> RegistrationQuerySet:
        """Those that have a seat to come or wait for one."""
        return self.filter(state__in=LIVING)

    def seated(self) -> RegistrationQuerySet:
        """Those whose seats are counted as taken."""
        return self.filter(state__in=SEATED)

    def waiting(self) -> RegistrationQuerySet:
        """The waiting list, in the order in which seats are offered."""
        return self.filter(state=RegistrationState.WAITING).order_by("-rank", "queue_no", "pk")

    def due(self, now: Any) -> RegistrationQuerySet:
        """Whose time is over: holds not confirmed, offers not answered, places on the waiting list whose contact was never proven."""
        return self.filter(
            models.Q(state=RegistrationState.OFFERED, offered_until__lte=now)
            | models.Q(state__in=[RegistrationState.HELD, RegistrationState.WAITING], held_until__lte=now)
        )


class Registration(models.Model):
    """A person or a group at a session (đăng ký tham dự). Name and contact are sealed (`contacts`); of a group it is its representative's.

    `queue_no` is the order of arrival in the session, `seat_no` the number on the ticket, given once and to nobody else after.
    A row that waits has `held_until` as long as its contact is not proven."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey(Session, models.PROTECT, related_name="registrations", verbose_name=_("session"))
    pool = models.ForeignKey(Pool, models.PROTECT, related_name="registrations", verbose_name=_("seats"))
    state = models.CharField(_("state"), max_length=10, choices=RegistrationState.choices, editable=False)
    source = models.CharField(_("written down"), max_length=10, choices=Source.choices, default=Source.SELF)
    name_sealed = models.TextField(editable=False)
    contact_sealed = models.TextField(blank=True, editable=False)
    contact_hmac = models.CharField(max_length=64, blank=True, editable=False)
    village = models.CharField(_("village"), max_length=120, blank=True)
    subject = models.CharField(_("matter"), max_length=300, blank=True)
    needs = ArrayField(models.CharField(max_length=20, choices=Need.choices), verbose_name=_("needs"), default=list, blank=True)
    size = models.PositiveSmallIntegerField(_("how many people"), default=1)
    priority_group = models.ForeignKey(PriorityGroup, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("priority group"))
    rank = models.PositiveSmallIntegerField(default=0, editable=False)  # the group's on the day of registering
    queue_no = models.PositiveIntegerField(editable=False)
    seat_no = models.PositiveIntegerField(_("number"), null=True, blank=True, editable=False)
    held_until = models.DateTimeField(_("held until"), null=True, blank=True, editable=False)
    offered_until = models.DateTimeField(_("offered until"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("registered"), default=timezone.now, editable=False)
    proven_at = models.DateTimeField(_("contact proven"), null=True, blank=True, editable=False)
    confirmed_at = models.DateTimeField(_("seat confirmed"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("cancelled or lapsed"), null=True, blank=True, editable=False)
    consent_version = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)  # to which words, and when (P13)
    consent_at = models.DateTimeField(_("consented"), null=True, blank=True, editable=False)
    extended_at = models.DateTimeField(null=True, blank=True, editable=False)  # more time for the code was asked for: once
    earlier = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("was here before"))
    forgotten_at = models.DateTimeField(_("forgotten"), null=True, blank=True, editable=False)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        default_permissions: ClassVar = ["view"]  # the rest goes through the services
        permissions: ClassVar = [
            ("manage_registration", "Can write down, move, seat and cancel those who come"),
            ("reveal_registration", "Can read the name and contact of one who registered"),
            ("export_registration", "Can take a list of those who registered away"),
            ("export_contact", "Can take names and contacts of those who registered away"),
        ]
        ordering: ClassVar = ["session", "queue_no"]
        indexes: ClassVar = [
            models.Index(fields=["session", "queue_no"], name="registration_queue"),
            models.Index(fields=["pool", "-rank", "queue_no"], name="registration_waiting", condition=models.Q(state=RegistrationState.WAITING)),
            # What becomes due is few rows among many: the job asks every minute.
            models.Index(fields=["session", "state"], name="registration_undecided", condition=models.Q(state__in=UNDECIDED)),
            models.Index(fields=["session"], name="registration_known", condition=models.Q(forgotten_at=None)),
            models.Index(fields=["contact_hmac"], name="registration_contact", condition=models.Q(state__in=LIVING) & ~models.Q(contact_hmac="")),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["session", "contact_hmac"],
                condition=models.Q(source=Source.SELF, state__in=LIVING) & ~models.Q(contact_hmac=""),
                name="registration_contact_once",
                violation_error_message=ALREADY,
            ),
            models.UniqueConstraint(
                fields=["session", "seat_no"], name="registration_seat_once", violation_error_message=_("This number is given already.")
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=RegistrationState.values),
                name="registration_state",
                violation_error_message=_("There is no such state."),
            ),
            models.CheckConstraint(
                condition=models.Q(source__in=Source.values), name="registration_source", violation_error_message=_("There is no such source.")
            ),
            models.CheckConstraint(
                condition=models.Q(size__gte=1), name="registration_size", violation_error_message=_("At least one person comes.")
            ),
            # Whoever has not come yet can be told; afterwards contacts are forgotten.
            models.CheckConstraint(
                condition=~models.Q(source=Source.SELF, state__in=UNDECIDED, contact_hmac=""),
                name="registration_contact_given",
                violation_error_message=NEEDS_CONTACT,
            ),
            models.CheckConstraint(
                condition=~models.Q(state=RegistrationState.HELD, held_until=None)
                & ~models.Q(state=RegistrationState.OFFERED, offered_until=None)
                & ~models.Q(state=RegistrationState.WAITING, held_until=None, proven_at=None),
                name="registration_has_a_term",
                violation_error_message=_("A seat that is held or offered has a time until which it is."),
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=CAME_OR_NOT) | models.Q(seat_no__isnull=False, confirmed_at__isnull=False),
                name="registration_has_a_number",
                violation_error_message=_("Who has a confirmed seat has a number."),
            ),
            models.CheckConstraint(
                condition=models.Q(consent_version="", consent_at=None) | ~models.Q(consent_version="") & models.Q(consent_at__isnull=False),
                name="registration_consent_whole",
                violation_error_message=_("A consent has its words and its time."),
            ),
            models.CheckConstraint(
                condition=models.Q(forgotten_at=None) | models.Q(name_sealed="", contact_sealed="", contact_hmac="", subject="", needs=[]),
                name="registration_forgotten",
                violation_error_message=_("Of a registration that is forgotten nothing is kept that tells who it was."),
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=OVER, ended_at=None),
                name="registration_ended",
                violation_error_message=_("What is over has a time at which it ended."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.queue_no}"

    @property
    def is_proven(self) -> bool:
        """Whether the contact was proven by a code, or a clerk answers for it."""
        return self.proven_at is not None

    def clean(self) -> None:
        """The same rules as the constraints, told at the field that breaks them."""
        super().clean()
        errors: dict[str, Any] = {}
        if self.pool_id and self.session_id and self.pool.session_id != self.session_id:
            errors["pool"] = OTHER_SESSION
        if self.size is not None and self.size < 1:
            errors["size"] = _("At least one person comes.")
        if self.source == Source.SELF and self.state in UNDECIDED and not self.contact_hmac:
            errors["__all__"] = NEEDS_CONTACT
        if errors:
            raise ValidationError(errors)
