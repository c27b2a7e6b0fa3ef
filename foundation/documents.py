"""What a document really is: by its bytes, never by its name (U1). Reads directories of archives and heads, unpacks nothing
but parts of a few bytes."""

from __future__ import annotations

import zipfile
from pathlib import Path

DOCX, ODT, PDF, XLSX = "docx", "odt", "pdf", "xlsx"
ODT_KIND = b"application/vnd.oasis.opendocument.text"
ENTRIES = 2000
UNFOLDED = 100 * 1024 * 1024
RATIO = 100
FREE = 1024 * 1024  # a small part may be as regular as it likes
HEAVY, LOCKED, MACROS = "heavy", "locked", "macros"  # what may be wrong with an archive
UNREADABLE = (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, KeyError)


def kind_of(path: Path) -> str:
    """`docx`, `odt` or `pdf`; empty for anything else, also for an archive that is damaged, locked, a bomb, or carries macros."""
    with path.open("rb") as stream:
        head = stream.read(1024)
    if head.startswith(b"%PDF-"):
        return PDF
    if not head.startswith(b"PK\x03\x04"):
        return ""
    try:
        with zipfile.ZipFile(path) as archive:
            kind = "" if trouble_in(archive) else office_kind(archive)
    except UNREADABLE:
        return ""
    return kind if kind in {DOCX, ODT} else ""


def trouble_in(archive: zipfile.ZipFile) -> str:
    """`heavy` (a bomb by what its directory declares, U5), `locked` (encrypted), `macros`; empty when nothing is wrong."""
    entries = archive.infolist()
    sizes = [(entry.file_size, entry.compress_size) for entry in entries]
    if (
        len(entries) > ENTRIES
        or sum(size for size, _packed in sizes) > UNFOLDED
        or any(size > FREE and size > packed * RATIO for size, packed in sizes)
    ):
        return HEAVY
    if any(entry.flag_bits & 0x1 for entry in entries):
        return LOCKED
    names = [entry.filename for entry in entries]
    if any(name.lower().endswith("vbaproject.bin") or name.startswith(("Basic/", "Scripts/")) for name in names):
        return MACROS
    return ""


def office_kind(archive: zipfile.ZipFile) -> str:
    """`docx`, `xlsx` or `odt` by what the archive holds; empty for another one."""
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" in names:
        return DOCX if "word/document.xml" in names else XLSX if "xl/workbook.xml" in names else ""
    if not entries:
        return ""
    first = entries[0]
    is_odt = "content.xml" in names and first.filename == "mimetype" and first.file_size == len(ODT_KIND) and archive.read(first) == ODT_KIND
    return ODT if is_odt else ""
