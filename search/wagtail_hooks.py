"""What search adds to Wagtail's back office."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin import messages
from wagtail.snippets.models import register_snippet

from . import backoffice, editing, file_report
from .models import LearnedQuery, PopularQuery
from .viewsets import SearchGroup

register_snippet(SearchGroup)
hooks.register("register_reports_menu_item", file_report.menu_item)


@hooks.register("register_admin_urls")
def register_urls() -> list[Any]:
    """Our own pages of the back office."""
    own = [
        path("files/", file_report.FileReport.as_view(), name="files"),
        path("files/results/", file_report.FileReport.as_view(results_only=True), name="files_results"),
        path("asked/", backoffice.asked, name="asked"),
        path("import/<slug:table>/", backoffice.import_file, name="import"),
        path("export/<slug:table>/<slug:kind>/", backoffice.export, name="export"),
    ]
    return [path("search-tables/", include((own, "search_backoffice"), namespace="search_backoffice"))]


@hooks.register("before_bulk_action")
def no_bulk_delete(request: HttpRequest, action_type: str, objects: list[Any], action: Any) -> HttpResponse | None:
    """Rows are deleted one by one, so that each is recorded; what was learned is not deleted at all."""
    if action_type == "delete" and action.model in {LearnedQuery, PopularQuery}:
        messages.error(request, _("What was learned is not deleted: forbid it, and it is never learned again."))
        return redirect(backoffice.list_url(action.model))
    if action_type == "delete" and action.model in editing.TABLES.values():
        messages.error(request, _("Delete these one by one, so that each is recorded."))
        return redirect(backoffice.list_url(action.model))
    return None
