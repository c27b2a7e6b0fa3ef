"""What the portal says on pages of others: that a procedure or a service point is not available, because…"""

from __future__ import annotations

from typing import Any

from django.db.models import F, Q
from django.db.models.functions import Now
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import get_language

from foundation.registries import PagePanel, page_panels
from organisation.models import Unit
from procedures_catalog.models import ServiceOffer
from procedures_catalog.prepared import Prepared, rows

from .models import Interruption
from .navigation import Banner, banner_of

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
OF_UNIT = Prepared(
    lambda unit: _current().filter(Q(point__unit=unit) | Q(point__serves=unit)).distinct().values(*_FIELDS, **_COLUMNS),
    unit=int,
)  # fmt: skip


def _render(answer: str) -> str:
    english = get_language() == "en"
    found: list[Banner] = [banner_of(row, english) for row in rows(answer)]
    return render_to_string("portal/parts/unavailable.html", {"interruptions": found}) if found else ""


def of_procedure(request: HttpRequest, procedure: dict[str, Any]) -> str:
    """On a procedure's page: itself, and the service points that take it. One query."""
    return _render(OF_PROCEDURE(procedure=procedure["id"]))


def of_unit(request: HttpRequest, unit: Unit) -> str:
    """On a unit's page: its service points. One query."""
    return _render(OF_UNIT(unit=unit.pk))


def register() -> None:
    """Offer the panels."""
    page_panels.register("unavailable procedure", PagePanel(slot="procedure.after_facts", order=1, query_budget=1, render=of_procedure))
    page_panels.register("unavailable point", PagePanel(slot="unit.main", order=1, query_budget=1, render=of_unit))
