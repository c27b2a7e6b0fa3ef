"""Sessions as open data: /api/v1/sessions. Read-only, for everybody. Nothing here is about a person; free seats change with every
registration and stand on the page that is asked for them."""

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
    IsoDate,
    Language,
    Page,
    PageNumber,
    PageSize,
    SlugInPath,
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

from . import open_data
from .agenda.queries import midnight

router = Router(tags=["sessions"])
KindCode = Literal["", "yearly", "thematic", "on_request", "periodic", "extraordinary", "legal_aid", "mobile", "appointment"]
StateCode = Literal["", "announced", "open", "closed", "under_way", "held", "cancelled"]


class SessionLine(Schema):
    """A session. `title` is in the language asked for when there is a translation; times have the zone of Vietnam's clocks in UTC."""

    slug: str
    kind: str
    kind_label: str
    title: str
    unit: str
    attending: list[str]
    received_by: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    first_planned: dt.datetime
    times_moved: int
    place: str
    online: bool
    registration_opens: dt.datetime | None
    registration_closes: dt.datetime | None
    state: str
    state_label: str
    reason: str
    subjects: list[str]
    seats: int
    url: str
    api_url: str
    calendar_url: str


class SessionPage(Page):
    """A page of sessions."""

    results: list[SessionLine]


class Elsewhere(Schema):
    """A former place, and why it was given up. `place` is empty where the session is held online alone."""

    was: str
    place: str
    reason: str


class Move(Schema):
    """A former time, and why it was given up."""

    was: dt.datetime
    starts_at: dt.datetime
    reason: str


class Seats(Schema):
    """A part of the seats. `village` where they are kept for one."""

    name: str
    kind: str
    village: str
    seats: int


class SessionRecord(SessionLine):
    """A session with its former times and places, and the parts of its seats."""

    moves: list[Move]
    former_places: list[Elsewhere]
    pools: list[Seats]


LINE: dict[str, Any] = {
    "slug": "doi-thoai-dat-dai", "kind": "thematic", "kind_label": "đối thoại chuyên đề", "title": "Đối thoại về đất đai", "unit": "phuong-ben-cho",
    "attending": ["phong-kinh-te"], "received_by": "Chủ tịch", "starts_at": "2026-12-03T11:30:00Z", "ends_at": "2026-12-03T13:30:00Z",
    "first_planned": "2026-12-01T11:30:00Z", "times_moved": 1, "place": "Hội trường, Nhà văn hóa khu phố 4", "online": False,
    "registration_opens": "2026-11-20T01:00:00Z", "registration_closes": "2026-12-02T10:00:00Z", "state": "open",
    "state_label": "đang nhận đăng ký", "reason": "", "subjects": ["Giá đất"], "seats": 80,
    "url": "https://minhbach.example.vn/lich/doi-thoai-dat-dai/", "api_url": "https://minhbach.example.vn/api/v1/sessions/doi-thoai-dat-dai",
    "calendar_url": "https://minhbach.example.vn/lich/doi-thoai-dat-dai/lich.ics",
}  # fmt: skip
LISTED = {"count": 1, "page": 1, "page_size": 20, "pages": 1, "next": None, "previous": None, "results": [LINE]}
RECORD = {
    **LINE,
    "moves": [{"was": "2026-12-01T11:30:00Z", "starts_at": "2026-12-03T11:30:00Z", "reason": "mất điện"}],
    "former_places": [{"was": "Nhà văn hóa khu phố 3", "place": "Nhà văn hóa khu phố 4", "reason": "mái dột"}],
    "pools": [{"name": "Khu phố 4", "kind": "village", "village": "Khu phố 4", "seats": 9}],
}


def line(session: Any) -> dict[str, Any]:
    """A session in a list."""
    row = open_data.row(session)
    del row["title_en"], row["announced_at"]
    return {
        **row,
        "title": session.name,
        "kind_label": str(session.get_kind_display()),
        "state_label": str(session.get_state_display()),
        "url": absolute(session.get_absolute_url()),
        "api_url": absolute(reverse("api:session", args=[session.slug])),
        "calendar_url": absolute(reverse("dialogue_sessions:session_ics", args=[session.slug])),
    }


@router.get("", response={200: SessionPage, **LIST_ERRORS}, summary="What residents can attend", url_name="sessions", openapi_extra=example(LISTED))
def sessions(
    request: HttpRequest,
    unit: Annotated[str, slug_of("Only sessions of this unit, by its slug.")] = "",
    kind: Annotated[KindCode, Query(description="Only of this kind; appointments at counters are given only when asked for.")] = "",
    state: Annotated[StateCode, Query(description="Only in this state.")] = "",
    first: Annotated[IsoDate | None, Query(alias="from", description="From this day on, as held now; today without it.")] = None,
    last: Annotated[IsoDate | None, Query(alias="to", description="Until this day, it included.")] = None,
    lang: Language = "vi",
    page: PageNumber = 1,
    page_size: PageSize = 20,
) -> HttpResponse:
    """Public sessions from a day on, in the order of their beginning; what was called off is among them, with the reason."""
    found = open_data.sessions(appointments=kind == "appointment").filter(starts_at__gte=midnight(first or today()))
    if last is not None:
        found = found.filter(starts_at__lt=midnight(last + dt.timedelta(days=1)) if last < dt.date.max else midnight(last))
    wanted = {name: value for name, value in (("unit__slug", unit), ("kind", kind), ("state", state)) if value}
    found = found.filter(**wanted).order_by("starts_at", "pk")
    with reader(lang):
        lines = [line(session) for session in found[(page - 1) * page_size : page * page_size]]
    return paged(request, lines, found.order_by().values("pk").count(), page, page_size)


@router.get("/{slug}", response={200: SessionRecord, **ITEM_ERRORS}, summary="One session", url_name="session", openapi_extra=example(RECORD))
def session(request: HttpRequest, slug: SlugInPath, lang: Language = "vi") -> HttpResponse:
    """A public session with its former times and the parts of its seats."""
    found = open_data.sessions(appointments=True).filter(slug=slug).first() if SLUG.match(slug) else None
    if found is None:
        return problem(404, "There is no session with this slug.")
    with reader(lang):
        content = {
            **line(found),
            "moves": [{"was": move.old_starts_at, "starts_at": move.starts_at, "reason": move.reason} for move in found.moves.all()],
            "former_places": [{"was": one.place, "place": one.place_now, "reason": one.reason} for one in found.former_places.all()],
            "pools": [{"name": pool.name, "kind": pool.kind, "village": pool.village, "seats": pool.capacity} for pool in found.pools.all()],
        }
    return answer(content)


def register() -> None:
    """Offer the routes to the portal."""
    api_routers.register("sessions", ApiRouter("/sessions", router))
