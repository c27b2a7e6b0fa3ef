"""The catalogue's lists: which procedures are in force today, by field, unit, life event, audience, service level and level.

A process keeps the small columns of what is not over in memory (`shelf.py`) and counts there. Before each use one query asks
what was committed since (`following.py`), and what changed is loaded anew, all of it as of one moment: no list is older than
its request, and nobody who writes waits."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from organisation.enums import LEVEL_BY_CODE, Level
from organisation.models import Field, Unit, today

from . import facts, following
from .enums import Audience, OnlineLevel
from .models import InvolvedAgency, LifeEvent, Procedure, ProcedureVersion, ServiceOffer
from .prepared import Prepared, Statement, Store, rows, together
from .queries import CAME_AND_OVER, ENDED, UPCOMING_DAYS, Data, facts_rows, newest_first
from .shelf import FACETS, PLACES, UNRANKED, Listed, Shelf, fold, words_of

__all__ = ["FACETS", "UNRANKED", "Catalogue", "Choice", "Listed", "Option", "Page", "catalogue", "page"]
PER_PAGE = 20
MAX_PAGE = 100_000
SORTS = {"": "popularity", "ten": "name", "moi": "newest", "ma": "code"}
TRIES = 5  # times that changes are read again because more were committed meanwhile, before everything is
WAIT = 10.0  # seconds for another thread that loads, before one loads for itself
Names = Mapping[str, Mapping[str, tuple[str, str]]]


@dataclass(frozen=True)
class Catalogue:
    """What is in force on a day, with the names of facet values (Vietnamese, English)."""

    shelf: Shelf
    names: Names
    wards: frozenset[str] = frozenset()  # slugs of the units that are wards themselves, and of
    governments: frozenset[str] = frozenset()  # the other levels of government; the rest are departments and the like
    closed: frozenset[str] = frozenset()  # slugs of units that are no more: no choice of a list, their own pages lead on
    answers: Store = field(default_factory=lambda: Store(size=200))  # what was counted for a choice or compared with a name
    lines: dict[int, dict[str, str]] = field(default_factory=dict)  # facts of a result line by version and language, filled as they are shown

    def facts_of(self, items: Sequence[Listed], day: dt.date) -> dict[int, str]:
        """The facts of these versions in the reader's language; at most one query, none when all were shown before."""
        language = get_language() or ""
        missing = [item.pk for item in items if language not in self.lines.get(item.pk, ())]
        if missing:
            for row in facts_rows(missing):
                self.lines.setdefault(row["id"], {})[language] = facts.line(row, day)
        return {item.pk: self.lines.get(item.pk, {}).get(language, "") for item in items}

    def similar(self, name: str, code: str) -> list[Listed]:
        """Those in force whose names are most alike, from memory when asked before."""
        found: list[Listed] = self.answers.get_or_make((name, code), lambda: self.shelf.similar(name, code))
        return found


@dataclass(frozen=True)
class Option:
    """A value of a facet: how many procedures have it among those that the other choices leave, and where choosing it leads."""

    value: str
    name: str
    count: int
    chosen: bool
    url: str = ""


@dataclass
class Choice:
    """What a visitor asked for; unknown values are kept apart, since they are the visitor's and match nothing."""

    values: dict[str, str] = field(default_factory=dict)
    sort: str = ""
    page: int = 1

    def query(self, **changes: str | int | None) -> str:
        """The address of this choice with some of it changed; None takes a facet away. Page 1 and the usual order are left out."""
        wanted: dict[str, str | int | None] = {**self.values, **changes}
        pairs = [(word, str(wanted[name])) for name, word in FACETS.items() if wanted.get(name)]
        sort, page = wanted.get("sort", self.sort), wanted.get("page", 1)
        if sort:
            pairs.append(("sap-xep", str(sort)))
        if isinstance(page, int) and page > 1:
            pairs.append(("trang", str(page)))
        return "?" + urlencode(pairs) if pairs else ""


