"""Articles, guides, other pages and public duties in the search box: what is public, never a draft, never a page behind a lock; with
the text of their files that anybody may have."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q
from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _
from wagtail.documents import get_document_model
from wagtail.models import ReferenceIndex

from foundation.registries import SearchDocument, SearchSource, search_sources
from organisation.models import today
from procedures_catalog.form_downloads import public_documents
from search import files
from search import services as search

from .models.pages import locked
from .navigation import page_url

if TYPE_CHECKING:
    from .models import ArticlePage, DisclosureItem, GuidePage

ARTICLE, DUTY, GUIDE, PAGE = "article", "duty", "life-guide", "page"


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _documents_in(page: Any) -> list[int]:
    """Keys of the documents that a page's blocks lead to, in their order."""
    found = []
    for name in ("body", "steps"):
        blocks = getattr(page, name, None)
        if blocks is not None:
            found += [int(key) for model, key, *_where in blocks.stream_block.extract_references(blocks) if model is get_document_model()]
    return list(dict.fromkeys(found))


def _attached(things: dict[str, list[int]]) -> dict[str, str]:
    """What the files of things say, those that anybody may have; by the key of the thing."""
    keys = public_documents(key for many in things.values() for key in many)
    names = dict(get_document_model().objects.filter(pk__in=keys).values_list("pk", "file"))
    known = files.texts(names.values())
    return {thing: files.joined((names[key] for key in many if key in names), known) for thing, many in things.items()}


def _attached_to_pages(by_key: dict[uuid.UUID, list[Any]]) -> dict[str, str]:
    return _attached({str(key): [number for page in pages for number in _documents_in(page)] for key, pages in by_key.items()})


# ── Articles ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def words_of(page: Any) -> str:
    """What a page says, without marks."""
    parts = [page.summary]
    for block in page.body:
        if block.block_type == "text":
            parts.append(unescape(strip_tags(str(block.value).replace("</p>", " ").replace("</li>", " "))))
        elif block.block_type == "heading":
            parts.append(block.value["text"])
        elif block.block_type == "quote":
            parts.append(str(block.value))
    return "\n".join(part.strip() for part in parts if part.strip())


def _article(pages: list[ArticlePage], attached: str) -> SearchDocument:
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
        attached=attached,
        unit=str(first.unit_id or ""),
        facts={"kind": first.kind, "date": first.date.isoformat(), "day": f"{first.date:%d/%m/%Y}", "summary": first.summary},
        valid_from=first.date,
    )


def articles(keys: Iterable[str] | None = None) -> Iterator[SearchDocument]:
    """The documents of articles by translation key, or of all."""
    from .models import ArticlePage

    found = ArticlePage.objects.for_everybody().filter(alias_of=None).select_related("locale").order_by("translation_key", "pk")
    if keys is not None:
        found = found.filter(translation_key__in=_uuids(keys))
    by_key: dict[uuid.UUID, list[ArticlePage]] = defaultdict(list)
    for page in found:
        by_key[page.translation_key].append(page)
    attached = _attached_to_pages(by_key)
    for key, pages in by_key.items():
        yield _article(pages, attached[str(key)])


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


def _guide(pages: list[GuidePage], attached: str) -> SearchDocument:
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
        attached=attached,
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
    attached = _attached_to_pages(by_key)
    for key, pages in by_key.items():
        yield _guide(pages, attached[str(key)])


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


# ── Other pages ───────────────────────────────────────────────────────────────────────────────────────────────────────


def other_pages() -> tuple[Any, ...]:
    """The kinds of page that are neither news nor a guide: help and the like, sections, the list of guides."""
    from .models import ContentPage, GuideIndexPage, SectionPage

    return ContentPage, SectionPage, GuideIndexPage


def _page(pages: list[Any], attached: str) -> SearchDocument:
    first = min(pages, key=lambda page: page.locale.language_code != "vi")
    return SearchDocument(
        kind=PAGE,
        object_id=str(first.translation_key),
        title=first.title,
        url=page_url(first.url_path, first.locale.language_code),
        body="\n".join(words_of(page) for page in pages),
        asked="\n".join(page.title for page in pages if page is not first),
        attached=attached,
        facts={"kind": PAGE, "summary": first.summary},
    )


