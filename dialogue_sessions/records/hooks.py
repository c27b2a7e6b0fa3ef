"""What promises and minutes add to Wagtail's back office: their addresses and their part of the side menu."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import Menu, MenuItem, SubmenuMenuItem

from . import minutes, promises
from .urls import urlpatterns


class WithRight(MenuItem):
    """Shown to whoever has the right to what it leads to."""

    def __init__(self, *args: Any, right: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.right = right

    def is_shown(self, request: HttpRequest) -> bool:
        """With the right."""
        return bool(request.user.has_perm(self.right))


@hooks.register("register_admin_urls")
def register_urls() -> list[Any]:
    """Our own pages of the back office."""
    return [path("records/", include((urlpatterns, "dialogue_records"), namespace="dialogue_records"))]


@hooks.register("register_admin_menu_item")
def register_menu() -> MenuItem:
    """Promises, minutes, corrections."""
    items = [
        WithRight(_("Promises"), reverse("dialogue_records:promises"), name="records-promises", icon_name="tasks", order=10, right=promises.VIEW),
        WithRight(_("Minutes"), reverse("dialogue_records:minutes_list"), name="records-minutes", icon_name="form", order=20, right=minutes.VIEW),
        WithRight(
            _("Proposed corrections"), reverse("dialogue_records:corrections"), name="records-corrections", icon_name="edit", order=30,
            right=minutes.CHANGE,
        ),
    ]  # fmt: skip
    return SubmenuMenuItem(_("Promises and minutes"), Menu(items=items), name="dialogue-records", icon_name="tasks", order=155)
