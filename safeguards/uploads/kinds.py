"""Whether a file is taken: by its ending, its first bytes and its structure, all three (U1, U5, U6). Nothing is unpacked or
decoded; of an Office file two small parts are read. What only a reader of PDF can tell is `pdf`'s."""

from __future__ import annotations

import io
import os
import warnings
import zipfile
from typing import IO

from foundation import documents

from .enums import Kind, Reason
from .names import NameRefused, claimed

PIXELS = 40_000_000
HEAD = 1024
SMALL_PART = 1024 * 1024
ARCHIVES = (b"PK\x03\x04", b"Rar!\x1a\x07", b"7z\xbc\xaf'\x1c", b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00")
ARCHIVE_ENDINGS = ("zip", "rar", "7z", "gz", "bz2", "xz", "tar", "jar", "cab", "docx", "xlsx", "pptx", "odt", "ods", "docm", "xlsm", "bin")
MARKUP = (b"<html", b"<script", b"<!doctype", b"<svg", b"<?php", b"<body", b"<iframe")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Word up to 2003, and whatever Word locked by a password
PICTURES = {Kind.JPEG: "JPEG", Kind.PNG: "PNG", Kind.WEBP: "WEBP"}
OFFICE = {Kind.DOCX: documents.DOCX, Kind.XLSX: documents.XLSX, Kind.ODT: documents.ODT}
TROUBLES = {documents.HEAVY: Reason.HEAVY, documents.LOCKED: Reason.LOCKED, documents.MACROS: Reason.MACROS}


class Refused(ValueError):
    """This file is not taken; `reason` says why, in a sentence for whoever sent it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def decide(name: str, stream: IO[bytes]) -> Kind:
    """The kind of a file by its name and its whole content, a stream that can be wound back. Raises Refused."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    head = stream.read(HEAD)
    try:
        kind = claimed(name)
    except NameRefused as refused:
        raise Refused(refused.reason) from refused
    if not size:
        raise Refused(Reason.EMPTY)
    if kind == Kind.PDF:
        _pdf(stream, head, size)
    elif kind in PICTURES:
        _picture(stream, head, kind)
    else:
        _office(stream, head, kind)
    stream.seek(0)
    return kind


def _none_else(stream: IO[bytes], head: bytes) -> None:
    """Not an archive or a page as well: a reader that looks for those from the end, or anywhere, would find one."""
    stream.seek(0)
    if any(word in head.lower() for word in MARKUP) or zipfile.is_zipfile(stream):
        raise Refused(Reason.TWO_IN_ONE)
    stream.seek(0)
    overlap = b""
    while chunk := stream.read(256 * 1024):
        if any(sign in overlap + chunk for sign in (b"Rar!\x1a\x07", b"7z\xbc\xaf'\x1c", b"This program cannot be run in DOS mode")):
            raise Refused(Reason.TWO_IN_ONE)
        overlap = chunk[-64:]


def _pdf(stream: IO[bytes], head: bytes, size: int) -> None:
    if not head.startswith(b"%PDF-"):
        raise Refused(Reason.OLD_OR_LOCKED if head.startswith(OLE) else Reason.NOT_WHAT_IT_SAYS)
    _none_else(stream, head)
    stream.seek(max(0, size - 2 * HEAD))
    if b"%%EOF" not in stream.read():
        raise Refused(Reason.DAMAGED)


# ── Pictures ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _picture(stream: IO[bytes], head: bytes, kind: Kind) -> None:
    from PIL import Image, UnidentifiedImageError

    right = {
        Kind.JPEG: head.startswith(b"\xff\xd8\xff"),
        Kind.PNG: head.startswith(b"\x89PNG\r\n\x1a\n"),
        Kind.WEBP: head.startswith(b"RIFF") and head[8:12] == b"WEBP",
    }[kind]
    if not right:
        raise Refused(Reason.NOT_WHAT_IT_SAYS)
    if b"%PDF-" in head:
        raise Refused(Reason.TWO_IN_ONE)
    _none_else(stream, head)
    stream.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            # The head alone: the size is known before a single dot is decoded.
            picture = Image.open(stream, formats=[PICTURES[kind]])
            width, height = picture.size
        if width * height > PIXELS:
            raise Refused(Reason.PIXELS)
        if kind == Kind.PNG:
            stream.seek(0)
            Image.open(stream, formats=["PNG"]).verify()  # every chunk and its checksum
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused(Reason.PIXELS) from error
    except Refused:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, KeyError) as error:
        raise Refused(Reason.DAMAGED) from error
    if not _whole(stream, kind):
        raise Refused(Reason.DAMAGED)


