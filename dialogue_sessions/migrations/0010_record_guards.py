"""What no constraint of a model can say: a public promise changes only beside the row that says why, and final minutes not at all."""

from django.db import migrations

FORWARD = """
create function dialogue_record_is_kept() returns trigger language plpgsql as $$
begin
  raise exception using errcode = 'check_violation', constraint = 'dialogue_record_append_only',
    message = format('%s is only ever added to', tg_table_name);
end $$;
create trigger record_is_kept before update or delete on dialogue_sessions_promisemove
  for each row execute function dialogue_record_is_kept();
create trigger record_is_kept before update or delete on dialogue_sessions_promiseversion
  for each row execute function dialogue_record_is_kept();
create trigger record_is_kept before update or delete on dialogue_sessions_addendum
  for each row execute function dialogue_record_is_kept();

create function dialogue_promise_guard() returns trigger language plpgsql as $$
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
create trigger promise_guard before insert or update or delete on dialogue_sessions_promise
  for each row execute function dialogue_promise_guard();

create function dialogue_minutes_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    if old.state in ('final', 'published') then
      raise exception using errcode = 'check_violation', constraint = 'minutes_final', message = 'final minutes are kept';
    end if;
    return old;
  end if;
  if new.state <> old.state and (old.state, new.state) not in (('draft', 'circulated'), ('circulated', 'final'), ('final', 'published')) then
    raise exception using errcode = 'check_violation', constraint = 'minutes_transition',
      message = format('minutes do not go from %s to %s', old.state, new.state);
  end if;
  if old.state in ('final', 'published') then
    if (to_jsonb(new) - '{state,published_at,late_reason,version}'::text[]) <> (to_jsonb(old) - '{state,published_at,late_reason,version}'::text[])
       or (new.state = old.state and (to_jsonb(new) - 'version') <> (to_jsonb(old) - 'version')) then
      raise exception using errcode = 'check_violation', constraint = 'minutes_final', message = 'final minutes do not change';
    end if;
  end if;
  return new;
end $$;
create trigger minutes_guard before update or delete on dialogue_sessions_minutes
  for each row execute function dialogue_minutes_guard();

create function dialogue_minutes_part_guard() returns trigger language plpgsql as $$
declare
  fixed text[] := array['final', 'published'];
begin
  -- `for share`: whoever makes the minutes final waits for this row, or this row for them.
  if tg_op <> 'INSERT' then
    perform 1 from dialogue_sessions_minutes where id = old.minutes_id and state = any(fixed) for share;
    if found then
      if tg_op = 'UPDATE' then
        -- Somebody who is named takes that back; a registration is forgotten. Nothing else.
        if tg_table_name = 'dialogue_sessions_contribution' and to_jsonb(new)->>'named' = 'false'
           and (to_jsonb(new) - '{named,speaker,version}'::text[]) = (to_jsonb(old) - '{named,speaker,version}'::text[]) then
          return new;
        end if;
        if tg_table_name = 'dialogue_sessions_correction'
           and to_jsonb(new)->>'registration_id' is null
           and (to_jsonb(new) - '{registration_id,proposed_sealed}'::text[]) = (to_jsonb(old) - '{registration_id,proposed_sealed}'::text[]) then
          return new;
        end if;
        if tg_table_name = 'dialogue_sessions_correction'
           and (to_jsonb(new) - '{proposed_sealed}'::text[]) = (to_jsonb(old) - '{proposed_sealed}'::text[]) then
          return new;  -- sealed anew under another key
        end if;
      end if;
      raise exception using errcode = 'check_violation', constraint = 'minutes_final', message = 'final minutes do not change';
    end if;
  end if;
  if tg_op = 'DELETE' then
    return old;
  end if;
  perform 1 from dialogue_sessions_minutes where id = new.minutes_id and state = any(fixed) for share;
  if found then
    raise exception using errcode = 'check_violation', constraint = 'minutes_final', message = 'final minutes do not change';
  end if;
  return new;
end $$;
create trigger minutes_part_guard before insert or update or delete on dialogue_sessions_contribution
  for each row execute function dialogue_minutes_part_guard();
create trigger minutes_part_guard before insert or update or delete on dialogue_sessions_attendance
  for each row execute function dialogue_minutes_part_guard();
create trigger minutes_part_guard before insert or update or delete on dialogue_sessions_minutesfile
  for each row execute function dialogue_minutes_part_guard();
create trigger minutes_part_guard before insert or update or delete on dialogue_sessions_correction
  for each row execute function dialogue_minutes_part_guard();
"""
BACKWARD = """
drop trigger minutes_part_guard on dialogue_sessions_contribution;
drop trigger minutes_part_guard on dialogue_sessions_attendance;
drop trigger minutes_part_guard on dialogue_sessions_minutesfile;
drop trigger minutes_part_guard on dialogue_sessions_correction;
drop trigger minutes_guard on dialogue_sessions_minutes;
drop trigger promise_guard on dialogue_sessions_promise;
drop trigger record_is_kept on dialogue_sessions_promisemove;
drop trigger record_is_kept on dialogue_sessions_promiseversion;
drop trigger record_is_kept on dialogue_sessions_addendum;
drop function dialogue_minutes_part_guard();
drop function dialogue_minutes_guard();
drop function dialogue_promise_guard();
drop function dialogue_record_is_kept();
"""


class Migration(migrations.Migration):
    dependencies = [("dialogue_sessions", "0009_minutes_and_promises")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
