"""Search follows pages and duties: published, taken down, moved, locked, deleted. In the transaction of the change."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from wagtail.models import Page, PageViewRestriction
from wagtail.signals import page_published, page_unpublished, post_page_move, published, unpublished

from . import search_sources


def _reindex_below(page: Page) -> None:
    """The articles and guides at and below a page."""
    from .models import ArticlePage, GuidePage

    for model, reindex in ((ArticlePage, search_sources.reindex_articles), (GuidePage, search_sources.reindex_guides)):
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

    from .models import ArticlePage, DisclosureItem, GuideIndexPage, GuidePage, HomePage, SectionPage

    for sender in (ArticlePage, SectionPage, HomePage, GuidePage, GuideIndexPage):
        for signal in (page_published, page_unpublished, post_page_move):
            signal.connect(page_changed, sender=sender, dispatch_uid=f"portal.search.{sender.__name__}.{id(signal)}")
    post_delete.connect(article_deleted, sender=ArticlePage, dispatch_uid="portal.search.article_deleted")
    post_delete.connect(guide_deleted, sender=GuidePage, dispatch_uid="portal.search.guide_deleted")
    post_save.connect(event_changed, sender=LifeEvent, dispatch_uid="portal.search.event_changed")
    for signal in (post_save, post_delete):
        signal.connect(lock_changed, sender=PageViewRestriction, dispatch_uid=f"portal.search.lock.{id(signal)}")
    for signal in (published, unpublished):
        signal.connect(duty_changed, sender=DisclosureItem, dispatch_uid=f"portal.search.duty.{id(signal)}")
    post_delete.connect(duty_changed, sender=DisclosureItem, dispatch_uid="portal.search.duty_deleted")
