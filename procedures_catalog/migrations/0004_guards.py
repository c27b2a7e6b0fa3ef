"""The rules of a version's life, held by the database whoever writes: four eyes, nothing in force is edited or deleted, and
what was written and approved stays on record. Triggers work on statements with transition tables, so that an import of
thousands of rows costs one check."""

from django.db import migrations

PARTS = [
    "caserow", "methodrow", "steprow", "processrow", "paperrow", "feerow", "formrow", "resultrow", "conditionrow", "legalbasisrow",
    "involvedagency",
]
RECORDS = ["contribution", "approval"]

FUNCTIONS = """
create function procedures_catalog_today() returns date language sql stable as $$
  select (now() at time zone 'Asia/Ho_Chi_Minh')::date
$$;

create function procedures_catalog_refuse(rule text, message text) returns void language plpgsql as $$
begin
  raise exception using errcode = 'check_violation', constraint = rule, message = message;
end $$;

-- A version turns live, or shows another revision, only with an approval of that revision by somebody who wrote none of it.
create function procedures_catalog_version_updated() returns trigger language plpgsql as $$
declare
  bad bigint;
  -- what belongs to the row and not to the record, and the end of validity, which a successor sets
  movable text[] := array[
    'valid_to', 'end_kind', 'end_decision_id', 'latest_revision_id', 'live_revision_id', 'has_unpublished_changes', 'first_published_at',
    'last_published_at', 'go_live_at', 'locked', 'locked_at', 'locked_by_id', 'content_digest', 'missing', 'synced_at', 'import_notes'];
begin
  select n.id into bad
    from new_rows n join old_rows o on o.id = n.id
   where n.live and (not o.live or n.live_revision_id is distinct from o.live_revision_id)
     and not (
       exists (select from procedures_catalog_contribution c where c.version_id = n.id)
       and exists (
         select from procedures_catalog_approval a
          where a.version_id = n.id and a.revision_id = n.live_revision_id
            and not exists (select from procedures_catalog_contribution c where c.version_id = n.id and c.user_id = a.approver_id)))
   limit 1;
  if found then
    perform procedures_catalog_refuse('version_four_eyes',
      format('version %s: nobody who did not write it has approved this revision', bad));
  end if;
  -- What is not yet in force may be taken back (live turns false) and is a draft again; nothing else of a public row moves.
  select n.id into bad
    from new_rows n join old_rows o on o.id = n.id
   where o.live and (n.live or o.valid_from <= procedures_catalog_today())
     and (to_jsonb(o) - movable) is distinct from (to_jsonb(n) - movable)
   limit 1;
  if found then
    perform procedures_catalog_refuse('version_in_force', format('version %s is public: its content does not change', bad));
  end if;
  return null;
end $$;

create function procedures_catalog_version_inserted() returns trigger language plpgsql as $$
begin
  if exists (select from new_rows where live) then
    perform procedures_catalog_refuse('version_four_eyes', 'a version begins as a draft');
  end if;
  return null;
end $$;

create function procedures_catalog_version_deleted() returns trigger language plpgsql as $$
begin
  if exists (select from old_rows where live or first_published_at is not null) then
    perform procedures_catalog_refuse('version_kept', 'a version that was public is not deleted');
  end if;
  return null;
end $$;

create function procedures_catalog_version_key() returns trigger language plpgsql as $$
begin
  perform procedures_catalog_refuse('version_key', format('version %s keeps its key', old.id));
  return null;
end $$;

create function procedures_catalog_part_written() returns trigger language plpgsql as $$
declare bad bigint;
begin
  if tg_op = 'INSERT' then
    select v.id into bad from new_rows r join procedures_catalog_procedureversion v on v.id = r.version_id where v.live limit 1;
  elsif tg_op = 'DELETE' then
    select v.id into bad from old_rows r join procedures_catalog_procedureversion v on v.id = r.version_id where v.live limit 1;
  else
    select v.id into bad
      from (select version_id from new_rows union select version_id from old_rows) r
      join procedures_catalog_procedureversion v on v.id = r.version_id where v.live limit 1;
  end if;
  if bad is not null then
    perform procedures_catalog_refuse('version_in_force', format('version %s is public: %s does not change', bad, tg_table_name));
  end if;
  return null;
end $$;

create function procedures_catalog_record_changed() returns trigger language plpgsql as $$
begin
  perform procedures_catalog_refuse('record_append_only', format('%s is only ever added to', tg_table_name));
  return null;
end $$;

-- Deferred: a draft is deleted together with its record, in whatever order.
create function procedures_catalog_record_deleted() returns trigger language plpgsql as $$
begin
  if exists (select from procedures_catalog_procedureversion where id = old.version_id) then
    perform procedures_catalog_refuse('record_append_only', format('%s is only ever added to', tg_table_name));
  end if;
  return null;
end $$;

create function procedures_catalog_approved() returns trigger language plpgsql as $$
begin
  if exists (
    select from new_rows a join procedures_catalog_contribution c on c.version_id = a.version_id and c.user_id = a.approver_id
  ) then
    perform procedures_catalog_refuse('version_four_eyes', 'who wrote a version cannot approve it');
  end if;
  return null;
end $$;

create function procedures_catalog_revision_rewritten() returns trigger language plpgsql as $$
begin
  if exists (select from procedures_catalog_approval where revision_id = old.id) then
    perform procedures_catalog_refuse('revision_approved', format('revision %s has been approved: it is not rewritten', old.id));
  end if;
  return new;
end $$;

create trigger version_key before update of id on procedures_catalog_procedureversion
  for each row when (old.id is distinct from new.id) execute function procedures_catalog_version_key();
create trigger version_updated after update on procedures_catalog_procedureversion
  referencing old table as old_rows new table as new_rows for each statement execute function procedures_catalog_version_updated();
create trigger version_inserted after insert on procedures_catalog_procedureversion
  referencing new table as new_rows for each statement execute function procedures_catalog_version_inserted();
create trigger version_deleted after delete on procedures_catalog_procedureversion
  referencing old table as old_rows for each statement execute function procedures_catalog_version_deleted();
create trigger approved after insert on procedures_catalog_approval
  referencing new table as new_rows for each statement execute function procedures_catalog_approved();
create trigger revision_rewritten before update of content on wagtailcore_revision
  for each row when (old.content is distinct from new.content) execute function procedures_catalog_revision_rewritten();
"""

