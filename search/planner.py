"""From a question to a plan: a weighted bag of terms over the token streams, with nothing required. Pure, without Django.

read
    Folded words carry the question; words typed with marks add a little, so exact tones rank before folded ones and exclude
    nothing.
repair
    What no entry knows: left-overs of Telex and VNI are decoded, glued syllables split, an unknown syllable gets its nearest
    neighbours, those first that make a known pair with the word beside it. A known word of a short question that stands
    badly between its neighbours stays, and beside it stands the word one slip away that fits.
drop
    Phrases that ask and do not name, as long as something else remains.
expand
    What people say (folk names, abbreviations) brings the words of the catalogue with it, at less weight, and stays itself.
weigh
    Pairs of neighbours by what they add to their two words, more when the question comes back to them; what stands in
    brackets in a title less than the title; the body only for short questions (measured: it helps two words and hurts
    twenty). What an expansion brings weighs less where folk names of the catalogue hold the phrase itself.

Codes and document numbers are terms of their own. A telephone, identity or dossier number never comes this far.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import NamedTuple

from . import keystrokes, language
from .lexicon import EMPTY, Lexicon, distance

MAX_QUERY = 600
MAX_WORDS = 80

_PAIR = 2.0
_MARKS = 0.2
_ASIDE = 0.6
_NAMED = 0.8  # folk names, chosen by editors
_ASKED = 0.2  # whole questions, which say many things beside
_LEARNED = 0.2  # questions after which people chose the thing (measured: .733 with the other folds' questions; .726 at 0.1, .727 at 0.3, .703 at 0.5)
_SHARES = {"aside": _ASIDE, "named": _NAMED, "asked": _ASKED, "learned": _LEARNED}
_EVERYWHERE = tuple((name, 1.0) for name in _SHARES)
_SAID, _SAID_HERE = 0.6, 0.3  # of what an expansion brings; where the catalogue has folk names in these words, they say it already
_BODY, _BODY_FULL, _BODY_NONE = 0.3, 6, 14  # weight of the body, up to how many words in full, from how many not at all
_CODE = 25.0
# What a pair counts that a question says once, twice, …: what it comes back to is its subject.
_TIMES = tuple(1 + math.log(times) for times in range(1, 9))
_GUESSES = (0.5, 0.3)  # what the second and the third reading of a word count
_MISFIT = 0.6
_tuple = tuple.__new__
_FEW = 16  # a question of more words bears a slip in one of them


class Term(NamedTuple):
    """One token in one stream, and how much a match of it counts."""

    stream: str
    token: str
    weight: float


@dataclass(frozen=True, slots=True)
class Repair:
    """A word as it was typed, and as it was read (folded words, best guess first when there are two)."""

    typed: str
    read: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an engine runs. `kept` are the folded words that carry the question (for highlights), `prefix` an unfinished last
    word and `before_prefix` the word before it; `words` is the question as it was read (with the marks that were typed), `repairs` what
    was mended in it, `names` how many of the words name something."""

    terms: tuple[Term, ...] = ()
    kept: tuple[str, ...] = ()
    prefix: str = ""
    before_prefix: str = ""
    filters: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())
    words: tuple[str, ...] = ()
    repairs: tuple[Repair, ...] = ()
    names: int = 0
    spelled: tuple[str, ...] = ()  # what `kept` stands for, with the marks that were typed or that the tables write
    favoured: tuple[frozenset[str], ...] = ()  # groups of facet values (`unit=3`): what has one of a group comes a little earlier

    @property
    def empty(self) -> bool:
        """Whether nothing is asked, so that everything answers."""
        return not self.terms and not self.prefix


@dataclass(slots=True)
class _Word:
    """One word of the question: with marks, folded, and whether it names something."""

    exact: str
    folded: str
    names: bool = True
    others: tuple[tuple[str, float], ...] = ()  # further readings, each with what it counts
    typed: str = ""  # as it stood, when it was mended: an entry that came just now may hold it


