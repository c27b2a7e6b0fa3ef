"""A question that is sent with a registration: kept beside it until the code proves the contact, then on its way to the moderators.

The two share no column: the question's random id is made from the registration's, so that whoever holds the ticket finds it, and nobody
finds who asked from the question."""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone

from messaging.services import contact_for

from . import contacts, question_papers, services
from .enums import QuestionState
from .models import Question, Registration
from .question_links import question_token
from .question_privacy import UNPROVEN
from .register_forms import language
from .tickets import ticket_token

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shown:
    """What the holder's page says: the text and the papers and that they were not sent on, until when they are kept, and where they can be
    sent again; or where the question stands; or where to ask."""

    text: str = ""
    lost: bool = False
    own_url: str = ""
    send_url: str = ""
    papers: Sequence[dict[str, Any]] = ()
    until: dt.datetime | None = None


def uid_of(registration: Registration) -> uuid.UUID:
    """The id of the question that came with it."""
    return uuid.uuid5(registration.uid, "question")


def of(registration: Registration) -> Question | None:
    """The question that came with it, if one did."""
    return Question.objects.select_related("session").filter(uid=uid_of(registration)).first()


def send(registration: Registration, text: str) -> Question | None:
    """Keep what was asked, if anything was, until the contact is proven. A session that takes none any more loses nobody their seat: the
    form did not offer it then."""
    if not text.strip():
        return None
    try:
        return services.send_question(registration.session, text, registration.village, uid_of(registration))
    except services.NoQuestions:
        logger.info("a question came with a registration as questions closed")
        return None


def receive(registration: Registration) -> None:
    """The contact is proven: to the moderators with it. What is refused (too many of theirs are open) stays for the holder's page; the
    seat is theirs in any case."""
    question = of(registration)
    if question is None or question.state != QuestionState.UNPROVEN:
        return
    _name, contact = contacts.opened(registration)
    try:
        services.receive_question(question, contact_for(contact, language=language()))
    except (services.SessionError, services.Busy):
        logger.info("a question that came with a registration was not taken")


def lost(registration: Registration) -> Question | None:
    """The question that came with it and was not taken, as long as it is kept."""
    question = of(registration)
    return question if question is not None and question.state == QuestionState.UNPROVEN and registration.is_proven else None


def shown(registration: Registration) -> Shown | None:
    """For the holder's page; None where there is nothing to say."""
    question = of(registration)
    session = registration.session
    send_url = reverse("questions:send", args=[session.slug]) if session.takes_questions(timezone.now()) else ""
    if question is None:
        return Shown(send_url=send_url) if send_url else None
    if question.state == QuestionState.UNPROVEN:
        if not registration.is_proven:
            return None
        send_url = send_url and reverse("dialogue_sessions:place_question", args=[session.slug, ticket_token(registration)])
        papers = question_papers.shown(question)
        return Shown(question.sent_text(), lost=True, send_url=send_url, papers=papers, until=question.sent_at + UNPROVEN)
    if not question.own_supports.filter(asked=True).exists():  # taken back, or forgotten
        return Shown(send_url=send_url) if send_url else None
    return Shown(own_url=reverse("questions:own_question", args=[session.slug, question_token(question)]))


__all__ = ["Shown", "lost", "of", "receive", "send", "shown", "uid_of"]