ON_PART = """
create trigger part_inserted after insert on procedures_catalog_{0}
  referencing new table as new_rows for each statement execute function procedures_catalog_part_written();
create trigger part_updated after update on procedures_catalog_{0}
  referencing old table as old_rows new table as new_rows for each statement execute function procedures_catalog_part_written();
create trigger part_deleted after delete on procedures_catalog_{0}
  referencing old table as old_rows for each statement execute function procedures_catalog_part_written();
"""
ON_RECORD = """
create trigger record_changed before update on procedures_catalog_{0}
  for each statement execute function procedures_catalog_record_changed();
create constraint trigger record_deleted after delete on procedures_catalog_{0} deferrable initially deferred
  for each row execute function procedures_catalog_record_deleted();
"""

DROP = [
    "drop trigger version_key on procedures_catalog_procedureversion",
    "drop trigger version_updated on procedures_catalog_procedureversion",
    "drop trigger version_inserted on procedures_catalog_procedureversion",
    "drop trigger version_deleted on procedures_catalog_procedureversion",
    "drop trigger approved on procedures_catalog_approval",
    "drop trigger revision_rewritten on wagtailcore_revision",
    *(f"drop trigger {name} on procedures_catalog_{part}" for part in PARTS for name in ("part_inserted", "part_updated", "part_deleted")),
    *(f"drop trigger {name} on procedures_catalog_{record}" for record in RECORDS for name in ("record_changed", "record_deleted")),
    *(
        f"drop function procedures_catalog_{name}()"
        for name in (
            "version_updated", "version_inserted", "version_deleted", "version_key", "part_written", "record_changed", "record_deleted",
            "approved", "revision_rewritten", "today",
        )
    ),
    "drop function procedures_catalog_refuse(text, text)",
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("procedures_catalog", "0003_files_are_kept"), ("wagtailcore", "0097_baselogentry_uuid_action_timestamp_indexes")]

    operations = [
        migrations.RunSQL(
            FUNCTIONS + "".join(ON_PART.format(part) for part in PARTS) + "".join(ON_RECORD.format(record) for record in RECORDS),
            "; ".join(DROP),
        )
    ]
