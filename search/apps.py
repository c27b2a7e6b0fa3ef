"""Search: one box over everything."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    """Language, entries, engines, results."""

    name = "search"
    verbose_name = _("Search")

    def ready(self) -> None:
        """Offer the API route, and say in /readyz how the engines do."""
        from foundation.registries import HealthCheck, health_checks

        from . import api, index
        from .engines import local

        api.register()
        health_checks.register("elasticsearch", HealthCheck(index.trouble))
        health_checks.register("search mirror", HealthCheck(lambda: local.engine().trouble()))
