"""What a document really is: by its bytes, never by its name (U1). Reads directories of archives and heads, unpacks nothing."""

from __future__ import annotations

import zipfile
from pathlib import Path

DOCX, ODT, PDF = "docx", "odt", "pdf"
ODT_KIND = b"application/vnd.oasis.opendocument.text"
ENTRIES = 2000
UNFOLDED = 100 * 1024 * 1024
RATIO = 100
FREE = 1024 * 1024  # a small part may be as regular as it likes


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
            return _office(archive)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, KeyError):
        return ""


def _office(archive: zipfile.ZipFile) -> str:
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    sizes = [(entry.file_size, entry.compress_size) for entry in entries]
    if (
        len(entries) > ENTRIES
        or sum(size for size, _packed in sizes) > UNFOLDED
        or any(size > FREE and size > packed * RATIO for size, packed in sizes)
        or any(entry.flag_bits & 0x1 for entry in entries)
        or any(name.lower().endswith("vbaproject.bin") or name.startswith(("Basic/", "Scripts/")) for name in names)
    ):
        return ""
    if not entries:
        return ""
    if {"[Content_Types].xml", "word/document.xml"} <= names:
        return DOCX
    first = entries[0]
    is_odt = "content.xml" in names and first.filename == "mimetype" and first.file_size == len(ODT_KIND) and archive.read(first) == ODT_KIND
    return ODT if is_odt else ""
