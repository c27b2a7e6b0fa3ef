"""What the figures read, in SQL: each is one query whatever the size of the catalogue, answered as one JSON text.

`RECORDS` is what counts everywhere here, and the definition on the pages: the published records in force on a day, each once.
A procedure with a record of its own for each of several levels of government counts once for each of them."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.db import connection

# The version by which a decision abolishes a procedure is in force as a text and counts as no service.
RECORDS = """
records as materialized (
  select v.*, p.code, cardinality(v.missing) > 0 as incomplete
    from procedures_catalog_procedureversion v join procedures_catalog_procedure p on p.id = v.procedure_id
   where v.live and v.change_kind <> 'abolished' and v.valid_from <= %(day)s and (v.valid_to is null or v.valid_to >= %(day)s)
)"""
# Who has a part in a record, as the lists of procedures have it: its counters' units, the units that decide, those that it names.
_PARTS = """
parts as materialized (
  select r.id, s.unit_id from records r join procedures_catalog_serviceoffer o on o.procedure_id = r.procedure_id
    join organisation_servicepoint s on s.id = o.point_id
  union
  select r.id, o.deciding_unit_id from records r join procedures_catalog_serviceoffer o on o.procedure_id = r.procedure_id
   where o.deciding_unit_id is not null
  union
  select a.version_id, a.unit_id from records r join procedures_catalog_involvedagency a on a.version_id = r.id
   where a.unit_id is not null{roles}
)"""
PARTS = _PARTS.format(roles="")
TAKING = _PARTS.format(roles=" and a.role <> 'coordinating'")  # who receives or decides; whoever is only consulted posts nothing
CHOSEN = """
chosen as materialized (
  select r.* from records r left join organisation_field f on f.id = r.field_id
   where (%(field)s = '' or f.slug = %(field)s)
     and (%(unit)s = '' or exists (select from parts p join organisation_unit u on u.id = p.unit_id where p.id = r.id and u.slug = %(unit)s))
)"""
_LEVELS = "c.online_level, c.partial_reason_kind, coalesce(c.legacy_level, 0), coalesce(c.proactive_level, 0), count(*)"
_GROUPS = "c.online_level, c.partial_reason_kind, c.legacy_level, c.proactive_level"
LEVELS = f"""
with {RECORDS}, {PARTS}, {CHOSEN},
every as (select json_build_array('', '', '', 0, {_LEVELS}) as row from chosen c group by {_GROUPS}),
by_field as (
  select json_build_array(coalesce(f.slug, ''), coalesce(f.name, ''), coalesce(f.name_en, ''), 0, {_LEVELS}) as row
    from chosen c left join organisation_field f on f.id = c.field_id group by f.slug, f.name, f.name_en, {_GROUPS}),
by_unit as (
  select json_build_array(u.slug, u.name, u.name_en, u.level * 1000000 + least(u."order", 999999), {_LEVELS}) as row
    from chosen c join parts p on p.id = c.id join organisation_unit u on u.id = p.unit_id
   group by u.slug, u.name, u.name_en, u.level, u."order", {_GROUPS}),
by_level as (
  select json_build_array(l.level::text, '', '', l.level, {_LEVELS}) as row
    from chosen c cross join lateral unnest(c.levels) l(level) group by l.level, {_GROUPS})
