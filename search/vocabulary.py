"""The lexicon of this process: counted from the entries, ruled by the editors' tables, renewed when either moves.

Rules are in force within `tables.LOOK_EVERY`; words that are new in the catalogue are known to repair within `COUNT_EVERY` seconds
(they are found at once: a plan needs no vocabulary for what is typed right). A count that takes long is made beside the
questions, which go on with the last one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from django.db import close_old_connections, connection

from . import lexicon, tables
from .language import FILLER, fold, words
from .lexicon import Lexicon
from .models import WordUse

COUNT_EVERY = 15.0  # seconds between two looks at whether the entries moved
BESIDE_FROM = 0.1  # seconds: a count that took longer is made in a thread the next time
SAMPLE = 20_000  # entries whose bodies are read for words that are right as they are

_COUNTS = """
select stream, token, count(*) from (
  select distinct e.kind, e.object_id, s.key as stream, unnest(string_to_array(rtrim(s.value, ' ~'), ' ')) as token
  from search_entry e, jsonb_each_text(e.streams) s where e.live and s.key = any(%s)
) tokens where token <> '' and token <> '~' group by stream, token
"""
_COUNTED = [f"{name}_{kind}" for name in ("title", "aside", "named", "asked", "learned") for kind in ("folded", "pairs")]
_EXACT = """
select distinct unnest(string_to_array(concat_ws(' ', streams->>'title_exact', streams->>'named_exact'), ' ')) from search_entry where live
"""
_BODIES = """
select distinct unnest(string_to_array(body, ' ')) from (
  select streams->>'body_folded' as body from search_entry where live limit %s
) bodies where body is not null
"""


class Vocabulary:
    """What one process knows of the words of the catalogue."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bare: Lexicon | None = None
        self._made: Lexicon | None = None
        self._stamp = ""
        self._version: tuple[int, int] | None = None
        self._looked = float("-inf")
        self._took = 0.0
        self._counting: threading.Thread | None = None

    def lexicon(self) -> Lexicon:
        """The lexicon in force."""
        rules = tables.rules()
        if time.monotonic() - self._looked >= COUNT_EVERY:
            self._look()
        with self._lock:
            if self._bare is None:
                return lexicon.EMPTY
            if self._made is None or self._stamp != rules.stamp:
                self._made = lexicon.with_rules(self._bare, lexicon.rules_of(_said_and_meant(rules)), *_words(rules))
                self._stamp = rules.stamp
            return self._made

    def _look(self) -> None:
        self._looked = time.monotonic()
        with connection.cursor() as cursor:
            # The highest version alone would miss a transaction that commits after a later one.
            cursor.execute("select count(*), coalesce(sum(version), 0) from search_entry")
            version = cursor.fetchone()
        if version == self._version:
            return
        if self._took < BESIDE_FROM:
            self._count(version)
        elif self._counting is None or not self._counting.is_alive():
            self._counting = threading.Thread(target=self._count_beside, args=(version,), name="search-vocabulary", daemon=True)
            self._counting.start()

    def _count_beside(self, version: tuple[int, int]) -> None:
        try:
            self._count(version)
        finally:
            # The thread has a database connection of its own.
            close_old_connections()
            connection.close()

    def _count(self, version: tuple[int, int]) -> None:
        started = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from search_entry where live")
            (entries,) = cursor.fetchone()
            cursor.execute(_COUNTS, [_COUNTED])
            counts: dict[str, dict[str, int]] = {}
            for stream, token, count in cursor.fetchall():
                counts.setdefault(stream, {})[token] = count
            cursor.execute(_EXACT)
            exact = [word for (word,) in cursor.fetchall() if word not in {"", FILLER}]
            cursor.execute(_BODIES, [SAMPLE])
            known = [word for (word,) in cursor.fetchall() if word not in {"", FILLER}]
        bare = lexicon.build(entries, counts, exact, known)
        with self._lock:
            self._bare, self._made, self._version = bare, None, version
            self._took = time.monotonic() - started

    def forget(self) -> None:
        """As a process that has just started."""
        self.__init__()  # type: ignore[misc]


def _said_and_meant(rules: tables.Rules) -> Iterator[tuple[str, str, bool] | tuple[str, str, bool, float]]:
    """The editors' tables as rules: phrases lead to the canonical term, those that mean the same also a little to each other; an
    abbreviation leads to its long forms and back."""
    for group in rules.groups:
        yield from lexicon.alike(group.canonical, group.same)
        for said in group.one_way:
            yield said, group.canonical, False
    for form in rules.abbreviations:
        for long in form.long:
            yield form.short, long, form.capitals
            yield long, form.short, False


def _words(rules: tables.Rules) -> tuple[list[str], list[str]]:
    """The words of the editors' vocabulary: those that stay as they are typed, and those that others may be corrected to."""
    stay, meant = [], []
    for word in rules.words:
        folded = [fold(token) for token in words(word.word)]
        stay += folded
        if word.use == WordUse.KNOWN:
            meant += folded
    return stay, meant


memory = Vocabulary()


def current() -> Lexicon:
    """The lexicon of this process."""
    return memory.lexicon()
