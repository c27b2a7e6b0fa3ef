"""The site itself."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    """Settings, home and content pages, navigation, API root."""

    name = "portal"
    verbose_name = _("Portal")

    def ready(self) -> None:
        """Say what /readyz asks, what is found and shown here; put the guards on Wagtail's exports and publications."""
        from . import feeds, guides, health, panels, search_sources, spreadsheets
        from .page_cache import checks, tables  # noqa: F401  # checks register themselves
        from .services import four_eyes

        health.register()
        spreadsheets.guard()
        four_eyes.guard()
        search_sources.register()
        panels.register()
        feeds.register()
        guides.register()
        post_migrate.connect(tables.follow_all, sender=self, dispatch_uid="portal.page_cache")
