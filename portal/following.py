"""Search follows pages and duties: published, taken down, moved, locked, deleted. In the transaction of the change."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.signals import post_delete, post_save, pre_delete
from wagtail.documents import get_document_model
from wagtail.models import Collection, CollectionViewRestriction, Page, PageViewRestriction
from wagtail.signals import page_published, page_unpublished, post_page_move, published, unpublished

from search import files

from . import search_sources


def _reindex_below(page: Page) -> None:
    """The articles, guides and other pages at and below a page."""
    from .models import ArticlePage, GuidePage

    kinds: list[tuple[Any, Any]] = [(ArticlePage, search_sources.reindex_articles), (GuidePage, search_sources.reindex_guides)]
    for model, reindex in (*kinds, *((model, search_sources.reindex_pages) for model in search_sources.other_pages())):
        if keys := list(model.objects.descendant_of(page, inclusive=True).values_list("translation_key", flat=True)):
            reindex(keys)


def page_changed(sender: Any, instance: Any, **kwargs: Any) -> None:
    """A page was published, taken down or moved: it, and what lies below it."""
    with transaction.atomic():
        _reindex_below(instance)


def article_deleted(sender: Any, instance: Any, **kwargs: Any) -> None:
    """An article is gone."""
    with transaction.atomic():
        search_sources.reindex_articles([instance.translation_key])


def guide_deleted(sender: Any, instance: Any, **kwargs: Any) -> None:
    """A guide is gone."""
    with transaction.atomic():
        search_sources.reindex_guides([instance.translation_key])


def page_deleted(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Another page is gone."""
    with transaction.atomic():
        search_sources.reindex_pages([instance.translation_key])


def file_changed(sender: Any, instance: Any, **kwargs: Any) -> None:
    """A document of Wagtail's has another file, or lies in another collection. One just made belongs to nothing yet."""
    if not kwargs.get("created"):
        with transaction.atomic():
            search_sources.leading_to(Q(pk=instance.pk)).reindex()


def file_going(sender: Any, instance: Any, **kwargs: Any) -> None:
    """A document of Wagtail's goes: who leads to it is known only now."""
    instance.led_to_by = search_sources.leading_to(Q(pk=instance.pk))


def file_gone(sender: Any, instance: Any, **kwargs: Any) -> None:
    """It is gone, and what it said."""
    with transaction.atomic():
        files.forget([instance.file.name])
        instance.led_to_by.reindex()


def collection_lock_changed(sender: Any, instance: CollectionViewRestriction, **kwargs: Any) -> None:
    """A lock was put before a collection of files, or taken away."""
    with transaction.atomic():
        search_sources.leading_to(Q(collection__path__startswith=instance.collection.path)).reindex()


def collection_changed(sender: Any, instance: Collection, **kwargs: Any) -> None:
    """A collection was moved, maybe under another that is locked."""
    if not kwargs.get("created"):
        with transaction.atomic():
            search_sources.leading_to(Q(collection__path__startswith=instance.path)).reindex()


def event_changed(sender: Any, instance: Any, **kwargs: Any) -> None:
    """A life event has another name: its guides are found by it."""
    with transaction.atomic():
        search_sources.reindex_guides(instance.guides.values_list("translation_key", flat=True))


def lock_changed(sender: Any, instance: PageViewRestriction, **kwargs: Any) -> None:
    """A lock was put before a page, or taken away: all below it."""
    with transaction.atomic():
        _reindex_below(instance.page)


def duty_changed(sender: Any, instance: Any, **kwargs: Any) -> None:
    """A duty was published, taken down, changed or deleted."""
    with transaction.atomic():
        search_sources.reindex_duties([instance.pk])


def connect() -> None:
    """Listen."""
    from procedures_catalog.models import LifeEvent

    from .models import ArticlePage, DisclosureItem, GuidePage, HomePage

    for sender in (ArticlePage, HomePage, GuidePage, *search_sources.other_pages()):
        for signal in (page_published, page_unpublished, post_page_move):
            signal.connect(page_changed, sender=sender, dispatch_uid=f"portal.search.{sender.__name__}.{id(signal)}")
    post_delete.connect(article_deleted, sender=ArticlePage, dispatch_uid="portal.search.article_deleted")
    post_delete.connect(guide_deleted, sender=GuidePage, dispatch_uid="portal.search.guide_deleted")
    for sender in search_sources.other_pages():
        post_delete.connect(page_deleted, sender=sender, dispatch_uid=f"portal.search.{sender.__name__}.deleted")
    documents = get_document_model()
    post_save.connect(file_changed, sender=documents, dispatch_uid="portal.search.file")
    pre_delete.connect(file_going, sender=documents, dispatch_uid="portal.search.file_going")
    post_delete.connect(file_gone, sender=documents, dispatch_uid="portal.search.file_gone")
    for signal in (post_save, post_delete):
        signal.connect(collection_lock_changed, sender=CollectionViewRestriction, dispatch_uid=f"portal.search.files.{id(signal)}")
    post_save.connect(collection_changed, sender=Collection, dispatch_uid="portal.search.collection")
    post_save.connect(event_changed, sender=LifeEvent, dispatch_uid="portal.search.event_changed")
    for signal in (post_save, post_delete):
        signal.connect(lock_changed, sender=PageViewRestriction, dispatch_uid=f"portal.search.lock.{id(signal)}")
    for signal in (published, unpublished):
        signal.connect(duty_changed, sender=DisclosureItem, dispatch_uid=f"portal.search.duty.{id(signal)}")
    post_delete.connect(duty_changed, sender=DisclosureItem, dispatch_uid="portal.search.duty_deleted")
