"""What the portal says on pages of others: that a procedure or a service point is not available, because…"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q
from django.db.models.functions import JSONObject, Now
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import get_language

from foundation.registries import PagePanel, page_panels
from organisation.models import ServicePoint, Unit
from procedures_catalog.models import ServiceOffer
from procedures_catalog.prepared import Prepared, rows

from . import article_lists, disclosure
from .article_lists import MOST_OWED
from .models import ArticlePage, DisclosureItem, Interruption
from .navigation import Banner, banner_of

NEWS = 3

_COLUMNS = {
    "code": F("procedure__code"), "name": F("point__name"), "name_en": F("point__name_en"),
}  # fmt: skip
_FIELDS = ("scope", "point", "reason", "reason_en", "instead", "instead_en", "planned", "starts_at", "ends_at")


def _current() -> Any:
    return Interruption.objects.filter(Q(ends_at=None) | Q(ends_at__gt=Now()), lifted_at=None).order_by("starts_at", "pk")


OF_PROCEDURE = Prepared(
    lambda procedure: _current().filter(
        Q(procedure=procedure) | Q(point__in=ServiceOffer.objects.filter(procedure=procedure).values("point"))
    ).values(*_FIELDS, **_COLUMNS),
    procedure=int,
)  # fmt: skip


def _of_unit(unit: int, language: str) -> Any:
    """Interruptions of its service points, the latest articles about it, the days by which it owes something: one row."""
    points = ServicePoint.objects.filter(Q(unit=OuterRef(OuterRef("pk"))) | Q(serves=OuterRef(OuterRef("pk")))).order_by()
    interruptions = _current().filter(point__in=points.values("pk")).values(row=JSONObject(**{name: F(name) for name in _FIELDS}, **_COLUMNS))
    articles = ArticlePage.objects.for_everybody().in_language(language).filter(unit=OuterRef("pk")).newest_first()
    owed = DisclosureItem.objects.owed().filter(unit=OuterRef("pk")).order_by("due_on").values("due_on")
    return Unit.objects.filter(pk=unit).order_by().values(
        interruptions=ArraySubquery(interruptions), news=article_lists.as_rows(articles, NEWS), owed=ArraySubquery(owed[:MOST_OWED]),
    )  # fmt: skip


OF_UNIT = Prepared(_of_unit, unit=int, language=str)


def _told(request: HttpRequest, unit: Unit) -> dict[str, Any]:
    """What the portal has to say of a unit, asked for once a request for all panels of its page."""
    known: dict[int, dict[str, Any]] = request.__dict__.setdefault("_told_of_units", {})
    if unit.pk not in known:
        known[unit.pk] = next(iter(rows(OF_UNIT(unit=unit.pk, language=get_language() or "vi"))), {})
    return known[unit.pk]


def _render(told: list[dict[str, Any]]) -> str:
    english = get_language() == "en"
    found: list[Banner] = [banner_of(row, english) for row in told]
    return render_to_string("portal/parts/unavailable.html", {"interruptions": found}) if found else ""


def of_procedure(request: HttpRequest, procedure: dict[str, Any]) -> str:
    """On a procedure's page: itself, and the service points that take it. One query."""
    return _render(rows(OF_PROCEDURE(procedure=procedure["id"])))


def of_unit(request: HttpRequest, unit: Unit) -> str:
    """On a unit's page: its service points. One query, shared with the other panels."""
    return _render(_told(request, unit)["interruptions"])


def news_of_unit(request: HttpRequest, unit: Unit) -> str:
    """On a unit's page: the latest articles about it."""
    found = article_lists.as_lines(_told(request, unit)["news"], get_language() or "vi")
    return render_to_string("portal/parts/unit_news.html", {"news": found}) if found else ""


def coming_of_unit(request: HttpRequest, unit: Unit) -> str:
    """On a unit's page, among what comes next: what it has to make public."""
    told = _told(request, unit)
    context = disclosure.coming([dt.date.fromisoformat(day) for day in told["owed"]])
    return render_to_string("portal/parts/unit_coming.html", context) if told["owed"] else ""


def register() -> None:
    """Offer the panels."""
    page_panels.register("unavailable procedure", PagePanel(slot="procedure.after_facts", order=1, query_budget=1, render=of_procedure))
    page_panels.register("unavailable point", PagePanel(slot="unit.main", order=1, query_budget=1, render=of_unit))
    page_panels.register("news of a unit", PagePanel(slot="unit.news", order=10, query_budget=0, render=news_of_unit))
    page_panels.register("duties of a unit", PagePanel(slot="unit.coming", order=10, query_budget=0, render=coming_of_unit))
