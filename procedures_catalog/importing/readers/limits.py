"""How much an import may take: bytes, rows, seconds, what an archive may hold and unfold to (acceptance X6)."""

from __future__ import annotations

import gzip
import io
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import IO

from django.utils.translation import gettext as _

from ..problems import BadFile

MEGABYTE = 1024 * 1024
ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd")
ARCHIVE_NAMES = (".zip", ".gz", ".bz2", ".xz", ".7z", ".rar", ".zst", ".tar", ".xlsx", ".xlsm", ".ods", ".docx")
FREE_BYTES = MEGABYTE  # a small file may be as regular as it likes


@dataclass(frozen=True)
class Limits:
    """Limits of one import. None is no limit."""

    file_bytes: int | None = None
    rows: int | None = None
    seconds: float | None = None
    unfolded_bytes: int = 16 * 1024 * MEGABYTE
    ratio: int = 100
    entries: int = 2000
    columns: int = 256
    cell_characters: int = 4_000_000
    line_bytes: int = 16 * MEGABYTE
    blank_rows: int = 20_000
    started: float = field(default_factory=time.monotonic)

    def begin(self) -> Limits:
        """The same limits, the clock started now."""
        return Limits(**{**{name: getattr(self, name) for name in self.__dataclass_fields__}, "started": time.monotonic()})

    def check_time(self) -> None:
        """Raises BadFile when reading has taken too long."""
        if self.seconds is not None and time.monotonic() - self.started > self.seconds:
            raise BadFile(_("Reading the file took longer than %(seconds)d seconds; it was given up.") % {"seconds": self.seconds})

    def check_rows(self, rows: int) -> None:
        """Raises BadFile when there are too many rows."""
        if self.rows is not None and rows > self.rows:
            raise BadFile(_("The file has more than %(rows)d rows. Split it, or import it with: manage.py import_procedures") % {"rows": self.rows})

    def check_size(self, size: int) -> None:
        """Raises BadFile when the file itself is too big."""
        if self.file_bytes is not None and size > self.file_bytes:
            raise BadFile(
                _("The file is larger than %(size)d MB. Split it, or import it with: manage.py import_procedures")
                % {"size": self.file_bytes // MEGABYTE}
            )


# Rows of all tables count: 20,000 rows are the cap of a browser's upload; the command streams larger files.
UPLOAD = Limits(file_bytes=10 * MEGABYTE, rows=20_000, seconds=60, unfolded_bytes=200 * MEGABYTE)
COMMAND = Limits()


class Unfolding(io.RawIOBase):
    """A decompressed stream that refuses to grow past its limits, whatever its headers say."""

    def __init__(self, stream: IO[bytes], limits: Limits, packed: int) -> None:
        self.stream, self.limits, self.packed, self.count = stream, limits, max(packed, 1), 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read, count, refuse."""
        try:
            data = self.stream.read(min(len(buffer), 256 * 1024))
        except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise BadFile(_("The archive is damaged.")) from error
        self.count += len(data)
        if self.count > self.limits.unfolded_bytes or (self.count > FREE_BYTES and self.count > self.packed * self.limits.ratio):
            raise BadFile(_("The archive unfolds to far more than it says; it is refused as a bomb."))
        self.limits.check_time()
        buffer[: len(data)] = data
        return len(data)


def check_zip(archive: zipfile.ZipFile, limits: Limits, *, office: bool) -> None:
    """Refuse an archive by its directory alone, before anything is unfolded."""
    entries = archive.infolist()
    if len(entries) > limits.entries:
        raise BadFile(_("The archive has more than %(count)d files.") % {"count": limits.entries})
    total = 0
    for entry in entries:
        total += entry.file_size
        if entry.flag_bits & 0x1:
            raise BadFile(_("The archive is protected by a password."))
        if entry.filename.lower().endswith(ARCHIVE_NAMES):
            raise BadFile(_("There is an archive within the archive: %(name)s.") % {"name": entry.filename[:80]})
        if entry.file_size > FREE_BYTES and entry.file_size > max(entry.compress_size, 1) * limits.ratio:
            raise BadFile(_("The archive unfolds to far more than it says; it is refused as a bomb."))
    packed = sum(entry.compress_size for entry in entries)
    if total > limits.unfolded_bytes or (total > FREE_BYTES * 4 and total > max(packed, 1) * limits.ratio):
        raise BadFile(_("The archive unfolds to far more than it says; it is refused as a bomb."))
    spans = sorted((entry.header_offset, entry.header_offset + entry.compress_size) for entry in entries if not entry.is_dir())
    if any(following[0] < span[1] for span, following in pairwise(spans)):
        raise BadFile(_("Files of the archive lie over one another; it is refused as a bomb."))
    if not office:
        for entry in entries:
            if not entry.is_dir():
                with open_entry(archive, entry, limits) as stream:
                    if stream.read(8).startswith(ARCHIVES):
                        raise BadFile(_("There is an archive within the archive: %(name)s.") % {"name": entry.filename[:80]})


@contextmanager
def open_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: Limits) -> Iterator[IO[bytes]]:
    """One file of an archive, held to the limits while it unfolds."""
    try:
        with archive.open(entry) as stream, io.BufferedReader(Unfolding(stream, limits, entry.compress_size), 256 * 1024) as guarded:
            yield guarded
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise BadFile(_("The archive is damaged.")) from error


def ungzip(stream: IO[bytes], size: int, limits: Limits) -> IO[bytes]:
    """A gzipped stream, held to the limits while it unfolds."""
    return io.BufferedReader(Unfolding(gzip.GzipFile(fileobj=stream), limits, size), 256 * 1024)  # type: ignore[arg-type]
