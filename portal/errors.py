"""Error pages, and their JSON under /api/: in the language of the address, with the request id, without a word about the inside.

Whatever goes wrong in a request, in a view or in any middleware, ends in `server_error`: so there, and only there, is decided
whether the portal is broken (500) or the database is away or too slow (503, come back in a moment; C13)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from safeguards.refusals import TITLES, as_json, is_api, language_of, refuse
from safeguards.requests import current_request_id

from . import nearest

RETRY_AFTER = 10  # seconds: longer than any lock or statement may take (settings/database.py)
# Of what is no error of a connection or of a resource to Django, but is one: the database ended a session that idled in a
# transaction (25P03), or was told to go (57P..).
_SESSION_ENDED = ("25P03", "57P")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what caused it."""
    for _step in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__


def is_unavailable(error: BaseException | None) -> bool:
    """Whether an error says that the database is away, full, or waited too long: a lock (55P03), a statement (57014), a
    deadlock, no connection. Whoever tries again later gets an answer; nothing here has to be mended in the program."""
    return any(
        isinstance(one, OperationalError | InterfaceError) or str(getattr(one, "sqlstate", None) or "").startswith(_SESSION_ENDED)
        for one in _chain(error)
    )


def _error(request: HttpRequest, status: int, **context: Any) -> HttpResponse:
    known = {"request_id": current_request_id(), "status": status, "language": translation.get_language()}
    response = render(request, f"{status}.html", {**known, **context}, status=status)
    response["Cache-Control"] = "no-store"
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the address or the form cannot be read."""
    return refuse(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: not for this visitor."""
    if is_api(request):
        return as_json(403, "This is not open to you.")
    with translation.override(language_of(request)):
        return _error(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such page, with a way on: the procedures that may be meant, and the search box. Only what our own views said
    about it is shown. Who looks for holes (`/wp-login.php`) gets a page that asks the database nothing."""
    if is_api(request):
        return as_json(404, "There is nothing at this address. What there is: /api/v1/openapi.json")
    with translation.override(language_of(request)):
        if nearest.is_probe(request.path_info):
            html = render_to_string("404-alone.html", {"request_id": current_request_id(), "language": language_of(request), "status": 404})
            return HttpResponse(html, status=404, headers={"Cache-Control": "no-store"})
        said = str(exception.args[0]) if isinstance(exception, Http404) and exception.args and isinstance(exception.args[0], str) else ""
        return _error(request, 404, reason=said, nearest=nearest.procedures(request.path_info))


def server_error(request: HttpRequest) -> HttpResponse:
    """500 or 503: without database, session or context processors, since any of them may be what is broken."""
    if is_unavailable(sys.exc_info()[1]):
        return refuse(request, 503, retry_after=RETRY_AFTER)
    language = language_of(request)
    with translation.override(language):
        if is_api(request):
            return as_json(500, str(TITLES[500]))
        html = render_to_string("500.html", {"request_id": current_request_id(), "language": language, "status": 500})
    return HttpResponse(html, status=500, headers={"Cache-Control": "no-store"})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page behind a missing or stale token: how to go on without typing everything again."""
    if is_api(request):
        return as_json(403, _("The form waited too long"))
    with translation.override(language_of(request)):
        return _error(request, 403, token=True)