select json_build_object(
  'every', (select coalesce(json_agg(row), '[]') from every),
  'field', (select coalesce(json_agg(row), '[]') from by_field),
  'unit', (select coalesce(json_agg(row), '[]') from by_unit),
  'level', (select coalesce(json_agg(row), '[]') from by_level),
  'procedures', (select count(distinct procedure_id) from chosen),
  'regimes', (select coalesce(json_object_agg(regime, n), '{{}}') from (select regime, count(*) n from chosen group by regime) g),
  'coming', (select count(*) from procedures_catalog_procedureversion where live and change_kind <> 'abolished' and valid_from > %(day)s),
  'known', json_build_object(
    'unit', (select json_build_array(name, name_en) from organisation_unit where slug = %(unit)s),
    'field', (select json_build_array(name, name_en) from organisation_field where slug = %(field)s))
)::text"""  # noqa: S608  # put together from the texts above alone  # nosec B608
LEVEL_ROWS = f"""
with {RECORDS}, {PARTS}, {CHOSEN}
select c.code, c.name, c.levels, coalesce(f.name, ''), c.online_level, c.partial_reason_kind, c.partial_reason, c.legacy_level, c.proactive_level,
       c.regime, c.valid_from, c.valid_to, coalesce(d.number, ''), c.incomplete,
       (select coalesce(array_agg(u.code order by u.code), '{{}}') from parts p join organisation_unit u on u.id = p.unit_id where p.id = c.id)
  from chosen c left join organisation_field f on f.id = c.field_id left join procedures_catalog_publicationdecision d on d.id = c.decision_id
 order by c.code, c.levels, c.id"""  # noqa: S608  # put together from the texts above alone  # nosec B608
# A plan with the history of its procedure in the plan's own scheme: of the versions at the level of government of the plan's unit
# where there are such, of all otherwise.
PLANS = """
select coalesce(json_agg(json_build_array(
    t.id, p.code, named.name, u.slug, u.code, u.name, u.name_en, t.year, t.scheme, t.level, t.basis, t.decided_on, t.ended_on, t.end_kind,
    t.end_basis, coalesce(held.rows, '[]'), coalesce(f.slug, ''), coalesce(f.name, ''), coalesce(f.name_en, ''))
    order by t.year desc, p.code, t.scheme, u.code, t.decided_on, t.id), '[]')::text
  from transparency_plannedlevel t
  join procedures_catalog_procedure p on p.id = t.procedure_id
  join organisation_unit u on u.id = t.unit_id
  left join lateral (
    select v.name, v.field_id from procedures_catalog_procedureversion v where v.procedure_id = t.procedure_id and v.live
     order by v.valid_from <= %(day)s desc, case when v.valid_from <= %(day)s then v.valid_from end desc, v.valid_from, v.id limit 1) named on true
  left join organisation_field f on f.id = named.field_id
  left join lateral (
    select json_agg(json_build_array(
        case t.scheme when 'online' then v.online_level
          else coalesce(case t.scheme when 'legacy' then v.legacy_level else v.proactive_level end::text, '') end,
        v.valid_from, v.valid_to) order by v.valid_from, v.id) as rows
      from procedures_catalog_procedureversion v
     where v.procedure_id = t.procedure_id and v.live and v.change_kind <> 'abolished'
       and (u.level = any(v.levels) or not exists (
         select from procedures_catalog_procedureversion w
          where w.procedure_id = t.procedure_id and w.live and w.change_kind <> 'abolished' and u.level = any(w.levels)))) held on true
 where t.decided_on <= %(day)s"""
# The list that binds each unit on a day. A department acts for the level of government that it belongs to: what it has a part in
# is that one's own too.
LISTS = """
lists as materialized (
  select distinct on (unit_id) id, unit_id, source, valid_from from transparency_postinglist
   where superseded_at is null and valid_from <= %(day)s order by unit_id, valid_from desc, id desc
), bound as materialized (
  select l.unit_id, l.id as list_id, e.code, e.name from lists l join transparency_postingentry e on e.posting_list_id = l.id
), belongs(unit_id, to_id, is_government, parent_id) as (
  select id, id, is_government, parent_id from organisation_unit
  union
  select b.unit_id, u.id, u.is_government, u.parent_id from belongs b join organisation_unit u on u.id = b.parent_id where not b.is_government
), own as materialized (
  select b.to_id as unit_id, r.code, bool_or(r.incomplete) as incomplete, min(r.name) as name
    from parts p join belongs b on b.unit_id = p.unit_id join records r on r.id = p.id
   group by b.to_id, r.code
), states as materialized (
  select b.unit_id, b.code, b.name,
         case when o.code is not null then case when o.incomplete then 'incomplete' else 'complete' end
              when exists (select from records r where r.code = b.code) then 'elsewhere' else 'missing' end as state
    from bound b left join own o on o.unit_id = b.unit_id and o.code = b.code
), extra as materialized (
  select o.unit_id, o.code, o.name, o.incomplete from own o join lists l on l.unit_id = o.unit_id
   where not exists (select from bound b where b.unit_id = o.unit_id and b.code = o.code)
)"""
# Missing since: the day from which lists without a gap name the code, or the day after it was last in force here, if that is later.
_SINCE = """
greatest(
  (select min(a.valid_from) from transparency_postinglist a join transparency_postingentry x on x.posting_list_id = a.id and x.code = s.code
    where a.unit_id = s.unit_id and a.superseded_at is null and a.valid_from <= %(day)s
      and not exists (
        select from transparency_postinglist g where g.unit_id = s.unit_id and g.superseded_at is null
           and g.valid_from between a.valid_from and %(day)s
           and not exists (select from transparency_postingentry y where y.posting_list_id = g.id and y.code = s.code))),
  (select max(v.valid_to) + 1 from procedures_catalog_procedureversion v join procedures_catalog_procedure p on p.id = v.procedure_id
    where p.code = s.code and v.live and v.change_kind <> 'abolished' and v.valid_to < %(day)s and s.state = 'missing'))"""
POSTING = f"""
with recursive {RECORDS}, {TAKING}, {LISTS},
units as (
  select u.id, u.slug, u.code, u.name, u.name_en, u.level, u."order", l.source, l.valid_from
    from organisation_unit u left join lists l on l.unit_id = u.id
   where (u.valid_from is null or u.valid_from <= %(day)s) and (u.valid_to is null or u.valid_to >= %(day)s)
     and (l.id is not null or (u.is_government and exists (select from own o where o.unit_id = u.id)))
     and (%(unit)s = '' or u.slug = %(unit)s)
)
select json_build_object(
  'units', (select coalesce(json_agg(json_build_object(
      'slug', u.slug, 'code', u.code, 'name', u.name, 'name_en', u.name_en, 'source', u.source, 'valid_from', u.valid_from,
      'own', (select count(*) from own o where o.unit_id = u.id),
      'complete', (select count(*) from states s where s.unit_id = u.id and s.state = 'complete'),
      'incomplete', (select count(*) from states s where s.unit_id = u.id and s.state = 'incomplete'),
      'elsewhere', (select count(*) from states s where s.unit_id = u.id and s.state = 'elsewhere'),
      'missing', (select count(*) from states s where s.unit_id = u.id and s.state = 'missing'),
      'extra', (select count(*) from extra x where x.unit_id = u.id),
      'lacking', (select coalesce(json_agg(json_build_array(s.code, s.name, s.state, s.since) order by s.state desc, s.code), '[]') from (
          select s.*, {_SINCE} as since from states s where s.unit_id = u.id and s.state in ('missing', 'elsewhere')
           order by s.state desc, s.code limit %(limit)s offset %(offset)s) s),
      'partial', (select coalesce(json_agg(json_build_array(s.code, s.name) order by s.code), '[]') from (
          select * from states s where s.unit_id = u.id and s.state = 'incomplete' order by s.code limit %(more)s) s),
      'unlisted', (select coalesce(json_agg(json_build_array(x.code, x.name) order by x.code), '[]') from (
          select * from extra x where x.unit_id = u.id order by x.code limit %(more)s) x)
    ) order by u.level, u."order", u.name), '[]') from units u),
  'known', exists (select from organisation_unit where slug = %(unit)s)
)::text"""  # noqa: S608  # put together from the texts above alone  # nosec B608
POSTING_ROWS = f"""
with recursive {RECORDS}, {TAKING}, {LISTS}
select u.code, u.name, l.source, l.valid_from, s.code, s.name, s.state,
       case when s.state in ('missing', 'elsewhere') then {_SINCE} end
  from states s join lists l on l.unit_id = s.unit_id join organisation_unit u on u.id = s.unit_id
 where %(unit)s = '' or u.slug = %(unit)s
