"""The catalogue's lists: which procedures are in force today, by field, unit, life event, audience, service level and level.

A process keeps the small columns of what is in force in memory and counts there: facets over 10,000 procedures cost two
milliseconds instead of six aggregations. A checksum over the rows' transaction ids, asked before each use, says whether
that memory still tells the truth; it needs no trigger and no writer ever waits for it."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import F, OuterRef, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from organisation.enums import LEVEL_BY_CODE, Level
from organisation.models import Field, Unit, today

from . import facts
from .enums import Audience, OnlineLevel
from .models import InvolvedAgency, LifeEvent, Procedure, ProcedureVersion, ServiceOffer
from .prepared import Prepared, Store, rows
from .queries import facts_rows

PER_PAGE = 20
MAX_PAGE = 100_000
UNRANKED = 1_000_000
# Facet → the word in the address.
FACETS = {"field": "linh-vuc", "unit": "co-quan", "event": "su-kien", "audience": "doi-tuong", "service": "muc-do", "level": "cap"}
SORTS = {"": "popularity", "ten": "name", "moi": "newest", "ma": "code"}


@dataclass(frozen=True, slots=True)
class Listed:
    """A version in force, as lists need it. `values` holds its values of each facet, in the order of FACETS."""

    pk: int
    procedure: int
    code: str
    name: str
    popularity: int
    valid_from: str
    name_key: str
    values: tuple[frozenset[str], ...]
    several: bool = False  # other versions of it are in force at other levels


@dataclass(frozen=True)
class Catalogue:
    """What is in force on a day, with the names of facet values (Vietnamese, English)."""

    listed: list[Listed]
    names: Mapping[str, Mapping[str, tuple[str, str]]]
    wards: frozenset[str] = frozenset()  # slugs of the units that are wards themselves, and of
    governments: frozenset[str] = frozenset()  # the other levels of government; the rest are departments and the like
    answers: Store = field(default_factory=lambda: Store(size=200))  # what was found and counted for a choice
    lines: dict[tuple[int, str], str] = field(default_factory=dict)  # facts of a result line by version and language, filled as they are shown

    def facts_of(self, items: Sequence[Listed], day: dt.date) -> dict[int, str]:
        """The facts of these versions in the reader's language; at most one query, none when all were shown before."""
        language = get_language() or ""
        missing = [item.pk for item in items if (item.pk, language) not in self.lines]
        if missing:
            for row in facts_rows(missing):
                self.lines[row["id"], language] = facts.line(row, day)
        return {item.pk: self.lines.get((item.pk, language), "") for item in items}


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


def fold(text: str) -> str:
    """A key that puts Vietnamese names in the order of a dictionary: letters first, marks second."""
    text = unicodedata.normalize("NFC", text).casefold()
    bare = "".join(char for char in unicodedata.normalize("NFD", text.replace("đ", "d\uffff")) if not unicodedata.combining(char))
    return f"{bare}\x00{text}"


def _listed(day: dt.date) -> QuerySet[Any, Any]:
    offers = ServiceOffer.objects.filter(procedure=OuterRef("procedure")).order_by()
    events = Procedure.life_events.through.objects.filter(procedure=OuterRef("procedure")).order_by()
    return (
        ProcedureVersion.objects.in_force_on(day)
        .order_by("procedure__code", "id")
        .annotate(
            points=ArraySubquery(offers.values("point__unit__slug")),
            deciding=ArraySubquery(offers.exclude(deciding_unit=None).values("deciding_unit__slug")),
            agencies_in=ArraySubquery(InvolvedAgency.objects.filter(version=OuterRef("pk")).exclude(unit=None).order_by().values("unit__slug")),
            events=ArraySubquery(events.values("lifeevent__slug")),
        )
        .values(
            "id", "name", "levels", "subjects", "online_level", "legacy_level", "valid_from", "procedure_id", "points", "deciding", "agencies_in",
            "events", code=F("procedure__code"), popularity=F("procedure__popularity"), field_slug=F("field__slug"),
        )
    )  # fmt: skip


LISTED = Prepared(_listed, day=dt.date)


def service_values(online: str, legacy: int | None) -> frozenset[str]:
    """The service levels of a version as facet values: the one in force, and the one of 2011 (`cu-4`)."""
    return frozenset(value for value in (online, f"cu-{legacy}" if legacy else "") if value)


def service_names() -> dict[str, tuple[str, str]]:
    """Labels of the service levels; Vietnamese and English are looked up when shown."""
    return dict.fromkeys((*OnlineLevel.values, "cu-4", "cu-3", "cu-2", "cu-1"), ("", ""))


