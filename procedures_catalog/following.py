"""What was committed since the last look, so that what is kept in memory is loaded anew only where it changed.

Every transaction tells which procedures it changed (migration `changes_are_told`). Whoever keeps something remembers a
`Position`: below a transaction number everything has been seen, and of what lies above, this. A look reads what is told from
that number on: a handful of rows however large the catalogue, and nothing that commits late is lost, since the number passes
a transaction only after it ended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.db import connection

from .prepared import Statement

Key = tuple[int, int]  # transaction and row

# Transaction numbers are told apart by server (since its start) and table: a database that was restored or put in another's
# place counts anew, and a replica may be behind.
SOURCE = (
    "concat_ws('/', extract(epoch from pg_postmaster_start_time()), (select oid from pg_database where datname = current_database()),"
    " 'procedures_catalog_change'::regclass::oid)"
)
LOOK = f"""select json_build_array(
  {SOURCE}, pg_current_xact_id_if_assigned() is not null, pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
  (select coalesce(json_agg(json_build_array(xid, id, procedures, floor)), '[]') from procedures_catalog_change
    where xid >= coalesce(%s::bigint, pg_snapshot_xmin(pg_current_snapshot())::text::bigint) and xid || '/' || id <> all(%s::text[])))::text"""  # noqa: S608  # no value of anybody's in it  # nosec B608


@dataclass(frozen=True, slots=True)
class Position:
    """How far somebody has read: everything below `xid`, and of the rest these rows. None stands for now."""

    xid: int | None = None
    seen: frozenset[Key] = frozenset()


NOW = Position()


@dataclass(frozen=True, slots=True)
class News:
    """What a look found."""

    source: str
    writes: bool  # the transaction that looks has written: what it sees may never be committed
    horizon: int  # the oldest transaction that was running
    keys: frozenset[Key]
    procedures: frozenset[int]
    all: bool  # anything may have changed

    def __bool__(self) -> bool:
        return bool(self.keys)


def looking(position: Position) -> Statement:
    """The statement of a look from a position on; `read` makes news of its answer."""
    return LOOK, [position.xid, [f"{xid}/{number}" for xid, number in position.seen]]


def read(answer: str, position: Position) -> News:
    """The news in the answer of a look from that position on."""
    source, writes, horizon, told = json.loads(answer)
    return News(
        source=source,
        writes=writes,
        horizon=horizon,
        keys=frozenset((xid, number) for xid, number, _procedures, _floor in told),
        procedures=frozenset(key for _xid, _number, procedures, _floor in told for key in procedures or ()),
        # A floor above the position: some of what was told from there on is no longer kept.
        all=any(procedures is None or (position.xid is not None and (floor or 0) > position.xid) for _xid, _number, procedures, floor in told),
    )


def advanced(position: Position, news: News) -> Position:
    """The position of whoever has taken these news over."""
    xid = max(position.xid or 0, news.horizon)
    return Position(xid, frozenset(key for key in position.seen | news.keys if key[0] >= xid))


def compact() -> int:
    """Forget what was told before the last time that this ran; gives how many rows. In the caller's transaction.

    Whoever has read less than that is told so by the row that this leaves. Numbers that no transaction has reached yet came
    with a restored database and mean nothing here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procedures_catalog_change (procedures, floor)"
            " select '{}', coalesce(max(xid), 0) from procedures_catalog_change"
            " where floor is not null and xid < pg_current_xact_id()::text::bigint returning floor"
        )
        floor: Any = cursor.fetchone()[0]
        cursor.execute(
            "delete from procedures_catalog_change where xid < %s"
            " or xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint and xid <> pg_current_xact_id()::text::bigint",
            [floor],
        )
        return int(cursor.rowcount)
