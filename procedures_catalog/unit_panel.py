"""What the page of a unit says of the catalogue: how many procedures it has a part in, and the ones most asked for."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode

from foundation.registries import PagePanel, page_panels
from organisation.models import Unit, today

from .listing import FACETS
from .prepared import rows
from .queries import OF_UNIT_TODAY


def render(request: HttpRequest, unit: Unit) -> str:
    """The procedures of a unit; nothing for one that has none or is closed. One query."""
    if unit.is_closed:
        return ""
    found = rows(OF_UNIT_TODAY(unit=unit.pk, day=today()))
    if not found:
        return ""
    url = f"{reverse('procedures_catalog:list')}?{urlencode({FACETS['unit']: unit.slug})}"
    return render_to_string("procedures_catalog/unit_panel.html", {"procedures": found, "total": found[0]["total"], "url": url})


def register() -> None:
    """Offer the panel to the pages of units."""
    page_panels.register("catalogue", PagePanel(slot="unit.main", order=10, query_budget=2, render=render))
