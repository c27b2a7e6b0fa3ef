"""The tables of a folder: their columns, and where each value goes. The format is written down in docs/organisation.md."""

from __future__ import annotations

from ..enums import LEVEL_BY_CODE, DayKind, Half, PointKind, UnitKind
from .reading import Column, date, number, one_of, text, time, words, yes_no

WEEKDAYS = {str(day): day for day in range(1, 8)}


def _choices(kind: type[UnitKind] | type[PointKind] | type[DayKind] | type[Half]) -> dict[str, str]:
    return {str(value): str(value) for value in kind.values}


def _half(value: str) -> str:
    return str(one_of(_choices(Half))(value or "full"))


def _days(value: str) -> list[int]:
    """`1-5` or `1; 3; 5`: ISO weekdays."""
    first, dash, last = value.partition("-")
    if dash and first in WEEKDAYS and last in WEEKDAYS:
        return list(range(WEEKDAYS[first], WEEKDAYS[last] + 1))
    return [one_of(WEEKDAYS)(word) for word in words(value)]


TABLES: dict[str, list[Column]] = {
    "fields": [Column("name", required=True), Column("slug", required=True), Column("name_en"), Column("code"), Column("order", number)],
    "units": [
        Column("code", required=True),
        Column("name", required=True),
        Column("slug", required=True),
        Column("level", one_of(dict(LEVEL_BY_CODE)), required=True),
        Column("kind", one_of(_choices(UnitKind)), required=True),
        Column("parent"),
        Column("short_name"),
        Column("name_en"),
        Column("valid_from", date),
        Column("valid_to", date),
        Column("successors", words),
        Column("duties"),
        Column("duties_en"),
        Column("email"),
        Column("telephone"),
        Column("website"),
        Column("order", number),
    ],
    "populations": [
        Column("unit", required=True),
        Column("counted_on", date, required=True),
        Column("inhabitants", number),
        Column("voters", number),
        Column("source"),
    ],
    "service_points": [
        Column("slug", required=True),
        Column("name", required=True),
        Column("unit", required=True),
        Column("kind", one_of(_choices(PointKind)), required=True),
        Column("address", required=True),
        Column("name_en"),
        Column("serves", words),
        Column("parent"),
        Column("directions"),
        Column("telephone"),
        Column("email"),
        Column("accessibility"),
        Column("map_url"),
        Column("is_main", yes_no),
        Column("valid_from", date),
        Column("valid_to", date),
    ],
    "opening_hours": [
        Column("service_point", required=True),
        Column("weekdays", _days, required=True),
        Column("opens", time, required=True),
        Column("closes", time, required=True),
    ],
    "rooms": [Column("service_point", required=True), Column("name", required=True), Column("seats", number), Column("wheelchair", yes_no)],
    "posts": [
        Column("unit", required=True),
        Column("title", required=True),
        Column("title_en"),
        Column("duties"),
        Column("is_leader", yes_no),
        Column("stands_in"),
        Column("fields", words),
        Column("order", number),
    ],
    "people": [Column("number", required=True), Column("name", required=True), Column("telephone"), Column("email"), Column("biography")],
    "holdings": [
        Column("unit", required=True),
        Column("post", required=True),
        Column("person", required=True),
        Column("valid_from", date, required=True),
        Column("valid_to", date),
        Column("absent_from", date),
        Column("absent_to", date),
    ],
    "calendar": [
        Column("date", date, required=True),
        Column("kind", one_of(_choices(DayKind)), required=True),
        Column("label", required=True),
        Column("unit"),
        Column("half", _half),
        Column("counts_for_deadlines", yes_no),
        Column("counter_open", yes_no),
        Column("label_en"),
        Column("source"),
        Column("confirmed", yes_no),
    ],
    "identity": [
        Column("unit", required=True),
        Column("name", required=True),
        Column("name_en"),
        Column("hotline"),
        Column("is_demonstration", yes_no),
    ],
}

__all__ = ["TABLES", "text"]
