"""Reading CSV tables without the database: headers first, then cells, each mistake with its file, row and column."""

from __future__ import annotations

import csv
import datetime as dt
import io
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MAX_BYTES = 20 * 1024 * 1024
TRUE, FALSE = frozenset({"yes", "có", "true", "1"}), frozenset({"no", "không", "false", "0", ""})


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong. Row 1 is the header; row 0 is the file as a whole."""

    table: str
    row: int
    column: str
    message: str

    def __str__(self) -> str:
        place = f"{self.table}.csv" + (f", row {self.row}" if self.row else "") + (f", column {self.column}" if self.column else "")
        return f"{place}: {self.message}"


class BadCell(ValueError):
    """A cell that cannot be read; its text is the message."""


def text(value: str) -> str:
    """The text in NFC without outer blanks; NUL and the like are refused, since no store keeps them."""
    if any(unicodedata.category(sign) == "Cc" and sign not in "\n\r\t" for sign in value):
        raise BadCell("has a control character")
    return unicodedata.normalize("NFC", value).strip()


def date(value: str) -> dt.date | None:
    """`2026-11-22`, or nothing."""
    if not value:
        return None
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise BadCell(f"{value!r} is not a date (YYYY-MM-DD)") from None


def time(value: str) -> dt.time:
    """`7:30` or `07:30`."""
    hours, _colon, minutes = value.partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2 and int(hours) < 24 and int(minutes) < 60):
        raise BadCell(f"{value!r} is not a time (7:30)")
    return dt.time(int(hours), int(minutes))


def number(value: str) -> int | None:
    """A whole number from 0 up, or nothing."""
    if not value:
        return None
    if not value.isdecimal() or int(value) > 2_147_483_647:
        raise BadCell(f"{value!r} is not a whole number")
    return int(value)


def yes_no(value: str) -> bool:
    """`yes` or `no`; empty is no."""
    if value.lower() in TRUE:
        return True
    if value.lower() in FALSE:
        return False
    raise BadCell(f"{value!r} is neither yes nor no")


def words(value: str) -> list[str]:
    """A list with `; ` between."""
    return [word for word in (part.strip() for part in value.split(";")) if word]


def one_of(choices: dict[str, Any]) -> Callable[[str], Any]:
    """A word out of a list."""

    def read(value: str) -> Any:
        if value not in choices:
            raise BadCell(f"{value!r} is none of: {', '.join(choices)}")
        return choices[value]

    return read


@dataclass(frozen=True)
class Column:
    """A column: how its cells are read, and whether they may be empty or the column missing."""

    name: str
    read: Callable[[str], Any] = text
    required: bool = False


@dataclass
class Row:
    """A row that was read. `values` holds the columns that the file has."""

    number: int
    values: dict[str, Any]


@dataclass
class Table:
    """A table that was read, and what is wrong in it."""

    name: str
    rows: list[Row] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    columns: frozenset[str] = frozenset()

    def wrong(self, row: int, column: str, message: str) -> None:
        """Note a mistake."""
        self.mistakes.append(Mistake(self.name, row, column, message))


def read_table(folder: Path, name: str, columns: list[Column]) -> Table | None:
    """Read `name`.csv of a folder; None when there is none."""
    path = folder / f"{name}.csv"
    if not path.is_file():
        return None
    table = Table(name)
    if path.stat().st_size > MAX_BYTES:
        table.wrong(0, "", f"is larger than {MAX_BYTES // 1024 // 1024} MB")
        return table
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        table.wrong(0, "", f"is not UTF-8 (byte {error.start})")
        return table
    try:
        _fill(table, csv.reader(io.StringIO(content, newline=""), strict=True), {column.name: column for column in columns})
    except csv.Error as error:
        table.wrong(0, "", f"is not readable as CSV: {error}")
    return table


def _fill(table: Table, lines: Iterator[list[str]], known: dict[str, Column]) -> None:
    header = [cell.strip() for cell in next(lines, [])]
    table.columns = frozenset(header)
    for name in header:
        if name not in known:
            table.wrong(1, name, f"is not a column of this table; its columns are {', '.join(known)}")
        elif header.count(name) > 1:
            table.wrong(1, name, "stands twice")
    for column in known.values():
        if column.required and column.name not in header:
            table.wrong(1, column.name, "is missing")
    if table.mistakes:
        return
    for number_, cells in enumerate(lines, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            table.wrong(number_, "", f"has {len(cells)} cells, the header has {len(header)}")
            continue
        table.rows.append(Row(number_, dict(_cells(table, number_, header, cells, known))))


def _cells(table: Table, row: int, header: list[str], cells: list[str], known: dict[str, Column]) -> Iterator[tuple[str, Any]]:
    for name, cell in zip(header, cells, strict=True):
        column = known[name]
        try:
            value = text(cell)
            if column.required and not value:
                raise BadCell("is empty")
            yield name, column.read(value)
        except BadCell as error:
            table.wrong(row, name, str(error))
            yield name, None
