"""Reading `search.Entry` as those who mirror it do: what changed since a transaction, in batches, in flat memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.db import connection

# A transaction sees its own writes: they must not reach a mirror before they are committed.
COMMITTED = "xid >= %s and xid is distinct from pg_current_xact_id_if_assigned()::text::bigint"
COLUMNS = ("kind", "object_id", "unit", "field", "levels", "audiences", "facets", "streams", "weight", "live", "version", "xid")


def horizon() -> int:
    """The oldest transaction that still runs: everything below it has been committed or given up."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])


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
