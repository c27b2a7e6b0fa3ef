"""Wagtail's home of the back office within the queries of a page for staff (L3), however much waits for review: a panel is one
query, and says of each draft who wrote it and since when it waits. Approving is done where the draft can be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, F, IntegerField, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.urls import reverse
from wagtail import hooks
from wagtail.admin.site_summary import PagesSummaryItem, SummaryItem
from wagtail.admin.ui.components import Component
from wagtail.admin.views.home import RecentEditsPanel, UserObjectsInWorkflowModerationPanel, WorkflowObjectsToModeratePanel
from wagtail.models import AbstractGroupApprovalTask, Page, PageLogEntry, Task, TaskState, get_default_page_content_type
from wagtail.permissions import page_permission_policy

from organisation.models import today
from procedures_catalog.models import ProcedureVersion

SHOWN = 20  # of each panel; what is beyond stands in the report on workflow tasks


@dataclass(frozen=True)
class Waiting:
    """A draft in a step of a workflow."""

    title: str
    url: str
    step: str
    author: Any
    since: Any


def _edit_url(revision: Any) -> str:
    """Where a draft is read and decided on."""
    model = ContentType.objects.get_for_id(revision.content_type_id).model_class()
    if model is None:
        return ""
    if issubclass(model, Page):
        return reverse("wagtailadmin_pages:edit", args=[revision.object_id])
    return reverse(model.snippet_viewset.get_url_name("edit"), args=[revision.object_id])  # type: ignore[attr-defined]


def waiting(states: QuerySet[TaskState]) -> tuple[list[Waiting], bool]:
    """The newest of some steps in progress, in one query; and whether there are more."""
    newest = states.filter(status=TaskState.STATUS_IN_PROGRESS).order_by("-started_at", "-pk")
    found = list(newest.select_related("revision", "revision__user", "task")[: SHOWN + 1])
    rows = [Waiting(state.revision.object_str, _edit_url(state.revision), state.task.name, state.revision.user, state.started_at) for state in found]
    return rows[:SHOWN], len(found) > SHOWN


def reviewable_by(user: Any) -> QuerySet[TaskState]:
    """As Wagtail's `TaskState.objects.reviewable_by`: steps that wait for a member of this user's groups. Steps of a kind that is
    not given to groups are asked one by one, as Wagtail does; this house has none."""
    by_group = [model for model in apps.get_models() if issubclass(model, AbstractGroupApprovalTask)]
    mine = Q()
    for model in by_group:
        tasks = model._default_manager.filter(active=True).order_by()
        mine |= Q(task__in=(tasks if user.is_superuser else tasks.filter(groups__in=user.groups.all())).values("pk"))
    kinds = [ContentType.objects.get_for_model(model).pk for model in by_group]
    others = [model for model in apps.get_models() if issubclass(model, Task) and model is not Task and model not in by_group]
    states: QuerySet[TaskState] = TaskState.objects.filter(mine)
    if others:
        for task in Task.objects.filter(active=True).exclude(content_type__in=kinds).specific():
            states = states | task.get_task_states_user_can_moderate(user=user)
    return states


class ToReview(Component):
    """What waits for this user's review."""

    name = WorkflowObjectsToModeratePanel.name
    order = WorkflowObjectsToModeratePanel.order
    template_name = "portal/admin/home/to_review.html"

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        """The drafts."""
        rows, more = waiting(reviewable_by(parent_context["request"].user))
        return {"rows": rows, "more": more}


class Sent(Component):
    """What this user sent to be reviewed, or owns, and still waits."""

    name = UserObjectsInWorkflowModerationPanel.name
    order = UserObjectsInWorkflowModerationPanel.order
    template_name = "portal/admin/home/sent.html"

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        """The drafts."""
        user = parent_context["request"].user
        number = Cast(OuterRef("workflow_state__object_id"), output_field=IntegerField())
        owned = Q(workflow_state__base_content_type=get_default_page_content_type()) & Exists(Page.objects.filter(owner=user, pk=number))
        current = TaskState.objects.filter(pk=F("workflow_state__current_task_state_id"))
        rows, more = waiting(current.filter(owned | Q(workflow_state__requested_by=user)))
        return {"rows": rows, "more": more}


class RecentEdits(RecentEditsPanel):
    """The pages that this user edited last, in two queries and one for their workflows, of however many kinds they are."""

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        """As Wagtail's panel, of plain pages."""
        request = parent_context["request"]
        edits = PageLogEntry.objects.filter(user=request.user, action="wagtail.edit").values("page_id").annotate(at=Max("timestamp"))
        latest = {row["page_id"]: row["at"] for row in edits.order_by("-at")[: getattr(settings, "WAGTAILADMIN_RECENT_EDITS_LIMIT", 5)]}
        pages = Page.objects.select_related("locale").prefetch_workflow_states().annotate_approved_schedule().in_bulk(list(latest))
        return {"last_edits": [(at, pages[pk]) for pk, at in latest.items() if pk in pages], "request": request}


OURS = {WorkflowObjectsToModeratePanel: ToReview, UserObjectsInWorkflowModerationPanel: Sent, RecentEditsPanel: RecentEdits}


@hooks.register("construct_homepage_panels")
def bounded_panels(request: HttpRequest, panels: list[Any]) -> None:
    """Ours in the place of Wagtail's."""
    panels[:] = [OURS.get(type(panel), lambda panel=panel: panel)() for panel in panels]


class PagesCount(PagesSummaryItem):
    """How many pages there are below what this user sees."""

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        """One query: the root is known to the request."""
        root = page_permission_policy.explorable_root_instance(self.request.user)
        total = Page.objects.descendant_of(root).count() if root else 0
        return {"root_page": root, "total_pages": total, "site_name": parent_context.get("site_name", "")}


class ProceduresCount(SummaryItem):
    """How many procedures are in force, with the way to their list."""

    order = 50
    template_name = "portal/admin/home/procedures_count.html"

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        """One query."""
        total = ProcedureVersion.objects.in_force_on(today()).count()
        return {"total": total, "url": reverse(ProcedureVersion.snippet_viewset.get_url_name("list"))}

    def is_shown(self) -> bool:
        """To whoever may see versions."""
        return bool(
            ProcedureVersion.snippet_viewset.permission_policy.user_has_any_permission(self.request.user, {"view", "add", "change", "publish"})
        )


@hooks.register("construct_homepage_summary_items", order=1000)
def own_summary(request: HttpRequest, items: list[Any]) -> None:
    """Procedures and pages: pictures and files have their lists in the menu, and cost a count each."""
    items[:] = [ProceduresCount(request), PagesCount(request)]