def _listed(day: dt.date) -> QuerySet[Any, Any]:
    offers = ServiceOffer.objects.filter(procedure=OuterRef("procedure")).order_by()
    events = Procedure.life_events.through.objects.filter(procedure=OuterRef("procedure")).order_by()
    return (
        ProcedureVersion.objects.published()
        .filter(Q(valid_to=None) | Q(valid_to__gte=day))
        .order_by()
        .annotate(
            points=ArraySubquery(offers.values("point__unit__slug")),
            deciding=ArraySubquery(offers.exclude(deciding_unit=None).values("deciding_unit__slug")),
            agencies_in=ArraySubquery(InvolvedAgency.objects.filter(version=OuterRef("pk")).exclude(unit=None).order_by().values("unit__slug")),
            events=ArraySubquery(events.values("lifeevent__slug")),
        )
        .values(
            "id", "name", "levels", "subjects", "online_level", "legacy_level", "valid_from", "valid_to", "change_kind", "procedure_id", "points",
            "deciding", "agencies_in", "events", code=F("procedure__code"), popularity=F("procedure__popularity"), field_slug=F("field__slug"),
        )
    )  # fmt: skip


def _listed_of(day: dt.date, procedures: str) -> QuerySet[Any, Any]:
    # One parameter for any number of them, so that the statement stays the same.
    return _listed(day).filter(procedure__in=RawSQL("select unnest(%s::bigint[])", [procedures]))  # a parameter  # nosec B611


LISTED = Prepared(_listed, day=dt.date)
LISTED_OF = Prepared(_listed_of, day=dt.date, procedures=str)
UNITS = Prepared(lambda: Unit.objects.values("slug", "name", "name_en", "level", "is_government", "valid_to"))
FIELDS = Prepared(lambda: Field.objects.values("slug", "name", "name_en"))
EVENTS = Prepared(lambda: LifeEvent.objects.values("slug", "name", "name_en"))


def service_values(online: str, legacy: int | None) -> frozenset[str]:
    """The service levels of a version as facet values: the one in force, and the one of 2011 (`cu-4`)."""
    return frozenset(value for value in (online, f"cu-{legacy}" if legacy else "") if value)


def service_names() -> dict[str, tuple[str, str]]:
    """Labels of the service levels; Vietnamese and English are looked up when shown."""
    return dict.fromkeys((*OnlineLevel.values, "cu-4", "cu-3", "cu-2", "cu-1"), ("", ""))


LEVEL_CODES = {int(level): level.code for level in Level if level != Level.UNKNOWN}


def _items(text: str) -> list[Listed]:
    known: dict[frozenset[str], frozenset[str]] = {}

    def one(values: Iterable[str]) -> frozenset[str]:
        found = frozenset(values)
        return known.setdefault(found, found)  # the same few sets, ten thousand times

    return [
        Listed(
            row["id"], row["procedure_id"], row["code"], row["name"], UNRANKED if row["popularity"] is None else row["popularity"],
            row["valid_from"], row["valid_to"], row["change_kind"], fold(row["name"]), len(words_of(row["name"])),
            (
                one([row["field_slug"]] if row["field_slug"] else []),
                one(row["points"] + row["deciding"] + row["agencies_in"]),
                one(row["events"]),
                one(row["subjects"]),
                one(service_values(row["online_level"], row["legacy_level"])),
                one(LEVEL_CODES[level] for level in row["levels"] if level in LEVEL_CODES),
            ),
        )
        for row in rows(text)
    ]  # fmt: skip


def _around() -> list[Statement]:
    return [UNITS.statement(), FIELDS.statement(), EVENTS.statement()]


def _catalogue(shelf: Shelf, units_text: str, fields_text: str, events_text: str) -> Catalogue:
    every = rows(units_text)
    units = [row for row in every if row["valid_to"] is None or row["valid_to"] >= shelf.day]

    def named(found: Sequence[Data]) -> dict[str, tuple[str, str]]:
        return {row["slug"]: (row["name"], row["name_en"]) for row in found}

    names = {
        "field": named(rows(fields_text)),
        "unit": named(units),
        "event": named(rows(events_text)),
        "audience": dict.fromkeys(Audience.values, ("", "")),
        "service": service_names(),
        "level": dict.fromkeys(("ward", "district", "province", "ministry", "other"), ("", "")),
    }
    governments = {row["slug"]: row["level"] for row in units if row["is_government"]}
    wards = frozenset(slug for slug, level in governments.items() if level == Level.WARD)
    return Catalogue(shelf, names, wards, frozenset(governments) - wards, frozenset(row["slug"] for row in every) - set(names["unit"]))


