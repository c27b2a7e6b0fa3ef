"""`GET /api/v1/search`."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from foundation.registries import ApiRouter, api_routers

from . import language
from .engines import FACETS
from .finder import as_json, find, nothing
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


class SearchQuestion(Schema):
    """What is asked. Facets may be given several times."""

    q: str = Field("", max_length=1000)
    kind: list[str] = Field(default_factory=list, max_length=20)
    field: list[str] = Field(default_factory=list, max_length=20)
    unit: list[str] = Field(default_factory=list, max_length=20)
    level: list[str] = Field(default_factory=list, max_length=20)
    audience: list[str] = Field(default_factory=list, max_length=20)
    service: list[str] = Field(default_factory=list, max_length=20)
    state: list[str] = Field(default_factory=list, max_length=20)
    page: int = Field(1, ge=1, le=1000)
    page_size: int = Field(10, ge=1, le=100)


@router.get("/search", response=SearchAnswer, summary="Search everything that is public")
def search(request: HttpRequest, asked: Query[SearchQuestion]) -> dict[str, Any]:
    """Ranked results with facets. Personal numbers (telephone, identity, dossier) are never searched: they give nothing."""
    query = clean_query(asked.q)
    if language.personal_number(query):
        return as_json(nothing())
    filters = {name: tuple(value for value in getattr(asked, name) if value.isprintable()) for name in FACETS}
    return as_json(find(query, filters, page=asked.page, per_page=asked.page_size))


def register() -> None:
    """Mount the route."""
    api_routers.register("search", ApiRouter("", router))
