"""What the figures show on other pages: three numbers on the home page, a card each on the page that lists the figures."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from foundation.registries import PagePanel, page_panels
from organisation.models import today
from procedures_catalog import listing

from . import levels, posting, roadmap
from .enums import PlanState, Scheme
from .rules import ONLINE, SCHEMES


def home(request: HttpRequest, _about: Any) -> str:
    """Today's levels and the share that can be filed online, counted in the lists' memory: one query, which asks for changes.

    Where records state levels of 2011, those; where they do not, the ones since 2022. Never both in one figure."""
    shelf = listing.catalogue().shelf
    counted = shelf.counts("service", shelf.everybody)
    for scheme, prefix in ((Scheme.LEGACY, "cu-"), (Scheme.ONLINE, "")):
        found = {level: counted.get(f"{prefix}{level}", 0) for level in reversed(SCHEMES[scheme])}
        stated = sum(found.values())
        if stated:
            online = sum(found[level] for level in ONLINE[scheme])
            figures = [
                {"name": levels.level_name(scheme, level), "count": count, "word": f"{prefix}{level}"} for level, count in found.items() if count
            ]  # fmt: skip
            context = {"figures": figures, "stated": stated, "online": online, "share": levels.share_text(online, stated), "scheme": str(scheme)}
            return render_to_string("transparency/home_panel.html", context, request)
    return ""


def levels_card(request: HttpRequest, _about: Any) -> str:
    """How many, and the share online by the scheme in force."""
    day = today()
    every = levels.counts(day, today=day).every
    if not every.total:
        return ""
    shown = [levels.summary(every, scheme, None) for scheme in (Scheme.ONLINE, Scheme.LEGACY) if every.stated(scheme)]
    return render_to_string("transparency/cards/levels.html", {"total": every.total, "schemes": shown}, request)


def roadmap_card(request: HttpRequest, _about: Any) -> str:
    """How many plans were kept; nothing without plans."""
    found = roadmap.plans(today())
    if not found:
        return ""
    states = {str(state): sum(plan.state == state for plan in found) for state in PlanState}
    judged = states["kept"] + states["missed"]
    context = {"total": len(found), **states, "judged": judged, "kept_share": levels.share_text(states["kept"], judged)}
    return render_to_string("transparency/cards/roadmap.html", context, request)


def posting_card(request: HttpRequest, _about: Any) -> str:
    """The share published; nothing without lists."""
    found = posting.overview(today())
    if not found["units"]:
        return ""
    return render_to_string("transparency/cards/posting.html", found, request)


def register() -> None:
    """Offer the panels."""
    page_panels.register("figures home", PagePanel(slot="home.figures", order=10, query_budget=2, render=home))
    page_panels.register("figures levels", PagePanel(slot="figures.index", order=10, query_budget=2, render=levels_card))
    page_panels.register("figures roadmap", PagePanel(slot="figures.index", order=20, query_budget=1, render=roadmap_card))
    page_panels.register("figures posting", PagePanel(slot="figures.index", order=30, query_budget=1, render=posting_card))
