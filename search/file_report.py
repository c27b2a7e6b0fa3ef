"""The report on attached files: which of them search could not read, and why."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.reports import ReportView
from wagtail.documents import get_document_model
from wagtail.permission_policies import ModelPermissionPolicy

from .models import AttachedFile, FileState

PERMISSION = "search.view_attachedfile"


def why(file: AttachedFile) -> str:
    """What is wrong with it."""
    if file.content is not None:
        return str(file.content.get_state_display())
    if not file.tries:
        return _("waits to be read")
    return _("cannot be opened: %(trouble)s") % {"trouble": file.trouble}


def title(file: AttachedFile) -> str:
    """What the back office calls it."""
    return getattr(file, "title", "") or file.name.rsplit("/", 1)[-1]


class FileFilters(WagtailFilterSet):
    """What the report is narrowed by."""

    class Meta:
        model = AttachedFile
        fields = ["content__state"]


class FileReport(ReportView):
    """Files that are searched and were not read."""

    page_title = gettext_lazy("Files that search cannot read")
    header_icon = "doc-full"
    index_url_name = "search_backoffice:files"
    index_results_url_name = "search_backoffice:files_results"
    permission_policy = ModelPermissionPolicy(AttachedFile)
    any_permission_required = {"view"}
    filterset_class = FileFilters
    export_filename = "tep-khong-doc-duoc"
    list_export = ["name", "state", "tries", "trouble", "at"]
    columns = [
        Column("title", label=gettext_lazy("Document"), accessor=title),
        Column("why", label=gettext_lazy("What is wrong"), accessor=why),
        Column("name", label=gettext_lazy("File"), sort_key="name"),
        Column("at", label=gettext_lazy("Asked for"), sort_key="at"),
    ]

    def get_base_queryset(self) -> QuerySet[AttachedFile]:
        """Those without text, the latest first."""
        found: QuerySet[AttachedFile] = AttachedFile.objects.exclude(content__state=FileState.READ).select_related("content")
        return found

    def decorate_paginated_queryset(self, queryset: Any) -> Any:
        """With the titles of their documents, in a query for the page."""
        rows = list(queryset)
        titles = dict(get_document_model().objects.filter(file__in=[row.name for row in rows]).values_list("file", "title"))
        for row in rows:
            row.title = titles.get(row.name, "")
        return rows


class FilesMenuItem(MenuItem):
    """Shown to whoever may see it."""

    def is_shown(self, request: Any) -> bool:
        """With the right."""
        return bool(request.user.has_perm(PERMISSION))


def menu_item() -> MenuItem:
    """Under Reports."""
    return FilesMenuItem(
        gettext_lazy("Files search cannot read"), reverse("search_backoffice:files"), name="search-files", icon_name="doc-full", order=25
    )
