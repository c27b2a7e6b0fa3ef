"""Search engines: the same plan, run over a mirror of `search.Entry`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

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
DEMAND = 0.35
# What a score is multiplied by for each thing that the visitor said about themselves and the entry is for. About as much as demand:
# it settles what words leave open, and does not outdo a word.
FAVOUR = 1.25


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


def standing(weight: float) -> float:
    """What a score is multiplied by for an entry's weight: two and more is in force, one is to come, less has ended; what
    stands after the point is how often it is asked for (0 to 1). Words decide; demand settles what words leave open."""
    whole = min(2, int(weight))
    return (0.6, 0.85, 1.0)[whole] * (1 + DEMAND * min(1.0, weight - whole))


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
    entry, best first, down to a share of the first's. What the visitor said of themselves orders the set and takes nothing from it."""
    found: list[tuple[float, Found]] = []
    for score, ref, weight, facets in hits:
        kind, _, object_id = ref.partition(":")
        values = tuple(facets)
        plain = score * standing(weight)
        favour = FAVOUR ** sum(not group.isdisjoint(values) for group in plan.favoured) if plan.favoured else 1.0
        found.append((plain, Found(kind, object_id, plain * favour, values)))
    if not found:
        return Answer(())
    # Among equals the key decides, so that pages never overlap. What differs in the seventh digit alone is equal: the engines
    # add up in orders of their own.
    found.sort(key=lambda one: (-round(one[1].score, 3), one[1].kind, one[1].object_id))
    # Suggestions are cut by place, not by share: an unfinished word scores alike for all that begin so.
    least = 0.0 if plan.prefix else max(plain for plain, _one in found) * SHARE
    return Answer(tuple(one for plain, one in found if plain >= least))


class Engine(Protocol):
    """What the rest of search knows of an engine."""

    name: str

    def run(self, plan: Plan) -> Answer:
        """The relevant set of a plan that asks something."""
        ...
