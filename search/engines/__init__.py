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


@dataclass(frozen=True, slots=True)
class Found:
    """One hit of an engine: the entry's key, its score and the values of its facets (`field=12`)."""

    kind: str
    object_id: str
    score: float
    facets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The relevant set, best first, without the chosen filters applied (facets need them all)."""

    found: tuple[Found, ...]
    ready: bool = True


class Engine(Protocol):
    """What the rest of search knows of an engine."""

    name: str

    def run(self, plan: Plan) -> Answer:
        """The relevant set of a plan that asks something."""
        ...
