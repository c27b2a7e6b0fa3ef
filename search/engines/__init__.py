"""Search engines: the same plan, run over a mirror of `search.Entry`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from search import language
from search.planner import Plan

# The token streams that both engines index, each a field analysed at white space only. Raise both engines' SCHEMA_VERSION with it.
STREAMS = (
    "title_exact", "title_folded", "title_pairs", "aside_folded", "aside_pairs", "named_exact", "named_folded", "named_pairs",
    "asked_folded", "asked_pairs", "learned_folded", "learned_pairs", "body_folded", "codes",
)  # fmt: skip
# Stands in a stream that has no token; no plan asks for it. tantivy counts every document of the index when it reckons how rare
# a word is and how long a field usually, Lucene those alone that have the field: with this both count all.
NOTHING = "-"

# Facets that can be filtered by, in the order in which a page shows them.
FACETS = ("kind", "field", "level", "audience", "service", "state", "unit")
RELEVANT = 200
# Share of the first hit's score below which a hit is no longer called relevant, measured on the development questions.
SHARE = 0.35
# How much demand adds at most to the score of a question of few words, and from how many words on it adds less (measured on the
# demonstration's judgements).
DEMAND, DEMAND_WORDS = 0.5, 3
# What only a ministry or a province does comes after what is done near by: by how much, up to how many words in full, from how
# many not at all (measured on the development questions: whoever asks in few words means the counter round the corner).
FURTHER, FURTHER_FULL, FURTHER_NONE = 0.15, 6, 14
FAR = frozenset({"level=ministry", "level=province"})
NEAR = frozenset({"level=district", "level=ward", "level=other"})
# What a score is multiplied by for each thing that the visitor said about themselves and the entry is for. About as much as demand:
# it settles what words leave open, and does not outdo a word.
FAVOUR = 1.25

_STANDINGS = (0.55, 0.85, 1.0)


@dataclass(frozen=True, slots=True)
class Found:
    """One hit of an engine: the entry's key, its score (words and standing) and the values of its facets (`field=12`)."""

    kind: str
    object_id: str
    score: float
    facets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The relevant set, best first, without the chosen filters applied (facets need them all)."""

    found: tuple[Found, ...]
    ready: bool = True


def demand_counts(names: int) -> float:
    """How much demand adds at most to a score in a question with so many words that name something: words decide, demand settles
    what they leave open, which is the less the more there are."""
    return DEMAND * math.pow(min(1.0, DEMAND_WORDS / max(1, names)), 1.5)


def standing(weight: float, demand: float = DEMAND) -> float:
    """What a score is multiplied by for an entry's weight: two and more is in force, one is to come, less has ended; what
    stands after the point is how often it is asked for (0 to 1), and `demand` how much that adds at most."""
    whole = 2 if weight >= 2 else int(weight)
    return _STANDINGS[whole] * (1 + demand * min(1.0, weight - whole))


def distance_counts(names: int) -> float:
    """What the score of something is multiplied by that is only done far away, in a question with so many words that name
    something."""
    return 1 - FURTHER * min(1.0, max(0, FURTHER_NONE - names) / (FURTHER_NONE - FURTHER_FULL))


def is_far(facets: Iterable[str]) -> bool:
    """Whether only a ministry or a province does it; what has no level is near."""
    return not FAR.isdisjoint(facets) and NEAR.isdisjoint(facets)


# What a kind's score is multiplied by, usually and when the question asks for that kind (folded, as whole words): a form is called
# by the name of its procedure and a word more, a post by that of its unit, so they come after until that word is said.
KINDS = {
    "form": (0.85, 2.2), "post": (0.5, 1.1), "legal-document": (0.85, 0.85), "decision": (0.85, 0.85), "dataset": (0.45, 1.5), "figures": (0.6, 1.3),
}  # fmt: skip
SAME = "same="
ASKS_FOR = {
    "form": ("to khai", "bieu mau", "mau don", "mau so", "mau to", "mau giay", "don xin", "don de nghi", "don yeu cau", "giay de nghi", "phieu"),
    "post": (
        "chu tich", "bi thu", "lanh dao", "giam doc", "truong phong", "pho phong", "truong ban", "chanh van phong", "hieu truong", "cong chuc",
        "can bo", "chuyen vien", "van thu",
    ),
    "dataset": ("du lieu", "du lieu mo", "bang du lieu", "csv", "json", "excel", "open data", "dataset"),
    "figures": ("so lieu", "thong ke", "bieu do", "figures", "statistics"),
}  # fmt: skip


def kinds_asked_for(words: Iterable[str]) -> frozenset[str]:
    """The kinds that a question says it wants."""
    said = f" {' '.join(language.fold(word) for word in words)} "
    return frozenset(kind for kind, phrases in ASKS_FOR.items() if any(f" {phrase} " in said for phrase in phrases))


def tokens_of(row: dict[str, Any]) -> dict[str, str]:
    """What an engine indexes of a row of `search.Entry`: each stream as tokens between blanks, none of them empty."""
    return {stream: row["streams"].get(stream) or NOTHING for stream in STREAMS}


def beginnings(plan: Plan) -> list[tuple[str, str, float]]:
    """What an unfinished last word is looked for by: stream, beginning, weight. Everything that begins so scores the same, so the
    weight stands for a word's usual score."""
    if not plan.prefix:
        return []
    found = [("title_folded", plan.prefix, 3.0), ("named_folded", plan.prefix, 1.5)]
    if plan.before_prefix:
        pair = f"{plan.before_prefix}_{plan.prefix}"
        found += [("title_pairs", pair, 6.0), ("named_pairs", pair, 3.0)]
    return found