union all
select u.code, u.name, l.source, l.valid_from, x.code, x.name, 'unlisted', null
  from extra x join lists l on l.unit_id = x.unit_id join organisation_unit u on u.id = x.unit_id
 where %(unit)s = '' or u.slug = %(unit)s
 order by 1, 5"""  # noqa: S608  # put together from the texts above alone  # nosec B608


def _one(sql: str, **parameters: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()[0]


def _all(sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def levels(day: dt.date, unit: str = "", field: str = "") -> dict[str, Any]:
    """Counts of the records in force on a day by field, unit and level of government, each by its levels in every scheme."""
    found: dict[str, Any] = json.loads(_one(LEVELS, day=day, unit=unit, field=field))
    return found


def level_rows(day: dt.date, unit: str = "", field: str = "") -> list[tuple[Any, ...]]:
    """The records themselves."""
    return _all(LEVEL_ROWS, day=day, unit=unit, field=field)


def plans(day: dt.date) -> str:
    """The plans decided by a day, each with the history of its procedure, as JSON text."""
    return str(_one(PLANS, day=day))


def posting(day: dt.date, unit: str = "", *, limit: int, offset: int = 0, more: int = 0) -> dict[str, Any]:
    """For each unit what its list asks for and what stands here, with so many of what is missing, and of the rest."""
    found: dict[str, Any] = json.loads(_one(POSTING, day=day, unit=unit, limit=limit, offset=offset, more=more))
    return found


def posting_rows(day: dt.date, unit: str = "") -> list[tuple[Any, ...]]:
    """Every line of the lists in force on a day, and what stands here without being on one."""
    return _all(POSTING_ROWS, day=day, unit=unit)
