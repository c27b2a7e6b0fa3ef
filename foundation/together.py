"""Rows of several tables in one question to the database: for parts of public pages that need a little of many things."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable

from .prepared import Statement, together


def rows(*questions: QuerySet[Any, Any]) -> list[list[Any]]:
    """The rows of each queryset, all of one moment. A queryset of a model gives instances, without those that `select_related` names;
    annotations are set on them as JSON has them. One of `.values()` gives mappings as JSON has them: dates as texts."""
    statements: dict[int, Statement] = {}
    for place, question in enumerate(questions):
        try:
            sql, parameters = question.query.sql_with_params()
        except EmptyResultSet:
            continue
        text = f"select coalesce(json_agg(row_to_json(answer)), '[]')::text from ({sql}) answer"  # noqa: S608 - the ORM's own SQL  # nosec B608
        statements[place] = (text, list(parameters))
    answers = dict(zip(statements, together(*statements.values()), strict=True)) if statements else {}
    return [_read(question, json.loads(answers.get(place, "[]"))) for place, question in enumerate(questions)]


def _read(question: QuerySet[Any, Any], found: list[dict[str, Any]]) -> list[Any]:
    if question._iterable_class is not ModelIterable:
        return found
    model = question.model
    return [_instance(model, row) for row in found]


def _instance(model: type[Model], row: dict[str, Any]) -> Model:
    fields = [field for field in model._meta.concrete_fields if field.column in row]
    made = model.from_db(connection.alias, [field.attname for field in fields], [field.to_python(row.pop(str(field.column))) for field in fields])
    for name, value in row.items():
        setattr(made, name, value)
    return made


__all__: Sequence[str] = ["rows"]
