"""The feed of articles, and the page that lists every feed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from foundation.api import absolute
from foundation.atom import AtomFeed, tag
from foundation.registries import FeedGroup, FeedLink, feed_groups
from procedures_catalog.caching import public_page

from .models import ArticlePage
from .navigation import page_url

if TYPE_CHECKING:
    _Base = Feed[ArticlePage, None]
else:
    _Base = Feed  # generic in the stubs only
ARTICLES = 50
FEW = 5  # a group with no more is named in the page's head, too


class ArticlesFeed(_Base):
    """News, notices and guides in the reader's language, newest first."""

    feed_type = AtomFeed

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The feed, with the cache headers of a public page."""
        return public_page(super().__call__)(request, *args, **kwargs)

    def title(self) -> str:
        """Its name."""
        return _("News, notices and guides")

    def link(self) -> str:
        """The home page."""
        return reverse("home")

    def feed_guid(self) -> str:
        """The same for ever."""
        return tag("tin", get_language() or "vi")

    def items(self) -> Any:
        """What anybody may read."""
        language = get_language() or "vi"
        return ArticlePage.objects.for_everybody().filter(locale__language_code=language).select_related("locale").order_by("-date", "-pk")[:ARTICLES]

    def item_title(self, item: Any) -> str:
        """The title."""
        return str(item.title)

    def item_description(self, item: Any) -> str:
        """The summary."""
        return str(item.summary)

    def item_link(self, item: Any) -> str:
        """The page."""
        return page_url(item.url_path, item.locale.language_code)

    def item_guid(self, item: Any) -> str:
        """The page's own key, which it keeps when it is moved or renamed."""
        return tag("tin", str(item.translation_key), item.locale.language_code)

    def item_pubdate(self, item: Any) -> dt.datetime:
        """When it was first public."""
        return item.first_published_at or timezone.make_aware(dt.datetime.combine(item.date, dt.time.min))

    def item_updateddate(self, item: Any) -> dt.datetime:
        """When it was last changed."""
        return item.last_published_at or self.item_pubdate(item)


def news() -> Iterable[FeedLink]:
    """The feed of articles."""
    yield FeedLink(_("News, notices and guides"), reverse("portal:articles_feed"))


def register() -> None:
    """Called when the application starts."""
    feed_groups.register("news", FeedGroup(gettext_lazy("News"), gettext_lazy("What this office tells its citizens."), 30, news))


@require_safe
@public_page
def follow(request: HttpRequest) -> HttpResponse:
    """Every feed that somebody may follow."""
    groups = []
    for group in sorted(feed_groups, key=lambda group: group.order):
        feeds = list(group.feeds())
        if feeds:
            groups.append({"title": group.title, "description": group.description, "feeds": feeds, "few": len(feeds) <= FEW})
    return render(request, "portal/follow.html", {"groups": groups, "canonical_url": absolute(request.path), "section": "data"})
