"""Wagtail's page of a bulk action names whatever rows it is asked about; here it answers those who hold a right on their kind."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from wagtail.admin.auth import require_admin_access
from wagtail.admin.views.bulk_action import index
from wagtail.admin.views.bulk_action.registry import bulk_action_registry
from wagtail.models import Page
from wagtail.permissions import page_permission_policy

RIGHTS = ("view", "add", "change", "delete", "publish")


def _policy(action: Any, model: Any) -> Any:
    """What decides on rights of this kind of thing."""
    if issubclass(model, Page):
        return page_permission_policy
    viewset = getattr(model, "snippet_viewset", None)
    return action.permission_policy if viewset is None else viewset.permission_policy


@require_admin_access
def bulk_action(request: HttpRequest, app_label: str, model_name: str, action: str) -> HttpResponseBase:
    """Wagtail's bulk action. Which rows it may be done to, it asks itself; whether the caller may hear of such rows, it does
    not: drafts of pages would be named to whoever guesses a number. Raises PermissionDenied then."""
    kind = bulk_action_registry.get_bulk_action_class(app_label, model_name, action)
    if kind is None:
        raise Http404
    if not _policy(kind, apps.get_model(app_label, model_name)).user_has_any_permission(request.user, RIGHTS):
        raise PermissionDenied
    answer: HttpResponseBase = index(request, app_label, model_name, action)
    return answer
