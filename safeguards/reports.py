"""What browsers report when a page breaks the content security policy: counted in the log, without what was on the page (O3).

Anybody may send anything here: little is read, little is kept, and nothing is answered."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from .limits import limited

log = logging.getLogger("safeguards.csp")

MOST_BYTES = 16 * 1024
MOST_REPORTS = 10
LONGEST = 120
# What browsers call a report. A form would have been read before this is asked, and its body is gone.
KINDS = {"application/csp-report", "application/reports+json", "application/json"}
# As the two forms of reports name the same things: Reporting-Endpoints, and the older report-uri.
_DIRECTIVE = ("effectiveDirective", "effective-directive", "violated-directive")
_BLOCKED = ("blockedURL", "blocked-uri")
_DOCUMENT = ("documentURL", "document-uri")


def _first(report: dict[str, Any], names: tuple[str, ...]) -> str:
    value = next((report[name] for name in names if isinstance(report.get(name), str)), "")
    return str(value)[:2000]


def _clean(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:LONGEST]


def origin_of(url: str) -> str:
    """Whose thing was blocked: a scheme and a host, or a word such as `inline`; no path, no query."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "unreadable"
    return _clean(f"{parts.scheme}://{host}" if host else parts.scheme or url.split("?")[0])


def page_of(url: str) -> str:
    """Which kind of page it happened on: the pattern of its address."""
    try:
        path = urlsplit(url).path or "/"
        with override("en" if path.startswith("/en/") else "vi"):  # addresses are known in the language that is active
            return _clean(resolve(path).route or "/")
    except (Resolver404, ValueError):
        return "-"


def read(body: bytes) -> Iterator[dict[str, str]]:
    """What a body says, at most MOST_REPORTS of it; raises ValueError for what is no report."""
    told = json.loads(body)
    items = told if isinstance(told, list) else [told]
    for item in items[:MOST_REPORTS]:
        report = (item.get("body") or item.get("csp-report")) if isinstance(item, dict) else None
        if not isinstance(report, dict):
            raise ValueError("no report")
        yield {
            "directive": _clean(_first(report, _DIRECTIVE).split(" ")[0]),
            "blocked": origin_of(_first(report, _BLOCKED)),
            "page": page_of(_first(report, _DOCUMENT)),
        }


@csrf_exempt  # nosemgrep: tools.csrf-exempt  # browsers send no token with a report, and nothing changes by one
@never_cache
@require_POST
@limited("csp_report")
def csp_report(request: HttpRequest) -> HttpResponse:
    """204, or 400 for what is no report and 413 for what is too long for one."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return HttpResponse(status=413)
    if request.content_type not in KINDS:
        return HttpResponse(status=400)
    try:
        for report in read(request.body[:MOST_BYTES]):
            log.warning("csp violation", extra=report)
    except (ValueError, RecursionError):
        return HttpResponse(status=400)
    return HttpResponse(status=204)
