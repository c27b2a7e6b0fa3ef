"""Seats: a place is held, confirmed, changed, given back. Every change passes the gate (`gate`), is allowed by the table of
transitions, and leaves an event."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, models

from organisation.models import today
from safeguards.models import User
from safeguards.services import count_try, record

from .. import contacts, telling
from ..enums import LIVING, OPEN_TO_CLERKS, REGISTRATION_MOVES, SEATED, TAKES_PLACE, PoolKind, RegistrationState, Source
from ..models import Pool, Registration, Session
from . import gate, rows
from .errors import AlreadyRegistered, Full, GroupTooLarge, Lapsed, NotForYou, NotOpen, TooManyPlaces, TooManyTries, WrongState

State = RegistrationState


# ── What every change is made of ──────────────────────────────────────────────────────────────────────────────────────


def take(pool_id: int, seats: int) -> bool:
    """Take seats of a pool if so many are free. The condition stands in the statement: it holds without the gate, too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update dialogue_sessions_pool set taken = taken + %(seats)s where id = %(pool)s and taken + %(seats)s <= capacity",
            {"pool": pool_id, "seats": seats},
        )
        return bool(cursor.rowcount)


def give_back(pool_id: int, seats: int) -> None:
    """Seats that are free again."""
    Pool.objects.filter(pk=pool_id).update(taken=models.F("taken") - seats)


def _next_number(session_id: int, column: str) -> int:
    """One more than the highest number in a session: of nobody else, as its reader holds the gate."""
    top = Registration.objects.filter(session_id=session_id).order_by().aggregate(top=models.Max(column))["top"]
    return int(top or 0) + 1


def happened(registration: Registration, was: str, actor: User | None, **payload: Any) -> None:
    """The event of a change, without anything personal, and what the person is told of it."""
    told = {"session": registration.session_id, "pool": registration.pool_id, "size": registration.size, "from": was, **payload}
    record(f"dialogue_sessions.registration_{registration.state}", registration, actor=actor, payload=told)
    telling.seat_changed(registration, was)


def call_back(session_id: int, at: dt.datetime) -> None:
    """Look at the session again when a term ends."""
    from ..jobs import lapse

    lapse.configure(schedule_at=at).defer(session_id=session_id)


def move(registration: Registration, to: str, *, actor: User | None = None, payload: dict[str, Any] | None = None, **values: Any) -> None:
    """Bring a registration from its state to another and record it; raises WrongState. Seats are the caller's."""
    was = registration.state
    if to not in REGISTRATION_MOVES[was]:
        raise WrongState
    Registration.objects.filter(pk=registration.pk).update(state=to, **values)
    registration.state = to
    for name, value in values.items():
        setattr(registration, name, value)
    happened(registration, was, actor, **(payload or {}))


def settle(registration: Registration, *, moment: dt.datetime, actor: User | None) -> None:
    """A seat is theirs: confirmed, with the next number of the session."""
    move(
        registration, State.CONFIRMED, actor=actor, confirmed_at=moment, proven_at=registration.proven_at or moment, held_until=None,
        offered_until=None, seat_no=_next_number(registration.session_id, "seat_no"),
    )  # fmt: skip


def _inside(registration: Registration) -> tuple[Session, Registration]:
    """The session, locked, and the registration as it is now. Whoever holds an old copy of it sees the new one."""
    session = gate.lock(registration.session_id)
    current = Registration.objects.get(pk=registration.pk)
    return session, current


def _adopt(registration: Registration, current: Registration) -> Registration:
    """What was passed in shows what was done."""
    for field in Registration._meta.concrete_fields:
        setattr(registration, field.attname, getattr(current, field.attname))
    return registration


# ── Registering ───────────────────────────────────────────────────────────────────────────────────────────────────────


