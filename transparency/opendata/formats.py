"""A stream of rows as CSV, JSON and JSON Lines in one pass and flat memory, with size and checksum of each file."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, cast

from foundation.registries import Column
from foundation.tabular import escape

SUFFIXES = {"csv": "csv", "json": "json", "jsonl": "jsonl.gz"}
CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json", "jsonl": "application/gzip"}
EXAMPLE_LENGTH = 160
BLOCK = 256 * 1024


class WrongRow(ValueError):
    """A dataset gave a row whose keys are not its columns: a mistake of whoever registered it."""


@dataclass
class Made:
    """What was written."""

    rows: int = 0
    digest: str = ""
    sizes: dict[str, int] = field(default_factory=dict)
    checksums: dict[str, str] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)


class _Counted:
    """A file that knows how much was written to it, and its SHA-256."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.size, self.sum = file, 0, hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.size += len(data)
        self.sum.update(data)
        return self.file.write(data)

    def flush(self) -> None:
        self.file.flush()


def as_json(value: Any) -> Any:
    """A value as JSON holds it."""
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, tuple | set | frozenset):
        return [as_json(item) for item in (sorted(value) if isinstance(value, set | frozenset) else value)]
    return [as_json(item) for item in value] if isinstance(value, list) else value


def as_cell(value: Any) -> Any:
    """The same as the cell of a CSV file: lists joined, nothing for what is not stated, no formula (an apostrophe goes before)."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return escape("; ".join(str(item) for item in value))
    return escape(value)


def _line(cells: Iterable[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()


def checked(rows: Iterable[Mapping[str, Any]], names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Each row with exactly the columns, in their order; raises WrongRow."""
    known = set(names)
    for number, row in enumerate(rows, start=1):
        if row.keys() != known:
            raise WrongRow(f"row {number}: {sorted(known ^ row.keys())} are not both columns and keys")
        yield {name: as_json(row[name]) for name in names}


def write(rows: Iterable[Mapping[str, Any]], columns: Sequence[Column], paths: Mapping[str, Path]) -> Made:
    """Write all formats. CSV is RFC 4180 in UTF-8 with a byte order mark, without which spreadsheets take it for something else."""
    names = [column.name for column in columns]
    made = Made()
    content = hashlib.sha256("\n".join(names).encode())
    with ExitStack() as stack:
        out = {kind: _Counted(stack.enter_context(path.open("xb"))) for kind, path in paths.items()}
        # Without name and time, so that the same rows make the same bytes.
        packed = stack.enter_context(gzip.GzipFile(filename="", mode="wb", fileobj=cast("IO[bytes]", out["jsonl"]), mtime=0))
        out["csv"].write(b"\xef\xbb\xbf" + _line(names))
        out["json"].write(b"[")
        for row in checked(rows, names):
            said = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()
            content.update(b"\n" + said)
            out["json"].write((b",\n" if made.rows else b"\n") + said)
            packed.write(said + b"\n")
            out["csv"].write(_line(as_cell(row[name]) for name in names))
            made.rows += 1
            if len(made.examples) < len(names):
                _remember(made.examples, row)
        out["json"].write(b"\n]\n")
        packed.close()
    made.digest = content.hexdigest()
    made.sizes = {kind: file.size for kind, file in out.items()}
    made.checksums = {kind: file.sum.hexdigest() for kind, file in out.items()}
    return made


def _remember(examples: dict[str, str], row: Mapping[str, Any]) -> None:
    for name, value in row.items():
        if name not in examples and value not in (None, "", []):
            said = str(as_cell(value))
            examples[name] = said if len(said) <= EXAMPLE_LENGTH else f"{said[: EXAMPLE_LENGTH - 1]}…"
