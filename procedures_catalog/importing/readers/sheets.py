"""Tables of files as sheets: CSV files of a folder or an archive, sheets of a workbook. Headers first, rows as a stream."""

from __future__ import annotations

import csv
import datetime as dt
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO, Any

import defusedxml.ElementTree as SafeTree  # type: ignore[import-untyped]
from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from django.utils.translation import gettext as _

from foundation.tabular import unescape

from ..columns import Table
from ..problems import BadFile, Problem, suggestion
from . import text
from .limits import Limits, open_entry

Rows = Iterator[tuple[int, list[Any]]]
DELIMITERS = ",;\t"
OFFICE_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
LONG_TEXTS = "long_texts"  # a cell of a workbook holds 32,767 characters; longer ones stand here, in parts
LONG_TEXT_MARK = "§long:"


@dataclass
class Sheet:
    """One table of a file: its name, where it stands, its header. Rows are read by the book that made it."""

    name: str
    where: str
    header: list[str]
    origin: Any = None


class Book:
    """A file with tables."""

    sheets: list[Sheet]
    problems: list[Problem]

    def rows(self, sheet: Sheet) -> Rows:
        """The rows of a sheet with their numbers, blank rows left out; raises BadFile."""
        raise NotImplementedError


class CsvBook(Book):
    """CSV files, one a table."""

    def __init__(self, files: Iterable[tuple[str, Path]], limits: Limits) -> None:
        csv.field_size_limit(limits.cell_characters)
        self.limits, self.sheets, self.problems = limits, [], []
        for where, path in files:
            with path.open("rb") as stream:
                try:
                    encoding = text.encoding_of(stream)
                except BadFile as error:
                    raise BadFile([Problem(problem.message, PurePosixPath(where).stem) for problem in error.problems]) from error
                delimiter = _delimiter(stream, encoding)
            sheet = Sheet(PurePosixPath(where).stem.strip().lower(), where, [], (path, encoding, delimiter))
            sheet.header = next((cells for _row, cells in self._lines(sheet)), [])
            sheet.header = [cell.strip() for cell in sheet.header]
            self.sheets.append(sheet)

    def _lines(self, sheet: Sheet) -> Rows:
        path, encoding, delimiter = sheet.origin
        with path.open("rb") as stream, text.reader(stream, encoding) as lines:
            number = 0
            try:
                for number, cells in enumerate(csv.reader(lines, delimiter=delimiter, strict=True), start=1):
                    if any(cells):
                        yield number, cells
            except csv.Error as error:
                message = _("The row cannot be read: %(error)s. Is a quotation mark missing?") % {"error": error}
                raise BadFile(Problem(message, sheet.name, number + 1)) from error

    def rows(self, sheet: Sheet) -> Rows:
        """Rows under the header, formulas' apostrophes taken off."""
        lines = self._lines(sheet)
        next(lines, None)
        for number, cells in lines:
            yield number, [unescape(cell) for cell in cells]


def _delimiter(stream: IO[bytes], encoding: str) -> str:
    """Comma, semicolon (spreadsheets of Vietnam and Europe) or tab: the one that the header has most of."""
    with text.reader(stream, encoding) as lines:
        header = lines.readline(100_000)
    return max(DELIMITERS, key=header.count)


def csv_files_of_folder(folder: Path) -> list[tuple[str, Path]]:
    """The CSV files of a folder and its folders, by their path within it."""
    return [(path.relative_to(folder).as_posix(), path) for path in sorted(folder.rglob("*.csv")) if path.is_file()]


def unzip(archive: zipfile.ZipFile, limits: Limits, folder: TemporaryDirectory[str]) -> list[tuple[str, Path]]:
    """The CSV files of an archive, unfolded into a private folder under names of our own."""
    files = []
    for index, entry in enumerate(archive.infolist()):
        name = entry.filename
        if entry.is_dir() or name.startswith("__MACOSX/") or PurePosixPath(name).name.startswith("."):
            continue
        if not name.lower().endswith(".csv"):
            raise BadFile(_("The archive holds something other than CSV files: %(name)s.") % {"name": name[:80]})
        path = Path(folder.name) / f"{index}.csv"
        with open_entry(archive, entry, limits) as source, path.open("wb") as target:
            while block := source.read(256 * 1024):
                target.write(block)
        files.append((name, path))
    return files


