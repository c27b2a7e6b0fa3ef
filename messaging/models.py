"""Contacts, the codes that prove them, texts by kind of message, messages with where they stand, and how each channel does."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.models import PreviewableMixin

from foundation.hours import clock
from foundation.registries import MessageKind, message_kinds
from organisation.models import Unit
from safeguards import encryption

from . import addresses, rendering
from .enums import CHANNEL_OF, DUE_STATES, FINAL_STATES, Channel, ContactKind, Language, Reason, State


class ContactQuerySet(models.QuerySet["Contact"]):
    """The vocabulary of contacts."""

    def reached_by(self, kind: str, value: str) -> ContactQuerySet:
        """The one that is reached by a telephone number or an address in its one spelling, under whichever key it was written."""
        return self.filter(digest__in=encryption.keyed_hashes(value, f"messaging.contact|{kind}"))

    def forgettable(self, day: dt.date) -> ContactQuerySet:
        """Those that nobody needs any more on a day, and to whom nothing is on its way."""
        waiting = Message.objects.filter(contact=models.OuterRef("pk"), state__in=(*DUE_STATES, State.SENDING))
        return self.filter(~models.Exists(waiting), forget_after__lt=day)


class Contact(models.Model):
    """By what a person is reached (liên hệ): encrypted, found by a keyed hash, forgotten on a day."""

    kind = models.CharField(_("kind"), max_length=10, choices=ContactKind.choices)
    digest = models.CharField(max_length=64, unique=True)
    sealed = models.TextField()
    language = models.CharField(_("language"), max_length=2, choices=Language.choices, default=Language.VI)
    verified_at: Any = models.DateTimeField(_("proven at"), null=True, blank=True)
    opted_out_at: Any = models.DateTimeField(_("wants no messages since"), null=True, blank=True)
    forget_after = models.DateField(_("forgotten after"), db_index=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        default_permissions: ClassVar = []  # no page of the back office shows contacts by themselves

    def __str__(self) -> str:
        return self.masked

    def _context(self) -> str:
        # By the hash, which tells rows apart: a value carried to another row cannot be read there.
        return f"messaging_contact|sealed|{self.digest}"

    @property
    def value(self) -> str:
        """The number or address; raises safeguards.encryption.Unreadable."""
        return encryption.decrypt(self.sealed, self._context())

    def write(self, value: str) -> None:
        """Take a number or address in its one spelling, under today's key."""
        self.digest = encryption.keyed_hash(value, f"messaging.contact|{self.kind}")
        self.sealed = encryption.encrypt(value, self._context())

    @property
    def masked(self) -> str:
        """Enough to recognise it by."""
        try:
            return addresses.masked(self.kind, self.value)
        except encryption.Unreadable:
            return "•••"

    @property
    def channel(self) -> Channel:
        """By which way this person is written to."""
        return CHANNEL_OF[ContactKind(self.kind)]


