"""The answer to a request that is not served (400, 405, 413, 429, 503): in the reader's language, with the request id, without
detail, and without the database. As JSON under /api/."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import select_template
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, override

from .requests import current_request_id

TITLES = {
    400: _("We could not read this request"),
    405: _("This page cannot be used that way"),
    413: _("What you sent is too large"),
    429: _("Too many requests at once"),
    500: _("Something went wrong on our side"),
    503: _("The portal cannot answer right now"),
}
ADVICE = {
    400: _("Part of the address or the form holds signs that we cannot read. Go back and try again."),
    405: _("Open the page from the home page and try again."),
    413: _(
        "Go back with your browser’s Back button: what you typed is still there. Then send a smaller file, or fewer files at once. "
        "A scan in grey at 150 dots per inch is enough to read."
    ),
    429: _("Nothing of yours is lost. Go back and try again then."),
    500: _("It is not your fault, and we have been told. Please try again in a few minutes."),
    503: _("Too many people are here at once, or something is being put right. Nothing of yours is lost: go back and send it again then."),
}


def language_of(request: HttpRequest) -> str:
    """The language that the address asks for."""
    return "en" if request.path_info == "/en" or request.path_info.startswith("/en/") else "vi"


def is_api(request: HttpRequest) -> bool:
    """Whether a program asked."""
    return request.path_info.startswith("/api/")


def when(seconds: int) -> str:
    """When to come back, as one says it."""
    if seconds < 60:
        return ngettext("Try again in %(count)s second.", "Try again in %(count)s seconds.", max(1, seconds)) % {"count": max(1, seconds)}
    minutes = -(-seconds // 60)
    return ngettext("Try again in %(count)s minute.", "Try again in %(count)s minutes.", minutes) % {"count": minutes}


def as_json(status: int, detail: str, **more: Any) -> JsonResponse:
    """An error of the API; scripts of other sites may read it, as they may read what they asked for."""
    headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After, X-Request-ID", "Cache-Control": "no-store"}
    return JsonResponse({"detail": detail, "request_id": current_request_id(), **more}, status=status, headers=headers)


def refuse(request: HttpRequest, status: int, *, retry_after: int | None = None, said: str = "") -> HttpResponse:
    """The answer with `status`: JSON under /api/, a page elsewhere ({status}.html when the site has one). `retry_after` are
    seconds; `said` takes the place of the usual advice, in the words of whoever runs the portal.

    Works before any other middleware and without the database."""
    with override(language_of(request)):
        if is_api(request):
            response: HttpResponse = as_json(status, str(TITLES[status]), **({"retry_after": retry_after} if retry_after else {}))
        else:
            context = {
                "status": status,
                "title": TITLES[status],
                "advice": said or ADVICE[status],
                "said": said,
                "when": when(retry_after) if retry_after else "",
                "language": language_of(request),
                "request_id": current_request_id(),
            }
            response = HttpResponse(select_template([f"{status}.html", "safeguards/refused.html"]).render(context), status=status)
    response["Cache-Control"] = "no-store"
    if retry_after:
        response["Retry-After"] = str(retry_after)
    return response
