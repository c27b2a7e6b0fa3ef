"""From a question to a plan: a weighted bag of terms over the token streams, with nothing required. Pure, without Django.

What people type becomes folded words (the carriers), folded pairs of neighbours (which tell `khai sinh` from `khai tử`),
and, for words typed with marks, exact words at less weight: marks rank, they exclude nothing. Question phrases are dropped as
long as something else remains. The body weighs little, and less the longer the question is (measured: it helps two
words and hurts twenty).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from . import language

MAX_QUERY = 600
MAX_WORDS = 80

# Phrases that ask and do not name. Folded; the longer ones are looked for first. Single question words are left in: they
# are common, so they weigh little by themselves, and dropping them costs more names than it saves (measured).
_PHRASES = (
    "toi muon hoi", "cho toi hoi", "cho em hoi", "cho minh hoi", "xin hoi", "xin cho hoi", "xin cho biet", "cho biet", "de nghi cho biet",
    "vui long cho biet", "lam the nao de", "lam the nao", "lam sao de", "lam sao", "nhu the nao", "the nao", "o dau", "bao nhieu", "bao lau",
    "khi nao", "la gi", "gom nhung gi", "nhung gi", "can gi", "can nhung", "hay khong", "duoc khong", "duoc ko", "giay to gi", "nhung giay to",
    "giay to", "phai lam gi", "ho so gom", "co quan nao", "thoi gian",
)  # fmt: skip
_PHRASE_WORDS = tuple(tuple(phrase.split()) for phrase in sorted(_PHRASES, key=lambda phrase: -len(phrase.split())))

_TITLE, _ASKED = 1.0, 0.8
_PAIR = 1.5
_MARKS = 0.4
_BODY, _BODY_WORDS = 0.1, 6
_CODE = 25.0


@dataclass(frozen=True, slots=True)
class Term:
    """One token in one stream, and how much a match of it counts."""

    stream: str
    token: str
    weight: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What an engine runs. `kept` are the folded words that carry the question (for highlights), `prefix` an unfinished last
    word and `before_prefix` the word before it."""

    terms: tuple[Term, ...] = ()
    kept: tuple[str, ...] = ()
    prefix: str = ""
    before_prefix: str = ""
    filters: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())

    @property
    def empty(self) -> bool:
        """Whether nothing is asked, so that everything answers."""
        return not self.terms and not self.prefix


def _content(folded: list[str]) -> list[bool]:
    """For each word whether it names something (True) or only asks."""
    keep = [True] * len(folded)
    for phrase in _PHRASE_WORDS:
        size = len(phrase)
        for start in range(len(folded) - size + 1):
            if all(keep[start : start + size]) and tuple(folded[start : start + size]) == phrase:
                keep[start : start + size] = [False] * size
    return keep


def plan(query: str, filters: dict[str, tuple[str, ...]] | None = None, *, prefix: bool = False) -> Plan:
    """The plan of a question. `filters` name facets and their accepted values; with `prefix` the last word may be unfinished."""
    chosen = tuple(sorted((name, tuple(sorted(values))) for name, values in (filters or {}).items() if values))
    query = query[:MAX_QUERY]
    exact = language.words(query)[:MAX_WORDS]
    folded = [language.fold(word) for word in exact]
    codes = language.codes(query)
    keep = _content(folded)
    if not any(keep):
        keep = [True] * len(folded)
    unfinished = before = ""
    if prefix and folded and query[-1:].strip():
        # The word being typed is looked for by its beginning only: as a whole word it would be another one.
        unfinished = folded.pop()
        exact.pop()
        keep.pop()
        before = folded[-1] if folded else ""
    terms: dict[tuple[str, str], float] = {}

    def add(stream: str, token: str, weight: float) -> None:
        terms[(stream, token)] = max(weight, terms.get((stream, token), 0.0))

    count = sum(keep)
    body = _BODY * min(1.0, _BODY_WORDS / count) ** 2 if count else 0.0
    for index, word in enumerate(folded):
        if keep[index]:
            add("title_folded", word, _TITLE)
            add("asked_folded", word, _ASKED)
            add("body_folded", word, body)
            if exact[index] != word:
                add("title_exact", exact[index], _MARKS)
                add("asked_exact", exact[index], _MARKS * _ASKED)
        if index and (keep[index - 1] or keep[index]):
            pair = f"{folded[index - 1]}_{word}"
            add("title_pairs", pair, _PAIR)
            add("asked_pairs", pair, _PAIR * _ASKED)
    for code in codes:
        add("codes", code, _CODE)
    kept = tuple(dict.fromkeys(word for word, flag in zip(folded, keep, strict=True) if flag))
    return Plan(tuple(Term(stream, token, weight) for (stream, token), weight in terms.items()), kept, unfinished, before, chosen)