def _read(typed: list[str], lexicon: Lexicon) -> tuple[list[_Word], list[Repair]]:
    """The words of the question, repaired where no entry knows them."""
    folded = [language.fold(word) for word in typed]
    if not lexicon.words:
        return [_Word(exact, plain) for exact, plain in zip(typed, folded, strict=True)], []
    words: list[_Word] = []
    repairs: list[Repair] = []
    known, counted, pairs, few = lexicon.known, lexicon.words, lexicon.pairs, len(typed) <= _FEW
    for at, (exact, plain) in enumerate(zip(typed, folded, strict=True)):
        if plain in counted or plain in known or plain.isdigit():
            word = _Word(exact, plain)
            words.append(word)
            if few and (exact == plain or exact not in lexicon.exact) and plain not in lexicon.left:
                before, after = words[-2].folded if at else "", folded[at + 1] if at + 1 < len(folded) else ""
                if not (f"{before}_{plain}" in pairs and f"{plain}_{after}" in pairs):
                    word.others = _misread(plain, before, after, lexicon)
            continue
        before, after = words[-1].folded if words else "", folded[at + 1] if at + 1 < len(folded) else ""
        meant = _mended(exact, plain, before, after, lexicon)
        if meant:
            meant[0].typed = plain
            words += meant
            repairs.append(Repair(exact, tuple(word.folded for word in meant)))
        else:
            words.append(_Word(exact, plain, others=_misread(plain, before, after, lexicon)))
    return words, repairs


def _misread(plain: str, before: str, after: str, lexicon: Lexicon) -> tuple[tuple[str, float], ...]:
    """A further reading of a word that fits badly between its neighbours (a slip can make another word)."""
    other = lexicon.instead(plain, before, after)
    return ((other, _MISFIT),) if other else ()


def _mended(exact: str, plain: str, before: str, after: str, lexicon: Lexicon) -> list[_Word]:
    """What an unknown word was meant to be, the surest reading first; nothing when no reading is likely."""
    if meant := _decoded(exact, lexicon):
        read = language.fold(meant)
        others = _misread(plain, before, after, lexicon) if lexicon.fits(read, before, after) < 1 else ()
        return [_Word(meant, read, others=others)]
    if exact in keystrokes.ENGLISH or (exact != plain and language.is_syllable(exact)):
        return []  # a word of English, or one with its marks, was meant: nobody types those by a slip
    if pieces := lexicon.split(plain):
        return [_Word(piece, piece) for piece in pieces]
    guesses = lexicon.guesses(plain, before, after)
    spoken_for = bool(guesses) and (f"{before}_{guesses[0]}" in lexicon.pairs or f"{guesses[0]}_{after}" in lexicon.pairs)
    # no neighbour speaks for a guess: two words that were glued are likelier
    if not spoken_for and (pieces := lexicon.cut(plain)):
        return [_Word(piece, piece) for piece in pieces]
    if guesses:
        return [_Word(guesses[0], guesses[0], others=tuple(zip(guesses[1:], _GUESSES, strict=False)))]
    return []


def _decoded(typed: str, lexicon: Lexicon) -> str:
    """What an unknown word is as keys of an input method: a word that some entry holds with these marks, or else a syllable
    (`lop6` is none: it ends in a way that only two tones allow)."""
    if not typed.isascii():
        return ""
    readings = keystrokes.decoded(typed)
    if known := next((word for word in readings if word in lexicon.exact), ""):
        return known
    return "" if typed in keystrokes.ENGLISH or language.is_syllable(typed) else next((word for word in readings if language.is_syllable(word)), "")


def _drop(words: list[_Word]) -> None:
    """Mark what only asks, as long as something is left that names."""
    keep = language.naming([word.folded for word in words])
    if any(keep):
        for word, names in zip(words, keep, strict=True):
            word.names = names


def _meanings(words: list[_Word], lexicon: Lexicon, capitals: frozenset[str]) -> dict[tuple[str, ...], float]:
    """What the phrases of the question mean in the catalogue's words, each with its share. A phrase inside a longer one that is known says nothing
    of its own: nhận con nuôi is not nhận con."""
    found: dict[tuple[str, ...], float] = {}
    folded, sizes, known = tuple([word.folded for word in words]), lexicon.sizes, lexicon.rules
    end, whole = 0, len(words)
    for at, first in enumerate(folded):
        for size in sizes.get(first, ()):
            if at + size > whole:
                continue
            if at + size <= end:
                break
            phrase = folded[at : at + size]
            if phrase not in known:
                continue
            # a word that was mended may have lost its marks
            typed = tuple(word.folded if word.typed else word.exact for word in words[at : at + size])
            rules = [rule for rule in known[phrase] if rule.agrees(typed) and (not rule.capitals or first in capitals)]
            if rules:
                said = _SAID_HERE if _is_named(phrase, lexicon) else _SAID
                for rule in rules:
                    found[rule.meant] = max(rule.share * said, found.get(rule.meant, 0.0))
                end = at + size
                break
    return found


