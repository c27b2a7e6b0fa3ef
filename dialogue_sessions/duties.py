"""What is late after a dialogue: its results that are not public, and questions that nobody has answered. Shown on the unit's page
(`overdue`) until it is done."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import ngettext

from . import law
from .enums import DIALOGUES, SessionState, TermKey
from .models import Question
from .overdue import Asked, Overdue, OverdueSource, sources


def results(asked: Asked) -> list[Overdue]:
    """Dialogues that were held and whose minutes are not public although the term is over."""
    found = []
    for session in asked.sessions:
        if session.kind not in DIALOGUES or session.state != SessionState.HELD or getattr(session, "reported", False):
            continue
        due = asked.is_late(TermKey.RESULT, law.day_of(session))
        if due is not None:
            found.append(Overdue(TermKey.RESULT, due.latest, session.name, session.get_absolute_url(), due.source))
    return found


def answers(asked: Asked) -> list[Overdue]:
    """Questions of dialogues that were held, given to this unit, or to nobody, and not answered in time: a line a dialogue, since their
    texts stand on its page."""
    late: dict[int, list[Question]] = {}
    for question in asked.questions:
        due = asked.term(TermKey.ANSWER, law.day_of(question.session))
        if due is not None and min(question.due_on or due.latest, due.latest) < asked.day:
            late.setdefault(question.session_id, []).append(question)
    found = []
    for questions in late.values():
        session = questions[0].session
        due = asked.term(TermKey.ANSWER, law.day_of(session))
        if due is None:
            continue
        title = ngettext("%(title)s: %(count)s question without an answer", "%(title)s: %(count)s questions without an answer", len(questions))
        first = min(min(one.due_on or due.latest, due.latest) for one in questions)
        said = title % {"title": session.name, "count": len(questions)}
        found.append(Overdue(TermKey.ANSWER, first, said, reverse("questions:list", args=[session.slug]), due.source))
    return found


def register() -> None:
    """Offer both."""
    sources.register("results", OverdueSource(results, 0))
    sources.register("answers", OverdueSource(answers, 0))
