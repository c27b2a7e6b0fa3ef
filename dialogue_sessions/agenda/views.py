"""The calendar: a month, a week, a list; the slots of a counter on one day."""

from __future__ import annotations

import datetime as dt
from itertools import groupby
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from foundation.api import absolute
from organisation.models import Post, Unit, today
from organisation.presentation import weekday_name
from organisation.queries import calendar_for
from procedures_catalog.caching import asks, public_page

from ..models import Session
from ..presentation import Line, day_text, standing, time_span
from . import queries
from .asking import KIND_NAMES, LIST, MONTH, NAMES, VIEWS, WEEK, Ask, horizon, read_day, read_slug
from .days import Day, Short, by_day, in_short, lay_out, with_something

A_DAY_OF_A_MONTH, A_DAY_OF_A_WEEK = 3, 20
ROBOTS_BACK, ROBOTS_AHEAD = 31, 400  # days around today that search engines need; what lies further is the same grid without end


@require_safe
@asks(*NAMES)
@public_page
def calendar(request: HttpRequest) -> HttpResponse:
    """What a resident can attend: a month (`?xem=`), a week or a list from a day on (`?ngay=`), of all or of one unit, kind, leader."""
    ask = Ask.of(request)
    units = queries.units(ask.unit)
    unit = next((one for one in units if one.slug == ask.unit), None)
    posts = queries.posts(ask)
    post = next((one for one in posts if one.pk == ask.post), None)
    if (ask.unit and unit is None) or (ask.post and post is None):
        raise Http404(_("There is no such choice."))
    days, more = _days(ask, unit)
    for day in days:
        day.url = request.path + ask.to(day.date, view=LIST).query()
    context = {
        "ask": ask,
        "days": days,
        "shown": with_something(days),
        "is_empty": all(day.is_empty for day in days),
        "heading": _heading(ask),
        "weekdays": [weekday_name(number) for number in range(1, 8)] if ask.view == MONTH else [],
        **_ways(ask, more),
        **_choices(ask, units, posts, unit, post),
        "now_url": request.path + ask.to(None).query(),
        "list_url": request.path + ask.to(max(days[0].date, min(today(), days[-1].date)), view=LIST).query(),
        "feed": ask.feed(),
        "feed_address": absolute(reverse("dialogue_sessions:ics")) + ask.feed(),
        "view_name": VIEWS[ask.view],
        "canonical": absolute(request.path) + ask.query(),
        "robots": "" if _for_robots(ask) else "noindex, follow",
        "section": "sessions",
    }
    return render(request, "dialogue_sessions/calendar.html", context)


def _days(ask: Ask, unit: Unit | None) -> tuple[list[Day], bool]:
    """The days to show, and whether a list goes on."""
    first, last = ask.days()
    more, now = False, timezone.now()
    total: dict[dt.date, int] | None = None
    on: dict[dt.date, list[Line]] | dict[dt.date, list[Short]]
    if ask.view == MONTH:
        briefs, total = queries.briefs_of_each_day(ask, first, last, A_DAY_OF_A_MONTH)
        on = in_short(briefs)
    elif ask.view == WEEK:
        found, total = queries.first_of_each_day(ask, first, last, A_DAY_OF_A_WEEK)
        on = by_day(found, now)
    else:
        found, more = queries.one_page(ask, first, last)
        first = timezone.localdate(found[0].starts_at) if found and ask.page > 1 else first
        last = timezone.localdate(found[-1].starts_at) if found and more else min(last, max([first + 30 * dt.timedelta(days=1), *(
            timezone.localdate(one.starts_at) for one in found)]))  # fmt: skip
        on = by_day(found, now)
    moved, slots_there = queries.moved_away(ask, first, last), queries.appointments(ask, first, last)
    return lay_out(first, last, calendar_for(unit), on=on, moved=moved, slots=slots_there, total=total), more


