"""What all routes of /api/v1/ share: their words for what went wrong, pages of a list with their links, the reader's language."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from ninja import Query, Schema
from pydantic import BeforeValidator, WithJsonSchema

MAX_PAGE_SIZE = 100
MAX_PAGE = 100_000
# Of one path's words: letters, digits, hyphen, underscore. `\Z`, since `$` lets a line feed through.
SLUG = re.compile(r"[A-Za-z0-9_-]{1,120}\Z")
SLUG_OR_NOTHING = r"^[-A-Za-z0-9_]*$"
Item = TypeVar("Item")

PageNumber = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Which page, beginning with 1. A page after the last one is 404.")]
PageSize = Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE, description="Rows a page, at most 100.")]
Language = Annotated[Literal["vi", "en"], Query(description="The language of labels and of addresses of pages. Official text stays Vietnamese.")]
# Described, not enforced: what has another shape does not exist either, and is 404 like it.
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def _as_written(value: Any) -> Any:
    """Pydantic takes a bare number for seconds since 1970: "0" would be a date that nobody wrote."""
    if isinstance(value, str) and not ISO_DATE.match(value):
        raise ValueError("write it as YYYY-MM-DD")
    return value


IsoDate = Annotated[dt.date, BeforeValidator(_as_written)]
SlugInPath = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[-A-Za-z0-9_]{1,120}$"})]


def slug_of(description: str) -> Any:
    """A parameter that names something by its slug; what does not exist matches nothing."""
    found: Any = Query(max_length=120, pattern=SLUG_OR_NOTHING, description=description)  # type: ignore[type-arg]  # a function to the program
    return found


class Problem(Schema):
    """Why there is no answer, in words."""

    detail: str


class WrongParameter(Schema):
    """A parameter that is wrong: where it stands, what is wrong with it, which rule says so."""

    loc: list[str]
    msg: str
    type: str


class WrongQuestion(Schema):
    """What is wrong with the question; what was sent is not said back."""

    detail: list[WrongParameter]


LIST_ERRORS: dict[int, Any] = {404: Problem, 422: WrongQuestion}
ITEM_ERRORS: dict[int, Any] = {404: Problem, 422: WrongQuestion}


class Page(Schema):
    """What every page of a list says of itself, beside its `results`. The same links stand in the header `Link`."""

    count: int
    page: int
    page_size: int
    pages: int
    next: str | None
    previous: str | None


def absolute(path: str) -> str:
    """A path under the portal's own address, whatever host the request named (B8)."""
    return f"{str(settings.WAGTAILADMIN_BASE_URL).rstrip('/')}{path}"


def example(content: Any, **more: Any) -> dict[str, Any]:
    """For `openapi_extra`: an answer as it looks."""
    return {"responses": {200: {"content": {"application/json": {"example": content}}}}, **more}


@contextmanager
def reader(language: str) -> Iterator[None]:
    """Labels inside are in this language, and so are addresses of pages."""
    with translation.override(language):
        yield


def problem(status: int, detail: str) -> HttpResponse:
    """An answer that says why there is none."""
    return JsonResponse({"detail": detail}, status=status, json_dumps_params={"ensure_ascii": False})


def answer(content: Any) -> HttpResponse:
    """JSON as people read it, letters with marks as they are."""
    return JsonResponse(content, json_dumps_params={"ensure_ascii": False})


def page_count(count: int, page_size: int) -> int:
    """How many pages; an empty list has one."""
    return max(1, -(-count // page_size))


def no_such_page() -> HttpResponse:
    """404 for a page after the last one."""
    return problem(404, "There is no such page.")


def paged(request: HttpRequest, results: Sequence[Any], count: int, page: int, page_size: int, **more: Any) -> HttpResponse:
    """A page of a list: the rows, how many there are, and the way to the other pages, in the body and in `Link` (RFC 8288).

    404 after the last page. `more` stands beside them in the body."""
    pages = page_count(count, page_size)
    if page > pages:
        return no_such_page()

    def link(number: int) -> str:
        query = request.GET.copy()
        query["page"] = str(number)
        pairs = sorted((name, value) for name, values in query.lists() for value in values)
        return absolute(f"{request.path}?{urlencode(pairs)}")

    ways = {"first": 1, "prev": page - 1 if page > 1 else None, "next": page + 1 if page < pages else None, "last": pages}
    links = {rel: link(number) for rel, number in ways.items() if number}
    content = {
        "count": count, "page": page, "page_size": page_size, "pages": pages, "next": links.get("next"), "previous": links.get("prev"),
        **more, "results": list(results),
    }  # fmt: skip
    response = answer(content)
    response["Link"] = ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links.items())
    return response
