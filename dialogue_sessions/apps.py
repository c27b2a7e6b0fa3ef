"""Dialogues, reception days, appointments: seats for those who come."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DialogueSessionsConfig(AppConfig):
    """Whatever a resident can attend, and who has a seat."""

    name = "dialogue_sessions"
    verbose_name = _("Dialogues and reception days")

    def ready(self) -> None:
        """Tell the registries what is sent, and what is held about people."""
        from foundation.registries import PersonalData, personal_data, sealed

        from . import notices, privacy

        notices.register()
        personal_data.register(
            "dialogue_sessions.registration", PersonalData(_("registrations"), privacy.due, privacy.purge, privacy.export, privacy.erase)
        )
        sealed.register("dialogue_sessions", privacy.rewrap)
