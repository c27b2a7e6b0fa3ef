"""Voters of a unit who ask for a dialogue together: the request, who signed it, how many it takes, and what the unit did about it."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from messaging.models import Contact
from organisation.models import Unit, today
from safeguards import encryption

from ..enums import REQUESTS_SHOWN, RequestState
from .questions import NEEDS_TEXT
from .sessions import NO_REASON, Session

TEN = Decimal(10)  # percent of the voters (Luật 72/2025, Đ43): what holds where no policy is written down
WRONG_PERCENT = _("A share of the voters is more than 0 and at most 100 percent.")
NO_COUNT = _("A request is public once it is known how many signatures it takes.")
NO_SESSION = _("Name the dialogue that is to be held.")
SUBJECT_MOST, REASONS_MOST = 200, 3_000  # characters


class RequestThresholdQuerySet(models.QuerySet["RequestThreshold"]):
    """The vocabulary of thresholds."""

    def in_force(self, day: dt.date | None = None) -> RequestThreshold:
        """The one of a day (today), else the law's."""
        found = self.filter(valid_from__lte=day or today()).order_by("-valid_from").first()
        return found or RequestThreshold(valid_from=day or today(), percent=TEN)


class RequestThreshold(models.Model):
    """Which share of a unit's voters can ask for a dialogue, from a day on (ngưỡng chữ ký): dated data, since law decides."""

    valid_from = models.DateField(_("valid from"), unique=True)
    percent: Any = models.DecimalField(_("percent of the voters"), max_digits=5, decimal_places=2, default=TEN)
    source = models.CharField(_("decided by"), max_length=250, blank=True)

    objects = RequestThresholdQuerySet.as_manager()

    class Meta:
        verbose_name = _("threshold of requests")
        verbose_name_plural = _("thresholds of requests")
        ordering: ClassVar = ["-valid_from"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(percent__gt=0, percent__lte=100), name="request_threshold_percent", violation_error_message=WRONG_PERCENT
            )
        ]

    def __str__(self) -> str:
        return f"{self.percent} % ({self.valid_from:%d/%m/%Y})"

    def clean(self) -> None:
        """The same rule as the constraint, at the field that breaks it."""
        super().clean()
        if self.percent is not None and not 0 < self.percent <= 100:
            raise ValidationError({"percent": WRONG_PERCENT})


class DialogueRequestQuerySet(models.QuerySet["DialogueRequest"]):
    """The vocabulary of requests."""

    def public(self) -> DialogueRequestQuerySet:
        """What everybody may see: those that a moderator let through."""
        return self.filter(state__in=REQUESTS_SHOWN) | self.filter(state=RequestState.REFUSED, opened_at__isnull=False)


