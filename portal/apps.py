"""The site itself."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    """Settings, home and content pages, navigation, API root."""

    name = "portal"
    verbose_name = _("Portal")

    def ready(self) -> None:
        """Say what /readyz asks; keep formulas out of the back office's exports."""
        from . import health, spreadsheets

        health.register()
        spreadsheets.guard()
