"""Which questions the lines of minutes answer, and which lines answer a question: both ways, for the pages that lead from one to the
other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.urls import reverse

from .enums import QuestionState
from .models import Contribution, ContributionQuestion, Question


@dataclass(frozen=True)
class Asked:
    """A question as a line of the minutes names it: the one that it counts for, where it was put together with another."""

    pk: int
    text: str
    url: str

    @property
    def short(self) -> str:
        """The beginning of a long one."""
        return self.text if len(self.text) <= 160 else self.text[:157].rsplit(" ", 1)[0] + "…"


def _root(question: Question) -> Question:
    while question.merged_into is not None:
        question = question.merged_into
    return question


def by_line(lines: Iterable[Contribution], slug: str) -> dict[int, list[Asked]]:
    """The public questions that each of these lines answers, by the line's key. One query; a withdrawn question is named no more."""
    found: dict[int, dict[int, Asked]] = {}
    links = ContributionQuestion.objects.filter(contribution__in=list(lines)).select_related("question__merged_into__merged_into").order_by("pk")
    for link in links:
        question = _root(link.question)
        if question.accepted_at is not None and question.state != QuestionState.WITHDRAWN:
            asked = Asked(question.pk, question.public_text, reverse("questions:question", args=[slug, question.pk]))
            found.setdefault(link.contribution_id, {})[question.pk] = asked
    return {key: list(asked.values()) for key, asked in found.items()}


def lines_for(question: Question) -> QuerySet[Contribution]:
    """The lines that answer a question, or one that was put together with it, by number; those of drafts, too."""
    ways = Q()
    path = "question_links__question"
    for _level in range(3):
        ways |= Q(**{path: question})
        path += "__merged_into"
    return Contribution.objects.filter(ways).select_related("minutes").order_by("number").distinct()
