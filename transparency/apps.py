"""Transparency: service levels, posting, and the data behind every figure, open to everybody."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TransparencyConfig(AppConfig):
    """What the portal shows of itself in figures, and where it gives them away."""

    name = "transparency"
    verbose_name = _("Transparency")

    def ready(self) -> None:
        """Fill the registries."""
        from . import datasets, panels, search_sources, sitemaps

        panels.register()
        datasets.register()
        sitemaps.register()
        search_sources.register()
