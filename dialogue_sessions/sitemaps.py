"""The calendar and the pages of sessions for search engines elsewhere."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from foundation import together
from foundation.registries import sitemaps

from .enums import SessionKind
from .models import Promise, Session

if TYPE_CHECKING:
    _Base = Sitemap[Any]
else:
    _Base = Sitemap  # generic in the stubs only


class SessionPages(_Base):
    """Every public session in both languages; what was held stays, for its answers and promises do. Slots of counters are not in it."""

    i18n = True
    alternates = True
    x_default = True
    limit = 1_000

    def items(self) -> Any:
        """In a fixed order, so that pages of the sitemap do not overlap; what was promised after them. One query."""
        sessions, promises = together.rows(
            Session.objects.public().exclude(kind=SessionKind.APPOINTMENT).only("pk", "slug", "changed_at").order_by("pk"),
            Promise.objects.public().only("pk", "changed_at").order_by("pk"),
        )
        return [*sessions, *promises]

    def lastmod(self, item: Session | Promise) -> dt.datetime:
        """When it was announced, moved, called off; when what was promised changed."""
        return item.changed_at


class CalendarPage(_Base):
    """The calendar of this month; the others are linked from it."""

    i18n = True
    alternates = True
    changefreq = "daily"

    def items(self) -> list[str]:
        """By name."""
        return ["calendar"]

    def location(self, item: str) -> str:
        """The address."""
        return reverse(f"dialogue_sessions:{item}")


def register() -> None:
    """Called when the application starts."""
    sitemaps.register("sessions", SessionPages)
    sitemaps.register("calendar", CalendarPage)
