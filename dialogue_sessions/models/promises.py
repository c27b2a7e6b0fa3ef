"""Promises made in public, what became of their dates and words, what shows that they are kept, and who follows them."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.models import Contact
from organisation.models import Post, Unit, in_language, today

from ..enums import DONE, FOLLOWED_UP, PUBLIC_PROMISES, PromiseState
from .minutes import ConclusionLine, Contribution, has_alt
from .questions import Question
from .sessions import NO_REASON, Session

NO_STATE = _("There is no such state.")
NO_TEXT = _("Write down what is promised.")
NO_RESULT = _("Say what was done and on which day.")
NOT_YET = _("The day of completion cannot lie ahead.")
OTHER_UNIT = _("This person works in another unit. Choose somebody of the unit that is responsible.")
NO_EVIDENCE = _("Give a text, a link, a file or a picture.")
WRONG_DAYS = _("Days are whole numbers from 1 to 90.")
SAME_DAY = _("This is the date that holds already.")
SAME_UNIT = _("This unit is responsible already.")


class RecordPolicyQuerySet(models.QuerySet["RecordPolicy"]):
    """The vocabulary of policies."""

    def in_force(self, unit: Unit | int | None, day: dt.date | None = None) -> RecordPolicy:
        """The policy of a unit on a day (today), else that of all units, else the numbers that the model begins with."""
        found = self.filter(valid_from__lte=day or today()).filter(models.Q(unit=None) | models.Q(unit=unit))
        return found.order_by(models.F("unit").asc(nulls_last=True), "-valid_from").first() or RecordPolicy(valid_from=day or today())


class RecordPolicy(models.Model):
    """How minutes and promises are followed up, from a day on (quy định về biên bản và lời hứa)."""

    valid_from = models.DateField(_("valid from"))
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("unit"),
        help_text=_("Empty: all units. A unit's own policy goes before it."),
    )  # fmt: skip
    correction_days = models.PositiveSmallIntegerField(
        _("days for corrections"), default=5, help_text=_("So long those who attended may propose corrections to the minutes.")
    )
    remind_days = models.PositiveSmallIntegerField(_("days before the date on which the owner is reminded"), default=7)
    head_days = models.PositiveSmallIntegerField(_("days late after which the head of the unit is told"), default=3)
    source = models.CharField(_("decided by"), max_length=250, blank=True)

    objects = RecordPolicyQuerySet.as_manager()

    class Meta:
        verbose_name = _("policy of minutes and promises")
        verbose_name_plural = _("policies of minutes and promises")
        ordering: ClassVar = ["-valid_from"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Coalesce("unit", models.Value(0), output_field=models.BigIntegerField()),
                "valid_from",
                name="record_policy_once",
                violation_error_message=_("A policy of this unit begins on that day already."),
            ),
            models.CheckConstraint(
                condition=models.Q(correction_days__range=(1, 90), remind_days__range=(1, 90), head_days__range=(1, 90)),
                name="record_policy_numbers",
                violation_error_message=WRONG_DAYS,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.valid_from:%d/%m/%Y}"

    def clean(self) -> None:
        """The same rule as the constraint, at the field that breaks it."""
        super().clean()
        wrong = {name: WRONG_DAYS for name in ("correction_days", "remind_days", "head_days") if not 1 <= (getattr(self, name) or 0) <= 90}
        if wrong:
            raise ValidationError(wrong)


class PromiseQuerySet(models.QuerySet["Promise"]):
    """The vocabulary of promises."""

    def public(self) -> PromiseQuerySet:
        """What everybody may see: all but drafts."""
        return self.filter(state__in=PUBLIC_PROMISES)

    def followed_up(self) -> PromiseQuerySet:
        """Those that are still to be kept."""
        return self.filter(state__in=FOLLOWED_UP)

    def overdue(self, day: dt.date) -> PromiseQuerySet:
        """Still to be kept, and their date is over."""
        return self.followed_up().filter(due_on__lt=day)

    def due_within(self, day: dt.date, days: int) -> PromiseQuerySet:
        """Still to be kept, and due from a day on within so many days."""
        return self.followed_up().filter(due_on__range=(day, day + dt.timedelta(days=days)))

    def as_read(self) -> PromiseQuerySet:
        """As a list shows them: still to be kept by their date, so that what is overdue longest stands first; then the others, the latest
        first."""
        closed = ~models.Q(state__in=FOLLOWED_UP)
        return self.order_by(
            models.Case(models.When(closed, then=models.Value(1)), default=models.Value(0)),
            models.Case(models.When(closed, then=models.Value(None)), default=models.F("due_on"), output_field=models.DateField()),
            "-due_on",
            "-pk",
        )

    def of_units(self, units: set[int] | None) -> PromiseQuerySet:
        """What a member of staff works with (`organisation.staff.units_of`)."""
        return self if units is None else self.filter(unit__in=units)


class Promise(models.Model):
    """Something that a unit said it would do (lời hứa, cam kết): what, who, by when, what came of it.

    State, date and words of a public promise are written by the services alone; the database asks for the row that tells why."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="promises", verbose_name=_("unit that is responsible"))
    post = models.ForeignKey(Post, models.PROTECT, related_name="promises", verbose_name=_("who sees to it"))
    session = models.ForeignKey(Session, models.PROTECT, null=True, blank=True, related_name="promises", verbose_name=_("made at"))
    contribution = models.ForeignKey(
        Contribution, models.PROTECT, null=True, blank=True, related_name="promises", verbose_name=_("line of the minutes")
    )
    conclusion_line = models.OneToOneField(
        ConclusionLine, models.PROTECT, null=True, blank=True, related_name="promise", verbose_name=_("line of the conclusion notice")
    )
    question = models.ForeignKey(
        Question, models.PROTECT, null=True, blank=True, related_name="promises", verbose_name=_("question that was answered")
    )
    text = models.TextField(_("what is promised"))
    text_en = models.TextField(_("in English"), blank=True)
    made_on = models.DateField(_("promised on"), default=today)
    due_on = models.DateField(_("to be kept by"))
    first_due_on = models.DateField(editable=False)  # as it was when the promise became public; a move never touches it
    state = models.CharField(_("state"), max_length=10, choices=PromiseState.choices, default=PromiseState.DRAFT, editable=False)
    kept_on = models.DateField(_("kept on"), null=True, blank=True, editable=False)
    result = models.TextField(_("what was done"), blank=True, editable=False)
    reason = models.TextField(_("reason"), blank=True, editable=False)  # of the last change that needs one
    published_at = models.DateTimeField(_("made public"), null=True, blank=True, editable=False)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = PromiseQuerySet.as_manager()

    class Meta:
        verbose_name = _("promise")
        verbose_name_plural = _("promises")
        permissions: ClassVar = [("publish_promise", _("Can make promises public, move their date, change or refuse them"))]
        ordering: ClassVar = ["due_on", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["unit", "due_on"], name="promise_unit_due"),
            models.Index(fields=["due_on"], name="promise_open_due", condition=models.Q(state__in=FOLLOWED_UP)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(state__in=PromiseState.values), name="promise_state", violation_error_message=NO_STATE),
            models.CheckConstraint(condition=~models.Q(text=""), name="promise_text", violation_error_message=NO_TEXT),
            models.CheckConstraint(
                condition=models.Q(state__in=DONE, kept_on__isnull=False) & ~models.Q(result="") | ~models.Q(state__in=DONE) & models.Q(kept_on=None),
                name="promise_kept_how",
                violation_error_message=NO_RESULT,
            ),
            models.CheckConstraint(
                condition=~models.Q(state=PromiseState.KEPT, kept_on__gt=models.F("due_on"))
                & ~models.Q(state=PromiseState.KEPT_LATE, kept_on__lte=models.F("due_on")),
                name="promise_kept_in_time",
                violation_error_message=_("Kept in time or late follows from the dates."),
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=[PromiseState.CHANGED, PromiseState.REFUSED], reason=""),
                name="promise_why",
                violation_error_message=NO_REASON,
            ),
            models.CheckConstraint(
                condition=models.Q(state=PromiseState.DRAFT) | models.Q(published_at__isnull=False),
                name="promise_published_when",
                violation_error_message=NO_STATE,
            ),
        ]

    def __str__(self) -> str:
        return self.text[:120]

    def get_absolute_url(self) -> str:
        """Its page; printed in QR codes, so it never changes."""
        return reverse("promises:promise", args=[self.pk])

    def clean(self) -> None:
        """The same rules as the constraints, told at the field that breaks them."""
        super().clean()
        errors: dict[str, Any] = {}
        if not (self.text or "").strip():
            errors["text"] = NO_TEXT
        if self.post_id and self.unit_id and self.post.unit_id != self.unit_id:
            errors["post"] = OTHER_UNIT
        if self.made_on and self.due_on and self.state == PromiseState.DRAFT and self.due_on < self.made_on:
            errors["due_on"] = _("It cannot be due before it was promised.")
        if self.state in DONE and (self.kept_on is None or not self.result.strip()):
            errors["__all__"] = NO_RESULT
        if self.state in {PromiseState.CHANGED, PromiseState.REFUSED} and not self.reason.strip():
            errors["__all__"] = NO_REASON
        if errors:
            raise ValidationError(errors)

    @property
    def words(self) -> str:
        """The text in the reader's language."""
        return in_language(self.text, self.text_en)

    @property
    def is_followed_up(self) -> bool:
        """Whether it is still to be kept."""
        return self.state in FOLLOWED_UP

    def days_late(self, day: dt.date) -> int:
        """How many days it is overdue on a day, or was late when it was kept; 0 when it is not."""
        until = day if self.is_followed_up else self.kept_on
        return max(0, (until - self.due_on).days) if until else 0


