"""Units and service points in the search box."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db import connection
from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from foundation.registries import SearchDocument, SearchSource, search_sources
from search import services as search

from .enums import LEVEL_BY_CODE, Level
from .models import ServicePoint, Unit

KIND = "unit"
CODES = {level: code for code, level in LEVEL_BY_CODE.items()}


def _document(unit: Unit) -> SearchDocument:
    points: list[ServicePoint] = list(unit.service_points.all())
    return SearchDocument(
        kind=KIND,
        object_id=str(unit.pk),
        title=unit.name,
        url=f"/co-quan/{unit.slug}/",
        body="\n".join([unit.duties, *(f"{point.name}, {point.address}" for point in points)]).strip(),
        asked="\n".join(word for word in (unit.short_name, unit.name_en) if word),
        code=unit.code,
        unit=str(unit.pk),
        levels=(CODES[Level(unit.level)],),
        facts={"telephone": unit.telephone, "last_day": unit.valid_to.isoformat() if unit.valid_to else ""},
        valid_from=unit.valid_from,
        valid_to=unit.valid_to,
    )


def _documents(ids: Iterable[int] | None = None) -> Iterator[SearchDocument]:
    units = Unit.objects.prefetch_related(Prefetch("service_points", ServicePoint.objects.current()))
    # A closed unit is still found: its page says since when, and leads to its successors.
    for unit in (units if ids is None else units.filter(pk__in=list(ids))).iterator(chunk_size=500):
        yield _document(unit)


def _visible(object_ids: Iterable[str]) -> set[str]:
    return {str(pk) for pk in Unit.objects.filter(pk__in=[int(pk) for pk in object_ids]).values_list("pk", flat=True)}


def reindex_units(ids: Iterable[int]) -> None:
    """Write what is found of these units, in the transaction of the change."""
    search.put(_documents(ids))


def _own_units() -> list[tuple[str, str]]:
    """The wards of today: whoever asks lives in one of them."""
    wards = Unit.objects.current().filter(is_government=True, level=Level.WARD).order_by("name")
    return [(str(pk), name) for pk, name in wards.values_list("pk", "name")]


_AROUND = """
with recursive up(id, parent_id) as (
  select id, parent_id from organisation_unit where id = %s
  union select u.id, u.parent_id from organisation_unit u join up on u.id = up.parent_id
), down(id) as (
  select id from organisation_unit where id = %s union select u.id from organisation_unit u join down on u.parent_id = down.id
)
select id from up union select id from down
"""


def _around(unit: str) -> list[str]:
    """A unit, those that it belongs to and those that belong to it: a district's entry serves the people of its wards, too."""
    if not (unit.isascii() and unit.isdigit() and len(unit) < 12):
        return []
    with connection.cursor() as cursor:
        cursor.execute(_AROUND, [int(unit), int(unit)])
        return [str(pk) for (pk,) in cursor.fetchall()]


def register() -> None:
    """Called when the application starts."""
    source = SearchSource(KIND, _("Units"), _documents, _visible, own_units=_own_units, around=_around)
    search_sources.register(KIND, source)
