"""Pages of promises for search engines elsewhere."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.contrib.sitemaps import Sitemap

from foundation.registries import sitemaps

from .models import Promise

if TYPE_CHECKING:
    _Base = Sitemap[Promise]
else:
    _Base = Sitemap  # generic in the stubs only


class PromiseSitemap(_Base):
    """Every public promise in both languages."""

    i18n = True
    alternates = True
    x_default = True
    limit = 1_000
    changefreq = "weekly"

    def items(self) -> Any:
        """All, in a fixed order, so that pages of the sitemap do not overlap."""
        return Promise.objects.public().order_by("pk")

    def lastmod(self, item: Promise) -> dt.datetime:
        """When it changed last."""
        return item.changed_at


def register() -> None:
    """Called when the application starts."""
    sitemaps.register("promises", PromiseSitemap)
