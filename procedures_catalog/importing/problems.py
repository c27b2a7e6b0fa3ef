"""What is wrong with a file, told so that somebody finds the cell: table, row, column, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from django.utils.translation import gettext as _

SHOWN = 120  # characters of a value in a report
# What JSON can write and no database keeps: NUL, and halves of a pair that stand alone.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Problem:
    """One thing wrong. `row` counts as a spreadsheet does: the header is row 1; 0 is the file or table as a whole."""

    message: str
    table: str = ""
    row: int = 0
    column: str = ""
    value: str = ""
    record: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For a report kept as JSON."""
        return {"table": self.table, "row": self.row, "column": self.column, "message": self.message, "value": self.value, "record": self.record}

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (
                self.table,
                _("row %(row)s") % {"row": self.row} if self.row else "",
                _("column %(column)s") % {"column": self.column} if self.column else "",
            )
            if part
        )
        return f"{place}: {self.message}" if place else self.message


class BadFile(Exception):
    """A file that cannot be read at all; nothing of it has been used."""

    def __init__(self, problems: Iterable[Problem] | Problem | str) -> None:
        if isinstance(problems, str):
            problems = Problem(problems)
        self.problems = [problems] if isinstance(problems, Problem) else list(problems)
        super().__init__("; ".join(map(str, self.problems)))


def shown(value: Any) -> str:
    """A value as a report shows it."""
    text = value if isinstance(value, str) else "" if value is None else str(value)
    return UNSTORABLE.sub("\ufffd", text if len(text) <= SHOWN else text[: SHOWN - 1] + "…")


def suggestion(word: str, known: Iterable[str]) -> str:
    """ "Did you mean …?" for a misspelt name, or ''."""
    close = get_close_matches(word.strip().lower().replace(" ", "_"), list(known), n=1, cutoff=0.6)
    return _("Did you mean “%(name)s”?") % {"name": close[0]} if close else ""
