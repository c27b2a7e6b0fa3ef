"""The catalogue as open data: /api/v1/procedures. Read-only, for everybody, from anywhere."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Query, Router, Schema
from pydantic import WithJsonSchema

from foundation.api import (
    ITEM_ERRORS,
    LIST_ERRORS,
    IsoDate,
    Language,
    Page,
    PageNumber,
    PageSize,
    absolute,
    answer,
    example,
    paged,
    problem,
    reader,
    slug_of,
)
from foundation.registries import ApiRouter, api_routers
from organisation.models import today

from . import listing, queries
from .presentation import level_code
from .record import records_by_id
from .views import choose_version, pick

router = Router(tags=["procedures"])
LevelCode = Literal["", "ministry", "province", "district", "ward", "other"]
AudienceCode = Literal[
    "", "citizen", "overseas_vietnamese", "foreigner", "official", "household_business", "enterprise", "foreign_invested", "cooperative",
    "organisation", "foreign_organisation", "party",
]  # fmt: skip
ServiceCode = Literal["", "full", "partial", "information", "cu-1", "cu-2", "cu-3", "cu-4"]
SortCode = Literal["", "popularity", "name", "newest", "code"]
# Described, not enforced: what has another shape does not exist either, and is 404 like it.
Code = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[1-9]\\.[0-9]{6}$"})]


class ProcedureLine(Schema):
    """A procedure in force, in a list."""

    code: str
    name: str
    url: str
    api_url: str
    fields: list[str]
    levels: list[str]
    audiences: list[str]
    service_levels: list[str]
    units: list[str]
    life_events: list[str]
    valid_from: str


class ProcedurePage(Page):
    """A page of procedures in force today."""

    results: list[ProcedureLine]


class VersionLine(Schema):
    """A published version of a procedure: where it stands in time."""

    id: int
    levels: list[str]
    valid_from: str | None
    valid_to: str | None
    change_kind: str
    end_kind: str
    decision: str | None


class ProcedureRecord(Schema):
    """A procedure with the record in force (the shape of docs/import-format.md), what the office adds, and its versions."""

    code: str
    url: str
    summary: str
    guidance: str
    questions: list[dict[str, str]]
    life_events: list[str]
    replaced_by: list[str]
    record: dict[str, Any] | None
    versions: list[VersionLine]


LINE = {
    "code": "1.004873", "name": "Thủ tục cấp Giấy xác nhận tình trạng hôn nhân", "url": "https://minhbach.example.vn/thu-tuc/1.004873/",
    "api_url": "https://minhbach.example.vn/api/v1/procedures/1.004873", "fields": ["ho-tich"], "levels": ["ward"], "audiences": ["citizen"],
    "service_levels": ["full"], "units": ["phuong-ben-cho"], "life_events": ["ket-hon"], "valid_from": "2025-07-01",
}  # fmt: skip
LISTED = {"count": 1, "page": 1, "page_size": 20, "pages": 1, "next": None, "previous": None, "results": [LINE]}
RECORD = {
    "code": "1.004873", "url": "https://minhbach.example.vn/thu-tuc/1.004873/", "summary": "Giấy cho biết bạn đang độc thân.", "guidance": "",
    "questions": [{"question": "Giấy có giá trị bao lâu?", "answer": "6 tháng."}], "life_events": ["ket-hon"], "replaced_by": [],
    "record": {"code": "1.004873", "name": "Thủ tục cấp Giấy xác nhận tình trạng hôn nhân", "levels": ["ward"],
               "methods": [{"channel": "counter", "limit_value": 3, "limit_unit": "working_days"}]},
    "versions": [{"id": 12, "levels": ["ward"], "valid_from": "2025-07-01", "valid_to": None, "change_kind": "amended", "end_kind": "",
                  "decision": "1872/QĐ-UBND"}],
}  # fmt: skip


def page_of(code: str) -> str:
    """The address of a procedure's page in the active language."""
    return absolute(reverse("procedures_catalog:procedure", args=[code]))


