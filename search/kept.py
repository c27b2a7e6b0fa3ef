"""Answers that a process keeps for a moment, since many ask the same: for three seconds at most, and no longer than nothing public changed.

What is public has a stamp that moves with every change (`foundation.published`), and it is part of the key, so an answer never outlives
what it shows. The seconds are for the engine, which learns of a change a moment after the stamp moved, and for the editors' tables."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from time import monotonic

from foundation import published

from .results import Results

SECONDS = 3.0
MOST = 400  # answers; one of ten results takes some twenty kilobytes


class Answers:
    """The answers of one process; the one that was asked for longest ago goes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[float, Results]] = OrderedDict()

    @staticmethod
    def may() -> bool:
        """Whether anything may be kept where this runs."""
        return published.as_of() is not None

    def get(self, key: Hashable) -> Results | None:
        """The answer, if it is there and may still be given."""
        moment = published.as_of()
        if moment is None:
            return None
        with self._lock:
            until, found = self._kept.get((moment, key), (0.0, None))
            if found is None:
                return None
            if monotonic() >= until:
                del self._kept[moment, key]
                return None
            self._kept.move_to_end((moment, key))
            return found

    def keep(self, key: Hashable, answer: Results) -> Results:
        """Keep an answer, unless it was given for want of a better one; gives the answer."""
        moment = published.as_of()
        if moment is None or answer.degraded or not answer.ready:
            return answer
        with self._lock:
            self._kept[moment, key] = (monotonic() + SECONDS, answer)
            self._kept.move_to_end((moment, key))
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return answer

    def forget(self) -> None:
        """As a process that has just started."""
        with self._lock:
            self._kept.clear()


memory = Answers()
