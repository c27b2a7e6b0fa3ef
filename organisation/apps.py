"""Organisation: units, service points, people, the working calendar."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrganisationConfig(AppConfig):
    """Who does what, where and when."""

    name = "organisation"
    verbose_name = _("Organisation")

    def ready(self) -> None:
        """Tell the registries what is to be found here."""
        from foundation.registries import local_words

        from . import api, open_data, queries, search_sources, sitemaps

        local_words.register("units", queries.names_of_units)
        search_sources.register()
        sitemaps.register()
        api.register()
        open_data.register()
