"""What differs between a stored record and the one that a file has, as short lines for a preview: column, old, new."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .columns import PART_TABLES, VALIDITY, VERSION
from .problems import shown

MOST = 40  # lines a record


def _line(row: Mapping[str, Any]) -> str:
    return " · ".join(words(value) for value in row.values() if value not in (None, "", [], False))


def words(value: Any) -> str:
    """A value as a preview shows it."""
    if isinstance(value, list):
        return "; ".join(str(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def changes_between(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Lines `{"part", "old", "new"}`: columns of the version, then rows of parts that went or came."""
    lines: list[dict[str, Any]] = []
    for column in VERSION.columns:
        if column.name in VALIDITY or column.name == "code":
            continue
        before, after = old.get(column.name), new.get(column.name)
        if before != after and (before or after):
            lines.append({"part": column.name, "old": shown(words(before)), "new": shown(words(after))})
    for name, table in PART_TABLES.items():
        columns = [column.name for column in table.columns]
        before = [_line({key: row.get(key) for key in columns}) for row in old.get(name, ())]
        after = [_line({key: row.get(key) for key in columns}) for row in new.get(name, ())]
        lines += [{"part": name, "old": shown(row), "new": ""} for row in before if row not in after]
        lines += [{"part": name, "old": "", "new": shown(row)} for row in after if row not in before]
        if before != after and sorted(before) == sorted(after):
            lines.append({"part": name, "old": "1, 2, 3…", "new": "…"})
    return lines[:MOST]
