"""What the planner knows beside the question: the words of what can be found, and what editors say that words mean. Pure.

A lexicon is made of counts (how many entries hold a syllable, a pair of neighbours) and of rules (phrases that people say and
the words of the catalogue that they mean). It never changes; a new one replaces it when the words or the rules move.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from . import language

Phrase = tuple[str, ...]
# The fields beside the title that hold a word or a pair, and what a match there counts: an engine takes a word for rare that few
# entries hold in this field, although many hold it elsewhere.
Places = tuple[tuple[str, float], ...]

# A syllable of a large catalogue that only one entry holds is as often a slip in that entry as a word.
_RARE, _LARGE = 2, 2_000
_SHORT, _LONG = 3, 6  # letters: shorter ones have too many neighbours to guess from, longer ones may be two slips away
MAX_LETTERS = 14
MAX_GUESSES = 3
_FIXED, _CLEARLY, _COMMON, _SLIP = 1.6, 1.0, 1.5, 0.3  # of how well a word fits beside another; by how much another word must fit better
CLOSE_KEPT = 10_000  # words whose neighbours are remembered
_WITH_NUMBER = re.compile(r"([a-z]+)(\d+)|(\d+)([a-z]+)")

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_BESIDE = frozenset(
    [left + right for row in _ROWS for left, right in itertools.pairwise(row)]
    + [low + up for upper, lower in itertools.pairwise(_ROWS) for at, low in enumerate(lower) for up in upper[at : at + 2]]
)
# What is heard alike, in the north or in the south, and so written for each other at the beginning of a syllable.
_HEARD = ({"tr", "ch"}, {"s", "x"}, {"l", "n"}, {"d", "gi", "r"}, {"c", "k", "q"}, {"ng", "ngh"}, {"g", "gh"})
_ONSET = re.compile(r"[^aeiouy]*")


def _onset(word: str) -> str:
    match = _ONSET.match(word)
    onset = match.group() if match else ""
    return "gi" if onset == "g" and word[1:2] == "i" and word[2:3] in "aeou" else onset


def is_slip(typed: str, word: str) -> bool:
    """Whether two words differ as fingers and ears err: a key beside the right one, two letters swapped, one doubled, or a
    beginning that sounds alike (tr and ch, s and x, l and n, d, gi and r)."""
    if len(typed) == len(word):
        wrong = [at for at in range(len(word)) if typed[at] != word[at]]
        if len(wrong) == 1:
            return bool({typed[wrong[0]] + word[wrong[0]], word[wrong[0]] + typed[wrong[0]]} & _BESIDE) or _heard_alike(typed, word)
        swapped = len(wrong) == 2 and wrong[1] == wrong[0] + 1 and typed[wrong[0]] == word[wrong[1]] and typed[wrong[1]] == word[wrong[0]]
        return swapped or _heard_alike(typed, word)
    if len(typed) == len(word) + 1 and any(typed[at] == typed[at + 1] and typed[:at] + typed[at + 1 :] == word for at in range(len(word))):
        return True
    return _heard_alike(typed, word)


def _heard_alike(typed: str, word: str) -> bool:
    one, other = _onset(typed), _onset(word)
    return one != other and typed[len(one) :] == word[len(other) :] and any({one, other} <= alike for alike in _HEARD)


def _as_heard(typed: str) -> list[str]:
    """The word with the beginnings that sound like its own."""
    onset = _onset(typed)
    return [other + typed[len(onset) :] for alike in _HEARD if onset in alike for other in alike if other != onset]


def _without_one(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}


def _deletes(word: str) -> set[str]:
    """The word, and the word without one letter (without two when it is long)."""
    once = _without_one(word)
    twice = {shorter for short in once for shorter in _without_one(short)} if len(word) >= _LONG else set()
    return {word} | once | twice


def distance(one: str, other: str, limit: int = 2) -> int:
    """Damerau-Levenshtein distance of adjacent swaps (optimal string alignment); anything over `limit` is `limit` + 1."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        last, before, row = before, row, [at]
        for to, against in enumerate(other, 1):
            cost = min(row[to - 1] + 1, before[to] + 1, before[to - 1] + (letter != against))
            if at > 1 and to > 1 and letter == other[to - 2] and one[at - 2] == against:
                cost = min(cost, last[to - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)


class Rule(NamedTuple):
    """What people say and what it means in the catalogue's words (both exact); with `capitals` only when it is typed in capitals;
    `share` of what a meaning counts."""

    said: Phrase
    meant: Phrase
    capitals: bool = False
    share: float = 1.0

    def agrees(self, typed: Phrase) -> bool:
        """Whether words typed with marks are these words: thuê is not thuế; without marks they may be."""
        return all(word in (said, language.fold(said)) for word, said in zip(typed, self.said, strict=True))


@dataclass(frozen=True)
class Lexicon:
    """Words and rules. `words`: folded syllable -> entries whose title or questions hold it; `places`: word or pair -> the other
    fields that hold it; `pairs`: `dang_ky` -> how much the pair adds to its two words (0 to 1); `known`: syllables that are right
    as they are; `exact`: words with their marks; `rules` by the folded words of what people say."""

    words: Mapping[str, int] = field(default_factory=dict)
    places: Mapping[str, Places] = field(default_factory=dict)
    pairs: Mapping[str, float] = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    exact: frozenset[str] = frozenset()
    rules: Mapping[Phrase, tuple[Rule, ...]] = field(default_factory=dict)
    sizes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # first word of a rule -> how long rules are that begin so, longest first
    near: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # a word without a letter -> the words it may be
    left: frozenset[str] = frozenset()  # words that editors want left as they are typed
    close: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False, compare=False, repr=False)  # what was looked up in `near`

    def guesses(self, typed: str, before: str, after: str) -> tuple[str, ...]:
        """The nearest known syllables of an unknown one, best first, three at most: those that make a known pair with a
        neighbour come first, then the nearer, then those that fingers and ears confuse with it, then the more frequent."""
        if not _SHORT <= len(typed) <= MAX_LETTERS or not typed.isalpha() or not typed.isascii():
            return ()
        limit = 2 if len(typed) >= _LONG else 1
        found = {word: 1 for word in _as_heard(typed) if word in self.words}
        for shorter in _deletes(typed):
            for word in self.near.get(shorter, ()):
                if word not in found:
                    found[word] = distance(typed, word, limit)
        ranked = sorted(
            (word for word, far in found.items() if far <= limit),
            key=lambda word: (
                -(f"{before}_{word}" in self.pairs) - (f"{word}_{after}" in self.pairs),
                found[word],
                not is_slip(typed, word),
                -self.words[word],
                word,
            ),
        )
        return tuple(ranked[:MAX_GUESSES])

    def fits(self, word: str, before: str, after: str) -> float:
        """How well a word stands between its neighbours: 0 when it makes a known pair with neither, more for a fixed compound
        than for words that meet by chance."""
        left, right = self.pairs.get(f"{before}_{word}"), self.pairs.get(f"{word}_{after}")
        return (0.0 if left is None else _FIXED - left) + (0.0 if right is None else _FIXED - right)

    def instead(self, typed: str, before: str, after: str) -> str:
        """What a word that fits badly between its neighbours may have been meant for: the known word one slip away that fits
        better; nothing when there is none."""
        least = self.fits(typed, before, after)
        best, found = least + (_CLEARLY if least else _COMMON if typed in language.COMMON else 0.0), ""
        for word in self._near_to(typed):
            fits = self.fits(word, before, after)
            if fits and (fits := fits + _SLIP * (is_slip(typed, word) or (len(word) == len(typed) + 1))) > best:
                best, found = fits, word
        return found

    def _near_to(self, typed: str) -> tuple[str, ...]:
        """The known words at distance 1 and those that sound alike, the most frequent first."""
        near = self.close.get(typed)
        if near is None:
            words = {word for shorter in {typed, *_without_one(typed)} for word in self.near.get(shorter, ())}
            some = {word for word in words if word != typed and distance(typed, word, 1) <= 1}
            some.update(word for word in _as_heard(typed) if word in self.words)
            near = tuple(sorted(some, key=lambda word: (-self.words.get(word, 0), word)))
            if len(self.close) >= CLOSE_KEPT:
                self.close.clear()
            self.close[typed] = near
        return near

    def split(self, typed: str) -> tuple[str, ...]:
        """A glued word as its syllables, when each is known and each two neighbours are; () when it is none."""
        if not 4 <= len(typed) <= 40 or not typed.isalnum():
            return ()
        # best[end] by last syllable: (number of pairs that carry, syllables); few letters, so every cut is tried once
        best: list[dict[str, tuple[float, Phrase]]] = [{} for _ in range(len(typed) + 1)]
        best[0][""] = (0.0, ())
        for end in range(1, len(typed) + 1):
            for start in range(max(0, end - 7), end):
                piece = typed[start:end]
                if piece not in self.words or not best[start]:
                    continue
                for last, (score, so_far) in best[start].items():
                    if last and f"{last}_{piece}" not in self.pairs:
                        continue
                    # the fewer syllables, the likelier; single letters are hardly ever meant
                    value = score - 1.0 - (len(piece) == 1)
                    if piece not in best[end] or value > best[end][piece][0]:
                        best[end][piece] = (value, (*so_far, piece))
        whole = [answer for answer in best[-1].values() if len(answer[1]) > 1]
        return max(whole)[1] if whole else ()

    def cut(self, typed: str) -> tuple[str, ...]:
        """A glued word as two known ones that are not known as neighbours, or as a word and a number (`lop6`); () when it is none."""
        if match := _WITH_NUMBER.fullmatch(typed):
            pieces = tuple(piece for piece in match.groups() if piece)
            return pieces if all(piece.isdigit() or self.knows(piece) for piece in pieces) else ()
        if not 5 <= len(typed) <= MAX_LETTERS:
            return ()
        cuts = [(typed[:at], typed[at:]) for at in range(2, len(typed) - 1) if self.knows(typed[:at]) and self.knows(typed[at:])]
        return max(cuts, key=lambda pieces: min(self.words.get(piece, 0) for piece in pieces)) if cuts else ()

    def knows(self, word: str) -> bool:
        """Whether some entry or some rule holds the word."""
        return word in self.words or word in self.known


