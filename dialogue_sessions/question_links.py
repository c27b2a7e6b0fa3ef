"""Signed addresses in messages: the page of who asked a question, of who wrote or signed a request. They name a row by its random id
and say nothing about the person; they are good as long as the row knows whose it is."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import translation

from .models import DialogueRequest, Question, Signature

_questions = signing.Signer(salt="dialogue_sessions.question")
_signatures = signing.Signer(salt="dialogue_sessions.signature")


def whole(language: str, name: str, *arguments: Any) -> str:
    """A whole address of ours, in a language."""
    with translation.override(language):
        return urljoin(settings.WAGTAILADMIN_BASE_URL, reverse(f"questions:{name}", args=list(arguments)))


def question_token(question: Question) -> str:
    """What stands in the address of who asked it."""
    return _questions.sign(question.uid.hex)


def question_of(token: str) -> Question | None:
    """Whose question it is; None when the token is not ours, or nobody knows any more who asked."""
    found = _uid(_questions, token)
    rows = Question.objects.select_related("session__unit", "merged_into", "unit")
    return rows.filter(uid=found, own_supports__asked=True).first() if found else None


def signature_token(signature: Signature) -> str:
    """What stands in the address of who signed."""
    return _signatures.sign(signature.uid.hex)


def signature_of(token: str) -> Signature | None:
    """Whose signature it is; None when the token is not ours, or it was taken back."""
    found = _uid(_signatures, token)
    return Signature.objects.select_related("request__unit").filter(uid=found, proven_at__isnull=False).first() if found else None


def _uid(signer: signing.Signer, token: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(hex=signer.unsign(token))
    except (signing.BadSignature, ValueError, ValidationError):
        return None


def question_url(question: Question, language: str) -> str:
    """The public page of a question."""
    return whole(language, "question", question.session.slug, question.pk)


def own_question_url(question: Question, language: str) -> str:
    """The page of who asked it."""
    return whole(language, "own_question", question.session.slug, question_token(question))


def request_url(request: DialogueRequest, language: str) -> str:
    """The public page of a request, the list while it has none."""
    return whole(language, "request", request.slug) if request.slug else whole(language, "requests")


def own_signature_url(signature: Signature, language: str) -> str:
    """The page of who signed."""
    return whole(language, "own_signature", signature_token(signature))
