"""Dialogues, reception days, appointments: seats for those who come."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DialogueSessionsConfig(AppConfig):
    """Whatever a resident can attend, and who has a seat."""

    name = "dialogue_sessions"
    verbose_name = _("Dialogues and reception days")

    def ready(self) -> None:
        """Fill the registries."""
        from . import api, feeds, open_data, panels, search_sources, sitemaps

        search_sources.register()
        sitemaps.register()
        api.register()
        open_data.register()
        feeds.register()
        panels.register()
