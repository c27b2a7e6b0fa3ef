"""What a database holds, table by table: how many rows, and a sum over their content that does not depend on their order."""

from __future__ import annotations

from typing import Any

from django.db import connection
from psycopg import sql

# As text looks the same in every server, whatever its own settings are.
STEADY = (
    "set local datestyle = 'ISO, MDY'", "set local intervalstyle = 'postgres'", "set local timezone = 'UTC'", "set local extra_float_digits = 1",
    "set local bytea_output = 'hex'", "set local statement_timeout = 0",
)  # fmt: skip
Contents = dict[str, dict[str, Any]]


def names() -> list[str]:
    """The tables of the portal; those of extensions and reports are none of its content."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
               and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e') order by 1"""
        )
        return [name for (name,) in cursor.fetchall()]


def measure() -> Contents:
    """Rows and sum of each table, in the caller's transaction."""
    found: Contents = {}
    with connection.cursor() as cursor:
        for statement in STEADY:
            cursor.execute(statement)
        for name in names():
            cursor.execute(
                sql.SQL("select count(*), coalesce(sum(('x' || left(md5(t::text), 15))::bit(60)::bigint), 0)::text from public.{} t").format(
                    sql.Identifier(name)
                )
            )
            rows, total = cursor.fetchone()
            found[name] = {"rows": rows, "sum": total}
    return found


def sequences() -> dict[str, int]:
    """How far each sequence has counted. They stand outside snapshots: asked before a dump, the dump has at least these."""
    with connection.cursor() as cursor:
        cursor.execute("select sequencename, coalesce(last_value, 0) from pg_sequences where schemaname = 'public' order by 1")
        return dict(cursor.fetchall())


def behind(before: dict[str, int], after: dict[str, int]) -> list[str]:
    """A line for each sequence that would hand out numbers anew."""
    return [
        f"sequence {name}: {value} in the backup, {after.get(name, 'none')} here" for name, value in before.items() if after.get(name, -1) < value
    ]


def differences(before: Contents, after: Contents) -> list[str]:
    """A line for each table that is not the same."""
    lines = []
    for name in sorted(before.keys() | after.keys()):
        one, other = before.get(name), after.get(name)
        if one != other:
            lines.append(f"{name}: {one['rows'] if one else 'no'} rows in the backup, {other['rows'] if other else 'none'} here")
    return lines
