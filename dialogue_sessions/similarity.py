"""Which questions say nearly the same: for whoever sends one, and for moderators who put them together. Pure, without Django.

The tokens are those of search: without marks, without what only asks ("cho tôi hỏi", "khi nào"), single and in pairs, so that
"tách thửa khu phố 5 bao giờ xong" finds "Vì sao tách thửa ở khu phố 5 chờ lâu?". What stands in few of the questions weighs more."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from search import language

LEAST = 0.28  # of 1: measured on pairs of questions that people call the same, and on pairs that they do not (tests)
MOST = 3
PAIR = 0.6  # a pair of neighbours beside its two words


@dataclass(frozen=True)
class Near:
    """A question that is near: its key, and how near from 0 to 1."""

    key: int
    score: float


def tokens(text: str) -> Counter[str]:
    """What a text is about: its folded words that name something, and pairs of neighbours."""
    folded = [language.fold(word) for word in language.words(text)]
    when = {at + 1 for at, pair in enumerate(itertools.pairwise(folded)) if pair == ("bao", "gio")}  # "bao giờ" asks, "giờ" alone names
    names = [
        word
        for at, (word, keep) in enumerate(zip(folded, language.naming(folded), strict=True))
        if keep and at not in when and word not in language.COMMON
    ]
    return Counter([*names, *language.pairs(names)])


def near(text: str, others: Iterable[tuple[int, str]], *, most: int = MOST, least: float = LEAST) -> list[Near]:
    """The nearest of some questions (key, text) to a text, the nearest first; none that is not near."""
    asked = tokens(text)
    known: Sequence[tuple[int, Counter[str]]] = [(key, tokens(other)) for key, other in others]
    if not asked or not known:
        return []
    seen = Counter(token for _key, found in known for token in found)
    total = len(known) + 1

    def weight(token: str) -> float:
        rare = math.log(1 + total / (1 + seen[token]))
        return rare * PAIR if "_" in token else rare

    own = {token: weight(token) for token in asked}
    length = math.sqrt(sum(value * value for value in own.values()))
    found = []
    for key, other in known:
        theirs = {token: weight(token) for token in other}
        shared = sum(own[token] * theirs[token] for token in own.keys() & theirs.keys())
        size = math.sqrt(sum(value * value for value in theirs.values()))
        if shared and size and (score := shared / (length * size)) >= least:
            found.append(Near(key, score))
    return sorted(found, key=lambda one: (-one.score, one.key))[:most]


def personal_number(text: str) -> str:
    """`telephone`, `identity` or `dossier` when a text of any length holds such a number, else ''."""
    return language.personal_number(text) or ""
