"""The levels page: how many records have which service level, on a day, in each of the three schemes; by unit, field and level of
government. Today's counts are kept with the catalogue in memory that they were counted from, and go when it changes."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from foundation import charts
from foundation.registries import Column
from organisation.enums import LEVEL_BY_CODE, Level
from procedures_catalog import listing
from procedures_catalog.enums import OnlineLevel, PartialReason, Regime

from . import queries
from .enums import Scheme
from .rules import ONLINE, SCHEMES

UNSTATED = ""
DIMENSIONS = {"linh-vuc": "field", "co-quan": "unit", "cap": "level"}
SCHEME_WORDS = {"nay": Scheme.ONLINE, "2011": Scheme.LEGACY, "chu-dong": Scheme.PROACTIVE}
SHOWN = 100  # rows of a breakdown on the page; the file has all of them
TONES = {
    Scheme.ONLINE: {"full": 0, "partial": 1, "information": 2, UNSTATED: 3},
    Scheme.LEGACY: {"4": 0, "3": 1, "2": 2, "1": 4, UNSTATED: 3},
    Scheme.PROACTIVE: {"4": 0, "3": 1, "2": 2, "1": 4, UNSTATED: 3},
}


def share(part: int, whole: int) -> Decimal | None:
    """Per cent to one decimal, half up; None of nothing."""
    return (Decimal(100) * part / whole).quantize(Decimal("0.1"), ROUND_HALF_UP) if whole else None


def share_text(part: int, whole: int) -> str:
    """`56,0 %`, as the language writes it; a dash where there is nothing to take a share of."""
    found = share(part, whole)
    return "–" if found is None else f"{number_format(found, 1, use_l10n=True)}\u00a0%"  # a no-break space


def level_name(scheme: str, level: str) -> str:
    """A level's words."""
    if level == UNSTATED:
        return _("not stated")
    if scheme == Scheme.ONLINE:
        return str(OnlineLevel(level).label)
    return _("level %(n)s") % {"n": level}


def steps(scheme: str) -> tuple[str, ...]:
    """The levels of a scheme, the highest first, then what is not stated."""
    return (*reversed(SCHEMES[scheme]), UNSTATED)


@dataclass
class Count:
    """The records of one line (all, a unit, a field): how many have which level in each scheme."""

    key: str = ""
    name: str = ""
    name_en: str = ""
    order: int = 0
    total: int = 0
    levels: dict[str, Counter[str]] = field(default_factory=lambda: {scheme: Counter() for scheme in SCHEMES})
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, online: str, reason: str, legacy: int, proactive: int, count: int) -> None:
        """So many more."""
        self.total += count
        self.levels[Scheme.ONLINE][online] += count
        self.levels[Scheme.LEGACY][str(legacy) if legacy else UNSTATED] += count
        self.levels[Scheme.PROACTIVE][str(proactive) if proactive else UNSTATED] += count
        if online == OnlineLevel.PARTIAL:
            self.reasons[reason] += count

    def stated(self, scheme: str) -> int:
        """How many say a level of the scheme: what shares are taken of."""
        return self.total - self.levels[scheme][UNSTATED]

    def online(self, scheme: str) -> int:
        """How many can be filed online by the scheme's own definition."""
        return sum(self.levels[scheme][level] for level in ONLINE[scheme])


@dataclass(frozen=True)
class Counts:
    """What the query found, in the page's own shapes."""

    every: Count
    by: dict[str, list[Count]]
    procedures: int
    regimes: dict[str, int]
    coming: int
    known: dict[str, tuple[str, str] | None]


def _grouped(rows: Sequence[Sequence[Any]]) -> list[Count]:
    found: dict[str, Count] = {}
    for key, name, name_en, order, *levels in rows:
        found.setdefault(key, Count(key, name, name_en, order)).add(*levels)
    return list(found.values())


def _read(answer: dict[str, Any]) -> Counts:
    by = {name: _grouped(answer[name]) for name in DIMENSIONS.values()}
    by["field"].sort(key=lambda count: (-count.total, count.name))
    by["unit"].sort(key=lambda count: (count.order, count.name))
    by["level"].sort(key=lambda count: count.order)
    known = {name: tuple(value) if value else None for name, value in answer["known"].items()}
    every = _grouped(answer["every"])
    return Counts(every[0] if every else Count(), by, answer["procedures"], answer["regimes"], answer["coming"], known)


