"""What search answers: frozen value objects. No view sees an engine's objects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import language
from .shown import READ


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, marked where it matches."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found. `facts` is what a result line shows of it."""

    kind: str
    id: str
    code: str
    title: str
    url: str
    score: float
    title_pieces: tuple[Piece, ...]
    snippet: tuple[Piece, ...]
    facts: dict[str, Any]
    pinned: bool = False  # an editor wants it first for this question

    @property
    def highlights(self) -> dict[str, str]:
        """Title and snippet with `**` around what matches, as the API gives them (plain text, never HTML)."""
        return {
            name: "".join(f"**{piece.text}**" if piece.marked else piece.text for piece in pieces)
            for name, pieces in (("title", self.title_pieces), ("body", self.snippet))
            if any(piece.marked for piece in pieces)
        }


@dataclass(frozen=True, slots=True)
class FacetBucket:
    """A value of a facet, with how many of the relevant set have it."""

    value: str
    label: str
    count: int
    selected: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet and its values, the most frequent first."""

    name: str
    label: Any
    buckets: tuple[FacetBucket, ...]

    @property
    def chosen(self) -> bool:
        """Whether something of it is chosen."""
        return any(bucket.selected for bucket in self.buckets)


@dataclass(frozen=True, slots=True)
class Advice:
    """What editors say above the results of a question, in `language`; `elsewhere` when the thing is done by somebody else."""

    text: str
    language: str
    link: str
    elsewhere: bool


@dataclass(frozen=True, slots=True)
class Nearest:
    """What comes nearest to a question without an answer. `by`: `filters` (these words without the chosen filters, `total` of them), `words`
    (words that look alike), `asked` (what is asked for most)."""

    by: str
    hits: tuple[Hit, ...]
    total: int = 0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What somebody may be typing: a thing, with the folk name that matched where its title does not; or a question that many ask
    (`kind` is "question", `url` where it is asked)."""

    title: str
    url: str
    kind: str
    matched: str = ""


@dataclass(frozen=True, slots=True)
class Results:
    """The answer to one question. `total` and facets are of the relevant set (exact when nothing was asked). `degraded` when the
    built-in engine stood in for one that did not answer."""

    engine: str
    took_ms: float
    total: int
    hits: tuple[Hit, ...]
    facets: tuple[Facet, ...]
    page: int
    pages: int
    did_you_mean: str = ""
    ready: bool = True
    words: tuple[str, ...] = field(default=())
    guidance: tuple[Advice, ...] = ()
    degraded: bool = False
    weak: bool = False  # the first result holds less than half of what was asked
    nearest: Nearest | None = None  # what stands there instead when nothing was found


Spot = tuple[int, int, str]  # start, end, folded word
_EXACT, _PLAIN, _OTHERWISE = range(3)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The words to mark, folded. `exact` says of those that were typed with marks how they were written: such a word marks what is
    written so; where a thing has none of that, what is written without marks; where it has none of that either, any that sounds alike,
    since that is why the thing was found. A word that was typed without marks may be any of them."""

    words: frozenset[str] = frozenset()
    exact: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, kept: Iterable[str], spelled: Iterable[str] = ()) -> Wanted:
        """From the folded words of a plan, and those of them that have marks."""
        forms: dict[str, set[str]] = {}
        for word in spelled:
            forms.setdefault(language.fold(word), set()).add(word)
        return cls(frozenset(kept), {plain: frozenset(written) for plain, written in forms.items() if plain not in written})

    def closeness(self, written: str, word: str) -> int:
        """How near a word as it is written comes to how it was typed."""
        form = language.canonical(language.normalise(written))
        return _EXACT if form in self.exact[word] else _PLAIN if form == word else _OTHERWISE

    def closest(self, found: Iterable[tuple[str, list[Spot]]]) -> dict[str, int]:
        """How near each word comes at best in some texts."""
        best: dict[str, int] = {}
        if self.exact:
            for text, spots in found:
                for start, end, word in spots:
                    if word in self.exact and best.get(word) != _EXACT:
                        best[word] = min(best.get(word, _OTHERWISE), self.closeness(text[start:end], word))
        return best

    def sharp(self, text: str, spots: list[Spot], best: Mapping[str, int]) -> list[Spot]:
        """The spots without those of words that come nearer elsewhere."""
        if not self.exact:
            return spots
        return [
            (start, end, word) for start, end, word in spots
            if word not in self.exact or self.closeness(text[start:end], word) <= best.get(word, _OTHERWISE)
        ]  # fmt: skip


def highlight(title: str, body: str, asked: str, wanted: Wanted) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Title and snippet of one thing, marked: its text, or else what people call it."""
    of_title, of_body = language.words_at(title, wanted.words), _spots(body, wanted.words)
    best = wanted.closest(((title, of_title), (body, of_body)))
    made = _pieces(title, wanted.sharp(title, of_title, best))
    shown = _stretch(body, wanted.sharp(body, of_body, best), wanted, best)
    if not shown:
        shown = _stretch(asked, wanted.sharp(asked, _spots(asked, wanted.words), best), wanted, best)
    return made, shown


