"""What no constraint can say: units are kept, trees have no cycles, successors follow an end, and the calendar's stamp."""

from django.db import migrations

FORWARD = """
create function organisation_unit_kept() returns trigger language plpgsql as $$
begin
  raise exception 'a unit is never deleted: close it and name its successors' using errcode = 'restrict_violation';
end $$;
create trigger unit_kept before delete on organisation_unit for each row execute function organisation_unit_kept();

-- One lock for all changes of a tree: two transactions that each hang one unit below the other's would both see no cycle.
create function organisation_no_cycle() returns trigger language plpgsql as $$
declare found_id bigint;
begin
  perform pg_advisory_xact_lock(hashtext(tg_table_name));
  execute format(
    'with recursive above(id) as (select $1 union select t.parent_id from %I t join above a on t.id = a.id where t.parent_id is not null)
     select id from above where id = $2', tg_table_name) into found_id using new.parent_id, new.id;
  if found_id is not null then
    raise exception '% belongs to itself', tg_table_name using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger unit_no_cycle before insert or update of parent_id on organisation_unit
  for each row when (new.parent_id is not null) execute function organisation_no_cycle();
create trigger point_no_cycle before insert or update of parent_id on organisation_servicepoint
  for each row when (new.parent_id is not null) execute function organisation_no_cycle();

create function organisation_successor_rules() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtext(tg_table_name));
  if not exists (select from organisation_unit where id = new.from_unit_id and valid_to is not null) then
    raise exception 'only a closed unit has successors' using errcode = 'check_violation';
  end if;
  if exists (
    with recursive later(id) as (
      select new.to_unit_id union select s.to_unit_id from organisation_unit_successors s join later l on s.from_unit_id = l.id
    ) select from later where id = new.from_unit_id
  ) then
    raise exception 'a unit cannot succeed itself' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger successor_rules before insert or update on organisation_unit_successors
  for each row execute function organisation_successor_rules();

create function organisation_reopened() returns trigger language plpgsql as $$
begin
  if exists (select from organisation_unit_successors where from_unit_id = new.id) then
    raise exception 'a unit with successors has a last day' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger unit_reopened before update of valid_to on organisation_unit
  for each row when (new.valid_to is null and old.valid_to is not null) execute function organisation_reopened();

create function organisation_calendar_changed() returns trigger language plpgsql as $$
begin
  insert into organisation_calendarstamp (id, stamp) values (1, gen_random_uuid())
    on conflict (id) do update set stamp = excluded.stamp;
  return null;
end $$;
create trigger calendar_changed after insert or update or delete or truncate on organisation_calendarday
  for each statement execute function organisation_calendar_changed();
create trigger calendar_changed after insert or update or delete or truncate on organisation_deadlinepolicy
  for each statement execute function organisation_calendar_changed();
create trigger calendar_changed after insert or update of parent_id or truncate on organisation_unit
  for each statement execute function organisation_calendar_changed();
insert into organisation_calendarstamp (id, stamp) values (1, gen_random_uuid());
"""

BACKWARD = """
drop trigger calendar_changed on organisation_unit;
drop trigger calendar_changed on organisation_deadlinepolicy;
drop trigger calendar_changed on organisation_calendarday;
drop function organisation_calendar_changed();
drop trigger unit_reopened on organisation_unit;
drop function organisation_reopened();
drop trigger successor_rules on organisation_unit_successors;
drop function organisation_successor_rules();
drop trigger point_no_cycle on organisation_servicepoint;
drop trigger unit_no_cycle on organisation_unit;
drop function organisation_no_cycle();
drop trigger unit_kept on organisation_unit;
drop function organisation_unit_kept();
delete from organisation_calendarstamp;
"""


class Migration(migrations.Migration):
    dependencies = [("organisation", "0003_house")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
