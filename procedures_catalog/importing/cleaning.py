"""Values of cells as values of records: dates, numbers, lists, choices; each wrong one named by its column."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext as _

from ..limits import committed_fault
from ..models.identity import CODE_PATTERN
from ..record import clean_text, number
from .columns import CHOICE, DATE, DECIMAL, INTEGER, JSON, LIST, LIST_SEPARATOR, PART_TABLES, TEXT, VERSION, YES_NO, Column, Table
from .parsers.words import CONTROL
from .problems import UNSTORABLE, suggestion
from .readers import RawRecord

CODE = re.compile(CODE_PATTERN)
NUMBER = re.compile(r"\d{1,15}(?:[.,]\d+)?")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
YES = {"yes": True, "no": False}
URL = URLValidator(schemes=["http", "https"])
Complain = Callable[[str, str, Any], None]  # (column, message, value)


class Wrong(ValueError):
    """A value that cannot be taken; the text says what to do."""


def _text(column: Column, value: Any) -> str:
    if isinstance(value, bool | list | dict):
        raise Wrong(_("This is a text."))
    if isinstance(value, float) and column.name in {"code", "code_full"}:
        value = f"{value:.6f}"  # a spreadsheet took the code for a number; codes have six decimals
    text = str(value)
    if "\x00" in text:
        raise Wrong(_("The text holds a NUL character."))
    if CONTROL.search(text):
        raise Wrong(_("The text holds control characters, which nobody sees. Take them out."))
    text = clean_text(text)
    if column.max_length is not None and len(text) > column.max_length:
        raise Wrong(_("The text has %(length)d characters; %(most)d fit.") % {"length": len(text), "most": column.max_length})
    if text and isinstance(column.field, models.URLField):
        try:
            URL(text)
        except ValidationError:
            raise Wrong(_("This is no address of the web (https://…).")) from None
    return text


def _date(column: Column, value: Any) -> str:
    text = clean_text(str(value))
    if DAY.fullmatch(text):
        try:
            day = dt.date.fromisoformat(text)
        except ValueError:
            pass
        else:
            if 1900 <= day.year <= 2200:
                return text
    raise Wrong(_("Write the date as year-month-day: 2026-07-01."))


def _yes_no(column: Column, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    answer = YES.get(str(value).strip().lower())
    if answer is None:
        raise Wrong(_("Write yes or no."))
    return answer


def _number(column: Column, value: Any) -> int | float:
    text = clean_text(str(value)) if not isinstance(value, float) else repr(value)
    whole, decimals = column.digits if column.kind == DECIMAL else (0, 0)
    try:
        result = Decimal(text.replace(",", ".")) if NUMBER.fullmatch(text) and not isinstance(value, bool) else None
    except InvalidOperation:
        result = None
    if result is None:
        raise Wrong(_("Write a number without signs and spaces."))
    if column.kind == INTEGER and result != result.to_integral_value():
        raise Wrong(_("Write a whole number."))
    if column.kind == DECIMAL and result != round(result, decimals):
        raise Wrong(_("Write at most %(count)d decimals.") % {"count": decimals})
    high = Decimal(column.maximum) if column.maximum is not None else 10**whole - Decimal(1).scaleb(-decimals) if whole else None
    if (column.minimum is not None and result < column.minimum) or (high is not None and result > high):
        raise Wrong(_("The number must be between %(low)s and %(high)s.") % {"low": column.minimum or 0, "high": high})
    plain = number(result)
    assert plain is not None  # noqa: S101
    return plain


def _choice(column: Column, value: Any) -> str:
    word = str(value).strip()
    if word not in column.choices:
        hint = suggestion(word, column.choices)
        raise Wrong((_("Write one of: %(words)s.") % {"words": ", ".join(column.choices)} + " " + hint).strip())
    return word


def _list(column: Column, value: Any) -> list[str]:
    words = value if isinstance(value, list) else str(value).split(LIST_SEPARATOR)
    if not all(isinstance(word, str | int | float) and not isinstance(word, bool) for word in words):
        raise Wrong(_("This is a list of words."))
    words = [f"{word:.6f}" if isinstance(word, float) else clean_text(str(word)) for word in words]
    words = list(dict.fromkeys(word for word in words if word))
    if column.choices:
        for word in words:
            _choice(column, word)
        return [word for word in column.choices if word in words]
    return words


def _json(column: Column, value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = None
    if not isinstance(value, dict):
        raise Wrong(_("This is a JSON object in braces."))
    if _has_nul(value):
        raise Wrong(_("The text holds a NUL character."))
    return value


def _has_nul(value: Any) -> bool:
    # from a cell of a table: JSON files were looked through when they were read
    if isinstance(value, str):
        return UNSTORABLE.search(value) is not None
    if isinstance(value, dict):
        return any(UNSTORABLE.search(key) or _has_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(map(_has_nul, value))


BY_KIND: dict[str, Callable[[Column, Any], Any]] = {
    TEXT: _text, DATE: _date, YES_NO: _yes_no, INTEGER: _number, DECIMAL: _number, CHOICE: _choice, LIST: _list, JSON: _json,
}  # fmt: skip


def clean_row(table: Table, values: Mapping[str, Any], complain: Complain) -> dict[str, Any]:
    """A row's cells as values; what is wrong is told to `complain` and left empty."""
    row = dict(table.blank)
    for name, column in table.by_name.items():
        value = values.get(name)
        if value is None or value == "" or value == [] or (type(value) is str and not value.strip()):
            continue
        try:
            row[name] = BY_KIND[column.kind](column, value)
        except Wrong as wrong:
            complain(name, str(wrong), value)
    for name in table.needed:
        if values.get(name) in (None, "", []) or not str(values[name]).strip():
            complain(name, _("This value is compulsory."), "")
    if row.get("valid_from") and row.get("valid_to") and row["valid_to"] < row["valid_from"]:
        complain("valid_to", _("The last day is before the first."), row["valid_to"])
    return row


