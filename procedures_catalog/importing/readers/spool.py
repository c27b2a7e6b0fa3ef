"""Tables joined to records in flat memory: parts wait on disk until their version comes, in whatever order files have them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from ..columns import REFERENCES, Table
from ..problems import Problem, shown
from .limits import Limits
from .sheets import Book, Sheet


def key_text(value: Any) -> str:
    """A `record` cell as text; a code that a spreadsheet took for a number has its six decimals back."""
    if isinstance(value, float):
        return f"{value:.6f}"
    return "" if value is None else str(value).strip()


class Spool:
    """Rows of a book, by record. Uses a private temporary file that goes with the object."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.rows = 0
        self.problems: list[Problem] = []
        self.references: dict[str, list[tuple[int, dict[str, Any]]]] = {name: [] for name in REFERENCES}
        self.database = sqlite3.connect("", isolation_level=None)
        self.database.executescript(
            """pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -8000;
               create table versions (seq integer primary key, row integer, record text, cells text);
               create table parts (seq integer primary key, name text, row integer, record text, cells text);"""
        )

    def close(self) -> None:
        """Let the temporary file go."""
        self.database.close()

    def load(self, book: Book, sheet: Sheet, table: Table) -> None:
        """Read one sheet."""
        into = "versions" if table.name == "versions" else "parts"
        self.database.execute("begin")
        for row, cells in book.rows(sheet):
            self.rows += 1
            self.limits.check_rows(self.rows)
            if not self.rows % 256:
                self.limits.check_time()
            values = self._values(sheet, row, cells)
            if values is None:
                continue
            if not table.has_record:
                self.references[table.name].append((row, values))
                continue
            record = key_text(values.pop("record", None))
            if not record:
                self.problems.append(Problem(_("The row does not say which record it belongs to."), table.name, row, "record"))
                continue
            said = json.dumps(values, ensure_ascii=False)
            if into == "versions":
                self.database.execute("insert into versions (row, record, cells) values (?, ?, ?)", (row, record, said))
            else:
                self.database.execute("insert into parts (name, row, record, cells) values (?, ?, ?, ?)", (table.name, row, record, said))
        self.database.execute("commit")

    def _values(self, sheet: Sheet, row: int, cells: list[Any]) -> dict[str, Any] | None:
        while len(cells) > len(sheet.header) and cells[-1] in (None, ""):
            cells.pop()
        if len(cells) > len(sheet.header) or (len(cells) < len(sheet.header) and _ragged(sheet)):
            message = _("The row has %(cells)d cells, the header has %(header)d.") % {"cells": len(cells), "header": len(sheet.header)}
            self.problems.append(Problem(message, sheet.name, row, "", shown(cells[0] if cells else "")))
            return None
        return {name: value for name, value in zip(sheet.header, cells, strict=False) if name and value not in (None, "")}

    def finish(self) -> None:
        """After the last sheet: records named twice, parts of records that are not there."""
        self.database.execute("create index parts_record on parts (record, seq)")
        twice = self.database.execute(
            "select v.row, v.record, f.row from versions v join (select record, min(row) as row from versions group by record having count(*) > 1) f"
            " on f.record = v.record and f.row <> v.row order by v.seq"
        )
        for row, record, first in twice:
            message = _("The record stands there already, in row %(row)d. Give each version a record of its own.") % {"row": first}
            self.problems.append(Problem(message, "versions", row, "record", shown(record), record))
        orphans = self.database.execute("select name, row, record from parts where record not in (select record from versions) order by name, seq")
        for name, row, record in orphans:
            message = _("There is no such record in the table “versions”.")
            self.problems.append(Problem(message, name, row, "record", shown(record), record))

    def __iter__(self) -> Iterator[tuple[int, str, dict[str, Any], dict[str, list[tuple[int, dict[str, Any]]]]]]:
        """Each record: row, key, cells, parts with their rows."""
        reading = self.database.cursor()
        for row, record, cells in self.database.execute("select row, record, cells from versions order by seq"):
            parts: dict[str, list[tuple[int, dict[str, Any]]]] = {}
            for name, part_row, part_cells in reading.execute("select name, row, cells from parts where record = ? order by seq", (record,)):
                parts.setdefault(name, []).append((part_row, json.loads(part_cells)))
            yield row, record, json.loads(cells), parts


def _ragged(sheet: Sheet) -> bool:
    """Whether a short row is a mistake: a CSV file states every cell, a workbook leaves empty ones out."""
    return isinstance(sheet.origin, tuple)


def tables_used(sheets: list[Sheet], tables: Mapping[str, Table]) -> list[tuple[Sheet, Table]]:
    """Sheets with their tables."""
    return [(sheet, tables[sheet.name]) for sheet in sheets if sheet.name in tables]
