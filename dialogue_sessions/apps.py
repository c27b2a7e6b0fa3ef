"""Dialogues, reception days, appointments: seats for those who come."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DialogueSessionsConfig(AppConfig):
    """Whatever a resident can attend, and who has a seat."""

    name = "dialogue_sessions"
    verbose_name = _("Dialogues and reception days")

    def ready(self) -> None:
        """Tell the registries what is sent, found and held here."""
        # Questions and requests.
        from . import question_notices, question_privacy, question_search

        question_notices.register()
        question_privacy.register()
        question_search.register()
