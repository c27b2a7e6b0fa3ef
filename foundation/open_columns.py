"""Columns of open datasets that are fields of models: name, kind and codes are read off the field, so that none is written twice."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from .registries import Column

KINDS: list[tuple[type[models.Field[Any, Any]], str]] = [
    (models.BooleanField, "boolean"),
    (models.DateTimeField, "datetime"),
    (models.DateField, "date"),
    (models.DecimalField, "number"),
    (models.IntegerField, "integer"),
    (ArrayField, "list"),
]


# What every period says, whatever its table calls it.
NOTES = {
    "valid_from": _("First day on which it holds; empty: since before anybody wrote it down."),
    "valid_to": _("Last day on which it holds; empty: no end is known."),
}


def _sentence(field: Any, note: Any) -> str:
    base = field.base_field if isinstance(field, ArrayField) else field
    said = f"{capfirst(str(field.verbose_name))}."
    if note:
        said += f" {note}"
    codes = [f"{value} ({label})" for value, label in base.flatchoices] if isinstance(base, models.CharField) else []
    return f"{said} {', '.join(codes)}." if codes else said


_said = lazy(_sentence, str)


def column_of(model: type[models.Model], name: str, called: str = "", note: Any = "") -> Column:
    """The column of a model's field: what it is called in forms, a sentence more about it (`note`, lazy), and the codes that it
    knows with their words."""
    field: Any = model._meta.get_field(name)
    kind = next((kind for of, kind in KINDS if isinstance(field, of)), "string")
    if isinstance(field, models.DecimalField) and not field.decimal_places:
        kind = "integer"
    return Column(called or name, _said(field, note or NOTES.get(name, "")), kind)


def plain(value: Any) -> Any:
    """A value as files hold it: whole numbers whole, text composed, nothing for what is not stated."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dt.datetime | dt.date):
        return value
    return None if value == "" else value