class PromiseMove(models.Model):
    """A date that was moved (gia hạn lời hứa): from, to, why, who decided. Public, and only ever added to."""

    promise = models.ForeignKey(Promise, models.PROTECT, related_name="moves", verbose_name=_("promise"))
    old_due_on = models.DateField(_("was to be kept by"))
    new_due_on = models.DateField(_("to be kept by"))
    reason = models.TextField(_("reason"))
    decided_by = models.ForeignKey(Post, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who decided"))
    at = models.DateTimeField(_("moved at"), default=timezone.now)

    class Meta:
        verbose_name = _("moved date of a promise")
        verbose_name_plural = _("moved dates of promises")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(reason__regex=r"\S"), name="promise_move_why", violation_error_message=NO_REASON),
            models.CheckConstraint(
                condition=~models.Q(old_due_on=models.F("new_due_on")), name="promise_move_moves", violation_error_message=SAME_DAY
            ),
        ]

    def __str__(self) -> str:
        return f"{self.old_due_on:%d/%m/%Y} > {self.new_due_on:%d/%m/%Y}"

    def clean(self) -> None:
        """The same rules as the constraints, told at the field that breaks them."""
        super().clean()
        if not (self.reason or "").strip():
            raise ValidationError({"reason": NO_REASON})
        if self.old_due_on == self.new_due_on:
            raise ValidationError({"new_due_on": SAME_DAY})


