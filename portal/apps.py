"""The site itself."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    """Settings, home and content pages, navigation, API root."""

    name = "portal"
    verbose_name = _("Portal")

    def ready(self) -> None:
        """Say what /readyz asks."""
        from . import health

        health.register()