EMPTY = Lexicon()


# Of words that mean the same only one is the catalogue's: the others find what is called so and nothing else, and hardly move what
# the official term finds (measured: at full weight they cost .004).
SIDEWAYS = 0.2


def alike(official: str, others: Iterable[str]) -> Iterator[tuple[str, str, bool, float]]:
    """Rules of words that mean the same: each leads to the official one, and a little to each other."""
    others = list(others)
    for said in others:
        yield said, official, False, 1.0
        yield official, said, False, SIDEWAYS
        for other in others:
            if other != said:
                yield said, other, False, SIDEWAYS


def rules_of(said_and_meant: Iterable[tuple[str, str, bool] | tuple[str, str, bool, float]]) -> dict[Phrase, tuple[Rule, ...]]:
    """Rules by the folded words of what is said, from texts (what is said, what it means, whether only in capitals, its share);
    what says the same as it means is none."""
    made: dict[Phrase, list[Rule]] = {}
    for said, meant, *rest in said_and_meant:
        rule = Rule(tuple(language.words(said)), tuple(language.words(meant)), *rest)
        folded = tuple(language.fold(word) for word in rule.said)
        if folded and rule.meant and folded != tuple(language.fold(word) for word in rule.meant):
            made.setdefault(folded, [])
            if rule not in made[folded]:
                made[folded].append(rule)
    return {phrase: tuple(many) for phrase, many in made.items()}


