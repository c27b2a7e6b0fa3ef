"""Open whatever was given, by what it is and not by what it is called, as a stream of raw records."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.utils.translation import gettext as _

from ..columns import FORM_FILES, PART_TABLES, READ_TABLES, REFERENCES, TABLES, Table
from ..problems import BadFile, Problem, suggestion
from . import sheets
from .jsonfiles import RAW, objects_of
from .limits import ARCHIVES, Limits, check_zip, ungzip
from .spool import Spool, tables_used

ZIP, GZIP = ARCHIVES[0], ARCHIVES[2]
RawRow = tuple[int, dict[str, Any]]
# Tables of the unit's own words may lie in the same folder; they are another command's.
OTHER_TABLES = frozenset({"guidance", "questions", "offers", "life_events"})
RECORD_KEYS = frozenset({"record", *TABLES["versions"].by_name, *PART_TABLES, FORM_FILES.name, *REFERENCES})


@dataclass
class RawRecord:
    """A record as it stands in a file: its row (or line), its values, the rows of its parts."""

    row: int
    key: str
    values: dict[str, Any]
    parts: dict[str, list[RawRow]] = field(default_factory=dict)
    portal: dict[str, Any] | None = None  # the national portal's own record, not yet converted
    fingerprint: str = ""  # SHA-256 of that record as it came


class Source:
    """An opened file. `problems` and `references` are complete when `records()` has come to its end."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.problems: list[Problem] = []
        self.references: dict[str, list[RawRow]] = {name: [] for name in REFERENCES}
        self.is_json = False
        self.size = 0
        self.stack = ExitStack()
        self.spool: Spool | None = None
        self.json_path: Path | None = None

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *error: object) -> None:
        self.stack.close()

    def records(self) -> Iterator[RawRecord]:
        """The records, as a stream."""
        if self.json_path is not None:
            yield from self._json_records(self.json_path)
        elif self.spool is not None:
            for row, key, values, parts in self.spool:
                self.limits.check_time()
                yield RawRecord(row, key, values, parts)

    def _json_records(self, path: Path) -> Iterator[RawRecord]:
        from ..portal_records import is_portal_record

        with path.open("rb") as stream:
            for row, item in objects_of(stream, self.limits, self.problems):
                fingerprint = item.pop(RAW, "")
                if is_portal_record(item):
                    yield RawRecord(row, str(item.get("code") or ""), {}, portal=item, fingerprint=fingerprint)
                elif "table" in item:
                    self._reference(row, item)
                else:
                    yield self._record(row, item)

    def _reference(self, row: int, item: dict[str, Any]) -> None:
        name = item.pop("table")
        if name in REFERENCES:
            self._known(row, item, TABLES[name].header, "")
            self.references[name].append((row, item))
        else:
            message = _("There is no table of this name. %(suggestion)s") % {"suggestion": suggestion(str(name), REFERENCES)}
            self.problems.append(Problem(message.strip(), row=row, column="table", value=str(name)[:80]))

    def _record(self, row: int, item: dict[str, Any]) -> RawRecord:
        self._known(row, item, RECORD_KEYS, "")
        parts: dict[str, list[RawRow]] = {}
        for name in (*PART_TABLES, FORM_FILES.name, *REFERENCES):
            rows = item.pop(name, None)
            if rows is None:
                continue
            if not isinstance(rows, list) or not all(isinstance(part, dict) for part in rows):
                self.problems.append(Problem(_("This is a list of objects."), row=row, column=name))
                continue
            for index, part in enumerate(rows):
                self._known(row, part, READ_TABLES[name].header, f"{name}[{index}].")
            if name in REFERENCES:
                self.references[name].extend((row, part) for part in rows)
            else:
                parts[name] = list(enumerate(rows))
        return RawRecord(row, str(item.pop("record", "") or item.get("code") or ""), item, parts)

    def _known(self, row: int, item: dict[str, Any], names: Any, prefix: str) -> None:
        for name in [name for name in item if name not in names]:
            message = _("There is no column of this name. %(suggestion)s") % {"suggestion": suggestion(name, names)}
            self.problems.append(Problem(message.strip(), row=row, column=f"{prefix}{name}"[:80]))
            del item[name]


