"""Safeguards: events and their seal, roles, rate limits, headers."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SafeguardsConfig(AppConfig):
    """Whatever protects the portal and proves what happened in it."""

    name = "safeguards"
    verbose_name = _("Safeguards")
