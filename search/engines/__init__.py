"""Search engines: the same plan, run over a mirror of `search.Entry`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from search.planner import Plan

# Facets that can be filtered by, in the order in which a page shows them.
FACETS = ("kind", "field", "level", "audience", "service", "state", "unit")
RELEVANT = 200
# Share of the first hit's score below which a hit is no longer called relevant, measured on the development questions.
SHARE = 0.35
DEMAND = 0.35


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


class Engine(Protocol):
    """What the rest of search knows of an engine."""

    name: str

    def run(self, plan: Plan) -> Answer:
        """The relevant set of a plan that asks something."""
        ...
