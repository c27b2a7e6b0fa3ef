"""Who answers a question and until when; drafts, the answer that everybody reads, and its corrections."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from organisation.models import Unit
from safeguards.models import User
from safeguards.services import record

from .. import question_notices as notices
from ..enums import TO_ANSWER, AnswerWay, MinutesState, QuestionPart, QuestionState
from ..models import Contribution, ContributionQuestion, Minutes, Question, QuestionSupport, Session
from ..models.questions import ANSWER_MOST
from ..question_terms import answer_due, legal_due
from . import gate
from .errors import Invalid, ReasonMissing, WrongState
from .questions import family, lock_questions, locked, move, plain, publish_text, root_of, save
from .questions import later as by_job

State = QuestionState


def assign_question(question: Question, unit: Unit, due_on: dt.date | None, actor: User | None) -> Question:
    """Give a question to a unit, until a day or the legal one. Later than the law says is refused. Raises Invalid, WrongState, Busy."""
    with gate.change():
        current = locked(question)
        legal = legal_due(current.session)
        if due_on is not None and due_on > legal:
            said = _("The law asks for the answer by %(day)s: choose that day or an earlier one.") % {"day": f"{legal:%d/%m/%Y}"}
            raise Invalid(ValidationError({"due_on": said}))
        if unit.is_closed:
            raise Invalid(ValidationError({"unit": _("This unit exists no more: choose its successor.")}))
        payload = {"unit": unit.pk, "due_on": (due_on or legal).isoformat()}
        move(current, State.ASSIGNED, actor, payload, unit=unit, due_on=due_on, assigned_at=gate.now())
    return current


def draft_answer(question: Question, text: str, actor: User | None) -> Question:
    """Keep a draft of an answer; nobody but staff reads it. Raises Invalid, WrongState, Busy."""
    with gate.change():
        current = locked(question)
        if current.state not in [*TO_ANSWER, State.ANSWERED]:
            raise WrongState
        current.answer_draft = plain(text)
        save(current)
        record("dialogue_sessions.question_answer_drafted", current, actor=actor, payload={"session": current.session_id})
    return current


def publish_answer(question: Question, text: str, way: str, actor: User | None, *, why: str = "", late_because: str = "") -> Question:
    """Make an answer public, and tell who asked and who supports it. In writing after its day only with a reason, which stands beside it.
    One that is public already is corrected: it says so, with the reason, and the former stays as a version. Raises Invalid,
    ReasonMissing, WrongState, Busy."""
    text = plain(text)
    if not text:
        raise Invalid(ValidationError({"answer": _("Write the answer before it is made public.")}))
    if way not in AnswerWay.values:
        raise Invalid(ValidationError({"answer_way": _("Say whether it was answered at the dialogue or in writing.")}))
    with gate.change():
        current = locked(question)
        again = current.state == State.ANSWERED
        if again and text == current.answer:
            return current
        if again and not plain(why):
            raise ReasonMissing(_("Say what was wrong: everybody reads it beside the corrected answer."))
        moment = gate.now()
        if way == AnswerWay.IN_SESSION and moment < current.session.starts_at:
            raise Invalid(ValidationError({"answer_way": _("The dialogue has not begun: answer in writing, or wait for it.")}))
        due = answer_due(current)
        # What was answered at the dialogue was answered in time, whenever it is written down.
        late = current.state in TO_ANSWER and way == AnswerWay.IN_WRITING and timezone.localtime(moment).date() > due
        if late and not plain(late_because):
            said = _("The answer was due on %(day)s. Say why it comes late: everybody reads it beside the answer.") % {"day": f"{due:%d/%m/%Y}"}
            raise Invalid(ValidationError({"late_reason": said}))
        version = publish_text(current, QuestionPart.ANSWER, text, actor, plain(why)[:500] if again else "")
        values = {"answer": text, "answer_way": way, "answer_draft": "", "answer_version": version}
        if again:
            values["corrected_at"] = moment
        else:
            values["answered_at"] = moment
        payload: dict[str, Any] = {"way": str(way), "version": version}
        if late:
            values["late_reason"] = plain(late_because)[:500]
            payload["due_on"] = due.isoformat()
        move(current, State.ANSWERED, actor, payload, **values)
        by_job("tell_question", question_id=current.pk, occasion=f"answered-{version}")
    return current


# ── Answered in the minutes ───────────────────────────────────────────────────────────────────────────────────────────


def answer_from_minutes(minutes: Minutes, actor: User | None) -> list[Question]:
    """With the minutes published, the questions that their lines answer are answered at the dialogue, in the words of the lines; gives
    those that were. What was put together with another one counts for that. What is answered already keeps its answer, what was refused
    or withdrawn meanwhile stays so. In the caller's transaction. Raises Busy."""
    links = ContributionQuestion.objects.filter(contribution__minutes=minutes)
    if not links.exists():
        return []
    lock_questions(minutes.session_id)
    return _answer(links, actor)


