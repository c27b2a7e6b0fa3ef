"""What the database knows of some days: a fixed number of questions, and never more rows than a page shows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Prefetch, Q, QuerySet, Window
from django.db.models.functions import RowNumber, TruncDate, TruncTime
from django.utils import timezone

from organisation.models import Post, Unit, in_language

from ..enums import SessionKind, SessionState
from ..models import FormerPlace, Session, SessionMove, SessionQuerySet
from .asking import APPOINTMENTS, KINDS, Ask

LIST_PAGE = 50
MOST_POSTS = 100
MOST_MOVED = 300
MOST_GROUPS = 400  # of appointments: units × days of a month
APPOINTMENT_DAYS = 31


def midnight(day: dt.date) -> dt.datetime:
    """The first moment of a day in Vietnam."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def within(first: dt.date, last: dt.date, name: str = "starts_at") -> Q:
    """From the first day to the last, both whole."""
    return Q(**{f"{name}__gte": midnight(first), f"{name}__lt": midnight(last + dt.timedelta(days=1))})


def _chosen(ask: Ask, path: str = "") -> Q:
    wanted = Q()
    if ask.unit:
        wanted &= Q(**{f"{path}unit__slug": ask.unit})
    if ask.kind:
        wanted &= Q(**{f"{path}kind__in": KINDS[ask.kind]})
    if ask.post:
        wanted &= Q(**{f"{path}post": ask.post}) | Q(**{f"{path}stand_in": ask.post})
    return wanted


def sessions(ask: Ask) -> SessionQuerySet:
    """What is shown one by one: all that is public but appointments, of which a counter has dozens a day."""
    return Session.objects.public().exclude(kind=SessionKind.APPOINTMENT).filter(_chosen(ask))


def of_kind(ask: Ask) -> SessionQuerySet:
    """The same; and appointments where the address names them."""
    return Session.objects.public().filter(_chosen(ask)) if ask.kind == APPOINTMENTS else sessions(ask)


@dataclass(frozen=True)
class Brief:
    """A session as a month shows it: its time in Vietnam, its name, whether it is called off or has another time than it had."""

    slug: str
    title: str
    title_en: str
    begins: dt.time
    ends: dt.time
    last_day: dt.date
    cancelled: bool
    has_moved: bool
    has_new_place: bool


def lines(found: Iterable[int]) -> list[Session]:
    """These sessions as lists show them, in order, with their moves and former places. Three queries."""
    rows = Session.objects.filter(pk__in=list(found)).select_related("unit", "post", "room__point").prefetch_related(
        Prefetch("moves", SessionMove.objects.order_by("pk")), Prefetch("former_places", FormerPlace.objects.order_by("pk"))
    ).defer("subjects", "accessibility", "unit__duties", "unit__duties_en", "post__duties")  # fmt: skip
    return list(rows.order_by("starts_at", "pk"))


def _first_of_each_day(ask: Ask, first: dt.date, last: dt.date, most: int) -> tuple[list[int], dict[dt.date, int]]:
    """Keys of at most `most` sessions a day, and how many each day in Vietnam has. One query, which reads nothing but these."""
    day = TruncDate("starts_at")
    numbered = sessions(ask).filter(within(first, last)).annotate(
        local=day, nth=Window(RowNumber(), partition_by=[day], order_by=["starts_at", "pk"]), of_day=Window(Count("pk"), partition_by=[day])
    )  # fmt: skip
    rows = list(numbered.filter(nth__lte=most).order_by().values_list("pk", "local", "of_day"))
    return [pk for pk, _local, _total in rows], {local: total for _pk, local, total in rows}


def first_of_each_day(ask: Ask, first: dt.date, last: dt.date, most: int) -> tuple[list[Session], dict[dt.date, int]]:
    """At most `most` sessions a day, between two days, as lists show them; how many each day has. Four queries, whatever the number of sessions."""
    found, total = _first_of_each_day(ask, first, last, most)
    return lines(found), total


def briefs_of_each_day(ask: Ask, first: dt.date, last: dt.date, most: int) -> tuple[dict[dt.date, list[Brief]], dict[dt.date, int]]:
    """The same as a month shows them, by day and in order. Two queries; days and hours of Vietnam are the database's, which is quicker at them."""
    keys, total = _first_of_each_day(ask, first, last, most)
    moved, elsewhere = (Exists(rows.filter(session=OuterRef("pk"))) for rows in (SessionMove.objects, FormerPlace.objects))
    times = (TruncDate("starts_at"), TruncTime("starts_at"), TruncTime("ends_at"), TruncDate("ends_at"))
    rows = Session.objects.filter(pk__in=keys).order_by("starts_at", "pk").values_list(*times, "slug", "title", "title_en", "state", moved, elsewhere)
    found: dict[dt.date, list[Brief]] = {}
    for day, begins, ends, last_day, slug, title, title_en, state, has_moved, has_new_place in rows:
        one = Brief(slug, title, title_en, begins, ends, last_day, state == SessionState.CANCELLED, has_moved, has_new_place)
        found.setdefault(day, []).append(one)
    return found, total


