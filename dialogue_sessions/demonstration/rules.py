"""Dated rules: consent, how long it is known who came, how seats are given, how minutes are followed up, who goes first."""

from __future__ import annotations

from django.db import models

from ..models import ConsentText, PriorityGroup, RecordPolicy, RequestThreshold, RetentionPolicy, SeatPolicy
from .reading import Stage

TABLES: tuple[tuple[str, type[models.Model], str], ...] = (
    ("consents", ConsentText, "version"),
    ("retention", RetentionPolicy, "valid_from"),
    ("seats", SeatPolicy, "valid_from"),
    ("records", RecordPolicy, "valid_from"),
    ("thresholds", RequestThreshold, "valid_from"),
    ("priority", PriorityGroup, "code"),
)


def load(stage: Stage) -> None:
    """Write down each rule that does not stand yet."""
    found = stage.read("rules.toml")
    for name, model, key in TABLES:
        for values in found[name]:
            if model._default_manager.filter(**{key: values[key]}).exists():
                continue
            row = model(**values)
            row.full_clean()
            row.save()
