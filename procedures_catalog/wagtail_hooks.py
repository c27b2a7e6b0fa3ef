"""What the catalogue adds to Wagtail's back office."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.snippets.action_menu import PublishMenuItem, SubmitForModerationMenuItem, UnpublishMenuItem
from wagtail.snippets.models import register_snippet

from . import form_downloads as form_downloads
from . import services
from .backoffice import bulk, decisions, pages, report, versions
from .backoffice.choosers import CHOOSERS
from .models import ProcedureVersion
from .viewsets import CatalogueGroup

register_snippet(CatalogueGroup)
for viewset in CHOOSERS:
    hooks.register("register_admin_viewset", lambda viewset=viewset: viewset)
# After Wagtail's own, whose place the last takes.
for action in (bulk.PublishAction, bulk.SubmitAction, bulk.DiscardAction):
    hooks.register("register_bulk_action", action, order=10)


@hooks.register("register_admin_urls")
def register_urls() -> list[Any]:
    """Our own pages of the back office."""
    own = [
        path("decisions/<int:pk>/", decisions.decision_page, name="decision"),
        path("decisions/<int:pk>/submit/", decisions.submit_decision, name="submit_decision"),
        path("decisions/apply/", decisions.apply_decision, name="apply_decision"),
        path("versions/<int:pk>/new/", pages.new_version, name="new_version"),
        path("versions/<int:pk>/notes/", pages.notes, name="notes"),
        path("versions/<int:pk>/compare/<int:other>/", versions.compare_versions, name="compare"),
        path("report/", report.CompletenessReport.as_view(), name="completeness_report"),
        path("report/results/", report.CompletenessReport.as_view(results_only=True), name="completeness_report_results"),
    ]
    return [path("catalogue/", include((own, "procedures_catalog_backoffice"), namespace="procedures_catalog_backoffice"))]


class ForEditors(MenuItem):
    """Shown to whoever may write records."""

    permission = "procedures_catalog.change_procedureversion"

    def is_shown(self, request: HttpRequest) -> bool:
        """With the right."""
        return bool(request.user.has_perm(self.permission))


@hooks.register("register_admin_menu_item")
def menu_apply() -> MenuItem:
    """Apply a decision."""
    return ForEditors(
        gettext_lazy("Apply a decision"), reverse("procedures_catalog_backoffice:apply_decision"), name="apply-decision",
        icon_name="doc-full-inverse",
        order=101,
    )  # fmt: skip


class ForReaders(ForEditors):
    """Shown to whoever may read records."""

    permission = "procedures_catalog.view_procedureversion"


@hooks.register("register_reports_menu_item")
def menu_report() -> MenuItem:
    """The report on completeness."""
    return ForReaders(
        gettext_lazy("Completeness"), reverse("procedures_catalog_backoffice:completeness_report"), name="catalogue-completeness",
        icon_name="clipboard-list", order=10,
    )  # fmt: skip


@hooks.register("insert_global_admin_css")
def styles() -> str:
    """Our own few styles."""
    return format_html('<link rel="stylesheet" href="{}">', static("procedures_catalog/admin/backoffice.css"))


@hooks.register("insert_global_admin_js")
def dates() -> str:
    """A mistyped date is not replaced by today's."""
    return format_html('<script src="{}"></script>', static("procedures_catalog/admin/dates.js"))


@hooks.register("insert_editor_js")
def scripts() -> str:
    """What is missing, while writing."""
    return format_html('<script src="{}" defer></script>', static("procedures_catalog/admin/completeness.js"))


@hooks.register("before_delete_snippet")
def throw_away(request: HttpRequest, instances: list[Any]) -> HttpResponse | None:
    """Deleting a version leads through the service: drafts only, on record."""
    found = [instance for instance in instances if isinstance(instance, ProcedureVersion)]
    if not found:
        return None
    index = redirect(f"{versions.NAMESPACE}:list")
    if any(version.live or version.first_published_at is not None for version in found):
        messages.error(request, _("A version that was public is never deleted. It can be ended by a decision."))
        return index
    if request.method != "POST":
        return None
    if not request.user.has_perm("procedures_catalog.delete_procedureversion"):
        return None  # Wagtail's view refuses
    for version in found:
        services.discard(version, user=request.user)  # type: ignore[arg-type]
    messages.success(request, _("The draft has been thrown away."))
    return index


@hooks.register("before_unpublish")
def keep_in_force(request: HttpRequest, version: Any) -> HttpResponse | None:
    """What is in force is not taken back, whichever view asks."""
    if not isinstance(version, ProcedureVersion):
        return None
    try:
        services.withdraw(version, approver=request.user)  # type: ignore[arg-type]
    except services.CatalogueError as error:
        messages.error(request, str(error))
    return redirect(versions.edit_url(version))


class SendMenuItem(SubmitForModerationMenuItem):
    """Wagtail's button, in words for whoever presses it: there is one way of approval, whose name need not be known."""

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        """What it says."""
        context: dict[str, Any] = super().get_context_data(parent_context)
        state = parent_context["instance"].current_workflow_state if parent_context.get("instance") else None
        again = state is not None and state.status == state.STATUS_NEEDS_CHANGES
        context["label"] = _("Send for approval once more") if again else _("Send for approval")
        return context


@hooks.register("construct_snippet_action_menu")
def honest_menu(items: list[Any], request: HttpRequest, context: dict[str, Any]) -> None:
    """No button that the services would refuse: who wrote a version is not offered to publish it."""
    version = context.get("instance")
    if context.get("model") is not ProcedureVersion:
        return
    items[:] = [SendMenuItem(item.order) if type(item) is SubmitForModerationMenuItem else item for item in items]
    if version is None:
        # whoever creates a version has written it
        items[:] = [item for item in items if not isinstance(item, PublishMenuItem)]
        return
    if services.wrote(version, request.user):
        items[:] = [item for item in items if not isinstance(item, PublishMenuItem) and getattr(item, "name", "") != "approve"]
    elif any(getattr(item, "name", "") == "approve" for item in items):
        # approving publishes, and ends the workflow well; publishing beside it would cancel it
        items[:] = [item for item in items if not isinstance(item, PublishMenuItem)]
    if version.valid_from is None or version.state != "upcoming":
        items[:] = [item for item in items if not isinstance(item, UnpublishMenuItem)]
