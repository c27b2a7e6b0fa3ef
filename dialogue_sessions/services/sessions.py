"""The life of a session: planned, announced, opened, closed, begun, held; moved or called off with a reason; more seats or fewer."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from organisation.calendar import Calendar
from organisation.queries import calendar_for
from safeguards.models import User
from safeguards.services import record, record_many

from .. import law
from ..enums import BEFORE_START, CAME_OR_NOT, LIVING, SESSION_MOVES, UNDECIDED, RegistrationState, SessionState
from ..models import Lateness, Pool, Registration, Series, Session, SessionMove
from ..models.sessions import ROOM_TAKEN
from ..planning import Timer
from . import gate
from .drafts import Seats, clean
from .errors import Busy, CapacityTooLow, Invalid, ReasonMissing, SessionError, TooLate, WrongState
from .notifying import told_later
from .waiting import fill, lapse_rows

logger = logging.getLogger(__name__)
ROOM_RULE = "session_room_free"


# ── Its life ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _to(session: Session, state: str, actor: User | None, payload: dict[str, Any] | None = None, *, check: bool = False, **values: Any) -> None:
    """Bring a locked session into a state; raises WrongState. `check` where more than the state changes: Invalid names the field."""
    was = session.state
    if state not in SESSION_MOVES[was]:
        raise WrongState
    for name, value in {"state": state, **values}.items():
        setattr(session, name, value)
    if check:
        keep(session)
    else:
        session.save()
    record(f"dialogue_sessions.session_{state}", session, actor=actor, payload={"slug": session.slug, "from": was, **(payload or {})})


def keep(session: Session) -> None:
    """Write a session after its rules were asked in words; of two at a time that want one room, the database refuses the second."""
    clean(session)
    try:
        with transaction.atomic():
            session.save()
    except IntegrityError as error:
        if ROOM_RULE in str(error):
            raise Invalid(ValidationError({"room": ROOM_TAKEN})) from error
        raise


def announce(session: Session, actor: User | None, *, late_because: str = "") -> Session:
    """Make a draft public. Its room must be free, an online one has its link, and the terms of the law are kept: later than that only
    with a reason, which stands on public pages. Raises TooLate, Invalid, WrongState, Busy."""
    with gate.change():
        current = gate.lock(session.pk)
        _announce(current, actor, late_because)
    return current


def announce_series(series: Series, actor: User | None, *, late_because: str = "") -> list[Session]:
    """Make all drafts of a series public, or none; `late_because` is the reason of all that are late. Raises TooLate, Invalid, Busy."""
    with gate.change():
        drafts = gate.lock_all(Session.objects.filter(series=series, state=SessionState.DRAFT).values_list("pk", flat=True))
        known, shelf = law.timers(), calendar_for(series.unit_id)
        for session in drafts:
            if session.state == SessionState.DRAFT:
                _announce(session, actor, late_because, known, shelf)
    return drafts


def _announce(session: Session, actor: User | None, late_because: str, known: Sequence[Timer] | None = None, shelf: Calendar | None = None) -> None:
    moment = gate.now()
    if session.starts_at <= moment:
        raise SessionError(_("The session would begin in the past: give it another time first."))
    online = law.is_online(session)
    if not session.online_link and online:
        raise SessionError(_("There are seats online, but no link: give the link first."))
    day = timezone.localtime(moment).date()
    dues = law.announce_by(session, shelf or calendar_for(session.unit_id), law.timers() if known is None else known, online=online)
    late = [due for due in dues if day > due.latest]
    reason = late_because.strip()
    if late and not reason:
        raise TooLate(late[0].label, late[0].latest, late[0].source)
    told = {"late": {due.key: due.latest.isoformat() for due in late}} if late else None
    _to(session, SessionState.ANNOUNCED, actor, told, check=True, announced_at=moment)
    for due in late:
        row = Lateness(session=session, key=due.key, due=due.latest, done=day, reason=reason, source=due.source)
        clean(row)
        row.save(force_insert=True)


def close_registration(session: Session, actor: User | None) -> Session:
    """Take no more registrations; who waits is still offered what frees. Raises WrongState, Busy."""
    with gate.change():
        current = gate.lock(session.pk)
        _to(current, SessionState.CLOSED, actor)
    return current


def reopen_registration(session: Session, until: dt.datetime, actor: User | None) -> Session:
    """Take registrations again, until a time. Raises Invalid, WrongState, Busy."""
    with gate.change():
        current = gate.lock(session.pk)
        moment = gate.now()
        opens = current.registration_opens
        _to(
            current, SessionState.OPEN, actor, {"until": until.isoformat()}, check=True,
            registration_opens=opens if opens is not None and opens <= moment else moment, registration_closes=until,
        )  # fmt: skip
    return current


def _by_the_clock(session: Session, moment: dt.datetime) -> str | None:
    """The state that follows, if its time has come."""
    if session.state == SessionState.UNDER_WAY:
        return SessionState.HELD if session.ends_at <= moment else None
    if session.state not in BEFORE_START:
        return None
    if session.starts_at <= moment:
        return SessionState.UNDER_WAY
    opens, closes = session.registration_opens, session.registration_closes
    if session.state == SessionState.ANNOUNCED and opens is not None and opens <= moment:
        return SessionState.OPEN
    if session.state == SessionState.OPEN and closes is not None and closes <= moment:
        return SessionState.CLOSED
    return None


def follow_clock(session_id: int) -> Session:
    """Bring one session to where the clock says that it is. Once it is held, holds, offers and the queue are over. Raises Busy."""
    with gate.change():
        session = gate.lock(session_id)
        moment = gate.now()
        while (state := _by_the_clock(session, moment)) is not None:
            _to(session, state, None)
            if state == SessionState.HELD:
                lapse_rows(session, list(session.registrations.filter(state__in=UNDECIDED).order_by("queue_no", "pk")), moment)
    return session


def follow_clocks() -> int:
    """The same for every session whose time has come, each in a transaction of its own; gives how many moved on."""
    moment = gate.now()
    due = Session.objects.filter(
        models.Q(state=SessionState.ANNOUNCED, registration_opens__lte=moment)
        | models.Q(state=SessionState.OPEN, registration_closes__lte=moment)
        | models.Q(state__in=BEFORE_START, starts_at__lte=moment)
        | models.Q(state=SessionState.UNDER_WAY, ends_at__lte=moment)
    )
    done = 0
    for pk in list(due.order_by("pk").values_list("pk", flat=True)):
        try:
            follow_clock(pk)
        except Busy:
            logger.warning("session %s is busy, its clock is looked at again in a minute", pk)
        else:
            done += 1
    return done


def move_session(
    session: Session, starts_at: dt.datetime, ends_at: dt.datetime, reason: str, actor: User | None, *, registration_closes: dt.datetime | None = None
) -> Session:
    """Another time for a session that has not begun; the former stays visible with the reason, registrations keep their seats. The
    end of registration moves along unless it is given. Raises ReasonMissing, Invalid, WrongState, Busy."""
    if not reason.strip():
        raise ReasonMissing
    with gate.change():
        current = gate.lock(session.pk)
        moment = gate.now()
        if current.state not in [SessionState.DRAFT, *BEFORE_START]:
            raise WrongState
        if starts_at <= moment:
            raise SessionError(_("The new time is in the past."))
        old = (current.starts_at, current.ends_at)
        if current.registration_closes is not None:
            current.registration_closes = registration_closes or starts_at - (current.starts_at - current.registration_closes)
        current.starts_at, current.ends_at = starts_at, ends_at
        keep(current)
        if current.state != SessionState.DRAFT:
            row = SessionMove(session=current, old_starts_at=old[0], old_ends_at=old[1], starts_at=starts_at, ends_at=ends_at, reason=reason.strip())
            clean(row)
            row.save(force_insert=True)
            told_later("tell_moved", move_id=row.pk)
        last = max(moment, current.offers_end())
        Registration.objects.filter(session=current, state=RegistrationState.OFFERED, offered_until__gt=last).update(offered_until=last)
        record(
            "dialogue_sessions.session_moved", current, actor=actor,
            payload={"slug": current.slug, "was": old[0].isoformat(), "starts_at": starts_at.isoformat(), "reason": reason.strip()[:500]},
        )  # fmt: skip
        fill(current, current.pools.values_list("pk", flat=True), moment)
    return current


def cancel_session(session: Session, reason: str, actor: User | None) -> Session:
    """Call a session off; every registration is cancelled with it. Raises ReasonMissing, WrongState, Busy."""
    return _call_off([session.pk], reason, actor, only=False)[0]


def cancel_series(series: Series, reason: str, actor: User | None) -> list[Session]:
    """Call off every session of a series that has not begun, in one transaction, with one reason. Raises ReasonMissing, Busy."""
    return _call_off(series.sessions.filter(state__in=[SessionState.DRAFT, *BEFORE_START]).values_list("pk", flat=True), reason, actor, only=True)


def _call_off(session_ids: Iterable[int], reason: str, actor: User | None, *, only: bool) -> list[Session]:
    """`only`: pass over what has begun meanwhile."""
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    done = []
    with gate.change():
        moment = gate.now()
        for session in gate.lock_all(session_ids):
            if only and session.state not in [SessionState.DRAFT, *BEFORE_START]:
                continue
            _to(session, SessionState.CANCELLED, actor, {"reason": reason[:500]}, reason=reason)
            living = list(session.registrations.filter(state__in=LIVING).order_by("queue_no", "pk"))
            told: list[tuple[str, models.Model, dict[str, Any] | None]] = [
                (
                    f"dialogue_sessions.registration_{RegistrationState.CANCELLED}", row,
                    {"session": session.pk, "pool": row.pool_id, "size": row.size, "from": row.state, "with": "session"},
                )
                for row in living
            ]  # fmt: skip
            session.registrations.filter(pk__in=[row.pk for row in living]).update(state=RegistrationState.CANCELLED, ended_at=moment)
            for pool in session.pools.all():
                came = pool.registrations.filter(state__in=CAME_OR_NOT).aggregate(people=models.Sum("size"))["people"]
                Pool.objects.filter(pk=pool.pk).update(taken=came or 0)
            record_many(told, actor=actor)
            if living:
                told_later("tell_called_off", registration_ids=[row.pk for row in living])
            done.append(session)
    if not done and not only:
        raise WrongState
    return done


# ── Seats ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def set_capacity(pool: Pool, capacity: int, actor: User | None, *, because: str = "") -> Pool:
    """More seats or fewer. New ones go to those who wait; fewer than are taken is refused, for a seat that is held or offered is
    promised, too. `because` stands in the event where it follows something else. Raises CapacityTooLow, Invalid, WrongState, Busy."""
    with gate.change():
        session = gate.lock(pool.session_id)
        if session.state not in [SessionState.DRAFT, *BEFORE_START, SessionState.UNDER_WAY]:
            raise WrongState
        current = Pool.objects.get(pk=pool.pk)
        if capacity < current.taken:
            confirmed = current.registrations.filter(state__in=CAME_OR_NOT).aggregate(people=models.Sum("size"))["people"] or 0
            raise CapacityTooLow(confirmed, current.taken - confirmed)
        was, current.capacity = current.capacity, capacity
        clean(current)
        Pool.objects.filter(pk=current.pk).update(capacity=capacity)
        session.save(update_fields=["changed_at"])  # pages that are kept follow the session; pools change with every registration
        payload = {"session": session.pk, "was": was, "capacity": capacity, **({"with": because} if because else {})}
        record("dialogue_sessions.capacity_changed", current, actor=actor, payload=payload)
        fill(session, [current.pk], gate.now())
        current.refresh_from_db()
    return current


def add_seats(session: Session, seats: Seats, actor: User | None, *, because: str = "") -> Pool:
    """Another pool of seats; `because` as of `set_capacity`. Raises Invalid, WrongState, Busy."""
    with gate.change():
        current = gate.lock(session.pk)
        if current.state not in [SessionState.DRAFT, *BEFORE_START, SessionState.UNDER_WAY]:
            raise WrongState
        pool = Pool(session=current, kind=seats.kind, village=seats.village, capacity=seats.capacity, **seats.names())
        clean(pool)
        pool.save(force_insert=True)
        current.save(update_fields=["changed_at"])
        payload = {"session": current.pk, "capacity": pool.capacity, **({"with": because} if because else {})}
        record("dialogue_sessions.seats_added", pool, actor=actor, payload=payload)
    return pool
