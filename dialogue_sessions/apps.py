"""Dialogues, reception days, appointments: seats for those who come."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.apps import apps as every_app
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class DialogueSessionsConfig(AppConfig):
    """Whatever a resident can attend, and who has a seat."""

    name = "dialogue_sessions"
    verbose_name = _("Dialogues and reception days")

    def ready(self) -> None:
        """Tell the registries what is shown elsewhere, what is sent, and what is held about people."""
        from foundation.registries import PersonalData, personal_data, sealed

        from . import notices, papers, privacy, unit_panel

        unit_panel.register()
        post_migrate.connect(_after_migrate, sender=self)
        notices.register()
        papers.register()
        personal_data.register(
            "dialogue_sessions.registration", PersonalData(_("registrations"), privacy.due, privacy.purge, privacy.export, privacy.erase)
        )
        sealed.register("dialogue_sessions", privacy.rewrap)


def _after_migrate(sender: AppConfig, **kwargs: Any) -> None:
    """The terms of the law, into tables that are empty."""
    from .legal_facts import seed

    apps = kwargs.get("apps") or every_app
    try:
        apps.get_model("dialogue_sessions", "LegalMinimum")
    except LookupError:
        return  # migrated to a state before it
    seed(apps)