def _is_named(phrase: tuple[str, ...], lexicon: Lexicon) -> bool:
    """Whether folk names of the catalogue hold the phrase."""
    tokens = language.pairs(list(phrase)) if len(phrase) > 1 else phrase
    return all(any(name == "named" for name, _rare in lexicon.places.get(token, ())) for token in tokens)


class _Bag:
    """The terms of a plan while it is made, by stream: of a term that comes twice the greater weight counts."""

    __slots__ = ("_body", "_folded", "_pairs", "_title_folded", "_title_pairs", "body", "lexicon", "streams", "times")

    def __init__(self, lexicon: Lexicon, body: float) -> None:
        self.lexicon, self.body = lexicon, body
        self.streams: dict[str, dict[str, float]] = {}
        self.times: dict[str, int] = {}
        self._title_folded, self._title_pairs = self.stream("title_folded"), self.stream("title_pairs")
        self._body = self.stream("body_folded")
        self._folded = {name: (self.stream(f"{name}_folded"), share) for name, share in _SHARES.items()}
        self._pairs = {name: (self.stream(f"{name}_pairs"), share) for name, share in _SHARES.items()}

    def stream(self, name: str) -> dict[str, float]:
        """The terms of one stream."""
        return self.streams.setdefault(name, {})

    def add(self, stream: str, token: str, weight: float) -> None:
        """One term."""
        held = self.stream(stream)
        if weight > held.get(token, 0.0):
            held[token] = weight

    def word(self, token: str, weight: float) -> None:
        """A folded word in every field that may hold it."""
        # `add`, written out: most of the time of a plan is spent here and in `pair`.
        held, lexicon = self._title_folded, self.lexicon
        if weight <= held.get(token, 0.0):
            return  # what counts less in the title counts less everywhere
        held[token] = weight
        fields = self._folded
        # a word that no entry held when the vocabulary was counted may stand anywhere by now
        for name, rare in lexicon.places.get(token, ()) if token in lexicon.words else _EVERYWHERE:
            held, share = fields[name]
            less = weight * share * rare
            if less > held.get(token, 0.0):
                held[token] = less
        if self.body:
            held, less = self._body, weight * self.body
            if less > held.get(token, 0.0):
                held[token] = less

    def pair(self, pair: str, share: float) -> None:
        """Two neighbours, likewise."""
        held, gain = self._title_pairs, self.lexicon.pairs.get(pair)
        weight = share * _PAIR * (1.0 if gain is None else gain)
        if weight <= held.get(pair, 0.0):
            return
        held[pair] = weight
        fields = self._pairs
        for name, rare in self.lexicon.places.get(pair, ()) if gain is not None else _EVERYWHERE:
            held, part = fields[name]
            less = weight * part * rare
            if less > held.get(pair, 0.0):
                held[pair] = less

    def weigh(self, words: list[_Word], share: float = 1.0, *, said: bool = False) -> None:
        """The words of a question (`said`), or of what it means."""
        exact, named, marked = self.stream("title_exact"), self.stream("named_exact"), share * _MARKS
        times, most = self.times, len(_TIMES) - 1
        last: _Word | None = None
        for word in words:
            folded = word.folded
            if word.names:
                self.word(folded, share)
                for other, less in word.others:
                    self.word(other, share * less)
                if word.typed:
                    self.word(word.typed, share)
                token = word.exact
                if token != folded and marked > exact.get(token, 0.0):
                    exact[token], named[token] = marked, marked * _NAMED
            if last is not None and (last.names or word.names):
                pair = f"{last.folded}_{folded}"
                time = 0
                if said:
                    time = times[pair] = min(times[pair] + 1, most) if pair in times else 0
                self.pair(pair, share * _TIMES[time])
                for other, less in last.others:
                    self.pair(f"{other}_{folded}", share * less)
                for other, less in word.others:
                    self.pair(f"{last.folded}_{other}", share * less)
            last = word

    def terms(self) -> tuple[Term, ...]:
        """All of it, stream by stream."""
        # Term(…), without the call of Python's that a named tuple makes of it: two hundred of them in a long question
        rows = chain.from_iterable(zip(repeat(stream), held.keys(), held.values()) for stream, held in self.streams.items())
        return tuple(map(_tuple, repeat(Term), rows))