def _plain(path: Path, limits: Limits, stack: ExitStack) -> Path:
    """The file itself, or what a gzipped file unfolds to, in a private temporary folder."""
    with path.open("rb") as stream:
        if not stream.read(2).startswith(GZIP):
            return path
        stream.seek(0)
        folder = stack.enter_context(TemporaryDirectory(prefix="import-"))
        plain = Path(folder) / Path(path.name).stem
        with ungzip(stream, path.stat().st_size, limits) as source, plain.open("wb") as target:
            while block := source.read(1024 * 1024):
                target.write(block)
    with plain.open("rb") as stream:
        if stream.read(4).startswith(tuple(magic for magic in ARCHIVES if magic != ZIP)):
            raise BadFile(_("There is an archive within the archive: %(name)s.") % {"name": plain.name})
    return plain


def open_book(
    path: Path, limits: Limits, stack: ExitStack, *, single: str = "versions", known: Mapping[str, Table] = READ_TABLES
) -> tuple[sheets.Book | None, Path]:
    """The tables of a folder, an archive, a workbook or one CSV file, None for JSON; and the file itself, unfolded. Raises
    BadFile."""
    if path.is_dir():
        files = sheets.csv_files_of_folder(path)
        if not files:
            raise BadFile(_("There are no CSV files in this folder."))
        return sheets.CsvBook(files, limits), path
    limits.check_size(path.stat().st_size)
    plain = _plain(path, limits, stack)
    with plain.open("rb") as stream:
        head = stream.read(4096)
    if not head.strip(b"\x00\xff\xfe\xef\xbb\xbf \t\r\n"):
        raise BadFile(_("The file is empty."))
    if head.startswith(ZIP):
        try:
            archive = stack.enter_context(zipfile.ZipFile(plain))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise BadFile(_("The archive is damaged.")) from error
        if "xl/workbook.xml" in archive.namelist():
            check_zip(archive, limits, office=True)
            # opened here: by its path openpyxl would judge it by its name
            return sheets.XlsxBook(stack.enter_context(plain.open("rb")), archive, limits), plain
        check_zip(archive, limits, office=False)
        folder = TemporaryDirectory(prefix="import-")
        stack.enter_context(folder)
        files = sheets.unzip(archive, limits, folder)
        if not files:
            raise BadFile(_("There are no CSV files in this archive."))
        return sheets.CsvBook(files, limits), plain
    if head.startswith((b"\xd0\xcf\x11\xe0", *ARCHIVES)):
        raise BadFile(_("Files of this kind are not read. Save it as XLSX, CSV, JSON or JSON Lines."))
    if head.lstrip(b"\x00\xff\xfe\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return None, plain
    name = plain.stem.split(".")[0].lower()
    return sheets.CsvBook([(f"{name if name in known else single}.csv", plain)], limits), plain


def open_source(path: Path | str, limits: Limits, *, name: str = "") -> Source:
    """Open a file or folder for import. Raises BadFile when it cannot be read at all: nothing has been used then."""
    path = Path(path)
    source = Source(limits)
    try:
        if not path.exists():
            raise BadFile(_("There is no such file: %(path)s") % {"path": name or path})
        source.size = 0 if path.is_dir() else path.stat().st_size
        book, plain = open_book(path, limits, source.stack)
        if book is None:
            source.is_json = True
            source.json_path = plain
            return source
        found = sheets.check_headers(book.sheets, READ_TABLES, ("versions",), OTHER_TABLES)
        if found:
            raise BadFile(found)
        source.spool = Spool(limits)
        source.stack.callback(source.spool.close)
        for sheet, table in tables_used(book.sheets, READ_TABLES):
            source.spool.load(book, sheet, table)
        source.spool.finish()
        source.problems += book.problems + source.spool.problems
        source.references = source.spool.references
    except BaseException:
        with suppress(OSError):
            source.stack.close()
        raise
    return source
