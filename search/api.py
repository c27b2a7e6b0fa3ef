"""`GET /api/v1/search`."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from foundation.registries import ApiRouter, api_routers

from . import language
from .finder import as_json, find
from .forms import clean_query

router = Router(tags=["search"])


class FoundHit(Schema):
    """One thing found."""

    kind: str
    id: str
    code: str
    title: str
    url: str
    score: float
    highlights: dict[str, str]


class Bucket(Schema):
    """A value of a facet."""

    value: str
    label: str
    count: int
    selected: bool


class SearchAnswer(Schema):
    """The answer to one question."""

    engine: str
    took_ms: float
    total: int
    page: int
    pages: int
    did_you_mean: str | None
    hits: list[FoundHit]
    facets: dict[str, list[Bucket]]


@router.get("/search", response=SearchAnswer, summary="Search everything that is public")
def search(
    request: HttpRequest,
    q: str = Query("", max_length=1000),
    kind: list[str] = Query([]),  # noqa: B008  # how django-ninja declares lists
    field: list[str] = Query([]),  # noqa: B008
    unit: list[str] = Query([]),  # noqa: B008
    level: list[str] = Query([]),  # noqa: B008
    audience: list[str] = Query([]),  # noqa: B008
    service: list[str] = Query([]),  # noqa: B008
    state: list[str] = Query([]),  # noqa: B008
    page: int = Query(1, ge=1, le=1000),
    page_size: int = Query(10, ge=1, le=100),
) -> dict[str, Any]:
    """Ranked results with facets. Personal numbers (telephone, identity, dossier) are never searched: they give nothing."""
    chosen = {"kind": kind, "field": field, "unit": unit, "level": level, "audience": audience, "service": service, "state": state}
    query = clean_query(q)
    if language.personal_number(query):
        query = "-"
    filters = {name: tuple(value.replace("\x00", "") for value in values[:20]) for name, values in chosen.items()}
    return as_json(find(query, filters, page=page, per_page=page_size))


def register() -> None:
    """Mount the route."""
    api_routers.register("search", ApiRouter("", router))
