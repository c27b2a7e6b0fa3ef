"""The calendar and the pages of sessions for search engines elsewhere."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.contrib.sitemaps import Sitemap
from django.db.models import F
from django.urls import reverse

from foundation import together
from foundation.registries import sitemaps

from .enums import MinutesState, QuestionState, SessionKind
from .models import DialogueRequest, Minutes, Promise, Question, Session

if TYPE_CHECKING:
    _Base = Sitemap[Any]
else:
    _Base = Sitemap  # generic in the stubs only


class SessionPages(_Base):
    """Every public session in both languages, with its questions and minutes, what was promised, and what voters ask for; what was held
    stays, for its answers and promises do. Slots of counters are not in it, nor what was merged into another question."""

    i18n = True
    alternates = True
    x_default = True
    limit = 1_000

    def items(self) -> Any:
        """In a fixed order, so that pages of the sitemap do not overlap. One query."""
        of_session = F("session__slug")
        found = together.rows(
            Session.objects.public().exclude(kind=SessionKind.APPOINTMENT).only("pk", "slug", "changed_at").order_by("pk"),
            Promise.objects.public().only("pk", "changed_at").order_by("pk"),
            Minutes.objects.filter(state=MinutesState.PUBLISHED).annotate(slug=of_session).only("pk", "published_at").order_by("pk"),
            Question.objects.public()
            .exclude(state=QuestionState.MERGED)
            .annotate(slug=of_session)
            .only("pk", "accepted_at", "answered_at")
            .order_by("pk"),
            DialogueRequest.objects.public().only("pk", "slug", "opened_at", "scheduled_at", "ended_at").order_by("pk"),
        )
        return [item for rows in found for item in rows]

    def location(self, item: Any) -> str:
        """The address of any of them."""
        if isinstance(item, Minutes):
            return reverse("minutes:minutes", args=[item.slug])  # type: ignore[attr-defined]  # annotated
        if isinstance(item, Question):
            return reverse("questions:question", args=[item.slug, item.pk])  # type: ignore[attr-defined]  # annotated
        if isinstance(item, DialogueRequest):
            return reverse("questions:request", args=[item.slug])
        return str(item.get_absolute_url())

    def lastmod(self, item: Any) -> dt.datetime | None:
        """When it was announced, moved, called off; when what was promised changed; when it was answered, published, opened or ended."""
        if isinstance(item, Minutes):
            return item.published_at
        if isinstance(item, Question):
            return item.answered_at or item.accepted_at  # type: ignore[no-any-return]
        if isinstance(item, DialogueRequest):
            return item.ended_at or item.scheduled_at or item.opened_at  # type: ignore[no-any-return]
        return item.changed_at  # type: ignore[no-any-return]


class CalendarPage(_Base):
    """The calendar of this month (the others are linked from it), the board of promises, the requests of voters."""

    i18n = True
    alternates = True
    changefreq = "daily"

    def items(self) -> list[str]:
        """By name."""
        return ["dialogue_sessions:calendar", "promises:board", "questions:requests"]

    def location(self, item: str) -> str:
        """The address."""
        return reverse(item)


def register() -> None:
    """Called when the application starts."""
    sitemaps.register("sessions", SessionPages)
    sitemaps.register("calendar", CalendarPage)
