"""Long official text, made readable: paragraphs and nested bullets out of what imports bring as one run of words.

Pure and linear: every pattern is bounded, so that hostile text costs no more than its length."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LONG = 420  # a paragraph longer than this (about nine lines on a telephone) is split at the end of a sentence

# Bullets that stand at the start of a line, by depth: "a)", "1.", "(i)" and "-" open a list, "+" stands below it.
_LINE_MARK = re.compile(r"^(?P<mark>[-–—•*●▪+]|\(?[a-zđ]\)|\([ivx]{1,4}\)|\d{1,2}[.)])[ \t]+(?=\S)|^(?P<glued>[-–—•●+])(?=[^\W\d_])")
# The same marks inside a line that lost its line ends: after the end of a sentence or an item only.
_INLINE_MARK = re.compile(r"(?<=[.;:])[ \t](?=(?:[-–+•●▪][ \t]?[A-ZĐÀ-Ỹ]|\(?[a-zđ]\)[ \t][A-ZĐÀ-Ỹ]|Bước[ \t]\d{1,2}[ \t]?[:.]))")
_STEP = re.compile(r"^(?:[a-zđ]\)[ \t]*)?(?P<step>Bước[ \t]\d{1,2})[ \t]?[:.\-–][ \t]*")
_SENTENCE_END = re.compile(r"(?<=[.;:])[ \t](?=[A-ZĐÀ-Ỹ(])|(?<=;)[ \t]")
_SPACES = re.compile(r"[ \t]+")


@dataclass
class Item:
    """A bullet: its mark as written when it carries meaning (`a)`), its text, the bullets below it."""

    text: str
    mark: str = ""
    more: list[str] = field(default_factory=list)  # further paragraphs of a long item
    children: list[Item] = field(default_factory=list)


@dataclass
class Block:
    """A paragraph, or a list when `items` is filled; `lead` is a label such as "Bước 1"."""

    text: str = ""
    lead: str = ""
    items: list[Item] = field(default_factory=list)


def lines(text: str) -> list[str]:
    """Clean lines: spaces of every kind made one, invisible characters gone, inline bullets on lines of their own."""
    text = text.replace("\r", "\n").replace("\u00a0", " ").replace("\u200b", "").replace("\ufeff", "").replace("\x0b", "\n").replace("\x0c", "\n")
    found = []
    for raw in text.split("\n"):
        line = _SPACES.sub(" ", raw).strip()
        if line:
            found += [piece.strip() for piece in _INLINE_MARK.split(line) if piece.strip()]
    return found


def split_long(text: str) -> list[str]:
    """A long paragraph as several, each ended by the end of a sentence; a short one as it is."""
    if len(text) <= LONG:
        return [text]
    pieces: list[str] = []
    for sentence in _SENTENCE_END.split(text):
        if pieces and len(pieces[-1]) + len(sentence) < LONG:
            pieces[-1] += " " + sentence
        else:
            pieces.append(sentence)
    return pieces


def blocks(text: str) -> list[Block]:
    """The blocks of a text, nothing added and nothing lost but spaces and plain dashes."""
    found: list[Block] = []
    for line in lines(text):
        if step := _STEP.match(line):
            rest = split_long(line[step.end() :]) or [""]
            found.append(Block(text=rest[0], lead=step["step"]))
            found += [Block(text=piece) for piece in rest[1:] if piece]
            continue
        bullet = _LINE_MARK.match(line)
        if not bullet:
            found += [Block(text=piece) for piece in split_long(line)]
            continue
        mark = bullet["mark"] or bullet["glued"]
        head, *more = split_long(line[bullet.end() :])
        item = Item(head, "" if mark in "-–—•*●▪+" else mark, more)
        if not found or not found[-1].items:
            found.append(Block(items=[item]))
        elif mark == "+":
            found[-1].items[-1].children.append(item)
        else:
            found[-1].items.append(item)
    return found


def is_plain(text: str) -> bool:
    """Whether a text is one short line that needs no blocks."""
    return "\n" not in text and len(text) <= LONG and not _INLINE_MARK.search(text)


def shorten(text: str, length: int) -> str:
    """The first words of a text, at most `length` characters, with an ellipsis when something is left out."""
    text = _SPACES.sub(" ", text.replace("\n", " ").replace("\u00a0", " ")).strip()
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[length // 2 :] else cut).rstrip(" ,;:.-–") + "…"
