"""A result of a reception case that came late has a reason. What was written down before the reason was asked for says so."""

from django.db import migrations, models
from django.db.models import F

BEFORE = "Khi gửi kết quả, lý do chưa được ghi lại."


def fill(apps, schema_editor):
    apps.get_model("dialogue_sessions", "ReceptionCase").objects.filter(notified_on__gt=F("due_on")).update(late_reason=BEFORE)


class Migration(migrations.Migration):
    dependencies = [
        ("dialogue_sessions", "0016_promise_of_answer"),
        ("organisation", "0007_work_for_every_unit"),
    ]

    operations = [
        migrations.AddField(
            model_name="receptioncase",
            name="late_reason",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=500, verbose_name="why the result came late"),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            model_name="receptioncase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("notified_on", None),
                    ("due_on", None),
                    ("notified_on__lte", models.F("due_on")),
                    models.Q(("late_reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="case_late_why",
                violation_error_message="The result was sent after the day on which it was due: that day stays.",
            ),
        ),
    ]