def build(
    entries: int,
    counts: Mapping[str, Mapping[str, int]],
    exact: Iterable[str] = (),
    known: Iterable[str] = (),
    rules: Mapping[Phrase, tuple[Rule, ...]] | None = None,
) -> Lexicon:
    """A lexicon from `counts` over `entries` entries: by stream (`title_folded`, `named_pairs`) how many hold each token."""
    words: dict[str, int] = {}
    pairs: dict[str, int] = {}
    fields: dict[str, list[tuple[str, int]]] = {}
    for stream, tokens in counts.items():
        name, _, kind = stream.partition("_")
        totals = pairs if kind == "pairs" else words
        for token, count in tokens.items():
            # What people typed tells where a word stands, and never that it is spelled right: a slip must not become a word.
            if name != "learned":
                totals[token] = max(count, totals.get(token, 0))
            if name != "title":
                fields.setdefault(token, []).append((name, count))

    def rarity(count: int) -> float:
        return math.log(1 + (entries - count + 0.5) / (count + 0.5))

    shared: dict[Places, Places] = {}  # many are alike, and each is kept once
    places = {}
    for token, held in fields.items():
        # What only people typed has no rarity but its own.
        known_as = rarity((pairs if "_" in token else words).get(token, max(count for _name, count in held)))
        made = tuple((name, round(known_as / rarity(count), 2)) for name, count in held)
        places[token] = shared.setdefault(made, made)
    idf = {word: rarity(count) for word, count in words.items()}
    gains = {}
    for pair, count in pairs.items():
        left, _, right = pair.partition("_")
        weight = rarity(count)
        # A fixed compound (quan_hệ) says hardly more than its rarer word does alone; a pair of words that meet by choice does.
        gains[pair] = max(0.05, 1 - min(idf.get(left, weight), idf.get(right, weight)) / weight) ** 0.5 if weight > 0 else 0.05
    least = _RARE if entries >= _LARGE else 1
    near: dict[str, list[str]] = {}
    for word, count in words.items():
        if count >= least and 2 <= len(word) <= MAX_LETTERS and word.isascii() and word.isalpha():
            for shorter in _deletes(word):
                near.setdefault(shorter, []).append(word)
    found_near = {shorter: tuple(many) for shorter, many in near.items()}
    bare = Lexicon(words=words, places=places, pairs=gains, known=frozenset(known), exact=frozenset(exact), near=found_near)
    return with_rules(bare, rules or {})


