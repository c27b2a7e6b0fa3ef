"""Tables as files, CSV or XLSX, in and out: what is exported is imported without a change.

A resource of django-import-export reads a file and says what is wrong by row and column; what is right goes through `editing`, in
one transaction, all of it or nothing. A dry run does the same and takes it back, so that it shows exactly what would happen."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

import tablib
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from foundation import imports
from foundation.tabular import escape_row, unescape
from safeguards.models import User

from . import editing
from .fields import SEPARATOR, PhrasesField, tidied
from .models import Entry, Kept, Pick

MAX_BYTES, MAX_ROWS, MAX_UNFOLDED = 2 * 1024 * 1024, 5_000, 40 * 1024 * 1024
TOLD = 300  # problems that a report names, changes that a preview shows
YES, NO = ("yes", "1", "true", "có", "x"), ("no", "0", "false", "không", "")
SEEDS = Path(settings.STATICFILES_DIRS[0]).parent / "fixtures" / "search"

HEADERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # table -> columns that it must have, columns that it may have
    "synonyms": (("canonical",), ("same", "one_way", "note", "active")),
    "abbreviations": (("short", "long"), ("capitals", "note", "active")),
    "guidance": (("name", "phrases", "text"), ("text_en", "link", "elsewhere", "note", "active")),
    "picks": (("phrases", "url"), ("order", "valid_from", "valid_to", "note", "active")),
    "words": (("word",), ("use", "note", "active")),
}
Complain = Callable[[str, str], None]


@dataclass(frozen=True)
class Change:
    """What a row of the file does to the table: its key, and the values before and after by column (before is None for a new row)."""

    row: int
    key: str
    before: dict[str, str] | None
    after: dict[str, str]

    @property
    def columns(self) -> list[tuple[str, str, str]]:
        """Column, before, after of what differs."""
        return [(name, (self.before or {}).get(name, ""), value) for name, value in self.after.items()]


@dataclass
class Report(imports.Report):
    """What a file would do or did."""

    most_told: ClassVar[int] = TOLD

    changes: list[Change] = field(default_factory=list)


def entry_at(text: str) -> Entry | None:
    """The thing that can be found at an address of the portal, or by its code; None when there is none."""
    path = unquote(urlsplit(text.strip()).path) if "/" in text else ""
    path = path.removeprefix("/en") if path.startswith("/en/") else path
    found = Entry.objects.filter(live=True, url=path) if path else Entry.objects.filter(live=True, code=text.strip()).exclude(code="")
    return found.order_by("kind", "object_id").first()


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class TableResource(imports.RowReader):
    """Reads the rows of a file into rows of a table."""

    def __init__(self, table: str, report: Report, known: dict[str, Kept] | None = None) -> None:
        super().__init__(report)
        self.table = table
        self.model = editing.TABLES[table]
        self.known = known or {}
        self.read: list[tuple[int, Kept]] = []
        self.seen: set[str] = set()

    def take(self, row: OrderedDict[str, Any], number: int) -> None:
        """Keep the row of the table when nothing is wrong with it."""
        before = len(self.report.problems)
        cells = {name: str(unescape("" if value is None else value)).strip() for name, value in row.items() if value is not None}
        made = self.row_of(cells, lambda column, message: self.report.complain(number, column, message, cells.get(column, "")))
        if len(self.report.problems) > before:
            return
        if (name := editing.key(made)) in self.seen:
            self.report.complain(number, "", _("This stands in the file twice."), name)
        self.seen.add(name)
        self.read.append((number, made))

    def row_of(self, cells: dict[str, str], complain: Complain) -> Kept:
        """The row of the table that a row of the file names, or a new one, with the file's values."""
        values: dict[str, Any] = {}
        for name, cell in cells.items():
            if name == "url":
                entry = entry_at(cell)
                if entry is None:
                    complain(name, _("Nothing on the portal has this address or code."))
                else:
                    values |= {"kind": entry.kind, "object_id": entry.object_id}
                continue
            try:
                values[name] = self._value(name, cell)
            except ValueError as error:
                complain(name, str(error))
        fresh = self.model(**values)
        row = self.known.get(editing.key(fresh), fresh)
        for name, value in values.items():
            setattr(row, name, value)
        try:
            row.clean_fields()
            row.clean()
        except ValidationError as error:
            tell(error, complain)
        return row

    def _value(self, name: str, cell: str) -> Any:
        column: Any = self.model._meta.get_field(name)
        if isinstance(column, PhrasesField):
            return tidied(cell.split(SEPARATOR))
        kind = column.get_internal_type()
        if kind == "BooleanField":
            if cell.lower() not in (*YES, *NO):
                raise ValueError(_("Write yes or no."))
            return cell.lower() in YES
        if kind == "DateField":
            if not cell:
                return None
            try:
                return dt.datetime.strptime(cell, "%Y-%m-%d" if "-" in cell else "%d/%m/%Y").date()  # noqa: DTZ007  # a day has no zone
            except ValueError as error:
                raise ValueError(_("A day is written 2026-01-31 or 31/01/2026.")) from error
        if kind == "PositiveSmallIntegerField":
            if not (cell.isascii() and cell.isdigit() and 0 < int(cell) < 1000):
                raise ValueError(_("A number from 1 to 999."))
            return int(cell)
        if not cell and column.has_default():
            return column.get_default()
        return cell


