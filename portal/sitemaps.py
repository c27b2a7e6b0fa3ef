"""The site's pages for search engines; every application adds its own through the registry."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.contrib.sitemaps import Sitemap
from django.urls import reverse
from wagtail.models import Page

from foundation.api import absolute
from foundation.registries import sitemaps
from organisation.models import today
from procedures_catalog import listing
from procedures_catalog.models import Procedure

from .models import DisclosureItem
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
        return ["home", "follow", "", *(option.url for options in page.facets.values() for option in options)]

    def location(self, item: str) -> str:
        """The address."""
        return reverse({"home": "home", "follow": "portal:follow"}[item]) if item.isalpha() else reverse("procedures_catalog:list") + item


class Duties(_Base):
    """What the law makes the office publish: the list, and each thing that is on display."""

    i18n = True
    alternates = True
    limit = 1_000

    def items(self) -> Any:
        """Keys; '' is the list. What is on display no more asks engines itself to forget it."""
        return ["", *DisclosureItem.objects.shown().order_by("pk").values_list("key", flat=True)]

    def location(self, item: str) -> str:
        """The address."""
        return reverse("portal:duty", args=[item]) if item else reverse("portal:duties")


class ContentPages(_Base):
    """The site's own pages that anybody may read, each with its translation."""

    def items(self) -> Any:
        """Published pages without a lock, but for the home pages."""
        return Page.objects.live().public().filter(depth__gt=2).select_related("locale").order_by("path")

    def get_urls(self, page: int | str = 1, site: Any = None, protocol: str | None = None) -> list[dict[str, Any]]:
        """The addresses with those of their translations; Django knows translations by address only, and a page of the tree has one
        of its own in each language. One query more."""
        found: list[dict[str, Any]] = super().get_urls(page, site, protocol)
        keys = [url["item"].translation_key for url in found]
        others: dict[Any, list[Page]] = defaultdict(list)
        for other in Page.objects.live().public().filter(translation_key__in=keys).select_related("locale"):
            others[other.translation_key].append(other)
        for url in found:
            same = others[url["item"].translation_key]
            if len(same) > 1:
                url["alternates"] = [{"lang_code": one.locale.language_code, "location": absolute(self.location(one))} for one in same]
        return found

    def lastmod(self, item: Page) -> dt.datetime | None:
        """When the page was last published."""
        changed: dt.datetime | None = item.last_published_at
        return changed

    def location(self, item: Page) -> str:
        """The address."""
        return page_url(item.url_path, item.locale.language_code)


def all_sitemaps() -> dict[str, Any]:
    """Our own and those of the registry."""
    return {"procedures": ProcedurePages, "lists": Lists, "pages": ContentPages, "duties": Duties, **dict(sitemaps.items())}
