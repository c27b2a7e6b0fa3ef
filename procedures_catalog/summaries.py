"""What some procedures ask of a citizen today, read together: for pages that lead through several of them. One query."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef
from django.db.models.expressions import RawSQL
from django.urls import reverse

from organisation.enums import Level

from . import facts, presentation
from .enums import State
from .models import Procedure, ProcedureVersion, ServiceOffer
from .prepared import Prepared, Statement, rows
from .queries import DECIDING, Data, _current_name, _json_rows, _names, date_of, part_rows

PARTS = ("methods", "fees", "papers", "agencies")


@dataclass(frozen=True)
class Agency:
    """Who decides: the record's own name, and the unit's address where it is one of ours."""

    name: str
    slug: str = ""


@dataclass(frozen=True)
class Successor:
    """A procedure that took another's place."""

    code: str
    name: str
    url: str


@dataclass(frozen=True)
class Summary:
    """A procedure as it is on a day. Without a version in force it has no facts, and says since or until when, and what came
    in its place."""

    pk: int
    code: str
    name: str
    state: State
    day: dt.date | None = None  # on which it began or will begin; for one that is over, the first day without it
    end: str = ""  # why it is over, in words
    successors: tuple[Successor, ...] = ()
    facts: tuple[facts.Fact, ...] = ()
    agencies: tuple[Agency, ...] = ()
    papers: tuple[str, ...] = ()  # those that everybody needs
    papers_by_case: bool = False
    cost: Decimal | None = None  # at most
    limit: tuple[Decimal, str] | None = None  # at most

    @property
    def url(self) -> str:
        """The public page."""
        return reverse("procedures_catalog:procedure", args=[self.code])

    @property
    def in_force(self) -> bool:
        """Whether one can file it today."""
        return self.state == State.EFFECTIVE


def _summaries(procedures: str, day: dt.date) -> Any:
    # One parameter for any number of them, so that the statement stays the same.
    chosen = RawSQL("select unnest(%s::bigint[])", [procedures])  # a parameter  # nosec B611
    published = ProcedureVersion.objects.published().filter(procedure=OuterRef("pk")).order_by("-valid_from", "-id")
    today = ProcedureVersion.objects.in_force_on(day).filter(procedure=OuterRef("pk")).order_by("-id")
    heirs = Procedure.replaced_by.through.objects.filter(from_procedure=OuterRef("pk")).order_by("to_procedure__code")
    offers = ServiceOffer.objects.filter(procedure=OuterRef("pk")).order_by("point__unit__level", "point__unit__order", "point__name")
    return Procedure.objects.filter(pk__in=chosen).order_by().values("id", "code").annotate(
        versions=_json_rows(published, **_names("name", "levels", "valid_from", "valid_to", "change_kind", "end_kind")),
        today=_json_rows(today, **_names("id", "name", "levels", "sets", "valid_from", "receiving_address"),
                         **{f"{part}_rows": part_rows(part) for part in PARTS}),
        heirs=_json_rows(heirs, code="to_procedure__code", name=_current_name("to_procedure")),
        offers=_json_rows(
            offers, point="point__name", unit="point__unit__name", unit_slug="point__unit__slug", deciding_unit="deciding_unit__name",
            deciding_slug="deciding_unit__slug", point_from="point__valid_from", point_to="point__valid_to",
            unit_from="point__unit__valid_from", unit_to="point__unit__valid_to",
        ),
    )  # fmt: skip


SUMMARIES = Prepared(_summaries, procedures=str, day=dt.date)


def statement(keys: Iterable[int], day: dt.date) -> Statement:
    """What asks for the summaries of some procedures: run it (`prepared.together`), `read` its answer."""
    return SUMMARIES.statement(procedures=sorted(set(keys)), day=day)


def read(text: str, day: dt.date) -> dict[int, Summary]:
    """The summaries in an answer, in the reader's language, by primary key. A procedure that was never public is not among them."""
    return {row["id"]: _summary(row, day) for row in rows(text) if row["versions"]}


def _nearest(versions: list[Data]) -> Data:
    """Of versions in force at several levels the one closest to citizens, as its own page picks it."""
    ordinary = [row for row in versions if max(row["levels"], default=0) <= Level.WARD]
    return max(ordinary or versions, key=lambda row: max(row["levels"], default=0))


def _summary(row: Data, day: dt.date) -> Summary:
    heirs = tuple(
        Successor(heir["code"], heir["name"] or heir["code"], reverse("procedures_catalog:procedure", args=[heir["code"]])) for heir in row["heirs"]
    )
    if not row["today"]:
        return _not_today(row, heirs, day)
    version = _nearest(row["today"])
    offers = presentation.offers_on(row["offers"], day)
    methods, fees, papers = version["methods_rows"], version["fees_rows"], version["papers_rows"]
    found = [
        facts.how_long(methods),
        facts.how_much(methods, fees, day),
        facts.where(methods, offers, version["receiving_address"]),
        facts.what_to_bring(papers, version["sets"]),
    ]
    return Summary(
        pk=row["id"], code=row["code"], name=version["name"], state=State.EFFECTIVE, day=date_of(version["valid_from"]), successors=heirs,
        facts=tuple(fact for fact in found if fact), agencies=_agencies(version, offers),
        papers=tuple(dict.fromkeys(paper["name"] for paper in papers if not paper["case"])), papers_by_case=any(paper["case"] for paper in papers),
        cost=facts.most_to_pay(fees, day), limit=facts.longest(methods),
    )  # fmt: skip


def _not_today(row: Data, heirs: tuple[Successor, ...], day: dt.date) -> Summary:
    """One that is to come or over: what its own page would show."""
    to_come = [version for version in row["versions"] if presentation.state_on(version, day) == State.UPCOMING]
    version = to_come[-1] if to_come else row["versions"][0]
    state = presentation.state_on(version, day)
    last = date_of(version["valid_to"])
    since = date_of(version["valid_from"]) if state == State.UPCOMING or last is None else last + dt.timedelta(days=1)
    words = "" if state == State.UPCOMING else presentation.end_label(version) or str(State.ABOLISHED.label)
    return Summary(pk=row["id"], code=row["code"], name=version["name"], state=state, day=since, end=words, successors=heirs)


def _agencies(version: Data, offers: list[Data]) -> tuple[Agency, ...]:
    """Who decides, as the record says it; where it does not, the units that the offers name, when they are few."""
    named = [
        Agency(agency["name"] or agency["unit"] or "", agency["unit_slug"] or "")
        for agency in version["agencies_rows"] if agency["role"] in {str(role) for role in DECIDING}
    ]  # fmt: skip
    if not named:
        pairs = dict.fromkeys((offer["deciding_unit"] or offer["unit"], offer["deciding_slug"] or offer["unit_slug"]) for offer in offers)
        named = [Agency(name, slug) for name, slug in pairs] if len(pairs) <= 3 else []
    return tuple(dict.fromkeys(named))
