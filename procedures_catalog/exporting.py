"""Export of the whole catalogue as a stream: CSV (zipped), XLSX, JSON, JSON Lines, in the format that import reads.

Import of an export is the identity: what CSV must escape is taken off again, what a workbook's cell cannot hold stands in a
sheet of its own. Nothing in an export is a formula (acceptance X1, X3). CSV and XLSX also hold the unit's own words (plain
language, questions, offers, life events), in the tables that `import_guidance` reads; files of forms are no part of an export."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any

from foundation.tabular import escape

from .importing.columns import GUIDANCE_TABLES, JSON, LIST, PART_TABLES, REFERENCES, TABLES, VERSION, YES_NO, Column, Table
from .importing.readers.sheets import LONG_TEXT_MARK, LONG_TEXTS
from .importing.state import references
from .models import AskedQuestion, LifeEvent, Procedure, ProcedureVersion, ServiceOffer
from .record import records_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

Record = Mapping[str, Any]
CELL = 32_767  # characters that a cell of a workbook holds
# What a workbook's XML cannot hold, and what its readers would take for such an escape.
UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\r\x0e-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
CONTENT_TYPES = {
    "csv": "application/zip", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "json": "application/json",
    "jsonl": "application/x-ndjson",
}  # fmt: skip
WITH_OWN_WORDS = {"csv", "xlsx"}  # the formats that have tables
SUFFIXES = {"csv": ".zip", "xlsx": ".xlsx", "json": ".json", "jsonl": ".jsonl"}


def record_key(record: Record) -> str:
    """What ties the tables together: code, levels and first day."""
    return "/".join((record["code"], "+".join(record["levels"]), record["valid_from"] or "draft"))


def catalogue(*, drafts: bool = False) -> QuerySet[ProcedureVersion]:
    """Published versions, in the order of their codes and days; drafts too when asked for."""
    versions = ProcedureVersion.objects.all() if drafts else ProcedureVersion.objects.published()
    return versions.order_by("procedure__code", "valid_from", "pk")


def reference_rows() -> dict[str, list[dict[str, Any]]]:
    """All fields, decisions and legal documents."""
    return {name: [reference.row for _key, reference in sorted(rows.items())] for name, rows in references().items()}


def own_words() -> dict[str, list[dict[str, Any]]]:
    """The rows of the tables that `import_guidance` reads: what the unit adds to the records."""
    events: dict[int, list[str]] = {}
    links: Any = Procedure.life_events.through
    for procedure, slug in links.objects.order_by("lifeevent__order", "lifeevent__slug").values_list("procedure_id", "lifeevent__slug"):
        events.setdefault(procedure, []).append(slug)
    stated = Procedure.objects.exclude(summary="", guidance="", popularity=None, review_on=None) | Procedure.objects.filter(pk__in=events)
    offers = ServiceOffer.objects.order_by("procedure__code", "point__slug", "pk")
    return {
        "life_events": list(LifeEvent.objects.order_by("order", "slug").values(*_names("life_events"))),
        "guidance": [
            {**row, "review_on": row["review_on"] and row["review_on"].isoformat(), "life_events": events.get(row.pop("pk"), [])}
            for row in stated.order_by("code").values("pk", *_names("guidance", but="life_events"))
        ],
        "questions": [
            {"code": code, "question": question, "answer": answer}
            for code, question, answer in AskedQuestion.objects.order_by("procedure__code", "sort_order", "pk").values_list(
                "procedure__code", "question", "answer"
            )
        ],
        "offers": [
            {
                "code": offer.procedure.code, "service_point": [offer.point.slug], "online": offer.online, "by_post": offer.by_post,
                "deciding_unit": offer.deciding_unit.code if offer.deciding_unit else "", "outside_territory": offer.outside_territory,
            }
            for offer in offers.select_related("procedure", "point", "deciding_unit")
        ],
    }  # fmt: skip


def _names(table: str, but: str = "") -> list[str]:
    return [column.name for column in GUIDANCE_TABLES[table].columns if column.name != but]


def _flat(rows: Mapping[str, Iterable[Record]]) -> dict[str, Table]:
    """The tables that belong to no record: references, and the unit's own words where they are given."""
    return {name: table for name, table in (TABLES | GUIDANCE_TABLES).items() if name in REFERENCES or (name in GUIDANCE_TABLES and name in rows)}


