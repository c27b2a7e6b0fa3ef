"""A public promise passes to another unit only beside the row that says why; and what whoever registers asks of a session in one
question whose plan the database keeps, since everybody who registers waits for it."""

from django.db import migrations

FORWARD = """
create trigger record_is_kept before update or delete on dialogue_sessions_promisetransfer
  for each row execute function dialogue_record_is_kept();

create or replace function dialogue_promise_guard() returns trigger language plpgsql as $$
declare
  moved record;
  worded record;
  handed record;
begin
  if tg_op = 'INSERT' then
    if new.state <> 'draft' then
      raise exception using errcode = 'check_violation', constraint = 'promise_transition', message = 'a promise begins as a draft';
    end if;
    return new;
  end if;
  if tg_op = 'DELETE' then
    if old.state <> 'draft' then
      raise exception using errcode = 'check_violation', constraint = 'promise_is_kept', message = 'a public promise is never deleted';
    end if;
    return old;
  end if;
  if new.state <> old.state and not (
    (old.state = 'draft' and new.state = 'open')
    or (old.state in ('open', 'changed') and new.state in ('changed', 'kept', 'kept_late', 'refused'))
    or (old.state in ('kept', 'kept_late', 'refused') and new.state = 'open')
  ) then
    raise exception using errcode = 'check_violation', constraint = 'promise_transition',
      message = format('a promise does not go from %s to %s', old.state, new.state);
  end if;
  if old.state = 'draft' then
    return new;
  end if;
  if new.first_due_on <> old.first_due_on or new.made_on <> old.made_on
     or new.session_id is distinct from old.session_id or new.published_at is distinct from old.published_at then
    raise exception using errcode = 'check_violation', constraint = 'promise_is_kept', message = 'what a promise began as never changes';
  end if;
  if new.unit_id <> old.unit_id then
    select old_unit_id, new_unit_id into handed from dialogue_sessions_promisetransfer where promise_id = old.id order by id desc limit 1;
    if not found or handed.old_unit_id <> old.unit_id or handed.new_unit_id <> new.unit_id then
      raise exception using errcode = 'check_violation', constraint = 'promise_unit_with_reason',
        message = 'a promise passes to another unit only with a reason';
    end if;
  end if;
  if new.due_on <> old.due_on then
    select old_due_on, new_due_on into moved from dialogue_sessions_promisemove where promise_id = old.id order by id desc limit 1;
    if not found or moved.old_due_on <> old.due_on or moved.new_due_on <> new.due_on then
      raise exception using errcode = 'check_violation', constraint = 'promise_due_with_reason',
        message = 'the date of a promise moves only with a reason';
    end if;
  end if;
  if new.text <> old.text or new.text_en <> old.text_en then
    select text, text_en into worded from dialogue_sessions_promiseversion where promise_id = old.id order by number desc limit 1;
    if not found or worded.text <> new.text or worded.text_en <> new.text_en then
      raise exception using errcode = 'check_violation', constraint = 'promise_text_with_version',
        message = 'the words of a public promise change only with a version';
    end if;
  end if;
  return new;
end $$;

-- The next numbers of a session, whose term is over by a moment, and the place that a contact has: of whoever proved it, or not yet.
-- Its caller holds the session's row.
create function dialogue_look_around(
  of_session bigint, of_contact text, by_moment timestamptz, out next_queue integer, out next_seat integer, out due bigint[], out proven boolean,
  out place bigint
) language plpgsql as $$
begin
  select coalesce(max(queue_no), 0) + 1 into next_queue from dialogue_sessions_registration where session_id = of_session;
  select coalesce(max(seat_no), 0) + 1 into next_seat from dialogue_sessions_registration where session_id = of_session;
  due := array(
    select id from dialogue_sessions_registration
     where session_id = of_session and state in ('held', 'waiting', 'offered')
       and case state when 'offered' then offered_until else held_until end <= by_moment
  );
  select proven_at is not null, id into proven, place from dialogue_sessions_registration
   where session_id = of_session and contact_hmac = of_contact and contact_hmac <> '' and source = 'self'
     and state in ('held', 'waiting', 'offered', 'confirmed') and id <> all(due);
end $$;
"""
BACKWARD = """
drop function dialogue_look_around(bigint, text, timestamptz);

create or replace function dialogue_promise_guard() returns trigger language plpgsql as $$
declare
  moved record;
  worded record;
begin
  if tg_op = 'INSERT' then
    if new.state <> 'draft' then
      raise exception using errcode = 'check_violation', constraint = 'promise_transition', message = 'a promise begins as a draft';
    end if;
    return new;
  end if;
  if tg_op = 'DELETE' then
    if old.state <> 'draft' then
      raise exception using errcode = 'check_violation', constraint = 'promise_is_kept', message = 'a public promise is never deleted';
    end if;
    return old;
  end if;
  if new.state <> old.state and not (
    (old.state = 'draft' and new.state = 'open')
    or (old.state in ('open', 'changed') and new.state in ('changed', 'kept', 'kept_late', 'refused'))
    or (old.state in ('kept', 'kept_late', 'refused') and new.state = 'open')
  ) then
    raise exception using errcode = 'check_violation', constraint = 'promise_transition',
      message = format('a promise does not go from %s to %s', old.state, new.state);
  end if;
  if old.state = 'draft' then
    return new;
  end if;
  if new.first_due_on <> old.first_due_on or new.unit_id <> old.unit_id or new.made_on <> old.made_on
     or new.session_id is distinct from old.session_id or new.published_at is distinct from old.published_at then
    raise exception using errcode = 'check_violation', constraint = 'promise_is_kept', message = 'what a promise began as never changes';
  end if;
  if new.due_on <> old.due_on then
    select old_due_on, new_due_on into moved from dialogue_sessions_promisemove where promise_id = old.id order by id desc limit 1;
    if not found or moved.old_due_on <> old.due_on or moved.new_due_on <> new.due_on then
      raise exception using errcode = 'check_violation', constraint = 'promise_due_with_reason',
        message = 'the date of a promise moves only with a reason';
    end if;
  end if;
  if new.text <> old.text or new.text_en <> old.text_en then
    select text, text_en into worded from dialogue_sessions_promiseversion where promise_id = old.id order by number desc limit 1;
    if not found or worded.text <> new.text or worded.text_en <> new.text_en then
      raise exception using errcode = 'check_violation', constraint = 'promise_text_with_version',
        message = 'the words of a public promise change only with a version';
    end if;
  end if;
  return new;
end $$;

drop trigger record_is_kept on dialogue_sessions_promisetransfer;
"""


class Migration(migrations.Migration):
    dependencies = [("dialogue_sessions", "0012_promise_transfers")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
