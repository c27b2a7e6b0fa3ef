"""What dialogues and reception days add to Wagtail's back office."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from .scope import VIEW_REGISTRATIONS

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
