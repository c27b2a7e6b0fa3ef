"""Minutes of a session: who was there, what was said and answered, what was corrected and added since; cases of a reception day and
the notice that concludes it."""

from __future__ import annotations

import json
import uuid
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from organisation.models import Post, Unit, in_language
from safeguards import encryption

from ..enums import FIXED_MINUTES, CorrectionState, MinutesState, Satisfaction
from .seats import Registration
from .sessions import NO_REASON, Session

NO_ALT = _("Say what the picture shows, for those who do not see it.")
NAME_ASKED = _("Write a name only of somebody who agreed to be named.")
NO_WORDS = _("Write down what was said.")


def has_alt(name: str) -> models.CheckConstraint:
    """A picture says in words what it shows."""
    return models.CheckConstraint(condition=models.Q(image=None) | ~models.Q(alt=""), name=name, violation_error_message=NO_ALT)


class Minutes(models.Model):
    """The minutes of a session (biên bản). Once final, nobody changes them: what was wrong is said in an addendum.

    The numbers of those who came are counted from the registrations when the minutes become final, never typed."""

    session = models.OneToOneField(Session, models.PROTECT, related_name="minutes", verbose_name=_("session"))
    state = models.CharField(_("state"), max_length=12, choices=MinutesState.choices, default=MinutesState.DRAFT, editable=False)
    summary = models.TextField(_("summary"), blank=True)
    summary_en = models.TextField(_("summary in English"), blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    circulated_at = models.DateTimeField(_("open for corrections since"), null=True, blank=True, editable=False)
    corrections_until = models.DateTimeField(_("corrections until"), null=True, blank=True, editable=False)
    final_at = models.DateTimeField(_("final since"), null=True, blank=True, editable=False)
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)
    late_reason = models.TextField(_("why it was published late"), blank=True, editable=False)
    registered = models.PositiveIntegerField(_("registered"), null=True, blank=True, editable=False)
    attended = models.PositiveIntegerField(_("attended"), null=True, blank=True, editable=False)
    absent = models.PositiveIntegerField(_("did not come"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("minutes")
        verbose_name_plural = _("minutes of sessions")
        permissions: ClassVar = [("publish_minutes", _("Can make minutes final and publish them"))]
        ordering: ClassVar = ["-session__starts_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=MinutesState.values), name="minutes_state", violation_error_message=_("There is no such state.")
            ),
            models.CheckConstraint(
                condition=models.Q(state=MinutesState.DRAFT) | models.Q(circulated_at__isnull=False, corrections_until__isnull=False),
                name="minutes_circulated_when",
                violation_error_message=_("There is no such state."),
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=FIXED_MINUTES)
                | models.Q(final_at__isnull=False, registered__isnull=False, attended__isnull=False, absent__isnull=False),
                name="minutes_final_when",
                violation_error_message=_("There is no such state."),
            ),
            models.CheckConstraint(
                condition=~models.Q(state=MinutesState.PUBLISHED, published_at=None),
                name="minutes_published_when",
                violation_error_message=_("There is no such state."),
            ),
        ]

    def __str__(self) -> str:
        return gettext("Minutes: %(session)s") % {"session": self.session}

    @property
    def is_fixed(self) -> bool:
        """Whether nobody changes them any more."""
        return self.state in FIXED_MINUTES

    @property
    def words(self) -> str:
        """The summary in the reader's language."""
        return in_language(self.summary, self.summary_en)


class Attendance(models.Model):
    """A unit, or somebody who holds a post, that took part for the authorities (đơn vị, lãnh đạo dự)."""

    minutes = models.ForeignKey(Minutes, models.CASCADE, related_name="attendance", verbose_name=_("minutes"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    post = models.ForeignKey(Post, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("post"))
    note = models.CharField(_("note"), max_length=200, blank=True, help_text=_("Who stood in, who chaired."))

    class Meta:
        verbose_name = _("attendance")
        verbose_name_plural = _("attendance")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["minutes", "unit", "post"], name="attendance_once", nulls_distinct=False,
                                    violation_error_message=_("This is in the list already.")),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.post or self.unit)

    def clean(self) -> None:
        """A post is one of its unit."""
        super().clean()
        if self.post_id and self.unit_id and self.post is not None and self.post.unit_id != self.unit_id:
            raise ValidationError({"post": _("This person works in another unit.")})