def with_rules(bare: Lexicon, rules: Mapping[Phrase, tuple[Rule, ...]], known: Iterable[str] = (), meant: Iterable[str] = ()) -> Lexicon:
    """A lexicon without rules with these, with some more words that are right as they are (`known`), and with some that an
    unknown word may be read as besides (`meant`)."""
    sizes: dict[str, set[int]] = {}
    left = set(known)
    said = set(left)
    pairs = dict(bare.pairs)
    exact = set(bare.exact)
    for phrase, many in rules.items():
        sizes.setdefault(phrase[0], set()).add(len(phrase))
        said.update(phrase)
        for rule in many:
            exact.update(rule.said)
        for pair in language.pairs(list(phrase)):
            pairs.setdefault(pair, 1.0)  # neighbours that people say, so that what they glue together is taken apart
    words, near = dict(bare.words), dict(bare.near)
    for word in meant:
        if word not in words:
            words[word] = 1
            for shorter in _deletes(word):
                near[shorter] = (*near.get(shorter, ()), word)
    return replace(
        bare,
        words=words,
        near=near,
        pairs=pairs,
        known=bare.known | said,
        left=frozenset(left),
        exact=frozenset(exact),
        rules=dict(rules),
        sizes={first: tuple(sorted(many, reverse=True)) for first, many in sizes.items()},
    )
