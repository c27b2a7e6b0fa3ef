"""Requests that are let in, and the headers that every answer carries."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

from .limits import limit_headers, too_many, try_request
from .logs import tell
from .refusals import refuse
from .requests import FORWARDED_HEADERS, adopt_or_make_id, is_trusted, under_request
from .uploads.receiving import prepare

if TYPE_CHECKING:
    from django.http.response import HttpResponseBase

METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}
OPEN_PATHS = ("/api/",)  # read by other sites' scripts
EXPOSED = "ETag, Link, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, RateLimit-Policy, X-Request-ID"
FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data"}


def is_staff_path(path: str) -> bool:
    """Whether a path belongs to the back office, whose policy on content is Wagtail's."""
    return path.startswith(settings.STAFF_PATHS)


class RequestIdentity:
    """Outermost: forwarded headers count only from proxies of our own, and each request has an id and a line in the log (B8, O8)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Name the request; its answer says the id."""
        if not is_trusted(request.META.get("REMOTE_ADDR", "")):
            for header in FORWARDED_HEADERS:
                request.META.pop(header, None)
        identifier = adopt_or_make_id(request)
        started = time.perf_counter()
        with under_request(identifier):
            response = self.get_response(request)
            tell(request, response, (time.perf_counter() - started) * 1000)
        response["X-Request-ID"] = identifier
        return response


class RequestGuard:
    """Turns away what no page of ours sends: unreadable bytes, too many fields, bodies over the limit, TRACE (B4, A16)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let the request in, or answer 400, 405 or 413."""
        status = self.refusal(request)
        if status is None:
            return self.get_response(request)
        response = refuse(request, status)
        if status == 405:
            response["Allow"] = ", ".join(sorted(METHODS))
        return response

    def refusal(self, request: HttpRequest) -> int | None:
        """The status to refuse with, or None."""
        if request.method not in METHODS:
            return 405
        query = request.META.get("QUERY_STRING", "")
        if len(query) > settings.QUERY_BYTES:
            return 413
        if not _readable(query) or "\x00" in request.path_info:
            return 400
        staff = is_staff_path(request.path_info)
        most = settings.STAFF_BODY_BYTES if staff else settings.PUBLIC_BODY_BYTES
        if prepare(request):
            most = settings.UPLOAD_BODY_BYTES
        if _content_length(request) > most:
            return 413
        if not staff and (_pairs(query) > settings.PUBLIC_FIELDS or _form_fields(request) > settings.PUBLIC_FIELDS):
            return 400
        return None


def _pairs(text: str) -> int:
    return text.count("&") + 1 if text else 0


def _readable(query: str) -> bool:
    """UTF-8 without NUL: Django would put a replacement sign, and PostgreSQL refuses NUL with an error."""
    raw = unquote_to_bytes(query.replace("+", " "))
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\x00" not in raw


def _content_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0  # Django reads nothing then


def _form_fields(request: HttpRequest) -> int:
    """How many fields a form brings. Only forms are read here: other bodies belong to their views."""
    if request.method != "POST" or request.content_type not in FORM_TYPES:
        return 0
    if request.content_type == "application/x-www-form-urlencoded":
        return request.body.count(b"&") + 1
    return sum(len(values) for _, values in request.POST.lists()) + sum(len(files) for _, files in request.FILES.lists())


class RateLimits:
    """Counts the requests that settings.RATE_LIMIT_RULES names; views with limits of their own use `limits.limited`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let it through, or answer 429."""
        path = request.path_info.removeprefix("/en") if request.path_info.startswith("/en/") else request.path_info
        counted: set[str] = set()
        told: dict[str, str] = {}
        for method, start, scope, key in settings.RATE_LIMIT_RULES:
            # The first rule of a kind decides: suggestions are not searches too.
            if method not in {"*", request.method} or not path.startswith(start) or (key in counted):
                continue
            counted.add(key)
            verdict = try_request(request, scope, key)
            if verdict is not None and path.startswith(OPEN_PATHS):
                told = limit_headers(scope, verdict)
            if verdict is not None and not verdict.allowed:
                return _told(too_many(request, verdict), told)
        return _told(self.get_response(request), told)


def _told(response: HttpResponse, headers: dict[str, str]) -> HttpResponse:
    for name, value in headers.items():
        response[name] = value
    return response


class PolicyHeaders(CSPMiddleware):
    """The content security policy: strict on public pages, the measured one on Wagtail's (acceptance M1-M3), and who may
    keep an answer: nobody keeps the back office's or one with a cookie; a public page without a word of its own is asked
    for again each time."""

    def get_policy_parts(self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False) -> PolicyParts:
        """Pick the policy by path."""
        parts: PolicyParts = super().get_policy_parts(request, response, report_only)
        if not report_only and is_staff_path(request.path):
            parts.config = settings.CSP_STAFF
        return parts

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Set both."""
        answer: HttpResponseBase = super().process_response(request, response)
        if request.path_info.startswith(OPEN_PATHS):
            # Refusals too: a script on another site has to see that it asked too much, and for how long.
            answer["Access-Control-Allow-Origin"] = "*"
            answer["Access-Control-Expose-Headers"] = EXPOSED
        answer["Reporting-Endpoints"] = settings.REPORTING_ENDPOINTS
        # Also on what middleware further out than Django's own for this header answers: refusals, static files, maintenance.
        answer["X-Frame-Options"] = "SAMEORIGIN" if is_staff_path(request.path) else settings.X_FRAME_OPTIONS
        if is_staff_path(request.path) or request.path.startswith(settings.ACCOUNT_PATHS) or answer.cookies:
            answer["Cache-Control"] = "no-store, private"
        elif not answer.has_header("Cache-Control"):
            patch_cache_control(answer, no_cache=True)
        return answer
