"""What changed between two versions, part by part, as people read it. Pure over the JSON shape of a record.

Rows of a part are paired by what they are about (a paper by its name, a fee by its case), so that an amended row shows its
changed words and a moved one shows nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

Record = Mapping[str, Any]
SAME, REMOVED, ADDED = "same", "del", "ins"
# Beyond this many words a word-by-word comparison takes seconds: such texts are compared by line, then shown whole.
MAX_WORDS = 3_000
# Below this likeness two texts are another row, not an amended one.
LIKE = 0.55
# Below this one, words in common are chance: "Miễn phí…" and "Lệ phí 8.000 đồng" are shown whole, one after the other.
REWRITTEN = 0.1
_WORD = re.compile(r"\s+|[^\s\w]|\w+")

# Parts in the order of the page, with the columns that say what a row is about.
PARTS: dict[str, tuple[str, ...]] = {
    "cases": ("name",),
    "papers": ("case", "name"),
    "methods": ("channel", "case"),
    "steps": ("title", "text"),
    "process": ("name",),
    "fees": ("kind", "channel", "case", "condition"),
    "forms": ("code", "name"),
    "results": ("name",),
    "conditions": ("text",),
    "legal_bases": ("document",),
    "agencies": ("role", "name", "unit"),
}
FIELDS = (
    "name", "field", "levels", "subjects", "sets", "legacy_level", "online_level", "partial_reason_kind", "partial_reason", "proactive_level",
    "procedure_type", "locally_regulated", "receiving_address", "description", "decision",
)  # fmt: skip


@dataclass(frozen=True)
class Span:
    """A run of text and whether it is in both, only in the old, only in the new."""

    kind: str
    text: str


@dataclass(frozen=True)
class Change:
    """A column that differs, with its text marked word by word."""

    name: str
    spans: list[Span]
    old: Any = None
    new: Any = None


@dataclass(frozen=True)
class RowChange:
    """A row that came, went or was amended."""

    kind: str  # ins, del, changed
    row: Mapping[str, Any]
    changes: list[Change] = field(default_factory=list)


@dataclass(frozen=True)
class PartChange:
    """A part that differs, with how many of its rows stayed as they were."""

    name: str
    rows: list[RowChange]
    same: int


@dataclass(frozen=True)
class Difference:
    """All that differs between two records."""

    fields: list[Change]
    parts: list[PartChange]

    def __bool__(self) -> bool:
        return bool(self.fields or self.parts)


def text_of(value: Any) -> str:
    """A value as text, so that any two can be compared."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(str(item) for item in value)
    return str(value)


def words(old: str, new: str) -> list[Span]:
    """Two texts as one, marked word by word; joined again they give either text back."""
    if old == new:
        return [Span(SAME, old)] if old else []
    before, after = _WORD.findall(old), _WORD.findall(new)
    if len(before) + len(after) > 2 * MAX_WORDS:
        before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
        if len(before) + len(after) > 2 * MAX_WORDS:
            return [Span(REMOVED, old), Span(ADDED, new)]
    if old.strip() and new.strip() and likeness(old, new) < REWRITTEN:
        return [Span(REMOVED, old), Span(ADDED, new)]
    spans: list[Span] = []

    def add(kind: str, pieces: list[str]) -> None:
        text = "".join(pieces)
        if text and spans and spans[-1].kind == kind:
            spans[-1] = Span(kind, spans[-1].text + text)
        elif text:
            spans.append(Span(kind, text))

    for tag, a1, a2, b1, b2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            add(SAME, before[a1:a2])
        else:
            add(REMOVED, before[a1:a2])
            add(ADDED, after[b1:b2])
    return spans


def likeness(old: str, new: str) -> float:
    """How alike two texts are, 0 to 1, by the words they share; linear, so that pairing long rows stays cheap."""
    before, after = set(_WORD.findall(old.casefold())), set(_WORD.findall(new.casefold()))
    both = {word for word in before | after if word.strip()}
    return len(before & after & both) / len(both) if both else 1.0


def _about(row: Record, keys: Sequence[str]) -> str:
    return "\x00".join(text_of(row.get(key)).strip().casefold() for key in keys)


def _content(row: Record) -> str:
    return "\x00".join(f"{key}={text_of(row[key])}" for key in sorted(row) if row[key] not in (None, "", [], False))


def _pair(old: Sequence[Record], new: Sequence[Record], keys: Sequence[str]) -> tuple[list[tuple[Record, Record]], list[Record], list[Record]]:
    """Rows paired: first equal ones, then those about the same, then the most alike; the rest went and came."""
    pairs: list[tuple[Record, Record]] = []
    left, right = list(old), list(new)

    def match(key: Any) -> None:
        places: dict[str, list[int]] = {}
        for place, row in enumerate(right):
            places.setdefault(key(row), []).append(place)
        taken: set[int] = set()
        rest = []
        for row in left:
            if here := places.get(key(row)):
                taken.add(here[0])
                pairs.append((row, right[here.pop(0)]))
            else:
                rest.append(row)
        left[:] = rest
        right[:] = [row for place, row in enumerate(right) if place not in taken]

    match(_content)
    match(lambda row: _about(row, keys))
    if len(left) * len(right) <= 2_500:
        scored = sorted(((likeness(_about(a, keys), _about(b, keys)), i, j) for i, a in enumerate(left) for j, b in enumerate(right)), reverse=True)
        used_left: set[int] = set()
        used_right: set[int] = set()
        for score, i, j in scored:
            if score >= LIKE and i not in used_left and j not in used_right:
                pairs.append((left[i], right[j]))
                used_left.add(i)
                used_right.add(j)
        left = [row for place, row in enumerate(left) if place not in used_left]
        right = [row for place, row in enumerate(right) if place not in used_right]
    return pairs, left, right


def _changes(old: Record, new: Record, names: Sequence[str]) -> list[Change]:
    found = []
    for name in names:
        before, after = text_of(old.get(name)), text_of(new.get(name))
        if before != after:
            found.append(Change(name, words(before, after), old.get(name), new.get(name)))
    return found


def part(name: str, old: Sequence[Record], new: Sequence[Record]) -> PartChange | None:
    """What differs in a part, in the order of the new version with what went at the end; None when nothing does."""
    pairs, gone, came = _pair(old, new, PARTS[name])
    place = {id(row): number for number, row in enumerate(new)}
    found: list[tuple[int, RowChange]] = [(place[id(row)], RowChange(ADDED, row)) for row in came]
    for before, after in pairs:
        columns = list(dict.fromkeys([*after, *before]))
        if changes := _changes(before, after, [column for column in columns if column != "record"]):
            found.append((place[id(after)], RowChange("changed", after, changes)))
    changed = len(found) - len(came)
    rows = [row for _place, row in sorted(found, key=lambda pair: pair[0])] + [RowChange(REMOVED, row) for row in gone]
    return PartChange(name, rows, len(pairs) - changed) if rows else None


def compare(old: Record, new: Record) -> Difference:
    """What differs between two records of one procedure."""
    parts = (part(name, old.get(name) or [], new.get(name) or []) for name in PARTS)
    return Difference(_changes(old, new, FIELDS), [found for found in parts if found])
