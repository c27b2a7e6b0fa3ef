"""A year of reception days, legal aid, mobile service days, and appointments at the counter."""

from __future__ import annotations

import datetime as dt
from typing import Any

from organisation.calendar import ONE_DAY
from organisation.models import Field

from .. import planning, services
from ..enums import PoolKind, SessionKind, SessionState, Source
from ..models import Pool, Series, Session
from ..services import gate
from ..services.history import add_held
from ..slots import Span, cut
from .reading import Stage

BACK, AHEAD = 300, 65  # days: a year, most of it past, the next two months to come
ANNOUNCED_BEFORE = 30 * ONE_DAY  # the plan of the year is public a month before its first day


def load(stage: Stage) -> None:
    """Everything of receptions.toml."""
    from .dialogues import write_down

    found = stage.read("receptions.toml")
    for about in found["series"]:
        _series(stage, about, [change for change in found["changes"] if change["series"] == about["slug"]])
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


def _shared(stage: Stage, about: dict[str, Any]) -> dict[str, Any]:
    """What the sessions of a series have in common."""
    return {
        "room": stage.room(about.get("room")), "place": about.get("place", ""), "accessibility": about["accessibility"],
        "subjects": "\n".join(about.get("subjects", [])), "post": stage.post(about["unit"], about["post"]),
        "stand_in": stage.post(about["unit"], about.get("stand_in", "")),
    }  # fmt: skip


def _seats(about: dict[str, Any]) -> services.Seats:
    name, name_en = ("tại quầy", "at the counter") if "slot_minutes" in about else ("trong phòng tiếp", "in the reception room")
    return services.Seats(about.get("capacity", 1), PoolKind.HALL, name, name_en=name_en)


def _series(stage: Stage, about: dict[str, Any], changes: list[dict[str, Any]]) -> None:
    series = Series(
        unit=stage.unit(about["unit"]), kind=about["kind"], title=about["title"], title_en=about["title_en"], slug=about["slug"],
        lead_hours=about["lead_hours"],
    )  # fmt: skip
    series.full_clean()
    series.save(force_insert=True)
    spans = [stage.span(day, about["times"]) for day in _days(stage, about)]
    announced = spans[0][0] - ANNOUNCED_BEFORE
    # What became of a day is done by the services, which ask for a session that is to come: those days are lived through.
    apart = {change["what"]: _first(stage, spans, change["after"]) for change in changes}
    past = [span for span in spans if span[1] < stage.now and span not in apart.values()]
    lived = [span for span in spans if span not in past]
    opens_before = about["opens_days"] * ONE_DAY
    sessions = _held_before(stage, series, past, about, announced)
    with gate.as_of(announced):
        planned = services.plan_series(
            series, lived, [_seats(about)], stage.actor, registration_opens=lambda begins: begins - opens_before, **_shared(stage, about)
        )
        for session in planned:
            if session.starts_at != apart.get("late", (None, None))[0]:
                services.announce(session, stage.actor)
    attending = [stage.unit(slug) for slug in about.get("attending", [])]
    through = Session.attending.through
    through._default_manager.bulk_create(through(session_id=one.pk, unit_id=unit.pk) for one in [*sessions, *planned] for unit in attending)
    for change in changes:
        _change(stage, change, next(one for one in planned if one.starts_at == apart[change["what"]][0]))


def _first(stage: Stage, spans: list[Span], after: int) -> Span:
    """The first from a day on, counted from today."""
    begins = dt.datetime.combine(stage.day(after), dt.time.min, gate.zone())
    return next(span for span in spans if span[0] >= begins)


def _held_before(stage: Stage, series: Series, spans: list[Span], about: dict[str, Any], announced: dt.datetime) -> list[Session]:
    shared, wanted = _shared(stage, about), _seats(about)
    sessions = [
        Session(
            kind=series.kind, unit=series.unit, series=series, title=series.title, title_en=series.title_en, announced_at=announced,
            slug=f"{series.slug}-{begins:%Y-%m-%d-%H%M}", starts_at=begins, ends_at=ends,
            registration_opens=begins - about["opens_days"] * ONE_DAY, registration_closes=begins - series.lead_hours * ONE_DAY / 24, **shared,
        )
        for begins, ends in spans
    ]  # fmt: skip
    pools = [Pool(session=one, kind=wanted.kind, capacity=wanted.capacity, **wanted.names()) for one in sessions]
    return add_held(sessions, pools, stage.actor)


def _change(stage: Stage, change: dict[str, Any], session: Session) -> None:
    if change["what"] == "late":
        with gate.as_of(min(session.starts_at, stage.now + ONE_DAY) - 2 * ONE_DAY):
            services.announce(session, stage.actor, late_because=change["reason"])
        return
    with gate.as_of(min(stage.now, session.starts_at - 3 * ONE_DAY)):
        if change["what"] == "cancel":
            services.cancel_session(session, change["reason"], stage.actor)
            return
        held = session.starts_at.astimezone(gate.zone()).date()
        step = stage.calendar(session.unit.slug).roll(held + change["days"] * ONE_DAY) - held
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
        slots = services.plan_series(
            series, cut(whole, series.slot_minutes or 30), [_seats(about)], stage.actor, registration_opens=stage.earlier(-2), **_shared(stage, about)
        )
        services.announce_series(series, stage.actor)
        for number in about["booked"]:
            registered(stage, slots[number], slots[number].pools.get(), 1, source=Source.TELEPHONE)
