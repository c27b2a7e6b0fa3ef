"""Messaging: notices to people, and contacts proven by a code."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.apps import apps as every_app
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    """Templates, channels, delivery."""

    name = "messaging"
    verbose_name = _("Messages")

    def ready(self) -> None:
        """Tell the registries what is sent, how it goes, and what is held about people."""
        from foundation.registries import HealthCheck, PersonalData, health_checks, personal_data, sealed

        from . import checks, codes, contacts, kinds, sending  # noqa: F401  # checks register themselves

        kinds.register()
        health_checks.register("messages", HealthCheck(sending.trouble))
        # Before the contacts: what is counted of one person is not gone with them yet.
        personal_data.register(
            "messaging.message",
            PersonalData(_("messages"), contacts.messages_due, contacts.purge_messages, contacts.export_messages, contacts.erase_messages),
        )
        personal_data.register(
            "messaging.contact",
            PersonalData(_("contacts"), contacts.contacts_due, contacts.purge_contacts, contacts.export_contact, contacts.erase),
        )
        personal_data.register("messaging.code", PersonalData(_("codes"), codes.due, codes.purge, lambda person: [], lambda person: 0))
        sealed.register("messaging", contacts.rewrap)
        post_migrate.connect(_after_migrate, sender=self)


def _after_migrate(sender: AppConfig, **kwargs: Any) -> None:
    """The texts that come with the portal, as the tables of this moment take them."""
    from .composing import seed

    apps = kwargs.get("apps") or every_app
    try:
        apps.get_model("messaging", "Template")
    except LookupError:
        return  # migrated to a state before it
    seed(apps)