@dataclass(frozen=True, slots=True)
class Kept:
    """A catalogue, and how far it has followed the database that it is of."""

    source: str
    position: following.Position
    catalogue: Catalogue


class Memory:
    """What a process keeps: for each database that it reads from (the primary, replicas) the catalogue as it last was."""

    def __init__(self, size: int = 4) -> None:
        self.size = size
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._lock = Lock()  # for the dictionary
        self._loading = Lock()  # so that one thread loads what all wait for

    def current(self, day: dt.date) -> Catalogue:
        """The catalogue of that day as committed now: one query when nothing changed, one more when something did."""
        kept, news = self._look()
        if kept is not None and not news and kept.catalogue.shelf.day == day.isoformat():
            return kept.catalogue
        mine = self._loading.acquire(timeout=WAIT)
        try:
            if mine and kept is not self._last():  # another thread has loaded meanwhile: perhaps nothing is left to do
                kept, news = self._look()
            return self._followed(kept, news, day).catalogue
        finally:
            if mine:
                self._loading.release()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()

    def _last(self) -> Kept | None:
        with self._lock:
            return next(reversed(self._kept.values()), None)

    def _keep(self, kept: Kept) -> None:
        with self._lock:
            self._kept[kept.source] = kept
            self._kept.move_to_end(kept.source)
            while len(self._kept) > self.size:
                self._kept.popitem(last=False)

    def _look(self) -> tuple[Kept | None, following.News | None]:
        """What is kept of the database that answers now, and what happened in it since."""
        kept = self._last()
        if kept is None:
            return None, None
        news = following.read(together(following.looking(kept.position))[0], kept.position)
        if news.source != kept.source:
            with self._lock:
                kept = self._kept.get(news.source)
            if kept is None:
                return None, None
            news = following.read(together(following.looking(kept.position))[0], kept.position)
            if news.source != kept.source:  # and yet another one: somebody else's answer is of no use here
                return None, None
        if not news and not news.writes and kept.position.seen and news.horizon > max(kept.position.seen)[0]:
            # What was seen has ended: it need not be told apart any more.
            self._keep(kept := replace(kept, position=following.advanced(kept.position, news)))
        return kept, news

    def _followed(self, kept: Kept | None, news: following.News | None, day: dt.date) -> Kept:
        """What is kept, with the changes of which there is news."""
        today_ = day.isoformat()
        if kept is None or news is None or news.all or kept.catalogue.shelf.day > today_:
            return self._loaded(day)
        if not news and kept.catalogue.shelf.day == today_:
            return kept
        if kept.catalogue.shelf.day < today_:
            shelf = kept.catalogue.shelf.on(today_)
            kept = replace(kept, catalogue=replace(kept.catalogue, shelf=shelf, answers=Store(size=200), lines={}))
        changed = news.procedures
        for _attempt in range(TRIES):
            if len(changed) * 2 > len(kept.catalogue.shelf.of_procedure):
                break
            answers = together(following.looking(kept.position), LISTED_OF.statement(day=day, procedures=sorted(changed)), *_around())
            latest = following.read(answers[0], kept.position)
            if latest.source != kept.source or latest.all:
                break
            if latest.procedures <= changed:
                shelf = kept.catalogue.shelf.replaced(changed, _items(answers[1]))
                lines = kept.catalogue.lines.copy()
                for procedure in changed:
                    for item in (*kept.catalogue.shelf.of_procedure.get(procedure, ()), *shelf.of_procedure.get(procedure, ())):
                        lines.pop(item.pk, None)
                catalogue = replace(_catalogue(shelf, *answers[2:]), lines=lines)
                return self._kept_if_committed(Kept(kept.source, following.advanced(kept.position, latest), catalogue), latest)
            changed |= latest.procedures  # committed since the look: their rows are of another moment than the rest
        return self._loaded(day)

    def _loaded(self, day: dt.date) -> Kept:
        """Everything, anew."""
        answers = together(following.looking(following.NOW), LISTED.statement(day=day), *_around())
        news = following.read(answers[0], following.NOW)
        catalogue = _catalogue(Shelf.of(day.isoformat(), _items(answers[1])), *answers[2:])
        return self._kept_if_committed(Kept(news.source, following.advanced(following.NOW, news), catalogue), news)

    def _kept_if_committed(self, kept: Kept, news: following.News) -> Kept:
        # A transaction that has written sees what may be rolled back: that is for itself alone.
        if not news.writes:
            self._keep(kept)
        return kept


