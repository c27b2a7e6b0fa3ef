"""What other applications may ask of the organisation: calendars, counters, who stands in, the tree of units."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from .book import book
from .calendar import Calendar, Session
from .counter import Counter, Shut, Status
from .enums import Level
from .models import Closure, Field, Holding, OpeningHours, Person, Post, ServicePoint, ServicePointQuerySet, Unit, in_language, today
from .presentation import marked


def calendar_for(unit: Unit | int | None, stamp: uuid.UUID | None = None) -> Calendar:
    """The working calendar of a unit (or its primary key), the country's for None. One query, none with the stamp of now; see `book`."""
    return book(stamp).calendar(unit.pk if isinstance(unit, Unit) else unit)


def points() -> ServicePointQuerySet:
    """Service points that exist today, with what `open_status` and the public pages read of them: one query."""
    return ServicePoint.objects.current().with_hours()


def main_point() -> ServicePoint | None:
    """The service point that stands in the footer of every page, with its hours; None before it is set up. One query."""
    return points().filter(is_main=True).first()


def weekly(point: ServicePoint) -> dict[int, list[Session]]:
    """The hours of an ordinary week by ISO weekday. No query for a point of `points()`."""
    rows: list[dict[str, Any]] | None = getattr(point, "week", None)
    found: dict[int, list[Session]] = defaultdict(list)
    if rows is None:
        row: OpeningHours
        for row in point.hours.all():
            found[row.weekday].append(Session(row.opens, row.closes))
    else:
        for data in rows:
            found[data["weekday"]].append(Session(dt.time.fromisoformat(data["opens"]), dt.time.fromisoformat(data["closes"])))
    return dict(found)


def _closures(point: ServicePoint) -> tuple[Shut, ...]:
    rows: list[dict[str, Any]] | None = getattr(point, "shut", None)
    if rows is None:
        closures: Iterable[Closure] = point.closures.select_related("instead__unit")
        return tuple(
            Shut(c.first_day, c.last_day, c.why, c.instead.title if c.instead else "", c.instead.unit.slug if c.instead else "") for c in closures
        )
    return tuple(
        Shut(
            dt.date.fromisoformat(data["first"]),
            dt.date.fromisoformat(data["last"]),
            in_language(data["reason"], data["reason_en"]),
            marked(data["instead"] or "", data["instead_en"] or ""),
            data["unit"] or "",
        )
        for data in rows
    )


def counter(point: ServicePoint, calendar: Calendar) -> Counter:
    """The counter of a service point for the rules of `counter`. No query for a point of `points()`, else two."""
    return Counter(
        hours=weekly(point),
        calendar=calendar,
        closures=_closures(point),
        first_day=point.valid_from or dt.date.min,
        last_day=point.valid_to or dt.date.max,
    )


def counters(of: Iterable[ServicePoint]) -> dict[int, Counter]:
    """The counters of service points by primary key. One query for the calendar."""
    shelf = book()
    return {point.pk: counter(point, shelf.calendar(point.unit_id)) for point in of}


def open_statuses(of: Iterable[ServicePoint], at: dt.datetime | None = None) -> dict[int, Status]:
    """How each service point stands at a moment (now), by primary key. One query for points of `points()`."""
    moment = at or timezone.now()
    return {pk: one.status(moment) for pk, one in counters(of).items()}


def open_status(point: ServicePoint, at: dt.datetime | None = None) -> Status:
    """Whether a service point is open at a moment (now), until when, when it opens next, and why it is closed."""
    return open_statuses([point], at)[point.pk]


# ── People ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Holder:
    """A post and who answers on a day: the holders, and who steps in for those who are absent."""

    post: Post
    people: tuple[Person, ...]
    absent: tuple[Holding, ...]
    stand_ins: tuple[Person, ...]