def counts(day: dt.date, unit: str = "", field: str = "", *, today: dt.date) -> Counts:
    """The counts of a day. Of today from memory, as long as nothing that they count has changed: one query then, two when it has."""
    if day != today:
        return _read(queries.levels(day, unit, field))
    found = listing.catalogue(day)
    kept: Counts = found.answers.get_or_make(("figures.levels", unit, field), lambda: _read(queries.levels(day, unit, field)))
    return kept


# ── What the page shows ───────────────────────────────────────────────────────────────────────────────────────────────


def _list_url(wanted: dict[str, str]) -> str:
    return f"{reverse('procedures_catalog:list')}?{urlencode(wanted)}" if wanted else reverse("procedures_catalog:list")


def _segments(count: Count, scheme: str) -> list[charts.Segment]:
    parts = []
    for level in steps(scheme):
        value = count.levels[scheme][level]
        name = level_name(scheme, level)
        said = _("%(name)s: %(count)s of %(total)s (%(share)s)") % {
            "name": name, "count": value, "total": count.total, "share": share_text(value, count.total),
        }  # fmt: skip
        parts.append(charts.Segment(value, TONES[Scheme(scheme)][level], str(value), said))
    return parts


def picture(count: Count, scheme: str, title: str = "") -> SafeString:
    """A bar of the line's levels."""
    return charts.bar(_segments(count, scheme), title=title)


def summary(count: Count, scheme: str, links: dict[str, str] | None) -> dict[str, Any]:
    """A scheme's own table: its levels with count and share, the share online, the picture. `links`: the list's choices, where the
    list shows the same day."""
    stated = count.stated(scheme)
    rows = []
    for level in steps(scheme):
        value = count.levels[scheme][level]
        if level == UNSTATED and not value:
            continue
        word = f"cu-{level}" if scheme == Scheme.LEGACY else level
        linked = links is not None and value and level != UNSTATED and scheme != Scheme.PROACTIVE
        rows.append({
            "level": level, "name": level_name(scheme, level), "count": value, "tone": TONES[Scheme(scheme)][level],
            "share": share_text(value, stated) if level != UNSTATED else "", "url": _list_url({**(links or {}), "muc-do": word}) if linked else "",
        })  # fmt: skip
    title = {
        Scheme.ONLINE: _("Service levels since 2022: %(n)s records"), Scheme.LEGACY: _("Levels of 2011: %(n)s records"),
        Scheme.PROACTIVE: _("Proactive levels: %(n)s records"),
    }[Scheme(scheme)] % {"n": count.total}  # fmt: skip
    has_online = scheme in ONLINE
    return {
        "scheme": str(scheme), "rows": rows, "stated": stated, "unstated": count.total - stated, "picture": picture(count, scheme, title),
        "online": count.online(scheme) if has_online else None, "online_share": share_text(count.online(scheme), stated) if has_online else "",
    }  # fmt: skip


def reasons(count: Count) -> list[dict[str, Any]]:
    """Why services are only partly online, as law demands that it be said; those without a reason stand out."""
    partial = count.levels[Scheme.ONLINE]["partial"]
    order = [*PartialReason.values, UNSTATED]
    return [
        {"name": str(PartialReason(kind).label) if kind else _("no reason is given"), "count": count.reasons[kind],
         "share": share_text(count.reasons[kind], partial), "missing": not kind}
        for kind in order if count.reasons[kind]
    ]  # fmt: skip


def regimes(found: dict[str, int]) -> list[dict[str, Any]]:
    """Which structure of government the records were written for."""
    return [{"name": str(Regime(code).label) if code else _("not stated"), "count": count} for code, count in sorted(found.items())]


def line_name(dimension: str, count: Count) -> tuple[str, bool]:
    """A line's name in the reader's language, and whether it is Vietnamese to a reader of another."""
    if dimension == "level":
        return str(Level(int(count.key)).label), False
    if not count.key:
        return _("without a field"), False
    english = get_language() == "en"
    return (count.name_en, False) if english and count.name_en else (count.name, english)


def level_code(count: Count) -> str:
    """The word of a level of government in addresses."""
    return Level(int(count.key)).code


