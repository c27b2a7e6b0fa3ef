"""The resource of django-import-export that reads the catalogue: it parses, validates and digests each record, and writes
nothing. `service` plans and writes; so a preview costs no write and one bad value is told without harming the others."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext as _
from import_export import resources
from import_export.results import Result, RowResult

from foundation.imports import NoInstances
from organisation.enums import LEVEL_BY_CODE

from ..completeness import missing_parts
from ..models import PARTS
from ..record import content_digest
from .cleaning import clean_record
from .columns import REFERENCES, VERSION
from .form_files import Attached, FormFiles
from .plan import Entry
from .portal_records import convert
from .problems import Problem, shown
from .readers import RawRecord, Source
from .state import FINGERPRINT, CatalogueState

HEADERS = ["raw"]
READER = 1  # to be raised when `portal_records` or `parsers` read more than before: then a known record is read again


class Records:
    """A source in the shape in which import-export takes its data set, without holding more than a record of it."""

    headers = HEADERS

    def __init__(self, source: Source, progress: Callable[[int], None] | None = None) -> None:
        self.source, self.progress, self.count = source, progress, 0

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[list[RawRecord]]:
        for raw in self.source.records():
            self.count += 1
            if self.progress is not None and not self.count % 100:
                self.progress(self.count)
            yield [raw]


class StreamResult(Result):
    """Counts rows without keeping them: what is wrong with them is in the reading's own list of problems."""

    def append_row_result(self, row_result: RowResult) -> None:
        """Nothing to keep."""

    def append_invalid_row(self, number: int, row: Any, validation_error: Any) -> None:
        """Nothing to keep."""


class Store:
    """Cleaned records waiting on disk for the plan, in a private temporary file."""

    def __init__(self) -> None:
        self.database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self.database.executescript(
            "pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -8000;"
            " create table records (seq integer primary key, said text)"
        )
        self.database.execute("begin")
        self.count = 0

    def add(self, record: dict[str, Any]) -> int:
        """Keep a record; gives its number."""
        self.count += 1
        self.database.execute("insert into records values (?, ?)", (self.count, json.dumps(record, ensure_ascii=False, separators=(",", ":"))))
        return self.count

    def get(self, seq: int) -> dict[str, Any]:
        """A record by its number."""
        (said,) = self.database.execute("select said from records where seq = ?", (seq,)).fetchone()
        record: dict[str, Any] = json.loads(said)
        return record

    def close(self) -> None:
        """Let the file go."""
        self.database.close()


