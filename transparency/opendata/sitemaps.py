"""The pages of open data for search engines elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from foundation.registries import open_datasets, sitemaps

if TYPE_CHECKING:
    _Base = Sitemap[str]
else:
    _Base = Sitemap  # generic in the stubs only


class DatasetSitemap(_Base):
    """The list of datasets, and each of them."""

    i18n = True
    alternates = True

    def items(self) -> Any:
        """Slugs; '' is the list."""
        return ["", *(dataset.slug for dataset in open_datasets)]

    def location(self, item: str) -> str:
        """The address."""
        return reverse("opendata:dataset", args=[item]) if item else reverse("opendata:index")


def register() -> None:
    """Called when the application starts."""
    sitemaps.register("datasets", DatasetSitemap)
