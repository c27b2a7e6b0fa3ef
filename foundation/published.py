"""Whether anything public has changed: the stamp, the triggers that raise it, and the moment that a request shows.

The stamp is one row (migration 0001). Whoever keeps something made from public data reads the stamp first and keeps what it
makes under that: what was committed before the reading is in it, and what is committed later has another stamp. See
docs/decisions/0004."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock

from django.db import connection

ANY, LIVE, EMPTIED = "any", "live", "emptied"
# Columns of drafts, locks and schedules: no public page shows them, and an editor's autosave writes them all day.
UNSEEN = (
    "draft_title", "has_unpublished_changes", "latest_revision_id", "latest_revision_created_at", "locked", "locked_at", "locked_by_id",
    "go_live_at",
)  # fmt: skip
_ROWS = {"insert": "new table as new_rows", "update": "old table as old_rows new table as new_rows", "delete": "old table as old_rows"}


@dataclass(frozen=True, slots=True)
class AsOf:
    """What a request may show: everything committed under this stamp, at this moment of the clock."""

    stamp: str
    number: int  # grows with each change; a restored database may count anew, so it orders and does not identify
    moment: str = ""  # the last time at which something began or ended by the clock


_current: ContextVar[AsOf | None] = ContextVar("as_of", default=None)


def as_of() -> AsOf | None:
    """The stamp under which this request runs; None where nothing may be kept (a job, the back office, a transaction that wrote)."""
    return _current.get()


@contextmanager
def showing(moment: AsOf | None) -> Iterator[None]:
    """Everything inside is made under this stamp."""
    token = _current.set(moment)
    try:
        yield
    finally:
        _current.reset(token)


class Answers:
    """A bounded memory of one process for texts that hold as long as the stamp does. The least recently used go first."""

    def __init__(self, size: int) -> None:
        self.size = size  # bytes
        self._items: OrderedDict[Hashable, str] = OrderedDict()
        self._held = 0
        self._newest: AsOf | None = None
        self._lock = Lock()

    def get(self, moment: AsOf, key: Hashable) -> str | None:
        """What is kept under a key."""
        with self._lock:
            if (moment, key) in self._items:
                self._items.move_to_end((moment, key))
            return self._items.get((moment, key))

    def keep(self, moment: AsOf, key: Hashable, text: str) -> None:
        """Keep a text. What was kept under an older stamp is of use to nobody."""
        with self._lock:
            if self._newest is None or moment.number > self._newest.number:
                self._items.clear()
                self._held, self._newest = 0, moment
            if (moment, key) not in self._items:
                self._items[moment, key] = text
                self._held += sys.getsizeof(text)
            while self._held > self.size:
                self._held -= sys.getsizeof(self._items.popitem(last=False)[1])

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._items.clear()
            self._held = 0

    def __len__(self) -> int:
        return len(self._items)


def missing(tables: Mapping[str, str]) -> list[str]:
    """Of tables and how they tell (`ANY`, `LIVE`, `EMPTIED`), those that exist and whose triggers are not all there and on."""
    wanted = {
        table: {"public_truncate", *(() if kind == EMPTIED else (f"public_{operation}" for operation in _ROWS))} for table, kind in tables.items()
    }
    with connection.cursor() as cursor:
        cursor.execute(
            """select c.relname, coalesce(array_agg(t.tgname::text) filter (where t.tgenabled = 'A'), '{}')
                 from pg_class c left join pg_trigger t on t.tgrelid = c.oid and t.tgname like 'public\\_%%'
                where c.relname = any(%s) and c.relkind = 'r' and c.relnamespace = 'public'::regnamespace group by 1""",
            [list(tables)],
        )
        there = {table: set(names) for table, names in cursor.fetchall()}
    return sorted(table for table, names in there.items() if wanted[table] - names)


def telling(tables: Iterable[str]) -> list[str]:
    """Those of some tables that have a trigger of ours."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select distinct c.relname from pg_class c join pg_trigger t on t.tgrelid = c.oid join pg_proc p on p.oid = t.tgfoid
                where c.relname = any(%s) and c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
                  and t.tgname like 'public\\_%%' and p.proname = 'foundation_told' order by 1""",
            [list(tables)],
        )
        return [table for (table,) in cursor.fetchall()]


def leave(table: str) -> None:
    """Let changes of a table raise the stamp no more."""
    name = connection.ops.quote_name(table)
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"drop trigger if exists public_{operation} on {name}" for operation in ("truncate", *_ROWS)))


def is_ready() -> bool:
    """Whether this database has the stamp: `migrate` may be on its way to it, or back from it."""
    with connection.cursor() as cursor:
        cursor.execute("select to_regproc('foundation_told') is not null")
        return bool(cursor.fetchone()[0])


def follow(table: str, kind: str) -> None:
    """Let changes of a table raise the stamp. `ENABLE ALWAYS`, so that SQL which switches ordinary triggers off is told of too."""
    name = connection.ops.quote_name(table)
    unseen = ",".join(UNSEEN)
    operations = {"truncate": "", **({} if kind == EMPTIED else {operation: f"referencing {rows}" for operation, rows in _ROWS.items()})}
    with connection.cursor() as cursor:
        for operation, rows in operations.items():
            cursor.execute(
                f"drop trigger if exists public_{operation} on {name};"
                f" create trigger public_{operation} after {operation} on {name} {rows} for each statement"
                f" execute function foundation_told('{kind}', '{unseen}');"
                f" alter table {name} enable always trigger public_{operation}"
            )
