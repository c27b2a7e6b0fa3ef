"""Requests that are let in, and the headers that every answer carries."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from django.http.response import HttpResponseBase


def is_staff_path(path: str) -> bool:
    """Whether a path belongs to the back office, whose policy on content is Wagtail's."""
    return path.startswith(settings.STAFF_PATHS)


class RequestGuard:
    """Outermost: a request id for each request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let the request in."""
        return self.get_response(request)


class PolicyHeaders(CSPMiddleware):
    """The content security policy: strict on public pages, the measured one on Wagtail's (acceptance M1-M3)."""

    def get_policy_parts(self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False) -> PolicyParts:
        """Pick the policy by path."""
        parts: PolicyParts = super().get_policy_parts(request, response, report_only)
        if not report_only and is_staff_path(request.path):
            parts.config = settings.CSP_STAFF
        return parts
