"""Sessions as an open dataset: when and where leaders received people, what was moved or called off and why. Nobody who came is in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, Subquery, Sum
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from foundation.api import absolute
from foundation.open_columns import column_of, plain
from foundation.registries import Column, OpenDataset, open_datasets

from .enums import SessionKind
from .models import Pool, Session, SessionMove
from .presentation import lines_of, where

CHUNK = 500
FIELDS = ("slug", "kind", "title", "title_en", "starts_at", "ends_at", "registration_opens", "registration_closes", "state", "reason", "announced_at")


def sessions(*, appointments: bool = False) -> Any:
    """Public sessions with the slugs of units, the seats, and where they were moved from; slots of counters only when asked for."""
    attending = Session.attending.through.objects.filter(session=OuterRef("pk")).order_by("unit__slug")
    moves = SessionMove.objects.filter(session=OuterRef("pk")).order_by("pk")
    seats = Pool.objects.filter(session=OuterRef("pk")).order_by().values("session").annotate(all=Sum("capacity")).values("all")
    found = Session.objects.public() if appointments else Session.objects.public().exclude(kind=SessionKind.APPOINTMENT)
    return found.select_related("post", "room__point", "unit").defer("unit__duties", "unit__duties_en").annotate(
        with_units=ArraySubquery(attending.values("unit__slug")),
        times_moved=Count("moves"),
        first_planned=Subquery(moves.values("old_starts_at")[:1]),
        seats=Subquery(seats),
        unit_slug=F("unit__slug"),
    )  # fmt: skip


def row(session: Any) -> dict[str, Any]:
    """A session of `sessions()` as file and API tell of it."""
    return {
        **{name: getattr(session, name) for name in FIELDS},
        "unit": session.unit_slug,
        "attending": list(session.with_units),
        "received_by": session.post.title if session.post is not None else "",
        "place": ", ".join(where(session)),
        "online": bool(session.online_link),
        "subjects": lines_of(session.subjects),
        "seats": session.seats or 0,
        "times_moved": session.times_moved,
        "first_planned": session.first_planned or session.starts_at,
    }


def rows() -> Iterator[dict[str, Any]]:
    """All that is public, the earliest first."""
    for session in sessions().order_by("starts_at", "pk").iterator(chunk_size=CHUNK):
        told = {name: plain(value) for name, value in row(session).items()}
        yield {**told, "url": absolute(reverse("dialogue_sessions:session", args=[session.slug]))}


SESSIONS = OpenDataset(
    slug="doi-thoai-tiep-dan",
    title=_("Dialogues and reception days"),
    description=_(
        "Every session that was made public: when, where, who received, what was moved or called off and why. Appointments at counters are not "
        "in it, and nobody who came is."
    ),
    columns=(
        Column("slug", _("What stands in its address.")),
        column_of(Session, "kind"),
        column_of(Session, "title"),
        column_of(Session, "title_en"),
        column_of(Session, "starts_at"),
        column_of(Session, "ends_at"),
        column_of(Session, "registration_opens"),
        column_of(Session, "registration_closes"),
        column_of(Session, "state"),
        column_of(Session, "reason", note=_("Why it was called off.")),
        column_of(Session, "announced_at"),
        Column("unit", _("The unit that holds it, by its slug.")),
        Column("attending", _("Units that answer beside it, by slugs."), "list"),
        Column("received_by", _("The post that receives, not who holds it.")),
        Column("place", _("Where it is held.")),
        Column("online", _("Whether one can take part online."), "boolean"),
        Column("subjects", _("Expected subjects."), "list"),
        Column("seats", _("Seats of all pools together."), "integer"),
        Column("times_moved", _("How often it was moved."), "integer"),
        Column("first_planned", _("When it was to begin as it was first announced."), "datetime"),
        Column("url", _("Address of its page.")),
    ),
    rows=rows,
    frequency="IRREG",
    page=lambda: reverse("dialogue_sessions:calendar"),
    key=("slug",),
    joins={"unit": "don-vi.slug"},
)


def register() -> None:
    """Give it away."""
    open_datasets.register(SESSIONS.slug, SESSIONS)