def breakdown(found: Counts, dimension: str, scheme: str) -> list[dict[str, Any]]:
    """The lines of a table, with their bars."""
    lines = []
    for count in found.by[dimension]:
        name, vietnamese = line_name(dimension, count)
        stated = count.stated(scheme)
        lines.append({
            "key": level_code(count) if dimension == "level" else count.key, "name": name, "vietnamese": vietnamese, "total": count.total,
            "cells": [count.levels[scheme][level] for level in steps(scheme)], "picture": picture(count, scheme),
            "online_share": share_text(count.online(scheme), stated) if scheme in ONLINE else "",
        })  # fmt: skip
    return lines


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

COLUMNS = (
    Column("date", gettext_lazy("the day on which the record is in force"), "date"),
    Column("code", gettext_lazy("national code of the procedure")),
    Column("name", gettext_lazy("official name, in Vietnamese")),
    Column("levels", gettext_lazy("levels of government that decide: ministry, province, district, ward, other"), "list"),
    Column("field", gettext_lazy("field of administration, in Vietnamese")),
    Column("units", gettext_lazy("codes of the units that have a part in it: they receive, decide or are consulted"), "list"),
    Column("online_level", gettext_lazy("service level since 2022: full, partial, information; empty: the record states none")),
    Column("partial_reason_kind", gettext_lazy("why only partly: presence, field_check, incident, technical")),
    Column("partial_reason", gettext_lazy("the same in words, in Vietnamese")),
    Column("legacy_level", gettext_lazy("service level of 2011, 1 to 4; never converted from or into the one above"), "integer"),
    Column("proactive_level", gettext_lazy("proactive level since 2026, 1 to 4; a scale of its own"), "integer"),
    Column("regime", gettext_lazy("structure of government that the record was written for: three_tier, two_tier")),
    Column("valid_from", gettext_lazy("first day in force"), "date"),
    Column("valid_to", gettext_lazy("last day in force; empty: no end is set"), "date"),
    Column("decision", gettext_lazy("number of the decision that published it")),
    Column("incomplete", gettext_lazy("whether parts that law asks for are missing"), "boolean"),
)
TABLE_COLUMNS = (
    "date", "by", "key", "name", "records", "scheme", "stated", *(f"level_{n}" for n in (4, 3, 2, 1)), "full", "partial", "information",
    "not_stated", "online", "online_percent",
)  # fmt: skip


def records(day: dt.date, unit: str = "", field: str = "") -> Iterator[dict[str, Any]]:
    """The records in force on a day, one a row: what every count on the page is counted from."""
    codes = {int(level): level.code for level in LEVEL_BY_CODE.values()}
    for row in queries.level_rows(day, unit, field):
        (code, name, levels, of_field, online, reason_kind, reason, legacy, proactive, regime, first, last, decision, incomplete, units) = row
        yield {
            "date": day, "code": code, "name": name, "levels": [codes[level] for level in sorted(levels)], "field": of_field, "units": list(units),
            "online_level": online, "partial_reason_kind": reason_kind, "partial_reason": reason, "legacy_level": legacy,
            "proactive_level": proactive, "regime": regime, "valid_from": first, "valid_to": last, "decision": decision, "incomplete": incomplete,
        }  # fmt: skip


def table(found: Counts, day: dt.date) -> Iterator[dict[str, Any]]:
    """The counts behind every table and picture of the page, one line and scheme a row."""
    lines = [("all", found.every), *((dimension, count) for dimension in DIMENSIONS.values() for count in found.by[dimension])]
    for dimension, count in lines:
        for scheme in SCHEMES:
            levels = count.levels[scheme]
            stated = count.stated(scheme)
            named = {level if scheme == Scheme.ONLINE else f"level_{level}": levels[level] for level in SCHEMES[scheme]}
            yield {
                "date": day, "by": dimension, "key": level_code(count) if dimension == "level" else count.key, "name": count.name,
                "records": count.total, "scheme": scheme, "stated": stated, **named, "not_stated": levels[UNSTATED],
                "online": count.online(scheme) if scheme in ONLINE else None,
                "online_percent": share(count.online(scheme), stated) if scheme in ONLINE else None,
            }  # fmt: skip