def _whole(stream: IO[bytes], kind: Kind) -> bool:
    """Whether the picture's end is there. After a JPEG's end telephones put parts of their own."""
    stream.seek(0)
    content = stream.read()
    if kind == Kind.JPEG:
        return b"\xff\xd9" in content[-256 * 1024 :] or content.rfind(b"\xff\xd9") > content.find(b"\xff\xda") > 0
    if kind == Kind.PNG:
        return content.rstrip(b"\x00").endswith(b"IEND\xaeB`\x82")
    return int.from_bytes(content[4:8], "little") + 8 in {len(content), len(content) + 1, len(content) - 1}


# ── Office ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _office(stream: IO[bytes], head: bytes, kind: Kind) -> None:
    if head.startswith(OLE):
        raise Refused(Reason.OLD_OR_LOCKED)
    if not head.startswith(b"PK\x03\x04"):
        raise Refused(Reason.NOT_WHAT_IT_SAYS)
    if b"%PDF-" in head:
        raise Refused(Reason.TWO_IN_ONE)
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            _directory(archive, size)
            found = documents.office_kind(archive)
            _active(archive, found)
            _nested(archive)
    except documents.UNREADABLE as error:
        if isinstance(error, Refused):
            raise
        raise Refused(Reason.DAMAGED) from error
    if found != OFFICE[kind]:
        raise Refused(Reason.NOT_WHAT_IT_SAYS)


def _directory(archive: zipfile.ZipFile, size: int) -> None:
    entries = archive.infolist()
    trouble = documents.trouble_in(archive)
    if trouble:
        raise Refused(TROUBLES[trouble])
    if archive.comment or not entries or min(entry.header_offset for entry in entries) != 0:
        raise Refused(Reason.TWO_IN_ONE)
    # Entries that share their bytes unpack to many times of what is there.
    if sum(entry.compress_size for entry in entries) > size or len({entry.header_offset for entry in entries}) != len(entries):
        raise Refused(Reason.HEAVY)


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as packed:
            return packed.read(SMALL_PART)
    except KeyError:
        return b""


def _active(archive: zipfile.ZipFile, found: str) -> None:
    names = archive.namelist()
    if found == documents.ODT:
        if b"encryption-data" in _part(archive, "META-INF/manifest.xml"):
            raise Refused(Reason.LOCKED)
        if any(name.startswith(("Object ", "ObjectReplacements/")) and name.endswith(".bin") for name in names):
            raise Refused(Reason.ACTIVE)
        return
    if b"macroenabled" in _part(archive, "[Content_Types].xml").lower():
        raise Refused(Reason.MACROS)
    lower = [name.lower() for name in names]
    if any("/activex/" in name or "oleobject" in name for name in lower):
        raise Refused(Reason.ACTIVE)
    for name in names:
        if name.endswith(".rels"):
            relations = _part(archive, name).lower()
            # A template or a part that is fetched when the file is opened; links that a person clicks are no part of it.
            if b'targetmode="external"' in relations and any(
                word in relations for word in (b"/attachedtemplate", b"/oleobject", b"/frame", b"/subdocument", b"/externallinkpath")
            ):
                raise Refused(Reason.ACTIVE)


def _nested(archive: zipfile.ZipFile) -> None:
    for entry in archive.infolist():
        ending = entry.filename.rpartition(".")[2].lower()
        if ending in {"xml", "rels"} or entry.is_dir() or not entry.file_size:
            continue
        with archive.open(entry) as packed:
            start = packed.read(8)
        if start.startswith(ARCHIVES) or (ending in ARCHIVE_ENDINGS and ending != "bin"):
            raise Refused(Reason.NESTED)
        if start.startswith((b"MZ", b"\x7fELF", OLE)):
            raise Refused(Reason.ACTIVE)
