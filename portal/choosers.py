"""Wagtail's choosers name what can be chosen, drafts too, to whoever may enter the back office. Ours answer who works with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from wagtail.permissions import page_permission_policy

PAGES = {f"wagtailadmin_choose_page{tail}" for tail in ("", "_child", "_search", "_chosen_multiple")}
SNIPPETS = "wagtailsnippetchoosers_portal_"
ON_PAGES = ("add", "change", "publish", "lock", "unlock", "bulk_delete")
ON_SNIPPETS = ("view", "add", "change", "delete", "publish")


class ChooserRights:
    """Before a chooser of pages, public duties or interruptions: does who asks hold any right on such a thing?"""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing here: the view must be known."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Raises PermissionDenied; visitors are led to sign in by Wagtail."""
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name in PAGES and request.user.is_authenticated and not page_permission_policy.user_has_any_permission(request.user, ON_PAGES):
            raise PermissionDenied
        if name.startswith(SNIPPETS) and request.user.is_authenticated:
            model = name.removeprefix(SNIPPETS).partition(":")[0]
            if not any(request.user.has_perm(f"portal.{action}_{model}") for action in ON_SNIPPETS):
                raise PermissionDenied
