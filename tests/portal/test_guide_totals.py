"""What a guide comes to: nothing cheaper, shorter or fewer than what somebody may meet who goes all the way."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from portal.guide_totals import Filing, Paper, Step, papers_of, totals, trips

HOURS = {"working_days": 24, "days": 24, "months": 720, "hours": 1}


def length(value: Decimal, unit: str) -> Decimal:
    return value * HOURS[unit]


def hours(limits) -> Decimal:
    return sum((length(*limit) for limit in limits), Decimal(0))


filings = st.builds(
    Filing,
    key=st.integers(1, 4),
    cost=st.none() | st.integers(0, 9).map(Decimal),
    limit=st.none() | st.tuples(st.integers(1, 30).map(Decimal), st.sampled_from(sorted(HOURS))),
    papers=st.lists(st.sampled_from(["Tờ khai", "tờ  khai", "Căn cước", "Giấy ra viện"]), max_size=3).map(tuple),
)


@st.composite
def guides(draw):
    """Steps in which one and the same procedure costs and asks the same wherever it stands."""
    known = {key: draw(filings) for key in range(1, 5)}
    count = draw(st.integers(0, 5))
    return [
        Step(
            number,
            tuple(replace(known[key], key=key) for key in draw(st.lists(st.integers(1, 4), max_size=3, unique=True))),
            one_of=draw(st.booleans()), together=draw(st.booleans()), conditional=draw(st.booleans()),
        )
        for number in range(1, count + 1)
    ]  # fmt: skip


def ways(step: Step):
    """What somebody may file in a step."""
    if step.conditional:
        yield ()
    if step.one_of:
        yield from ((one,) for one in step.filings)
    elif step.filings:
        yield step.filings


def paid(steps) -> list[Decimal]:
    """What each way through the guide costs: in one visit nobody pays for the same thing twice."""
    found, visits = [], trips(steps)
    for way in product(*(list(ways(step)) or [()] for step in steps)):
        total = Decimal(0)
        by_number = dict(zip((step.number for step in steps), way, strict=True))
        for trip in visits:
            total += sum({one.key: one.cost or Decimal(0) for step in trip for one in by_number[step.number]}.values(), Decimal(0))
        found.append(total)
    return found


@given(guides())
def test_no_way_through_a_guide_costs_more_than_it_says(steps):
    assert totals(steps, length).cost_most >= max(paid(steps), default=Decimal(0))


@given(guides())
def test_where_no_procedure_comes_twice_the_dearest_way_costs_exactly_that(steps):
    keys = [one.key for step in steps for one in step.filings]
    if len(keys) == len(set(keys)):
        assert totals(steps, length).cost_most == max(paid(steps), default=Decimal(0))


@given(guides())
def test_in_one_go_never_takes_more_visits_time_or_money_than_one_by_one(steps):
    apart = [Step(s.number, s.filings, s.one_of, False, s.conditional) for s in steps]
    joined, single = totals(steps, length), totals(apart, length)
    assert joined.visits_most <= single.visits_most
    assert joined.visits_least <= single.visits_least
    assert joined.cost_most <= single.cost_most
    assert hours(joined.time_most) <= hours(single.time_most)
    assert joined.papers == single.papers


@given(guides())
def test_every_filing_is_in_exactly_one_visit_and_steps_without_one_are_none(steps):
    found = totals(steps, length)
    assert [number for trip in found.trips for number in trip] == [step.number for step in steps if step.filings]
    assert found.visits_least <= found.visits_most == len(found.trips)


@given(guides(), filings)
def test_a_further_step_that_only_some_have_changes_nothing_for_the_others(steps, filing):
    more = [*steps, Step(len(steps) + 1, (filing,), conditional=True)]
    assert totals(more, length).visits_least == totals(steps, length).visits_least
    assert totals(more, length).cost_most >= totals(steps, length).cost_most


@given(guides())
def test_each_paper_stands_once_with_all_steps_that_ask_for_it(steps):
    def key(name: str) -> str:
        return " ".join(name.split()).casefold()

    found = papers_of(steps)
    assert len({key(paper.name) for paper in found}) == len(found)
    for paper in found:
        assert list(paper.steps) == [s.number for s in steps if any(key(name) == key(paper.name) for one in s.filings for name in one.papers)]
    assert {key(name) for s in steps for one in s.filings for name in one.papers} == {key(paper.name) for paper in found}


@given(guides())
def test_what_a_record_does_not_state_is_said_and_not_counted_as_nothing(steps):
    found = totals(steps, length)
    assert list(found.cost_open) == [s.number for s in steps if any(one.cost is None for one in s.filings)]
    assert list(found.time_open) == [s.number for s in steps if any(one.limit is None for one in s.filings)]


def test_a_child_is_registered_in_one_visit():
    birth = Filing(1, Decimal(8000), (Decimal(20), "working_days"), ("Tờ khai", "Giấy chứng sinh"))
    only = Filing(2, Decimal(0), (Decimal(1), "working_days"), ("Tờ khai",))
    home = Filing(3, Decimal(20000), (Decimal(7), "working_days"), ("tờ khai",))
    father = Filing(4, Decimal(15000), (Decimal(3), "working_days"))
    found = totals(
        [Step(1), Step(2, (birth, only)), Step(3, (home,), together=True), Step(4, (father,), conditional=True)], length
    )  # fmt: skip
    assert found.trips == ((2, 3), (4,))
    assert (found.visits_least, found.visits_most) == (1, 2)
    assert found.cost_most == 8000 + 20000 + 15000
    assert found.time_most == ((Decimal(23), "working_days"),)
    assert found.papers == (Paper("Tờ khai", (2, 3)), Paper("Giấy chứng sinh", (2,)))
