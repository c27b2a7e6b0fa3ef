"""The tables that editors keep, as search reads them: one immutable object, in force in every process within a second or two.

A stamp in the database moves with each change of a table, raw SQL too (migration 0003). A process looks at it at most once in
`LOOK_EVERY` seconds and reads the tables anew when it moved, both in one statement each, so that stamp and rows belong together."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from . import language
from .fields import key_of

LOOK_EVERY = 1.0
# A transaction sees its own writes: they must not get into a memory that others read.
WROTE = "pg_current_xact_id_if_assigned() is not null"
_LOOK = "select stamp::text, {wrote} from search_stamp"
_READ = """select json_build_object(
  'stamp', (select stamp from search_stamp),
  'groups', (select coalesce(json_agg(json_build_array(canonical, same, one_way) order by id), '[]') from search_synonymgroup where active),
  'abbreviations', (select coalesce(json_agg(json_build_array(short, long, capitals) order by id), '[]') from search_abbreviation where active),
  'guidance', (select coalesce(json_agg(json_build_array(id, phrases, text, text_en, link, elsewhere) order by name, id), '[]')
    from search_guidance where active),
  'picks', (select coalesce(json_agg(json_build_array(phrases, kind, object_id, "order", valid_from, valid_to) order by "order", id), '[]')
    from search_pick where active),
  'words', (select coalesce(json_agg(json_build_array(word, use) order by id), '[]') from search_vocabularyword where active)
)::text"""


class Group(NamedTuple):
    """Phrases that mean the same as `canonical`; those of `one_way` lead to it and not back."""

    canonical: str
    same: tuple[str, ...]
    one_way: tuple[str, ...]


class ShortForm(NamedTuple):
    """An abbreviation; with `capitals` it is one only where it is typed in capital letters."""

    short: str
    long: tuple[str, ...]
    capitals: bool


class Said(NamedTuple):
    """Guidance: shown when one of the phrases stands in the question."""

    id: int
    phrases: tuple[str, ...]
    text: str
    text_en: str
    link: str
    elsewhere: bool


class Picked(NamedTuple):
    """What an editor wants first for some questions, on some days."""

    phrases: tuple[str, ...]
    kind: str
    object_id: str
    order: int
    valid_from: dt.date | None
    valid_to: dt.date | None

    def holds(self, day: dt.date) -> bool:
        """Whether it holds on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


class Word(NamedTuple):
    """A word of the vocabulary and its use (`known`, `untouched`)."""

    word: str
    use: str


@dataclass(frozen=True, eq=False, slots=True)
class Rules:
    """All tables at one moment, rows in force only. Two objects are never equal; whoever derives something keeps it by `stamp`."""

    stamp: str = ""
    groups: tuple[Group, ...] = ()
    abbreviations: tuple[ShortForm, ...] = ()
    guidance: tuple[Said, ...] = ()
    picks: tuple[Picked, ...] = ()
    words: tuple[Word, ...] = ()


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def read() -> Rules:
    """The tables as this transaction sees them, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_READ)
        raw = json.loads(cursor.fetchone()[0])
    return Rules(
        raw["stamp"] or "",
        tuple(Group(canonical, tuple(same), tuple(one_way)) for canonical, same, one_way in raw["groups"]),
        tuple(ShortForm(short, tuple(long), capitals) for short, long, capitals in raw["abbreviations"]),
        tuple(Said(key, tuple(phrases), *rest) for key, phrases, *rest in raw["guidance"]),
        tuple(Picked(tuple(phrases), kind, thing, order, _day(first), _day(last)) for phrases, kind, thing, order, first, last in raw["picks"]),
        tuple(Word(word, use) for word, use in raw["words"]),
    )


class Memory:
    """What one process knows of the tables."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rules: Rules | None = None
        self._looked = float("-inf")

    def rules(self) -> Rules:
        """The tables as they were at most `LOOK_EVERY` seconds ago. In a transaction that wrote something: as this process knew
        them before, since what it wrote may never be committed."""
        known = self._rules
        if known is not None and time.monotonic() - self._looked < LOOK_EVERY:
            return known
        asked = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute(_LOOK.format(wrote=WROTE))
            stamp, wrote = cursor.fetchone() or ("", True)  # without a row (emptied by hand) nothing is kept: the next change writes one
        if wrote:
            return known or read()
        if known is None or known.stamp != stamp:
            known = read()
        with self._lock:
            if asked >= self._looked:  # of two threads the one that asked last knows better
                self._rules, self._looked = known, asked
            return known

    def forget(self) -> None:
        """As a process that has just started."""
        with self._lock:
            self._rules, self._looked = None, float("-inf")


memory = Memory()


def rules() -> Rules:
    """The tables that editors keep, as they are in force."""
    return memory.rules()


# ── What a question calls for ─────────────────────────────────────────────────────────────────────────────────────────

Words = tuple[tuple[str, str], ...]  # each word exact and folded


def _words(text: str) -> Words:
    return tuple((word, language.fold(word)) for word in language.words(text))


def _agrees(typed: tuple[str, str], wanted: tuple[str, str]) -> bool:
    """The same word, or the same one typed without marks. With other marks it is another word: thuê is not thuế."""
    return typed == wanted or (typed[0] == typed[1] == wanted[1])


@lru_cache(maxsize=2)
def _guidance_phrases(known: Rules) -> tuple[tuple[Said, tuple[tuple[str, Words], ...]], ...]:
    return tuple((said, tuple((f" {key_of(phrase)} ", _words(phrase)) for phrase in said.phrases)) for said in known.guidance)


@lru_cache(maxsize=2)
def _pick_phrases(known: Rules) -> dict[str, list[tuple[Words, Picked]]]:
    found: dict[str, list[tuple[Words, Picked]]] = {}
    for picked in known.picks:
        for phrase in picked.phrases:
            found.setdefault(key_of(phrase), []).append((_words(phrase), picked))
    return found


def _stands_in(wanted: Words, typed: Words) -> bool:
    size = len(wanted)
    return any(all(_agrees(typed[start + at], wanted[at]) for at in range(size)) for start in range(len(typed) - size + 1))


def guidance_for(query: str, known: Rules | None = None) -> tuple[Said, ...]:
    """The guidance one of whose phrases stands in a question as whole words, the longest phrase first; three at most."""
    known = known or rules()
    typed = _words(query)
    line = f" {' '.join(folded for _exact, folded in typed)} "
    found: list[tuple[int, int, Said]] = []
    for place, (said, phrases) in enumerate(_guidance_phrases(known)):
        longest = max((len(wanted) for key, wanted in phrases if key in line and _stands_in(wanted, typed)), default=0)
        if longest:
            found.append((-longest, place, said))
    return tuple(said for _length, _place, said in sorted(found)[:3])


def picks_for(query: str, known: Rules | None = None, day: dt.date | None = None) -> tuple[tuple[str, str], ...]:
    """The things (kind, object id) that editors want first for exactly this question on a day (today), in their order."""
    known = known or rules()
    if not known.picks:
        return ()
    typed = _words(query)
    day = day or timezone.localdate()
    candidates: Iterable[tuple[Words, Picked]] = _pick_phrases(known).get(" ".join(folded for _exact, folded in typed), ())
    return tuple(
        dict.fromkeys(
            (picked.kind, picked.object_id)
            for wanted, picked in candidates
            if picked.holds(day) and len(wanted) == len(typed) and _stands_in(wanted, typed)
        )
    )
