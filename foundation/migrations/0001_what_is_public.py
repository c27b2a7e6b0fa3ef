"""One row that says whether anything public has changed: raised in the transaction of the change, as the last thing it does.

`foundation_told` is the trigger of every table whose rows public pages show (`foundation.published.follow` puts it there). It
leaves one row in `foundation_touched` a transaction; that row's deferred triggers raise the stamp at commit. So the row of the
stamp is locked while a transaction commits and no longer, and an UPDATE that is rolled back never was."""

from django.db import migrations

FORWARD = """
create table foundation_stamp (
  id smallint primary key default 1 check (id = 1),
  stamp uuid not null default gen_random_uuid(),
  number bigint not null default 1,
  raised_at timestamptz not null default clock_timestamp()
);
insert into foundation_stamp default values;

create table foundation_touched (
  id bigint generated always as identity primary key,
  last boolean not null default false
);

-- Once a transaction is enough; what is rolled back to a savepoint takes the setting along.
create function foundation_touch() returns void language plpgsql as $$
begin
  if current_setting('portal.touched', true) is distinct from pg_current_xact_id()::text then
    insert into foundation_touched default values;
    perform set_config('portal.touched', pg_current_xact_id()::text, true);
  end if;
end $$;

-- At commit the first firing only queues the second, behind the foreign keys that are checked then: the stamp's row is the last
-- thing that a transaction waits for, so that no two wait for each other.
create function foundation_raise() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    update foundation_touched set last = true where id = new.id;
  else
    insert into foundation_stamp as s (id) values (1) on conflict (id) do update
      set stamp = gen_random_uuid(), number = s.number + 1, raised_at = clock_timestamp();
    delete from foundation_touched where id = new.id;
  end if;
  return null;
end $$;
create constraint trigger raises after insert or update on foundation_touched
  deferrable initially deferred for each row execute function foundation_raise();
alter table foundation_touched enable always trigger raises;

-- Arguments: "any" (each row) or "live" (those that are or were public), and the columns that no public page shows.
create function foundation_told() returns trigger language plpgsql as $$
declare
  every boolean := tg_argv[0] = 'any';
  unseen text[] := string_to_array(tg_argv[1], ',');
  told boolean;
begin
  if current_setting('portal.touched', true) = pg_current_xact_id()::text then
    return null;
  end if;
  if tg_op = 'TRUNCATE' then
    told := true;
  elsif tg_op = 'INSERT' then
    told := exists (select from new_rows r where every or (to_jsonb(r)->>'live')::boolean);
  elsif tg_op = 'DELETE' then
    told := exists (select from old_rows r where every or (to_jsonb(r)->>'live')::boolean);
  else
    told := exists (
      select to_jsonb(r) - unseen from new_rows r where every or (to_jsonb(r)->>'live')::boolean
      except select to_jsonb(r) - unseen from old_rows r where every or (to_jsonb(r)->>'live')::boolean
    ) or exists (
      select to_jsonb(r) - unseen from old_rows r where every or (to_jsonb(r)->>'live')::boolean
      except select to_jsonb(r) - unseen from new_rows r where every or (to_jsonb(r)->>'live')::boolean
    );
  end if;
  if told then
    perform foundation_touch();
  end if;
  return null;
end $$;
"""
BACK = """
drop function foundation_told() cascade;
drop table foundation_touched;
drop function foundation_raise();
drop function foundation_touch();
drop table foundation_stamp;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [migrations.RunSQL(FORWARD, BACK)]
