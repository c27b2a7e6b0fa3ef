"""Import of the unit's own words: plain-language guidance, asked questions, who offers a procedure where, life events.

Stated cells overwrite, empty ones leave what is there; the questions and offers of a procedure that the file names are the
file's. A file with errors changes nothing; a second import neither."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from organisation.enums import LEVEL_BY_CODE
from organisation.models import ServicePoint, Unit, today
from safeguards.services import record_many

from ..models import AskedQuestion, LifeEvent, Procedure, ServiceOffer
from .cleaning import clean_row
from .columns import GUIDANCE_TABLES, READ_TABLES, Table
from .problems import BadFile, Problem, shown, suggestion
from .readers import COMMAND, Limits
from .readers.opening import open_book
from .readers.sheets import check_headers

if TYPE_CHECKING:
    from safeguards.models import User

OF_LEVEL = "level:"  # "level:ward": every counter of a ward
Row = tuple[int, dict[str, Any], set[str]]  # row, values, stated columns


@dataclass
class GuidanceReport:
    """What an import of guidance did, or what is wrong."""

    problems: list[Problem] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    done: bool = False


@dataclass
class _Known:
    """What rows may name."""

    procedures: dict[str, Procedure]
    points: dict[str, ServicePoint]
    units: dict[str, Unit]
    events: dict[str, LifeEvent]

    @classmethod
    def load(cls) -> _Known:
        return cls(
            {procedure.code: procedure for procedure in Procedure.objects.all()},
            {point.slug: point for point in ServicePoint.objects.select_related("unit")},
            {unit.code: unit for unit in Unit.objects.all()},
            {event.slug: event for event in LifeEvent.objects.all()},
        )

    def points_named(self, word: str) -> list[ServicePoint] | None:
        """A point by its slug, or the points of a level that are open today."""
        if not word.startswith(OF_LEVEL):
            return [self.points[word]] if word in self.points else None
        level = LEVEL_BY_CODE.get(word.removeprefix(OF_LEVEL).strip())
        if level is None:
            return None
        day = today()
        open_ = [
            point
            for point in self.points.values()
            if point.unit.level == level and point.parent_id is None and point.unit.is_valid_on(day)
            and (point.valid_from is None or point.valid_from <= day) and (point.valid_to is None or day <= point.valid_to)
        ]  # fmt: skip
        return sorted(open_, key=lambda point: (point.unit.order, point.slug)) or None


def import_guidance(path: Path | str, *, actor: User, dry_run: bool = False, limits: Limits = COMMAND) -> GuidanceReport:
    """Import a folder (or archive, or workbook) of guidance. Writes nothing when anything is wrong."""
    report = GuidanceReport()
    try:
        rows = _read(Path(path), limits.begin(), report)
    except BadFile as error:
        report.problems += error.problems
        return report
    with transaction.atomic():
        known = _Known.load()
        _check(rows, known, report)
        if report.problems:
            return report
        _write(rows, known, actor, report)
        if dry_run:
            transaction.set_rollback(True)
        else:
            report.done = True
    return report


def _read(path: Path, limits: Limits, report: GuidanceReport) -> dict[str, list[Row]]:
    if not path.exists():
        raise BadFile(_("There is no such file: %(path)s") % {"path": path})
    rows: dict[str, list[Row]] = {name: [] for name in GUIDANCE_TABLES}
    with ExitStack() as stack:
        book, _plain = open_book(path, limits, stack, single="guidance", known=GUIDANCE_TABLES)
        if book is None:
            raise BadFile(_("Guidance is read from CSV files and workbooks."))
        found = check_headers(book.sheets, GUIDANCE_TABLES, (), READ_TABLES)
        if not any(sheet.name in GUIDANCE_TABLES for sheet in book.sheets):
            found.append(Problem(_("None of the tables guidance, questions, offers, life_events is there.")))
        if found:
            raise BadFile(found)
        count = 0
        for sheet in book.sheets:
            table = GUIDANCE_TABLES.get(sheet.name)
            for number, cells in book.rows(sheet) if table is not None else ():
                count += 1
                limits.check_rows(count)
                limits.check_time()
                assert table is not None  # noqa: S101
                rows[table.name].append(_clean(table, number, sheet.header, cells, report))
        report.problems += book.problems
    return rows


def _clean(table: Table, number: int, header: list[str], cells: list[Any], report: GuidanceReport) -> Row:
    if len(cells) > len(header):
        message = _("The row has %(cells)d cells, the header has %(header)d.") % {"cells": len(cells), "header": len(header)}
        report.problems.append(Problem(message, table.name, number))
    values = {name: value for name, value in zip(header, cells, strict=False) if name}

    def complain(column: str, message: str, value: Any) -> None:
        report.problems.append(Problem(message, table.name, number, column, shown(value), shown(values.get("code") or values.get("slug") or "")))

    cleaned = clean_row(table, values, complain)
    return number, cleaned, {name for name, value in values.items() if value not in (None, "") and str(value).strip()}


def _check(rows: dict[str, list[Row]], known: _Known, report: GuidanceReport) -> None:
    def complain(table: str, number: int, column: str, message: str, value: str) -> None:
        report.problems.append(Problem(message, table, number, column, shown(value)))

    slugs = known.events.keys() | {row["slug"] for _number, row, _stated in rows["life_events"]}
    for table, key in (("guidance", "code"), ("life_events", "slug")):
        seen: dict[str, int] = {}
        for number, row, _stated in rows[table]:
            if row[key] and seen.setdefault(row[key], number) != number:
                complain(table, number, key, _("It stands there already, in row %(row)d.") % {"row": seen[row[key]]}, row[key])
    for table in ("guidance", "questions", "offers"):
        for number, row, _stated in rows[table]:
            if row["code"] and row["code"] not in known.procedures:
                complain(table, number, "code", _("There is no such procedure in the catalogue."), row["code"])
    for number, row, _stated in rows["guidance"]:
        for slug in row["life_events"]:
            if slug not in slugs:
                hint = suggestion(slug, slugs)
                complain("guidance", number, "life_events", (_("There is no life event of this address.") + " " + hint).strip(), slug)
    for number, row, _stated in rows["offers"]:
        if row["deciding_unit"] and row["deciding_unit"] not in known.units:
            complain("offers", number, "deciding_unit", _("There is no unit of this code."), row["deciding_unit"])
        for word in row["service_point"]:
            if known.points_named(word) is None:
                hint = suggestion(word, known.points)
                complain("offers", number, "service_point", (_("There is no service point of this address.") + " " + hint).strip(), word)


def _write(rows: dict[str, list[Row]], known: _Known, actor: User, report: GuidanceReport) -> None:
    from ..search_sources import reindex

    for _number, row, stated in rows["life_events"]:
        _life_event(row, stated, known, report)
    changed: set[str] = set()
    for _number, row, stated in rows["guidance"]:
        if _guidance(known.procedures[row["code"]], row, stated, known):
            changed.add(row["code"])
            report.counts["guidance"] += 1
    changed |= _lists(rows["questions"], "questions", known, report)
    changed |= _lists(rows["offers"], "offers", known, report)
    if changed:
        procedures = [known.procedures[code] for code in sorted(changed)]
        record_many((("procedures_catalog.guidance_imported", procedure, {"code": procedure.code}) for procedure in procedures), actor=actor)
        reindex([procedure.pk for procedure in procedures])


def _life_event(row: dict[str, Any], stated: set[str], known: _Known, report: GuidanceReport) -> None:
    event = known.events.get(row["slug"])
    values = {name: value for name, value in row.items() if name in stated}
    if event is None:
        known.events[row["slug"]] = LifeEvent.objects.create(**values)
        report.counts["life_events"] += 1
    elif any(getattr(event, name) != value for name, value in values.items()):
        LifeEvent.objects.filter(pk=event.pk).update(**values)
        report.counts["life_events"] += 1


def _guidance(procedure: Procedure, row: dict[str, Any], stated: set[str], known: _Known) -> bool:
    changed = {}
    for name in ("summary", "guidance", "popularity", "review_on"):
        old = getattr(procedure, name)
        if name in stated and row[name] != (old.isoformat() if hasattr(old, "isoformat") else old):
            changed[name] = row[name]
    if changed:
        Procedure.objects.filter(pk=procedure.pk).update(**changed)
    if "life_events" not in stated:
        return bool(changed)
    wanted = {known.events[slug].pk for slug in row["life_events"]}
    links: Any = Procedure.life_events.through
    standing = set(links.objects.filter(procedure_id=procedure.pk).values_list("lifeevent_id", flat=True))
    links.objects.filter(procedure_id=procedure.pk, lifeevent_id__in=standing - wanted).delete()
    links.objects.bulk_create([links(procedure_id=procedure.pk, lifeevent_id=event) for event in sorted(wanted - standing)])
    return bool(changed) or standing != wanted


def _lists(rows: Iterable[Row], name: str, known: _Known, report: GuidanceReport) -> set[str]:
    """Questions, or offers: those of a procedure that the file names are exactly the file's."""
    wanted: dict[str, list[tuple[Any, ...]]] = {}
    for _number, row, _stated in rows:
        mine = wanted.setdefault(row["code"], [])
        if name == "questions":
            mine.append((row["question"], row["answer"]))
            continue
        unit = known.units[row["deciding_unit"]].pk if row["deciding_unit"] else None
        for word in row["service_point"]:
            for point in known.points_named(word) or ():
                offer = (point.pk, unit, row["online"], row["by_post"], row["outside_territory"])
                mine[:] = [other for other in mine if other[0] != point.pk]  # a later row says it more exactly
                mine.append(offer)
    model: Any = AskedQuestion if name == "questions" else ServiceOffer
    columns = ("question", "answer") if name == "questions" else ("point_id", "deciding_unit_id", "online", "by_post", "outside_territory")
    standing: dict[int, list[tuple[Any, ...]]] = {}
    keys = [known.procedures[code].pk for code in wanted]
    order = ("sort_order", "id") if name == "questions" else ("id",)
    for procedure, *values in model.objects.filter(procedure_id__in=keys).order_by(*order).values_list("procedure_id", *columns):
        standing.setdefault(procedure, []).append(tuple(values))
    changed = set()
    for code, mine in wanted.items():
        procedure = known.procedures[code].pk
        before = standing.get(procedure, [])
        if before == mine or (name == "offers" and sorted(map(str, before)) == sorted(map(str, mine))):
            continue
        changed.add(code)
        model.objects.filter(procedure_id=procedure).delete()
        fresh = [model(procedure_id=procedure, **dict(zip(columns, values, strict=True))) for values in mine]
        if name == "questions":
            for order_of, question in enumerate(fresh):
                question.sort_order = order_of
        model.objects.bulk_create(fresh)
        report.counts[name] += 1
    return changed
