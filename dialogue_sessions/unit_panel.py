"""What the page of a unit says of its duties towards those who come: what is overdue, and what was done late, with the reason."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse

from foundation.registries import PagePanel, page_panels
from organisation.models import Unit, today

from . import overdue
from .models import Session


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
    asked = overdue.look(unit, day)
    late, done = overdue.found(asked), asked.lateness
    if not late and not done:
        return ""
    context = {"overdue": late, "late": [(row, public_url(row.session)) for row in done]}
    return render_to_string("dialogue_sessions/unit_overdue.html", context, request)


def register() -> None:
    """Offer the panel to the pages of units."""
    overdue.register()
    page_panels.register("overdue dialogues and receptions", PagePanel(slot="unit.main", order=5, query_budget=overdue.query_budget(), render=render))
