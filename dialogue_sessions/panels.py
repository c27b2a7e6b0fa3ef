"""What other pages say of sessions: what comes next, of all and of one unit; where a procedure's papers can be handed in by appointment."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from foundation.hours import clock
from foundation.registries import PagePanel, page_panels
from organisation.models import Unit

from .enums import SessionKind, SessionState
from .models import Session, SessionQuerySet
from .presentation import day_text, standing, where

AT_HOME, OF_A_UNIT, COUNTERS = 3, 5, 5


def _next(found: SessionQuerySet, most: int) -> list[dict[str, Any]]:
    now = timezone.now()
    rows = found.to_come(now).exclude(kind=SessionKind.APPOINTMENT).select_related("unit", "room__point").order_by("starts_at", "pk")
    lines = []
    for session in rows.defer("subjects", "accessibility", "unit__duties", "unit__duties_en")[:most]:
        local = timezone.localtime(session.starts_at)
        lines.append({
            "session": session, "day": local.date(), "day_text": day_text(local.date()), "time": clock(local.time()),
            "standing": standing(session, now), "place": ", ".join(where(session)[:2]),
        })  # fmt: skip
    return lines


def home(request: HttpRequest, _about: Any) -> str:
    """The next sessions of all units; nothing where none is to come. One query."""
    lines = _next(Session.objects.all(), AT_HOME)
    context = {"lines": lines, "url": reverse("dialogue_sessions:calendar"), "whole": True}
    return render_to_string("dialogue_sessions/coming_panel.html", context, request) if lines else ""


def of_unit(request: HttpRequest, unit: Unit) -> str:
    """The next sessions of a unit; nothing where none is to come. One query."""
    lines = _next(Session.objects.filter(unit=unit), OF_A_UNIT)
    context = {"lines": lines, "url": f"{reverse('dialogue_sessions:calendar')}?co-quan={unit.slug}", "whole": False}
    return render_to_string("dialogue_sessions/coming_panel.html", context, request) if lines else ""


def of_procedure(request: HttpRequest, procedure: dict[str, Any]) -> str:
    """Counters at which there are times to book for a procedure: of series that name it or its field, and of those that serve whoever
    comes to a unit that takes its papers. One query."""
    fields = {version["field"] for version in procedure["versions"] if version.get("field")}
    units = {offer["unit_slug"] for offer in procedure["offers"]}
    of_all = Q(series__procedures=None, series__fields=None, unit__slug__in=units)
    rows = (
        Session.objects.filter(kind=SessionKind.APPOINTMENT, state=SessionState.OPEN, registration_closes__gt=timezone.now())
        .filter(Q(series__procedures=procedure["id"]) | Q(series__fields__in=fields) | of_all)
        .order_by("unit_id", "starts_at")
        .distinct("unit_id")
        .values_list("unit__slug", "unit__name", "unit__name_en", "starts_at")
    )
    lines = [
        {"name": name, "name_en": name_en, "day": day_text(timezone.localdate(starts_at)),
         "url": reverse("dialogue_sessions:slots", args=[slug, timezone.localdate(starts_at).isoformat()])}
        for slug, name, name_en, starts_at in rows[:COUNTERS]
    ]  # fmt: skip
    return render_to_string("dialogue_sessions/appointment_panel.html", {"lines": lines}, request) if lines else ""


def register() -> None:
    """Offer the panels."""
    page_panels.register("sessions home", PagePanel(slot="home.events", order=10, query_budget=1, render=home))
    page_panels.register("sessions of a unit", PagePanel(slot="unit.events", order=10, query_budget=1, render=of_unit))
    page_panels.register("appointments of a procedure", PagePanel(slot="procedure.aside", order=8, query_budget=1, render=of_procedure))
