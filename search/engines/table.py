"""Reading `search.Entry` as those who mirror it do: what changed since a transaction, in batches, in flat memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

# A transaction sees its own writes: they must not reach a mirror before they are committed.
COMMITTED = "xid >= %s and xid is distinct from pg_current_xact_id_if_assigned()::text::bigint"
COLUMNS = ("kind", "object_id", "unit", "field", "levels", "audiences", "facets", "streams", "weight", "live", "version", "xid")
HORIZON = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
# Which database this is: the same backup put in again, here or elsewhere, is another one, although its rows and their numbers are alike.
DATABASE = """(select d.oid || '-' || a.attrelid || '-' || a.xmin from pg_database d, pg_attribute a
    where d.datname = current_database() and a.attrelid = 'search_entry'::regclass and a.attname = 'xid')"""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What lies at or above a transaction: how many rows, the sum of their versions (it grows with every change, whoever commits late),
    how many are newer than a version, the latest transaction among them; besides, the horizon and which database it is."""

    horizon: int
    database: str
    rows: int
    versions: int
    newer: int
    latest: int


def horizon() -> int:
    """The oldest transaction that still runs: everything below it has been committed or given up."""
    return ahead(0, 0, 0).horizon


def ahead(position: int, version: int, most: int, condition: str | None = None) -> Ahead:
    """What was written by transaction `position` or later; `most` rows of it are looked at, the earliest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""select {HORIZON}, {DATABASE}, count(*), coalesce(sum(version), 0)::bigint, count(*) filter (where version > %s), coalesce(max(xid), 0)
                from (select version, xid from search_entry where {condition or COMMITTED} order by xid limit %s) e""",  # noqa: S608  # names of our own  # nosec B608
            [version, position, most],
        )
        return Ahead(*cursor.fetchone())


def batches(position: int, size: int = 1000, condition: str | None = None) -> Iterator[list[dict[str, Any]]]:
    """The rows that were written by transaction `position` or later, tombstones too, each with its key as `ref`."""
    last = ("", "")
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"select {', '.join(COLUMNS)} from search_entry where {condition or COMMITTED} and (kind, object_id) > (%s, %s)"  # noqa: S608  # names of our own  # nosec B608
                " order by kind, object_id limit %s",
                [position, *last, size],
            )
            rows = [_row(values) for values in cursor.fetchall()]
        if rows:
            yield rows
        if len(rows) < size:
            return
        last = (rows[-1]["kind"], rows[-1]["object_id"])


def _row(values: tuple[Any, ...]) -> dict[str, Any]:
    row = dict(zip(COLUMNS, values, strict=True))
    for name in ("facets", "streams"):
        row[name] = json.loads(row[name]) if isinstance(row[name], str) else row[name]
    row["ref"] = f"{row['kind']}:{row['object_id']}"
    return row


def some(refs: list[str]) -> list[dict[str, Any]]:
    """The rows of some keys."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {', '.join(COLUMNS)} from search_entry where (kind, object_id) in (select * from unnest(%s::text[], %s::text[]))",  # noqa: S608  # names of our own  # nosec B608
            [[ref.partition(":")[0] for ref in refs], [ref.partition(":")[2] for ref in refs]],
        )
        return [_row(values) for values in cursor.fetchall()]
