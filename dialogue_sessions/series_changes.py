"""What a change of a series would do, before it is done: what changes of the series itself, which of its sessions to come follow, which are
left alone and why. Reads only; `services.edit_series` does it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from safeguards.models import Event

from .enums import BEFORE_START, LIVING, PoolKind, SessionState
from .models import Pool, Registration, Series, Session
from .models.places import leaves

OWN = ("title", "title_en", "per_person", "fields", "procedures")  # of the series
SHARED = ("post", "stand_in", "attending", "room", "place", "online_link", "accessibility", "subjects")  # of each of its sessions
TITLES = ("title", "title_en")  # of both
SEATS = {PoolKind.HALL: "seats_hall", PoolKind.ONLINE: "seats_online", PoolKind.WALK_IN: "seats_walk_in"}
BY_HAND = ("session_changed", "session_moved", "capacity_changed", "seats_added")
SERIES = "series"  # in the event of a session or of its seats: it followed its series, nobody changed it by hand


class Whom(models.TextChoices):
    """Which sessions to come follow a change of their series."""

    NONE = "none", gettext_lazy("none: only the series itself")
    FREE = "free", gettext_lazy("those for which nobody has registered")
    UNTOUCHED = "untouched", gettext_lazy("those that nobody has changed by hand since they were planned, with or without registrations")


@dataclass(frozen=True)
class Wish:
    """What somebody wants a series to be like: a value for each of OWN and SHARED, keys for relations; seats by kind, None for as they are."""

    values: Mapping[str, Any]
    seats: Mapping[str, int | None]
    whom: str
    place_reason: str = ""  # why those that are public are held elsewhere


@dataclass(frozen=True)
class Standing:
    """How a series stands: its own values, and what most of its sessions to come have."""

    own: dict[str, Any]
    shared: dict[str, Any]
    seats: dict[str, int]
    codes: dict[int, str]  # of the procedures that it names

    def initial(self) -> dict[str, Any]:
        """For the form."""
        return {**self.own, **self.shared, **{SEATS[PoolKind(kind)]: number for kind, number in self.seats.items()}}


@dataclass
class Change:
    """What would be done."""

    own: list[str]
    shared: list[str]
    seats: dict[str, int]
    sessions: list[Session] = field(default_factory=list)
    left: list[tuple[Session, str]] = field(default_factory=list)
    too_small: list[tuple[Session, str, int]] = field(default_factory=list)  # with the field, and how many seats are taken
    people: int = 0  # registered for sessions that follow
    seen: str = ""

    def __bool__(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.own or self.shared or self.seats)

    @property
    def of_sessions(self) -> bool:
        """Whether something of it belongs to sessions alone."""
        return bool(set(self.shared) - set(TITLES) or self.seats)


def to_come(series: Series, moment: dt.datetime) -> list[Session]:
    """Its sessions that have not begun, in the order of time."""
    rows = Session.objects.filter(series=series, state__in=[SessionState.DRAFT, *BEFORE_START], starts_at__gt=moment)
    return list(rows.select_related("room__point").prefetch_related("pools", "attending").order_by("starts_at", "pk"))


def _value(session: Session, name: str) -> Any:
    if name == "attending":
        return tuple(sorted(unit.pk for unit in session.attending.all()))
    return as_typed(getattr(session, f"{name}_id" if name in {"post", "stand_in", "room"} else name))


def as_typed(value: Any) -> Any:
    """A text as forms give it back, so that line ends alone are no change."""
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value


def _pools(session: Session, kind: str) -> list[Pool]:
    return [pool for pool in session.pools.all() if pool.kind == kind]


def _most(values: Iterable[Any], otherwise: Any) -> Any:
    found = Counter(values).most_common(1)
    return found[0][0] if found else otherwise


def standing(series: Series, sessions: Sequence[Session]) -> Standing:
    """How a series stands now; `sessions` are those to come."""
    own = {name: getattr(series, name) for name in ("title", "title_en", "per_person")}
    codes = dict(series.procedures.values_list("pk", "code"))
    own |= {"fields": tuple(sorted(series.fields.values_list("pk", flat=True))), "procedures": tuple(sorted(codes))}
    empty = {"post": None, "stand_in": None, "room": None, "attending": ()}
    shared = {name: _most((_value(session, name) for session in sessions), empty.get(name, "")) for name in SHARED}
    seats = {kind: _most((pools[0].capacity for one in sessions if len(pools := _pools(one, kind)) == 1), 0) for kind in SEATS}
    return Standing(own, shared, {str(kind): number for kind, number in seats.items()}, codes)


def _touched(sessions: Sequence[Session]) -> dict[int, dt.datetime]:
    """Of these sessions those that somebody changed by hand, or whose seats, with when it was last."""
    of_pool = {str(pool.pk): session.pk for session in sessions for pool in session.pools.all()}
    of_session = {str(session.pk): session.pk for session in sessions}
    found: dict[int, dt.datetime] = {}
    keys = {"dialogue_sessions.session": of_session, "dialogue_sessions.pool": of_pool}
    about = Q()
    for subject, ids in keys.items():
        about |= Q(subject_type=subject, subject_id__in=list(ids))
    rows = Event.objects.filter(about, kind__in=[f"dialogue_sessions.{name}" for name in BY_HAND]).order_by("pk")
    for subject, subject_id, payload, at in rows.values_list("subject_type", "subject_id", "payload", "at"):
        if payload.get("with") != SERIES:
            found[keys[subject][subject_id]] = at
    return found


def _registered(sessions: Sequence[Session]) -> dict[int, int]:
    rows = Registration.objects.filter(session__in=list(sessions), state__in=LIVING)
    return dict(rows.order_by().values_list("session").annotate(Sum("size")))


def change(series: Series, wish: Wish, sessions: Sequence[Session], now: Standing | None = None) -> Change:
    """What a wish would do to a series and to its sessions to come; `now` where it is known how they stand."""
    now = now or standing(series, sessions)
    own = [name for name in OWN if wish.values[name] != now.own[name]]
    shared = [name for name in SHARED if wish.values[name] != now.shared[name]] + [name for name in TITLES if name in own]
    seats = {kind: number for kind, number in wish.seats.items() if number is not None and number != now.seats[kind]}
    made = Change(own, shared, seats)
    if wish.whom != Whom.NONE and (shared or seats):
        _choose(made, wish, sessions)
    made.seen = _seal(series, wish, now, made)
    return made


def _choose(made: Change, wish: Wish, sessions: Sequence[Session]) -> None:
    registered, touched = _registered(sessions), _touched(sessions)
    for session in sessions:
        people = registered.get(session.pk, 0)
        if not differs(session, wish, made):
            continue  # it is so already
        if any(len(_pools(session, kind)) > 1 for kind in made.seats):
            made.left.append((session, _("its seats of one kind stand in several parts: change them on its own page")))
        elif wish.whom == Whom.FREE and people:
            said = ngettext("%(n)s person has registered", "%(n)s people have registered", people) % {"n": people}
            made.left.append((session, said))
        elif wish.whom == Whom.UNTOUCHED and (at := touched.get(session.pk)):
            made.left.append((session, _("it was changed by hand on %(day)s") % {"day": f"{timezone.localtime(at):%d/%m/%Y}"}))
        else:
            made.sessions.append(session)
            made.people += people
            for kind, number in made.seats.items():
                made.too_small += [(session, SEATS[PoolKind(kind)], pool.taken) for pool in _pools(session, kind) if number < pool.taken]


def leave_their_place(made: Change, wish: Wish) -> bool:
    """Whether a session that follows is public, and no longer held where everybody read that it would be."""

    def now(session: Session, name: str) -> Any:
        return wish.values[name] if name in made.shared else _value(session, name)

    return any(
        session.state in BEFORE_START and leaves((session.room_id, session.place), (now(session, "room"), now(session, "place")))
        for session in made.sessions
    )


def differs(session: Session, wish: Wish, made: Change) -> bool:
    """Whether a session is not yet as it is to be."""
    return any(_value(session, name) != wish.values[name] for name in made.shared) or bool(seats_of(session, made))


def seats_of(session: Session, made: Change) -> dict[str, int]:
    """Kinds of its seats that are to be another number. None of a kind and none wanted is the same."""
    found = {}
    for kind, number in made.seats.items():
        pools = _pools(session, kind)
        if len(pools) > 1 or (pools[0].capacity if pools else 0) != number:
            found[kind] = number
    return found


def _seal(series: Series, wish: Wish, now: Standing, made: Change) -> str:
    """A seal of what was shown: done is what somebody has looked at, and nothing else."""
    said = [
        series.pk, wish.whom, sorted((name, str(value)) for name, value in wish.values.items()), sorted(made.seats.items()),
        sorted((name, str(value)) for name, value in (now.own | now.shared).items()), sorted(now.seats.items()),
        [session.pk for session in made.sessions], [session.pk for session, _why in made.left],
    ]  # fmt: skip
    digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()
    return salted_hmac("dialogue_sessions.series", digest, algorithm="sha256").hexdigest()
