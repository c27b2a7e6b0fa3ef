"""Questions sent ahead in every state, and voters' requests.

Supports and signatures are rows that belong to nobody: no contact, and a digest of their number, which no contact has. They are written
in bulk, since a service asks for somebody who has proven a contact, and there is nobody."""

from __future__ import annotations

import hashlib
import itertools
import math
from typing import Any

from organisation.calendar import ONE_DAY

from .. import services
from ..enums import QuestionState, RequestState
from ..models import DialogueRequest, Question, QuestionSupport, Session, Signature
from ..services import gate
from ..services.requests import recount
from .reading import Stage


def nobody(*about: object) -> str:
    """A digest that no contact has."""
    return hashlib.sha256("|".join(["demonstration", *map(str, about)]).encode()).hexdigest()


# ── Questions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def load_questions(stage: Stage, session: Session, rows: list[dict[str, Any]]) -> list[Question]:
    """Questions as they were sent and moderated; given in the order of the file. Answers follow (`answer`)."""
    found: list[Question] = []
    keys: dict[str, Question] = {}
    for row in rows:
        question = services.ask_question(session, row["text"], None, row["village"], stage.actor)
        if "refusal" in row:
            question = services.refuse_question(question, row["refusal"], row["refusal_words"], stage.actor)
        elif "public" in row:
            question = services.accept_question(question, row["public"], stage.actor)
            _supported(question, row["supports"])
            if "into" in row:
                question = services.merge_question(question, keys[row["into"]], stage.actor)
            elif "unit" in row:
                question = services.assign_question(question, stage.unit(row["unit"]), None, stage.actor)
        if "key" in row:
            keys[row["key"]] = question
        found.append(question)
    return found


def _supported(question: Question, number: int) -> None:
    QuestionSupport.objects.bulk_create(
        QuestionSupport(question=question, counted_for=question, digest=nobody("support", question.uid, n), wants_news=False) for n in range(number)
    )
    Question.objects.filter(pk=question.pk).update(supports=number)


def answer(stage: Stage, session: Session, rows: list[dict[str, Any]], questions: list[Question]) -> None:
    """Publish the answers: those given in the room an hour after it began, those in writing a day ago."""
    for row, question in zip(rows, questions, strict=True):
        if "answer" in row and question.state == QuestionState.ASSIGNED:
            at = session.starts_at + ONE_DAY / 24 if row["way"] == "in_session" else stage.earlier(-1)
            with gate.as_of(at):
                services.publish_answer(question, row["answer"], row["way"], stage.actor)


# ── Requests ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def load_requests(stage: Stage) -> None:
    """Requests with their signatures, as far as each has come."""
    for row in stage.read("requests.toml")["requests"]:
        opened = stage.earlier(row["opened"])
        request = DialogueRequest(unit=stage.unit(row["unit"]), state=RequestState.RECEIVED, sent_at=opened - 2 * ONE_DAY)
        request.write(row["text"])
        request.save(force_insert=True)
        with gate.as_of(opened):
            request = services.open_request(request, row["subject"], row["public"], stage.actor)
        _sign(request, row)
        with gate.as_of(opened + row["days_to_sign"] * ONE_DAY):
            request = recount(request)
        if "scheduled" in row:
            with gate.as_of(stage.earlier(-2)):
                request = services.schedule_request(request, Session.objects.get(slug=row["scheduled"]), stage.actor)
        for day, text in row["notes"]:
            with gate.as_of(stage.earlier(day)):
                services.note_request(request, text, stage.actor)


def _sign(request: DialogueRequest, row: dict[str, Any]) -> None:
    number = math.ceil((request.needed or 0) * row["percent_signed"] / 100)
    villages = itertools.cycle(row["villages"])
    opened, step = request.opened_at, row["days_to_sign"] * ONE_DAY / number
    Signature.objects.bulk_create(
        Signature(request=request, digest=nobody("signature", request.uid, n), village=next(villages), wants_news=False, proven_at=opened + n * step)
        for n in range(number)
    )