_memory = Memory()


def catalogue(day: dt.date | None = None) -> Catalogue:
    """The catalogue in force today (which day that is may be known already), from memory when nothing changed: one query then."""
    return _memory.current(day or today())


def name_of(facet: str, value: str, names: Mapping[str, Mapping[str, tuple[str, str]]]) -> str:
    """The words for a facet's value in the reader's language."""
    if facet == "audience":
        return str(Audience(value).label)
    if facet == "level":
        return str(LEVEL_BY_CODE[value].label)
    if facet == "service":
        if value.startswith("cu-"):
            return _("level %(n)s of 2011") % {"n": value[3:]}
        return str(OnlineLevel(value).label)
    vietnamese, english = names[facet].get(value, (value, ""))
    return english if english and get_language() == "en" else vietnamese


def is_official(facet: str) -> bool:
    """Whether the facet's names are data (Vietnamese unless translated) and not our own words."""
    return facet in {"field", "unit", "event"}


@dataclass(frozen=True)
class Page:
    """One page of a list, its facets and how many there are."""

    items: list[Listed]
    total: int
    number: int
    pages: int
    facets: dict[str, list[Option]]


def in_order(facet: str, options: list[Option], known: Mapping[str, Any]) -> list[Option]:
    """Facets with an order of their own keep it; in the others the most frequent stand first."""
    if facet in {"service", "level", "event"}:
        order = {value: place for place, value in enumerate(known)}
        return sorted(options, key=lambda option: order[option.value])
    return sorted(options, key=lambda option: (-option.count, option.name))


def facets_of(found: Catalogue, choice: Choice) -> dict[str, list[Option]]:
    """The facets of a choice. One counts what the *other* choices leave, so that every number is what a click gives."""
    wanted = {name: value for name, value in choice.values.items() if value}
    facets: dict[str, list[Option]] = {}
    for name in PLACES:
        base = found.shelf.having({other: value for other, value in wanted.items() if other != name})
        known = found.names[name]
        chosen = wanted.get(name, "")
        options = [
            Option(value, name_of(name, value, found.names), count, value == chosen, choice.query(**{name: None if value == chosen else value}))
            for value, count in found.shelf.counts(name, base).items()
            if value in known
        ]
        facets[name] = in_order(name, options, known)
    return facets


def page(found: Catalogue, choice: Choice, per_page: int = PER_PAGE) -> Page:
    """The page that was asked for."""
    key = (tuple(sorted(choice.values.items())), choice.sort, get_language())
    facets = found.answers.get_or_make(key, lambda: facets_of(found, choice))
    here = found.shelf.having({name: value for name, value in choice.values.items() if value})
    total = here.bit_count()
    start = (choice.page - 1) * per_page
    items = list(islice(found.shelf.ordered(SORTS.get(choice.sort, "popularity"), here), start, start + per_page))
    return Page(items, total, choice.page, max(1, -(-total // per_page)), facets)


def recent_changes(found: Catalogue, day: dt.date, count: int = 6) -> list[Data]:
    """As `queries.recent_changes`, with what is not over taken from memory: one query, that reads little more than it shows."""
    horizon = (day + dt.timedelta(days=UPCOMING_DAYS)).isoformat()
    items = list(islice((item for item in found.shelf.changes if item.valid_from <= horizon), count))
    since = dt.date.fromisoformat(items[-1].valid_from) if len(items) == count else dt.date.min
    came = [{**{name: getattr(item, name) for name in ("code", "name", "popularity", "change_kind", "valid_from")}, "id": item.pk} for item in items]
    over, ended = together(CAME_AND_OVER.statement(since=since, day=day), ENDED.statement(day=day))
    return newest_first(came + rows(over), rows(ended), day, count)
