"""The page of a request that is not let in (400, 405, 413, 429): in the reader's language, with the request id, without detail."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import select_template
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from .requests import current_request_id

TITLES = {
    400: _("We could not read this request"),
    405: _("This page cannot be used that way"),
    413: _("What you sent is too large"),
    429: _("Too many requests at once"),
}
ADVICE = {
    400: _("Part of the address or the form holds signs that we cannot read. Go back and try again."),
    405: _("Open the page from the home page and try again."),
    413: _("Send less at once, or a smaller file."),
    429: _("Please wait a moment, then try again. Nothing of yours is lost."),
}


def _language(request: HttpRequest) -> str:
    return "en" if request.path_info.startswith("/en/") else "vi"


def refuse(request: HttpRequest, status: int) -> HttpResponse:
    """The answer with `status`: JSON under /api/, a page elsewhere ({status}.html when the site has one).

    Works before any other middleware and without the database."""
    with override(_language(request)):
        if request.path_info.startswith("/api/"):
            response: HttpResponse = JsonResponse({"detail": str(TITLES[status]), "request_id": current_request_id()}, status=status)
        else:
            context = {
                "status": status,
                "title": TITLES[status],
                "advice": ADVICE[status],
                "language": _language(request),
                "request_id": current_request_id(),
            }
            response = HttpResponse(select_template([f"{status}.html", "safeguards/refused.html"]).render(context), status=status)
    response["Cache-Control"] = "no-store"
    return response
