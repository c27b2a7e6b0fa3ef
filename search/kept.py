"""Answers that a process keeps for a moment, since many ask the same, and the entries that they show; no longer than nothing public changed.

What is public has a stamp that moves with every change (`foundation.published`), and it is part of the key, so an answer never outlives
what it shows. An engine learns of a change a moment after the stamp moved: what it answers in those seconds is kept for as long, what it
answers after them for half a minute, in which nothing but how often a thing is asked for can change."""

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
from .shown import Key, Shown

SECONDS = 3.0  # in which an engine follows a change
LONGEST = 30.0
MOST = 400  # answers; one of ten results takes some twenty kilobytes
SEEN = 5000  # entries, whose texts are those of `shown`


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
        self._newest: AsOf | None = None
        self._since = 0.0  # when this process saw the newest stamp first

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
        now = monotonic()
        with self._lock:
            if self._newest is None or moment.number > self._newest.number or (moment.number == self._newest.number and moment != self._newest):
                self._newest, self._since = moment, now
            settled = moment == self._newest and now - self._since > SECONDS
            self._kept[moment, key] = (now + (LONGEST if settled else SECONDS), answer)
            self._kept.move_to_end((moment, key))
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return answer

    def forget(self) -> None:
        """As a process that has just started."""
        with self._lock:
            self._kept.clear()
            self._newest = None


class Seen:
    """Entries of which the database has said under the present stamp that they may be shown: not asked again for half a minute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._moment: AsOf | None = None
        self._until = 0.0
        self._known: dict[Key, Shown] = {}

    def of(self, moment: AsOf, keys: list[Key]) -> dict[Key, Shown]:
        """Those that are known to be shown now."""
        with self._lock:
            if moment != self._moment or monotonic() >= self._until:
                return {}
            return {key: self._known[key] for key in keys if key in self._known}

    def keep(self, moment: AsOf, entries: dict[Key, Shown]) -> None:
        """Entries that were asked for under this stamp."""
        now = monotonic()
        with self._lock:
            if moment != self._moment or now >= self._until or len(self._known) > SEEN:
                self._moment, self._until, self._known = moment, now + LONGEST, {}
            self._known |= entries

    def forget(self) -> None:
        """As a process that has just started."""
        with self._lock:
            self._moment, self._known = None, {}


memory = Answers()
seen = Seen()
