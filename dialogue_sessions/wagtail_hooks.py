"""What dialogues and reception days add to Wagtail's back office."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin import messages
from wagtail.snippets.models import register_snippet

from .backoffice import sessions
from .backoffice.urls import urlpatterns
from .models import ConsentText, LegalMinimum, LegalTerm, RetentionPolicy
from .viewsets import DialoguesGroup

register_snippet(DialoguesGroup)
sessions.MORE.append(("dialogue_sessions_backoffice:write_down", gettext_lazy("Write somebody down")))


@hooks.register("register_admin_urls")
def register_urls() -> list[Any]:
    """Our own pages of the back office."""
    return [path("dialogue-sessions/", include((urlpatterns, "dialogue_sessions_backoffice"), namespace="dialogue_sessions_backoffice"))]


@hooks.register("before_bulk_action")
def law_is_kept(request: HttpRequest, action_type: str, objects: list[Any], action: Any) -> HttpResponse | None:
    """What the law asked for is not deleted, many at once neither; nor is what people consented to, or how long they were known."""
    if action_type == "delete" and action.model in {RetentionPolicy, ConsentText}:
        messages.error(request, _("What was in force is not deleted. Add a newer row instead."))
        return redirect(f"wagtailsnippets_dialogue_sessions_{action.model._meta.model_name}:list")
    if action_type == "delete" and action.model in {LegalTerm, LegalMinimum}:
        messages.error(request, _("What the law asked for is not deleted. Give it a last day instead."))
        return redirect(f"wagtailsnippets_dialogue_sessions_{action.model._meta.model_name}:list")
    return None
