"""The sequence behind an entry's version, and an index for those who follow by transaction."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("search", "0001_initial")]

    operations = [
        migrations.RunSQL("create sequence search_entry_version as bigint", "drop sequence search_entry_version"),
        migrations.AddIndex("entry", models.Index(fields=["xid"], name="entry_xid")),
    ]
