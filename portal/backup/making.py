"""Making a backup: one moment of the database, then the files, then the keys, into one encrypted file.

Files of the portal are written once under names of their own and never changed, and a row names a file only after it was
written: so files read after the database's moment hold everything that its rows name."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.db import connection, transaction

from . import programs, tables
from .sealed import Writer

NAME = "minh-bach-{}.backup"
PATTERN = "minh-bach-*.backup"
PART = 8 * 1024 * 1024  # of the dump, in memory at a time
FORM = 1


def folders() -> dict[str, Path]:
    """The files that belong to the portal, by their name in the archive. What is not there can be made again."""
    return {"private": Path(settings.PRIVATE_ROOT), "media": Path(settings.MEDIA_ROOT)}


def keys() -> dict[str, Any]:
    """Without these what is encrypted in the database cannot be read."""
    return {
        "SECRET_KEY": settings.SECRET_KEY,
        "FIELD_KEY": settings.FIELD_KEY,
        "FIELD_KEY_FALLBACKS": list(settings.FIELD_KEY_FALLBACKS),
    }


class Archive:
    """Members added to a tar that is written straight into the encrypted file; each one's checksum is kept."""

    def __init__(self, writer: Writer) -> None:
        self._tar = tarfile.open(fileobj=cast("IO[bytes]", writer), mode="w|")  # noqa: SIM115  # closed in `close`
        self.checksums: dict[str, str] = {}
        self.bytes = 0

    def add(self, name: str, data: bytes, mode: int = 0o640, modified: float = 0.0) -> None:
        """Bytes under a name."""
        self._member(name, io.BytesIO(data), len(data), mode, modified)

    def add_file(self, name: str, path: Path) -> None:
        """A file as it is now; one that goes away meanwhile is no longer wanted."""
        try:
            with path.open("rb") as source:
                state = os.fstat(source.fileno())
                self._member(name, source, state.st_size, state.st_mode & 0o777, state.st_mtime)
        except FileNotFoundError:
            return

    def _member(self, name: str, source: Any, size: int, mode: int, modified: float) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, mode, int(modified)
        hashed = _Hashed(source)
        self._tar.addfile(info, cast("IO[bytes]", hashed))
        self.checksums[name] = hashed.digest.hexdigest()
        self.bytes += size

    def close(self) -> None:
        """The end of the tar."""
        self._tar.close()


class _Hashed:
    """A source whose bytes are hashed as they are read."""

    def __init__(self, source: Any) -> None:
        self._source, self.digest = source, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._source.read(size)
        self.digest.update(data)
        return data


def _dump(snapshot: str, version: int) -> Iterator[bytes]:
    """The database at a snapshot, as pg_dump's own format, in pieces."""
    command = [
        str(programs.find(version) / "pg_dump"), "--format=custom", "--compress=6", "--no-owner", "--no-privileges", "--exclude-schema=reporting",
        f"--snapshot={snapshot}",
    ]  # fmt: skip
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603  # our own arguments
            command, env=programs.connection_environment(connection.settings_dict), stdout=subprocess.PIPE, stderr=said, stdin=subprocess.DEVNULL
        )
        try:
            while piece := cast("IO[bytes]", process.stdout).read(PART):
                yield piece
            if process.wait():
                said.seek(0)
                raise RuntimeError(f"pg_dump: {said.read().decode(errors='replace').strip()}")
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            cast("IO[bytes]", process.stdout).close()


def _database(archive: Archive) -> dict[str, Any]:
    """Dump and measure in one snapshot, so that the figures are those of the dump and of no other moment."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read, read only")
            cursor.execute("set local idle_in_transaction_session_timeout = 0")
            cursor.execute("select pg_export_snapshot(), current_setting('server_version_num')::int / 10000")
            snapshot, version = cursor.fetchone()
        counted = tables.sequences()
        for number, piece in enumerate(_dump(snapshot, version)):
            archive.add(f"database/{number:06d}", piece)
        return {"version": version, "tables": tables.measure(), "sequences": counted}


def make(folder: Path, passphrase: str, say: Callable[[str], None], now: datetime | None = None) -> Path:
    """Write a backup into a folder; gives its path. A file under its final name is complete: it was read back and proven."""
    from .reading import verify

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    moment = now or datetime.now(UTC)
    target = folder / NAME.format(moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ"))
    if target.exists():
        raise FileExistsError(f"{target} is there already.")
    partial = target.with_suffix(".part")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            writer = Writer(out, passphrase)
            archive = Archive(writer)
            database = _database(archive)
            for name, root in folders().items():
                for path in sorted(root.rglob("*")):
                    if path.is_file() and not path.is_symlink():
                        archive.add_file(f"{name}/{path.relative_to(root).as_posix()}", path)
            archive.add("keys.json", json.dumps(keys()).encode(), 0o600)
            manifest = {"form": FORM, "made_at": moment.isoformat(), "database": database, "members": archive.checksums}
            archive.add("manifest.json", json.dumps(manifest).encode())
            archive.close()
            writer.finish()
            out.flush()
            os.fsync(out.fileno())
        verify(partial, passphrase)
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    rows = sum(table["rows"] for table in database["tables"].values())
    files = sum(1 for name in archive.checksums if name.startswith(tuple(f"{one}/" for one in folders())))
    say(f"{target}: {rows} rows in {len(database['tables'])} tables, {files} files, {target.stat().st_size / 1e6:.1f} MB; read back.")
    return target


def thin_out(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest `keep` backups of a folder; gives which went. Names hold the time, so they sort by it."""
    gone = sorted(folder.glob(PATTERN))[: -keep or None] if keep > 0 else []
    for path in gone:
        path.unlink()
    return gone