def cell_text(column: Column, value: Any) -> str:
    """A value as the text of a cell."""
    if value is None or value in ("", [], {}):
        return ""
    if column.kind == YES_NO:
        return "yes" if value else "no"
    if column.kind == LIST:
        return "; ".join(value)
    if column.kind == JSON:
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(value)


def cells(table: Table, row: Record) -> list[str]:
    """A row's cells, without its record."""
    return [cell_text(column, row.get(column.name)) for column in table.columns]


def table_rows(record: Record, key: str) -> Iterator[tuple[str, list[str]]]:
    """All rows of a record with the name of their table, each beginning with the record's key."""
    yield "versions", [key, *cells(VERSION, record)]
    for name, table in PART_TABLES.items():
        for row in record.get(name, ()):
            yield name, [key, *cells(table, row)]


def _keyed(records: Iterable[Record]) -> Iterator[tuple[str, Record]]:
    """Records with a key each; drafts of one procedure are numbered."""
    seen: dict[str, int] = {}
    for record in records:
        key = record_key(record)
        count = seen[key] = seen.get(key, 0) + 1
        yield (key if count == 1 else f"{key}/{count}"), record


def without_blanks(row: Record) -> dict[str, Any]:
    """A row as JSON: what is not stated is left out."""
    return {name: value for name, value in row.items() if value is not None and value not in ("", [], {}) and name != "attached"}


def as_json(record: Record) -> dict[str, Any]:
    """A record as JSON, without what it does not state."""
    out = without_blanks({column.name: record.get(column.name) for column in VERSION.columns})
    for name in PART_TABLES:
        if record.get(name):
            out[name] = [without_blanks(row) for row in record[name]]
    return out


def _objects(records: Iterable[Record], rows: Mapping[str, Iterable[Record]]) -> Iterator[str]:
    for name in REFERENCES:
        for row in rows.get(name, ()):
            yield json.dumps({"table": name, **without_blanks(row)}, ensure_ascii=False)
    for record in records:
        yield json.dumps(as_json(record), ensure_ascii=False)


def stream(kind: str, *, drafts: bool = False) -> Iterator[bytes]:
    """The whole catalogue as `json` or `jsonl`, piece by piece."""
    said = _objects(records_of(catalogue(drafts=drafts)), reference_rows())
    if kind == "jsonl":
        yield from (line.encode() + b"\n" for line in said)
        return
    yield b"["
    for index, line in enumerate(said):
        yield (b",\n" if index else b"\n") + line.encode()
    yield b"\n]\n"


def write_jsonl(out: IO[bytes], records: Iterable[Record], rows: Mapping[str, Iterable[Record]]) -> None:
    """JSON Lines."""
    for said in _objects(records, rows):
        out.write(said.encode() + b"\n")


def write_json(out: IO[bytes], records: Iterable[Record], rows: Mapping[str, Iterable[Record]]) -> None:
    """A JSON list."""
    out.write(b"[")
    for index, said in enumerate(_objects(records, rows)):
        out.write((b",\n" if index else b"\n") + said.encode())
    out.write(b"\n]\n")


def write_csv(out: IO[bytes], records: Iterable[Record], rows: Mapping[str, Iterable[Record]]) -> None:
    """A zip with one CSV file a table. Tables are gathered on disk, since a zip takes one file at a time."""
    from tempfile import TemporaryFile

    flat = _flat(rows)
    files = {name: TemporaryFile("w+b") for name in TABLES | flat}  # noqa: SIM115  # all are closed below
    try:
        writers = {name: _csv_writer(file) for name, file in files.items()}
        for name, table in (TABLES | flat).items():
            writers[name](table.header)
        for key, record in _keyed(records):
            for name, row in table_rows(record, key):
                writers[name](row)
        for name, table in flat.items():
            for reference in rows.get(name, ()):
                writers[name](cells(table, reference))
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, file in files.items():
                file.seek(0)
                with archive.open(f"{name}.csv", "w", force_zip64=True) as entry:
                    while block := file.read(256 * 1024):
                        entry.write(block)
    finally:
        for file in files.values():
            file.close()


