"""Open data: the files of every registered dataset."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OpenDataConfig(AppConfig):
    """Makes and gives away what `foundation.registries.open_datasets` holds."""

    name = "transparency.opendata"
    label = "opendata"
    verbose_name = _("Open data")

    def ready(self) -> None:
        """Register the guards, the routes and the pages."""
        from . import api, checks, search_sources, sitemaps  # noqa: F401  # checks register themselves

        api.register()
        sitemaps.register()
        search_sources.register()
