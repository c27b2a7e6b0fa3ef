"""The day itself: who came, who came without registering, who did not come. Every change passes the gate.

A telephone at the door sends what it has told present when it has a network, perhaps twice and perhaps late: a key made there says
what is the same, and the time of the telling is kept apart from the time of its arrival here."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone

from safeguards.models import User
from safeguards.services import record, record_many

from .. import contacts, tickets
from ..enums import CAME_OR_NOT, DOOR_STATES, LIVING, ArrivalBy, MinutesState, PoolKind, RegistrationState, SessionState, Source
from ..models import AttendanceClosing, CheckIn, Minutes, Pool, Registration, Session
from . import gate, seats
from .day_errors import (
    AttendanceFinal,
    NoSeatAtTheDoor,
    NoSuchNumber,
    NoSuchTicket,
    NotBegun,
    NotExpected,
    NotHeld,
    NotPresent,
    NotThatDay,
    OtherSession,
)
from .delays import tell_delay
from .errors import AlreadyRegistered, GroupTooLarge, WrongState
from .waiting import fill

State = RegistrationState


def minutes_are_final(session: Session) -> bool:
    """Whether who came stands in minutes that nobody changes any more."""
    return Minutes.objects.filter(session=session, state__in=[MinutesState.FINAL, MinutesState.PUBLISHED]).exists()


# What says that nobody changes any more who came.
final: list[Callable[[Session], bool]] = [minutes_are_final]


@dataclass(frozen=True)
class Arrival:
    """What a telling came to. `new` is False when it had been told before: then nothing was written."""

    check_in: CheckIn | None
    registration: Registration
    new: bool


def opens_at(session: Session) -> dt.datetime:
    """From when on people are told present: the first moment of its day."""
    return timezone.localtime(session.starts_at, gate.zone()).replace(hour=0, minute=0, second=0, microsecond=0)


def _may_change(session: Session, moment: dt.datetime) -> None:
    if session.state not in DOOR_STATES:
        raise NotHeld
    if moment < opens_at(session):
        raise NotThatDay(session)
    if any(is_final(session) for is_final in final):
        raise AttendanceFinal


def _closed(session: Session) -> AttendanceClosing | None:
    return AttendanceClosing.objects.filter(session=session, undone_at=None).first()


# ── Who came ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def check_in(
    registration: Registration, actor: User | None, *, key: uuid.UUID, at: dt.datetime | None = None, how: str = ArrivalBy.NUMBER,
    people: int | None = None,
) -> Arrival:  # fmt: skip
    """Somebody is there. `key` names this telling: asked for again, nothing happens; nor when somebody else told it already. `at` is when
    it was told (now, or earlier, without a network), `people` how many of a group came (all).

    Who holds a seat that is not confirmed, or waits while seats are free and no more offered, is seated by it. Raises SessionError."""
    with gate.change():
        session = gate.lock(registration.session_id)
        current = Registration.objects.select_related("pool").get(pk=registration.pk)
        current.session = session
        standing = CheckIn.objects.filter(key=key).first()
        if standing is not None:
            if standing.registration_id != current.pk:
                raise WrongState
            return Arrival(standing, current, new=False)
        moment = gate.now()
        _may_change(session, moment)
        if current.state == State.ATTENDED:
            return Arrival(CheckIn.objects.filter(registration=current, undone_at=None).first(), current, new=False)
        if people is not None and not 1 <= people <= current.size:
            raise GroupTooLarge(current.size)
        _seated(session, current, moment, actor)
        return Arrival(_came(session, current, actor, key=key, at=at, moment=moment, how=how, people=people or current.size), current, new=True)


def _seated(session: Session, current: Registration, moment: dt.datetime, actor: User | None) -> None:
    """Whoever is at the door without a confirmed seat is given the one that is theirs, or that is free."""
    if current.state in CAME_OR_NOT:
        return
    if current.state in {State.HELD, State.OFFERED}:
        until = current.offered_until if current.state == State.OFFERED else current.held_until
        if until is not None and until <= moment:
            current.state = State.EXPIRED  # the job of the minute will write it
            raise NotExpected(current)
    elif current.state != State.WAITING or session.makes_offers(moment):
        raise NotExpected(current)
    elif not seats.take(current.pool_id, current.size):
        raise NoSeatAtTheDoor(session, current.size, following(session))
    seats.settle(current, moment=moment, actor=actor)


def _came(
    session: Session, current: Registration, actor: User | None, *, key: uuid.UUID, at: dt.datetime | None, moment: dt.datetime, how: str, people: int
) -> CheckIn:
    told = min(max(at or moment, opens_at(session)), moment)
    # Told present and then, on a list of the back office, absent: this telling is the one that holds.
    CheckIn.objects.filter(registration=current, undone_at=None).update(undone_at=moment)
    seats.move(current, State.ATTENDED, actor=actor, payload={"how": how, "people": people, "at": told.isoformat()})
    return CheckIn.objects.create(key=key, session=session, registration=current, how=how, people=people, at=told, received_at=moment)


def by_number(session: Session, typed: str) -> Registration:
    """Who has a number, as it is typed off a ticket. Raises NoSuchNumber."""
    digits = typed.strip().lstrip("#").strip()
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 6 else 0
    found = Registration.objects.filter(session=session, seat_no=number).first() if number else None
    if found is None:
        raise NoSuchNumber(typed.strip()[:20])
    return found


def by_ticket(session: Session, token: str) -> Registration:
    """Whose ticket it is, from the address in its code. Raises NoSuchTicket, OtherSession."""
    found = tickets.registration_of(token)
    if found is None:
        raise NoSuchTicket
    if found.session_id != session.pk:
        raise OtherSession(found.session)
    return found


def undo_check_in(registration: Registration, actor: User | None) -> Registration:
    """Told present by mistake. Somebody who came without registering is taken off the list and the seat is free again. Raises
    NotPresent, AlreadyRegistered, AttendanceFinal, Busy."""
    with gate.change():
        session = gate.lock(registration.session_id)
        current = Registration.objects.get(pk=registration.pk)
        moment = gate.now()
        _may_change(session, moment)
        row = CheckIn.objects.filter(registration=current, undone_at=None).first()
        if current.state != State.ATTENDED:
            raise NotPresent
        walked_in = row is not None and row.how == ArrivalBy.WALK_IN
        closed = _closed(session) is not None and not walked_in
        if not closed and _registered_again(current):
            raise AlreadyRegistered
        CheckIn.objects.filter(registration=current, undone_at=None).update(undone_at=moment)
        seats.move(current, State.NO_SHOW if closed else State.CONFIRMED, actor=actor, payload={"undone": True})
        if walked_in:
            seats.move(current, State.CANCELLED, actor=actor, ended_at=moment)
            seats.give_back(current.pool_id, current.size)
            fill(session, [current.pool_id], moment)
    return current


def mark(registration: Registration, came: bool, actor: User | None) -> Registration:
    """Write down from the list of those who registered who came and who did not, while a session is under way or after it; what was set
    by mistake is set again. Raises NotBegun, AttendanceFinal, WrongState, …"""
    with gate.change():
        session = gate.lock(registration.session_id)
        current = Registration.objects.get(pk=registration.pk)
        moment = gate.now()
        _may_change(session, moment)
        if session.state not in {SessionState.UNDER_WAY, SessionState.HELD}:
            raise NotBegun
        if came:
            return check_in(current, actor, key=uuid.uuid4(), how=ArrivalBy.LIST).registration
        standing = CheckIn.objects.filter(registration=current, undone_at=None).first()
        if standing is not None and standing.how == ArrivalBy.WALK_IN:
            return undo_check_in(current, actor)  # nobody expected them: they are off the list
        seats.move(current, State.NO_SHOW, actor=actor)
        CheckIn.objects.filter(registration=current, undone_at=None).update(undone_at=moment)
    return current


def _registered_again(current: Registration) -> bool:
    """Whether the contact has another living registration meanwhile: one place per session and contact."""
    others = Registration.objects.filter(session_id=current.session_id, contact_hmac=current.contact_hmac, source=Source.SELF, state__in=LIVING)
    return current.source == Source.SELF and bool(current.contact_hmac) and others.exclude(pk=current.pk).exists()


# ── Who came without registering ──────────────────────────────────────────────────────────────────────────────────────


def walk_in(
    session: Session, actor: User | None, *, key: uuid.UUID, name: str = "", village: str = "", size: int = 1, needs: Sequence[str] = (),
    at: dt.datetime | None = None,
) -> Arrival:  # fmt: skip
    """Somebody came without registering: seated among the seats kept for such people, and, once no more seats are offered to those who
    wait, on any free seat of the hall or of their village. Written down after the end, too, from paper, until the list is final. The
    name may be left out. Raises NoSeatAtTheDoor, GroupTooLarge, NotThatDay, …"""
    with gate.change():
        current = gate.lock(session.pk)
        standing = CheckIn.objects.select_related("registration__pool").filter(key=key).first()
        if standing is not None:
            if standing.session_id != current.pk:
                raise WrongState
            return Arrival(standing, standing.registration, new=False)
        moment = gate.now()
        _may_change(current, moment)
        if not 1 <= size <= current.group_most:
            raise GroupTooLarge(current.group_most)
        # The same two steps as of a clerk's `hold`, which ends with the session: what was written on paper comes later.
        numbers = seats._look_around(current, "", moment, anew=False)
        pool = _pool_at_the_door(current, village, size, moment)
        who = contacts.applicant(name.strip(), village=village.strip(), size=size, needs=needs)
        row = seats._written(current, pool, who, Source.CLERK, numbers, seated=True, moment=moment)
        seats.happened(row, "", actor, source=Source.CLERK)
        return Arrival(_came(current, row, actor, key=key, at=at, moment=moment, how=ArrivalBy.WALK_IN, people=size), row, new=True)


def _pool_at_the_door(session: Session, village: str, size: int, moment: dt.datetime) -> Pool:
    """The first seats that are free, taken. While offers are made only those kept for it: the others are for those who wait."""
    kinds: list[str] = [PoolKind.WALK_IN]
    if not session.makes_offers(moment):
        kinds += [PoolKind.VILLAGE, PoolKind.HALL]
    home = village.strip().casefold()
    for kind in kinds:
        for pool in session.pools.filter(kind=kind).order_by("pk"):
            if kind == PoolKind.VILLAGE and pool.village.strip().casefold() != home:
                continue
            if seats.take(pool.pk, size):
                return pool
    raise NoSeatAtTheDoor(session, size, following(session))


def following(session: Session) -> Session | None:
    """The next session of the same unit and kind."""
    return Session.objects.to_come(gate.now()).filter(unit_id=session.unit_id, kind=session.kind).exclude(pk=session.pk).order_by("starts_at").first()


# ── Who did not come ──────────────────────────────────────────────────────────────────────────────────────────────────


def close_attendance(session: Session, actor: User | None) -> int:
    """All who came are told present: whoever else has a confirmed seat did not come; gives how many registrations. Who is told present
    later, from a telephone that had no network, still counts as present. Raises NotBegun, AttendanceFinal, Busy."""
    with gate.change():
        current = gate.lock(session.pk)
        _may_change(current, gate.now())
        if current.state not in {SessionState.UNDER_WAY, SessionState.HELD}:
            raise NotBegun
        if _closed(current) is not None:
            return 0
        rows = list(current.registrations.filter(state=State.CONFIRMED).order_by("seat_no"))
        _mark(rows, State.CONFIRMED, State.NO_SHOW, actor)
        AttendanceClosing.objects.create(session=current)
        record("dialogue_sessions.attendance_closed", current, actor=actor, payload={"no_show": len(rows)})
    return len(rows)


def reopen_attendance(session: Session, actor: User | None) -> int:
    """Closed too early: whoever was said not to have come may still come; gives how many. Raises AttendanceFinal, Busy."""
    with gate.change():
        current = gate.lock(session.pk)
        moment = gate.now()
        _may_change(current, moment)
        closing = _closed(current)
        if closing is None:
            return 0
        rows = [row for row in current.registrations.filter(state=State.NO_SHOW).order_by("seat_no") if not _registered_again(row)]
        _mark(rows, State.NO_SHOW, State.CONFIRMED, actor)
        AttendanceClosing.objects.filter(pk=closing.pk).update(undone_at=moment)
        record("dialogue_sessions.attendance_reopened", current, actor=actor, payload={"expected": len(rows)})
    return len(rows)


def _mark(rows: Sequence[Registration], was: str, to: str, actor: User | None) -> None:
    """Many at once: what `seats.move` does, in two statements; the caller holds the gate and chose rows of one state."""
    Registration.objects.filter(pk__in=[row.pk for row in rows]).update(state=to)
    told: list[tuple[str, models.Model, dict[str, object] | None]] = [
        (f"dialogue_sessions.registration_{to}", row, {"session": row.session_id, "pool": row.pool_id, "size": row.size, "from": was}) for row in rows
    ]
    record_many(told, actor=actor)


# ── The numbers ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Attendance:
    """How many people: expected are those with a seat who registered before, present all who came."""

    expected: int = 0
    came: int = 0  # of those expected
    walk_ins: int = 0
    untold: int = 0  # of those expected: nobody has said yet whether they came
    closed_at: dt.datetime | None = None

    @property
    def present(self) -> int:
        """Everybody in the room."""
        return self.came + self.walk_ins

    @property
    def missing(self) -> int:
        """Expected and not (yet) there; of a group those who stayed away, too."""
        return max(0, self.expected - self.came)

    @property
    def no_show_rate(self) -> float | None:
        """The share of those expected who did not come, once the list is closed."""
        return self.missing / self.expected if self.closed_at and self.expected else None


def attendance(session: Session) -> Attendance:
    """The numbers of a session, counted from its rows. Two queries."""
    closing = _closed(session)
    return replace(counted(session), closed_at=closing.at if closing is not None else None)


def counted(session: Session) -> Attendance:
    """The same without whether the list is closed. One query."""
    living = models.FilteredRelation("check_ins", condition=models.Q(check_ins__undone_at=None))
    rows = (
        Registration.objects.filter(session=session, state__in=CAME_OR_NOT)
        .order_by()
        .annotate(arrival=living)
        .values_list("state", "arrival__how")
        .annotate(people=models.Sum("size"), came=models.Sum(Coalesce("arrival__people", "size")))
    )
    expected = came = walked = untold = 0
    for state, how, people, there in rows:
        if how == ArrivalBy.WALK_IN:
            walked += there
            continue
        expected += people
        came += there if state == State.ATTENDED else 0
        untold += people if state == State.CONFIRMED else 0
    return Attendance(expected, came, walked, untold)


__all__ = [
    "Arrival",
    "Attendance",
    "attendance",
    "by_number",
    "by_ticket",
    "check_in",
    "close_attendance",
    "counted",
    "final",
    "following",
    "mark",
    "opens_at",
    "reopen_attendance",
    "tell_delay",
    "undo_check_in",
    "walk_in",
]
