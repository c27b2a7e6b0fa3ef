"""What the organisation adds to Wagtail's back office."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets.button import Button
from wagtail.snippets.models import register_snippet

from .backoffice import closing, year
from .models import CalendarDay, SiteIdentity, Unit
from .viewsets import OrganisationGroup

register_snippet(OrganisationGroup)


@hooks.register("register_admin_urls")
def register_urls() -> list[Any]:
    """Our own pages of the back office."""
    own = [
        path("calendar/", year.year_picture, name="this_year"),
        path("calendar/<int:year>/", year.year_picture, name="year"),
        path("units/<int:pk>/close/", closing.close_unit, name="close_unit"),
        path("units/<int:pk>/reopen/", closing.reopen_unit, name="reopen_unit"),
    ]
    return [path("organisation/", include((own, "organisation_backoffice"), namespace="organisation_backoffice"))]


class YearMenuItem(MenuItem):
    """Shown to whoever may see the calendar."""

    def is_shown(self, request: HttpRequest) -> bool:
        """With the right."""
        return bool(request.user.has_perm("organisation.view_calendarday"))


def year_menu_item() -> YearMenuItem:
    """The year's picture."""
    return YearMenuItem(
        gettext_lazy("Working calendar"), reverse("organisation_backoffice:this_year"), name="organisation-year", icon_name="calendar-alt", order=60
    )


@hooks.register("register_snippet_listing_buttons")
def unit_buttons(snippet: Any, user: Any, next_url: str | None = None) -> Iterator[Button]:
    """Close a unit that goes on."""
    if isinstance(snippet, Unit) and snippet.valid_to is None and closing.may_close(user):
        yield Button(_("Close…"), reverse("organisation_backoffice:close_unit", args=[snippet.pk]), icon_name="cross", priority=30)


@hooks.register("before_delete_snippet")
def units_are_kept(request: HttpRequest, instances: Iterable[Any]) -> HttpResponse | None:
    """Units and the identity are never deleted; see UnitsAreKept."""
    if any(isinstance(instance, Unit | SiteIdentity) for instance in instances):
        messages.error(request, _("A unit is never deleted: close it and name its successors."))
        return redirect(closing.list_url())
    return None


@hooks.register("before_bulk_action")
def no_bulk_delete(request: HttpRequest, action_type: str, objects: list[Any], action: Any) -> HttpResponse | None:
    """Things of the organisation are deleted one by one, so that each is recorded."""
    if action_type == "delete" and action.model._meta.app_label == "organisation":
        if action.model is Unit:
            messages.error(request, _("A unit is never deleted: close it and name its successors."))
        else:
            messages.error(request, _("Delete these one by one, so that each is recorded."))
        return redirect(reverse(f"wagtailsnippets_organisation_{action.model._meta.model_name}:list"))
    return None


@hooks.register("register_snippet_listing_buttons")
def day_buttons(snippet: Any, user: Any, next_url: str | None = None) -> Iterator[Button]:
    """From a calendar day to its year."""
    if isinstance(snippet, CalendarDay):
        url = reverse("organisation_backoffice:year", args=[snippet.date.year]) + (f"?unit={snippet.unit_id}" if snippet.unit_id else "")
        yield Button(_("See the year"), url, icon_name="calendar-alt", priority=30)