def answer_parted(question: Question, actor: User | None) -> list[Question]:
    """The same for a question that stands by itself again, when a line of published minutes answers it, or what it stands for."""
    links = ContributionQuestion.objects.filter(contribution__minutes__state=MinutesState.PUBLISHED, question__in=family(question))
    return _answer(links, actor)


def _answer(links: QuerySet[ContributionQuestion], actor: User | None) -> list[Question]:
    by_root: dict[int, list[Contribution]] = {}
    for link in links.select_related("contribution", "question").order_by("contribution__number", "pk"):
        by_root.setdefault(root_of(link.question).pk, []).append(link.contribution)
    done = []
    for question in Question.objects.filter(pk__in=by_root).select_related("session").order_by("pk"):
        lines = by_root[question.pk]
        payload = {"session": question.session_id, "minutes": lines[0].minutes_id, "lines": [line.number for line in lines]}
        record("dialogue_sessions.question_in_minutes", question, actor=actor, payload=payload)
        if question.state in TO_ANSWER:
            done.append(publish_answer(question, _in_one(lines), AnswerWay.IN_SESSION, actor))
    return done


def _in_one(lines: Iterable[Contribution]) -> str:
    """The answers of several lines as one, each once; the minutes hold what does not fit."""
    text = "\n\n".join(dict.fromkeys(plain(line.answer) for line in lines if line.answer))
    return text if len(text) <= ANSWER_MOST else text[: ANSWER_MOST - 1].rsplit(" ", 1)[0] + "…"


def tell_question(question_id: int, occasion: str) -> int:
    """Write to everybody whom a question counts for what became of it; gives to how many. Told once, whenever it is asked again."""
    question = Question.objects.select_related("session__unit").filter(pk=question_id).first()
    kind = {State.ANSWERED: notices.ANSWERED, State.REFUSED: notices.REFUSED}.get(State(question.state)) if question else None
    if question is None or kind is None:
        return 0
    supports = QuestionSupport.objects.filter(question__in=family(question), contact__isnull=False).select_related("contact").order_by("pk")
    told: dict[str, QuestionSupport] = {}
    for support in supports:  # one contact may have asked one and supported another
        if support.digest not in told or support.asked:
            told[support.digest] = support
    return notices.tell_everybody(kind, question, list(told.values()), occasion)


def set_questions_until(session: Session, until: dt.datetime | None, actor: User | None) -> Session:
    """Until when people may send questions ahead. Raises Invalid, Busy."""
    with gate.change():
        current = gate.lock(session.pk)
        if until is not None and until > current.starts_at:
            raise Invalid(ValidationError({"questions_until": _("Questions end when the dialogue begins at the latest.")}))
        was, current.questions_until = current.questions_until, until
        current.save(update_fields=["questions_until", "changed_at"])
        payload = {"was": was.isoformat() if was else None, "until": until.isoformat() if until else None}
        record("dialogue_sessions.questions_until_changed", current, actor=actor, payload=payload)
    return current