class Contribution(models.Model):
    """What a resident said, and what was answered (ý kiến và trả lời). The speaker is a resident of a village, unless they agreed to be
    named."""

    minutes = models.ForeignKey(Minutes, models.CASCADE, related_name="contributions", verbose_name=_("minutes"))
    number = models.PositiveSmallIntegerField(_("number"), editable=False)
    village = models.CharField(_("village"), max_length=120, blank=True, help_text=_("Shown as: a resident of …"))
    named = models.BooleanField(_("agreed to be named"), default=False)
    speaker = models.CharField(_("name"), max_length=150, blank=True)
    text = models.TextField(_("what was said"))
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who answered"))
    satisfaction = models.CharField(_("content with the answer"), max_length=10, choices=Satisfaction.choices, default=Satisfaction.NOT_ASKED)
    # Of the line, not of the minutes: two people write down a meeting at once, each their own lines.
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("line of the minutes")
        verbose_name_plural = _("lines of the minutes")
        ordering: ClassVar = ["minutes", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["minutes", "number"], name="contribution_number_once"),
            models.CheckConstraint(
                condition=models.Q(named=True) & ~models.Q(speaker="") | models.Q(named=False, speaker=""),
                name="contribution_name_agreed",
                violation_error_message=NAME_ASKED,
            ),
            models.CheckConstraint(condition=~models.Q(text=""), name="contribution_text", violation_error_message=NO_WORDS),
            models.CheckConstraint(
                condition=models.Q(satisfaction__in=Satisfaction.values),
                name="contribution_satisfaction",
                violation_error_message=_("There is no such choice."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.text[:80]}"

    def clean(self) -> None:
        """The same rules as the constraints, told at the field that breaks them."""
        super().clean()
        errors: dict[str, Any] = {}
        if self.speaker.strip() and not self.named:
            errors["speaker"] = NAME_ASKED
        if self.named and not self.speaker.strip():
            errors["speaker"] = _("Write the name, or take off the mark that the person agreed to be named.")
        if not (self.text or "").strip():
            errors["text"] = NO_WORDS
        if self.satisfaction != Satisfaction.NOT_ASKED and not self.answer.strip():
            errors["satisfaction"] = _("Nobody can be content with an answer that is not written down.")
        if errors:
            raise ValidationError(errors)

    @property
    def said_by(self) -> str:
        """Who spoke, as everybody may read it."""
        if self.named:
            return self.speaker
        return gettext("a resident of %(village)s") % {"village": self.village} if self.village else gettext("a resident")


class MinutesFile(models.Model):
    """A file or a picture of the session, chosen by staff."""

    minutes = models.ForeignKey(Minutes, models.CASCADE, related_name="files", verbose_name=_("minutes"))
    document = models.ForeignKey("wagtaildocs.Document", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("file"))
    image = models.ForeignKey("wagtailimages.Image", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("picture"))
    alt = models.CharField(_("what the picture shows"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("file of the minutes")
        verbose_name_plural = _("files of the minutes")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(document=None, image__isnull=False) | models.Q(document__isnull=False, image=None),
                name="minutes_file_one",
                violation_error_message=_("Choose a file or a picture."),
            ),
            has_alt("minutes_file_alt"),
        ]

    def __str__(self) -> str:
        return self.alt or str(self.document)

    def clean(self) -> None:
        """The same rules as the constraints, told at the field that breaks them."""
        super().clean()
        if (self.document_id is None) == (self.image_id is None):
            raise ValidationError({"document": _("Choose a file or a picture.")})
        if self.image_id and not self.alt.strip():
            raise ValidationError({"alt": NO_ALT})


class Correction(models.Model):
    """A correction that somebody who attended proposes (góp ý chỉnh sửa biên bản). What they wrote is sealed and for staff alone;
    everybody reads what was asked and decided in the words of who decided (`public_text`, `reason`)."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    minutes = models.ForeignKey(Minutes, models.PROTECT, related_name="corrections", verbose_name=_("minutes"))
    contribution = models.ForeignKey(Contribution, models.SET_NULL, null=True, blank=True, related_name="corrections", verbose_name=_("line"))
    registration = models.ForeignKey(Registration, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("from"))
    proposed_sealed = models.TextField(editable=False)
    state = models.CharField(_("state"), max_length=10, choices=CorrectionState.choices, default=CorrectionState.PENDING, editable=False)
    public_text = models.TextField(_("what was asked, in words for everybody"), blank=True)
    reason = models.TextField(_("reason"), blank=True)
    created_at = models.DateTimeField(_("proposed"), default=timezone.now)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("proposed correction")
        verbose_name_plural = _("proposed corrections")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=CorrectionState.values), name="correction_state", violation_error_message=_("There is no such state.")
            ),
            models.CheckConstraint(
                condition=models.Q(state=CorrectionState.PENDING)
                | models.Q(decided_at__isnull=False) & ~models.Q(public_text="") & ~models.Q(reason=""),
                name="correction_decided_why",
                violation_error_message=NO_REASON,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%d/%m/%Y} ({self.get_state_display()})"

    @property
    def context(self) -> str:
        """What the sealed text is bound to."""
        return f"dialogue_sessions.correction|proposed|{self.uid}"

    @property
    def proposed(self) -> str:
        """What somebody wrote; for staff. Raises `encryption.Unreadable`."""
        return encryption.decrypt(self.proposed_sealed, self.context) if self.proposed_sealed else ""

    @proposed.setter
    def proposed(self, text: str) -> None:
        self.proposed_sealed = encryption.encrypt(text, self.context)


class Addendum(models.Model):
    """What was wrong in final minutes, said beside them (đính chính, bổ sung). Only ever added to."""

    minutes = models.ForeignKey(Minutes, models.PROTECT, related_name="addenda", verbose_name=_("minutes"))
    contribution = models.ForeignKey(Contribution, models.PROTECT, null=True, blank=True, related_name="addenda", verbose_name=_("line"))
    text = models.TextField(_("text"))
    at = models.DateTimeField(_("added"), default=timezone.now)

    class Meta:
        verbose_name = _("addendum to minutes")
        verbose_name_plural = _("addenda to minutes")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [models.CheckConstraint(condition=~models.Q(text=""), name="addendum_text", violation_error_message=NO_WORDS)]

    def __str__(self) -> str:
        return self.text[:80]


# ── Reception days ────────────────────────────────────────────────────────────────────────────────────────────────────


class ReceptionCase(models.Model):
    """A matter brought to a reception day (vụ việc tiếp công dân; Luật Tiếp công dân 2013, Đ25). The register is nobody's but staff's:
    subject and answer are sealed; `public_subject` and `public_answer` are what may be read once it is published."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey(Session, models.PROTECT, related_name="cases", verbose_name=_("session"))
    number = models.PositiveSmallIntegerField(_("number"), editable=False)
    registration = models.ForeignKey(Registration, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("registration"))
    sealed = models.TextField(editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("assigned to"))
    due_on = models.DateField(_("answer due"), null=True, blank=True)
    notified_on = models.DateField(_("result sent on"), null=True, blank=True)
    late_reason = models.CharField(_("why the result came late"), max_length=500, blank=True, default="", db_default="", editable=False)
    public_subject = models.CharField(_("subject, without names"), max_length=300, blank=True)
    public_answer = models.TextField(_("answer, without names"), blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("case of a reception day")
        verbose_name_plural = _("cases of reception days")
        ordering: ClassVar = ["session", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["session", "number"], name="case_number_once"),
            models.CheckConstraint(
                condition=models.Q(published_at=None) | ~models.Q(public_subject=""),
                name="case_public_subject",
                violation_error_message=_("Write the subject without names before it is published."),
            ),
            models.CheckConstraint(
                condition=models.Q(due_on=None) | models.Q(unit__isnull=False),
                name="case_due_of_unit",
                violation_error_message=_("Say which unit answers by that day."),
            ),
            models.CheckConstraint(
                condition=models.Q(notified_on=None)
                | models.Q(due_on=None)
                | models.Q(notified_on__lte=models.F("due_on"))
                | ~models.Q(late_reason=""),
                name="case_late_why",
                violation_error_message=_("The result was sent after the day on which it was due: that day stays."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session} · {self.number}"

    @property
    def _context(self) -> str:
        return f"dialogue_sessions.receptioncase|{self.uid}"

    def write(self, subject: str, answer: str) -> None:
        """Seal what was brought and what was said."""
        self.sealed = encryption.encrypt(json.dumps({"subject": subject, "answer": answer}), self._context)

    @property
    def parts(self) -> dict[str, str]:
        """Subject and answer in the clear, for staff. Raises `encryption.Unreadable`."""
        found: dict[str, str] = json.loads(encryption.decrypt(self.sealed, self._context)) if self.sealed else {"subject": "", "answer": ""}
        return found

    def clean(self) -> None:
        """The same rules as the constraints, told at the field that breaks them."""
        super().clean()
        if self.due_on and self.unit_id is None:
            raise ValidationError({"unit": _("Say which unit answers by that day.")})


class ConclusionNotice(models.Model):
    """The notice that concludes a session (thông báo kết luận; NĐ 154, Đ25): lines, each for a unit, with its date."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="conclusions", verbose_name=_("session"))
    number = models.CharField(_("number"), max_length=60)
    signed_on = models.DateField(_("signed on"))
    document = models.ForeignKey("wagtaildocs.Document", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("file"))
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("conclusion notice")
        verbose_name_plural = _("conclusion notices")
        ordering: ClassVar = ["-signed_on", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["session", "number"], name="conclusion_number_once",
                                    violation_error_message=_("The session has a notice of this number already.")),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number


class ConclusionLine(models.Model):
    """What a unit is told to do, and by when."""

    notice = models.ForeignKey(ConclusionNotice, models.CASCADE, related_name="lines", verbose_name=_("notice"))
    number = models.PositiveSmallIntegerField(_("number"), editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    case = models.ForeignKey(ReceptionCase, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("case"))
    text = models.TextField(_("what is to be done"))
    due_on = models.DateField(_("by"))

    class Meta:
        verbose_name = _("line of a conclusion notice")
        verbose_name_plural = _("lines of conclusion notices")
        ordering: ClassVar = ["notice", "number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["notice", "number"], name="conclusion_line_once")]

    def __str__(self) -> str:
        return f"{self.number}. {self.text[:80]}"
