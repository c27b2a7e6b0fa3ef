"""Events and seals are append-only: a trigger refuses change and removal, whoever asks; the rights of the application's role (database_roles) stand beside it."""

from django.db import migrations, models

GUARD = """
create function safeguards_append_only() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: % refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end $$;
create trigger append_only before update or delete on safeguards_event for each row execute function safeguards_append_only();
create trigger append_only before update or delete on safeguards_seal for each row execute function safeguards_append_only();
"""
UNGUARD = """
drop trigger append_only on safeguards_seal;
drop trigger append_only on safeguards_event;
drop function safeguards_append_only();
"""


class Migration(migrations.Migration):
    """One link has one successor, and what is written stays written."""

    dependencies = [("safeguards", "0001_initial")]

    operations = [
        migrations.AlterField(model_name="seal", name="previous", field=models.CharField(max_length=64, unique=True)),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
