"""Which questions that were sent ahead are answered by which line of the minutes."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from .minutes import Contribution
from .questions import Question

OTHER_SESSION = _("A line answers questions that were sent to its own dialogue.")


class ContributionQuestion(models.Model):
    """A line of the minutes answers a question (câu hỏi được trả lời trong biên bản). Written while the minutes are; fixed with them.

    That both belong to one session, and that final minutes keep their links, is held by a trigger, too."""

    contribution = models.ForeignKey(Contribution, models.CASCADE, related_name="question_links", verbose_name=_("line of the minutes"))
    question = models.ForeignKey(Question, models.PROTECT, related_name="line_links", verbose_name=_("question"))

    class Meta:
        verbose_name = _("question that a line answers")
        verbose_name_plural = _("questions that lines answer")
        default_permissions: ClassVar = []
        ordering: ClassVar = ["contribution", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["contribution", "question"],
                name="contribution_question_once",
                violation_error_message=_("This line answers this question already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.contribution_id}/{self.question_id}"

    def clean(self) -> None:
        """The same rule as the trigger's, told at the field."""
        super().clean()
        line: Any = self.contribution
        if line.minutes.session_id != self.question.session_id:
            raise ValidationError({"question": OTHER_SESSION})