def _heading(ask: Ask) -> str:
    first, last = ask.days()
    if ask.view == MONTH:
        return date_format(ask.day, pgettext("format of a month", "F Y"))
    if ask.view == WEEK:
        return f"{date_format(first, 'SHORT_DATE_FORMAT')} – {date_format(last, 'SHORT_DATE_FORMAT')}"
    return _("From %(day)s on") % {"day": day_text(ask.day)}


def _step(ask: Ask, back: bool) -> dt.date:
    first, last = ask.days()
    if ask.view == WEEK:
        return first - dt.timedelta(days=7) if back else last + dt.timedelta(days=1)
    if ask.view == LIST:
        return ask.day - dt.timedelta(days=30)
    return (first - dt.timedelta(days=1)).replace(day=1) if back else last + dt.timedelta(days=1)


def _for_robots(ask: Ask) -> bool:
    """Whether search engines should keep the page: one month or list, near today, not narrowed by a person."""
    near = -ROBOTS_BACK <= (ask.day - today()).days <= ROBOTS_AHEAD
    return near and not ask.post and ask.page == 1 and ask.view != WEEK and not (ask.view == LIST and ask.asked)


def _ways(ask: Ask, more: bool) -> dict[str, Any]:
    """The links before and after; none beyond the horizon."""
    first, last = horizon(today())
    before, after = _step(ask, back=True), _step(ask, back=False)
    back, on = ask.to(before), ask.to(after)
    ways: dict[str, Any] = {"previous": back if before >= first else None, "next": on if after <= last else None}
    if ask.view == LIST:
        ways["next"] = ask.to(ask.day, page=ask.page + 1, asked=ask.asked) if more else None
        if ask.page > 1:
            ways["previous"] = ask.to(ask.day, page=ask.page - 1, asked=ask.asked)
    return ways | {f"{name}_rel": "" if way is None or _for_robots(way) else "nofollow" for name, way in ways.items()}


def _choices(ask: Ask, units: list[Unit], posts: list[Post], unit: Unit | None, post: Post | None) -> dict[str, Any]:
    day = ask.day if ask.asked else None
    return {
        "views": [{"word": word, "name": name, "url": ask.to(day, view=word).query(), "current": word == ask.view} for word, name in VIEWS.items()],
        "kinds": KIND_NAMES.items(),
        "kind_name": KIND_NAMES.get(ask.kind, ""),
        "units": units,
        "unit": unit,
        "posts": posts,
        "post": post,
    }


# ── Slots of a counter ────────────────────────────────────────────────────────────────────────────────────────────────


@require_safe
@cache_control(no_store=True, private=True)
def slots(request: HttpRequest, unit: str, day: str) -> HttpResponse:
    """The appointments of a unit on one day, with those that are free now. Kept by nobody: it changes with every registration."""
    asked = read_day(day)
    found = list(queries.slots_of_day(read_slug(unit), asked))
    if not found:
        raise Http404(_("There are no appointments at this counter on this day."))
    now = timezone.now()
    groups: list[dict[str, Any]] = [{"series": those[0].series, "slots": [_slot(one, now) for one in those]} for those in _by_series(found)]
    context = {
        "unit": found[0].unit,
        "day": asked,
        "day_text": day_text(asked),
        "groups": groups,
        "free": sum(slot["free"] > 0 for group in groups for slot in group["slots"]),
        "as_of": now,
        "back": f"{reverse('dialogue_sessions:calendar')}?ngay={asked.isoformat()}&co-quan={found[0].unit.slug}",
        "robots": "noindex, nofollow",
        "section": "sessions",
    }
    return render(request, "dialogue_sessions/slots.html", context)


def _by_series(found: list[Session]) -> list[list[Session]]:
    return [list(those) for _key, those in groupby(found, key=lambda one: one.series_id)]


def _slot(session: Session, now: dt.datetime) -> dict[str, Any]:
    takes = session.takes_registrations(now)
    return {
        "session": session,
        "time": time_span(session.starts_at, session.ends_at),
        "free": sum(pool.free for pool in session.pools.all()) if takes else 0,
        "standing": standing(session, now),
        "takes": takes,
    }
