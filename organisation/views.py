"""The public pages: all units, and one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from foundation.api import absolute
from foundation.registries import panels_for

from . import linked_data, presentation, queries, unit_page
from .counter import Counter, Status
from .models import Post, ServicePoint, Unit, today

UNITS_ON_A_PAGE = 100
BELOW_ON_A_PAGE = 60
LONGEST_IN_CACHE = 300  # seconds; shorter when a counter opens or closes before


@dataclass(frozen=True)
class PointCard:
    """A service point as its card shows it."""

    point: ServicePoint
    status: Status
    text: str
    reason: str
    tone: str
    week: list[tuple[str, str]]
    coming: list[tuple[str, str, str]]


def point_card(point: ServicePoint, counter: Counter, now: dt.datetime) -> PointCard:
    """What the card of a service point (one of `queries.points()`) shows at a moment."""
    status = counter.status(now)
    return PointCard(
        point=point,
        status=status,
        text=presentation.status_text(status),
        reason=presentation.status_reason(status),
        tone=presentation.status_tone(status),
        week=presentation.week_lines(counter.hours),
        coming=presentation.coming_lines(counter, status.at.date()),
    )


def point_cards(points: Iterable[ServicePoint], now: dt.datetime) -> list[PointCard]:
    """The cards of service points at a moment."""
    found = list(points)
    counters = queries.counters(found)
    return [point_card(point, counters[point.pk], now) for point in found]


def _cached(response: HttpResponse, cards: Iterable[PointCard]) -> HttpResponse:
    """Public, and no longer than what the cards say is true."""
    changes = [card.status.changes_in for card in cards if card.status.changes_in is not None]
    patch_cache_control(response, public=True, max_age=max(0, min([LONGEST_IN_CACHE, *changes])))
    return response


def _page(request: HttpRequest, rows: list[Any], size: int) -> Any:
    return Paginator(rows, size).get_page(request.GET.get("trang"))


@require_safe
def units(request: HttpRequest) -> HttpResponse:
    """All units as a tree, a hundred a page, with their service points and whether these are open."""
    everyone = list(Unit.objects.defer("duties", "duties_en").select_related("parent"))
    day = today()
    current = [unit for unit in everyone if unit.is_valid_on(day)]
    rows = [branch for root in queries.tree(current) for branch in root.walk()]
    page = _page(request, rows, UNITS_ON_A_PAGE)
    shown = [branch.unit for branch in page]
    cards = point_cards(queries.points().filter(unit__in=shown), timezone.now())
    by_unit: dict[int, list[PointCard]] = {}
    for card in cards:
        by_unit.setdefault(card.point.unit_id, []).append(card)
    closed = _closed(page.number)
    context = {
        "page": page,
        "roots": [_row(root, by_unit) for root in queries.tree(shown)],
        "main": next((card for card in cards if card.point.is_main), None),
        "closed": closed,
        "canonical": absolute(request.path),
    }
    return _cached(render(request, "organisation/units.html", context), cards)


def _closed(page: int) -> list[Unit]:
    """Units that ended, the latest first, with their successors; on the first page only. Two queries or none."""
    if page > 1:
        return []
    return list(Unit.objects.closed().prefetch_related("successors").order_by("-valid_to", "name")[:BELOW_ON_A_PAGE])


def _row(branch: queries.Branch, cards: dict[int, list[PointCard]]) -> dict[str, Any]:
    return {
        "unit": branch.unit,
        "depth": branch.depth,
        "cards": cards.get(branch.unit.pk, []),
        "below": [_row(below, cards) for below in branch.branches],
    }


# Where the page of a unit has room for others, in the page's order.
SLOTS = {
    "figures": "unit.figures", "panels": "unit.main", "meetings": "unit.events", "promises": "unit.promises", "news": "unit.news",
    "coming_panels": "unit.coming",
}  # fmt: skip


def _panels(request: HttpRequest, unit_: Unit) -> dict[str, list[SafeString]]:
    """What other applications show here, by slot; those with nothing to say are not there."""
    # Panels give safe HTML by contract (foundation.registries.PagePanel).
    return {
        name: [mark_safe(html) for panel in panels_for(slot) if (html := panel.render(request, unit_))]  # noqa: S308  # nosec B308 B703
        for name, slot in SLOTS.items()
    }


@require_safe
def unit(request: HttpRequest, slug: str) -> HttpResponse:
    """The home of one unit: what it handles, what is new and what comes, where and when, who; or, when it is closed, who
    carries on."""
    around = unit_page.load(slug)
    if around is None:
        raise Http404(_("There is no such office."))
    found = around.unit
    closed = found.is_closed
    cards = [] if closed else point_cards(queries.points_serving(found).with_rooms(), timezone.now())
    people = [] if closed else queries.holders(Post.objects.filter(unit=found).order_by("-is_leader", "order", "title"))
    page = _page(request, around.below, BELOW_ON_A_PAGE)
    context = {
        "unit": found,
        "closed": closed,
        "ancestors": around.ancestors,
        "successors": queries.successors_of(found) if closed else [],
        "predecessors": [] if closed else around.predecessors,
        "cards": cards,
        "coming": _coming(cards),
        "people": people,
        "photos": _photos(people),
        "below": page,
        "population": around.population,
        **_panels(request, found),
        "section": "units",
        "canonical": absolute(request.path),
        "linked_data": linked_data.of_unit(found, around.ancestors[-1] if around.ancestors else None, cards, page),
    }
    return _cached(render(request, "organisation/unit.html", context), cards)


def _coming(cards: Iterable[PointCard]) -> list[dict[str, Any]]:
    """The days of the next weeks on which a counter has other hours than usual, of all counters together."""
    return [{"point": card.point, "day": day, "hours": hours, "why": why} for card in cards for day, hours, why in card.coming]


def _photos(people: list[queries.Holder]) -> dict[int, Any]:
    """Small pictures by person, made ahead in one query when there are any."""
    photos = {person.pk: person.photo for holder in people for person in holder.people if person.photo is not None}
    if not photos:
        return {}
    image = type(next(iter(photos.values())))
    made = {picture.pk: picture for picture in image.objects.filter(pk__in=[photo.pk for photo in photos.values()]).prefetch_related(
        Prefetch("renditions", image.get_rendition_model().objects.filter(filter_spec="fill-96x96"))
    )}  # fmt: skip
    return {pk: made[photo.pk].get_rendition("fill-96x96") for pk, photo in photos.items()}
