"""Dialogues, reception days, appointments: seats for those who come."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DialogueSessionsConfig(AppConfig):
    """Whatever a resident can attend, and who has a seat."""

    name = "dialogue_sessions"
    verbose_name = _("Dialogues and reception days")

    def ready(self) -> None:
        """Fill the registries."""
        from . import promise_registering

        promise_registering.register()
