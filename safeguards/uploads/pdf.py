"""Whether a PDF opens without a password and holds nothing that acts: scripts, programs to start, attached files (U12).

PDF is read by a process of its own, within limits: whatever a file does, it ends in one word. The process knows neither Django nor
a password; it is handed open files and says a word a line."""

from __future__ import annotations

import contextlib
import logging
import shutil
import subprocess  # nosec B404  # our own reader, with our own arguments
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent.parent
# The file, not the package: `safeguards` would bring Django along.
_READER = (
    "import importlib.util as u, sys; sys.path.insert(0, sys.argv[1]); s = u.spec_from_file_location('pdf', sys.argv[2]); "
    "m = u.module_from_spec(s); s.loader.exec_module(m); m.main(sys.argv[3:])"
)
SECONDS = 30  # for all files of a form, other work of the machine included
CPU_SECONDS = 15
MEMORY = 512 * 1024 * 1024
OBJECTS = 300_000
DEPTH = 60
FINE, LOCKED, ACTIVE, DAMAGED, HEAVY = "fine", "locked", "active", "damaged", "heavy"
WORDS = {FINE, LOCKED, ACTIVE, DAMAGED, HEAVY}
KEYS = {"/JS", "/JavaScript", "/Launch", "/EmbeddedFiles", "/EF", "/RichMedia", "/RichMediaContent", "/XFA"}
ACTIONS = {"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/RichMediaExecute", "/GoToE"}
PARTS = {"/EmbeddedFile", "/FileAttachment", "/RichMedia", "/Movie", "/3D"}
# Long enough not to stand in compressed bytes by chance; they show what a newer directory of the same file hides.
RAW = (b"/JavaScript", b"/EmbeddedFile", b"/RichMedia", b"/Launch ", b"/Launch/", b"/Launch>")


def examine(files: Sequence[IO[bytes]]) -> list[str]:
    """A word for each open file: fine, locked, active, damaged, heavy. A reader that dies leaves `damaged` for what it did not get to."""
    if not files:
        return []
    with contextlib.ExitStack() as stack:
        numbers = [_number(stream, stack) for stream in files]
        said = _asked(numbers)
    for stream in files:
        stream.seek(0)
    return said + [DAMAGED] * (len(files) - len(said))


def _number(stream: IO[bytes], stack: contextlib.ExitStack) -> int:
    """The number under which the system has the file; small ones may be in memory only."""
    stream.seek(0)
    try:
        stream.flush()
        return stream.fileno()
    except OSError:  # io.UnsupportedOperation
        copy = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  # the stack closes it
        shutil.copyfileobj(stream, copy)
        copy.flush()
        copy.seek(0)
        return copy.fileno()


def _asked(numbers: Sequence[int]) -> list[str]:
    try:
        done = subprocess.run(  # noqa: S603  # our own reader; numbers of files that we opened  # nosec B603
            [sys.executable, "-I", "-B", "-c", _READER, str(ROOT), str(Path(__file__).resolve()), *map(str, numbers)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=SECONDS, check=False,
            env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}, cwd="/", pass_fds=numbers,
        ).stdout  # fmt: skip
    except subprocess.TimeoutExpired as slow:
        done = slow.stdout or b""
    return [word for word in done.decode("ascii", "replace").split("\n") if word in WORDS][: len(numbers)]


# ── In the process of its own ─────────────────────────────────────────────────────────────────────────────────────────


def read(stream: IO[bytes]) -> str:
    """The word for one PDF."""
    from pypdf import PdfReader
    from pypdf.generic import IndirectObject

    if any(word in _raw(stream) for word in RAW):
        return ACTIVE
    stream.seek(0)
    reader = PdfReader(stream, strict=False)
    # Many are closed against changes only, and open with no password.
    if reader.is_encrypted and not reader.decrypt(""):
        return LOCKED
    if not len(reader.pages):
        return DAMAGED
    numbers = [(number, generation) for generation, rows in reader.xref.items() for number in rows]
    numbers += [(number, 0) for number in reader.xref_objStm]
    if len(numbers) > OBJECTS:
        return HEAVY
    if _acts(reader.trailer, 0):
        return ACTIVE
    for number, generation in numbers:
        try:
            found = reader.get_object(IndirectObject(number, generation, reader))
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001, S112  # many sound files have an object that nobody can read
            continue
        if _acts(found, 0):
            return ACTIVE
    return FINE


def _raw(stream: IO[bytes]) -> bytes:
    stream.seek(0)
    return stream.read()


def _acts(thing: Any, depth: int) -> bool:
    """Whether an object, or one that stands within it, acts. What it refers to has its own turn."""
    if depth > DEPTH:
        return True
    if isinstance(thing, dict):
        for key, value in thing.items():
            name = value if isinstance(value, str) else ""
            if key in KEYS or (key == "/S" and name in ACTIONS) or (key in {"/Type", "/Subtype"} and name in PARTS):
                return True
        return any(_acts(value, depth + 1) for value in _direct(dict.values(thing)))
    if isinstance(thing, list):
        return any(_acts(value, depth + 1) for value in _direct(list.__iter__(thing)))
    return False


def _direct(values: Any) -> Iterator[Any]:
    return (value for value in values if isinstance(value, dict | list))


def main(numbers: Sequence[str]) -> None:
    """Say a word for each open file."""
    import os

    from foundation.confined import confine

    confine(CPU_SECONDS, MEMORY)
    logging.disable(logging.CRITICAL)  # pypdf says what it mends
    for number in numbers:
        try:
            with os.fdopen(os.dup(int(number)), "rb") as stream:
                word = read(stream)
        except MemoryError:
            word = HEAVY
        except Exception:  # noqa: BLE001  # whatever a library says of a file that it cannot read: that is the answer
            word = DAMAGED
        sys.stdout.write(word + "\n")
        sys.stdout.flush()
