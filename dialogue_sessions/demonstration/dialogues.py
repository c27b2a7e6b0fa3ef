"""The dialogues, each as far as it has come: announced, registered for, held, in its minutes, with what was promised."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from typing import Any

from organisation.calendar import ONE_DAY

from .. import services
from ..contacts import applicant
from ..enums import ArrivalBy, MinutesState, PoolKind, RegistrationState, Source
from ..models import Addendum, AgendaItem, Attendance, Contribution, Minutes, Pool, Registration, Session
from ..services import Seats, gate
from . import asking, promises
from .reading import Stage

MINUTE = dt.timedelta(minutes=1)
SIZES = (1, 2, 1, 1, 3, 1, 2)  # of those who come together


def load(stage: Stage) -> None:
    """Every file of sessions/."""
    for about in stage.sessions():
        _dialogue(stage, about)


def write_down(stage: Stage, about: dict[str, Any]) -> Session:
    """A session planned and announced on its day."""
    unit = about["unit"]
    begins, ends = stage.span(stage.working_day(unit, about["day"]), about["times"])
    announced = stage.earlier(about["announced"])
    opens = dt.datetime.combine(stage.day(about["opens"]), dt.time(8), gate.zone()) if "opens" in about else announced
    session = Session(
        kind=about["kind"], unit=stage.unit(unit), title=about["title"], title_en=about["title_en"], slug=about["slug"], starts_at=begins,
        ends_at=ends, room=stage.room(about.get("room")), place=about.get("place", ""), accessibility=about["accessibility"],
        online_link=about.get("online_link", ""), post=stage.post(unit, about["post"]), stand_in=stage.post(unit, about.get("stand_in", "")),
        subjects="\n".join(about["subjects"]),
    )  # fmt: skip
    if any(seats[0] != PoolKind.WALK_IN for seats in about["seats"]):
        session.registration_opens, session.registration_closes = opens, (begins - ONE_DAY).replace(hour=17, minute=0)
    with gate.as_of(announced):
        seats = [Seats(row[1], row[0], village=row[2] if len(row) > 2 else "") for row in about["seats"]]
        services.plan_session(session, seats, stage.actor)
        session.attending.set(stage.unit(slug) for slug in about.get("attending", []))
        for row in about.get("agenda", []):
            speaker = {"post": stage.post(unit, row["post"])} if "post" in row else {"unit": stage.unit(row["unit"])} if "unit" in row else {}
            item = AgendaItem(session=session, title=row["title"], title_en=row["title_en"], minutes=row["minutes"], **speaker)
            services.agenda.add_item(item, stage.actor)
        return services.announce(session, stage.actor)


def registered(stage: Stage, session: Session, pool: Pool, size: int, *, village: str = "", source: str = Source.CLERK) -> Registration:
    """Somebody whom a clerk wrote down, without a contact: nobody is ever written to."""
    return services.hold(pool, applicant(next(stage.people), village=village, size=size), source=source, actor=stage.actor)


def _dialogue(stage: Stage, about: dict[str, Any]) -> None:
    session = write_down(stage, about)
    with gate.as_of(min(stage.now, stage.earlier(about["announced"]) + 2 * ONE_DAY)):
        if about["day"] < 0 or "bookings" in about:
            _bookings(stage, session, about)
        if about["day"] >= 0:
            services.follow_clock(session.pk)
        known = asking.load_questions(stage, session, about.get("questions", []))
    if about["day"] < 0:
        _held(stage, session, about)
    asking.answer(stage, session, about.get("questions", []), known)
    keys = {row["key"]: question.pk for row, question in zip(about.get("questions", []), known, strict=True) if "key" in row}
    lines = _minutes(stage, session, about["minutes"], keys) if "minutes" in about else []
    promises.load(stage, session, about.get("promises", []), lines)
    promises.conclusions(stage, session, about.get("conclusions", []))


def _bookings(stage: Stage, session: Session, about: dict[str, Any]) -> None:
    """Those who registered, so many people a pool."""
    pools = {pool.village or pool.kind: pool for pool in session.pools.all()}
    for name, people in about.get("bookings", [[PoolKind.HALL, about.get("people", 0)]]):
        pool, sizes = pools[name], itertools.cycle(SIZES)
        while people > 0:
            size = min(next(sizes), people)
            registered(stage, session, pool, size, village=pool.village)
            people -= size


def _held(stage: Stage, session: Session, about: dict[str, Any]) -> None:
    """The evening itself: who came, what was spoken of, who did not come."""
    begins = session.starts_at
    with gate.as_of(begins + MINUTE):
        services.follow_clock(session.pk)
        rows = list(session.registrations.filter(state=RegistrationState.CONFIRMED).order_by("queue_no"))
        for row in rows[: len(rows) - about["absent"]]:
            services.day.check_in(row, stage.actor, key=uuid.uuid4(), how=ArrivalBy.LIST)
        for _ in range(about["walk_ins"]):
            services.day.walk_in(session, stage.actor, key=uuid.uuid4(), name=next(stage.people))
    moment = begins + 5 * MINUTE
    for item in session.agenda.order_by("order"):
        with gate.as_of(moment):
            services.agenda.start_item(item, stage.actor)
        moment += item.minutes * MINUTE
        with gate.as_of(min(moment, session.ends_at)):
            services.agenda.stop_item(item, stage.actor)
    with gate.as_of(session.ends_at + MINUTE):
        services.day.close_attendance(session, stage.actor)
        services.follow_clock(session.pk)
    session.refresh_from_db()


def _minutes(stage: Stage, session: Session, about: dict[str, Any], questions: dict[str, int]) -> list[Contribution]:
    ends = session.ends_at
    with gate.as_of(ends + 60 * MINUTE):
        minutes = services.begin_minutes(session, stage.actor)
        minutes = services.save_summary(minutes, about["summary"], about["summary_en"], minutes.version, stage.actor)
        lines = [services.save_line(_line(stage, minutes, row), stage.actor) for row in about["lines"]]
        for line, row in zip(lines, about["lines"], strict=True):
            services.link_questions(line, stage.actor, add=[questions[key] for key in row.get("questions", [])])
        for unit, title, note in about["attendance"]:
            services.save_part(Attendance(minutes=minutes, unit=stage.unit(unit), post=stage.post(unit, title), note=note), stage.actor)
    state = about["state"]
    if state == MinutesState.DRAFT:
        return lines
    circulated = stage.earlier(-about["circulated_ago"]) if "circulated_ago" in about else ends + about["circulated"] * ONE_DAY
    with gate.as_of(circulated):
        minutes = services.circulate(minutes, stage.actor)
    _corrections(stage, minutes, lines, about.get("corrections", []), circulated)
    if state == MinutesState.CIRCULATED:
        return lines
    with gate.as_of(ends + about["final"] * ONE_DAY):
        minutes = services.finish(minutes, stage.actor)
    if state == MinutesState.PUBLISHED:
        with gate.as_of(ends + about["published"] * ONE_DAY):
            minutes = services.publish_minutes(minutes, stage.actor)
    if "addendum" in about:
        number, text = about["addendum"]
        at = ends + (about["final"] + 20) * ONE_DAY
        services.add_addendum(Addendum(minutes=minutes, contribution=lines[number - 1], text=text, at=at), stage.actor)
    return lines


def _line(stage: Stage, minutes: Minutes, row: dict[str, Any]) -> Contribution:
    unit = stage.unit(row["unit"]) if row["unit"] else None
    return Contribution(
        minutes=minutes, village=row["village"], text=row["text"], answer=row["answer"], answered_by=unit, satisfaction=row["satisfaction"]
    )


def _corrections(stage: Stage, minutes: Minutes, lines: list[Contribution], rows: list[dict[str, Any]], circulated: dt.datetime) -> None:
    """What those who came proposed a few hours after they were asked, and what was decided."""
    came = list(minutes.session.registrations.filter(state=RegistrationState.ATTENDED).order_by("queue_no")[: len(rows)])
    for who, row in zip(came, rows, strict=True):
        with gate.as_of(circulated + 3 * 60 * MINUTE):
            correction = services.propose(minutes, who, lines[row["line"] - 1], row["proposed"])
        if "accept" in row:
            with gate.as_of(circulated + 6 * ONE_DAY):
                services.decide(correction, accept=row["accept"], public_text=row["public"], reason=row["reason"], actor=stage.actor)
