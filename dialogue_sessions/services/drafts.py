"""Sessions are planned: drafts with their seats, one or a year of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import translation

from organisation.models import Unit
from safeguards.models import User
from safeguards.services import record_many

from ..enums import PoolKind, SessionState
from ..models import Pool, SeatPolicy, Series, Session
from ..slots import Span
from . import gate
from .errors import Invalid


@dataclass(frozen=True)
class Seats:
    """Seats that a session is planned with."""

    capacity: int
    kind: str = PoolKind.HALL
    name: str = ""
    village: str = ""
    name_en: str = ""

    def names(self) -> dict[str, str]:
        """How residents read of them, in both languages: as somebody named them, by their village, or by their kind."""
        if said := self.name or self.village:
            return {"name": said, "name_en": self.name_en}
        names = {}
        for field, language in (("name", "vi"), ("name_en", "en")):
            with translation.override(language):
                names[field] = str(PoolKind(self.kind).label)
        return names


def plan_session(session: Session, seats: Sequence[Seats], actor: User | None, *, attending: Iterable[Unit] = ()) -> Session:
    """Write a new session down as a draft, with its seats and the units that answer beside, under the policy in force. Raises Invalid,
    and then nothing is written."""
    with gate.change():
        made = _plan([session], seats, actor)[0]
        made.attending.set(attending)
    return made


def plan_series(
    series: Series,
    spans: Iterable[Span],
    seats: Sequence[Seats],
    actor: User | None,
    *,
    registration_opens: dt.datetime | Callable[[dt.datetime], dt.datetime] | None = None,
    **values: object,
) -> list[Session]:
    """A draft for each of these times (days of a rule, slots of a morning), all or none. Registration opens at one time for all, or
    at what a rule makes of each beginning, and closes the series' hours of notice before each; `values` are what the sessions share
    (room, post, place, …). Raises Invalid."""
    sessions = []
    for starts_at, ends_at in spans:
        opens = registration_opens(starts_at) if callable(registration_opens) else registration_opens
        closes = starts_at - dt.timedelta(hours=series.lead_hours)
        session = Session(
            **{
                "kind": series.kind, "unit": series.unit, "series": series, "title": series.title, "title_en": series.title_en,
                "slug": f"{series.slug}-{starts_at.astimezone(gate.zone()):%Y-%m-%d-%H%M}", "starts_at": starts_at, "ends_at": ends_at,
                "registration_opens": opens, "registration_closes": closes if opens else None, **values,
            }
        )  # fmt: skip
        sessions.append(session)
    return _plan(sessions, seats, actor)


def _plan(sessions: list[Session], seats: Sequence[Seats], actor: User | None) -> list[Session]:
    """Drafts with their seats. A year of them goes in few statements; what the database refuses is looked at row by row, for its words."""
    with gate.change():
        policies = {session.unit.pk: SeatPolicy.objects.in_force(session.unit) for session in {one.unit_id: one for one in sessions}.values()}
        for session in sessions:
            session.state = SessionState.DRAFT
            for name in ("hold_minutes", "offer_hours", "offers_stop_hours", "group_most"):
                setattr(session, name, getattr(policies[session.unit_id], name))
        try:
            with transaction.atomic():
                _write_together(sessions, seats)
        except IntegrityError:
            for session in sessions:
                session.pk, session._state.adding = None, True
            _write_each(sessions, seats)
        record_many(
            [("dialogue_sessions.session_planned", one, {"slug": one.slug, "starts_at": one.starts_at.isoformat()}) for one in sessions], actor=actor
        )
    return sessions


def _pools(session: Session, seats: Sequence[Seats]) -> list[Pool]:
    return [Pool(session=session, kind=one.kind, village=one.village, capacity=one.capacity, **one.names()) for one in seats]


def _write_together(sessions: list[Session], seats: Sequence[Seats]) -> None:
    """Rules of a row in words; those of several rows are the database's."""
    for session in sessions:
        _clean_alone(session)
    Session.objects.bulk_create(sessions)
    pools = [pool for session in sessions for pool in _pools(session, seats)]
    for pool in pools:
        _clean_alone(pool)
    Pool.objects.bulk_create(pools)


def _write_each(sessions: list[Session], seats: Sequence[Seats]) -> None:
    for session in sessions:
        clean(session)
        session.save(force_insert=True)
        for pool in _pools(session, seats):
            clean(pool)
            pool.save(force_insert=True)


def _clean_alone(row: models.Model) -> None:
    """The rules that need no question to the database."""
    others = {field.name for field in row._meta.fields if field.is_relation}
    try:
        row.full_clean(exclude=others, validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise Invalid(error) from error


def clean(row: models.Model) -> None:
    """Ask a row for its rules in words; raises Invalid."""
    try:
        row.full_clean()
    except ValidationError as error:
        raise Invalid(error) from error