def tell(error: ValidationError, complain: Complain) -> None:
    """Say each problem at its column."""
    said = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for name, messages in said.items():
        complain("" if name == "__all__" else "url" if name in {"kind", "object_id"} else name, " ".join(messages))


def _csv_lines(data: bytes, report: Report) -> Iterator[list[Any]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        report.complain(1, "", _("The file is no text in UTF-8."))
        return
    sample = text.partition("\n")[0]
    try:
        # Phrases are separated by semicolons inside their cells, so that what the header has most of tells.
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=sample.count), strict=True)
    except csv.Error as error:
        report.complain(1, "", _("The file cannot be read as CSV: %(error)s") % {"error": error})


def _xlsx_lines(data: bytes, report: Report) -> Iterator[list[Any]]:
    import openpyxl

    damaged = _("The workbook cannot be read: it is damaged or no XLSX file.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            # An entry never gives more than its directory says, so the directory bounds what is unfolded.
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNFOLDED:
                report.complain(1, "", _("The workbook unfolds to far more than such a table can hold; it is refused."))
                return
        workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        sheet = workbook.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its size may be a lie
        for number, cells in enumerate(sheet.iter_rows(max_col=40), start=1):
            if any(cell.data_type == "f" for cell in cells):
                report.complain(number, "", _("The cell holds a formula. Put its value there."))
                return
            yield [value.date().isoformat() if isinstance(value := cell.value, dt.datetime) else value for cell in cells]
    except Exception as error:  # openpyxl has no error of its own: whatever it meets in a damaged file comes through  # noqa: BLE001
        report.complain(1, "", damaged, type(error).__name__)


def _dataset(lines: Iterable[list[Any]], table: str, report: Report) -> tablib.Dataset:
    """The rows under the header, with the columns that the file has; nothing when it lacks one that is needed."""
    needed, optional = HEADERS[table]
    source = iter(lines)
    header = ["" if cell is None else str(cell).strip().lower() for cell in next(source, [])]
    while header and not header[-1]:
        header.pop()
    data = tablib.Dataset(headers=header)
    if report.problems:
        return data
    if missing := [name for name in needed if name not in header]:
        report.complain(1, ", ".join(missing), _("The header lacks these columns."))
    if unknown := [name for name in header if name not in (*needed, *optional)]:
        report.complain(1, ", ".join(unknown), _("These columns are not known here."))
    if len(set(header)) < len(header):
        report.complain(1, "", _("A column stands there twice."))
    if report.problems:
        return data
    for number, line in enumerate(source, start=2):
        cells = ["" if cell is None else cell for cell in line]
        if not any(str(cell).strip() for cell in cells):
            continue
        if len(data) >= MAX_ROWS:
            report.complain(number, "", _("A file has %(most)s rows at most.") % {"most": MAX_ROWS})
            break
        if len(cells) < len(header) or any(str(cell).strip() for cell in cells[len(header) :]):
            report.complain(number, "", _("The row has another number of cells than the header."))
            continue
        data.append(cells[: len(header)])
    return data


def _parse(table: str, data: bytes, report: Report, known: dict[str, Kept] | None = None) -> TableResource:
    resource = TableResource(table, report, known)
    if len(data) > MAX_BYTES:
        report.complain(1, "", _("A file has %(most)s MB at most.") % {"most": MAX_BYTES // 1024 // 1024})
        return resource
    dataset = _dataset(_xlsx_lines(data, report) if data[:4] == b"PK\x03\x04" else _csv_lines(data, report), table, report)
    if not report.problems and not len(dataset):
        report.complain(1, "", _("The file has no rows."))
    if not report.problems:
        resource.import_data(dataset, dry_run=False, raise_errors=True)
    return resource


def read(table: str, data: bytes, actor: User | None, *, dry_run: bool = False) -> Report:
    """Take a file into a table: rows that are there are changed, others added, none removed; with one problem nothing changes."""
    report = Report()
    model = editing.TABLES[table]
    try:
        with transaction.atomic():
            known = {editing.key(row): row for row in model._default_manager.select_for_update()}
            former = {name: shown(table, row) for name, row in known.items()}
            resource = _parse(table, data, report, known)
            for number, row in resource.read if not report.problems else ():
                _take(table, number, row, former.get(editing.key(row)), report, actor)
            if report.problems or dry_run:
                raise imports.Undone
    except imports.Undone:
        return report
    return report


def _take(table: str, number: int, row: Kept, before: dict[str, str] | None, report: Report, actor: User | None) -> None:
    name, after = editing.key(row), shown(table, row)
    differs = after if before is None else {column: value for column, value in after.items() if before[column] != value}
    if not differs:
        report.unchanged += 1
        return
    try:
        with transaction.atomic():
            editing.save(row, actor)
    except ValidationError as error:
        tell(error, lambda column, message: report.complain(number, column, message, name))
        return
    report.added += before is None
    report.changed += before is not None
    if len(report.changes) < TOLD:
        report.changes.append(Change(number, name, before, differs))


def seeds(table: str) -> list[Kept]:
    """The rows that come with the portal; raises ValueError when their file is wrong."""
    report = Report()
    file = SEEDS / f"{table}.csv"
    if not file.is_file():
        return []
    resource = _parse(table, file.read_bytes(), report)
    if report.problems:
        raise ValueError("; ".join(f"{file.name}, row {one.row}, {one.column}: {one.message}" for one in report.problems))
    return [row for _number, row in resource.read]


# ── Writing ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def shown(table: str, row: Kept) -> dict[str, str]:
    """A row as a file shows it."""
    made = {}
    for name in (*HEADERS[table][0], *HEADERS[table][1]):
        if name == "url":
            assert isinstance(row, Pick)  # noqa: S101  # no other table has the column  # nosec B101
            made[name] = f"{row.kind}:{row.object_id}"
            continue
        value = getattr(row, name)
        if isinstance(value, bool):
            made[name] = "yes" if value else "no"
        elif isinstance(value, list | tuple):
            made[name] = f"{SEPARATOR} ".join(value)
        else:
            made[name] = "" if value is None else str(value)
    return made


def rows(table: str) -> Iterator[list[str]]:
    """The table with its header, as `read` takes it back. What is picked is named by its address; picks of what is gone are left out."""
    header = [*HEADERS[table][0], *HEADERS[table][1]]
    yield header
    found = editing.TABLES[table]._default_manager.all()
    urls = (
        {(entry.kind, entry.object_id): entry.url for entry in Entry.objects.filter(live=True).only("kind", "object_id", "url")}
        if table == "picks"
        else {}
    )
    for row in found.iterator(chunk_size=1000):
        values = shown(table, row)
        if isinstance(row, Pick):
            if (row.kind, row.object_id) not in urls:
                continue
            values["url"] = urls[(row.kind, row.object_id)]
        yield [values[name] for name in header]


def as_csv(table: str) -> bytes:
    """The table as CSV, with the mark by which spreadsheets know UTF-8; formulas are neutralised."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(escape_row(row) for row in rows(table))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_xlsx(table: str) -> bytes:
    """The table as a workbook; every cell is typed as text."""
    import openpyxl
    from openpyxl.cell import WriteOnlyCell

    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet(table)
    for row in rows(table):
        cells = []
        for value in escape_row(row):
            cell = WriteOnlyCell(sheet, value=value)
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()
