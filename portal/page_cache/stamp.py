"""Reading the stamp: one small query before anything else, and what to do while the database does not answer.

Beside the stamp it asks for the last and the next time at which something begins or ends by the clock, for then pages change
although nobody wrote anything."""

from __future__ import annotations

import datetime as dt
import json
import logging
import time
from dataclasses import dataclass
from threading import Lock

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from foundation.published import AsOf

log = logging.getLogger(__name__)

# Tables and columns of times at which pages change by themselves, and which of their rows still count.
CLOCKS = (("portal_interruption", "starts_at", "lifted_at is null"), ("portal_interruption", "ends_at", "lifted_at is null"))
_TIMES = " union all ".join(f"select {column} from {table} where {where}" for table, column, where in CLOCKS)  # noqa: S608  # nosec B608
READ = f"""select json_build_array(stamp, number, pg_current_xact_id_if_assigned() is not null,
  (select max(t) from ({_TIMES}) times(t) where t <= statement_timestamp()), (select min(t) from ({_TIMES}) times(t) where t > statement_timestamp()),
  statement_timestamp())::text
  from foundation_stamp"""  # noqa: S608  # our own names only  # nosec B608
# The clocks of web server and database are not the same: so long after such a time nothing is kept.
UNSETTLED = dt.timedelta(seconds=30)
# While the database does not answer, what was known to be right so recently is shown. Longer, and it might no longer be: a
# database that only this machine cannot reach goes on changing.
GRACE = 600.0
ASK_AGAIN = 2.0  # seconds without asking a database that did not answer


@dataclass(frozen=True, slots=True)
class Reading:
    """What a request may do with pages that are kept."""

    as_of: AsOf | None  # None: neither read nor keep
    settled: bool = True  # False: read nothing that is kept, keep nothing
    answered: bool = True  # False: the database did not, and this is what was known last


NOTHING = Reading(None)


class Stamp:
    """The stamp as one process knows it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last: AsOf | None = None
        self._confirmed = self._failed = float("-inf")
        self._next: dt.datetime | None = None

    def read(self) -> Reading:
        """Ask the database. While it does not answer: what was known last, for a while."""
        if time.monotonic() - self._failed < ASK_AGAIN:
            return self._without()
        asked = time.monotonic()
        try:
            with connection.cursor() as cursor:
                cursor.execute(READ)
                row = cursor.fetchone()
        except (DatabaseError, InterfaceError):
            log.warning("the stamp of what is public could not be read", exc_info=True)
            self._failed = time.monotonic()
            return self._without()
        if row is None:  # emptied by hand: the next change writes it anew
            return NOTHING
        stamp, number, wrote, last, following, now = json.loads(row[0])
        if wrote:  # what a transaction sees of its own writes may never be committed
            return NOTHING
        moment = AsOf(stamp, number, last or "")
        with self._lock:
            if asked >= self._confirmed:  # of two threads the one that asked last knows better
                self._last, self._confirmed = moment, asked
                self._next = dt.datetime.fromisoformat(following) if following else None
        settled = not last or dt.datetime.fromisoformat(now) - dt.datetime.fromisoformat(last) >= UNSETTLED
        return Reading(moment, settled)

    def _without(self) -> Reading:
        with self._lock:
            known = self._last if time.monotonic() - self._confirmed <= GRACE else None
            if known is None or (self._next is not None and self._next <= timezone.now()):
                return Reading(None, answered=False)
            return Reading(known, answered=False)

    @property
    def newest(self) -> AsOf | None:
        """What was read last."""
        return self._last

    def forget(self) -> None:
        """As a process that has just started."""
        with self._lock:
            self._last = self._next = None
            self._confirmed = self._failed = float("-inf")