_LIKE, _MOST_LIKE = 3, 4  # letters that a word shares with those that may be meant; how many of them are tried


def relaxed(query: str, lexicon: Lexicon) -> Plan:
    """A plan for a question of which no entry holds a word: known words that begin alike, or are two slips away."""
    terms: dict[tuple[str, str], float] = {}
    for typed in dict.fromkeys(language.fold(word) for word in language.words(query[:MAX_QUERY])[:_BODY_FULL]):
        if len(typed) < _LIKE:
            continue
        alike = [word for word in lexicon.words if word[:_LIKE] == typed[:_LIKE] or (word[0] == typed[0] and distance(typed, word) <= 2)]
        for word in sorted(alike, key=lambda word: (distance(typed, word, 4), -lexicon.words[word], word))[:_MOST_LIKE]:
            terms[("title_folded", word)] = 1.0
            terms[("named_folded", word)] = _NAMED
    return Plan(tuple(Term(stream, token, weight) for (stream, token), weight in terms.items()), tuple(dict.fromkeys(token for _s, token in terms)))


def plan(query: str, filters: dict[str, tuple[str, ...]] | None = None, *, prefix: bool = False, lexicon: Lexicon = EMPTY) -> Plan:
    """The plan of a question. `filters` name facets and their accepted values; with `prefix` the last word may be unfinished."""
    chosen = tuple(sorted((name, tuple(sorted(values))) for name, values in (filters or {}).items() if values))
    query = query[:MAX_QUERY]
    typed = language.words(query)[:MAX_WORDS]
    unfinished = before = ""
    if prefix and typed and query[-1:].strip():
        # The word being typed is looked for by its beginning only: as a whole word it would be another one.
        last = typed.pop()
        unfinished = language.fold(last)
        # A last word that is none, and is one as keys of an input method, is finished: `kys`.
        if lexicon.words and unfinished not in lexicon.words and (meant := _decoded(last, lexicon)):
            unfinished = language.fold(meant)
        before = language.fold(typed[-1]) if typed else ""
    words, repairs = _read(typed, lexicon)
    _drop(words)
    count = sum(word.names for word in words)
    bag = _Bag(lexicon, _BODY * min(1.0, max(0.0, (_BODY_NONE - count) / (_BODY_NONE - _BODY_FULL))))
    bag.weigh(words, said=True)
    capitals = frozenset(language.fold(word) for word in language.capitals(query)) if lexicon.rules else frozenset()
    meanings = _meanings(words, lexicon, capitals)
    if any(word.others for word in words):
        # a phrase may only come out with the second readings
        again = [_Word(word.others[0][0], word.others[0][0], typed=word.folded) if word.others else word for word in words]
        for meaning, share in _meanings(again, lexicon, capitals).items():
            meanings.setdefault(meaning, share * _MISFIT)
    for meaning, share in meanings.items():
        bag.weigh([_Word(word, language.fold(word)) for word in meaning], share)
    for code in language.asked_codes(query):
        bag.add("codes", code, _CODE)
    kept = [word.folded for word in words if word.names]
    kept += [other for word in words for other, _less in word.others]
    kept += [language.fold(word) for meaning in meanings for word in meaning]
    return Plan(
        bag.terms(),
        tuple(dict.fromkeys(kept)),
        unfinished,
        before,
        chosen,
        tuple(word.exact for word in words),
        tuple(repairs),
        count + bool(unfinished),
        tuple([word.exact for word in words if word.names] + [word for meaning in meanings for word in meaning]),
    )
