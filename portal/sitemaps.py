"""The site's pages for search engines; every application adds its own through the registry."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.contrib.sitemaps import Sitemap
from django.urls import reverse
from wagtail.models import Page

from foundation.registries import sitemaps
from organisation.models import today
from procedures_catalog import listing
from procedures_catalog.models import Procedure

from .navigation import page_url

if TYPE_CHECKING:
    _Base = Sitemap[Any]
else:
    _Base = Sitemap  # generic in the stubs only


class ProcedurePages(_Base):
    """Procedures that have a published version, in both languages."""

    i18n = True
    alternates = True
    x_default = True
    limit = 1_000  # a part is made for each request: it has to cost little

    def items(self) -> Any:
        """By code; each with the day of its last change."""
        from django.db.models import Max

        return Procedure.objects.filter(versions__live=True).annotate(changed=Max("versions__valid_from")).order_by("code")

    def lastmod(self, item: Any) -> dt.date | None:
        """The day of the last change that is not to come."""
        changed: dt.date | None = item.changed
        return min(changed, today()) if changed else None


class Lists(_Base):
    """The home page and the lists by one facet."""

    i18n = True
    alternates = True

    def items(self) -> list[str]:
        """Queries behind the list's address; None is the home page."""
        page = listing.page(listing.catalogue(), listing.Choice())
        return ["home", "", *(option.url for options in page.facets.values() for option in options)]

    def location(self, item: str) -> str:
        """The address."""
        return reverse("home") if item == "home" else reverse("procedures_catalog:list") + item


class ContentPages(_Base):
    """The site's own pages that anybody may read."""

    def items(self) -> Any:
        """Published pages without a lock, but for the home pages."""
        return Page.objects.live().public().filter(depth__gt=2).select_related("locale").order_by("path")

    def lastmod(self, item: Page) -> dt.datetime | None:
        """When the page was last published."""
        changed: dt.datetime | None = item.last_published_at
        return changed

    def location(self, item: Page) -> str:
        """The address."""
        return page_url(item.url_path, item.locale.language_code)


def all_sitemaps() -> dict[str, Any]:
    """Our own and those of the registry."""
    return {"procedures": ProcedurePages, "lists": Lists, "pages": ContentPages, **dict(sitemaps.items())}
