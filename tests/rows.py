"""All rows of the database as PostgreSQL writes them, what changed among them, and how they are put back."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable
from typing import Any

import psycopg
from django.db import connection
from psycopg import sql
from psycopg.types.json import Jsonb

from . import server

Rows = dict[str, "Counter[str]"]

# What triggers write that no session switches off (`enable always`): they write it again when rows are put back.
BY_TRIGGERS = {"foundation_stamp", "foundation_touched", "procedures_catalog_change", "search_stamp"}
# Columns that say in which transaction a row was written: this one, when it is put back.
OF_TRANSACTION = {"search_entry": "xid"}

# Written by the server's superuser: the tests' own role may not pass by triggers.
FUNCTION = """
create schema if not exists tests_only;
create or replace function tests_only.put_back(changes jsonb) returns void language plpgsql security definer set search_path = public as $$
declare one record;
begin
  perform set_config('session_replication_role', 'replica', true);
  for one in
    select * from jsonb_to_recordset(changes) as x(name text, columns text, given text, shown text, gone jsonb, rows jsonb)
  loop
    if jsonb_array_length(one.gone) > 0 then
      execute format('delete from %I one where %s in (select jsonb_array_elements_text($1))', one.name, one.shown) using one.gone;
    end if;
    execute format(
      'insert into %I (%s) overriding system value select %s from (select text::%I as r from jsonb_array_elements_text($1) text) x',
      one.name, one.columns, one.given, one.name
    ) using one.rows;
  end loop;
  perform set_config('session_replication_role', 'origin', true);
end $$;
create or replace function tests_only.emptied(tables text[]) returns void language plpgsql security definer set search_path = public as $$
declare one text;
begin
  perform set_config('session_replication_role', 'replica', true);
  foreach one in array tables loop
    execute format('delete from %I', one);
  end loop;
  perform set_config('session_replication_role', 'origin', true);
end $$;
grant usage on schema tests_only to public;
"""


def database() -> str:
    """The name of the one that is asked now."""
    return str(connection.settings_dict["NAME"])


def can_be_put_back() -> bool:
    """Whether rows can be: on the suite's own server only."""
    return _superuser_made_it(str(connection.settings_dict["HOST"]), database())


@functools.cache
def _superuser_made_it(host: str, name: str) -> bool:
    address = server.superuser(host, name)
    if address is None:
        return False
    with psycopg.connect(address, autocommit=True) as admin:
        admin.execute(FUNCTION)
    return True


def tables() -> list[str]:
    """Every table but those that triggers look after."""
    return _tables(database())


@functools.cache
def _tables(name: str) -> list[str]:
    return sorted(set(connection.introspection.table_names()) - BY_TRIGGERS)


def pointed_at(by: Iterable[str]) -> set[str]:
    """The tables that foreign keys of these lead to."""
    known = _pointing(database())
    return set().union(*(known.get(table, ()) for table in by))


@functools.cache
def _pointing(name: str) -> dict[str, list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select conrelid::regclass::text, array_agg(distinct confrelid::regclass::text) from pg_constraint where contype = 'f' group by 1"
        )
        return dict(cursor.fetchall())


def _shown(table: str) -> str:
    """A row as text, whichever transaction wrote it."""
    column = OF_TRANSACTION.get(table)
    return f"""jsonb_populate_record(one, '{{"{column}": 0}}')::text""" if column else "one::text"


def _of_each(statement: str, names: Iterable[str]) -> list[tuple[Any, ...]]:
    """What a statement gives for each table."""
    parts = [
        sql.SQL(statement).format(name=sql.Literal(name), shown=sql.SQL(_shown(name)), table=sql.Identifier(name))  # type: ignore[arg-type]
        for name in sorted(names)
    ]
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" union all ").join(parts))
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def rows(names: Iterable[str]) -> Rows:
    """Every row of these tables."""
    found: Rows = {name: Counter() for name in names}
    for name, text in _of_each("select {name}, {shown} from {table} one", found):
        found[name][text] += 1
    return found


def checksums(names: Iterable[str]) -> dict[str, str]:
    """Of the rows of each table."""
    statement = "select {name}, count(*), sum(hashtextextended({shown}, 0)) from {table} one"
    return {name: f"{count} {total}" for name, count, total in _of_each(statement, names)}


def changes(before: Rows, after: Rows) -> list[dict[str, Any]]:
    """What was written in between, for `put_back`."""
    changed = [table for table in sorted(after) if after[table] != before[table]]
    columns = _columns(changed)
    return [
        {
            "name": table, "columns": ", ".join(columns[table]), "shown": _shown(table),
            "given": ", ".join(
                "pg_current_xact_id()::text::bigint" if OF_TRANSACTION.get(table) == column else f"(r).{column}" for column in columns[table]
            ),
            "gone": list((before[table] - after[table]).elements()), "rows": list((after[table] - before[table]).elements()),
        }
        for table in changed
    ]  # fmt: skip


def _columns(names: list[str]) -> dict[str, list[str]]:
    """Those that are written, quoted: not the ones that the database computes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select table_name, array_agg(quote_ident(column_name) order by ordinal_position) from information_schema.columns"
            " where table_schema = 'public' and is_generated = 'NEVER' and table_name = any(%s) group by 1",
            [names],
        )
        return dict(cursor.fetchall())


def put_back(written: Jsonb) -> None:
    """Write changes again: without what triggers would do to them, since what they did is among them."""
    with connection.cursor() as cursor:
        cursor.execute("select tests_only.put_back(%s)", [written])


def empty(names: list[str]) -> None:
    """Delete every row of these tables, whatever triggers or keys have against it."""
    with connection.cursor() as cursor:
        cursor.execute("select tests_only.emptied(%s)", [names])
