"""Questions that residents send ahead of a dialogue: sealed as they were sent, public as a moderator approved them, with who supports them."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from messaging.models import Contact
from organisation.models import Unit
from safeguards import encryption
from safeguards.models import User

from ..enums import LISTED, QUESTION_OVER, TO_ANSWER, AnswerWay, QuestionPart, QuestionRefusal, QuestionState
from .sessions import Session

NEEDS_TEXT = _("Write the text that everybody may read.")
NEEDS_REASON = _("Choose a reason and explain it in a sentence: who asked reads both.")
NEEDS_ANSWER = _("Write the answer before it is made public.")
NEEDS_UNIT = _("Say which unit answers.")
WRONG_MERGE = _("A question is put together with another one of the same dialogue, which stands by itself.")
TEXT_MOST, PUBLIC_MOST, ANSWER_MOST = 2_000, 1_000, 8_000  # characters


class QuestionQuerySet(models.QuerySet["Question"]):
    """The vocabulary of questions."""

    def listed(self) -> QuestionQuerySet:
        """What lists show: each with what was merged into it counted in."""
        return self.filter(state__in=LISTED)

    def public(self) -> QuestionQuerySet:
        """What has a page of its own: accepted once, and not withdrawn since."""
        return self.filter(accepted_at__isnull=False).exclude(state=QuestionState.WITHDRAWN)

    def to_answer(self) -> QuestionQuerySet:
        """Those that still wait for their answer."""
        return self.filter(state__in=TO_ANSWER)


class Question(models.Model):
    """A question ahead of a dialogue (câu hỏi gửi trước buổi đối thoại). What was sent is sealed, since people write their names and
    numbers into it; what everybody reads is the text that a moderator approved."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="questions", verbose_name=_("dialogue"))
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(_("state"), max_length=12, choices=QuestionState.choices, default=QuestionState.UNPROVEN, editable=False)
    text_sealed = models.TextField(blank=True, editable=False)
    public_text = models.TextField(_("public text"), max_length=PUBLIC_MOST, blank=True)
    text_version = models.PositiveSmallIntegerField(default=0, editable=False)
    village = models.CharField(_("village"), max_length=120, blank=True)
    supports = models.PositiveIntegerField(_("supported by"), default=0, editable=False)  # contacts, its own and those of what is merged into it
    gathered = models.PositiveSmallIntegerField(default=1, editable=False)  # itself and all that is merged into it
    refusal = models.CharField(_("reason"), max_length=20, choices=QuestionRefusal.choices, blank=True)
    refusal_words = models.TextField(_("explanation"), max_length=PUBLIC_MOST, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged", verbose_name=_("put together with"))
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("unit that answers"))
    due_on = models.DateField(_("answer due on"), null=True, blank=True)  # where a day other than the legal one was set
    answer_draft = models.TextField(_("draft of the answer"), max_length=ANSWER_MOST, blank=True)
    answer = models.TextField(_("answer"), max_length=ANSWER_MOST, blank=True)
    answer_version = models.PositiveSmallIntegerField(default=0, editable=False)
    late_reason = models.TextField(_("why the answer came late"), max_length=500, blank=True, default="", db_default="", editable=False)
    answer_way = models.CharField(_("way of answering"), max_length=12, choices=AnswerWay.choices, blank=True)
    sent_at = models.DateTimeField(_("sent at"), db_default=Now(), editable=False)
    accepted_at: Any = models.DateTimeField(null=True, blank=True, editable=False)
    assigned_at: Any = models.DateTimeField(null=True, blank=True, editable=False)
    answered_at: Any = models.DateTimeField(null=True, blank=True, editable=False)
    corrected_at: Any = models.DateTimeField(null=True, blank=True, editable=False)
    ended_at: Any = models.DateTimeField(null=True, blank=True, editable=False)
    forgotten_at: Any = models.DateTimeField(null=True, blank=True, editable=False)  # what was sent, and by whom

    objects = QuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        default_permissions: ClassVar = ["view"]  # the rest goes through the services
        permissions: ClassVar = [
            ("moderate_question", "Can read questions as they were sent, accept, refuse, merge and assign them"),
            ("answer_question", "Can write and publish answers to questions"),
        ]
        ordering: ClassVar = ["session", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["session", "-supports", "id"], condition=Q(state__in=LISTED), name="question_listed"),
            models.Index(fields=["state", "session"], name="question_state_session"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=QuestionState.values), name="question_state", violation_error_message=_("There is no such state.")
            ),
            models.CheckConstraint(
                condition=~Q(accepted_at__isnull=False, public_text=""), name="question_public_text", violation_error_message=NEEDS_TEXT
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[*LISTED, QuestionState.MERGED], accepted_at=None),
                name="question_accepted_first",
                violation_error_message=NEEDS_TEXT,
            ),
            models.CheckConstraint(
                condition=~Q(state=QuestionState.REFUSED) | ~(Q(refusal="") | Q(refusal_words="")),
                name="question_refused_why",
                violation_error_message=NEEDS_REASON,
            ),
            models.CheckConstraint(
                condition=Q(state=QuestionState.MERGED, merged_into__isnull=False) | (~Q(state=QuestionState.MERGED) & Q(merged_into=None)),
                name="question_merged_into_one",
                violation_error_message=WRONG_MERGE,
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=F("id")), name="question_not_into_itself", violation_error_message=WRONG_MERGE
            ),
            models.CheckConstraint(
                condition=~Q(state=QuestionState.ASSIGNED, unit=None), name="question_assigned_to", violation_error_message=NEEDS_UNIT
            ),
            models.CheckConstraint(
                condition=~Q(state=QuestionState.ANSWERED) | (~(Q(answer="") | Q(answer_way="")) & Q(answered_at__isnull=False)),
                name="question_answer_given",
                violation_error_message=NEEDS_ANSWER,
            ),
            models.CheckConstraint(
                condition=~Q(state__in=QUESTION_OVER, ended_at=None),
                name="question_ended",
                violation_error_message=_("What is over has a time at which it ended."),
            ),
        ]

    def __str__(self) -> str:
        return self.public_text[:80] or f"{self.session_id}/{self.pk}"

    def _context(self) -> str:
        return f"dialogue_sessions.question|text|{self.uid}"

    def write(self, text: str) -> None:
        """Seal what was sent, under today's key."""
        self.text_sealed = encryption.encrypt(text, self._context())

    def sent_text(self) -> str:
        """What was sent; '' once forgotten. For people only through `services.read_question`, which puts on record who read it.
        Raises `encryption.Unreadable`."""
        return encryption.decrypt(self.text_sealed, self._context()) if self.text_sealed else ""

    @property
    def is_listed(self) -> bool:
        """Whether it stands by itself in the public list."""
        return self.state in LISTED

    def clean(self) -> None:
        """The same rules as the constraints, told at the field that breaks them."""
        super().clean()
        errors: dict[str, Any] = {}
        if (self.accepted_at or self.state in [*LISTED, QuestionState.MERGED]) and not self.public_text.strip():
            errors["public_text"] = NEEDS_TEXT
        if self.state == QuestionState.REFUSED and not (self.refusal and self.refusal_words.strip()):
            errors["refusal_words"] = NEEDS_REASON
        target = self.merged_into
        if (self.state == QuestionState.MERGED) != (target is not None) or (
            target is not None and (target.pk == self.pk or target.session_id != self.session_id)
        ):
            errors["merged_into"] = WRONG_MERGE
        if self.state == QuestionState.ASSIGNED and self.unit_id is None:
            errors["unit"] = NEEDS_UNIT
        if self.state == QuestionState.ANSWERED and not (self.answer.strip() and self.answer_way):
            errors["answer"] = NEEDS_ANSWER
        if errors:
            raise ValidationError(errors)


