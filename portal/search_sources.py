"""Articles, guides and public duties in the search box: what is public, never a draft, never a page behind a lock."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from html import unescape
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _

from foundation.registries import SearchDocument, SearchSource, search_sources
from organisation.models import today
from search import services as search

from .navigation import page_url

if TYPE_CHECKING:
    from .models import ArticlePage, DisclosureItem, GuidePage

ARTICLE, DUTY, GUIDE = "article", "duty", "life-guide"


def words_of(page: ArticlePage) -> str:
    """What an article says, without marks."""
    parts = [page.summary]
    for block in page.body:
        if block.block_type == "text":
            parts.append(unescape(strip_tags(str(block.value).replace("</p>", " ").replace("</li>", " "))))
        elif block.block_type == "heading":
            parts.append(block.value["text"])
        elif block.block_type == "quote":
            parts.append(str(block.value))
    return "\n".join(part.strip() for part in parts if part.strip())


def _article(pages: list[ArticlePage]) -> SearchDocument:
    """One document for an article in all its languages; its address is that of the Vietnamese one where there is one: an
    English visitor is led from it to the translation."""
    first = min(pages, key=lambda page: page.locale.language_code != "vi")
    others = [page for page in pages if page is not first]
    return SearchDocument(
        kind=ARTICLE,
        object_id=str(first.translation_key),
        title=first.title,
        url=page_url(first.url_path, "vi"),
        body="\n".join(words_of(page) for page in pages),
        asked="\n".join(page.title for page in others),
        unit=str(first.unit_id or ""),
        facts={"kind": first.kind, "date": first.date.isoformat(), "day": f"{first.date:%d/%m/%Y}", "summary": first.summary},
        valid_from=first.date,
    )


def articles(keys: Iterable[str] | None = None) -> Iterator[SearchDocument]:
    """The documents of articles by translation key, or of all."""
    from .models import ArticlePage

    found = ArticlePage.objects.for_everybody().filter(alias_of=None).select_related("locale").order_by("translation_key", "pk")
    if keys is not None:
        found = found.filter(translation_key__in=[uuid.UUID(key) for key in keys])
    by_key: dict[uuid.UUID, list[ArticlePage]] = defaultdict(list)
    for page in found:
        by_key[page.translation_key].append(page)
    for pages in by_key.values():
        yield _article(pages)


def _uuids(ids: Iterable[str]) -> list[uuid.UUID]:
    made = []
    for text in ids:
        try:
            made.append(uuid.UUID(text))
        except ValueError:
            continue
    return made


def articles_visible(ids: Iterable[str]) -> set[str]:
    """Which articles anybody may read now."""
    from .models import ArticlePage

    keys = ArticlePage.objects.for_everybody().filter(translation_key__in=_uuids(ids)).values_list("translation_key", flat=True)
    return {str(key) for key in keys}


def reindex_articles(keys: Iterable[Any]) -> None:
    """Write what is found of these articles (translation keys), in the transaction of the change; those no longer public go."""
    wanted = {str(key) for key in keys}
    documents = list(articles(wanted))
    search.put(documents)
    if gone := wanted - {document.object_id for document in documents}:
        search.remove(ARTICLE, gone)


def _words_of_guide(page: GuidePage) -> str:
    """What a guide says itself, without marks."""
    parts = [page.summary, page.before]
    for block in page.steps.get_prep_value():
        parts += [block["value"].get(name) or "" for name in ("title", "condition", "text", "hint")]
    return "\n".join(" ".join(unescape(strip_tags(part.replace("<", " <"))).split()) for part in parts if part.strip())


def _guide(pages: list[GuidePage]) -> SearchDocument:
    """One document for a guide in all its languages, under the name of what happens as well as its own."""
    first = min(pages, key=lambda page: page.locale.language_code != "vi")
    event, others = first.event, [page.title for page in pages if page is not first]
    return SearchDocument(
        kind=GUIDE,
        object_id=str(first.translation_key),
        title=first.title,
        url=page_url(first.url_path, first.locale.language_code),
        body="\n".join(_words_of_guide(page) for page in pages),
        asked="\n".join(text for text in (event.name, event.name_en, event.summary, event.summary_en, *others) if text),
        facts={"kind": GUIDE, "steps": len(first.steps.get_prep_value()), "summary": first.summary},
    )  # fmt: skip


def guides(keys: Iterable[str] | None = None) -> Iterator[SearchDocument]:
    """The documents of guides by translation key, or of all."""
    from .models import GuidePage

    found = GuidePage.objects.for_everybody().filter(alias_of=None).select_related("locale", "event").order_by("translation_key", "pk")
    if keys is not None:
        found = found.filter(translation_key__in=_uuids(keys))
    by_key: dict[uuid.UUID, list[GuidePage]] = defaultdict(list)
    for page in found:
        by_key[page.translation_key].append(page)
    for pages in by_key.values():
        yield _guide(pages)


def guides_visible(ids: Iterable[str]) -> set[str]:
    """Which guides anybody may read now."""
    from .models import GuidePage

    keys = GuidePage.objects.for_everybody().filter(translation_key__in=_uuids(ids)).values_list("translation_key", flat=True)
    return {str(key) for key in keys}


def reindex_guides(keys: Iterable[Any]) -> None:
    """Write what is found of these guides (translation keys), in the transaction of the change; those no longer public go."""
    wanted = {str(key) for key in keys}
    documents = list(guides(wanted))
    search.put(documents)
    if gone := wanted - {document.object_id for document in documents}:
        search.remove(GUIDE, gone)


def _duty(item: DisclosureItem) -> SearchDocument:
    return SearchDocument(
        kind=DUTY,
        object_id=str(item.pk),
        title=item.title,
        url=f"/cong-khai/{item.key}/",
        body="\n".join(part for part in (item.summary, item.body, item.summary_en, item.body_en) if part),
        asked=item.title_en,
        unit=str(item.unit_id),
        facts={
            "kind": DUTY,
            "date": item.published_on.isoformat(),
            "day": f"{item.published_on:%d/%m/%Y}",
            "summary": item.summary,
            "group": item.group,
        },
        valid_from=item.published_on,
        valid_to=item.posted_until,
    )


def duties(keys: Iterable[int] | None = None) -> Iterator[SearchDocument]:
    """The documents of public duties on display, or of some."""
    from .models import DisclosureItem

    found = DisclosureItem.objects.shown()
    for item in (found if keys is None else found.filter(pk__in=list(keys))).order_by("pk").iterator(chunk_size=500):
        yield _duty(item)


def duties_visible(ids: Iterable[str]) -> set[str]:
    """Which duties are on display now."""
    from .models import DisclosureItem

    keys = [int(key) for key in ids if key.isascii() and key.isdigit() and len(key) < 12]
    return {str(key) for key in DisclosureItem.objects.shown_on(today()).filter(pk__in=keys).values_list("pk", flat=True)}


def reindex_duties(keys: Iterable[int]) -> None:
    """Write what is found of these duties, in the transaction of the change."""
    wanted = set(keys)
    documents = list(duties(wanted))
    search.put(documents)
    if gone := {str(key) for key in wanted} - {document.object_id for document in documents}:
        search.remove(DUTY, gone)


@transaction.atomic
def forget_ended() -> None:
    """Take duties whose last day on display is over out of search; results hide them from the day after in any case."""
    from .models import DisclosureItem

    reindex_duties(DisclosureItem.objects.filter(live=True, posted_until__lt=today()).values_list("pk", flat=True))


def register() -> None:
    """Offer them to search, and follow what changes them."""
    search_sources.register(ARTICLE, SearchSource(ARTICLE, _("News and notices"), articles, articles_visible))
    search_sources.register(GUIDE, SearchSource(GUIDE, _("Step-by-step guides"), guides, guides_visible))
    search_sources.register(DUTY, SearchSource(DUTY, _("Made public by law"), duties, duties_visible))
    from . import following

    following.connect()
