"""Papers that somebody sends with a question."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from safeguards.models import StoredFile

from .questions import Question


class QuestionPaper(models.Model):
    """A file that belongs to a question (ảnh, giấy tờ kèm theo câu hỏi). `question_papers` alone writes; the file's content, name and
    state are those of `safeguards`, and the row goes with it."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="papers", verbose_name=_("question"))
    file = models.OneToOneField(StoredFile, models.CASCADE, related_name="+", verbose_name=_("file"))
    added_at = models.DateTimeField(_("sent"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("paper of a question")
        verbose_name_plural = _("papers of questions")
        default_permissions: ClassVar = []
        ordering: ClassVar = ["question", "pk"]

    def __str__(self) -> str:
        return f"{self.question_id}/{self.pk}"
