"""Published minutes in the search box: by what was said, answered and summed up. Names of who spoke are not in it, since they may be
taken back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from foundation.registries import SearchDocument, SearchSource, search_sources
from organisation.enums import LEVEL_BY_CODE, Level
from search import services as search

from .enums import MinutesState
from .models import Minutes

KIND = "minutes"
_CODES = {level: code for code, level in LEVEL_BY_CODE.items()}


def _document(minutes: Minutes) -> SearchDocument:
    session = minutes.session
    said = [text for line in minutes.contributions.all() for text in (line.text, line.answer)]
    added = [addendum.text for addendum in minutes.addenda.all()]
    with override("vi"):
        title = _("Minutes: %(session)s") % {"session": session.title}
    return SearchDocument(
        kind=KIND,
        object_id=str(minutes.pk),
        title=title[:300],
        url=f"/lich/{session.slug}/bien-ban/",
        body="\n".join(part for part in (minutes.summary, *said, *added) if part),
        asked=session.title_en,
        unit=str(session.unit_id),
        levels=(_CODES[Level(session.unit.level)],),
        facts={"kind": KIND, "unit": session.unit.name, "day": f"{timezone.localdate(session.starts_at):%d/%m/%Y}"},
    )


def documents(ids: Iterable[int] | None = None) -> Iterator[SearchDocument]:
    """What is found, of all or of some."""
    found = Minutes.objects.filter(state=MinutesState.PUBLISHED).select_related("session__unit").prefetch_related("contributions", "addenda")
    for minutes in (found if ids is None else found.filter(pk__in=list(ids))).order_by("pk").iterator(chunk_size=100):
        yield _document(minutes)


def _visible(object_ids: Iterable[str]) -> set[str]:
    wanted = [int(pk) for pk in object_ids if pk.isascii() and pk.isdigit()]
    return {str(pk) for pk in Minutes.objects.filter(pk__in=wanted, state=MinutesState.PUBLISHED).values_list("pk", flat=True)}


def reindex(ids: Iterable[int]) -> None:
    """Write what is found of these, in the transaction of the change."""
    search.put(documents(ids))


def register() -> None:
    """Called when the application starts."""
    search_sources.register(KIND, SearchSource(kind=KIND, label=_("Minutes"), documents=documents, visible=_visible))
