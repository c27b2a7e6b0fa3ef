"""What other pages show of promises: a few lines on the page of a unit and on the home page."""

from __future__ import annotations

from django.db.models import F
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode

from foundation import together
from foundation.registries import PagePanel, page_panels
from organisation.models import Unit, today

from . import promise_data
from .models import Promise

SHOWN = 5


def of_unit(request: HttpRequest, unit: Unit) -> str:
    """On a unit's page: how many, how many kept, the next ones. One query."""
    day, public = today(), Promise.objects.public().filter(unit=unit)
    counted, rows = together.rows(promise_data.counted(day, public), public.as_read()[:SHOWN])
    if not rows:
        return ""
    for promise in rows:
        promise.unit = unit
    lines = [promise_data.line(promise, day) for promise in rows]
    url = f"{reverse('promises:board')}?{urlencode({'co-quan': unit.slug})}"
    context = {"tally": promise_data.tallies(counted)[0], "lines": lines, "url": url}
    return render_to_string("dialogue_sessions/promises/unit_panel.html", context)


def home(request: HttpRequest, _about: object) -> str:
    """On the home page: those overdue and those due next. One query."""
    day = today()
    named = Promise.objects.public().as_read().annotate(unit_name=F("unit__name"), unit_name_en=F("unit__name_en"))
    counted, rows = together.rows(promise_data.counted(day), named[:SHOWN])
    if not rows:
        return ""
    for promise in rows:
        promise.unit = Unit(pk=promise.unit_id, name=promise.unit_name, name_en=promise.unit_name_en)
    lines = [promise_data.line(promise, day) for promise in rows]
    context = {"tally": promise_data.summed(promise_data.tallies(counted)), "lines": lines, "url": reverse("promises:board")}
    return render_to_string("dialogue_sessions/promises/home_panel.html", context)


def register() -> None:
    """Offer the panels."""
    page_panels.register("promises of a unit", PagePanel(slot="unit.promises", order=10, query_budget=1, render=of_unit))
    page_panels.register("promises home", PagePanel(slot="home.promises", order=10, query_budget=1, render=home))