def hold(
    pool: Pool, who: contacts.Applicant, *, source: str = Source.SELF, actor: User | None = None, address: str = "", anew: bool = False
) -> Registration:
    """Register somebody. By themselves: a seat is held for the session's minutes, or, where none is free, a place on the waiting list
    for as long; `confirm` follows once the contact is proven. By a clerk: confirmed at once, or waiting.

    `address` is the client's, for the limit. `anew`: a place of the same contact that no code was typed in for yet is given up for this
    one, which begins where that stood and has no more time than it had.

    Raises SessionError (NotOpen, AlreadyRegistered, TooManyPlaces, …), or Busy."""
    from .waiting import fill

    by_clerk = source != Source.SELF
    if not by_clerk:
        _count(who.contact_hmac, address)
    session = pool.session
    series = session.series
    with gate.change():
        if series is not None and series.per_person and who.contact_hmac and not by_clerk:
            gate.lock_contact(series.pk, who.contact_hmac)
            _within_series(series.pk, series.per_person, who.contact_hmac)
        session = gate.lock(session.pk)
        moment = gate.now()
        _may_register(session, pool, who, by_clerk=by_clerk, moment=moment)
        numbers = _look_around(session, "" if by_clerk else who.contact_hmac, moment, anew=anew)
        if numbers.former is not None and numbers.former.uid == who.uid:
            raise AlreadyRegistered  # the same form, sent twice: nothing of the above stands
        seated = _seat_is_free(session, pool, who.size, by_clerk=by_clerk, moment=moment)
        registration = _written(session, pool, who, source, numbers, seated=seated, moment=moment)
        happened(registration, "", actor, source=source)
        if numbers.former is not None:
            fill(session, {numbers.former.pool_id, pool.pk}, moment)
        if registration.held_until is not None:
            call_back(session.pk, registration.held_until)
    return registration


def _count(contact_hmac: str, address: str) -> None:
    """The limits against scalping, in transactions of their own: a try that is refused counts, too."""
    if not settings.RATE_LIMITS_ON:
        return
    verdicts = []
    if contact_hmac:
        limit, seconds = settings.RATE_LIMITS["seat_contact"]
        verdicts.append(count_try("seat_contact", contact_hmac, limit=limit, seconds=seconds))
    if address:
        limit, seconds = settings.RATE_LIMITS["seat_address"]
        verdicts.append(count_try("seat_address", address, limit=limit, seconds=seconds))
    refused = [verdict.retry_after for verdict in verdicts if not verdict.allowed]
    if refused:
        raise TooManyTries(max(refused))


def _within_series(series_id: int, limit: int, contact_hmac: str) -> None:
    have = Registration.objects.living().filter(
        contact_hmac=contact_hmac, session__series_id=series_id, session__state__in=TAKES_PLACE, session__ends_at__gt=gate.now()
    )
    if have.count() >= limit:
        raise TooManyPlaces(limit)


def _may_register(session: Session, pool: Pool, who: contacts.Applicant, *, by_clerk: bool, moment: dt.datetime) -> None:
    if not (session.state in OPEN_TO_CLERKS if by_clerk else session.takes_registrations(moment)):
        raise NotOpen
    if pool.session_id != session.pk:
        raise WrongState
    if not by_clerk and (pool.kind == PoolKind.WALK_IN or not who.contact_hmac):
        raise NotForYou
    if pool.kind == PoolKind.VILLAGE and who.village.strip().casefold() != pool.village.strip().casefold():
        raise NotForYou
    if not 1 <= who.size <= session.group_most:
        raise GroupTooLarge(session.group_most)


class Numbers(NamedTuple):
    """The next numbers of a session: of the queue, of a ticket; and whose place is taken over."""

    queue: int
    seat: int
    former: Registration | None = None


# One function in the database, which keeps its plan, since everybody who registers waits for it: migration 0013.
_AROUND = "select next_queue, next_seat, due, proven, place from dialogue_look_around(%s, %s, %s)"


def _look_around(session: Session, contact_hmac: str, moment: dt.datetime, *, anew: bool) -> Numbers:
    """What is due in the session lapses first: its seats go to those who wait, and its contact may register again. Raises
    AlreadyRegistered when the contact has a place."""
    from .waiting import lapse_rows

    with connection.cursor() as cursor:
        cursor.execute(_AROUND, [session.pk, contact_hmac, moment])
        queue, seat, due, proven, place = cursor.fetchone()
    if place is not None and (proven or not anew):
        raise AlreadyRegistered
    if due:
        lapse_rows(session, list(Registration.objects.filter(pk__in=due).order_by("queue_no", "pk")), moment)
    if place is None:
        return Numbers(queue, seat)
    former = Registration.objects.get(pk=place)
    had_seats = former.state in SEATED
    move(former, State.CANCELLED, ended_at=moment, payload={"with": "newer"})
    if had_seats:
        give_back(former.pool_id, former.size)  # for this contact first: whoever waits is asked when it has chosen
    return Numbers(queue, seat, former)


