"""Safeguards: events and their seal, roles, rate limits, headers."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class SafeguardsConfig(AppConfig):
    """Whatever protects the portal and proves what happened in it."""

    name = "safeguards"
    verbose_name = _("Safeguards")

    def ready(self) -> None:
        """Register the guards, and let rights follow every migration, so that no new table is forgotten."""
        from . import checks  # noqa: F401  # registers the system checks
        from .accounts import signals

        signals.connect()
        _register_files()
        pre_migrate.connect(_before_migrate, sender=self)
        post_migrate.connect(_after_migrate, sender=self)


def _register_files() -> None:
    from foundation.registries import HealthCheck, PersonalData, health_checks, personal_data, sealed

    from .uploads import upkeep

    health_checks.register("virus scanner", HealthCheck(upkeep.trouble))
    # Whoever files belong to exports and erases them with the rest of a person's data.
    personal_data.register(
        "safeguards.storedfile", PersonalData(_("files that people sent"), upkeep.due, upkeep.purge, lambda person: [], lambda person: 0)
    )
    sealed.register("safeguards.storedfile", upkeep.rewrap)


def _has_roles(using: str) -> bool:
    return using == DEFAULT_DB_ALIAS and settings.DATABASE_ROLES["owner"] != settings.DATABASE_ROLES["app"]


def _before_migrate(sender: AppConfig, using: str, plan: list[Any], **kwargs: Any) -> None:
    """Views pin the columns that they read: away with them while tables change."""
    from . import database

    if plan and _has_roles(using):
        database.drop_reporting_views()


def _after_migrate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    from . import database

    if _has_roles(using):
        database.apply()
