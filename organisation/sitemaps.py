"""The pages of units for search engines elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.sitemaps import Sitemap

from foundation.registries import sitemaps

from .models import Unit

if TYPE_CHECKING:
    _Base = Sitemap[Unit]
else:
    _Base = Sitemap  # generic in the stubs only


class UnitSitemap(_Base):
    """Every unit in both languages, the closed ones too: their pages lead to their successors."""

    i18n = True
    alternates = True
    x_default = True
    limit = 1_000
    changefreq = "weekly"

    def items(self) -> Any:
        """All units in a fixed order, so that pages of the sitemap do not overlap."""
        return Unit.objects.order_by("pk")

    def priority(self, item: Unit) -> float:
        """Closed units come last."""
        return 0.2 if item.is_closed else 0.6


def register() -> None:
    """Called when the application starts."""
    sitemaps.register("units", UnitSitemap)
