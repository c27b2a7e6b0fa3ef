"""What the page of a unit says of the catalogue: how many procedures it has a part in, and the ones most asked for."""

from __future__ import annotations

from itertools import islice

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language

from foundation.registries import PagePanel, page_panels
from organisation.models import Unit

from . import listing

SHOWN = 10


def render(request: HttpRequest, unit: Unit) -> str:
    """What the list holds for a unit, the most asked for; nothing for one that has none or is closed. One query when nothing changed."""
    if unit.is_closed:
        return ""
    known = listing.catalogue()
    shelf = known.shelf
    found = shelf.having({"unit": unit.slug})
    if not found:
        return ""
    url = f"{reverse('procedures_catalog:list')}?{urlencode({listing.FACETS['unit']: unit.slug})}"
    english = get_language() == "en"
    counts, names = shelf.counts("event", found), known.names["event"]
    events = [
        {
            "name": (english and names[slug][1]) or names[slug][0], "vietnamese": english and not names[slug][1], "count": counts[slug],
            "url": f"{url}&{urlencode({listing.FACETS['event']: slug})}",
        }
        for slug in names if slug in counts
    ]  # fmt: skip
    context = {"events": events, "procedures": list(islice(shelf.ordered("popularity", found), SHOWN)), "total": found.bit_count(), "url": url}
    return render_to_string("procedures_catalog/unit_panel.html", context)


def register() -> None:
    """Offer the panel to the pages of units."""
    page_panels.register("catalogue", PagePanel(slot="unit.main", order=10, query_budget=2, render=render))
