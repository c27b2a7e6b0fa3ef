"""What the page of a unit is made of: the unit, those above, below and before it, its counters and people.

The unit and all units around it are one prepared query; those around it are told in a line each and need no model."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q
from django.db.models.functions import JSONObject
from django.urls import reverse

from foundation.prepared import Prepared, rows

from .models import Population, Unit, in_language, today

COLUMNS = (
    "id", "name", "short_name", "name_en", "slug", "code", "level", "kind", "is_government", "parent_id", "valid_from", "valid_to", "duties",
    "duties_en", "email", "telephone", "website", "order",
)  # fmt: skip
DAYS = ("valid_from", "valid_to")
_LINE = {name: F(name) for name in ("name", "name_en", "slug", "telephone", "valid_to")}


@dataclass(frozen=True)
class Line:
    """A unit around the one that is shown."""

    name: str
    name_en: str
    slug: str
    telephone: str = ""
    valid_to: dt.date | None = None

    def get_absolute_url(self) -> str:
        """The public page."""
        return reverse("organisation:unit", args=[self.slug])

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name, self.name_en)


@dataclass(frozen=True)
class Around:
    """A unit with the units around it and its latest count."""

    unit: Unit
    ancestors: list[Line]  # from the top down
    below: list[Line]
    predecessors: list[Line]
    population: dict[str, Any] | None = field(default=None)


def _unit(slug: str, day: dt.date) -> Any:
    lines = JSONObject(**_LINE)
    there = (Q(valid_from=None) | Q(valid_from__lte=day)) & (Q(valid_to=None) | Q(valid_to__gte=day))
    counted = Population.objects.filter(unit=OuterRef("pk")).order_by("-counted_on")
    numbers = JSONObject(on=F("counted_on"), inhabitants=F("inhabitants"), voters=F("voters"), source=F("source"))
    return Unit.objects.filter(slug=slug).order_by().values(*COLUMNS).annotate(
        below=ArraySubquery(Unit.objects.filter(there, parent=OuterRef("pk")).order_by("level", "order", "name").values(data=lines)),
        before=ArraySubquery(Unit.objects.filter(successors=OuterRef("pk")).order_by("-valid_to", "name").values(data=lines)),
        counted=ArraySubquery(counted.values(data=numbers)[:1]),
        above=JSONObject(
            **{f"{step}_{name}": F(f"{path}__{name}") for step, path in (("first", "parent"), ("second", "parent__parent"),
               ("third", "parent__parent__parent")) for name in ("name", "name_en", "slug")},
        ),
    )  # fmt: skip


UNIT = Prepared(_unit, slug=str, day=dt.date)


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text[:10]) if text else None


def _line(row: dict[str, Any]) -> Line:
    return Line(row["name"], row["name_en"] or "", row["slug"], row["telephone"] or "", _day(row["valid_to"]))


def load(slug: str) -> Around | None:
    """The unit of an address with what stands around it, today; None where there is none. One query."""
    row = next(iter(rows(UNIT(slug=slug, day=today()))), None)
    if row is None:
        return None
    # Field by field and in the order of the model, as a row of the database: nothing of it is saved here.
    unit = Unit.from_db("default", COLUMNS, [_day(row[name]) if name in DAYS else row[name] for name in COLUMNS])
    above = [
        Line(row["above"][f"{step}_name"], row["above"][f"{step}_name_en"] or "", row["above"][f"{step}_slug"])
        for step in ("third", "second", "first") if row["above"][f"{step}_slug"]
    ]  # fmt: skip
    counted = row["counted"][0] if row["counted"] else None
    return Around(
        unit=unit,
        ancestors=above,
        below=[_line(one) for one in row["below"]],
        predecessors=[_line(one) for one in row["before"]],
        population={**counted, "on": _day(counted["on"])} if counted else None,
    )
