"""An encrypted file, written and read as a stream: AES-256-GCM over pieces of 64 KiB, the key from a passphrase by scrypt.

    MINH BACH BACKUP 1 \\n   header (JSON: salt, cost, check) \\n   piece  piece  … last piece

Every piece is bound to the header, to its place and to whether it is the last: none can be changed, moved, taken away or cut
off unnoticed (the STREAM construction, as age has it). A wrong passphrase is told from a damaged file by `check`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC = b"MINH BACH BACKUP 1\n"
PIECE = 64 * 1024
TAG = 16
COST = 2**16  # 64 MB and a fifth of a second a guess
MOST_COST = 2**20  # a header of somebody else's must not take the machine's memory
LONGEST_HEADER = 1024


class Unreadable(Exception):
    """The file cannot be read; the text says why, in words for whoever runs the portal."""


def _keys(passphrase: str, salt: bytes, cost: int) -> tuple[bytes, bytes]:
    made = Scrypt(salt=salt, length=64, n=cost, r=8, p=1).derive(passphrase.encode())
    return made[:32], made[32:]


def _check(key: bytes, salt: bytes) -> str:
    return hmac.new(key, b"check" + salt, hashlib.sha256).hexdigest()


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


class Writer:
    """A file to write into; `finish` writes the last piece, without which nobody can read it."""

    def __init__(self, out: BinaryIO, passphrase: str) -> None:
        salt = os.urandom(16)
        key, check = _keys(passphrase, salt, COST)
        self.header = json.dumps({"salt": base64.b64encode(salt).decode(), "cost": COST, "check": _check(check, salt)}).encode() + b"\n"
        self._cipher = AESGCM(key)
        self._out = out
        self._waiting = bytearray()
        self._number = 0
        out.write(MAGIC + self.header)

    def write(self, data: bytes) -> int:
        """Take bytes; gives how many."""
        self._waiting += data
        # The last piece may be a full one: it is not known yet whether more follows.
        while len(self._waiting) > PIECE:
            self._seal(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]
        return len(data)

    def _seal(self, piece: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._number, last), piece, self.header))
        self._number += 1

    def finish(self) -> None:
        """Write what is left, as the end."""
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()


class Reader:
    """The content of such a file, each byte proven before it is given out; raises Unreadable."""

    def __init__(self, source: BinaryIO, passphrase: str) -> None:
        if source.read(len(MAGIC)) != MAGIC:
            raise Unreadable("This is not a backup of this portal.")
        self.header = source.readline(LONGEST_HEADER)
        try:
            told = json.loads(self.header)
            salt, cost, check = base64.b64decode(told["salt"], validate=True), int(told["cost"]), str(told["check"])
            if not (2**14 <= cost <= MOST_COST and cost & (cost - 1) == 0 and len(salt) == 16):
                raise ValueError(cost)
        except (ValueError, KeyError, TypeError) as error:
            raise Unreadable("The head of the backup is damaged.") from error
        key, check_key = _keys(passphrase, salt, cost)
        if not hmac.compare_digest(_check(check_key, salt), check):
            raise Unreadable("The passphrase is not the one that this backup was made with (or its head is damaged).")
        self._cipher = AESGCM(key)
        self._source = source
        self._number = 0
        self._next = source.read(PIECE + TAG)
        self._ready = bytearray()
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; b'' at the end, which is proven too."""
        while not self._ended and (size < 0 or len(self._ready) < size):
            self._open()
        taken = bytes(self._ready if size < 0 else self._ready[:size])
        del self._ready[: len(taken)]
        return taken

    def _open(self) -> None:
        piece, self._next = self._next, self._source.read(PIECE + TAG)
        last = not self._next
        try:
            self._ready += self._cipher.decrypt(_nonce(self._number, last), piece, self.header)
        except InvalidTag:
            where = f"after {self._number * PIECE // 1024:,} KB"
            raise Unreadable(f"The backup is damaged or cut off ({where}). Take another copy.") from None
        self._number += 1
        self._ended = last
