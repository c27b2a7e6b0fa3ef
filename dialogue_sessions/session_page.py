"""The page of a session, and what other parts of this application add to it.

Questions, promises and what came of a session stand on it as parts of their own (`templates/dialogue_sessions/parts/`): whoever fills
one appends to `extras` a function that gives what its template reads. Each is asked on every page that is made: one query each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from foundation import together
from foundation.api import absolute
from organisation.models import Post
from organisation.queries import Holder, holders

from . import linked_data
from .enums import BEFORE_START, PoolKind, SessionState
from .models import Pool, Session, SessionMove
from .presentation import day_text, lines_of, moment_text, standing, time_span, where

Extra = Callable[[Session], dict[str, Any]]
extras: list[Extra] = []


def extra(session: Session) -> dict[str, Any]:
    """What the other parts have to say of a session, together."""
    found: dict[str, Any] = {}
    for function in extras:
        found |= function(session)
    return found


def find(slug: str) -> Session | None:
    """A session that everybody may see, with what its page names. One query."""
    rows = Session.objects.public().filter(slug=slug).select_related("unit", "series", "room__point", "post__unit", "stand_in__unit")
    return rows.defer("unit__duties", "unit__duties_en").first()


def link_to(name: str, *arguments: str) -> str:
    """The address of a named page of ours, or nothing while there is none."""
    try:
        return reverse(f"dialogue_sessions:{name}", args=arguments)
    except NoReverseMatch:
        return ""


def context(session: Session, now: dt.datetime) -> dict[str, Any]:
    """All that the page shows but the free seats, which change with every registration and are asked for apart. At most four queries."""
    pools, moves, attending, lateness, former_places = together.rows(
        session.pools.all(), session.moves.all(), session.attending.order_by("order", "name").only("pk", "slug", "name", "name_en"),
        session.lateness.all(), session.former_places.all(),
    )  # fmt: skip
    local = timezone.localtime(session.starts_at)
    shown = {
        "session": session,
        "when_day": day_text(local.date()),
        "when_time": time_span(session.starts_at, session.ends_at),
        "places": where(session),
        "accessibility": accessibility(session),
        "receives": receivers(session, local.date()),
        "attending": attending,
        "subjects": lines_of(session.subjects),
        "standing": standing(session, now),
        "cancelled": session.state == SessionState.CANCELLED,
        "over": session.state in {SessionState.HELD, SessionState.CANCELLED},
        "held": session.state == SessionState.HELD,
        "moves": [_move(move) for move in moves],
        "former_places": former_places,
        "lateness": lateness,
        **window(session, now),
        **seats(pools),
        "register_url": link_to("register", session.slug) if session.takes_registrations(now) else "",
        "calendar_url": f"{reverse('dialogue_sessions:calendar')}?ngay={local:%Y-%m-%d}",
        "canonical": absolute(reverse("dialogue_sessions:session", args=[session.slug])),
        "linked_data": linked_data.of_session(session, moves, sum(pool.capacity for pool in pools)),
    }
    return shown | extra(session)  # ours, not a queryset's  # nosec B610


def accessibility(session: Session) -> list[str]:
    """How to get in: the session's own words, else those of the house. Whether a wheelchair gets into the room the page says itself."""
    if session.accessibility.strip():
        return lines_of(session.accessibility)
    return lines_of(session.room.point.accessibility) if session.room is not None else []


def receivers(session: Session, day: dt.date) -> list[dict[str, Any]]:
    """Who receives and who stands in, with the people who hold the posts on the day. Two queries, or none."""
    wanted = [pk for pk in (session.post_id, session.stand_in_id) if pk]
    if not wanted:
        return []
    found: dict[int, Holder] = {holder.post.pk: holder for holder in holders(Post.objects.filter(pk__in=wanted), day)}
    return [{"holder": found[pk], "stands_in": pk != session.post_id} for pk in wanted if pk in found]


def _move(move: SessionMove) -> dict[str, str]:
    return {"was": moment_text(move.old_starts_at), "now": moment_text(move.starts_at), "reason": move.reason}


def window(session: Session, now: dt.datetime) -> dict[str, Any]:
    """From when and until when people may register."""
    opens, closes = session.registration_opens, session.registration_closes
    if opens is None or closes is None:
        return {"opens": "", "closes": "", "not_yet": False}
    before = session.state in BEFORE_START
    return {"opens": moment_text(opens), "closes": moment_text(closes), "not_yet": before and now < opens}


def seats(pools: list[Pool]) -> dict[str, Any]:
    """How many seats there are, by kind; how many of them are free is another question."""
    of_kind = {kind: sum(pool.capacity for pool in pools if pool.kind == kind) for kind in PoolKind.values}
    return {
        "pools": pools,
        "capacity": sum(pool.capacity for pool in pools),
        "walk_ins": of_kind[PoolKind.WALK_IN],
        "online_seats": of_kind[PoolKind.ONLINE],
        "villages": [pool for pool in pools if pool.kind == PoolKind.VILLAGE],
    }


def free_seats(session: Session, now: dt.datetime) -> dict[str, Any]:
    """What is free at this moment, pool by pool. One query."""
    pools = list(session.pools.all())
    booked = [pool for pool in pools if pool.kind != PoolKind.WALK_IN]
    all_, taken = sum(pool.capacity for pool in booked), sum(pool.taken for pool in booked)
    return {
        **seats(pools),
        "free": all_ - taken,
        "bookable": all_,
        "taken": taken,
        "share": round(100 * taken / all_) if all_ else 0,
        "as_of": timezone.localtime(now),
        "takes": session.takes_registrations(now),
    }