def pieces(text: str, words: frozenset[str]) -> tuple[Piece, ...]:
    """The text cut where words match (folded comparison over the original text)."""
    return _pieces(text, language.words_at(text, words))


def _pieces(text: str, spots: Iterable[Spot]) -> tuple[Piece, ...]:
    made: list[Piece] = []
    at = 0
    for start, end, _token in spots:
        if start > at:
            # a blank between two marked words is marked with them, so that a phrase reads as one
            gap = text[at:start]
            if made and made[-1].marked and gap == " ":
                made[-1] = Piece(made[-1].text + gap + text[start:end], True)
                at = end
                continue
            made.append(Piece(gap, False))
        made.append(Piece(text[start:end], True))
        at = end
    if at < len(text):
        made.append(Piece(text[at:], False))
    return tuple(made)


def _richest(spots: list[tuple[int, int, str]], length: int) -> int:
    """Where the stretch begins that holds the most different words, the first of several."""
    inside: Counter[str] = Counter()
    best, most, to = spots[0][0], 0, 0
    for start, _end, token in spots:
        while to < len(spots) and spots[to][0] < start + length:
            inside[spots[to][2]] += 1
            to += 1
        if len(inside) > most:
            best, most = start, len(inside)
        inside[token] -= 1
        if not inside[token]:
            del inside[token]
    return best


# The letters of Vietnamese without their marks, one for one, so that places stay what they are.
_BARE = str.maketrans({
    letter: bare for code in (*range(0xC0, 0x180), *range(0x1A0, 0x1B1), *range(0x1EA0, 0x1EFA))
    if len(bare := language.fold((letter := chr(code)).lower())) == 1
})  # fmt: skip
_MOST_SPOTS = 200


def _further(text: str, words: frozenset[str], start: int) -> list[tuple[int, int, str]]:
    """Where words stand beyond the beginning of a long text (what a file says), letter for letter: word by word it would take as
    long as the whole search."""
    if len(text) <= start or not words:
        return []
    plain = text.translate(_BARE).lower()
    if len(plain) != len(text):  # a letter that is two in small letters: places would not be what they are
        return []
    found: list[tuple[int, int, str]] = []
    for word in words:
        at = plain.find(word, start)
        while at >= 0 and len(found) < _MOST_SPOTS * len(words):
            end = at + len(word)
            if not plain[at - 1].isalnum() and not plain[end : end + 1].isalnum():
                found.append((at, end, word))
            at = plain.find(word, end)
    return sorted(found)[:_MOST_SPOTS]


def snippet(text: str, words: frozenset[str], length: int = 180) -> tuple[Piece, ...]:
    """The stretch of `length` characters or so with most of the words; empty when none stands in the text."""
    return _stretch(text, _spots(text, words), Wanted(words), {}, length)


def _spots(text: str, words: frozenset[str]) -> list[Spot]:
    if not text or not words:
        return []
    # From a text that is no longer than that the words are known (language.Laid).
    return language.words_at(text if len(text) <= READ else text[:READ], words) or _further(text, words, READ)


def _stretch(text: str, spots: list[Spot], wanted: Wanted, best: Mapping[str, int], length: int = 180) -> tuple[Piece, ...]:
    if not spots:
        return ()
    richest = _richest(spots, length)
    start = max(0, richest - 30)
    if start:
        start = text.find(" ", start) + 1 or start
    end = min(len(text), start + length)
    if end < len(text):
        end = max(text.rfind(" ", start, end), richest + 1)
    cut = " ".join(text[start:end].split())
    shown = ("… " if start else "") + cut + (" …" if end < len(text) else "")
    return _pieces(shown, wanted.sharp(shown, language.words_at(shown, wanted.words), best))
