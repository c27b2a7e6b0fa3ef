"""Every transaction tells which procedures it changed, for those who keep the lists in memory.

Rows are only added, by triggers that run once a statement: no writer waits for another. A row names procedures; none at all
says that only names around them changed, null that anything may have. `ENABLE ALWAYS`, so that hand-written SQL which
switches ordinary triggers off is told of too."""

from django.db import migrations, models

# Rows of these name their procedure.
OF_PROCEDURE = ["procedures_catalog_procedure_life_events", "procedures_catalog_serviceoffer"]
# Their names stand in lists; their slugs in addresses and in what a procedure is listed under.
NAMES = ["procedures_catalog_lifeevent", "organisation_field", "organisation_unit"]
VERSION, PROCEDURE, POINT = "procedures_catalog_procedureversion", "procedures_catalog_procedure", "organisation_servicepoint"
# Parts of a public version do not change (see 0004); they can be emptied as a whole by their owner.
PARTS = ["procedures_catalog_methodrow", "procedures_catalog_feerow", "procedures_catalog_involvedagency"]

FUNCTIONS = """
create table procedures_catalog_change (
  id bigint generated always as identity primary key,
  xid bigint not null default pg_current_xact_id()::text::bigint,
  procedures bigint[],
  floor bigint -- of a row that the daily job wrote: what earlier transactions told is no longer kept
);
create index procedures_catalog_change_xid on procedures_catalog_change (xid);

create function procedures_catalog_tell(changed bigint[]) returns void language sql as $$
  insert into procedures_catalog_change (procedures) values (changed);
$$;

create function procedures_catalog_told_version() returns trigger language plpgsql as $$
declare changed bigint[];
begin
  if tg_op = 'INSERT' then
    changed := array(select distinct procedure_id from new_rows where live);
  elsif tg_op = 'DELETE' then
    changed := array(select distinct procedure_id from old_rows where live);
  else
    changed := array(select procedure_id from new_rows where live union select procedure_id from old_rows where live);
  end if;
  if cardinality(changed) > 0 then
    perform procedures_catalog_tell(changed);
  end if;
  return null;
end $$;

create function procedures_catalog_told_procedure() returns trigger language plpgsql as $$
declare changed bigint[];
begin
  if tg_op = 'DELETE' then
    changed := array(select id from old_rows);
  else
    changed := array(select id from new_rows union select id from old_rows);
  end if;
  if cardinality(changed) > 0 then
    perform procedures_catalog_tell(changed);
  end if;
  return null;
end $$;

create function procedures_catalog_told_of_procedure() returns trigger language plpgsql as $$
declare changed bigint[];
begin
  if tg_op = 'INSERT' then
    changed := array(select distinct procedure_id from new_rows);
  elsif tg_op = 'DELETE' then
    changed := array(select distinct procedure_id from old_rows);
  else
    changed := array(select procedure_id from new_rows union select procedure_id from old_rows);
  end if;
  if cardinality(changed) > 0 then
    perform procedures_catalog_tell(changed);
  end if;
  return null;
end $$;

-- Which procedures have a slug is not asked here: one that a transaction beside this one adds would be missed.
create function procedures_catalog_told_names() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if exists (select from new_rows) then
      perform procedures_catalog_tell('{}');
    end if;
  elsif tg_op = 'DELETE' then
    if exists (select from old_rows) then
      perform procedures_catalog_tell(null);
    end if;
  elsif exists (select id, slug from old_rows except select id, slug from new_rows) then
    perform procedures_catalog_tell(null);
  elsif exists (select from new_rows) then
    perform procedures_catalog_tell('{}');
  end if;
  return null;
end $$;

create function procedures_catalog_told_point() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    if exists (select from old_rows) then
      perform procedures_catalog_tell(null);
    end if;
  elsif exists (select id, unit_id from old_rows except select id, unit_id from new_rows) then
    perform procedures_catalog_tell(null);
  end if;
  return null;
end $$;

create function procedures_catalog_told_all() returns trigger language plpgsql as $$
begin
  perform procedures_catalog_tell(null);
  return null;
end $$;
"""

ROWS = {"insert": "new table as new_rows", "update": "old table as old_rows new table as new_rows", "delete": "old table as old_rows"}
TOLD = [
    *((VERSION, operation, "version") for operation in ROWS),
    *((PROCEDURE, operation, "procedure") for operation in ("update", "delete")),
    *((table, operation, "of_procedure") for table in OF_PROCEDURE for operation in ROWS),
    *((table, operation, "names") for table in NAMES for operation in ROWS),
    *((POINT, operation, "point") for operation in ("update", "delete")),
]
EMPTIED = [VERSION, PROCEDURE, POINT, *OF_PROCEDURE, *NAMES, *PARTS]
FUNCTION_NAMES = [
    "told_version()", "told_procedure()", "told_of_procedure()", "told_names()", "told_point()", "told_all()", "tell(bigint[])",
]  # fmt: skip


def create() -> str:
    """The table, the functions and their triggers."""
    statements = [FUNCTIONS]
    for table, operation, function in TOLD:
        statements.append(
            f"create trigger told_{operation} after {operation} on {table} referencing {ROWS[operation]} "
            f"for each statement execute function procedures_catalog_told_{function}(); "
            f"alter table {table} enable always trigger told_{operation};\n"
        )
    for table in EMPTIED:
        statements.append(
            f"create trigger told_truncate after truncate on {table} for each statement execute function procedures_catalog_told_all(); "
            f"alter table {table} enable always trigger told_truncate;\n"
        )
    return "".join(statements)


def drop() -> str:
    """The way back."""
    triggers = [(table, operation) for table, operation, _function in TOLD] + [(table, "truncate") for table in EMPTIED]
    return "; ".join([
        *(f"drop trigger told_{operation} on {table}" for table, operation in triggers),
        *(f"drop function procedures_catalog_{name}" for name in FUNCTION_NAMES),
        "drop table procedures_catalog_change",
    ])  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("procedures_catalog", "0006_exports"), ("organisation", "0006_words")]

    operations = [
        migrations.RunSQL(create(), drop()),
        migrations.AddIndex(
            "procedureversion",
            models.Index(fields=["-valid_to"], name="version_over", condition=models.Q(live=True, valid_to__isnull=False)),
        ),
    ]
