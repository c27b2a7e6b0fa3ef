"""Resources of django-import-export that read a file, look up what it names and say what is wrong with it by row and column.
They write nothing: what is right goes through `services`, in one transaction, or not at all."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from foundation import imports
from foundation.tabular import unescape
from organisation.models import Unit, today
from procedures_catalog.models import Procedure
from procedures_catalog.models.identity import CODE_PATTERN
from safeguards.models import User

from .. import services
from ..enums import PlanEnd
from ..models import FIRST_YEAR, LAST_YEAR, PlannedLevel
from ..rules import SCHEMES

MAX_BYTES, MAX_ROWS = 10 * 1024 * 1024, 20_000
CODE = re.compile(CODE_PATTERN)


@dataclass
class Report(imports.Report):
    """What a file would do or did."""

    ended: int = 0


class Reading(imports.RowReader):
    """Reads the rows of a file into `read`, and what is wrong with them into `report`."""

    header: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    report: Report

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.read: list[tuple[int, dict[str, Any]]] = []
        self.units: dict[str, Unit] = {unit.code: unit for unit in Unit.objects.all()}

    def take(self, row: OrderedDict[str, Any], number: int) -> None:
        """Keep the row's values when nothing is wrong with them."""
        before = len(self.report.problems)
        cells = {name: str(unescape(row.get(name) or "")).strip() for name in (*self.header, *self.optional)}
        values = self.values_of(cells, lambda column, message: self.report.complain(number, column, message, cells.get(column, "")))
        if len(self.report.problems) == before:
            self.read.append((number, values))

    def values_of(self, cells: dict[str, str], complain: Callable[[str, str], None]) -> dict[str, Any]:
        """The row's values; `complain` takes a column and what is wrong there."""
        raise NotImplementedError

    def apply(self, actor: User | None) -> None:
        """Write what was read, through the services."""
        raise NotImplementedError

    # ── Cells ──

    def _unit(self, cells: dict[str, str], complain: Callable[[str, str], None]) -> Unit | None:
        unit = self.units.get(cells["unit"])
        if unit is None:
            complain("unit", _("There is no unit of this code."))
        return unit

    @staticmethod
    def _day(cells: dict[str, str], column: str, complain: Callable[[str, str], None]) -> dt.date | None:
        form = "%Y-%m-%d" if "-" in cells[column] else "%d/%m/%Y"
        try:
            return dt.datetime.strptime(cells[column], form).date()  # noqa: DTZ007  # a day has no zone
        except ValueError:
            complain(column, _("A day is written 2026-01-31 or 31/01/2026."))
            return None

    @staticmethod
    def _text(cells: dict[str, str], column: str, complain: Callable[[str, str], None], most: int = 300) -> str:
        if not cells[column] or len(cells[column]) > most or "\x00" in cells[column]:
            complain(column, _("A text of 1 to %(most)s characters.") % {"most": most})
        return cells[column]


class PlanResource(Reading):
    """Planned levels; natural key: procedure, unit, year, scheme."""

    header = ("procedure", "unit", "year", "scheme", "level", "basis", "decided_on")
    optional = ("ended_on", "end_basis", "state")

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.procedures: dict[str, Procedure] = {procedure.code: procedure for procedure in Procedure.objects.only("code")}
        self.known: set[tuple[Any, ...]] = set()

    def values_of(self, cells: dict[str, str], complain: Callable[[str, str], None]) -> dict[str, Any]:
        """The plan; its procedure and unit exist, its level is one of its scheme."""
        procedure = self.procedures.get(cells["procedure"])
        if procedure is None:
            complain("procedure", _("There is no procedure of this code."))
        unit = self._unit(cells, complain)
        year = int(cells["year"]) if re.fullmatch(r"[0-9]{4}", cells["year"]) else 0
        if not FIRST_YEAR <= year <= LAST_YEAR:
            complain("year", _("A year from %(first)s to %(last)s.") % {"first": FIRST_YEAR, "last": LAST_YEAR})
        if cells["scheme"] not in SCHEMES:
            complain("scheme", _("One of: %(words)s.") % {"words": ", ".join(SCHEMES)})
        elif cells["level"] not in SCHEMES[cells["scheme"]]:
            complain("level", _("One of: %(words)s.") % {"words": ", ".join(SCHEMES[cells["scheme"]])})
        basis, decided = self._text(cells, "basis", complain), self._day(cells, "decided_on", complain)
        if decided is not None and decided > today():
            complain("decided_on", _("This day is still to come."))
        elif decided is not None and year and decided.year > year:
            complain("decided_on", _("A level is planned before its year ends."))
        withdrawn = self._day(cells, "ended_on", complain) if cells["state"] == PlanEnd.WITHDRAWN and cells["ended_on"] else None
        key = (cells["procedure"], cells["unit"], year, cells["scheme"])
        if (*key, decided, cells["level"]) in self.known:
            complain("procedure", _("This row stands twice in the file."))
        self.known.add((*key, decided, cells["level"]))
        return {
            "key": key, "procedure": procedure, "unit": unit, "year": year, "scheme": cells["scheme"], "level": cells["level"], "basis": basis,
            "decided_on": decided, "withdrawn_on": withdrawn, "end_basis": cells["end_basis"],
        }  # fmt: skip

    def apply(self, actor: User | None) -> None:
        """In the order in which they were decided, so that a changed plan comes after the one that it changes."""
        standing: dict[tuple[Any, ...], list[PlannedLevel]] = {}
        for plan in PlannedLevel.objects.select_related("procedure", "unit").order_by("decided_on", "id"):
            standing.setdefault((plan.procedure.code, plan.unit.code, plan.year, plan.scheme), []).append(plan)
        for number, row in sorted(self.read, key=lambda item: (item[1]["decided_on"], item[0])):
            plans = standing.setdefault(row["key"], [])
            try:
                self._apply_one(row, plans, actor)
            except ValidationError as error:
                self.report.complain(number, next(iter(getattr(error, "message_dict", {})), ""), " ".join(error.messages))

    def _apply_one(self, row: dict[str, Any], plans: list[PlannedLevel], actor: User | None) -> None:
        said = (row["level"], row["basis"], row["decided_on"])
        same = next((plan for plan in plans if (plan.level, plan.basis, plan.decided_on) == said), None)
        current = next((plan for plan in plans if plan.ended_on is None), None)
        if same is not None:
            plan = same
        elif current is not None:
            plan = services.change_plan(current, row["level"], row["basis"], row["decided_on"], actor)
            current.ended_on = plan.decided_on
            plans.append(plan)
            self.report.changed += 1
        else:
            values = {name: row[name] for name in ("procedure", "unit", "year", "scheme", "level", "basis", "decided_on")}
            plan = services.plan_level(PlannedLevel(**values), actor)
            plans.append(plan)
            self.report.added += 1
        if row["withdrawn_on"] and plan.ended_on is None:
            ended = services.withdraw_plan(plan, row["end_basis"], row["withdrawn_on"], actor)
            plan.ended_on = ended.ended_on
            self.report.ended += 1
        elif same is not None:
            self.report.unchanged += 1


