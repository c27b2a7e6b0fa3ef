"""Units, fields, service points and the working calendar as open datasets. People are on the pages of units, never in a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from foundation.api import absolute
from foundation.open_columns import column_of, plain
from foundation.registries import Column, OpenDataset, open_datasets

from .enums import LEVEL_BY_CODE
from .models import CalendarDay, Field, OpeningHours, ServicePoint, Unit
from .queries import weekly

LEVELS = {code: int(level) for code, level in LEVEL_BY_CODE.items()}
CODES = {number: code for code, number in LEVELS.items()}
CHUNK = 500
HALVES = ("am", "pm")


def page(name: str, *arguments: str) -> str:
    """The address of a page, whole."""
    return absolute(reverse(name, args=arguments))


def _row(thing: Any, columns: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in columns}


# ── Fields ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def field_row(field: Any) -> dict[str, Any]:
    """A field as API and file tell of it."""
    return _row(field, ("slug", "code", "name", "name_en"))


def field_rows() -> Iterator[dict[str, Any]]:
    """All fields."""
    for field in Field.objects.order_by("slug").iterator(chunk_size=CHUNK):
        yield {name: plain(value) for name, value in field_row(field).items()}


FIELDS = OpenDataset(
    slug="linh-vuc",
    title=_("Fields of administration"),
    description=_("The fields by which procedures are sorted: civil status, land, construction and the like."),
    columns=(
        Column("slug", _("What other tables name the field by, and what stands in addresses.")),
        column_of(Field, "code"),
        column_of(Field, "name"),
        column_of(Field, "name_en"),
    ),
    rows=field_rows,
    frequency="IRREG",
    page=lambda: reverse("procedures_catalog:list"),
    key=("slug",),
)

# ── Units ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
UNIT_COLUMNS = (
    "slug", "code", "name", "name_en", "short_name", "kind", "valid_from", "valid_to", "duties", "duties_en", "telephone", "email", "website",
)  # fmt: skip


def units() -> Any:
    """Units with the slugs of the one above and of their successors, in one query."""
    successors = Unit.successors.through.objects.filter(from_unit=OuterRef("pk")).order_by("to_unit__slug")
    return Unit.objects.annotate(above=F("parent__slug"), heirs=ArraySubquery(successors.values("to_unit__slug")))


def unit_row(unit: Any) -> dict[str, Any]:
    """A unit of `units()` as API and file tell of it."""
    return {**_row(unit, UNIT_COLUMNS), "level": CODES[unit.level], "parent": unit.above, "successors": list(unit.heirs)}


def unit_rows() -> Iterator[dict[str, Any]]:
    """All units, the closed ones too."""
    for unit in units().order_by("slug").iterator(chunk_size=CHUNK):
        yield {**{name: plain(value) for name, value in unit_row(unit).items()}, "url": page("organisation:unit", unit.slug)}


UNITS = OpenDataset(
    slug="don-vi",
    title=_("Units"),
    description=_("Every unit with its level, the one it belongs to, its time of validity and its successors, also units that are no more."),
    columns=(
        Column("slug", _("What other tables name the unit by, and what stands in its address.")),
        column_of(Unit, "code"),
        column_of(Unit, "name"),
        column_of(Unit, "name_en"),
        column_of(Unit, "short_name"),
        Column("level", _("Level of government: ministry, province, district, ward, other.")),
        column_of(Unit, "kind"),
        Column("parent", _("The unit that it belongs to, by its slug.")),
        Column("successors", _("Who carries on its work, by slugs."), "list"),
        column_of(Unit, "valid_from"),
        column_of(Unit, "valid_to"),
        column_of(Unit, "duties"),
        column_of(Unit, "duties_en"),
        column_of(Unit, "telephone", note=_("Of the office.")),
        column_of(Unit, "email", note=_("Of the office.")),
        column_of(Unit, "website"),
        Column("url", _("Address of its page.")),
    ),
    rows=unit_rows,
    frequency="IRREG",
    page=lambda: reverse("organisation:units"),
    key=("slug",),
    joins={"parent": "don-vi.slug"},
)

# ── Service points ────────────────────────────────────────────────────────────────────────────────────────────────────
POINT_COLUMNS = (
    "slug", "name", "name_en", "kind", "address", "telephone", "email", "directions", "accessibility", "map_url", "is_main", "valid_from", "valid_to",
)  # fmt: skip


def points() -> Any:
    """Service points of today with hours, closures not yet over, and the units that they serve, in one query."""
    serves = ServicePoint.serves.through.objects.filter(servicepoint=OuterRef("pk")).order_by("unit__slug")
    return ServicePoint.objects.current().with_hours().annotate(served=ArraySubquery(serves.values("unit__slug")))


def point_row(point: Any) -> dict[str, Any]:
    """A service point of `points()` as API and file tell of it."""
    return {**_row(point, POINT_COLUMNS), "unit": point.unit.slug, "serves": list(point.served)}


def hours_of(point: Any) -> list[dict[str, Any]]:
    """Its ordinary week."""
    return [
        {"weekday": weekday, "opens": f"{session.opens:%H:%M}", "closes": f"{session.closes:%H:%M}"}
        for weekday, sessions in sorted(weekly(point).items())
        for session in sorted(sessions)
    ]


def point_rows() -> Iterator[dict[str, Any]]:
    """The service points of today."""
    for point in points().order_by("slug").iterator(chunk_size=CHUNK):
        yield {name: plain(value) for name, value in point_row(point).items()}


POINTS = OpenDataset(
    slug="diem-tiep-nhan",
    title=_("Service points"),
    description=_("Where citizens go: address, how to get in, for which units dossiers are taken. Hours stand in a table of their own."),
    columns=(
        Column("slug", _("What other tables name the point by.")),
        column_of(ServicePoint, "name"),
        column_of(ServicePoint, "name_en"),
        column_of(ServicePoint, "kind"),
        Column("unit", _("The unit that runs it, by its slug.")),
        Column("serves", _("Units whose dossiers it takes beside its own unit’s, by slugs."), "list"),
        column_of(ServicePoint, "address"),
        column_of(ServicePoint, "telephone", note=_("Of the office.")),
        column_of(ServicePoint, "email", note=_("Of the office.")),
        column_of(ServicePoint, "directions"),
        column_of(ServicePoint, "accessibility"),
        column_of(ServicePoint, "map_url"),
        Column("is_main", _("Whether it is the main point of this portal."), "boolean"),
        column_of(ServicePoint, "valid_from"),
        column_of(ServicePoint, "valid_to"),
    ),
    rows=point_rows,
    frequency="IRREG",
    page=lambda: reverse("organisation:units"),
    key=("slug",),
    joins={"unit": "don-vi.slug"},
)


def hour_rows() -> Iterator[dict[str, Any]]:
    """A row a session of an ordinary week."""
    current = ServicePoint.objects.current().values("pk")
    rows = OpeningHours.objects.filter(point__in=current).order_by("point__slug", "weekday", "opens")
    for slug, weekday, opens, closes in rows.values_list("point__slug", "weekday", "opens", "closes").iterator(chunk_size=CHUNK):
        yield {"point": slug, "weekday": weekday, "opens": f"{opens:%H:%M}", "closes": f"{closes:%H:%M}"}


HOURS = OpenDataset(
    slug="gio-tiep-nhan",
    title=_("Opening hours"),
    description=_("The ordinary week of each service point, a row a session. The calendar says on which days it is otherwise."),
    columns=(
        Column("point", _("The service point, by its slug.")),
        Column("weekday", _("1 is Monday, 7 is Sunday."), "integer"),
        Column("opens", _("Local time (Asia/Ho_Chi_Minh), as 07:30.")),
        Column("closes", _("Local time (Asia/Ho_Chi_Minh), as 11:30.")),
    ),
    rows=hour_rows,
    frequency="IRREG",
    page=lambda: reverse("organisation:units"),
    key=("point", "weekday", "opens"),
    joins={"point": "diem-tiep-nhan.slug"},
)

# ── The working calendar ──────────────────────────────────────────────────────────────────────────────────────────────
DAY_COLUMNS = ("date", "half", "kind", "counts_for_deadlines", "counter_open", "label", "label_en", "source", "confirmed")


def day_row(day: Any) -> dict[str, Any]:
    """An entry of the calendar as API and file tell of it."""
    return {**_row(day, DAY_COLUMNS), "unit": day.unit.slug if day.unit else None}


def _lineage(unit: Unit | None) -> list[int]:
    return [unit.pk, *(above.pk for above in unit.ancestors())] if unit else []


def days_for(unit: Unit | None, year: int) -> list[CalendarDay]:
    """The entries that hold for a unit (the country) in a year: of each half of a day the closest one, as deadlines reckon."""
    lineage = _lineage(unit)
    rows = CalendarDay.objects.filter(Q(unit=None) | Q(unit__in=lineage), date__year=year).select_related("unit")
    near = {pk: place for place, pk in enumerate(lineage)}
    held: dict[tuple[dt.date, str], CalendarDay] = {}
    for row in sorted(rows, key=lambda row: near.get(row.unit_id or 0, len(near))):
        for half in HALVES if row.half == "full" else (row.half,):
            held.setdefault((row.date, half), row)
    found = {row.pk: row for row in held.values()}
    return sorted(found.values(), key=lambda row: (row.date, row.half, row.pk))


def day_rows() -> Iterator[dict[str, Any]]:
    """All entries of all years and units."""
    rows = CalendarDay.objects.select_related("unit").order_by("date", F("unit__slug").asc(nulls_first=True), "half", "pk")
    for day in rows.iterator(chunk_size=CHUNK):
        yield {name: plain(value) for name, value in day_row(day).items()}


CALENDAR = OpenDataset(
    slug="lich-lam-viec",
    title=_("Working calendar"),
    description=_(
        "Days that differ from ordinary ones: holidays, days off in lieu, make-up days, closures, open Saturdays. What is not listed is "
        "ordinary: Monday to Friday count for deadlines. Of several entries for one day, the one of the closest unit holds."
    ),
    columns=(
        column_of(CalendarDay, "date"),
        column_of(CalendarDay, "half"),
        column_of(CalendarDay, "kind"),
        Column("counts_for_deadlines", _("Whether it is a working day for deadlines. Not the same as an open counter."), "boolean"),
        Column("counter_open", _("Whether counters are open."), "boolean"),
        column_of(CalendarDay, "label"),
        column_of(CalendarDay, "label_en"),
        Column("unit", _("For which unit, by its slug; empty for the whole country.")),
        column_of(CalendarDay, "source"),
        Column("confirmed", _("False while the official plan of the year is not out and the date is reckoned."), "boolean"),
    ),
    rows=day_rows,
    frequency="IRREG",
    key=("date", "unit", "half"),
    joins={"unit": "don-vi.slug"},
)


def register() -> None:
    """Give them away."""
    for dataset in (FIELDS, UNITS, POINTS, HOURS, CALENDAR):
        open_datasets.register(dataset.slug, dataset)
