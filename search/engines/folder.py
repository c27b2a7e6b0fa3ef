"""The folder of the built-in mirror: one writer at a time, files that outlast a loss of power, and what can go wrong with it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Unreadable(Exception):
    """What lies in the folder is no mirror (a disk that lost power keeps halves of files)."""


# tantivy says ValueError whatever it is. What the database says is not among it.
FAILINGS = (OSError, ValueError, Unreadable)


def said(error: Exception) -> str:
    """A failure in a few words, without the paths of this machine."""
    if isinstance(error, OSError):
        return f"its folder cannot be used ({error.strerror or type(error).__name__})"
    return str(error) if isinstance(error, Unreadable) else f"its folder cannot be used ({type(error).__name__})"


@contextmanager
def lock(folder: Path, wait: float) -> Iterator[bool]:
    """Hold the folder's lock; gives False when another process keeps it for longer than `wait` seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as handle:
        until = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    yield False
                    return
                time.sleep(0.05)
        yield True


def write(file: Path, text: str) -> None:
    """Write a file in one step: after a loss of power the disk holds what was there before, or this."""
    temporary = file.with_name(f"{file.name}.new")
    with temporary.open("w") as made:
        made.write(text)
        made.flush()
        os.fsync(made.fileno())
    temporary.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
