"""What differs between a stored record and the one that a file has, as short lines for a preview: column, old, new."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from .columns import FORM_FILES, PART_TABLES, VALIDITY, VERSION
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


def changed_files(old: Collection[tuple[str, str, str, str]], new: Collection[tuple[str, str, str, str]]) -> list[dict[str, Any]]:
    """Lines for files of forms that come, or take another's place: form, kind, and the first digits of the file's SHA-1, by which
    two files of one form are told apart. Files that the record says nothing of stay, and make no line."""
    former = {(code, name, kind): digest for code, name, kind, digest in old}
    return [
        {"part": FORM_FILES.name, "old": _file(name, kind, former.get((code, name, kind))), "new": _file(name, kind, digest)}
        for code, name, kind, digest in sorted(new)
        if former.get((code, name, kind)) != digest
    ]


def _file(name: str, kind: str, digest: str | None) -> str:
    return "" if digest is None else shown(f"{name} · {kind.upper()} · {digest[:8]}")
