"""Every change of a table that editors keep: one function, one transaction, with its event and its line in the history."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any, TypeVar

from django.db import transaction
from wagtail.log_actions import log

from safeguards.models import User
from safeguards.services import record

from .fields import key_of
from .models import Abbreviation, Guidance, Kept, Pick, SeededRow, SynonymGroup, VocabularyWord

Row = TypeVar("Row", bound=Kept)
TABLES: dict[str, type[Kept]] = {
    "synonyms": SynonymGroup, "abbreviations": Abbreviation, "guidance": Guidance, "picks": Pick, "words": VocabularyWord,
}  # fmt: skip


def key(row: Kept) -> str:
    """What tells a row from the others of its table, in files and for whoever reads them: its term, name, short form or word."""
    if isinstance(row, Pick):
        return f"{row.kind}:{row.object_id} {' | '.join(sorted(map(key_of, row.phrases)))}"
    if isinstance(row, SynonymGroup):
        return row.canonical.lower()
    if isinstance(row, Abbreviation):
        return row.short.lower()
    if isinstance(row, VocabularyWord):
        return row.word.lower()
    assert isinstance(row, Guidance)  # noqa: S101  # there are no others  # nosec B101
    return row.name.lower()


def digest(row: Kept) -> str:
    """What changes with any value of a row (SHA-256, hex)."""
    return hashlib.sha256(json.dumps(row.values(), ensure_ascii=False, sort_keys=True, default=_plain).encode()).hexdigest()


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _told(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) if isinstance(value, dt.date) else value for name, value in values.items()}


@transaction.atomic
def save(row: Row, actor: User | None) -> Row:
    """Add a row, or write what changed of it, on record: in force everywhere within a second or two of the commit. Raises
    ValidationError with what is wrong, by field. A row that says the same as before is left alone."""
    model = type(row)
    before = model._default_manager.select_for_update().filter(pk=row.pk).first() if row.pk else None
    row.full_clean()
    after = row.values()
    if before is not None and before.values() == after:
        return row
    row.save()
    changed = {name: value for name, value in after.items() if before is None or before.values()[name] != value}
    payload: dict[str, Any] = {"key": key(row), "after": _told(changed)}
    if before is not None:
        payload["before"] = _told({name: before.values()[name] for name in changed})
    verb = "added" if before is None else "changed"
    record(f"search.{model._meta.model_name}_{verb}", row, actor=actor, payload=payload)
    log(row, "wagtail.create" if before is None else "wagtail.edit", user=actor, content_changed=True)
    return row


@transaction.atomic
def remove(row: Kept, actor: User | None) -> None:
    """Take a row out, on record. One that came with the portal does not come back with the next release."""
    record(f"search.{row._meta.model_name}_removed", row, actor=actor, payload={"key": key(row), "before": _told(row.values())})
    log(row, "wagtail.delete", user=actor, deleted=True)
    row.delete()


@transaction.atomic
def seed(table: str, rows: list[Kept]) -> tuple[int, int]:
    """Bring the rows that come with the portal; gives how many are new and how many were brought up to date.

    What an editor changed or removed since is left alone, and so is a row of theirs that has the same key."""
    model = TABLES[table]
    known = {row.key: row for row in SeededRow.objects.select_for_update().filter(table=table)}
    there = {key(row): row for row in model._default_manager.select_for_update()}
    added = updated = 0
    for row in rows:
        row.full_clean(validate_constraints=False)
        name, says = key(row), digest(row)
        before, seeded = there.get(name), known.get(name)
        if seeded is None:
            if before is None:
                save(row, None)
                added += 1
            SeededRow.objects.create(table=table, key=name, digest=says)
        elif before is not None and seeded.digest != says and digest(before) == seeded.digest:
            for column, value in row.values().items():
                setattr(before, column, value)
            save(before, None)
            updated += 1
            SeededRow.objects.filter(pk=seeded.pk).update(digest=says)
    return added, updated