def one_page(ask: Ask, first: dt.date, last: dt.date) -> tuple[list[Session], bool]:
    """A page of the list, and whether there is another. Four queries."""
    begin = (ask.page - 1) * LIST_PAGE
    found = sessions(ask).filter(within(first, last)).order_by("starts_at", "pk").values_list("pk", flat=True)
    keys = list(found[begin : begin + LIST_PAGE + 1])
    return lines(keys[:LIST_PAGE]), len(keys) > LIST_PAGE


@dataclass(frozen=True)
class Away:
    """A session that was to be on this day and is on another now; days and times of Vietnam."""

    slug: str
    title: str
    title_en: str
    reason: str
    old_day: dt.date
    old_time: dt.time
    day: dt.date
    time: dt.time


def moved_away(ask: Ask, first: dt.date, last: dt.date) -> list[Away]:
    """Former times of sessions that are on another day now: whoever wrote the old day down finds where it went. One query."""
    if ask.kind == APPOINTMENTS:
        return []
    seen = Q(session__in=Session.objects.public().exclude(kind=SessionKind.APPOINTMENT).filter(_chosen(ask)).values("pk"))
    moves = SessionMove.objects.filter(seen & within(first, last, "old_starts_at"))
    moves = moves.annotate(old_day=TruncDate("old_starts_at"), day=TruncDate("session__starts_at")).exclude(day=F("old_day"))
    fields = (
        "session__slug",
        "session__title",
        "session__title_en",
        "reason",
        "old_day",
        TruncTime("old_starts_at"),
        "day",
        TruncTime("session__starts_at"),
    )
    return [Away(*row) for row in moves.order_by("old_starts_at", "pk").values_list(*fields)[:MOST_MOVED]]


@dataclass(frozen=True)
class Slots:
    """The appointments of one unit on one day, in one line."""

    day: dt.date
    unit: str  # slug
    name: str
    name_en: str
    count: int
    first: dt.datetime
    last: dt.datetime

    @property
    def title(self) -> str:
        """The unit in the reader's language."""
        return in_language(self.name, self.name_en)


def appointments(ask: Ask, first: dt.date, last: dt.date) -> list[Slots]:
    """Slots at counters, a line a day and unit: how many, from when to when. One query, or none when they are not asked for."""
    if ask.kind and SessionKind.APPOINTMENT not in KINDS[ask.kind]:
        return []
    rows = (
        Session.objects.public()
        .exclude(state=SessionState.CANCELLED)
        .filter(_chosen(ask) & within(first, min(last, first + dt.timedelta(days=APPOINTMENT_DAYS - 1))), kind=SessionKind.APPOINTMENT)
        .annotate(local=TruncDate("starts_at"))
        .order_by("local", "unit")
        .values_list("local", "unit__slug", "unit__name", "unit__name_en")
        .annotate(Count("pk"), Min("starts_at"), Max("ends_at"))
    )
    return [Slots(*row) for row in rows[:MOST_GROUPS]]


def slots_of_day(unit: str, day: dt.date) -> QuerySet[Session]:
    """The appointments of a unit on a day, with their seats."""
    return (
        Session.objects.public()
        .filter(within(day, day), kind=SessionKind.APPOINTMENT, unit__slug=unit)
        .select_related("unit", "series", "room__point")
        .prefetch_related("pools")
        .order_by("series__title", "series", "starts_at", "pk")
    )


# ── What the calendar can be narrowed by ──────────────────────────────────────────────────────────────────────────────


def units(chosen: str) -> list[Unit]:
    """Units that have something in the calendar, and the chosen one. One query."""
    has = Exists(Session.objects.public().filter(unit=OuterRef("pk")))
    return list(Unit.objects.filter(has | Q(slug=chosen)).only("pk", "slug", "name", "name_en").order_by("level", "order", "name"))


def posts(ask: Ask) -> list[Post]:
    """Posts that receive, or have received: of the chosen unit, of all without one; and the chosen post. One query."""
    has = Exists(Session.objects.public().filter(post=OuterRef("pk")))
    wanted = has & Q(unit__slug=ask.unit) if ask.unit else Q(has)
    found = Post.objects.filter(wanted | Q(pk=ask.post)).select_related("unit").order_by("unit__level", "unit__order", "order", "title")
    return list(found.only("pk", "title", "title_en", "unit__name", "unit__name_en")[:MOST_POSTS])
