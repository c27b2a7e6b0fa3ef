"""`GET /api/v1/search`."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from foundation.api import WrongQuestion, example
from foundation.registries import ApiRouter, api_routers

from .engines import FACETS
from .finder import as_json, find, nothing
from .forms import asker_of, clean_query, number_in

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
    pinned: bool = Field(False, description="An editor wants it first for exactly this question.")


class Guidance(Schema):
    """What editors say to a question: where to go, or what to know."""

    text: str
    language: str
    link: str | None = None
    elsewhere: bool = Field(description="The thing is done by somebody else.")


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
    guidance: list[Guidance] = Field(default_factory=list)
    hits: list[FoundHit]
    facets: dict[str, list[Bucket]]


Value = Annotated[str, Field(max_length=120, pattern=r"^[^\u0000]*$")]  # no address can hold NUL


class SearchQuestion(Schema):
    """What is asked. Facets may be given several times."""

    q: str = Field("", max_length=1000, pattern=r"^[^\u0000]*$", description="What somebody would type.")
    kind: list[Value] = Field(default_factory=list, max_length=20)
    field: list[Value] = Field(default_factory=list, max_length=20)
    unit: list[Value] = Field(default_factory=list, max_length=20)
    level: list[Value] = Field(default_factory=list, max_length=20)
    audience: list[Value] = Field(default_factory=list, max_length=20)
    service: list[Value] = Field(default_factory=list, max_length=20)
    state: list[Value] = Field(default_factory=list, max_length=20)
    for_audience: str = Field("", max_length=120, pattern=r"^[^\u0000]*$", description="For whom somebody asks: orders the hits, hides none.")
    near_unit: str = Field(
        "", max_length=120, pattern=r"^[^\u0000]*$", description="Their unit: what it and the units above and below do comes earlier."
    )
    page: int = Field(1, ge=1, le=1000)
    page_size: int = Field(10, ge=1, le=100)


FOUND = {
    "engine": "local", "took_ms": 0.8, "total": 1, "page": 1, "pages": 1, "did_you_mean": None, "guidance": [],
    "hits": [{"kind": "procedure", "id": "7", "code": "1.001193", "title": "Đăng ký khai sinh", "url": "/thu-tuc/1.001193/", "score": 12.5,
              "highlights": {"title": "Đăng ký <mark>khai sinh</mark>"}, "pinned": False}],
    "facets": {"level": [{"value": "ward", "label": "xã", "count": 1, "selected": False}]},
}  # fmt: skip


@router.get("/search", response={200: SearchAnswer, 422: WrongQuestion}, summary="Search everything that is public", openapi_extra=example(FOUND))
def search(request: HttpRequest, asked: Query[SearchQuestion]) -> HttpResponse:
    """Ranked results with facets. Personal numbers (telephone, identity, dossier) are never searched: they give nothing."""
    query = clean_query(asked.q)
    number = number_in(asked.q)
    if number:
        found = as_json(nothing())
    else:
        filters = {name: tuple(value for value in getattr(asked, name) if value.isprintable()) for name in FACETS}
        found = as_json(find(query, filters, page=asked.page, per_page=asked.page_size, asker=asker_of(asked.for_audience, asked.near_unit)))
    # Written once and by hand: reading our own answer through the schema again cost more than finding it. That it fits the schema is tested.
    # How long it took is no part of the answer: the same hits are the same answer.
    took = found.pop("took_ms")
    said = json.dumps(found, ensure_ascii=False, default=str)
    response = HttpResponse(f'{{"took_ms": {took}, {said[1:]}', content_type="application/json; charset=utf-8")
    response["ETag"] = f'W/"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'
    if number:
        response["Cache-Control"] = "private, no-store"
    return response


def register() -> None:
    """Mount the route."""
    api_routers.register("search", ApiRouter("", router))