class DialogueRequest(models.Model):
    """A request of voters that their unit hold a dialogue (đề nghị đối thoại). What was sent is sealed; subject and text are public as a
    moderator approved them. `needed` is fixed when it opens: nobody moves the goal while people sign."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug: Any = models.SlugField(_("address"), max_length=120, unique=True, null=True, blank=True, editable=False)
    state = models.CharField(_("state"), max_length=12, choices=RequestState.choices, default=RequestState.UNPROVEN, editable=False)
    text_sealed = models.TextField(blank=True, editable=False)
    subject = models.CharField(_("what the dialogue is to be about"), max_length=SUBJECT_MOST, blank=True)
    public_text = models.TextField(_("public text"), max_length=REASONS_MOST, blank=True)
    voters = models.PositiveIntegerField(_("voters"), null=True, blank=True, editable=False)
    percent: Any = models.DecimalField(
        _("percent of the voters"), max_digits=5, decimal_places=2, null=True, blank=True, editable=False,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )  # fmt: skip
    needed = models.PositiveIntegerField(_("signatures that it takes"), null=True, blank=True, editable=False)
    signed = models.PositiveIntegerField(_("signatures"), default=0, editable=False)
    session = models.ForeignKey(Session, models.PROTECT, null=True, blank=True, related_name="requests", verbose_name=_("dialogue"))
    reason = models.TextField(_("reason"), max_length=1_000, blank=True, editable=False)  # of a refusal, or why it was closed
    sent_at = models.DateTimeField(_("sent at"), db_default=Now(), editable=False)
    opened_at: Any = models.DateTimeField(null=True, blank=True, editable=False)
    reached_at: Any = models.DateTimeField(null=True, blank=True, editable=False)
    scheduled_at: Any = models.DateTimeField(null=True, blank=True, editable=False)
    ended_at: Any = models.DateTimeField(null=True, blank=True, editable=False)
    forgotten_at: Any = models.DateTimeField(null=True, blank=True, editable=False)

    objects = DialogueRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request for a dialogue")
        verbose_name_plural = _("requests for dialogues")
        default_permissions: ClassVar = ["view"]  # the rest goes through the services
        permissions: ClassVar = [("moderate_dialoguerequest", "Can let requests for dialogues through, and say what the unit does about them")]
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [models.Index(fields=["state", "-opened_at"], name="dialogue_request_state")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=RequestState.values), name="dialogue_request_state_known", violation_error_message=_("There is no such state.")
            ),
            models.CheckConstraint(
                condition=~Q(state__in=REQUESTS_SHOWN)
                | (Q(slug__isnull=False, needed__gte=1, opened_at__isnull=False) & ~Q(subject="") & ~Q(public_text="")),
                name="dialogue_request_public",
                violation_error_message=NO_COUNT,
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[RequestState.REFUSED, RequestState.CLOSED], reason=""),
                name="dialogue_request_why",
                violation_error_message=NO_REASON,
            ),
            models.CheckConstraint(
                condition=~Q(state=RequestState.SCHEDULED, session=None), name="dialogue_request_session", violation_error_message=NO_SESSION
            ),
            models.CheckConstraint(
                condition=~Q(state=RequestState.REACHED, reached_at=None),
                name="dialogue_request_reached",
                violation_error_message=_("Say when it was reached."),
            ),
        ]

    def __str__(self) -> str:
        return self.subject or f"{self.unit_id}/{self.pk}"

    def _context(self) -> str:
        return f"dialogue_sessions.request|text|{self.uid}"

    def write(self, text: str) -> None:
        """Seal what was sent, under today's key."""
        self.text_sealed = encryption.encrypt(text, self._context())

    def sent_text(self) -> str:
        """What was sent; '' once forgotten. For people only through `services.read_request`. Raises `encryption.Unreadable`."""
        return encryption.decrypt(self.text_sealed, self._context()) if self.text_sealed else ""

    def clean(self) -> None:
        """The same rules as the constraints, told at the field that breaks them."""
        super().clean()
        errors: dict[str, Any] = {}
        if self.state in REQUESTS_SHOWN:
            for name in ("subject", "public_text"):
                if not getattr(self, name).strip():
                    errors[name] = NEEDS_TEXT
            if not (self.needed and self.slug and self.opened_at):
                errors["__all__"] = NO_COUNT
        if self.state in [RequestState.REFUSED, RequestState.CLOSED] and not self.reason.strip():
            errors["reason"] = NO_REASON
        if self.state == RequestState.SCHEDULED and self.session_id is None:
            errors["session"] = NO_SESSION
        if errors:
            raise ValidationError(errors)


class Signature(models.Model):
    """Who signed a request (chữ ký): a voter of the unit, as they declare, once by contact. The name is sealed and shown to nobody in
    public; before the contact is proven it counts for nothing."""

    request = models.ForeignKey(DialogueRequest, models.CASCADE, related_name="signatures", verbose_name=_("request"))
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="+", verbose_name=_("contact"))
    digest = models.CharField(max_length=64)
    name_sealed = models.TextField(blank=True)
    village = models.CharField(_("village"), max_length=120)
    first = models.BooleanField(_("wrote the request"), default=False)
    wants_news = models.BooleanField(_("wants to hear what comes of it"), default=True)
    declared_at = models.DateTimeField(_("declared to be a voter at"), db_default=Now(), editable=False)
    proven_at: Any = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        default_permissions: ClassVar = []
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["digest"], name="signature_digest")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["request", "digest"],
                condition=Q(proven_at__isnull=False),
                name="signature_once",
                violation_error_message=_("This telephone number or e-mail address has signed this request already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id}/{self.pk}"

    def _context(self) -> str:
        return f"dialogue_sessions.signature|name|{self.uid}"

    def write(self, name: str) -> None:
        """Seal the name, under today's key."""
        self.name_sealed = encryption.encrypt(name, self._context())

    def name(self) -> str:
        """The name; '' once forgotten. Raises `encryption.Unreadable`."""
        return encryption.decrypt(self.name_sealed, self._context()) if self.name_sealed else ""


class RequestNote(models.Model):
    """What the unit did about a request, as it tells it in public, with its day (việc đã làm)."""

    request = models.ForeignKey(DialogueRequest, models.CASCADE, related_name="notes", verbose_name=_("request"))
    text = models.TextField(_("what was done"), max_length=1_000)
    at = models.DateTimeField(_("at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("note on a request")
        verbose_name_plural = _("notes on requests")
        default_permissions: ClassVar = []
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(text=""), name="request_note_says_something", violation_error_message=NEEDS_TEXT)
        ]

    def __str__(self) -> str:
        return self.text[:80]

    def clean(self) -> None:
        """The same rule as the constraint, at the field that breaks it."""
        super().clean()
        if not self.text.strip():
            raise ValidationError({"text": NEEDS_TEXT})
