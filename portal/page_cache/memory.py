"""The pages that one process keeps: capped in number and in bytes, the least recently used go first."""

from __future__ import annotations

import datetime as dt
import gzip
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from foundation.published import AsOf

OVERHEAD = 2_000  # bytes of a page beside its text: headers, key, places in the table
SMALLEST_PACKED = 1_000
_PACKED = ("text/", "application/xml", "application/json", "application/atom+xml", "application/rss+xml", "image/svg+xml")


@dataclass(frozen=True, slots=True)
class Key:
    """Under what a page is kept: what is public, the local day (law takes effect at midnight), the portal's own address."""

    as_of: AsOf
    day: dt.date
    site: str
    path: str
    query: str = ""


@dataclass(slots=True)
class Kept:
    """A page as it goes out, but for the headers that every request gets anew."""

    headers: tuple[tuple[str, str], ...]
    body: bytes
    _packed: bytes = field(default=b"", repr=False)

    @property
    def is_packed(self) -> bool:
        """Whether it is worth sending compressed."""
        kind = next((value for name, value in self.headers if name.lower() == "content-type"), "")
        return len(self.body) >= SMALLEST_PACKED and kind.startswith(_PACKED)

    def packed(self) -> bytes:
        """The compressed form, made once. Nothing in it is secret and nothing in it is the visitor's, so its length tells nothing."""
        if not self._packed:
            self._packed = gzip.compress(self.body, 6, mtime=0)
        return self._packed

    @property
    def size(self) -> int:
        """Bytes in memory, with the compressed form whether it is made yet or not."""
        return len(self.body) + (len(self._packed) or len(self.body) // 4) + OVERHEAD


class Shelf:
    """A share of the memory."""

    def __init__(self) -> None:
        self.items: OrderedDict[Key, tuple[Kept, int]] = OrderedDict()
        self.held = 0

    def put(self, key: Key, page: Kept, most: int, size: int) -> None:
        """Keep a page; the oldest leave until all fit."""
        self.held -= self.items.pop(key, (page, 0))[1]
        self.items[key] = (page, page.size)
        self.held += page.size
        while self.items and (len(self.items) > most or self.held > size):
            self.held -= self.items.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Forget everything."""
        self.items.clear()
        self.held = 0


class Pages:
    """The memory of one process. Addresses with a query have a quarter of their own: whoever asks for every combination of
    choices pushes out other combinations, and never the pages that people read."""

    def __init__(self) -> None:
        self._plain, self._asked = Shelf(), Shelf()
        self._newest: AsOf | None = None
        self._lock = Lock()

    def get(self, key: Key) -> Kept | None:
        """The page under a key."""
        with self._lock:
            shelf = self._asked if key.query else self._plain
            found = shelf.items.get(key)
            if found is None:
                return None
            shelf.items.move_to_end(key)
            return found[0]

    def put(self, key: Key, page: Kept, most: int, size: int, newest: AsOf | None = None) -> bool:
        """Keep a page within `most` pages and `size` bytes; gives whether it was. `newest` is what the process read last: what was
        made under anything else is not taken in, and what stands on anything else goes at once, for nobody will ask for it."""
        if newest is not None and key.as_of != newest:
            return False
        with self._lock:
            if key.as_of != self._newest:
                self._plain.clear()
                self._asked.clear()
                self._newest = key.as_of
            shelf, share = (self._asked, 4) if key.query else (self._plain, 1)
            if page.size > size // share // 4:
                return False
            shelf.put(key, page, max(1, most // share), size // share)
            return True

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._plain.clear()
            self._asked.clear()
            self._newest = None

    def __len__(self) -> int:
        return len(self._plain.items) + len(self._asked.items)

    @property
    def held(self) -> int:
        """Bytes."""
        return self._plain.held + self._asked.held