class Code(models.Model):
    """Six digits that were sent to a contact for one purpose. Only a keyed hash of them is kept."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="codes")
    purpose = models.CharField(max_length=60)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at: Any = models.DateTimeField(null=True, blank=True)
    voided_at: Any = models.DateTimeField(null=True, blank=True)

    MOST_TRIES = 5

    class Meta:
        verbose_name = _("code")
        verbose_name_plural = _("codes")
        default_permissions: ClassVar = []
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contact", "purpose"], condition=Q(used_at=None, voided_at=None), name="code_one_lives"),
            models.CheckConstraint(condition=Q(tries__lte=5), name="code_five_tries"),
        ]


def kind_of(key: str) -> MessageKind | None:
    """The kind of a key, or None when no application sends it any more."""
    return message_kinds.find(key)


class Template(PreviewableMixin, models.Model):
    """The text of one kind of message on one channel in one language (mẫu tin). Former texts stand in its events."""

    kind = models.CharField(_("occasion"), max_length=80)
    channel = models.CharField(_("channel"), max_length=5, choices=Channel.choices)
    language = models.CharField(_("language"), max_length=2, choices=Language.choices)
    subject = models.CharField(_("subject"), max_length=150, blank=True)
    text = models.TextField(_("text"), max_length=4000)
    fold_marks = models.BooleanField(
        _("send without tone marks"), default=False,
        help_text=_("For text messages: without marks 160 signs go into one part, with marks only 70, and each part is paid for."),
    )  # fmt: skip
    active = models.BooleanField(_("is sent"), default=True, help_text=_("Switched off, nobody is written to on this occasion by this channel."))
    version = models.PositiveIntegerField(_("version"), default=1)
    edited_at: Any = models.DateTimeField(_("changed by an editor at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("text of a message")
        verbose_name_plural = _("texts of messages")
        ordering: ClassVar = ["kind", "channel", "-language"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "channel", "language"], name="template_once"),
            models.CheckConstraint(
                condition=Q(channel=Channel.SMS, subject="") | (Q(channel=Channel.EMAIL) & ~Q(subject="")), name="template_mail_has_subject",
                violation_error_message=_("A letter has a subject, a text message has none."),
            ),
            models.CheckConstraint(
                condition=Q(channel=Channel.SMS) | Q(fold_marks=False), name="template_only_sms_without_marks",
                violation_error_message=_("Only text messages are sent without marks."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind_label} – {self.get_channel_display()}, {self.get_language_display()}"

    @property
    def kind_label(self) -> str:
        """The occasion in words."""
        kind = kind_of(self.kind)
        return str(kind.label) if kind else self.kind

    @property
    def placeholders(self) -> list[tuple[str, str]]:
        """What may stand in braces, and what it says."""
        kind = kind_of(self.kind)
        return [(f"{{{one.name}}}", str(one.label)) for one in kind.placeholders] if kind else []

    def clean(self) -> None:
        """Nothing in braces but the kind's own placeholders; a subject is one line; a code is in its message."""
        super().clean()
        kind = kind_of(self.kind)
        names = {placeholder.name for placeholder in kind.placeholders} if kind else set()
        wrong: dict[str, list[ValidationError]] = {}
        for field in ("subject", "text"):
            for piece in rendering.unknown_parts(getattr(self, field), names):
                message = _("%(piece)s is not replaced by anything. What may stand in braces: %(names)s.")
                known = ", ".join(f"{{{name}}}" for name in sorted(names)) or "–"
                wrong.setdefault(field, []).append(ValidationError(message, params={"piece": piece, "names": known}))
        if self.subject != rendering.one_line(self.subject):
            wrong.setdefault("subject", []).append(ValidationError(_("The subject is one line.")))
        if kind and kind.secret and (missing := names - rendering.names_used(self.text)):
            pieces = ", ".join(f"{{{name}}}" for name in sorted(missing))
            wrong.setdefault("text", []).append(ValidationError(_("Without %(pieces)s the reader cannot go on."), params={"pieces": pieces}))
        if kind and kind.asked_for and not self.active:
            wrong.setdefault("active", []).append(ValidationError(_("People wait for this message after what they did: it cannot be switched off.")))
        if wrong:
            raise ValidationError(wrong)

    def get_preview_template(self, request: HttpRequest, mode_name: str) -> str:
        """As it arrives."""
        return "messaging/admin/preview.html"

    def get_preview_context(self, request: HttpRequest, mode_name: str) -> dict[str, Any]:
        """Both languages, with the examples; how many parts a text message has."""
        from .composing import previews

        return {**super().get_preview_context(request, mode_name), "previews": previews(self)}


class MessageQuerySet(models.QuerySet["Message"]):
    """The vocabulary of messages."""

    def due(self, now: dt.datetime) -> MessageQuerySet:
        """Those that should go now."""
        return self.filter(state__in=DUE_STATES, next_try_at__lte=now, expires_at__gt=now)

    def over(self, now: dt.datetime) -> MessageQuerySet:
        """Those whose time is over before they went."""
        return self.filter(state__in=DUE_STATES, expires_at__lte=now)

    def in_sight_of(self, user: Any) -> MessageQuerySet:
        """Those that this member of staff may see: their unit's (A10)."""
        from organisation.staff import units_of

        units = units_of(user)
        return self if units is None else self.filter(unit__in=units)