class CatalogueResource(resources.Resource):
    """Procedures' versions with their parts; natural key: national code, levels, first day."""

    class Meta:
        instance_loader_class = NoInstances
        use_transactions = False
        report_skipped = False
        skip_diff = True
        import_id_fields: tuple[str, ...] = ()

    def __init__(self, source: Source, store: Store, state: CatalogueState | None = None, files: FormFiles | None = None) -> None:
        super().__init__()
        self.source, self.store, self.state, self.files = source, store, state, files or FormFiles(None)
        self.entries: list[Entry] = []
        self.problems: list[Problem] = []
        self.readings: dict[int, Counter[str]] = {}  # by number in the store
        self.wanted: list[tuple[int, str, str, Problem]] = []  # (entry, kind of reference, natural key, what to say if it is unknown)
        self.made: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in REFERENCES}  # by records of the national portal

    @classmethod
    def get_result_class(cls) -> type[StreamResult]:
        """Ours."""
        return StreamResult

    def import_row(self, row: OrderedDict[str, Any], instance_loader: Any, **kwargs: Any) -> RowResult:
        """Read one record: its values, what is wrong with them, its digest, what it names."""
        raw: RawRecord = row["raw"]
        found: list[Problem] = []

        def complain(table: str, line: int, column: str, message: str, value: Any) -> None:
            found.append(Problem(message, table, line, column, shown(value), raw.key))

        result = RowResult()
        counts: Counter[str] = Counter()
        portal = raw.portal
        notes: list[dict[str, Any]] = []
        if portal is not None:
            if known := self._known(raw):
                self.entries.append(known)
                result.import_type = RowResult.IMPORT_TYPE_SKIP
                return result
            try:
                conversion = convert(portal)
            except (TypeError, ValueError, AttributeError, KeyError) as error:
                complain("", raw.row, "", _("The record does not have the shape of the national portal's: %(error)s") % {"error": error}, "")
                self.problems += found
                result.import_type = RowResult.IMPORT_TYPE_INVALID
                return result
            counts, notes = conversion.counts, conversion.notes
            parts = {name: list(enumerate(conversion.record.pop(name, ()))) for name in PARTS}
            raw = RawRecord(raw.row, raw.key, conversion.record, parts, fingerprint=raw.fingerprint)
        record = clean_record(raw, complain, is_json=self.source.is_json)
        self.files.attach(raw, record, complain, is_json=self.source.is_json)
        if found:
            self.problems += found
            result.import_type = RowResult.IMPORT_TYPE_INVALID
            return result
        entry = _entry(raw, record, self.files.said_by(record))
        entry.is_portal = portal is not None
        entry.name_only = portal is not None and portal.get("detail") == "name_only"
        if portal is not None:
            self._make(portal, record)
        entry.missing = missing_parts({**record, "valid_from": record["valid_from"] or "2000-01-01"})  # a day is found for each
        if portal is not None:
            notes.insert(0, {"part": "source", "code": FINGERPRINT, "text": self._fingerprint(raw)})
        record["import_notes"] = notes  # not content: no digest counts it
        entry.seq = self.store.add(record)
        if counts:
            self.readings[entry.seq] = counts
        if portal is None:
            self._want(len(self.entries), raw, record)
        self.entries.append(entry)
        result.import_type = RowResult.IMPORT_TYPE_NEW
        return result

    @staticmethod
    def _fingerprint(raw: RawRecord) -> str:
        return f"{READER}:{raw.fingerprint}"

    def _known(self, raw: RawRecord) -> Entry | None:
        """The entry of a record that came in the same words before and is the latest of its procedure: it need not be read
        again. A new reader reads everything anew."""
        if self.state is None or not raw.fingerprint:
            return None
        periods = [period for period in self.state.versions.get(raw.key, ()) if period.live and period.valid_from]
        if not periods:
            return None
        latest = max(periods, key=lambda period: period.valid_from or dt.date.min)
        if latest.fingerprint != self._fingerprint(raw) or any(other.overlaps(latest.levels) for other in periods if other is not latest):
            return None
        name = str((raw.portal or {}).get("name") or "")[:200]
        return Entry(
            seq=0, row=raw.row, key=raw.key, code=raw.key, name=name, levels=latest.levels, digest=latest.digest, valid_from=None, valid_to=None,
            change_kind="new", end_kind="", end_decision="", decision="", replaces=(),
        )  # fmt: skip

    def _make(self, portal: dict[str, Any], record: dict[str, Any]) -> None:
        """Reference rows that a record of the national portal brings with it: by number or name only."""
        if name := record["field"]:
            self.made["fields"].setdefault(name, {"name": name})
        if number := record["decision"]:
            issuer = str(portal.get("issuing_agency") or "")[:250]
            level = "province" if number.endswith("UBND") else "ministry"
            self.made["decisions"].setdefault(number, {"number": number, "issuer": issuer, "issuer_level": level})
        for basis in record["legal_bases"]:
            self.made["legal_documents"].setdefault(basis["document"], {"number": basis["document"], "kind": document_kind(basis["document"])})

    def _want(self, index: int, raw: RawRecord, record: dict[str, Any]) -> None:
        is_json = self.source.is_json
        table = "" if is_json else VERSION.name

        def want(kind: str, key: str, message: str, place: tuple[str, int, str]) -> None:
            if key:
                self.wanted.append((index, kind, key, Problem(message, place[0], place[1], place[2], shown(key), raw.key)))

        want("fields", record["field"], _("There is no field of this name."), (table, raw.row, "field"))
        for column in ("decision", "end_decision"):
            want("decisions", record[column], _("There is no publication decision of this number."), (table, raw.row, column))
        for part, column, kind, message in (
            ("legal_bases", "document", "legal_documents", _("There is no legal document of this number.")),
            ("agencies", "unit", "units", _("There is no unit of this code.")),
        ):
            for position, (row, said) in enumerate(zip(raw.parts.get(part, ()), record[part], strict=True)):
                want(kind, said[column], message, ("", raw.row, f"{part}[{position}].{column}") if is_json else (part, row[0], column))


def _entry(raw: RawRecord, record: dict[str, Any], files: frozenset[Attached]) -> Entry:
    levels = frozenset(int(LEVEL_BY_CODE[code]) for code in record["levels"]) or frozenset({0})
    return Entry(
        seq=0, row=raw.row, key=raw.key, code=record["code"], name=record["name"][:200], levels=levels, digest=content_digest(record),
        valid_from=_day(record["valid_from"]), valid_to=_day(record["valid_to"]), change_kind=record["change_kind"], end_kind=record["end_kind"],
        end_decision=record["end_decision"], decision=record["decision"], replaces=tuple(record["replaces"]),
        files=files,
    )  # fmt: skip


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def document_kind(number: str) -> str:
    """The kind of a legal document by its number: "123/2015/NĐ-CP" is a decree."""
    last = number.rsplit("/", 1)[-1]
    for start, kind in (("QH", "law"), ("NĐ", "decree"), ("TT", "circular"), ("NQ", "resolution"), ("QĐ", "decision")):
        if last.startswith(start):
            return kind
    return "other"
