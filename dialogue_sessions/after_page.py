"""What the page of a session shows once it is over: the minutes, what was promised, the conclusion. Three queries; five until there are
minutes that say what each notice and each case holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch
from django.urls import reverse

from organisation.models import today

from . import minutes_data, promise_data
from .enums import SessionState
from .models import ConclusionLine, ConclusionNotice, Minutes, Promise, ReceptionCase, Session

AFTER = [SessionState.UNDER_WAY, SessionState.HELD]


@dataclass(frozen=True)
class After:
    """For `dialogue_sessions/parts/after.html` and `parts/promises.html`."""

    minutes: Minutes | None
    minutes_url: str
    counts: dict[str, int]
    absent: str
    promises: list[dict[str, Any]]
    notices: list[ConclusionNotice]
    cases: list[ReceptionCase]  # made public before the minutes are

    def __bool__(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.minutes or self.promises or self.notices or self.cases)


def for_page(session: Session) -> After:
    """What there is; nothing, without a query, before the session has begun."""
    if session.state not in AFTER:
        return After(None, "", {}, "", [], [], [])
    minutes, counts = minutes_data.brief(session)
    day = today()
    promises = [promise_data.line(promise, day) for promise in Promise.objects.public().filter(session=session).select_related("unit")]
    notices = session.conclusions.filter(published_at__isnull=False).select_related("document")
    cases: list[ReceptionCase] = []
    if minutes is None:
        notices = notices.prefetch_related(Prefetch("lines", ConclusionLine.objects.select_related("unit"), to_attr="shown"))
        cases = list(session.cases.filter(published_at__isnull=False).select_related("unit"))
    return After(
        minutes=minutes,
        minutes_url=reverse("minutes:minutes", args=[session.slug]) if minutes else "",
        counts=counts,
        absent=minutes_data.absent_share(minutes) if minutes else "",
        promises=promises,
        notices=list(notices),
        cases=cases,
    )


def extra(session: Session) -> dict[str, Any]:
    """The same as the page's template reads it."""
    after = for_page(session)
    return {"after": after, "promises": after.promises}
