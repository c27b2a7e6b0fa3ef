"""What the figures add to Wagtail's back office."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path, reverse
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.widgets.button import Button
from wagtail.snippets.models import register_snippet

from . import backoffice
from .models import PlannedLevel, PostingList
from .viewsets import FiguresGroup

register_snippet(FiguresGroup)


@hooks.register("register_admin_urls")
def register_urls() -> list[Any]:
    """Our own pages of the back office."""
    own = [
        path("plans/<int:pk>/withdraw/", backoffice.withdraw, name="withdraw"),
        path("import/<slug:kind>/", backoffice.import_file, name="import"),
        path("export/<slug:kind>/", backoffice.export, name="export"),
    ]
    return [path("figures/", include((own, "transparency_backoffice"), namespace="transparency_backoffice"))]


@hooks.register("register_snippet_listing_buttons")
def plan_buttons(snippet: Any, user: Any, next_url: str | None = None) -> Iterator[Button]:
    """Withdraw a plan that holds."""
    if isinstance(snippet, PlannedLevel) and snippet.ended_on is None and user.has_perm("transparency.change_plannedlevel"):
        yield Button(_("Withdraw…"), url=reverse("transparency_backoffice:withdraw", args=[snippet.pk]), icon_name="cross", priority=30)


@hooks.register("before_bulk_action")
def no_bulk_delete(request: HttpRequest, action_type: str, objects: list[Any], action: Any) -> HttpResponse | None:
    """Plans and lists are kept."""
    if action_type == "delete" and action.model in {PlannedLevel, PostingList}:
        messages.error(request, _("Plans and lists are kept: withdraw a plan, or import the list that takes the other’s place."))
        return redirect(reverse(f"wagtailsnippets_transparency_{action.model._meta.model_name}:list"))
    return None