def _is_due(row: Registration, moment: dt.datetime) -> bool:
    until = row.offered_until if row.state == State.OFFERED else row.held_until
    return until is not None and until <= moment


def _seat_is_free(session: Session, pool: Pool, size: int, *, by_clerk: bool, moment: dt.datetime) -> bool:
    """Take the seats if they are free and nobody before has a better right to them. While offers are made, whoever waits and fits
    has one already; after that, free seats are for those at the door, whom a clerk writes down."""
    if not session.makes_offers(moment) and not by_clerk and pool.registrations.filter(state=State.WAITING).exists():
        return False
    return take(pool.pk, size)


def _written(
    session: Session, pool: Pool, who: contacts.Applicant, source: str, numbers: Numbers, *, seated: bool, moment: dt.datetime
) -> Registration:
    by_clerk, former = source != Source.SELF, numbers.former
    group = who.priority_group
    until = former.held_until if former is not None else moment + dt.timedelta(minutes=session.hold_minutes)
    state = State.WAITING if not seated else State.CONFIRMED if by_clerk else State.HELD
    registration = Registration(
        uid=who.uid, session=session, pool=pool, state=state, source=source, name_sealed=who.name_sealed, contact_sealed=who.contact_sealed,
        contact_hmac=who.contact_hmac, village=who.village, subject=who.subject, needs=list(who.needs), size=who.size, priority_group=group,
        rank=group.rank if group is not None and group.holds_on(today()) else 0,
        queue_no=former.queue_no if former is not None and former.pool_id == pool.pk else numbers.queue,
        held_until=None if by_clerk else until, extended_at=former.extended_at if former is not None else None, created_at=moment,
        proven_at=moment if by_clerk else None, confirmed_at=moment if state == State.CONFIRMED else None,
        seat_no=numbers.seat if state == State.CONFIRMED else None, consent_version=who.consent_version,
        consent_at=moment if who.consent_version else None, earlier=who.earlier,
    )  # fmt: skip
    rows.insert(registration)
    return registration


# ── What becomes of it ────────────────────────────────────────────────────────────────────────────────────────────────


def confirm(registration: Registration, *, actor: User | None = None) -> Registration:
    """The contact is proven. A held seat becomes theirs; whoever waits keeps the place in the queue. Raises Lapsed, WrongState, Busy."""
    with gate.change():
        _session, current = _inside(registration)
        moment = gate.now()
        if current.state not in {State.HELD, State.WAITING}:
            raise Lapsed if current.state == State.EXPIRED else WrongState
        if _is_due(current, moment):
            raise Lapsed
        if current.state == State.HELD:
            settle(current, moment=moment, actor=actor)
        elif not current.is_proven:
            Registration.objects.filter(pk=current.pk).update(proven_at=moment, held_until=None)
            current.proven_at, current.held_until = moment, None
            record("dialogue_sessions.contact_proven", current, actor=actor, payload={"session": current.session_id, "pool": current.pool_id})
            telling.waits(current)
    return _adopt(registration, current)


def accept(registration: Registration, *, actor: User | None = None) -> Registration:
    """Take the seat that was offered. Raises Lapsed, WrongState, Busy."""
    with gate.change():
        _session, current = _inside(registration)
        moment = gate.now()
        if current.state != State.OFFERED:
            raise Lapsed if current.state == State.EXPIRED else WrongState
        if _is_due(current, moment):
            raise Lapsed
        settle(current, moment=moment, actor=actor)
    return _adopt(registration, current)


def decline(registration: Registration, *, actor: User | None = None) -> Registration:
    """Leave the seat that was offered to the next one. Raises WrongState, Busy."""
    return _ended(registration, State.DECLINED, actor)