def _public_pages(keys: Iterable[str] | None) -> Iterator[Any]:
    for model in other_pages():
        found = model.objects.filter(~locked(), live=True, alias_of=None).select_related("locale").order_by("translation_key", "pk")
        yield from found if keys is None else found.filter(translation_key__in=_uuids(keys))


def pages(keys: Iterable[str] | None = None) -> Iterator[SearchDocument]:
    """The documents of other pages by translation key, or of all."""
    by_key: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for page in _public_pages(None if keys is None else list(keys)):
        by_key[page.translation_key].append(page)
    attached = _attached_to_pages(by_key)
    for key, same in by_key.items():
        yield _page(same, attached[str(key)])


def pages_visible(ids: Iterable[str]) -> set[str]:
    """Which other pages anybody may read now."""
    from wagtail.models import Page

    models = [ContentType.objects.get_for_model(model) for model in other_pages()]
    found = Page.objects.filter(~locked(), live=True, translation_key__in=_uuids(ids), content_type__in=models)
    return {str(key) for key in found.values_list("translation_key", flat=True)}


def reindex_pages(keys: Iterable[Any]) -> None:
    """Write what is found of these pages (translation keys), in the transaction of the change; those no longer public go."""
    wanted = {str(key) for key in keys}
    documents = list(pages(wanted))
    search.put(documents)
    if gone := wanted - {document.object_id for document in documents}:
        search.remove(PAGE, gone)


# ── Public duties ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _duty(item: DisclosureItem, attached: str) -> SearchDocument:
    return SearchDocument(
        kind=DUTY,
        object_id=str(item.pk),
        title=item.title,
        url=f"/cong-khai/{item.key}/",
        body="\n".join(part for part in (item.summary, item.body, item.summary_en, item.body_en) if part),
        asked=item.title_en,
        attached=attached,
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
    items = list((found if keys is None else found.filter(pk__in=list(keys))).order_by("pk"))
    attached = _attached({str(item.pk): [item.document_id] if item.document_id else [] for item in items})
    for item in items:
        yield _duty(item, attached[str(item.pk)])


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


# ── Files that change ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Leading:
    """What leads to some documents: duties by key, pages by translation key."""

    duties: list[int]
    articles: list[Any]
    guides: list[Any]
    pages: list[Any]

    def reindex(self) -> None:
        """Write it anew, in the transaction of the change."""
        for keys, reindex in (
            (self.duties, reindex_duties), (self.articles, reindex_articles), (self.guides, reindex_guides), (self.pages, reindex_pages)
        ):  # fmt: skip
            if keys:
                reindex(keys)


def leading_to(documents: Q) -> Leading:
    """What leads to some documents of Wagtail's."""
    from .models import ArticlePage, DisclosureItem, GuidePage

    model = get_document_model()
    keys = list(model.objects.filter(documents).values_list("pk", flat=True))
    referring = ReferenceIndex.objects.filter(to_content_type=ContentType.objects.get_for_model(model), to_object_id__in=[str(key) for key in keys])
    pks = {int(pk) for pk in referring.values_list("object_id", flat=True) if pk.isdigit()} if keys else set()

    def translations(*models: Any) -> list[Any]:
        return [key for kind in models for key in kind.objects.filter(pk__in=pks).values_list("translation_key", flat=True)] if pks else []

    return Leading(
        list(DisclosureItem.objects.filter(document_id__in=keys).values_list("pk", flat=True)) if keys else [],
        translations(ArticlePage), translations(GuidePage), translations(*other_pages()),
    )  # fmt: skip


def files_read(names: Iterable[str]) -> None:
    """The text of some files is known now."""
    leading_to(Q(file__in=list(names))).reindex()


def register() -> None:
    """Offer them to search, and follow what changes them."""
    search_sources.register(ARTICLE, SearchSource(ARTICLE, _("News and notices"), articles, articles_visible, files_read=files_read))
    search_sources.register(GUIDE, SearchSource(GUIDE, _("Step-by-step guides"), guides, guides_visible))
    search_sources.register(DUTY, SearchSource(DUTY, _("Made public by law"), duties, duties_visible))
    search_sources.register(PAGE, SearchSource(PAGE, _("Pages of the portal"), pages, pages_visible))
    from . import following

    following.connect()
