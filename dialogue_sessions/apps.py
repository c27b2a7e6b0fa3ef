"""Dialogues, reception days, appointments: seats for those who come."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DialogueSessionsConfig(AppConfig):
    """Whatever a resident can attend, and who has a seat."""

    name = "dialogue_sessions"
    verbose_name = _("Dialogues and reception days")

    def ready(self) -> None:
        """Tell the registries what is sent."""
        # The day itself.
        from . import day_notices

        day_notices.register()
