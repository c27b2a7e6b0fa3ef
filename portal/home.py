"""What the home page holds: the catalogue's life events, fields, units and levels with their counts, what people ask for
most, what is new, what comes next, and the panels of other applications. A part that has nothing to show is not there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language

from foundation.registries import panels_for
from organisation.models import today
from procedures_catalog import listing, presentation
from procedures_catalog.enums import ChangeKind, EndKind
from procedures_catalog.views import shown_items

from . import article_lists, disclosure, guides

POPULAR = 6
FIELDS = 24
UNITS = 12
SLOTS = {"panels": "home.main", "figures": "home.figures", "meetings": "home.events", "promises": "home.promises"}


def offices(found: listing.Catalogue, options: Sequence[listing.Option]) -> dict[str, Any]:
    """Departments, then the governments above wards. Several wards that receive the same are a number: one line says it."""
    wards = [option for option in options if option.value in found.wards]
    above = [option for option in options if option.value in found.governments]
    departments = [option for option in options if option.value not in found.wards | found.governments]
    shown = departments[:UNITS] + above
    return {"units": shown + wards if len(wards) == 1 else shown, "wards": len(wards) if len(wards) > 1 else 0}


def changes(found: listing.Catalogue, day: dt.date) -> list[dict[str, Any]]:
    """What changed last, in words."""
    return [
        {**row, "kind": presentation.label(EndKind, row["end_kind"]) if row["ended"] else presentation.label(ChangeKind, row["change_kind"])}
        for row in listing.recent_changes(found, day)
    ]


def slots(request: HttpRequest) -> dict[str, list[str]]:
    """What other applications show here, by slot; those with nothing to say are not there."""
    return {name: [html for panel in panels_for(slot) if (html := panel.render(request, None))] for name, slot in SLOTS.items()}


def home_context(request: HttpRequest) -> dict[str, Any]:
    """Everything on the home page but the words that editors write."""
    day = today()
    found = listing.catalogue(day)
    page = listing.page(found, listing.Choice(), per_page=POPULAR)
    popular = [item for item in page.items if item.popularity < listing.UNRANKED]
    fields = page.facets["field"]
    levels = page.facets["level"]
    moved = changes(found, day)
    events = guides.life_events(found, {option.value: option for option in page.facets["event"]})
    news, owed = article_lists.newest(get_language() or "vi")
    return {
        "total": page.total,
        "list_url": reverse("procedures_catalog:list"),
        "events": events,
        "guides_url": next((guides.above(event["url"]) for event in events if event["guide"]), ""),
        "popular": shown_items(found, popular or page.items, day),
        "popular_is_ranked": bool(popular),
        "fields": fields[:FIELDS],
        "more_fields": max(0, len(fields) - FIELDS),
        **offices(found, page.facets["unit"]),
        "levels": levels,
        "services": [option for option in page.facets["service"] if not option.value.startswith("cu-")],
        "legacy_services": [option for option in page.facets["service"] if option.value.startswith("cu-")],
        "audiences": page.facets["audience"],
        "changes": [row for row in moved if not row["upcoming"]],
        "coming_changes": sorted((row for row in moved if row["upcoming"]), key=lambda row: row["on"]),
        "news": news,
        "duties_coming": disclosure.coming(owed),
        **slots(request),
        "section": "home",
    }