class PromiseTransfer(models.Model):
    """A promise that another unit took over (chuyển cơ quan thực hiện): from, to, why, who decided. Public, and only ever added to."""

    promise = models.ForeignKey(Promise, models.PROTECT, related_name="transfers", verbose_name=_("promise"))
    old_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("was responsible"))
    new_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit that is responsible"))
    reason = models.TextField(_("reason"))
    decided_by = models.ForeignKey(Post, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who decided"))
    at = models.DateTimeField(_("handed over at"), default=timezone.now)

    class Meta:
        verbose_name = _("promise taken over")
        verbose_name_plural = _("promises taken over")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(reason__regex=r"\S"), name="promise_transfer_why", violation_error_message=NO_REASON),
            models.CheckConstraint(
                condition=~models.Q(old_unit=models.F("new_unit")), name="promise_transfer_moves", violation_error_message=SAME_UNIT
            ),
        ]

    def __str__(self) -> str:
        return f"{self.old_unit} > {self.new_unit}"

    def clean(self) -> None:
        """The same rules as the constraints, told at the field that breaks them."""
        super().clean()
        if not (self.reason or "").strip():
            raise ValidationError({"reason": NO_REASON})
        if self.old_unit_id == self.new_unit_id:
            raise ValidationError({"new_unit": SAME_UNIT})


class PromiseVersion(models.Model):
    """The words of a promise since it is public, each with why they changed. Public, and only ever added to."""

    promise = models.ForeignKey(Promise, models.PROTECT, related_name="versions", verbose_name=_("promise"))
    number = models.PositiveSmallIntegerField(_("number"))
    text = models.TextField(_("what is promised"))
    text_en = models.TextField(_("in English"), blank=True)
    reason = models.TextField(_("reason"), blank=True)  # empty for the first
    at = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        verbose_name = _("version of a promise")
        verbose_name_plural = _("versions of promises")
        ordering: ClassVar = ["promise", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["promise", "number"], name="promise_version_once"),
            models.CheckConstraint(
                condition=models.Q(number=1) | models.Q(number__gt=1, reason__regex=r"\S"),
                name="promise_version_why",
                violation_error_message=NO_REASON,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.text[:80]}"

    @property
    def words(self) -> str:
        """The text in the reader's language."""
        return in_language(self.text, self.text_en)


class PromiseEvidence(models.Model):
    """What shows how far a promise is, or that it is kept (minh chứng)."""

    promise = models.ForeignKey(Promise, models.PROTECT, related_name="evidence", verbose_name=_("promise"))
    text = models.TextField(_("text"), blank=True)
    link = models.URLField(_("link"), blank=True, max_length=500)
    document = models.ForeignKey("wagtaildocs.Document", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("file"))
    image = models.ForeignKey("wagtailimages.Image", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("picture"))
    alt = models.CharField(_("what the picture shows"), max_length=250, blank=True)
    at = models.DateTimeField(_("added"), default=timezone.now)

    class Meta:
        verbose_name = _("evidence of a promise")
        verbose_name_plural = _("evidence of promises")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(text="", link="", document=None, image=None), name="evidence_something", violation_error_message=NO_EVIDENCE
            ),
            has_alt("evidence_alt"),
        ]

    def __str__(self) -> str:
        return self.text[:80] or self.link or self.alt

    def clean(self) -> None:
        """The same rules as the constraints, told at the field that breaks them."""
        super().clean()
        if not (self.text.strip() or self.link or self.document_id or self.image_id):
            raise ValidationError({"text": NO_EVIDENCE})
        if self.image_id and not self.alt.strip():
            raise ValidationError({"alt": _("Say what the picture shows, for those who do not see it.")})


class PromiseFollower(models.Model):
    """Who hears of each change of a promise: a contact that was proven by a code, once a promise."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)  # in the link that ends it
    promise = models.ForeignKey(Promise, models.CASCADE, related_name="followers", verbose_name=_("promise"))
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+", verbose_name=_("contact"))
    since = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        verbose_name = _("follower of a promise")
        verbose_name_plural = _("followers of promises")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["promise", "contact"], name="promise_follower_once")]

    def __str__(self) -> str:
        return f"{self.promise_id}/{self.pk}"