def clean_record(raw: RawRecord, complain: Callable[[str, int, str, str, Any], None], *, is_json: bool) -> dict[str, Any]:
    """A raw record as a record. `complain` gets (table, row, column, message, value)."""

    def for_row(table: str, row: int, prefix: str = "") -> Complain:
        return lambda column, message, value: complain(table, row, f"{prefix}{column}", message, value)

    of_version = for_row("" if is_json else VERSION.name, raw.row)
    record = clean_row(VERSION, raw.values, of_version)
    _check_version(record, of_version)
    cases: set[str] = set()
    for name, table in PART_TABLES.items():
        rows = []
        for index, (row, values) in enumerate(raw.parts.get(name, ())):
            of_part = for_row("", raw.row, f"{name}[{index}].") if is_json else for_row(name, row)
            part = clean_row(table, values, of_part)
            rows.append(part)
            if name == "cases":
                cases.add(part["name"])
            elif part.get("case") and part["case"] not in cases:
                of_part(
                    "case", _("The record has no case of this name. %(suggestion)s") % {"suggestion": suggestion(part["case"], cases)}, part["case"]
                )
            if name == "methods":
                _check_committed(part, values, of_part)
            if name == "agencies" and not part["unit"] and not part["name"]:
                of_part("name", _("Name the agency, or give its unit."), "")
        record[name] = rows
    return record


def _check_committed(part: Mapping[str, Any], values: Mapping[str, Any], complain: Complain) -> None:
    fault = committed_fault(part["limit_value"], part["limit_unit"], part["committed_value"], part["committed_unit"])
    if fault and (part[fault[0]] not in (None, "") or not str(values.get(fault[0]) or "").strip()):  # else the cell is told of already
        complain(fault[0], str(fault[1]), part[fault[0]])


def _check_version(record: dict[str, Any], complain: Complain) -> None:
    record["code"] = "".join(record["code"].split())
    record["code_full"] = "".join(record["code_full"].split())
    if record["code"] and not CODE.fullmatch(record["code"]):
        complain("code", _("A national code has the form 1.004873: one digit, a full stop, six digits."), record["code"])
    for code in record["replaces"]:
        if not CODE.fullmatch(code):
            complain("replaces", _("A national code has the form 1.004873: one digit, a full stop, six digits."), code)
        elif code == record["code"]:
            complain("replaces", _("A procedure cannot replace itself."), code)
    if record["end_kind"] and not record["valid_to"]:
        complain("end_kind", _("It says why the version ended; then its last day is needed too."), record["end_kind"])
