"""A year of reception days, legal aid, mobile service days, and appointments at the counter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from organisation.calendar import ONE_DAY
from organisation.models import Field

from .. import planning, services
from ..enums import PoolKind, SessionKind, SessionState, Source
from ..models import Series, Session
from ..services import gate
from ..slots import Span, cut
from .reading import Stage

BACK, AHEAD = 300, 65  # days: a year, most of it past, the next two months to come
ANNOUNCED_BEFORE = 30 * ONE_DAY  # the plan of the year is public a month before its first day


def load(stage: Stage) -> None:
    """Everything of receptions.toml."""
    from .dialogues import write_down

    found = stage.read("receptions.toml")
    late = {change["series"]: change for change in found["changes"] if change["what"] == "late"}
    for about in found["series"]:
        _series(stage, about, late.get(about["slug"]))
    for change in found["changes"]:
        _change(stage, change)
    for about in found["single"]:
        write_down(stage, about)
    _appointments(stage, found["appointments"])


def of_series(stage: Stage, series: str, after: int) -> Session:
    """The first session of a series from a day on."""
    begins = dt.datetime.combine(stage.day(after), dt.time.min, gate.zone())
    return Session.objects.filter(series__slug=series, starts_at__gte=begins).exclude(state=SessionState.CANCELLED).earliest("starts_at")


def _days(stage: Stage, about: dict[str, Any]) -> list[dt.date]:
    """The days that a rule gives in the demonstration's year, days off rolled on."""
    first, last = stage.day(-BACK), stage.day(AHEAD)
    nth = tuple((place, weekday) for place, weekday in about.get("nth", []))
    rule = planning.Rule(weekdays=tuple(about.get("weekdays", [])), nth=nth, half=about["half"], first=first, last=last)
    calendar = stage.calendar(about["unit"])
    return sorted({one.day for year in range(first.year, last.year + 1) for one in planning.plan(rule, year, calendar)})


def _plan(
    stage: Stage, series: Series, spans: Iterable[Span], about: dict[str, Any], opens: dt.datetime | Callable[[dt.datetime], dt.datetime]
) -> list[Session]:
    return services.plan_series(
        series, spans, [services.Seats(about.get("capacity", 1), PoolKind.HALL, "Chỗ")], stage.actor, registration_opens=opens,
        room=stage.room(about.get("room")), place=about.get("place", ""), accessibility=about["accessibility"],
        subjects="\n".join(about.get("subjects", [])), post=stage.post(about["unit"], about["post"]),
        stand_in=stage.post(about["unit"], about.get("stand_in", "")),
    )  # fmt: skip


def _series(stage: Stage, about: dict[str, Any], late: dict[str, Any] | None) -> None:
    series = Series(
        unit=stage.unit(about["unit"]), kind=about["kind"], title=about["title"], title_en=about["title_en"], slug=about["slug"],
        lead_hours=about["lead_hours"],
    )  # fmt: skip
    series.full_clean()
    series.save(force_insert=True)
    spans = [stage.span(day, about["times"]) for day in _days(stage, about)]
    opens_before = about["opens_days"] * ONE_DAY
    with gate.as_of(spans[0][0] - ANNOUNCED_BEFORE):
        planned = _plan(stage, series, spans, about, lambda begins: begins - opens_before)
        attending = [stage.unit(slug) for slug in about.get("attending", [])]
        through = Session.attending.through
        through._default_manager.bulk_create(through(session_id=one.pk, unit_id=unit.pk) for one in planned for unit in attending)
        apart = of_series(stage, series.slug, late["after"]) if late else None
        for session in planned:
            if session != apart:
                services.announce(session, stage.actor)
    if apart is not None and late is not None:
        with gate.as_of(min(apart.starts_at, stage.now + ONE_DAY) - 2 * ONE_DAY):
            services.announce(apart, stage.actor, late_because=late["reason"])


def _change(stage: Stage, change: dict[str, Any]) -> None:
    if change["what"] == "late":
        return
    session = of_series(stage, change["series"], change["after"])
    with gate.as_of(min(stage.now, session.starts_at - 3 * ONE_DAY)):
        if change["what"] == "cancel":
            services.cancel_session(session, change["reason"], stage.actor)
            return
        to = stage.calendar(session.unit.slug).roll(session.starts_at.astimezone(gate.zone()).date() + change["days"] * ONE_DAY)
        step = to - session.starts_at.astimezone(gate.zone()).date()
        services.move_session(session, session.starts_at + step, session.ends_at + step, change["reason"], stage.actor)


def _appointments(stage: Stage, about: dict[str, Any]) -> None:
    """Slots of the next two weeks, a few of them booked by telephone."""
    from .dialogues import registered

    series = Series(
        unit=stage.unit(about["unit"]), kind=SessionKind.APPOINTMENT, title=about["title"], title_en=about["title_en"], slug=about["slug"],
        slot_minutes=about["slot_minutes"], lead_hours=about["lead_hours"], per_person=about["per_person"],
    )  # fmt: skip
    series.full_clean()
    series.save(force_insert=True)
    series.fields.set(Field.objects.filter(slug__in=about["fields"]))
    calendar, day = stage.calendar(about["unit"]), stage.day(about["first"] - 1)
    whole = []
    for _ in range(about["days"]):
        day = calendar.next_working(day)
        whole += [stage.span(day, times) for times in about["times"]]
    with gate.as_of(stage.earlier(-2)):
        slots = _plan(stage, series, cut(whole, series.slot_minutes or 30), about, stage.earlier(-2))
        services.announce_series(series, stage.actor)
        for number in about["booked"]:
            registered(stage, slots[number], slots[number].pools.get(), 1, source=Source.TELEPHONE)
