"""What dialogues and reception days add to Wagtail's back office."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.snippets.models import register_snippet

from .backoffice import sessions
from .backoffice.home import Waits
from .backoffice.urls import urlpatterns
from .enums import OPEN_TO_CLERKS
from .models import ConsentText, LegalMinimum, LegalTerm, PriorityGroup, RecordPolicy, RequestThreshold, RetentionPolicy, SeatPolicy
from .scope import REGISTER, VIEW_REGISTRATIONS
from .viewsets import DialoguesGroup

POLICIES = {RetentionPolicy, ConsentText, SeatPolicy, PriorityGroup, RequestThreshold, RecordPolicy}

register_snippet(DialoguesGroup)
sessions.MORE.append(("dialogue_sessions_backoffice:write_down", _("Write somebody down"), REGISTER, OPEN_TO_CLERKS))


@hooks.register("register_admin_urls")
def register_urls() -> list[Any]:
    """Our own pages of the back office."""
    return [path("dialogue-sessions/", include((urlpatterns, "dialogue_sessions_backoffice"), namespace="dialogue_sessions_backoffice"))]


@hooks.register("before_bulk_action")
def law_is_kept(request: HttpRequest, action_type: str, objects: list[Any], action: Any) -> HttpResponse | None:
    """What the law asked for is not deleted, many at once neither; nor is what people consented to, nor a policy."""
    if action_type == "delete" and action.model in POLICIES:
        messages.error(request, gettext("What was in force is not deleted. Add a newer row instead."))
        return redirect(f"wagtailsnippets_dialogue_sessions_{action.model._meta.model_name}:list")
    if action_type == "delete" and action.model in {LegalTerm, LegalMinimum}:
        messages.error(request, gettext("What the law asked for is not deleted. Give it a last day instead."))
        return redirect(f"wagtailsnippets_dialogue_sessions_{action.model._meta.model_name}:list")
    return None


# ── The day itself ────────────────────────────────────────────────────────────────────────────────────────────────────


@hooks.register("register_admin_urls")
def register_day_urls() -> list[Any]:
    """Its pages, made for telephones."""
    return [path("dialogues/day/", include("dialogue_sessions.backoffice.day_urls"))]


class DayItem(MenuItem):
    """Shown to whoever may see who registered."""

    def is_shown(self, request: HttpRequest) -> bool:
        """With the right."""
        return bool(request.user.has_perm(VIEW_REGISTRATIONS))


@hooks.register("register_admin_menu_item")
def day_item() -> MenuItem:
    """The way to them."""
    return DayItem(_("The day itself"), reverse("dialogue_sessions_day:sessions"), name="dialogues-day", icon_name="group", order=171)


@hooks.register("construct_homepage_panels")
def what_waits(request: HttpRequest, panels: list[Any]) -> None:
    """What waits for somebody, on the first page."""
    panels.append(Waits())
