"""Where files stand, and how: each under a random name in the private folder, sealed piece by piece with a key of its own (U13, P4).

AES-256-GCM over pieces of 64 KiB. The piece's number, whether it is the last, and the file's uid are bound to it: pieces cannot
be changed, exchanged, taken away or moved to another file. The key stands in the row, sealed under FIELD_KEY: a row that is gone
makes its file unreadable, wherever a copy of it may be, and a new FIELD_KEY rewrites rows, never files."""

from __future__ import annotations

import os
import secrets
import tempfile
import uuid
from collections.abc import Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.files import File
from django.core.files.storage import Storage, storages

from safeguards.encryption import Unreadable

ALIAS = "private_files"
PIECE = 64 * 1024
TAG = 16
KEY = 32


def storage() -> Storage:
    """Where the files of citizens stand."""
    return storages[ALIAS]


def new_key() -> bytes:
    """A key for one file."""
    return os.urandom(KEY)


def _nonce(number: int, last: bool) -> bytes:
    # Never twice under one key: a key seals one file once.
    return number.to_bytes(11, "big") + bytes([last])


def pieces(size: int) -> int:
    """In how many pieces a file of `size` bytes stands."""
    return max(1, -(-size // PIECE))


def sealed(source: IO[bytes], key: bytes, uid: uuid.UUID) -> Iterator[bytes]:
    """The sealed pieces of what a stream holds from where it stands."""
    cipher, number = AESGCM(key), 0
    piece = source.read(PIECE)
    while True:
        following = source.read(PIECE)
        yield cipher.encrypt(_nonce(number, not following), piece, uid.bytes)
        if not following:
            return
        piece, number = following, number + 1


def write(source: IO[bytes], key: bytes, uid: uuid.UUID) -> str:
    """Put a file away; gives the random name under which it stands."""
    random = secrets.token_hex(20)
    source.seek(0)
    with tempfile.TemporaryFile() as made:
        for piece in sealed(source, key, uid):
            made.write(piece)
        made.seek(0)
        return storage().save(f"{random[:2]}/{random[2:]}", File(made))


def read(name: str, key: bytes, uid: uuid.UUID, size: int, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """The bytes of a file from `start` up to `stop` (all of it when left out). Raises Unreadable, OSError; what was given before that
    is as it was written."""
    end = size if stop is None else min(stop, size)
    count = pieces(size)
    cipher = AESGCM(key)
    with storage().open(name) as stored:
        number = start // PIECE
        stored.seek(number * (PIECE + TAG))
        while number * PIECE < end:
            try:
                piece = cipher.decrypt(_nonce(number, number == count - 1), stored.read(PIECE + TAG), uid.bytes)
            except (InvalidTag, ValueError) as error:
                raise Unreadable("the file is not as it was written") from error
            first = number * PIECE
            yield piece[max(0, start - first) : end - first]
            number += 1


def delete(name: str) -> None:
    """Take a file away; one that is not there is no error."""
    if name:
        storage().delete(name)
