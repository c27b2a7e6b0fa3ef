"""The catalogue as open data: /api/v1/procedures. Read-only, for everybody, from anywhere."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from ninja import Query, Router, Schema

from foundation.registries import ApiRouter, api_routers
from organisation.models import today

from . import listing, queries
from .caching import public_page
from .presentation import level_code
from .record import records_by_id
from .views import choose_version, pick, read_date

MAX_PAGE_SIZE = 100
router = Router(tags=["procedures"])


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


class ProcedurePage(Schema):
    """A page of procedures in force today."""

    count: int
    page: int
    page_size: int
    pages: int
    next: str | None
    previous: str | None
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


class Problem(Schema):
    """Why there is no answer."""

    detail: str


Text = Annotated[str, Query(max_length=120)]


def answer(request: HttpRequest, content: Any) -> HttpResponse:
    """JSON with an ETag; a client that has it already gets 304."""
    return public_page(lambda _request: JsonResponse(content, json_dumps_params={"ensure_ascii": False}))(request)


def absolute(request: HttpRequest, name: str, code: str) -> str:
    """The address of a procedure's page."""
    return request.build_absolute_uri(reverse(name, args=[code]))


@router.get("", response={200: ProcedurePage, 404: Problem}, summary="Procedures in force today", url_name="procedures")
def procedures(
    request: HttpRequest,
    field: Text = "",
    unit: Text = "",
    life_event: Text = "",
    audience: Text = "",
    service_level: Text = "",
    level: Text = "",
    sort: Text = "",
    page: Annotated[int, Query(ge=1, le=listing.MAX_PAGE)] = 1,
    page_size: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE)] = 20,
) -> HttpResponse:
    """Procedures in force today, narrowed by slugs and codes; `sort` is `popularity` (usual), `name`, `newest` or `code`.

    A value that does not exist gives an empty page; a page after the last one is 404."""
    found = listing.catalogue()
    asked = {"field": field, "unit": unit, "event": life_event, "audience": audience, "service": service_level, "level": level}
    sorts = {name: word for word, name in listing.SORTS.items()}
    choice = listing.Choice({name: value for name, value in asked.items() if value}, sorts.get(sort, ""), page)
    shown = listing.page(found, choice, page_size)
    if page > shown.pages:
        return JsonResponse({"detail": "There is no such page."}, status=404)

    def link(number: int) -> str:
        query = request.GET.copy()
        query["page"] = str(number)
        return request.build_absolute_uri(f"{request.path}?{urlencode(sorted(query.items()))}")

    lines = []
    for item in shown.items:
        fields, units, events, audiences, services, levels = (sorted(values) for values in item.values)
        lines.append({
            "code": item.code, "name": item.name, "url": absolute(request, "procedures_catalog:procedure", item.code),
            "api_url": request.build_absolute_uri(reverse("api:procedure", args=[item.code])), "fields": fields, "levels": levels,
            "audiences": audiences, "service_levels": services, "units": units, "life_events": events, "valid_from": item.valid_from,
        })  # fmt: skip
    content = {
        "count": shown.total, "page": page, "page_size": page_size, "pages": shown.pages, "next": link(page + 1) if page < shown.pages else None,
        "previous": link(page - 1) if page > 1 else None, "results": lines,
    }  # fmt: skip
    return answer(request, content)


@router.get("/{code}", response={200: ProcedureRecord, 404: Problem}, summary="One procedure", url_name="procedure")
def procedure(request: HttpRequest, code: str, level: Text = "", date: Text = "") -> HttpResponse:
    """A procedure with its record in force today, or on `date` (YYYY-MM-DD), at `level` when several are."""
    row = queries.one(queries.PROCEDURE(code=code)) if "\x00" not in code else None
    if row is None or not row["versions"]:
        return JsonResponse({"detail": "There is no procedure with this code."}, status=404)
    asked = read_date(date)
    if date and asked is None:
        return JsonResponse({"detail": "date: write it as YYYY-MM-DD."}, status=422)
    shown = pick(row["versions"], asked, level) if asked else choose_version(row, today(), level, False)
    content = {
        "code": row["code"],
        "url": absolute(request, "procedures_catalog:procedure", row["code"]),
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
    }  # fmt: skip
    return answer(request, content)


def register() -> None:
    """Offer the routes to the portal, under the catalogue's own name."""
    api_routers.register("procedures", ApiRouter("/procedures", router))
