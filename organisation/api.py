"""Fields, units, service points and the working calendar as open data. Nothing here is about a person."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Query, Router, Schema

from foundation.api import (
    ITEM_ERRORS,
    LIST_ERRORS,
    SLUG,
    Language,
    Page,
    PageNumber,
    PageSize,
    SlugInPath,
    absolute,
    answer,
    example,
    page_count,
    paged,
    problem,
    reader,
    slug_of,
)
from foundation.registries import ApiRouter, api_routers

from . import open_data as tables
from .models import Field, ServicePoint, Unit, today
from .queries import calendar_for

FIRST_YEAR, LAST_YEAR = 1968, 2100
router = Router(tags=["organisation"])
LevelCode = Literal["", "ministry", "province", "district", "ward", "other"]


class FieldLine(Schema):
    """A field of administration. `slug` is what other lists are narrowed by."""

    slug: str
    code: str
    name: str
    name_en: str
    title: str
    url: str


class FieldPage(Page):
    """A page of fields."""

    results: list[FieldLine]


class UnitLine(Schema):
    """A unit. `parent` and `successors` are slugs; `title` and `kind_label` are in the language asked for."""

    slug: str
    code: str
    name: str
    name_en: str
    title: str
    level: str
    kind: str
    kind_label: str
    parent: str | None
    successors: list[str]
    valid_from: dt.date | None
    valid_to: dt.date | None
    url: str
    api_url: str


class UnitPage(Page):
    """A page of units."""

    results: list[UnitLine]


class Hours(Schema):
    """A session of an ordinary week. `weekday` is 1 (Monday) to 7."""

    weekday: int
    opens: str
    closes: str


class ClosedDays(Schema):
    """Days on which a service point is closed, or will be."""

    first_day: dt.date
    last_day: dt.date
    reason: str
    reason_en: str


class PointLine(Schema):
    """A service point: where, when, how to get in. Hours are local (Asia/Ho_Chi_Minh)."""

    slug: str
    name: str
    name_en: str
    title: str
    kind: str
    kind_label: str
    unit: str
    serves: list[str]
    address: str
    telephone: str
    email: str
    directions: str
    accessibility: str
    map_url: str
    is_main: bool
    hours: list[Hours]
    closures: list[ClosedDays]
    valid_from: dt.date | None
    valid_to: dt.date | None
    url: str


class PointPage(Page):
    """A page of service points."""

    results: list[PointLine]


class UnitRecord(UnitLine):
    """A unit with what it does and where it is found. People stand on its page, not here."""

    short_name: str
    duties: str
    duties_en: str
    telephone: str
    email: str
    website: str
    predecessors: list[str]
    units_below: list[str]
    service_points: list[PointLine]


class CalendarLine(Schema):
    """A day, or half of one, that differs from an ordinary one. Whether it counts for deadlines and whether counters are open are
    two things: a counter that is open on a Saturday morning does not make it a working day."""

    date: dt.date
    half: str
    kind: str
    kind_label: str
    counts_for_deadlines: bool
    counter_open: bool
    label: str
    label_en: str
    title: str
    unit: str | None
    source: str
    confirmed: bool


class CalendarPage(Page):
    """The days of a year that differ, and how many of its days count for deadlines."""

    year: int
    unit: str | None
    working_days: int
    results: list[CalendarLine]


FIELD = {"slug": "ho-tich", "code": "LV-01", "name": "Hộ tịch", "name_en": "Civil status", "title": "Hộ tịch",
         "url": "https://minhbach.example.vn/thu-tuc/?linh-vuc=ho-tich"}  # fmt: skip
UNIT: dict[str, Any] = {
    "slug": "phuong-ben-cho", "code": "H90.77", "name": "Phường Bến Chợ", "name_en": "Ben Cho Ward", "title": "Phường Bến Chợ", "level": "ward",
    "kind": "government", "kind_label": "tỉnh, huyện, xã (cả cấp)", "parent": "huyen-suoi-mo", "successors": [], "valid_from": "2025-07-01",
    "valid_to": None, "url": "https://minhbach.example.vn/co-quan/phuong-ben-cho/",
    "api_url": "https://minhbach.example.vn/api/v1/units/phuong-ben-cho",
}  # fmt: skip
POINT = {
    "slug": "mot-cua-ben-cho", "name": "Bộ phận Một cửa phường Bến Chợ", "name_en": "", "title": "Bộ phận Một cửa phường Bến Chợ", "kind": "one_stop",
    "kind_label": "bộ phận một cửa", "unit": "phuong-ben-cho", "serves": [], "address": "12 Bến Chợ", "telephone": "0200 000 0113", "email": "",
    "directions": "", "accessibility": "", "map_url": "", "is_main": True, "hours": [{"weekday": 1, "opens": "07:30", "closes": "11:30"}],
    "closures": [{"first_day": "2026-12-21", "last_day": "2026-12-22", "reason": "Sửa mái", "reason_en": "Roof repairs"}], "valid_from": None,
    "valid_to": None, "url": "https://minhbach.example.vn/co-quan/phuong-ben-cho/",
}  # fmt: skip
DAY = {
    "date": "2026-09-02", "half": "full", "kind": "holiday", "kind_label": "ngày lễ", "counts_for_deadlines": False, "counter_open": False,
    "label": "Quốc khánh", "label_en": "National Day", "title": "Quốc khánh", "unit": None, "source": "", "confirmed": True,
}  # fmt: skip


def one_page(*results: Any) -> dict[str, Any]:
    """A list as it looks, for the description."""
    return {"count": len(results), "page": 1, "page_size": 20, "pages": 1, "next": None, "previous": None, "results": list(results)}


def _unit_of(slug: str) -> Unit | None:
    return Unit.objects.filter(slug=slug).first() if SLUG.match(slug) else None


@router.get("/fields", response={200: FieldPage, **LIST_ERRORS}, summary="Fields of administration", url_name="fields",
            openapi_extra=example(one_page(FIELD)))  # fmt: skip
def fields(request: HttpRequest, lang: Language = "vi", page: PageNumber = 1, page_size: PageSize = 20) -> HttpResponse:
    """Fields in the order of the portal."""
    found = Field.objects.order_by("order", "name", "pk")
    with reader(lang):
        lines = [
            {**tables.field_row(row), "title": row.title, "url": absolute(f"/{'en/' if lang == 'en' else ''}thu-tuc/?linh-vuc={row.slug}")}
            for row in _cut(found, page, page_size)
        ]
    return paged(request, lines, found.count(), page, page_size)


def _cut(found: Any, page: int, page_size: int) -> list[Any]:
    return list(found[(page - 1) * page_size : page * page_size])


def _unit_line(unit: Any) -> dict[str, Any]:
    row = tables.unit_row(unit)
    return {
        **{name: row[name] for name in ("slug", "code", "name", "name_en", "level", "kind", "parent", "successors", "valid_from", "valid_to")},
        "title": unit.title,
        "kind_label": unit.get_kind_display(),
        "url": absolute(unit.get_absolute_url()),
        "api_url": absolute(reverse("api:unit", args=[unit.slug])),
    }


@router.get("/units", response={200: UnitPage, **LIST_ERRORS}, summary="Units", url_name="units", openapi_extra=example(one_page(UNIT)))
def units(
    request: HttpRequest,
    level: Annotated[LevelCode, Query(description="Only units of this level of government.")] = "",
    parent: Annotated[str, slug_of("Only units directly below this one.")] = "",
    closed: Annotated[bool, Query(description="Also units that are no more.")] = False,
    lang: Language = "vi",
    page: PageNumber = 1,
    page_size: PageSize = 20,
) -> HttpResponse:
    """Units that exist today, from the top down."""
    found = tables.units().order_by("level", "order", "name", "pk")
    if not closed:
        found = found.current()
    if level:
        found = found.filter(level=tables.LEVELS[level])
    if parent:
        found = found.filter(parent__slug=parent)
    with reader(lang):
        lines = [_unit_line(unit) for unit in _cut(found, page, page_size)]
    return paged(request, lines, found.count(), page, page_size)


@router.get("/units/{slug}", response={200: UnitRecord, **ITEM_ERRORS}, summary="One unit", url_name="unit",
            openapi_extra=example({**UNIT, "short_name": "", "duties": "Chứng thực.", "duties_en": "", "telephone": "0200 000 0113", "email": "",
                                   "website": "", "predecessors": [], "units_below": [], "service_points": [POINT]}))  # fmt: skip
def unit(request: HttpRequest, slug: SlugInPath, lang: Language = "vi") -> HttpResponse:
    """A unit, also one that is closed; its successors carry on its work."""
    found = tables.units().filter(slug=slug).first() if SLUG.match(slug) else None
    if found is None:
        return problem(404, "There is no unit with this slug.")
    row = tables.unit_row(found)
    with reader(lang):
        content = {
            **_unit_line(found),
            **{name: row[name] for name in ("short_name", "duties", "duties_en", "telephone", "email", "website")},
            "predecessors": list(found.predecessors.order_by("slug").values_list("slug", flat=True)),
            "units_below": list(Unit.objects.current().filter(parent=found).order_by("order", "name").values_list("slug", flat=True)),
            "service_points": [_point_line(point) for point in tables.points().filter(unit=found).order_by("name", "pk")],
        }
    return answer(content)


def _point_line(point: Any) -> dict[str, Any]:
    return {
        **tables.point_row(point),
        "title": point.title,
        "kind_label": point.get_kind_display(),
        "hours": tables.hours_of(point),
        "closures": [
            {"first_day": row["first"], "last_day": row["last"], "reason": row["reason"], "reason_en": row["reason_en"]} for row in point.shut
        ],
        "url": absolute(point.unit.get_absolute_url()),
    }


@router.get("/service-points", response={200: PointPage, **LIST_ERRORS}, summary="Service points", url_name="service_points",
            openapi_extra=example(one_page(POINT)))  # fmt: skip
def service_points(
    request: HttpRequest,
    unit: Annotated[str, slug_of("Only points of this unit, and those that serve it.")] = "",
    lang: Language = "vi",
    page: PageNumber = 1,
    page_size: PageSize = 20,
) -> HttpResponse:
    """Service points that exist today, with their weekly hours and the days on which they are closed."""
    found = tables.points().order_by("unit__level", "unit__order", "name", "pk")
    if unit:
        found = found.filter(pk__in=ServicePoint.objects.filter(unit__slug=unit).union(ServicePoint.objects.filter(serves__slug=unit)).values("pk"))
    with reader(lang):
        lines = [_point_line(point) for point in _cut(found, page, page_size)]
    return paged(request, lines, found.count(), page, page_size)


@router.get("/calendar", response={200: CalendarPage, **LIST_ERRORS}, summary="The working calendar of a year", url_name="calendar",
            openapi_extra=example({**one_page(DAY), "year": 2026, "unit": None, "working_days": 250}))  # fmt: skip
def calendar(
    request: HttpRequest,
    year: Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR, description="This year without it.")] = None,
    unit: Annotated[str, slug_of("The calendar of this unit: its own days, its parents', the country's.")] = "",
    lang: Language = "vi",
    page: PageNumber = 1,
    page_size: PageSize = 100,
) -> HttpResponse:
    """The days of a year that differ from ordinary ones: of the country, or as they hold for a unit. Days that are not listed
    are ordinary: Monday to Friday count for deadlines, and counters keep their weekly hours."""
    chosen = year or today().year
    of = _unit_of(unit) if unit else None
    if unit and of is None:
        return problem(404, "There is no unit with this slug.")
    days = tables.days_for(of, chosen)
    if page > page_count(len(days), page_size):
        return problem(404, "There is no such page.")
    book = calendar_for(of)
    first = dt.date(chosen, 1, 1)
    with reader(lang):
        lines = [
            {**tables.day_row(row), "kind_label": row.get_kind_display(), "title": row.label_en if lang == "en" and row.label_en else row.label}
            for row in days[(page - 1) * page_size : page * page_size]
        ]
    more = {
        "year": chosen, "unit": of.slug if of else None,
        "working_days": sum(book.is_working(first + dt.timedelta(days=n)) for n in range((dt.date(chosen + 1, 1, 1) - first).days)),
    }  # fmt: skip
    return paged(request, lines, len(days), page, page_size, **more)


def register() -> None:
    """Offer the routes to the portal."""
    api_routers.register("organisation", ApiRouter("", router))
