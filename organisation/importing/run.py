"""One import from beginning to end: read all, write all in one transaction, or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction

from safeguards import services as safeguards
from safeguards.models import User

from ..models import SiteIdentity, Unit
from .reading import Mistake, read_table
from .tables import TABLES
from .writing import Writer


@dataclass
class Result:
    """What an import did, or would have done; with mistakes nothing was written. Numbers of rows by table."""

    mistakes: list[Mistake] = field(default_factory=list)
    created: dict[str, int] = field(default_factory=dict)
    updated: dict[str, int] = field(default_factory=dict)
    removed: dict[str, int] = field(default_factory=dict)
    unchanged: dict[str, int] = field(default_factory=dict)

    @property
    def changes(self) -> int:
        """How many rows were written."""
        return sum(self.created.values()) + sum(self.updated.values()) + sum(self.removed.values())


class _Undo(Exception):
    """Leaves the transaction without a trace."""


def import_folder(folder: Path, actor: User | None = None, *, dry_run: bool = False) -> Result:
    """Import the CSV files of a folder (docs/organisation.md). All of it or nothing; a second time changes nothing.

    Gives what changed, or the mistakes with file, row and column. Raises FileNotFoundError when the folder has no table.
    """
    tables = {name: table for name, columns in TABLES.items() if (table := read_table(folder, name, columns)) is not None}
    if not tables:
        raise FileNotFoundError(f"no table in {folder}: {', '.join(f'{name}.csv' for name in TABLES)}")
    mistakes = [mistake for table in tables.values() for mistake in table.mistakes]
    if mistakes:
        return Result(mistakes)
    result = Result()
    try:
        with transaction.atomic():
            writer = Writer(tables)
            writer.write()
            counts = {name: writer.counts(name) for name in tables}
            result = Result(
                mistakes=[mistake for table in tables.values() for mistake in table.mistakes],
                created={name: made for name, (made, _u, _r, _s) in counts.items() if made},
                updated={name: updated for name, (_m, updated, _r, _s) in counts.items() if updated},
                removed={name: removed for name, (_m, _u, removed, _s) in counts.items() if removed},
                unchanged={name: same for name, (_m, _u, _r, same) in counts.items() if same},
            )
            if result.mistakes or dry_run:
                raise _Undo
            if result.changes:
                subject = SiteIdentity.objects.first() or Unit.objects.order_by("level", "pk").first() or next(iter(writer.fields.values()))
                payload = {"created": result.created, "updated": result.updated, "removed": result.removed}
                safeguards.record("organisation.imported", subject, actor=actor, payload=payload)
    except _Undo:
        pass
    return result
