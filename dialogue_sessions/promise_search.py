"""Promises in the search box: the public ones, whatever came of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext_lazy as _

from foundation.registries import SearchDocument, SearchSource, search_sources
from organisation.enums import LEVEL_BY_CODE, Level
from search import services as search

from .models import Promise

KIND = "promise"
_CODES = {level: code for code, level in LEVEL_BY_CODE.items()}


def _document(promise: Promise) -> SearchDocument:
    return SearchDocument(
        kind=KIND,
        object_id=str(promise.pk),
        title=promise.text[:250],
        url=f"/loi-hua/{promise.pk}/",
        body="\n".join(part for part in (promise.text[250:], promise.result, promise.reason) if part),
        asked=promise.text_en,
        unit=str(promise.unit_id),
        levels=(_CODES[Level(promise.unit.level)],),
        facts={"kind": KIND, "unit": promise.unit.name, "state": promise.state, "due_on": promise.due_on.isoformat()},
    )


def documents(ids: Iterable[int] | None = None) -> Iterator[SearchDocument]:
    """What is found, of all or of some."""
    found = Promise.objects.public().select_related("unit").order_by("pk")
    for promise in (found if ids is None else found.filter(pk__in=list(ids))).iterator(chunk_size=500):
        yield _document(promise)


def _visible(object_ids: Iterable[str]) -> set[str]:
    return {str(pk) for pk in Promise.objects.public().filter(pk__in=[int(pk) for pk in object_ids]).values_list("pk", flat=True)}


def reindex(ids: Iterable[int]) -> None:
    """Write what is found of these, in the transaction of the change."""
    search.put(documents(ids))


def register() -> None:
    """Called when the application starts."""
    search_sources.register(KIND, SearchSource(kind=KIND, label=_("Promises"), documents=documents, visible=_visible))
