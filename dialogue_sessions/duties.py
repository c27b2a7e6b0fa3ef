"""What is late after a session: results of a dialogue that are not public, questions that nobody has answered, matters brought to a
reception day of which nobody was told the result. Shown on the unit's page (`overdue`) until it is done."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse
from django.utils.translation import ngettext

from . import law
from .enums import DIALOGUES, SessionState, TermKey
from .models import Question, ReceptionCase
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


def cases(asked: Asked) -> list[Overdue]:
    """Matters brought to a reception day of the unit without a result that was sent in time: a line a day, with how many, and nothing of
    what they are about (Luật Tiếp công dân 2013, Đ28)."""
    late: dict[int, list[tuple[dt.date, ReceptionCase]]] = {}
    for case in asked.cases:
        due = asked.term(TermKey.ANSWER, law.day_of(case.session))
        # Whoever hears the time that a hard matter takes (Nghị định 154/2026, Đ25) waits until then.
        last = case.due_on or (due.latest if due else None)
        if last is not None and last < asked.day:
            late.setdefault(case.session_id, []).append((last, case))
    found = []
    for rows in late.values():
        session = rows[0][1].session
        due = asked.term(TermKey.ANSWER, law.day_of(session))
        title = ngettext("%(title)s: %(count)s matter without an answer", "%(title)s: %(count)s matters without an answer", len(rows))
        said = title % {"title": session.name, "count": len(rows)}
        found.append(Overdue(TermKey.ANSWER, min(last for last, _case in rows), said, session.get_absolute_url(), due.source if due else ""))
    return found


def register() -> None:
    """Offer them."""
    sources.register("results", OverdueSource(results, 0))
    sources.register("answers", OverdueSource(answers, 0))
    sources.register("cases", OverdueSource(cases, 0))
