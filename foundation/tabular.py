"""Cells that no spreadsheet takes for formulas, and back again: import takes off what export put on (acceptance X1, X3)."""

from __future__ import annotations

# What LibreOffice, Excel or a database import may take for the beginning of a formula, a command or a quoted cell.
STARTS = frozenset("=+-@|%＝＋－＠'\"\t\r\n ")
QUOTE = "'"


def is_risky(value: str) -> bool:
    """Whether a spreadsheet could do something else with a text than show it."""
    return bool(value) and (value[0] in STARTS or value[0].isspace())


def escape(value: str) -> str:
    """A text as a cell of a CSV file: an apostrophe before what could be a formula."""
    return QUOTE + value if is_risky(value) else value


def unescape(value: str) -> str:
    """What `escape` was given. An apostrophe that stands before anything else belongs to the text and stays."""
    return value[1:] if value[:1] == QUOTE and is_risky(value[1:]) else value
