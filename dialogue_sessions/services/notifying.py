"""Notices that follow a change but are written after it: to many people at once, or for later. Jobs call these; each may come twice."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from .. import telling
from ..enums import BEFORE_START, LIVING, PoolKind
from ..models import FormerPlace, Registration, Session, SessionMove
from ..models.places import leaves
from ..presentation import where
from . import gate
from .drafts import clean
from .errors import Invalid

TOGETHER = 100  # people a transaction


def told_later(job: str, **keys: Any) -> None:
    """Defer one of the jobs below in the caller's transaction: who registered is told when nobody waits at the gate."""
    from .. import jobs

    getattr(jobs, job).defer(**keys)


def remind(registration_id: int) -> int:
    """Write the reminders of a seat that was confirmed; gives how many. Raises Busy."""
    found = Registration.objects.filter(pk=registration_id).values_list("session_id", flat=True).first()
    if found is None:
        return 0
    with gate.change():
        gate.lock(found)
        return telling.plan_reminders(_rows([registration_id])[0])


def tell_moved(move_id: int) -> int:
    """Tell those who have a place, or wait for one, of another time; gives how many. Who was told and registers again sees it on the
    page. Raises Busy."""
    move = SessionMove.objects.filter(pk=move_id).first()
    if move is None:
        return 0
    ids = list(Registration.objects.filter(session_id=move.session_id, state__in=LIVING, created_at__lt=move.at).values_list("pk", flat=True))
    done = 0
    for start in range(0, len(ids), TOGETHER):
        with gate.change():
            session = gate.lock(move.session_id)
            if session.starts_at != move.starts_at:
                return done  # moved once more: that one tells them
            done += telling.moved(move, _rows(ids[start : start + TOGETHER], state__in=LIVING))
    return done


@dataclass(frozen=True)
class Place:
    """Where a session is, before it changes."""

    key: tuple[int | None, str]
    words: str

    @classmethod
    def of(cls, session: Session) -> Place:
        """Of a session that is to change."""
        return cls((session.room_id, session.place), ", ".join(where(session)))


def place_changed(session: Session, was: Place, fields: Collection[str], because: str) -> dict[str, str]:
    """A session that is public has another room, place or link, in the caller's transaction: the former place stays visible with the
    reason, and those whom that concerns are told by a job. Gives what the event says of it. Raises Invalid without a reason."""
    told = _left(session, was, because.strip())
    hall, online = not {"room", "place"}.isdisjoint(fields), "online_link" in fields
    if (hall or online) and session.state in BEFORE_START:
        told_later(
            "tell_elsewhere", session_id=session.pk, stamp=int(session.changed_at.timestamp() * 1000), now=_where(session), hall=hall, online=online
        )
    return told


def _left(session: Session, was: Place, because: str) -> dict[str, str]:
    if session.state not in BEFORE_START or not leaves(was.key, (session.room_id, session.place)):
        return {}
    if not because:
        said = _("The place changes. Say why: the reason stands on the public page beside the former place.")
        raise Invalid(ValidationError({"place_reason": said}))
    row = FormerPlace(session=session, place=was.words, place_now=", ".join(where(session)), reason=because)
    clean(row)
    row.save(force_insert=True)
    return {"reason": because[:500]}


def _where(session: Session) -> str:
    """What says whether a place is still the same, and nothing else."""
    return hashlib.sha256(f"{session.room_id}|{session.place}|{session.online_link}".encode()).hexdigest()[:16]


def tell_elsewhere(session_id: int, stamp: int, now: str, hall: bool, online: bool) -> int:
    """Tell those who have a place, or wait for one, where it is held now: who comes to the hall, who takes part online, or both; gives how
    many. Who registered since saw it. When the place has changed once more, that change tells them. Raises Busy."""
    changed = dt.datetime.fromtimestamp(stamp / 1000, tz=dt.UTC)
    found = Registration.objects.filter(session_id=session_id, state__in=LIVING, created_at__lt=changed)
    if not (hall and online):
        found = found.filter(pool__kind=PoolKind.ONLINE) if online else found.exclude(pool__kind=PoolKind.ONLINE)
    ids = list(found.order_by("pk").values_list("pk", flat=True))
    former = FormerPlace.objects.filter(session_id=session_id).last() if hall else None
    done = 0
    for start in range(0, len(ids), TOGETHER):
        with gate.change():
            session = gate.lock(session_id)
            if session.state not in BEFORE_START or _where(session) != now:
                return done
            done += telling.elsewhere(session, stamp, former, _rows(ids[start : start + TOGETHER], state__in=LIVING))
    return done


def tell_called_off(registration_ids: list[int]) -> int:
    """Tell those whose registration ended with the session; gives how many."""
    done = 0
    for start in range(0, len(registration_ids), TOGETHER):
        with gate.change():
            done += telling.called_off(_rows(registration_ids[start : start + TOGETHER]))
    return done


def _rows(ids: list[int], **which: Any) -> list[Registration]:
    rows = Registration.objects.filter(pk__in=ids, **which)
    return list(rows.select_related("session__unit", "session__room__point", "pool").order_by("pk"))
