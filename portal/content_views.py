"""Public views beside the tree of pages: public duties, their lists, previews for somebody without an account."""

from __future__ import annotations

import csv
import io
import re

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from wagtail.models import Page

from foundation.tabular import escape_row
from organisation.book import book
from organisation.models import today
from procedures_catalog.caching import public_page

from . import disclosure
from .models import DisclosureItem
from .services.disclosure import FIRST_YEAR, Quarter, as_row, publish_list
from .services.preview_links import open_link

_QUARTER = re.compile(r"(20[0-9]{2})-([1-4])")
COLUMNS = (
    "group", "group_name", "title", "unit", "owner", "basis", "decided_on", "due_on", "published_on", "late_days", "channels", "posted_until",
    "permanent", "key",
)  # fmt: skip


@require_safe
@public_page
def duties(request: HttpRequest) -> HttpResponse:
    """The fourteen groups."""
    context = disclosure.groups_context() | {"canonical_url": request.build_absolute_uri(request.path)}
    return render(request, "portal/duties.html", context)


@require_safe
@public_page
def duty(request: HttpRequest, key: str) -> HttpResponse:
    """One item that is or was public."""
    item = get_object_or_404(DisclosureItem.objects.select_related("unit", "owner", "owner_post", "document"), key=key, live=True)
    context = disclosure.duty_context(item) | {"canonical_url": request.build_absolute_uri(request.path)}
    if item.posted_until is not None and item.posted_until < today():
        context["robots"] = "noindex, follow"
    return render(request, "portal/duty.html", context)


def read_quarter(code: str) -> Quarter:
    """The quarter in an address: since the law is in force, not to come; 404 for any other."""
    found = _QUARTER.fullmatch(code)
    quarter = Quarter(int(found[1]), int(found[2])) if found else None
    if quarter is None or quarter.year < FIRST_YEAR or quarter.first > today():
        raise Http404(_("There is no such list."))
    return quarter


@require_safe
@public_page
def duties_quarter(request: HttpRequest, code: str) -> HttpResponse:
    """What was made public in a quarter."""
    context = disclosure.quarter_context(read_quarter(code)) | {"canonical_url": request.build_absolute_uri(request.path)}
    return render(request, "portal/duties_quarter.html", context)


@require_safe
@public_page
def duties_quarter_csv(request: HttpRequest, code: str) -> HttpResponse:
    """The same as a file; dates as YYYY-MM-DD."""
    quarter = read_quarter(code)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    calendars = book()
    for item in publish_list(quarter):
        row = as_row(item, calendars)
        cells = [row[name] for name in COLUMNS]
        writer.writerow(escape_row("" if cell is None else int(cell) if isinstance(cell, bool) else cell for cell in cells))
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="cong-khai-{quarter.code}.csv"'
    return response


SAID = {
    "unknown": 404, "expired": 410, "revoked": 410, "changed": 410, "published": 410,
}  # fmt: skip


@require_safe
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """A draft, for whoever was given its link. Nobody keeps or indexes it, and the address goes to no other site."""
    opened = open_link(token)
    if opened.why_not:
        onward = opened.content.get_absolute_url() if hasattr(opened.content, "get_absolute_url") else ""
        if opened.why_not == "published" and not onward:
            onward = opened.content.get_url(request) or reverse("home")
        context = {"why": opened.why_not, "link": opened.link, "onward": onward, "robots": "noindex, nofollow"}
        response = render(request, "portal/preview_over.html", context, status=SAID[opened.why_not])
    else:
        content = opened.content
        request.is_preview = True  # type: ignore[attr-defined]
        request.preview_link = opened.link  # type: ignore[attr-defined]
        # A page is shown in its own language, whatever the address says; what has none, in the address's.
        language = content.locale.language_code if isinstance(content, Page) else translation.get_language()
        with translation.override(language):
            response = content.serve_preview(request, content.default_preview_mode)
            if hasattr(response, "render") and callable(response.render):
                response = response.render()
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "no-referrer"
    return response
