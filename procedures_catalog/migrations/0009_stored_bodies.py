"""Parts of procedures' pages, ready made. What is taken back takes what was stored of it along, in the same transaction."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

FORWARD = """
create function procedures_catalog_stored_body_gone() returns trigger language plpgsql as $$
begin
  delete from procedures_catalog_storedbody where version_id in (
    select o.id from old_rows o left join new_rows n on n.id = o.id where o.live and (n.id is null or not n.live));
  return null;
end $$;
create trigger stored_body_gone after update on procedures_catalog_procedureversion
  referencing old table as old_rows new table as new_rows
  for each statement execute function procedures_catalog_stored_body_gone();
alter table procedures_catalog_procedureversion enable always trigger stored_body_gone;
"""
BACK = """
drop trigger stored_body_gone on procedures_catalog_procedureversion;
drop function procedures_catalog_stored_body_gone();
"""


class Migration(migrations.Migration):
    dependencies = [("procedures_catalog", "0008_import_approver")]

    operations = [
        migrations.CreateModel(
            name="StoredBody",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("language", models.CharField(max_length=2)),
                ("release", models.CharField(max_length=32)),
                ("digest", models.CharField(max_length=64)),
                ("day_from", models.DateField()),
                ("day_to", models.DateField(null=True)),
                ("parts", models.TextField()),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "version",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="procedures_catalog.procedureversion"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("version", "language", "release", "digest", "day_from"), name="stored_body_once"),
                    models.CheckConstraint(
                        condition=models.Q(("day_to", None), ("day_to__gte", models.F("day_from")), _connector="OR"), name="stored_body_in_order"
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACK),
    ]
