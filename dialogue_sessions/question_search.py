"""Questions in the search box: those that are taken, by their public text and answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.registries import SearchDocument, SearchSource, search_sources
from search import services as search

from .enums import LISTED
from .models import Question

KIND = "question"


def _document(question: Question) -> SearchDocument:
    session = question.session
    return SearchDocument(
        kind=KIND,
        object_id=str(question.pk),
        title=question.public_text[:300],
        url=f"/lich/{session.slug}/cau-hoi/{question.pk}/",
        body="\n".join(part for part in (question.public_text[300:], question.answer, session.title) if part),
        unit=str(session.unit_id),
        facts={"kind": KIND, "state": question.state, "about": session.title, "day": f"{timezone.localdate(session.starts_at):%d/%m/%Y}"},
    )


def documents(ids: Iterable[int] | None = None) -> Iterator[SearchDocument]:
    """Of all questions that are listed, or of some."""
    found = Question.objects.listed().select_related("session").order_by("pk")
    for question in (found if ids is None else found.filter(pk__in=list(ids))).iterator(chunk_size=500):
        yield _document(question)


def _visible(object_ids: Iterable[str]) -> set[str]:
    wanted = [int(pk) for pk in object_ids if pk.isascii() and pk.isdigit()]
    return {str(pk) for pk in Question.objects.listed().filter(pk__in=wanted, session__announced_at__isnull=False).values_list("pk", flat=True)}


def follow(question: Question) -> None:
    """Write what is found of a question, in the transaction of its change; what is no longer listed goes."""
    if question.state in LISTED:
        search.put([_document(question)])
    else:
        search.remove(KIND, [str(question.pk)])


def register() -> None:
    """Called when the application starts."""
    search_sources.register(KIND, SearchSource(kind=KIND, label=_("Questions to dialogues"), documents=documents, visible=_visible))