def holders(of: QuerySet[Post], day: dt.date | None = None) -> list[Holder]:
    """Who holds the posts on a day (today) and who steps in. Two queries, whatever the number of posts."""
    on = day or today()
    posts = list(of.select_related("unit", "stands_in"))
    wanted = {post.pk for post in posts} | {post.stands_in_id for post in posts if post.stands_in_id}
    held: dict[int, list[Holding]] = defaultdict(list)
    for holding in Holding.objects.on(on).filter(post__in=wanted).select_related("person__photo").order_by("valid_from", "person__name"):
        held[holding.post_id].append(holding)
    return [_holder(post, held, on) for post in posts]


def _holder(post: Post, held: dict[int, list[Holding]], day: dt.date) -> Holder:
    own = held.get(post.pk, [])
    absent = tuple(holding for holding in own if holding.is_absent_on(day))
    others = held.get(post.stands_in_id, []) if post.stands_in_id else []
    return Holder(
        post=post,
        people=tuple(holding.person for holding in own),
        absent=absent,
        stand_ins=tuple(holding.person for holding in others if not holding.is_absent_on(day)) if absent or not own else (),
    )


def answers_for(field_: Field, unit: Unit) -> list[Holder]:
    """Who in a unit deals with a field, today: name and telephone for the procedures of that field."""
    return holders(Post.objects.filter(unit=unit, fields=field_).order_by("order", "title"))


# ── The tree ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Branch:
    """A unit in the tree with those below it."""

    unit: Unit
    depth: int
    branches: list[Branch] = field(default_factory=list)

    def walk(self) -> Iterator[Branch]:
        """This branch and all below, from top to bottom."""
        yield self
        for branch in self.branches:
            yield from branch.walk()


def tree(units: Iterable[Unit]) -> list[Branch]:
    """Units as trees in the order of level, `order` and name. A unit whose parent is not among them stands at the top."""
    ordered = sorted(units, key=lambda unit: (unit.level, unit.order, unit.name))
    branches = {unit.pk: Branch(unit, 0) for unit in ordered}
    roots: list[Branch] = []
    for unit in ordered:
        above = branches.get(unit.parent_id) if unit.parent_id else None
        (above.branches if above else roots).append(branches[unit.pk])
    for root in roots:
        _deepen(root, 0)
    return roots


def _deepen(branch: Branch, depth: int) -> None:
    branch.depth = depth
    for below in branch.branches:
        _deepen(below, depth + 1)


def below(unit: Unit, units: Iterable[Unit] | None = None) -> list[Unit]:
    """A unit's descendants. One query when `units` (all that may be among them) is not given."""
    everyone = list(units) if units is not None else list(Unit.objects.all())
    return [branch.unit for root in tree(everyone) for found in root.walk() if found.unit.pk == unit.pk for branch in found.walk()][1:]


def successors_of(unit: Unit, day: dt.date | None = None) -> list[Unit]:
    """Who carries on a closed unit's work on a day (today): its successors, or theirs where they are closed too; without any,
    those of the unit above. One query a generation."""
    on = day or today()
    found: dict[int, Unit] = {}
    seen: set[int] = set()
    wanted = {unit.pk}
    while wanted:
        seen |= wanted
        rows = list(Unit.objects.filter(predecessors__in=wanted).distinct())
        found.update({row.pk: row for row in rows if row.is_valid_on(on)})
        wanted = {row.pk for row in rows if not row.is_valid_on(on)} - seen
    if not found and unit.parent is not None and not unit.parent.is_valid_on(on):
        return successors_of(unit.parent, on)
    return sorted(found.values(), key=lambda row: (row.level, row.order, row.name))


def units_at(level: Level, day: dt.date | None = None) -> QuerySet[Unit]:
    """The provinces, districts or wards themselves that exist on a day (today)."""
    return Unit.objects.valid_on(day or today()).filter(is_government=True, level=level)


def points_serving(unit: Unit) -> ServicePointQuerySet:
    """The service points that take a unit's dossiers: its own, and those that serve it."""
    return points().filter(Q(unit=unit) | Q(serves=unit)).distinct()


def names_of_units() -> Iterator[str]:
    """What the units are called, whole and by the last two syllables ("huyện Suối Mơ", "Suối Mơ"). One query."""
    for name in Unit.objects.values_list("name", flat=True):
        yield name
        yield " ".join(name.split()[-2:])
