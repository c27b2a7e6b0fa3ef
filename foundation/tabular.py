"""Cells of exported tables that no spreadsheet takes for a formula, and back again exactly (X1, X3).

An export puts an apostrophe before a text that a spreadsheet might run, an import takes it off. A text that already
begins with an apostrophe gets one more, so that the way back is never a guess: unescape(escape(text)) == text, always.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

MARK = "'"
# What Excel, LibreOffice, Google Sheets and DDE take as the start of a formula, with the full-width forms, and what their
# readers drop from the front (white space of any kind, quotes, byte-order marks) before they look.
_FORMULA = "=+-@|%＝＋－＠｜％"
_DROPPED = "\"'\t\r\n\v\f\x00\u200b\u200c\u200d\u2060\ufeff"
_Cell = TypeVar("_Cell")


def is_risky(text: str) -> bool:
    """Whether a spreadsheet could take this text for something else than text."""
    first = text[:1]
    return bool(first) and (first in _FORMULA or first in _DROPPED or first.isspace() or not first.isprintable())


def escape(cell: _Cell) -> _Cell | str:
    """The cell as it goes into a file: texts at risk get an apostrophe in front, everything else (numbers, dates) stays."""
    return MARK + cell if isinstance(cell, str) and is_risky(cell) else cell


def unescape(cell: _Cell) -> _Cell | str:
    """The cell as it was before `escape`: one apostrophe comes off where the rest would have needed it.

    An apostrophe before anything else was typed by somebody and stays."""
    return cell[1:] if isinstance(cell, str) and cell[:1] == MARK and is_risky(cell[1:]) else cell


def escape_row(cells: Iterable[object]) -> list[object]:
    """A row as it goes into a file."""
    return [escape(cell) for cell in cells]


def unescape_row(cells: Iterable[object]) -> list[object]:
    """A row as it was."""
    return [unescape(cell) for cell in cells]
