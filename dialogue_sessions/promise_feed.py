"""The feed of promises (Atom): what was promised, moved, kept, refused, newest first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from foundation.atom import AtomFeed, tag
from foundation.registries import FeedGroup, FeedLink, feed_groups
from organisation.models import today
from procedures_catalog.caching import public_page

from .models import Promise
from .promise_data import standing

if TYPE_CHECKING:
    _Base = Feed[Promise, Any]
else:
    _Base = Feed  # generic in the stubs only
COUNT = 50


class PromisesFeed(_Base):
    """Promises, those that changed last first."""

    feed_type = AtomFeed

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The feed, with the cache headers of a public page."""
        return public_page(super().__call__)(request, *args, **kwargs)

    def title(self, obj: Any) -> str:
        """Its name."""
        return _("Promises to residents")

    def subtitle(self, obj: Any) -> str:
        """What it tells of."""
        return _("What was promised, moved, kept or not.")

    def link(self, obj: Any) -> str:
        """The board."""
        return reverse("promises:board")

    def feed_guid(self, obj: Any) -> str:
        """A name that stays."""
        return tag("promises", get_language() or "vi")

    def items(self, obj: Any) -> Iterable[Promise]:
        """The newest."""
        return Promise.objects.public().select_related("unit").order_by("-changed_at", "-pk")[:COUNT]

    def item_title(self, item: Any) -> str:
        """What is promised."""
        return str(item.words[:200])

    def item_description(self, item: Any) -> str:
        """Who, and where it stands."""
        # Of an open one the date, not how many days are left: an entry must not change by the clock.
        said = standing(item, today())[0] if not item.is_followed_up else _("to be kept by %(day)s") % {"day": f"{item.due_on:%d/%m/%Y}"}
        return f"{item.unit.title}: {said}"

    def item_guid(self, item: Any) -> str:
        """A name that stays."""
        return tag("promise", str(item.pk), get_language() or "vi")

    def item_guid_is_permalink(self, item: Any) -> bool:
        """It is a name, no address."""
        return False

    def item_pubdate(self, item: Any) -> dt.datetime | None:
        """When it became public."""
        return item.published_at  # type: ignore[no-any-return]

    def item_updateddate(self, item: Any) -> dt.datetime:
        """When it changed last."""
        return item.changed_at  # type: ignore[no-any-return]


def register() -> None:
    """Tell the page that lists feeds."""
    feed_groups.register("promises", FeedGroup(
        title=gettext_lazy("Promises to residents"), description=gettext_lazy("What was promised, moved, kept or not."), order=40,
        feeds=lambda: [FeedLink(_("All promises"), reverse("promises:feed"))],
    ))  # fmt: skip
