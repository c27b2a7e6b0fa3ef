"""Views of the site itself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page behind a missing or stale token."""
    return HttpResponse("403", status=403)
