"""A version with its parts as one record, in the JSON shape of docs/import-format.md, and the digest of what it says.

One shape for import, export, differences, completeness and four eyes, so that they cannot disagree.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db.models import Value
from django.db.models.functions import JSONArray

from organisation.enums import LEVEL_BY_CODE, Level

from .importing.columns import FIELD_NAMES, JSON, LIST, PART_TABLES, VALIDITY, VERSION, Column, Table
from .models import ProcedureVersion

if TYPE_CHECKING:
    from django.db.models import QuerySet

CHUNK = 500
TOGETHER = 100  # so many versions at most are read in two queries: more are quicker a table at a time
LEVEL_NAMES = {int(level): code for code, level in LEVEL_BY_CODE.items() if level is not Level.UNKNOWN}
# Where a column's value stands in the database, when it is another thing's name.
PATHS: dict[tuple[str, str], str] = {
    ("versions", "code"): "procedure__code",
    ("versions", "field"): "field__name",
    ("versions", "decision"): "decision__number",
    ("versions", "end_decision"): "end_decision__number",
    ("legal_bases", "document"): "document__number",
    ("agencies", "unit"): "unit__code",
}
# Keys of files, the period, and what an import notes for itself.
NOT_CONTENT = frozenset({"record", "import_notes", *VALIDITY})
ATTACHED = ("docx", "odt", "pdf", "sample")


def clean_text(text: str) -> str:
    """Text as records hold it: composed (NFC), lines ended by a line feed, nothing around it."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return (text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text).strip()


def number(value: Decimal | float | int | None) -> int | float | None:
    """A number as JSON holds it: whole where it is whole. None stays None."""
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def plain(column: Column, value: Any) -> Any:
    """A database value as a record holds it."""
    if value is None or value == "":
        return column.empty
    if column.kind == LIST:
        if column.name == "levels":
            return [LEVEL_NAMES[level] for level in sorted(value) if level in LEVEL_NAMES]
        if isinstance(value, str):
            return [item.strip() for item in value.split(";") if item.strip()]
        return list(value)
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal | float):
        return number(value)
    return dict(value) if column.kind == JSON else value


def _path(table: Table, column: Column) -> str:
    return PATHS.get((table.name, column.name)) or FIELD_NAMES.get((table.name, column.name)) or column.name


def _follow(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name) if row is not None else None
    return row


def _row(table: Table, row: Any) -> dict[str, Any]:
    return {column.name: plain(column, _follow(row, _path(table, column))) for column in table.columns}


def record_of(version: ProcedureVersion) -> dict[str, Any]:
    """A version as a record. Reads the parts in memory, so that an unsaved draft (a revision's object) gives its own."""
    record = _row(VERSION, version)
    for name, table in PART_TABLES.items():
        rows = list(getattr(version, name).all())
        record[name] = [_row(table, row) for row in rows]
        if name == "forms":
            for out, row in zip(record[name], rows, strict=True):
                if attached := [f"{kind}:{key}" for kind in ATTACHED if (key := getattr(row, f"{kind}_id"))]:
                    out["attached"] = attached
    return record


def _part_rows(name: str, ids: Sequence[int]) -> tuple[Any, list[str]]:
    """The rows of a part of some versions, and the paths of what a record says of each."""
    table = PART_TABLES[name]
    rows: Any = table.model._default_manager.filter(version_id__in=ids)
    return rows, [*(_path(table, column) for column in table.columns), *(f"{kind}_id" for kind in ATTACHED if name == "forms")]


def _rows_by_table(ids: Sequence[int]) -> Iterator[tuple[str, int, Sequence[Any]]]:
    """Part, version and values of each row, in order; a query a part."""
    for name in PART_TABLES:
        rows, paths = _part_rows(name, ids)
        for pk, *values in rows.order_by("version_id", "sort_order", "id").values_list("version_id", *paths):
            yield name, pk, values


def _rows_together(ids: Sequence[int]) -> Iterator[tuple[str, int, Sequence[Any]]]:
    """The same in one query, for pages that show a few: the values of a row come as JSON."""
    parts = []
    for name in PART_TABLES:
        rows, paths = _part_rows(name, ids)
        said = rows.order_by().annotate(part=Value(name), said=JSONArray(*paths))
        parts.append(said.values_list("part", "version_id", "sort_order", "id", "said"))
    for name, pk, _place, _id, values in parts[0].union(*parts[1:], all=True).order_by("part", "version_id", "sort_order", "id"):
        yield name, pk, values


def _records(ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    records: dict[int, dict[str, Any]] = {}
    paths = [_path(VERSION, column) for column in VERSION.columns]
    for pk, *values in ProcedureVersion.objects.order_by().filter(pk__in=ids).values_list("pk", *paths):
        records[pk] = {column.name: plain(column, value) for column, value in zip(VERSION.columns, values, strict=True)}
        records[pk].update({name: [] for name in PART_TABLES})
    for name, pk, values in _rows_together(ids) if len(ids) <= TOGETHER else _rows_by_table(ids):
        table = PART_TABLES[name]
        row = {column.name: plain(column, value) for column, value in zip(table.columns, values, strict=False)}
        if attached := [f"{kind}:{key}" for kind, key in zip(ATTACHED, values[len(table.columns) :], strict=False) if key]:
            row["attached"] = attached
        records[pk][name].append(row)
    return records


def records_by_id(ids: Iterable[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Saved versions as records with their keys, in the order of the keys given; 12 queries for each 500, 2 for up to 100."""
    source = iter(ids)
    while chunk := list(islice(source, CHUNK)):
        records = _records(chunk)
        yield from ((pk, records[pk]) for pk in chunk if pk in records)


def records_of(versions: QuerySet[ProcedureVersion]) -> Iterator[dict[str, Any]]:
    """Saved versions as records, in the order of the queryset and in flat memory."""
    yield from (record for _pk, record in records_by_id(versions.values_list("pk", flat=True).iterator(chunk_size=2000)))


def _said(value: Any) -> Any:
    """Without what is not stated, so that a column added later changes no digest. A zero is stated: free, no copies."""
    kind = type(value)
    if kind is dict:
        return {key: said for key, item in value.items() if (said := _said(item)) or (said == 0 and said is not False)}
    if kind is list or kind is tuple:
        return [_said(item) for item in value]
    return value


def _sha256(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def content_digest(record: Mapping[str, Any]) -> str:
    """SHA-256 (hex) over what a record says, without its period and without attached files: what an import compares and
    `ProcedureVersion.content_digest` keeps. A successor moves the end of the period, and a file can attach nothing."""
    content = {key: value for key, value in record.items() if key not in NOT_CONTENT}
    if any("attached" in row for row in record.get("forms", ())):
        content["forms"] = [{key: value for key, value in row.items() if key != "attached"} for row in record["forms"]]
    return _sha256(_said(content))


def digest(record: Mapping[str, Any], content: str = "") -> str:
    """SHA-256 (hex) over everything that a record says, its validity and attached files too: what four eyes compare.
    `content` is its content digest, where that is known already."""
    attached = [row.get("attached") for row in record.get("forms", ())]
    validity = [record.get(name) or None for name in VALIDITY]
    return _sha256([content or content_digest(record), validity, attached if any(attached) else None])
