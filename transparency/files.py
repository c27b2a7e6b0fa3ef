"""Tables as files: CSV that no spreadsheet runs and that opens with its tone marks, JSON; one writer for pages, back office and tests."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.http import HttpResponse

from foundation.registries import Column
from foundation.tabular import escape_row

Row = Mapping[str, Any]


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return "; ".join(str(item) for item in value)
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return value


def csv_text(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """The table, with the mark by which spreadsheets know UTF-8; formulas are neutralised."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(escape_row(_cell(row.get(name)) for name in columns))
    return "\ufeff" + out.getvalue()


def csv_response(name: str, columns: Sequence[str], rows: Iterable[Row]) -> HttpResponse:
    """The table to take away."""
    response = HttpResponse(csv_text(columns, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def json_response(rows: Iterable[Row], **about: Any) -> HttpResponse:
    """The same rows as JSON, with what they are about."""
    body = {**{name: _plain(value) for name, value in about.items()}, "rows": [{name: _plain(value) for name, value in row.items()} for row in rows]}
    return HttpResponse(json.dumps(body, ensure_ascii=False), content_type="application/json")


def names(columns: Sequence[Column]) -> list[str]:
    """The header of a table."""
    return [column.name for column in columns]