def _csv_writer(file: Any) -> Callable[[Iterable[str]], None]:
    file.write(b"\xef\xbb\xbf")  # without it Excel takes the text for Windows-1252

    def write(row: Iterable[str]) -> None:
        line = io.StringIO()
        csv.writer(line).writerow([escape(cell) for cell in row])
        file.write(line.getvalue().encode())

    return write


def write_xlsx(out: IO[bytes], records: Iterable[Record], rows: Mapping[str, Iterable[Record]]) -> None:
    """A workbook with one sheet a table; every cell is typed as text, so that none is a formula."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    workbook = Workbook(write_only=True)
    flat = _flat(rows)
    sheets: dict[str, Any] = {name: workbook.create_sheet(name) for name in TABLES | flat}
    long_texts: list[tuple[str, str]] = []

    def cell(sheet: Any, text: str) -> Any:
        if len(text) > CELL - 400 or text.startswith(LONG_TEXT_MARK):
            key = f"{LONG_TEXT_MARK}{len(long_texts) + 1}"
            long_texts.append((key, text))
            text = key
        made = WriteOnlyCell(sheet, UNSAFE.sub(lambda match: f"_x{ord(match[0]):04X}_", text))
        made.data_type = "s"
        return made

    def append(name: str, row: Iterable[str]) -> None:
        sheets[name].append([cell(sheets[name], text) for text in row])

    for name, table in (TABLES | flat).items():
        append(name, table.header)
    for key, record in _keyed(records):
        for name, row in table_rows(record, key):
            append(name, row)
    for name, table in flat.items():
        for reference in rows.get(name, ()):
            append(name, cells(table, reference))
    if long_texts:
        _write_long_texts(workbook, long_texts)
    workbook.save(out)


def _write_long_texts(workbook: Any, long_texts: list[tuple[str, str]]) -> None:
    from openpyxl.cell import WriteOnlyCell

    sheet = workbook.create_sheet(LONG_TEXTS)
    sheet.append(["key", "part", "text"])
    step = CELL // 8  # an escaped character takes seven
    for key, text in long_texts:
        for part, start in enumerate(range(0, len(text), step)):
            made = WriteOnlyCell(sheet, UNSAFE.sub(lambda match: f"_x{ord(match[0]):04X}_", text[start : start + step]))
            made.data_type = "s"
            sheet.append([key, part, made])


WRITERS: dict[str, Callable[[IO[bytes], Iterable[Record], Mapping[str, Iterable[Record]]], None]] = {
    "csv": write_csv, "xlsx": write_xlsx, "json": write_json, "jsonl": write_jsonl,
}  # fmt: skip


def row_count() -> int:
    """How many rows the published catalogue has in all tables together; at most one count a table."""
    rows = catalogue().count() + sum(table.model._default_manager.filter(version__live=True).count() for table in PART_TABLES.values())
    return rows + sum(TABLES[name].model._default_manager.count() for name in REFERENCES)


def export(out: IO[bytes], kind: str, *, drafts: bool = False, seen: Callable[[Record], object] | None = None) -> None:
    """Write the whole catalogue to `out` as `csv`, `xlsx`, `json` or `jsonl`, in flat memory; `seen` is told of each record."""
    records = records_of(catalogue(drafts=drafts))
    rows = reference_rows() | (own_words() if kind in WITH_OWN_WORDS else {})
    WRITERS[kind](out, _told(records, seen) if seen else records, rows)


def _told(records: Iterable[Record], seen: Callable[[Record], object]) -> Iterator[Record]:
    for record in records:
        seen(record)
        yield record


def rows_of(record: Record) -> int:
    """How many rows a record takes in all tables together."""
    return 1 + sum(len(record.get(name, ())) for name in PART_TABLES)
