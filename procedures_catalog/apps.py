"""The catalogue of administrative procedures."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProceduresCatalogConfig(AppConfig):
    """Procedures: identity, versions, decisions, import and export, public pages."""

    name = "procedures_catalog"
    verbose_name = _("Procedures")

    def ready(self) -> None:
        """Fill the registries and register the guards."""
        from . import api, checks, feeds, open_data, search_sources, sitemaps, unit_panel  # noqa: F401  # checks register themselves

        search_sources.register()
        api.register()
        unit_panel.register()
        open_data.register()
        feeds.register()
        sitemaps.register()
        from . import exports  # noqa: F401  # its jobs register themselves
        from .importing import jobs, wagtail_hooks  # noqa: F401  # jobs and pages of the import register themselves
