"""Questions as public pages show them: the list of a dialogue, by how many want an answer, with where each stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .enums import LISTED, TO_ANSWER, QuestionRefusal, QuestionState
from .models import Question, Session
from .similarity import Near, near

ON_PAGE, PER_PAGE = 5, 20
LOOKED_AT = 300  # questions that a new one is compared with
SORTS = {"dong-tinh": (("-supports", "pk"), _("most supported")), "moi": (("-accepted_at", "-pk"), _("newest"))}
TONES = {QuestionState.ANSWERED: "early", QuestionState.ASSIGNED: "", QuestionState.ACCEPTED: "", QuestionState.REFUSED: "late"}


@dataclass(frozen=True)
class Line:
    """A question in a list."""

    pk: int
    text: str
    village: str
    gathered: int
    supports: int
    tag: Any
    tone: str
    url: str
    support_url: str  # '' where there is nothing left to support

    @property
    def short(self) -> str:
        """The beginning of a long one."""
        return self.text if len(self.text) <= 220 else self.text[:217].rsplit(" ", 1)[0] + "…"


@dataclass(frozen=True)
class List:
    """What the part of a session's page shows. `count` are the questions that were taken, merged ones among them."""

    lines: list[Line]
    count: int
    merged: int
    more: int
    takes: bool
    until: Any
    list_url: str
    send_url: str

    @property
    def supportable(self) -> bool:
        """Whether any of these can still be supported."""
        return any(line.support_url for line in self.lines)


def line(question: Question, slug: str) -> Line:
    """How a list shows a question."""
    state = QuestionState(question.state)
    return Line(
        pk=question.pk, text=question.public_text, village=question.village, gathered=question.gathered, supports=question.supports,
        tag=question.get_answer_way_display() if state == QuestionState.ANSWERED else state.label, tone=TONES.get(state, "wait"),
        url=reverse("questions:question", args=[slug, question.pk]),
        support_url=reverse("questions:support", args=[slug, question.pk]) if state in TO_ANSWER else "",
    )  # fmt: skip


def lines(questions: Iterable[Question], slug: str) -> list[Line]:
    """Several."""
    return [line(question, slug) for question in questions]


def counts(session: Session) -> tuple[int, int, int]:
    """How many questions were taken, how many of them are merged into others, how many stand in the list. One query."""
    found = Question.objects.filter(session=session, accepted_at__isnull=False).exclude(state=QuestionState.WITHDRAWN).aggregate(
        every=Count("pk"), merged=Count("pk", filter=Q(state=QuestionState.MERGED)), listed=Count("pk", filter=Q(state__in=LISTED))
    )  # fmt: skip
    return found["every"], found["merged"], found["listed"]


def for_page(session: Session) -> List:
    """The part "questions" of a session's page: the most wanted, and the ways on. Two queries."""
    every, merged, listed = counts(session)
    shown = lines(Question.objects.listed().filter(session=session).order_by("-supports", "pk")[:ON_PAGE], session.slug)
    return List(
        lines=shown, count=every, merged=merged, more=max(0, listed - len(shown)), takes=session.takes_questions(timezone.now()),
        until=session.questions_end(),
        list_url=reverse("questions:list", args=[session.slug]), send_url=reverse("questions:send", args=[session.slug]),
    )  # fmt: skip


def refusals(session: Session) -> list[tuple[Any, int]]:
    """Why questions that never were public were not taken, and how many for each reason: nobody's words, nobody's name. One query."""
    rows = (
        Question.objects.filter(session=session, state=QuestionState.REFUSED, accepted_at=None)
        .order_by()
        .values_list("refusal")
        .annotate(Count("pk"))
    )
    return [(QuestionRefusal(reason).label, count) for reason, count in sorted(rows, key=lambda row: (-row[1], row[0]))]


def similar(session: Session, text: str, *, without: int | None = None) -> list[tuple[Question, Near]]:
    """Questions of a dialogue that are taken and say nearly what a text says, the nearest first. One query."""
    found = Question.objects.listed().filter(session=session).order_by("-supports", "pk")
    known = {question.pk: question for question in found[:LOOKED_AT] if question.pk != without}
    return [(known[one.key], one) for one in near(text, ((pk, question.public_text) for pk, question in known.items()))]
