"""Until when a question has to be answered, and which are late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.utils import timezone

from organisation.models import today
from organisation.services import calendar_for

from . import law
from .enums import TO_ANSWER, SessionState, TermKey
from .models import Question, Session
from .planning import Timer, in_force

# Luật Tiếp công dân 2013, Đ28: within ten working days, counted from the dialogue; where the table of terms says nothing.
ANSWER = Timer("answer", 10, "working_days", before=False, valid_from=dt.date(2014, 7, 1), source="Luật Tiếp công dân 2013, Điều 28")


def legal_due(session: Session, timers: Sequence[Timer] | None = None) -> dt.date:
    """The last day on which answers to a dialogue's questions are in time; `timers` where many are asked for."""
    held = timezone.localdate(session.starts_at)
    timer = in_force(law.timers() if timers is None else timers, TermKey.ANSWER, held) or ANSWER
    return timer.latest(held, calendar_for(session.unit_id))


def answer_due(question: Question) -> dt.date:
    """The last day for the answer to a question: the one that was set for its unit, never later than the law's."""
    legal = legal_due(question.session)
    return min(question.due_on, legal) if question.due_on else legal


def is_overdue(question: Question, day: dt.date | None = None) -> bool:
    """Whether the day for its answer is over and there is none."""
    return question.state in TO_ANSWER and answer_due(question) < (day or today())


def overdue(questions: Iterable[Question], day: dt.date | None = None) -> list[Question]:
    """Of questions that wait for an answer, with their sessions, those whose day is over, the most overdue first."""
    now = day or today()
    legal: dict[int, dt.date] = {}
    timers = law.timers()
    late = []
    for question in questions:
        if question.session.state == SessionState.CANCELLED:
            continue
        if question.session_id not in legal:
            legal[question.session_id] = legal_due(question.session, timers)
        due = min(question.due_on, legal[question.session_id]) if question.due_on else legal[question.session_id]
        if due < now:
            late.append((due, question.pk, question))
    return [question for _due, _pk, question in sorted(late, key=lambda row: row[:2])]
