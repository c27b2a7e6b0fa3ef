"""What a guide comes to: visits, money, time and papers, reckoned from its steps. Pure, without Django.

Everything here is "at most": of alternatives the dearest and the longest, one thing after another. What is filed in one go is
one visit, takes as long as its longest part, and asks for what it surely files twice only once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

Limit = tuple[Decimal, str]  # value and unit


@dataclass(frozen=True)
class Filing:
    """A procedure as a step has it; None is what the record does not say."""

    key: int
    cost: Decimal | None = None
    limit: Limit | None = None
    papers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """A step of a guide. `one_of`: one of its filings is enough, otherwise all of them. `together`: in one go with the filing
    before it. `conditional`: not everybody has it."""

    number: int
    filings: tuple[Filing, ...] = ()
    one_of: bool = True
    together: bool = False
    conditional: bool = False


@dataclass(frozen=True)
class Paper:
    """A paper, and the steps that ask for it."""

    name: str
    steps: tuple[int, ...]


@dataclass(frozen=True)
class Totals:
    """What all steps together come to. `open` steps are those whose record does not state it: they are not in the sum."""

    visits_least: int = 0
    visits_most: int = 0
    cost_most: Decimal = Decimal(0)
    cost_open: tuple[int, ...] = ()
    time_most: tuple[Limit, ...] = ()
    time_open: tuple[int, ...] = ()
    papers: tuple[Paper, ...] = ()
    trips: tuple[tuple[int, ...], ...] = field(default=())  # the numbers of the steps that are one visit


def trips(steps: Sequence[Step]) -> list[list[Step]]:
    """The steps with something to file, those in one go beside each other."""
    found: list[list[Step]] = []
    for step in steps:
        if not step.filings:
            continue
        if step.together and found:
            found[-1].append(step)
        else:
            found.append([step])
    return found


def _cost(trip: Sequence[Step]) -> Decimal:
    """The most that a visit costs. A procedure that was surely filed in an earlier step of it is not paid again; one that was
    only a choice may not have been the one that was paid."""
    total, filed = Decimal(0), set[int]()
    for step in trip:
        costs = [Decimal(0) if one.key in filed else one.cost or Decimal(0) for one in _once(step.filings)]
        total += max(costs) if step.one_of else sum(costs, Decimal(0))
        if not step.one_of or len(step.filings) == 1:
            filed |= {one.key for one in step.filings}
    return total


def _once(filings: Sequence[Filing]) -> list[Filing]:
    return list({one.key: one for one in filings}.values())


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


def papers_of(steps: Sequence[Step]) -> tuple[Paper, ...]:
    """Every paper once, in the order in which it is first asked for, with the steps that ask for it."""
    names: dict[str, str] = {}
    asked: dict[str, dict[int, None]] = {}
    for step in steps:
        for one in step.filings:
            for name in one.papers:
                names.setdefault(_key(name), " ".join(name.split()))
                asked.setdefault(_key(name), {})[step.number] = None
    return tuple(Paper(names[key], tuple(numbers)) for key, numbers in asked.items())


def totals(steps: Sequence[Step], length: Callable[[Decimal, str], Decimal]) -> Totals:
    """The totals of a guide; `length` puts limits of different units in order. Limits of one unit are added, different units
    are left beside each other: nobody can say how many days a month of the law will have."""
    found = trips(steps)
    time: dict[str, Decimal] = {}
    for trip in found:
        limits = [one.limit for step in trip for one in step.filings if one.limit is not None]
        if limits:
            value, unit = max(limits, key=lambda limit: length(*limit))
            time[unit] = time.get(unit, Decimal(0)) + value
    filed = [step for trip in found for step in trip]
    return Totals(
        visits_least=sum(any(not step.conditional for step in trip) for trip in found),
        visits_most=len(found),
        cost_most=sum((_cost(trip) for trip in found), Decimal(0)),
        cost_open=tuple(step.number for step in filed if any(one.cost is None for one in step.filings)),
        time_most=tuple(sorted(((value, unit) for unit, value in time.items()), key=lambda limit: length(*limit), reverse=True)),
        time_open=tuple(step.number for step in filed if any(one.limit is None for one in step.filings)),
        papers=papers_of(steps),
        trips=tuple(tuple(step.number for step in trip) for trip in found),
    )