class PostingResource(Reading):
    """Lists of procedures to publish; natural key: unit and first day. A list is the rows that share both."""

    header = ("unit", "source", "valid_from", "code", "name")

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.sources: dict[tuple[str, str], str] = {}
        self.seen: set[tuple[str, str, str]] = set()

    def values_of(self, cells: dict[str, str], complain: Callable[[str, str], None]) -> dict[str, Any]:
        """A line of a list."""
        unit = self._unit(cells, complain)
        source, valid_from = self._text(cells, "source", complain), self._day(cells, "valid_from", complain)
        name = self._text(cells, "name", complain, 2000)
        if not CODE.fullmatch(cells["code"]):
            complain("code", _("A national code has the form 1.004873: one digit, a full stop, six digits."))
        key = (cells["unit"], str(valid_from))
        if self.sources.setdefault(key, source) != source:
            complain("source", _("Rows of one unit and day name one source."))
        if (*key, cells["code"]) in self.seen:
            complain("code", _("A procedure stands twice in the list."))
        self.seen.add((*key, cells["code"]))
        return {"unit": unit, "source": source, "valid_from": valid_from, "code": cells["code"], "name": name}

    def apply(self, actor: User | None) -> None:
        """List by list, the oldest first."""
        lists: dict[tuple[Any, ...], list[tuple[int, dict[str, Any]]]] = {}
        for number, row in self.read:
            lists.setdefault((row["valid_from"], row["unit"].code), []).append((number, row))
        for _key, rows in sorted(lists.items()):
            number, first = rows[0]
            entries = [(row["code"], row["name"]) for _number, row in rows]
            try:
                _made, new = services.post_list(first["unit"], first["source"], first["valid_from"], entries, actor)
            except ValidationError as error:
                self.report.complain(number, "", " ".join(error.messages))
                continue
            self.report.added += new
            self.report.unchanged += not new


KINDS: dict[str, type[Reading]] = {"roadmap": PlanResource, "posting": PostingResource}


def _lines(data: bytes, report: Report) -> Iterator[dict[str, str]]:
    """The rows of a file by the names of its header; None in place of a file that is none."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        report.complain(1, "", _("The file is no text in UTF-8."))
        return
    sample = text.partition("\n")[0]
    try:
        yield from csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if sample.count(";") > sample.count(",") else ",", strict=True)
    except csv.Error as error:
        report.complain(report.rows + 2, "", _("The file cannot be read as CSV: %(error)s") % {"error": error})


def _dataset(lines: Iterable[dict[str, Any]], kind: type[Reading], report: Report) -> tablib.Dataset:
    names = (*kind.header, *kind.optional)
    data = tablib.Dataset(headers=names)
    for number, line in enumerate(lines, start=2):
        if number == 2 and (missing := [name for name in kind.header if name not in line]):
            report.complain(1, ", ".join(missing), _("The header lacks these columns."))
            break
        if number - 1 > MAX_ROWS:
            report.complain(number, "", _("A file has %(most)s rows at most.") % {"most": MAX_ROWS})
            break
        if None in line or any(line[name] is None for name in kind.header):
            report.complain(number, "", _("The row has another number of cells than the header."))
            continue
        if any(line.values()):
            data.append([line.get(name) or "" for name in names])
    return data


def read(kind: str, data: bytes, actor: User | None, *, dry_run: bool = False) -> Report:
    """Read a file of plans or lists and write it, all of it or nothing: with one problem nothing changes. A dry run never does."""
    report = Report()
    if len(data) > MAX_BYTES:
        report.complain(1, "", _("A file has %(most)s MB at most.") % {"most": MAX_BYTES // 1024 // 1024})
        return report
    dataset = _dataset(_lines(data, report), KINDS[kind], report)
    if not report.problems and not len(dataset):
        report.complain(1, "", _("The file has no rows."))
    if report.problems:
        return report
    resource = KINDS[kind](report)
    try:
        with transaction.atomic():
            resource.import_data(dataset, dry_run=False, raise_errors=True)
            if not report.problems:
                resource.apply(actor)
            if report.problems or dry_run:
                raise imports.Undone
    except imports.Undone:
        return report
    return report
