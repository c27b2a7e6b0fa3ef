"""Answers that a process keeps for a moment, since many ask the same: for three seconds at most, and no longer than nothing public changed.

What is public has a stamp that moves with every change (`foundation.published`), and it is part of the key, so an answer never outlives
what it shows. The seconds are for the engine, which learns of a change a moment after the stamp moved, and for the editors' tables."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from time import monotonic

from django.conf import settings
from django.db import connection

from foundation import published
from foundation.published import AsOf

from .results import Results

SECONDS = 3.0
MOST = 400  # answers; one of ten results takes some twenty kilobytes


def moment() -> AsOf | None:
    """The stamp of what is public now; None where nothing may be kept: pages are not (PAGE_CACHE_MB), or this transaction wrote something
    that may never be committed."""
    if not settings.PAGE_CACHE_MB:
        return None
    if (known := published.as_of()) is not None:
        return known
    with connection.cursor() as cursor:
        cursor.execute("select stamp::text, number, pg_current_xact_id_if_assigned() is not null from foundation_stamp")
        row = cursor.fetchone()
    return None if row is None or row[2] else AsOf(row[0], row[1])


class Answers:
    """The answers of one process; the one that was asked for longest ago goes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[float, Results]] = OrderedDict()

    def get(self, moment: AsOf, key: Hashable) -> Results | None:
        """The answer under this stamp, if it is there and may still be given."""
        with self._lock:
            until, found = self._kept.get((moment, key), (0.0, None))
            if found is None:
                return None
            if monotonic() >= until:
                del self._kept[moment, key]
                return None
            self._kept.move_to_end((moment, key))
            return found

    def keep(self, moment: AsOf, key: Hashable, answer: Results) -> Results:
        """Keep an answer, unless it was given for want of a better one; gives the answer."""
        if answer.degraded or not answer.ready:
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
