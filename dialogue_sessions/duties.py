"""What is late after a dialogue: its results that are not public, and questions that nobody has answered. Shown on the unit's page
(`overdue`) until it is done."""

from __future__ import annotations

import datetime as dt

from django.db.models import F
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from . import law
from .enums import DIALOGUES, TO_ANSWER, MinutesState, SessionState, TermKey
from .models import Question, Session
from .overdue import LOOK_BACK, Asked, Overdue, OverdueSource, sources


def _since(asked: Asked) -> dt.datetime:
    return dt.datetime.combine(asked.day - LOOK_BACK, dt.time.min, timezone.get_default_timezone())


def results(asked: Asked) -> list[Overdue]:
    """Dialogues that were held and whose minutes are not public although the term is over. One query."""
    held = Session.objects.filter(unit=asked.unit, kind__in=DIALOGUES, state=SessionState.HELD, starts_at__gte=_since(asked))
    found = []
    for session in held.exclude(minutes__state=MinutesState.PUBLISHED).order_by("starts_at"):
        due = asked.is_late(TermKey.RESULT, law.day_of(session))
        if due is not None:
            found.append(Overdue(TermKey.RESULT, due.latest, session.name, session.get_absolute_url(), due.source))
    return found


def answers(asked: Asked) -> list[Overdue]:
    """Questions of dialogues that were held, taken and given to this unit, or to nobody, and not answered in time: a line a dialogue,
    since their texts stand on its page. One query."""
    rows = (
        Question.objects.filter(state__in=TO_ANSWER, session__state=SessionState.HELD, session__starts_at__gte=_since(asked))
        .annotate(answers=Coalesce("unit", F("session__unit")))
        .filter(answers=asked.unit.pk)
        .select_related("session")
    )
    late: dict[int, list[Question]] = {}
    for question in rows.order_by("session__starts_at", "pk"):
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
    sources.register("results", OverdueSource(results, 1))
    sources.register("answers", OverdueSource(answers, 1))