class XlsxBook(Book):
    """An Excel workbook, one sheet a table; read row by row."""

    def __init__(self, stream: IO[bytes], archive: zipfile.ZipFile, limits: Limits) -> None:
        import openpyxl

        self.limits, self.sheets, self.problems = limits, [], []
        _refuse_declarations(archive, limits)
        try:
            self.workbook = openpyxl.load_workbook(stream, read_only=True, data_only=False, keep_links=False, rich_text=False)
        except BadFile:
            raise
        except Exception as error:  # openpyxl has no error of its own: whatever it meets in a damaged file comes through
            raise BadFile(_("The workbook cannot be read: it is damaged or no XLSX file.")) from error
        self.long_texts: dict[str, str] = {}
        for worksheet in self.workbook.worksheets:
            worksheet.reset_dimensions()  # what the file says of its size may be a lie
            sheet = Sheet(worksheet.title.strip().lower(), worksheet.title, [], worksheet)
            header = next((cells for _row, cells in self._lines(sheet)), [])
            sheet.header = ["" if cell is None else str(cell).strip() for cell in header]
            while sheet.header and not sheet.header[-1]:
                sheet.header.pop()
            if sheet.name == LONG_TEXTS:
                self._read_long_texts(sheet)
            else:
                self.sheets.append(sheet)

    def _read_long_texts(self, sheet: Sheet) -> None:
        parts: dict[str, list[tuple[int, str]]] = {}
        for _row, cells in self._body(sheet):
            key, part, value = (*cells, None, None, None)[:3]
            parts.setdefault(str(key), []).append((int(part or 0), str(value or "")))
        self.long_texts = {key: "".join(value for _part, value in sorted(values)) for key, values in parts.items()}

    def _lines(self, sheet: Sheet) -> Rows:
        blank = 0
        try:
            for number, row in enumerate(sheet.origin.iter_rows(), start=1):
                if len(row) > self.limits.columns:
                    raise BadFile(Problem(_("The row has more than %(count)d columns.") % {"count": self.limits.columns}, sheet.name, number))
                cells = [self._value(cell, sheet, number, column) for column, cell in enumerate(row)]
                if any(cell not in (None, "") for cell in cells):
                    blank = 0
                    yield number, cells
                    continue
                blank += 1
                if blank > self.limits.blank_rows:
                    raise BadFile(Problem(_("The sheet has more than %(count)d blank rows.") % {"count": self.limits.blank_rows}, sheet.name, number))
        except BadFile:
            raise
        except Exception as error:  # see __init__
            raise BadFile(Problem(_("The sheet cannot be read: the workbook is damaged."), sheet.name)) from error

    def _value(self, cell: Any, sheet: Sheet, row: int, column: int) -> Any:
        value = cell.value
        if value is None or isinstance(value, bool | int):
            return value
        if cell.data_type == "f":
            name = sheet.header[column] if column < len(sheet.header) else str(column + 1)
            self.problems.append(Problem(_("The cell holds a formula. Put its value there."), sheet.name, row, name, str(value)[:80]))
            return None
        if cell.data_type == "e":
            return str(value)
        if isinstance(value, float):
            return int(value) if value.is_integer() and abs(value) < 1e15 else value
        if isinstance(value, dt.datetime):
            return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
        if isinstance(value, str):
            return OFFICE_ESCAPE.sub(lambda match: chr(int(match[1], 16)), value) if "_x" in value else value
        return str(value)

    def _body(self, sheet: Sheet) -> Rows:
        lines = self._lines(sheet)
        next(lines, None)
        return lines

    def rows(self, sheet: Sheet) -> Rows:
        """Rows under the header, long texts put back in their cells."""
        for number, cells in self._body(sheet):
            if self.long_texts:
                cells = [self.long_texts.get(cell, cell) if isinstance(cell, str) and cell.startswith(LONG_TEXT_MARK) else cell for cell in cells]
            yield number, cells


def _refuse_declarations(archive: zipfile.ZipFile, limits: Limits) -> None:
    """No part of a workbook may declare a document type: entities are how a small file becomes a large one, or reads ours."""
    for entry in archive.infolist():
        if not entry.filename.lower().endswith((".xml", ".rels", ".vml")):
            continue
        with open_entry(archive, entry, limits) as stream:
            try:
                next(iter(SafeTree.iterparse(stream, events=("start",), forbid_dtd=True)), None)
            except DefusedXmlException as error:
                raise BadFile(_("The workbook declares entities of its own, which no spreadsheet does; it is refused.")) from error
            except (SafeTree.ParseError, ValueError) as error:
                raise BadFile(_("The workbook cannot be read: it is damaged or no XLSX file.")) from error


def check_headers(sheets: Iterable[Sheet], tables: Mapping[str, Table], needed: Iterable[str], ignored: Iterable[str]) -> list[Problem]:
    """What is wrong with the names of tables and columns; asked before any row is read."""
    problems = []
    seen: dict[str, set[str]] = {}
    for sheet in sheets:
        if sheet.name in ignored:
            continue
        table = tables.get(sheet.name)
        if table is None:
            message = _("There is no table of this name. %(suggestion)s") % {"suggestion": suggestion(sheet.name, tables)}
            problems.append(Problem(message.strip(), sheet.where))
            continue
        seen.setdefault(sheet.name, set())
        names = [name for name in sheet.header if name]
        twice = sorted({name for name in names if names.count(name) > 1})
        problems.extend(Problem(_("The column stands there twice."), sheet.name, 1, name) for name in twice)
        problems.extend(
            Problem((_("There is no column of this name.") + " " + suggestion(name, table.header)).strip(), sheet.name, 1, name)
            for name in names
            if name not in table.header
        )
        problems.extend(
            Problem(_("This compulsory column is missing."), sheet.name, 1, name) for name in table.compulsory if name not in names
        )  # fmt: skip
    problems.extend(Problem(_("This compulsory table is missing."), name) for name in needed if name not in seen)
    return problems
