"""How the database is emptied after a test that commits: as Django's `flush` does it, and quicker.

`flush` empties some two hundred tables, of which a test fills ten, and lets every application seed again what `migrate` seeds: seconds,
each time. So it runs once a process, and what it leaves is noted; afterwards whichever table holds something else gets those rows again.
Where the schema, a right or a trigger is not what it was, and on a server that is not the suite's own, `flush` runs as ever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from psycopg.types.json import Jsonb

from . import rows

# Everything but rows that `flush` mends: rights and views of reporting (safeguards/database.py), triggers that tell (foundation/published.py).
SCHEMA = """
select md5(string_agg(said, '|' order by said)) from (
  select concat_ws(' ', 'c', oid, relname, relkind, relacl, relhastriggers) said from pg_class where relnamespace in (select oid from spaces)
  union all select concat_ws(' ', 't', tgrelid, tgname, tgenabled, tgfoid) from pg_trigger
    where not tgisinternal
  union all select concat_ws(' ', 'n', oid, nspname, nspacl) from pg_namespace where oid in (select oid from spaces)
  union all select concat_ws(' ', 'p', oid, proname, proacl, md5(prosrc)) from pg_proc where pronamespace in (select oid from spaces)
  union all select concat_ws(' ', 'a', attrelid, attnum, attname, attacl, attisdropped) from pg_attribute a
    join pg_class c on c.oid = a.attrelid where attnum > 0 and relnamespace in (select oid from spaces)
  union all select concat_ws(' ', 'd', oid, defaclrole, defaclobjtype, defaclacl) from pg_default_acl
  union all select concat_ws(' ', 'b', datname, datacl) from pg_database where datname = current_database()
) everything
"""
SPACES = "with spaces as (select oid from pg_namespace where nspname not like 'pg\\_%' and nspname not in ('information_schema', 'tests_only')) "
# What triggers do where a table is truncated, which `delete` is not: whoever remembers rows hears of it.
TELL = """
select foundation_touch(), procedures_catalog_tell(null);
insert into search_stamp (id) values (1) on conflict (id) do update set stamp = gen_random_uuid();
update organisation_calendarstamp set stamp = gen_random_uuid();
"""


@dataclass
class Left:
    """What `flush` leaves."""

    schema: str
    checksums: dict[str, str]
    rows: dict[str, dict[str, Any]]

    @classmethod
    def now(cls) -> Left:
        """As it is at this moment."""
        tables = _tables()
        after = rows.rows(tables)
        written = rows.changes({table: type(found)() for table, found in after.items()}, after)
        return cls(_schema(), rows.checksums(tables), {change["name"]: change for change in written})

    def again(self) -> None:
        """Make it so again."""
        with transaction.atomic():
            there = rows.checksums(self.checksums)
            changed = sorted(table for table in there if there[table] != self.checksums[table])
            if not changed:
                return
            rows.empty(changed)
            rows.put_back(Jsonb([self.rows[table] for table in changed if table in self.rows]))
            with connection.cursor() as cursor:
                cursor.execute(TELL)


_left: dict[str, Left] = {}


def _tables() -> list[str]:
    """Those that `flush` empties."""
    return connection.introspection.django_table_names(only_existing=True, include_views=False)


def _schema() -> str:
    with connection.cursor() as cursor:
        cursor.execute(SPACES + SCHEMA)
        return str(cursor.fetchone()[0])


def emptied(flush: Callable[[], None]) -> None:
    """Empty the database after a test, by `flush` where that is needed."""
    if not rows.can_be_put_back():
        flush()
        return
    name = rows.database()
    if name in _left and _left[name].schema == _schema():
        _left[name].again()
        ContentType.objects.clear_cache()
        return
    flush()
    _left[name] = Left.now()
