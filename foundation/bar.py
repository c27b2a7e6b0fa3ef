"""A progress bar on a terminal, and nothing in a pipe."""

from __future__ import annotations

import sys
import time
from typing import TextIO

WIDTH = 30


class Bar:
    """Call it with what is done, how much of it, and of how much."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.on = self.stream.isatty()
        self.last = 0.0

    def label(self, what: str) -> str:
        """How a name of something done reads."""
        return what

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show how far it is; `total` 0 is not known."""
        if not self.on or (time.monotonic() - self.last < 0.1 and done != total):
            return
        self.last = time.monotonic()
        label = self.label(what)
        if total:
            filled = WIDTH * done // total
            self.stream.write(f"\r{label} [{'#' * filled}{'.' * (WIDTH - filled)}] {done}/{total} ")
        else:
            self.stream.write(f"\r{label} {done} ")
        self.stream.flush()

    def end(self) -> None:
        """Clear the line."""
        if self.on and self.last:
            self.stream.write("\r" + " " * (WIDTH + 30) + "\r")
            self.stream.flush()
