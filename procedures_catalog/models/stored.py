"""Parts of procedures' pages, ready made."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now

from .version import ProcedureVersion


class StoredBody(models.Model):
    """What a page shows of one public version and of nothing else, in one language, as one release renders it, on a stretch of
    days on which it is the same. The digest is of the data that it was made from: other data, another row. Never of a draft (the
    database takes none in, and lets go of those whose version is taken back); `procedures_catalog.stored` is the only door."""

    version = models.ForeignKey(ProcedureVersion, models.CASCADE, related_name="+")
    language = models.CharField(max_length=2)
    release = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)
    day_from = models.DateField()
    day_to: Any = models.DateField(null=True)
    parts = models.TextField()  # JSON, read by `procedures_catalog.stored` alone
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "language", "release", "digest", "day_from"], name="stored_body_once"),
            models.CheckConstraint(condition=models.Q(day_to=None) | models.Q(day_to__gte=models.F("day_from")), name="stored_body_in_order"),
        ]
