"""How far a mirror that machines share has followed the entries."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("search", "0003_tables")]

    operations = [
        migrations.CreateModel(
            name="Mirror",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, unique=True, verbose_name="name")),
                ("index", models.CharField(max_length=200, verbose_name="index")),
                ("position", models.BigIntegerField(default=0, verbose_name="position")),
                ("at", models.DateTimeField(verbose_name="followed at")),
                ("trouble", models.CharField(blank=True, max_length=200, verbose_name="trouble")),
            ],
            options={"verbose_name": "search mirror", "verbose_name_plural": "search mirrors"},
        ),
    ]