def _load(day: dt.date) -> Catalogue:
    found = rows(LISTED(day=day))
    times = Counter(row["procedure_id"] for row in found)
    listed = [
        Listed(
            row["id"], row["procedure_id"], row["code"], row["name"], row["popularity"] or UNRANKED, row["valid_from"], fold(row["name"]),
            (
                frozenset([row["field_slug"]] if row["field_slug"] else []),
                frozenset(row["points"] + row["deciding"] + row["agencies_in"]),
                frozenset(row["events"]),
                frozenset(row["subjects"]),
                service_values(row["online_level"], row["legacy_level"]),
                frozenset(Level(level).code for level in row["levels"] if level in Level.values and level != Level.UNKNOWN),
            ),
            times[row["procedure_id"]] > 1,
        )
        for row in found
    ]  # fmt: skip
    units = list(Unit.objects.values_list("slug", "name", "name_en", "level", "is_government"))
    names = {
        "field": {slug: (name, english) for slug, name, english in Field.objects.values_list("slug", "name", "name_en")},
        "unit": {slug: (name, english) for slug, name, english, _level, _government in units},
        "event": {slug: (name, english) for slug, name, english in LifeEvent.objects.values_list("slug", "name", "name_en")},
        "audience": dict.fromkeys(Audience.values, ("", "")),
        "service": service_names(),
        "level": dict.fromkeys(("ward", "district", "province", "ministry", "other"), ("", "")),
    }
    governments = {slug: level for slug, _name, _english, level, government in units if government}
    wards = frozenset(slug for slug, level in governments.items() if level == Level.WARD)
    return Catalogue(listed, names, wards, frozenset(governments) - wards)


# Tables whose rows decide what a list shows. A row's xmin is the transaction that wrote it and its ctid the place of that
# writing: any change moves the sum.
WATCHED = {
    "procedures_catalog_procedureversion": "where live",
    "procedures_catalog_procedure": "",
    "procedures_catalog_procedure_life_events": "",
    "procedures_catalog_serviceoffer": "",
    "procedures_catalog_lifeevent": "",
    "organisation_field": "",
    "organisation_unit": "",
    "organisation_servicepoint": "",
}
CHECKSUM = " union all ".join(
    f"select count(*), sum(hashint8((xmin::text::bigint << 32) # (id << 8) # hashtid(ctid))::bigint) from {table} {condition}"  # noqa: S608  # nosec B608
    for table, condition in WATCHED.items()
)
_memory = Store(size=2)


def stamp() -> str:
    """A checksum of the rows that lists are made of; equal only while they are."""
    with connection.cursor() as cursor:
        cursor.execute(CHECKSUM)
        return repr(cursor.fetchall())


def catalogue(day: dt.date | None = None) -> Catalogue:
    """The catalogue in force on a day (today), from memory when nothing changed: one query then."""
    day = day or today()
    found: Catalogue = _memory.get_or_make((connection.settings_dict["NAME"], stamp(), day), lambda: _load(day))
    return found


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


ORDERS: dict[str, Any] = {
    "popularity": lambda item: (item.popularity, item.name_key),
    "name": lambda item: item.name_key,
    "code": lambda item: item.code,
}


@dataclass(frozen=True)
class Page:
    """One page of a list, its facets and how many there are."""

    items: list[Listed]
    total: int
    number: int
    pages: int
    facets: dict[str, list[Option]]


def _matching(listed: Iterable[Listed], wanted: list[tuple[int, str]]) -> list[Listed]:
    return [item for item in listed if all(value in item.values[place] for place, value in wanted)]


def in_order(facet: str, options: list[Option], known: Mapping[str, Any]) -> list[Option]:
    """Facets with an order of their own keep it; in the others the most frequent stand first."""
    if facet in {"service", "level", "event"}:
        order = {value: place for place, value in enumerate(known)}
        return sorted(options, key=lambda option: order[option.value])
    return sorted(options, key=lambda option: (-option.count, option.name))


def answer(found: Catalogue, choice: Choice) -> tuple[list[Listed], dict[str, list[Option]]]:
    """What a choice leaves, in its order, and the facets. A facet counts what the *other* choices leave, so that every number
    is what a click gives."""
    places = {name: place for place, name in enumerate(FACETS)}
    wanted = [(places[name], value) for name, value in choice.values.items() if value]
    items = _matching(found.listed, wanted)
    facets: dict[str, list[Option]] = {}
    for name, place in places.items():
        rest = [pair for pair in wanted if pair[0] != place]
        base = items if len(rest) == len(wanted) else _matching(found.listed, rest)
        counts = Counter(value for item in base for value in item.values[place])
        known = found.names[name]
        chosen = choice.values.get(name, "")
        options = [
            Option(value, name_of(name, value, found.names), count, value == chosen, choice.query(**{name: None if value == chosen else value}))
            for value, count in counts.items()
            if value in known
        ]
        facets[name] = in_order(name, options, known)
    if SORTS.get(choice.sort) == "newest":
        items = sorted(sorted(items, key=lambda item: item.code), key=lambda item: item.valid_from, reverse=True)
    else:
        items = sorted(items, key=ORDERS[SORTS.get(choice.sort, "popularity")])
    return items, facets


def page(found: Catalogue, choice: Choice, per_page: int = PER_PAGE) -> Page:
    """The page that was asked for."""
    key = (tuple(sorted(choice.values.items())), choice.sort, get_language())
    items, facets = found.answers.get_or_make(key, lambda: answer(found, choice))
    start = (choice.page - 1) * per_page
    return Page(items[start : start + per_page], len(items), choice.page, max(1, -(-len(items) // per_page)), facets)


def similar(found: Catalogue, name: str, code: str, count: int = 6) -> list[Listed]:
    """Procedures whose names share the most words with a name: company for a record that has no field."""
    wanted = set(name.casefold().split())
    scored = []
    for item in found.listed:
        words = set(item.name.casefold().split())
        if item.code != code and len(shared := wanted & words) * 5 >= len(wanted | words):
            scored.append((-len(shared) / len(wanted | words), item.popularity, item.code, item))
    return [row[-1] for row in sorted(scored, key=lambda row: row[:3])[:count]]