def facet_values(row: dict[str, Any]) -> list[str]:
    """The values of an entry's facets as `name=value`."""
    values = [f"kind={row['kind']}"]
    values += [f"{name}={row[name]}" for name in ("unit", "field") if row[name]]
    values += [f"level={value}" for value in row["levels"]] + [f"audience={value}" for value in row["audiences"]]
    values += [f"{name}={value}" for name, many in (row["facets"] or {}).items() for value in many]
    return values


def relevant(hits: Iterable[tuple[float, str, float, Iterable[str]]], plan: Plan) -> Answer:
    """The relevant set of an engine's best hits (score of the words, key, weight, facets): each score by the standing of its
    entry, by where it is done and by its kind, best first, down to a share of the first's. What the visitor said of themselves orders the
    set and takes nothing from it."""
    found: list[tuple[float, Found]] = []
    demand, further, asked = demand_counts(plan.names), distance_counts(plan.names), kinds_asked_for(plan.words)
    for score, ref, weight, facets in hits:
        kind, _, object_id = ref.partition(":")
        values = tuple(facets)
        stands = score * standing(weight, demand)
        if further < 1 and is_far(values):
            stands *= further
        rank = stands
        if kind in KINDS:
            usual, wanted = KINDS[kind]
            rank *= wanted if kind in asked else usual
        if plan.favoured:
            rank *= FAVOUR ** sum(not group.isdisjoint(values) for group in plan.favoured)
        found.append((stands, Found(kind, object_id, rank, values)))
    if not found:
        return Answer(())
    # Among equals the key decides, so that pages never overlap. What differs in the seventh digit alone is equal: the engines
    # add up in orders of their own.
    found.sort(key=lambda one: (-round(one[1].score, 3), one[1].kind, one[1].object_id))
    # Suggestions are cut by place, not by share: an unfinished word scores alike for all that begin so. What is relevant the words
    # say; kinds only change the order.
    least = 0.0 if plan.prefix else max(stands for stands, _one in found) * SHARE
    return Answer(tuple(_once(one for stands, one in found if stands >= least)))


def _once(found: Iterable[Found]) -> Iterator[Found]:
    """Each thing once: of several that say what they are the same as (`same` among their facets) the best one speaks for all."""
    seen: set[str] = set()
    for one in found:
        same = {value for value in one.facets if value.startswith(SAME)}
        if seen.isdisjoint(same):
            yield one
        seen |= same


class Engine(Protocol):
    """What the rest of search knows of an engine."""

    name: str

    def run(self, plan: Plan) -> Answer:
        """The relevant set of a plan that asks something."""
        ...