def line(item: listing.Listed) -> dict[str, Any]:
    """A procedure in a list."""
    fields, units, events, audiences, services, levels = (sorted(values) for values in item.values)
    return {
        "code": item.code, "name": item.name, "url": page_of(item.code), "api_url": absolute(reverse("api:procedure", args=[item.code])),
        "fields": fields, "levels": levels, "audiences": audiences, "service_levels": services, "units": units, "life_events": events,
        "valid_from": item.valid_from,
    }  # fmt: skip


@router.get(
    "", response={200: ProcedurePage, **LIST_ERRORS}, summary="Procedures in force today", url_name="procedures", openapi_extra=example(LISTED)
)
def procedures(
    request: HttpRequest,
    field: Annotated[str, slug_of("Field of administration, by its slug.")] = "",
    unit: Annotated[str, slug_of("A unit that has a part in it, by its slug.")] = "",
    life_event: Annotated[str, slug_of("What happens in a life, by its slug.")] = "",
    audience: Annotated[AudienceCode, Query(description="Who it is for.")] = "",
    service_level: Annotated[ServiceCode, Query(description="How much of it can be done online; `cu-3` is level 3 of 2011.")] = "",
    level: Annotated[LevelCode, Query(description="Level of government that decides.")] = "",
    changed_since: Annotated[IsoDate | None, Query(description="Only what came into force, new or changed, on this day or later.")] = None,
    sort: Annotated[SortCode, Query(description="By demand without it.")] = "",
    lang: Language = "vi",
    page: PageNumber = 1,
    page_size: PageSize = 20,
) -> HttpResponse:
    """Procedures in force today, narrowed by slugs and codes. A slug that does not exist gives an empty page; a page after the
    last one is 404."""
    found = listing.catalogue()
    asked = {"field": field, "unit": unit, "event": life_event, "audience": audience, "service": service_level, "level": level}
    chosen = found.shelf.having({name: value for name, value in asked.items() if value})
    ordered = found.shelf.ordered(sort or "popularity", chosen)
    total = chosen.bit_count()
    if changed_since is not None:
        kept = [item for item in ordered if item.valid_from >= changed_since.isoformat()]
        ordered, total = iter(kept), len(kept)
    with reader(lang):
        lines = [line(item) for item in islice(ordered, (page - 1) * page_size, page * page_size)]
    return paged(request, lines, total, page, page_size)


@router.get("/{code}", response={200: ProcedureRecord, **ITEM_ERRORS}, summary="One procedure", url_name="procedure", openapi_extra=example(RECORD))
def procedure(
    request: HttpRequest,
    code: Code,
    level: Annotated[LevelCode, Query(description="Which level’s record, when several are in force.")] = "",
    date: Annotated[IsoDate | None, Query(description="As it was on this day; today without it.")] = None,
    lang: Language = "vi",
) -> HttpResponse:
    """A procedure with its record in force today, or on a day, at a level when several are."""
    row = queries.one(queries.PROCEDURE(code=code)) if len(code) == 8 else None
    if row is None or not row["versions"]:
        return problem(404, "There is no procedure with this code.")
    shown = pick(row["versions"], date, level) if date else choose_version(row, today(), level, False)
    with reader(lang):
        url = page_of(row["code"])
    return answer({
        "code": row["code"],
        "url": url,
        "summary": row["summary"],
        "guidance": row["guidance"],
        "questions": row["questions"],
        "life_events": [event["slug"] for event in row["events"]],
        "replaced_by": [other["code"] for other in row["replaced_by_codes"]],
        "record": dict(records_by_id([shown["id"]]))[shown["id"]] if shown else None,
        "versions": [
            {**{key: item[key] for key in ("id", "valid_from", "valid_to", "change_kind", "end_kind", "decision")},
             "levels": [level_code([level]) for level in item["levels"]]}
            for item in row["versions"]
        ],
    })  # fmt: skip


def register() -> None:
    """Offer the routes to the portal, under the catalogue's own name."""
    api_routers.register("procedures", ApiRouter("/procedures", router))
