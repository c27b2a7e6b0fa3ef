"""What the page of a unit says of its duties towards those who come: what is overdue, and what was done late, with the reason."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse

from foundation.registries import PagePanel, page_panels
from organisation.models import Unit, today

from . import overdue
from .models import Lateness, Session

SHOWN = 10
A_YEAR = dt.timedelta(days=365)


def public_url(session: Session) -> str:
    """The page of a session; nothing where there is none."""
    try:
        return reverse("dialogue_sessions:session", args=[session.slug])
    except NoReverseMatch:
        return ""


def render(request: HttpRequest, unit: Unit) -> str:
    """What is late on this day, and what was late within a year; nothing when all was in time."""
    if unit.is_closed:
        return ""
    day = today()
    late = overdue.overdue(unit, day)
    done = list(
        Lateness.objects.filter(session__unit=unit, session__in=Session.objects.public(), done__gte=day - A_YEAR)
        .select_related("session").order_by("-done", "-pk")[:SHOWN]
    )  # fmt: skip
    if not late and not done:
        return ""
    context = {"overdue": late, "late": [(row, public_url(row.session)) for row in done]}
    return render_to_string("dialogue_sessions/unit_overdue.html", context, request)


def register() -> None:
    """Offer the panel to the pages of units."""
    overdue.register()
    page_panels.register(
        "overdue dialogues and receptions", PagePanel(slot="unit.main", order=5, query_budget=overdue.query_budget() + 1, render=render)
    )
