"""The agenda as everybody reads it: what runs, what is done, what comes, and at about what time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .enums import AgendaState, SessionState
from .models import AgendaItem, Session
from .services import delays


@dataclass(frozen=True)
class Point:
    """A point with the time at which it begins, or is thought to."""

    item: AgendaItem
    begins: dt.datetime
    closed: dt.datetime | None = None  # when the session ended, once it has

    @property
    def state(self) -> str:
        """To come, running, done. What nobody has ended, the end of the session has."""
        return AgendaState.DONE if self.closed and self.item.state == AgendaState.RUNNING else self.item.state

    @property
    def ends(self) -> dt.datetime:
        """When it ended, or should."""
        if self.closed and self.item.state == AgendaState.RUNNING:
            return max(self.begins, self.closed)
        return self.item.ended_at or (self.item.started_at or self.begins) + dt.timedelta(minutes=self.item.minutes)


def for_page(session: Session, late: int = 0) -> list[Point]:
    """The points of a session's agenda in their order; `late`: minutes by which the session begins late. One query.

    Times to come follow from what has happened: a point that ran long moves those after it. They are not from the clock, so that a page
    that is kept stays right."""
    return timed(session, list(session.agenda.select_related("post", "unit").order_by("order")), late)


def for_session_page(session: Session) -> dict[str, Any]:
    """What `parts/agenda.html` shows: the points, and that it begins late. Two queries."""
    delay = delays.latest(session)
    return {"delay": delay, "agenda_points": for_page(session, delay.minutes if delay is not None else 0)}


def timed(session: Session, items: Sequence[AgendaItem], late: int = 0) -> list[Point]:
    """The same of items that are read already."""
    points, at = [], session.starts_at + dt.timedelta(minutes=late)
    closed = session.ends_at if session.state == SessionState.HELD else None
    for item in items:
        point = Point(item, item.started_at or at, closed)
        points.append(point)
        at = point.ends if item.started_at is not None else at + dt.timedelta(minutes=item.minutes)
    return points


def now_and_next(points: Sequence[Point]) -> tuple[Point | None, Point | None]:
    """What runs, and what comes after it (before anything runs: the first that is to come)."""
    running = next((point for point in points if point.state == AgendaState.RUNNING), None)
    after = points[points.index(running) + 1 :] if running is not None else points
    return running, next((point for point in after if point.state == AgendaState.TO_COME), None)
