"""The public pages of one session: the page itself, the seats that are free now, the poster."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from foundation import pdf, qr
from foundation.api import absolute
from procedures_catalog.caching import public_page

from . import session_page
from .models import Session


def _find(slug: str) -> Session:
    session = session_page.find(slug)
    if session is None:
        raise Http404(_("There is no such session, or it is not public yet."))
    return session


@require_safe
@public_page
def session(request: HttpRequest, slug: str) -> HttpResponse:
    """When, where, who, what about, how many seats; what was moved or called off, and why."""
    found = _find(slug)
    context = session_page.context(found, timezone.now())
    return render(request, "dialogue_sessions/session.html", context | {"section": "sessions"})


@require_safe
@cache_control(no_store=True, private=True)
def free_seats(request: HttpRequest, slug: str) -> HttpResponse:
    """The seats that are free at this moment: a page for those without a script, and what the script of the session's page shows."""
    found = _find(slug)
    context = {
        "session": found,
        **session_page.free_seats(found, timezone.now()),
        "register_url": session_page.link_to("register", found.slug) if found.takes_registrations(timezone.now()) else "",
        "robots": "noindex, nofollow",
        "section": "sessions",
    }
    return render(request, "dialogue_sessions/seats.html", context)


# ── The poster ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _poster(found: Session) -> dict[str, Any]:
    context = session_page.context(found, timezone.now())
    address = absolute(found.get_absolute_url())
    return context | {"address": address, "qr": qr.svg(address, title=_("QR code that leads to the page of this session"))}


@require_safe
@public_page
def poster(request: HttpRequest, slug: str) -> HttpResponse:
    """A sheet of A4 for the notice board of a village, with the code that leads to the page."""
    context = _poster(_find(slug))
    return render(request, "dialogue_sessions/poster.html", context | {"robots": "noindex, follow", "section": "sessions"})


@require_safe
@public_page
def poster_pdf(request: HttpRequest, slug: str) -> HttpResponse:
    """The same as a PDF."""
    found = _find(slug)
    shown = _poster(found)
    receives = [f"{one['holder'].post.name}{': ' if one['holder'].people else ''}{', '.join(person.name for person in one['holder'].people)}"
                for one in shown["receives"] if not one["stands_in"]]  # fmt: skip
    data = {
        "lang": get_language() or "vi",
        "unit": found.unit.title,
        "kind": capfirst(str(found.get_kind_display())),
        "title": found.name,
        "notice": _("Cancelled: %(reason)s") % {"reason": found.reason} if shown["cancelled"] else "",
        "facts": [
            [label, value]
            for label, value in (
                (pgettext("session", "When"), f"{shown['when_day']}, {shown['when_time']}"),
                (_("Where"), ", ".join(shown["places"]) or _("online")),
                (_("How to get in"), "; ".join(shown["accessibility"])),
                (_("Who receives"), "; ".join(receives)),
                (_("Also there"), "; ".join(unit.title for unit in shown["attending"])),
                (_("Registration"), _("until %(moment)s") % {"moment": shown["closes"]} if shown["closes"] else _("come without registering")),
            )
            if value
        ],
        "subjects_title": _("Expected subjects"),
        "subjects": shown["subjects"],
        "scan": _("Point a telephone’s camera at the code to read more and to register, or type the address:"),
        "address": shown["address"],
        "qr": shown["qr"],
        "qr_text": _("QR code that leads to the page of this session"),
    }
    response = HttpResponse(pdf.render("dialogue_sessions/poster.typ", data), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{found.slug}.pdf"'
    response["X-Robots-Tag"] = "noindex"
    return response
