"""What somebody can choose who registers: the seats of a session and, where it is one of a series, the free seats of the others."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, F
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from organisation.presentation import marked

from .enums import PoolKind, RegistrationState, SessionState
from .models import Pool, Session
from .telling import in_words

MOST = 40  # seats of other sessions that are offered to choose from


@dataclass(frozen=True)
class Choice:
    """Seats, how many are free, and how many wait for them."""

    pool: Pool
    waiting: int
    free: int  # that whoever registers now can have
    elsewhen: bool  # of another session of the series

    @property
    def name(self) -> str:
        """With the time, where there is more than one; as HTML, since a Vietnamese name is marked as such for who reads English."""
        named = marked(self.pool.name, self.pool.name_en)
        return format_html("{}: {}", in_words(self.pool.session.starts_at, self.pool.session.ends_at), named) if self.elsewhen else named

    def words(self) -> str:
        """The name, and what one gets: said before anybody registers. As HTML."""
        if self.free > 0:
            said = ngettext("%(count)s seat is free", "%(count)s seats are free", self.free) % {"count": self.free}
        else:
            said = _("no seat is free: you would be number %(number)s on the waiting list") % {"number": self.waiting + 1}
        return format_html("{} – {}", self.name, said)


def open_now(moment: dt.datetime) -> dict[str, object]:
    """Of sessions that take registrations."""
    return {"state": SessionState.OPEN, "registration_opens__lte": moment, "registration_closes__gt": moment}


def choices(session: Session, moment: dt.datetime, *, for_clerk: bool = False) -> list[Choice]:
    """The session's own seats first, then free ones of its series, in the order of time; for a clerk the session's alone, and those that
    are kept for the door, too. Three queries."""
    own = list(session.pools.order_by("pk") if for_clerk else session.pools.exclude(kind=PoolKind.WALK_IN).order_by("pk"))
    for pool in own:
        pool.session = session
    waiting = dict(
        session.registrations.filter(state=RegistrationState.WAITING).order_by().values_list("pool").annotate(Count("pk"))
    )  # fmt: skip
    others: list[Pool] = []
    if session.series_id and not for_clerk:
        rows = Pool.objects.filter(session__series=session.series_id, taken__lt=F("capacity")).exclude(kind=PoolKind.WALK_IN).exclude(session=session)
        rows = rows.filter(**{f"session__{name}": value for name, value in open_now(moment).items()}, session__starts_at__gt=moment)
        others = list(rows.select_related("session__series").order_by("session__starts_at", "pk")[:MOST])
    several = bool(others)
    # Once no more offers are made, what is free while somebody waits is for those at the door, whom a clerk seats.
    given = for_clerk or session.makes_offers(moment)
    mine = [Choice(pool, number, pool.free if given or not number else 0, several) for pool in own for number in [waiting.get(pool.pk, 0)]]
    return mine + [Choice(pool, 0, pool.free, True) for pool in others]
