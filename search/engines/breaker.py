"""When a helper fails again and again, it is left alone for a while. Pure, for one process."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable


class Breaker:
    """Lets calls through until `failures` of them failed within `window` seconds; then none for `pause` seconds, then a single
    probe: when it succeeds all go through again, when it fails none for another `pause`.

    `enter` gives a ticket, or None when the call must not be made; whoever got one says with `leave` how it went. A call that
    began before the breaker opened says nothing about the time after, so its ticket counts no more."""

    def __init__(self, *, failures: int = 5, window: float = 30.0, pause: float = 30.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._failures, self._window, self._pause, self._clock = failures, window, pause, clock
        self._lock = threading.Lock()
        self._recent: deque[float] = deque()
        self._epoch = 0
        self._closed = True
        self._again = 0.0

    @property
    def closed(self) -> bool:
        """Whether calls go through."""
        return self._closed

    def enter(self) -> int | None:
        """A ticket for one call."""
        with self._lock:
            if not self._closed:
                if self._clock() < self._again:
                    return None
                # A probe that never comes back is followed by another one after the same pause.
                self._epoch += 1
                self._again = self._clock() + self._pause
            return self._epoch

    def leave(self, ticket: int, *, well: bool) -> None:
        """How the call of a ticket went."""
        with self._lock:
            if ticket != self._epoch:
                return
            now = self._clock()
            if not self._closed:
                if well:
                    self._closed = True
                    self._recent.clear()
                else:
                    self._open(now)
            elif not well:
                self._recent.append(now)
                while self._recent[0] <= now - self._window:
                    self._recent.popleft()
                if len(self._recent) >= self._failures:
                    self._open(now)

    def _open(self, now: float) -> None:
        self._closed = False
        self._epoch += 1
        self._again = now + self._pause
