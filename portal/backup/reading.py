"""Reading a backup: proving all of it before anything is changed, and giving out its members as a stream."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from .sealed import Reader, Unreadable

PLACES = ("private", "media")


def members(path: Path, passphrase: str) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    """The members one after the other, each to be read before the next is asked for; raises Unreadable, also for a member
    that no backup of ours has."""
    with path.open("rb") as source:
        reader = Reader(source, passphrase)
        try:
            with tarfile.open(fileobj=cast("IO[bytes]", reader), mode="r|") as archive:
                for info in archive:
                    content = archive.extractfile(info) if info.isreg() and _is_ours(info.name) else None
                    if content is None:
                        raise Unreadable(f"The backup holds something that does not belong there: {info.name!r}.")
                    yield info, content
        except tarfile.TarError as error:
            raise Unreadable("The backup is damaged.") from error
        while reader.read(1024 * 1024):  # to the end, which is proven too
            pass


def _is_ours(name: str) -> bool:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\x00" in name:
        return False
    return name in {"keys.json", "manifest.json"} or (len(path.parts) > 1 and path.parts[0] in {"database", *PLACES})


def verify(path: Path, passphrase: str) -> dict[str, Any]:
    """Read all of a backup and compare it with its own list; gives the list (`manifest`) with the keys beside it."""
    found: dict[str, str] = {}
    small: dict[str, Any] = {}
    for info, content in members(path, passphrase):
        digest = hashlib.sha256()
        kept = bytearray()
        while data := content.read(1024 * 1024):
            digest.update(data)
            if info.name.endswith(".json") and "/" not in info.name:
                kept += data
        found[info.name] = digest.hexdigest()
        if kept:
            small[info.name] = json.loads(kept)
    manifest: dict[str, Any] = small.get("manifest.json", {})
    found.pop("manifest.json", None)
    if not manifest or manifest.get("members") != found:
        raise Unreadable("The backup does not hold what its own list says.")
    return {**manifest, "keys": small["keys.json"]}