class QuestionText(models.Model):
    """One version of what everybody reads of a question: its text or its answer (phiên bản). Never rewritten; the event of each names its
    number and its digest, so that a version can be shown to be the one of that day."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="texts", verbose_name=_("question"))
    part = models.CharField(_("part"), max_length=10, choices=QuestionPart.choices)
    version = models.PositiveSmallIntegerField(_("version"))
    text = models.TextField(_("text"))
    why = models.TextField(_("why it was corrected"), max_length=500, blank=True)
    at = models.DateTimeField(_("at"), db_default=Now(), editable=False)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))

    class Meta:
        verbose_name = _("version of a text")
        verbose_name_plural = _("versions of texts")
        default_permissions: ClassVar = []
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["question", "part", "version"], name="question_text_once")]

    def __str__(self) -> str:
        return f"{self.question_id}/{self.part}/{self.version}"


class QuestionSupport(models.Model):
    """Who wants an answer to a question (đồng tình): who asked it, and everybody who joined; one each by contact.

    It stays with the question that it was given for, so that a merge can be undone; `counted_for` is the one that it counts for now.
    `digest` recognises the contact; once forgotten, it is a number that means nothing, so that the count stays true."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="own_supports", verbose_name=_("question"))
    counted_for = models.ForeignKey(Question, models.CASCADE, related_name="counted_supports", verbose_name=_("counted for"))
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="+", verbose_name=_("contact"))
    digest = models.CharField(max_length=64)
    asked = models.BooleanField(_("asked the question"), default=False)
    wants_news = models.BooleanField(_("wants to hear the answer"), default=True)
    at = models.DateTimeField(_("at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("support of a question")
        verbose_name_plural = _("supports of questions")
        default_permissions: ClassVar = []
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["digest"], name="question_support_digest")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["question", "digest"],
                name="question_support_once",
                violation_error_message=_("This telephone number or e-mail address supports this question already."),
            ),
            models.UniqueConstraint(fields=["question"], condition=Q(asked=True), name="question_asked_once"),
        ]

    def __str__(self) -> str:
        return f"{self.question_id}/{self.pk}"
