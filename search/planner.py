"""From a question to a plan: a weighted bag of terms over the token streams, with nothing required. Pure, without Django.

read
    Folded words carry the question; words typed with marks add a little, so exact tones rank before folded ones and exclude
    nothing.
repair
    Only what no entry knows: left-overs of Telex and VNI are decoded, glued syllables split, an unknown syllable gets its
    nearest neighbours, those first that make a known pair with the word beside it.
drop
    Phrases that ask and do not name, as long as something else remains.
expand
    What people say (folk names, abbreviations) brings the words of the catalogue with it, at less weight, and stays itself.
weigh
    Pairs of neighbours by what they add to their two words; what stands in brackets in a title less than the title; the body
    only for short questions (measured: it helps two words and hurts twenty).

Codes and document numbers are terms of their own. A telephone, identity or dossier number never comes this far.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
_EVERYWHERE = frozenset(_SHARES)
_SAID = 0.5  # of what an expansion brings
_BODY, _BODY_FULL, _BODY_NONE = 0.3, 6, 14  # weight of the body, up to how many words in full, from how many not at all
_CODE = 25.0
_SECOND_GUESS = 0.5


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
    was mended in it."""

    terms: tuple[Term, ...] = ()
    kept: tuple[str, ...] = ()
    prefix: str = ""
    before_prefix: str = ""
    filters: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())
    words: tuple[str, ...] = ()
    repairs: tuple[Repair, ...] = ()
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
    other: str = ""  # a second guess
    typed: str = ""  # as it stood, when it was mended: an entry that came just now may hold it


def _read(typed: list[str], lexicon: Lexicon) -> tuple[list[_Word], list[Repair]]:
    """The words of the question, repaired where no entry knows them."""
    folded = [language.fold(word) for word in typed]
    if not lexicon.words:
        return [_Word(exact, plain) for exact, plain in zip(typed, folded, strict=True)], []
    words: list[_Word] = []
    repairs: list[Repair] = []
    known, counted = lexicon.known, lexicon.words
    for at, (exact, plain) in enumerate(zip(typed, folded, strict=True)):
        if plain in counted or plain in known or plain.isdigit():
            words.append(_Word(exact, plain))
            continue
        before, after = words[-1].folded if words else "", folded[at + 1] if at + 1 < len(folded) else ""
        meant = _mended(exact, plain, before, after, lexicon)
        if meant:
            meant[0].typed = plain
            words += meant
            repairs.append(Repair(exact, tuple(word.folded for word in meant)))
        else:
            words.append(_Word(exact, plain))
    return words, repairs


def _mended(exact: str, plain: str, before: str, after: str, lexicon: Lexicon) -> list[_Word]:
    """What an unknown word was meant to be, the surest reading first; nothing when no reading is likely."""
    if meant := _decoded(exact, lexicon):
        return [_Word(meant, language.fold(meant))]
    if exact != plain and language.is_syllable(exact):
        return []  # a word with its marks was meant: nobody types those by a slip
    if pieces := lexicon.split(plain):
        return [_Word(piece, piece) for piece in pieces]
    guesses = lexicon.guesses(plain, before, after)
    spoken_for = bool(guesses) and (f"{before}_{guesses[0]}" in lexicon.pairs or f"{guesses[0]}_{after}" in lexicon.pairs)
    # no neighbour speaks for a guess: two words that were glued are likelier
    if not spoken_for and (pieces := lexicon.cut(plain)):
        return [_Word(piece, piece) for piece in pieces]
    if guesses:
        return [_Word(guesses[0], guesses[0], other=guesses[1] if len(guesses) > 1 else "")]
    return []


def _decoded(typed: str, lexicon: Lexicon) -> str:
    """What an unknown word is as keys of an input method: a word that some entry holds with these marks, or else a syllable
    (`lop6` is none: it ends in a way that only two tones allow)."""
    if not typed.isascii():
        return ""
    readings = keystrokes.decoded(typed)
    if known := next((word for word in readings if word in lexicon.exact), ""):
        return known
    return "" if language.is_syllable(typed) else next((word for word in readings if language.is_syllable(word)), "")


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
    folded = [word.folded for word in words]
    end = 0
    for at, first in enumerate(folded):
        for size in lexicon.sizes.get(first, ()):
            if at + size > len(folded):
                continue
            if at + size <= end:
                break
            phrase = tuple(folded[at : at + size])
            if phrase not in lexicon.rules:
                continue
            typed = tuple(word.exact for word in words[at : at + size])
            rules = [rule for rule in lexicon.rules[phrase] if rule.agrees(typed) and (not rule.capitals or first in capitals)]
            if rules:
                for rule in rules:
                    found[rule.meant] = max(rule.share, found.get(rule.meant, 0.0))
                end = at + size
                break
    return found


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
    terms: dict[tuple[str, str], float] = {}

    def add(stream: str, token: str, weight: float) -> None:
        if weight > terms.get((stream, token), 0.0):
            terms[(stream, token)] = weight

    count = sum(word.names for word in words)
    body = _BODY * min(1.0, max(0.0, (_BODY_NONE - count) / (_BODY_NONE - _BODY_FULL)))
    gains, places, counted = lexicon.pairs, lexicon.places, lexicon.words

    def add_word(token: str, weight: float) -> None:
        add("title_folded", token, weight)
        # a word that no entry held when the vocabulary was counted may stand anywhere by now
        for name in places.get(token, ()) if token in counted else _EVERYWHERE:
            add(f"{name}_folded", token, weight * _SHARES[name])
        if body:
            add("body_folded", token, weight * body)

    def add_pair(pair: str, share: float) -> None:
        weight = share * _PAIR * gains.get(pair, 1.0)
        add("title_pairs", pair, weight)
        for name in places.get(pair, ()) if pair in gains else _EVERYWHERE:
            add(f"{name}_pairs", pair, weight * _SHARES[name])

    def weigh(words: list[_Word], share: float) -> None:
        last: _Word | None = None
        for word in words:
            if word.names:
                add_word(word.folded, share)
                if word.other:
                    add_word(word.other, share * _SECOND_GUESS)
                if word.typed:
                    add_word(word.typed, share)
                if word.exact != word.folded:
                    add("title_exact", word.exact, share * _MARKS)
                    add("named_exact", word.exact, share * _MARKS * _NAMED)
            if last is not None and (last.names or word.names):
                add_pair(f"{last.folded}_{word.folded}", share)
                if last.other:
                    add_pair(f"{last.other}_{word.folded}", share * _SECOND_GUESS)
                if word.other:
                    add_pair(f"{last.folded}_{word.other}", share * _SECOND_GUESS)
            last = word

    weigh(words, 1.0)
    capitals = frozenset(language.fold(word) for word in language.capitals(query)) if lexicon.rules else frozenset()
    meanings = _meanings(words, lexicon, capitals)
    for meaning, share in meanings.items():
        weigh([_Word(word, language.fold(word)) for word in meaning], _SAID * share)
    for code in language.codes(query):
        add("codes", code, _CODE)
    kept = [word.folded for word in words if word.names]
    kept += [word.other for word in words if word.other]
    kept += [language.fold(word) for meaning in meanings for word in meaning]
    return Plan(
        tuple(Term(stream, token, weight) for (stream, token), weight in terms.items()),
        tuple(dict.fromkeys(kept)),
        unfinished,
        before,
        chosen,
        tuple(word.exact for word in words),
        tuple(repairs),
    )
