"""`/api/v1/promises`: what was promised to residents and what came of it. Nothing here is about who asked."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Query, Router, Schema

from foundation.api import (
    ITEM_ERRORS,
    LIST_ERRORS,
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

from . import promise_data
from .models import Promise

router = Router(tags=["promises"])
StateCode = Literal["", "open", "changed", "kept", "kept_late", "refused"]
FIRST_YEAR, LAST_YEAR = 2000, 2100


class PromiseLine(Schema):
    """A promise. `days_late` is of today for one that is still to be kept, else of the day on which it was kept."""

    id: int
    unit: str
    post: str
    text: str
    text_en: str
    session: str
    made_on: dt.date
    first_due_on: dt.date
    due_on: dt.date
    moves: int
    transfers: int
    state: str
    state_label: str
    overdue: bool
    days_late: int
    kept_on: dt.date | None
    result: str
    reason: str
    url: str
    api_url: str


class PromisePage(Page):
    """A page of promises."""

    results: list[PromiseLine]


class MoveLine(Schema):
    """A date that was moved, and why."""

    old_due_on: dt.date
    new_due_on: dt.date
    reason: str
    decided_by: str
    at: dt.datetime


class TransferLine(Schema):
    """A unit that took it over, by its slug, and why."""

    old_unit: str
    new_unit: str
    reason: str
    decided_by: str
    at: dt.datetime


class PromiseWords(Schema):
    """The words as they were, and why they changed."""

    number: int
    text: str
    text_en: str
    reason: str
    at: dt.datetime


class PromiseRecord(PromiseLine):
    """A promise with what became of its date, its unit and its words."""

    moved: list[MoveLine]
    transferred: list[TransferLine]
    versions: list[PromiseWords]


BASE = "https://minhbach.example.vn"
PROMISE: dict[str, Any] = {
    "id": 12, "unit": "phuong-ben-cho", "post": "Trưởng phòng", "text": "Lắp 12 đèn đường hẻm 19", "text_en": "", "session": "doi-thoai-dat-dai",
    "made_on": "2026-06-04", "first_due_on": "2026-10-15", "due_on": "2026-11-15", "moves": 1, "transfers": 1, "state": "open",
    "state_label": "đang thực hiện", "overdue": True, "days_late": 8, "kept_on": None, "result": "", "reason": "",
    "url": f"{BASE}/loi-hua/12/", "api_url": f"{BASE}/api/v1/promises/12",
}  # fmt: skip
MOVE = {"old_due_on": "2026-10-15", "new_due_on": "2026-11-15", "reason": "Chờ hàng về", "decided_by": "Chủ tịch", "at": "2026-10-10T02:00:00Z"}
TRANSFER = {
    "old_unit": "phuong-cho-cu", "new_unit": "phuong-ben-cho", "reason": "Sáp nhập phường", "decided_by": "Chủ tịch", "at": "2026-07-01T02:00:00Z",
}  # fmt: skip
VERSION = {"number": 1, "text": "Lắp 12 đèn đường hẻm 19", "text_en": "", "reason": "", "at": "2026-06-05T02:00:00Z"}


def _line(promise: Any, day: dt.date) -> dict[str, Any]:
    late = promise.days_late(day)
    row = {name: "" if value is None and name != "kept_on" else value for name, value in promise_data.row(promise).items()}
    return {
        **row, "state_label": str(promise.get_state_display()), "overdue": bool(late and promise.is_followed_up), "days_late": late,
        "api_url": absolute(reverse("api:promise", args=[promise.pk])),
    }  # fmt: skip


def _promises() -> Any:
    return Promise.objects.public().select_related("unit", "post", "session").annotate(**promise_data.MADE)


@router.get("", response={200: PromisePage, **LIST_ERRORS}, summary="Promises to residents", url_name="promises", openapi_extra=example(
    {"count": 1, "page": 1, "page_size": 20, "pages": 1, "next": None, "previous": None, "results": [PROMISE]}))  # fmt: skip
def promises(
    request: HttpRequest,
    unit: Annotated[str, slug_of("Only promises of this unit.")] = "",
    state: Annotated[StateCode, Query(description="Only those in this state.")] = "",
    overdue: Annotated[bool, Query(description="Only those still to be kept whose date is over.")] = False,
    year: Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR, description="Only those due in this year.")] = None,
    lang: Language = "vi",
    page: PageNumber = 1,
    page_size: PageSize = 20,
) -> HttpResponse:
    """Public promises, by their date."""
    day = today()
    found = _promises().order_by("due_on", "pk")
    counted = Promise.objects.public()
    narrow: dict[str, Any] = {}
    if unit:
        narrow["unit__slug"] = unit
    if state:
        narrow["state"] = state
    if year:
        narrow["due_on__year"] = year
    found, counted = found.filter(**narrow), counted.filter(**narrow)
    if overdue:
        found, counted = found.overdue(day), counted.overdue(day)
    with reader(lang):
        lines = [_line(promise, day) for promise in found[(page - 1) * page_size : page * page_size]]
    return paged(request, lines, counted.count(), page, page_size)


@router.get("/{number}", response={200: PromiseRecord, **ITEM_ERRORS}, summary="One promise", url_name="promise",
            openapi_extra=example({**PROMISE, "moved": [MOVE], "transferred": [TRANSFER], "versions": [VERSION]}))  # fmt: skip
def promise(request: HttpRequest, number: int, lang: Language = "vi") -> HttpResponse:
    """A promise, with every move of its date, every unit that took it over and every change of its words."""
    found = _promises().filter(pk=number).first() if 0 < number < 2**63 else None
    if found is None:
        return problem(404, "There is no promise with this number.")
    with reader(lang):
        content = {
            **_line(found, today()),
            "moved": [
                {
                    "old_due_on": move.old_due_on, "new_due_on": move.new_due_on, "reason": move.reason,
                    "decided_by": move.decided_by.title if move.decided_by else "", "at": move.at,
                }
                for move in found.moves.select_related("decided_by")
            ],
            "transferred": [
                {
                    "old_unit": row.old_unit.slug, "new_unit": row.new_unit.slug, "reason": row.reason,
                    "decided_by": row.decided_by.title if row.decided_by else "", "at": row.at,
                }
                for row in found.transfers.select_related("old_unit", "new_unit", "decided_by")
            ],
            "versions": list(found.versions.values("number", "text", "text_en", "reason", "at")),
        }  # fmt: skip
    return answer(content)


def register() -> None:
    """Offer the routes to the portal."""
    api_routers.register("promises", ApiRouter("/promises", router))
