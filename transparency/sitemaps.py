"""The figures for search engines elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from foundation.registries import sitemaps

if TYPE_CHECKING:
    _Base = Sitemap[Any]
else:
    _Base = Sitemap  # generic in the stubs only


class FigurePages(_Base):
    """The pages of figures, in both languages."""

    i18n = True
    alternates = True

    def items(self) -> list[str]:
        """By name."""
        return ["index", "levels", "roadmap", "posting"]

    def location(self, item: str) -> str:
        """The address."""
        return reverse(f"transparency:{item}")


def register() -> None:
    """Called when the application starts."""
    sitemaps.register("figures", FigurePages)
