"""The waiting list: seats that free go to those who wait, in order, by offers that end.

First come first served within each pool, priority groups before. Among those who wait, the first whose whole group fits into the
free seats is offered them (docs/decisions/groups-that-wait.md): no seat stays empty behind a group for which it is too few."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Sequence

from django.db import models

from ..enums import OPEN_TO_CLERKS, SEATED, UNDECIDED, RegistrationState
from ..models import Pool, Registration, Session
from . import gate, seats
from .errors import Busy

State = RegistrationState
logger = logging.getLogger(__name__)


def position(registration: Registration) -> int | None:
    """The place on the waiting list, from 1 on; None for who does not wait."""
    if registration.state != State.WAITING:
        return None
    before = models.Q(rank__gt=registration.rank) | models.Q(rank=registration.rank, queue_no__lt=registration.queue_no)
    return Registration.objects.filter(before, pool_id=registration.pool_id, state=State.WAITING).count() + 1


def fill(session: Session, pool_ids: Iterable[int], moment: dt.datetime) -> list[Registration]:
    """Give free seats of these pools to those who wait; the caller holds the gate. Who has proven their contact gets an offer, who is
    typing the code at this moment a seat that is held until the same term. Gives who was promoted."""
    if not session.makes_offers(moment):
        return []
    promoted = []
    for pool in Pool.objects.filter(pk__in=list(pool_ids)).order_by("pk"):
        free = pool.free
        # Free seats only grow fewer: who was passed over as too large once is so to the end.
        while free > 0 and (row := pool.registrations.waiting().filter(size__lte=free).first()) and seats.take(pool.pk, row.size):
            free -= row.size
            if row.is_proven:
                until = session.offer_until(moment)
                seats.move(row, State.OFFERED, offered_until=until, payload={"until": until.isoformat()})
                seats.call_back(session.pk, until)
            else:
                seats.move(row, State.HELD)
            promoted.append(row)
    return promoted


def lapse_rows(session: Session, rows: Sequence[Registration], moment: dt.datetime) -> None:
    """These are over, their seats go on; the caller holds the gate."""
    touched = set()
    for row in rows:
        had_seats = row.state in SEATED
        seats.move(row, State.EXPIRED, ended_at=moment)
        if had_seats:
            seats.give_back(row.pool_id, row.size)
            touched.add(row.pool_id)
    fill(session, touched, moment)


def expire(session_id: int) -> int:
    """Let lapse what is due in a session and promote those who wait; gives how many lapsed. Raises Busy."""
    with gate.change():
        session = gate.lock(session_id)
        moment = gate.now()
        rows = list(Registration.objects.filter(session=session).due(moment).order_by("queue_no", "pk"))
        lapse_rows(session, rows, moment)
    return len(rows)


def expire_due() -> int:
    """The same over all sessions, each in a transaction of its own; gives how many lapsed. A session that is busy is looked at the
    next time."""
    due = Registration.objects.filter(state__in=UNDECIDED).due(gate.now())
    done = 0
    for session_id in sorted(set(due.order_by().values_list("session_id", flat=True))):
        try:
            done += expire(session_id)
        except Busy:
            logger.warning("session %s is busy, its terms are looked at again in a minute", session_id)
    return done


def promote(session: Session) -> list[Registration]:
    """Offer what is free in a session to those who wait, should anything have been left; gives who was promoted. Raises Busy."""
    with gate.change():
        current = gate.lock(session.pk)
        if current.state not in OPEN_TO_CLERKS:
            return []
        return fill(current, current.pools.values_list("pk", flat=True), gate.now())
