"""Dialogues, reception days, appointments: seats for those who come."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.apps import apps as every_app
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

# Modules with something for the registries of `foundation`.
PARTS = (
    "search_sources", "sitemaps", "api", "open_data", "feeds", "panels", "page_parts", "notices", "papers", "privacy", "day_notices",
    "question_notices", "question_papers", "question_privacy", "question_search", "promise_registering",
    "duties", "unit_panel",  # the panel counts the queries of all that is overdue: last
)  # fmt: skip


class DialogueSessionsConfig(AppConfig):
    """Whatever a resident can attend, and who has a seat."""

    name = "dialogue_sessions"
    verbose_name = _("Dialogues and reception days")

    def ready(self) -> None:
        """Tell the registries what is shown elsewhere, what is found, what is sent, and what is held about people."""
        for part in PARTS:
            import_module(f"{self.name}.{part}").register()
        post_migrate.connect(_after_migrate, sender=self)


def _after_migrate(sender: AppConfig, **kwargs: Any) -> None:
    """The terms of the law, into tables that are empty."""
    from .legal_facts import seed

    apps = kwargs.get("apps") or every_app
    try:
        apps.get_model("dialogue_sessions", "LegalMinimum")
    except LookupError:
        return  # migrated to a state before it
    seed(apps)