class Message(models.Model):
    """One message to one contact (tin gửi), written in the transaction that causes it; its text is encrypted."""

    kind = models.CharField(_("occasion"), max_length=80)
    channel = models.CharField(_("channel"), max_length=5, choices=Channel.choices)
    language = models.CharField(max_length=2, choices=Language.choices)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="messages", verbose_name=_("to"))
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("unit"))
    dedupe_key = models.CharField(max_length=200, unique=True)
    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)  # its Message-ID, and what a provider knows it by
    sealed = models.TextField(blank=True)  # subject, text, HTML; '' when wiped
    template_version = models.PositiveIntegerField(default=0)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices, blank=True)
    answer = models.CharField(_("answer of the other side"), max_length=20, blank=True)  # a number such as 550 5.1.1, never its words
    tries = models.PositiveIntegerField(_("tries"), default=0)
    next_try_at: Any = models.DateTimeField(_("next try"), null=True, blank=True)
    expires_at = models.DateTimeField(_("of use until"))
    created_at = models.DateTimeField(_("made at"))
    sending_since: Any = models.DateTimeField(null=True, blank=True)
    done_at: Any = models.DateTimeField(_("sent or given up at"), null=True, blank=True)
    provider_reference = models.CharField(max_length=100, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering: ClassVar = ["-pk"]
        default_permissions: ClassVar = ["view"]
        permissions: ClassVar = [("resend_message", "Can send a failed message again")]
        indexes: ClassVar = [
            models.Index(fields=["next_try_at"], condition=Q(state__in=["queued", "waiting"]), name="message_due"),
            models.Index(fields=["expires_at"], condition=Q(state__in=["queued", "waiting"]), name="message_over"),
            models.Index(fields=["sending_since"], condition=Q(state="sending"), name="message_sending"),
            models.Index(fields=["unit", "state", "-id"], name="message_unit"),
            models.Index(fields=["state", "-id"], name="message_state"),
            models.Index(fields=["done_at"], name="message_done"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=DUE_STATES, next_try_at__isnull=False) | (~Q(state__in=DUE_STATES) & Q(next_try_at=None)),
                name="message_due_has_time",
            ),
            models.CheckConstraint(condition=Q(state=State.SENDING) ^ Q(sending_since=None), name="message_sending_has_begun"),
            models.CheckConstraint(condition=Q(state__in=FINAL_STATES) ^ Q(done_at=None), name="message_done_has_time"),
            models.CheckConstraint(condition=~Q(state__in=[State.FAILED, State.SUPPRESSED]) | ~Q(reason=""), name="message_failed_has_reason"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="message_expires_later"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind_label} {self.pk}"

    @property
    def kind_label(self) -> str:
        """The occasion in words."""
        kind = kind_of(self.kind)
        return str(kind.label) if kind else self.kind

    def _context(self) -> str:
        return f"messaging_message|sealed|{self.reference}"

    @property
    def parts(self) -> dict[str, str]:
        """`subject`, `text`, `html`; raises safeguards.encryption.Unreadable."""
        read: dict[str, str] = json.loads(encryption.decrypt(self.sealed, self._context()))
        return read

    def write(self, parts: dict[str, str]) -> None:
        """Take subject, text and HTML, under today's key."""
        self.sealed = encryption.encrypt(json.dumps(parts, ensure_ascii=False), self._context())


class ChannelState(models.Model):
    """How a channel does, as whoever sends by it saw it last. A channel that does not answer is asked by one message at a time."""

    channel = models.CharField(primary_key=True, max_length=5, choices=Channel.choices)
    failing_since: Any = models.DateTimeField(null=True, blank=True)
    probe_at: Any = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=12, choices=Reason.choices, blank=True)

    class Meta:
        verbose_name = _("state of a channel")
        verbose_name_plural = _("states of channels")
        default_permissions: ClassVar = []


class QuietHoursQuerySet(models.QuerySet["QuietHours"]):
    """The vocabulary of quiet hours."""

    def hours(self, day: dt.date) -> tuple[dt.time, dt.time]:
        """From when to when nobody is disturbed on a day; by the setting where no policy is in force."""
        found = self.filter(valid_from__lte=day).order_by("-valid_from").values_list("begins", "ends").first()
        begins, ends = found or settings.QUIET_HOURS
        return begins, ends


class QuietHours(models.Model):
    """When nobody is written to without having asked (giờ yên tĩnh), from a day on: dated, and in force in every process at once."""

    valid_from = models.DateField(_("valid from"), unique=True, error_messages={"unique": _("Quiet hours begin on that day already.")})
    begins = models.TimeField(_("from"), help_text=_("By the local clock. They may go over midnight; the same time twice means none."))
    ends = models.TimeField(_("until"))
    source = models.CharField(_("decided by"), max_length=250, blank=True)

    objects = QuietHoursQuerySet.as_manager()

    class Meta:
        verbose_name = _("quiet hours")
        verbose_name_plural = _("quiet hours")
        ordering: ClassVar = ["-valid_from"]
        default_permissions: ClassVar = ["view", "add", "change"]

    def __str__(self) -> str:
        return f"{self.valid_from:%d/%m/%Y}: {clock(self.begins)}–{clock(self.ends)}"