def cancel(registration: Registration, *, actor: User | None = None, why: str = "") -> Registration:
    """Give the seat, the offer or the place in the queue back; `why` is a code of `Because` when the staff does it. Raises WrongState, Busy."""
    return _ended(registration, State.CANCELLED, actor, {"why": why} if why else None)


def _ended(registration: Registration, to: str, actor: User | None, payload: dict[str, Any] | None = None) -> Registration:
    from .waiting import fill

    with gate.change():
        session, current = _inside(registration)
        moment = gate.now()
        if session.state not in OPEN_TO_CLERKS:
            raise WrongState  # who came and who did not is on record
        had_seats = current.state in SEATED
        move(current, to, actor=actor, payload=payload, ended_at=moment)
        if had_seats:
            give_back(current.pool_id, current.size)
            fill(session, [current.pool_id], moment)
    return _adopt(registration, current)


def change_size(registration: Registration, size: int, *, actor: User | None = None) -> Registration:
    """More or fewer people. Who has seats gets more only if they are free (Full) and keeps what they have otherwise; who waits keeps
    the place in the queue. Raises GroupTooLarge, WrongState, Busy."""
    from .waiting import fill

    with gate.change():
        session, current = _inside(registration)
        moment = gate.now()
        _still_theirs(session, current, moment)
        if not 1 <= size <= session.group_most:
            raise GroupTooLarge(session.group_most)
        was = current.size
        if current.state in SEATED and not take(current.pool_id, size - was):
            raise Full
        Registration.objects.filter(pk=current.pk).update(size=size)
        current.size = size
        record(
            "dialogue_sessions.registration_resized", current, actor=actor,
            payload={"session": session.pk, "pool": current.pool_id, "size": size, "was": was},
        )  # fmt: skip
        if size < was:
            fill(session, [current.pool_id], moment)
            current.refresh_from_db()
    return _adopt(registration, current)


def change_pool(registration: Registration, pool: Pool, *, actor: User | None = None) -> Registration:
    """Other seats of the same session. Who has a seat changes only if one is free there (Full), and keeps it otherwise; who waits takes
    a free one at once, or begins at the end of the other queue. Raises NotForYou, WrongState, Busy."""
    from .waiting import fill

    with gate.change():
        session, current = _inside(registration)
        moment = gate.now()
        _still_theirs(session, current, moment)
        if pool.session_id != session.pk or pool.pk == current.pool_id:
            raise WrongState
        if (pool.kind == PoolKind.WALK_IN and actor is None) or (
            pool.kind == PoolKind.VILLAGE and current.village.strip().casefold() != pool.village.strip().casefold()
        ):
            raise NotForYou
        old, was = current.pool_id, current.state
        free = _seat_is_free(session, pool, current.size, by_clerk=actor is not None, moment=moment)
        if was in SEATED and not free:
            raise Full
        values: dict[str, Any] = {"pool_id": pool.pk}
        if not free:
            values["queue_no"] = _next_number(session.pk, "queue_no")
        Registration.objects.filter(pk=current.pk).update(**values)
        current.refresh_from_db()
        record(
            "dialogue_sessions.registration_moved", current, actor=actor, payload={"session": session.pk, "pool": pool.pk, "was": old}
        )  # fmt: skip
        if was in SEATED:
            give_back(old, current.size)
            fill(session, [old], moment)
        elif free and current.is_proven:
            settle(current, moment=moment, actor=actor)
        elif free:
            move(current, State.HELD, actor=actor)
    return _adopt(registration, current)


def seat_at_the_door(registration: Registration, *, actor: User) -> Registration:
    """Somebody who waits is there and a seat is free: a clerk seats them. Only once no more offers are made, so that nobody is passed
    over who could still be asked. Raises Full, WrongState, Busy."""
    with gate.change():
        session, current = _inside(registration)
        moment = gate.now()
        if current.state != State.WAITING or session.state not in OPEN_TO_CLERKS or session.makes_offers(moment):
            raise WrongState
        if not take(current.pool_id, current.size):
            raise Full
        settle(current, moment=moment, actor=actor)
    return _adopt(registration, current)


def _still_theirs(session: Session, current: Registration, moment: dt.datetime) -> None:
    if current.state not in LIVING or session.state not in OPEN_TO_CLERKS:
        raise WrongState
    if _is_due(current, moment):
        raise Lapsed
