"""A feed of what changed in the catalogue."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from organisation.models import today

from .caching import public_page
from .enums import ChangeKind, EndKind
from .presentation import label
from .queries import CHANGES, Data, recent_changes

if TYPE_CHECKING:
    _Base = Feed[Data, None]
else:
    _Base = Feed  # generic in the stubs only


class ChangesFeed(_Base):
    """Procedures that came, changed or ended, newest first (Atom)."""

    feed_type = Atom1Feed

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The feed, with the cache headers of a public page."""
        return public_page(super().__call__)(request, *args, **kwargs)

    def title(self) -> str:
        """Its name."""
        return _("Changes of procedures")

    def link(self) -> str:
        """The list that it belongs to."""
        return reverse("procedures_catalog:list")

    def items(self) -> list[Data]:
        """The changes."""
        return recent_changes(today(), count=CHANGES)

    def item_title(self, item: Any) -> str:
        """The kind of change and the name."""
        kind = label(EndKind, item["end_kind"]) if item["ended"] else label(ChangeKind, item["change_kind"])
        return f"{kind}: {item['name']}"

    def item_description(self, item: Any) -> str:
        """The decision behind it."""
        return _("Decision %(number)s") % {"number": item["decision_number"]} if item["decision_number"] else ""

    def item_link(self, item: Any) -> str:
        """The procedure's page."""
        return reverse("procedures_catalog:procedure", args=[item["code"]])

    def item_guid(self, item: Any) -> str:
        """The same for a change for ever."""
        return f"{item['code']}/{item['id']}/{'end' if item['ended'] else 'begin'}"

    def item_updateddate(self, item: Any) -> dt.datetime:
        """The day of the change, at its first minute in Vietnam."""
        return timezone.make_aware(dt.datetime.combine(item["on"], dt.time.min))

    item_pubdate = item_updateddate
