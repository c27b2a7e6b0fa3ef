"""How a planned level is judged: by the last day of a year that is over, by the day itself before; never across schemes."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transparency.rules import SCHEMES, Held, judge, level_on, rank, reached

D = dt.date
DAY = dt.timedelta(days=1)
STATES = {"kept", "missed", "due", "ahead", "withdrawn", "unknown"}
days = st.dates(D(2022, 1, 1), D(2030, 12, 31))
years = st.integers(2022, 2030)


@st.composite
def cases(draw):
    """A scheme, a planned level, and versions one after another, as the catalogue holds them."""
    scheme = draw(st.sampled_from(sorted(SCHEMES)))
    history, at = [], draw(days)
    for _ in range(draw(st.integers(0, 4))):
        first = at + draw(st.integers(0, 300)) * DAY
        last = first + draw(st.integers(0, 600)) * DAY
        history.append(Held(draw(st.sampled_from([*SCHEMES[scheme], ""])), first, last))
        at = last + DAY
    if history and draw(st.booleans()):
        history[-1] = Held(history[-1].level, history[-1].valid_from)
    return scheme, draw(st.sampled_from(SCHEMES[scheme])), history


@given(cases(), years, days)
def test_the_state_goes_with_the_calendar(case, year, day):
    scheme, planned, history = case
    found = judge(scheme, planned, year, history, day)
    assert found.state in STATES
    if day > D(year, 12, 31):
        assert found.state not in {"due", "ahead"}
    else:
        assert found.state not in {"kept", "missed", "unknown"}


@given(cases(), years, days, days)
def test_a_verdict_never_changes_once_the_year_is_over(case, year, one, other):
    scheme, planned, history = case
    end = D(year, 12, 31)
    one, other = max(one, end + DAY), max(other, end + DAY)
    assert judge(scheme, planned, year, history, one).state == judge(scheme, planned, year, history, other).state


@given(cases(), years, days)
def test_a_higher_level_never_harms(case, year, day):
    scheme, planned, history = case
    order = {"missed": 0, "kept": 1, "due": 0, "ahead": 1}
    before = judge(scheme, planned, year, history, day).state
    raised = [Held(SCHEMES[scheme][-1] if held.level else "", held.valid_from, held.valid_to) for held in history]
    after = judge(scheme, planned, year, raised, day).state
    if before in order:
        assert order[after] >= order[before]
    else:
        assert after == before


@given(cases(), years, days)
def test_the_level_told_is_the_one_in_force(case, year, day):
    scheme, planned, history = case
    found = judge(scheme, planned, year, history, day)
    counted = D(year, 12, 31) if day > D(year, 12, 31) else day
    assert found.level == (level_on(scheme, history, counted) or "")
    assert found.now == (level_on(scheme, history, day) or "")
    if found.state in {"kept", "ahead"}:
        assert rank(scheme, found.level) >= rank(scheme, planned)
    if found.state == "missed":
        assert rank(scheme, found.level) < rank(scheme, planned)


@given(cases(), years, days)
def test_the_first_day_is_the_first(case, year, day):
    scheme, planned, history = case
    first = reached(scheme, planned, history)

    def holds(on):
        level = level_on(scheme, history, on)
        return bool(level) and rank(scheme, level) >= rank(scheme, planned)

    if first is None:
        assert not any(holds(held.valid_from) for held in history)
    else:
        assert holds(first)
        assert not holds(first - DAY)


@given(cases(), years, days)
def test_withdrawn_is_withdrawn_whatever_was_reached(case, year, day):
    scheme, planned, history = case
    assert judge(scheme, planned, year, history, day, withdrawn=True).state == "withdrawn"


@pytest.mark.parametrize(("scheme", "level"), [("online", "4"), ("legacy", "full"), ("proactive", "partial"), ("legacy", ""), ("online", "5")])
def test_a_level_of_another_scheme_is_refused_never_converted(scheme, level):
    with pytest.raises(ValueError, match="no level of"):
        judge(scheme, level, 2026, [], D(2026, 1, 1))
    if level:
        with pytest.raises(ValueError, match="no level of"):
            level_on(scheme, [Held(level, D(2020, 1, 1)), Held(SCHEMES[scheme][0], D(2020, 1, 1))], D(2026, 1, 1))


LOW, HIGH = Held("3", D(2025, 7, 1), D(2026, 3, 31)), Held("4", D(2026, 4, 1))
TABLE = [
    # planned, year, history, day, state
    ("3", 2025, [LOW, HIGH], D(2026, 11, 30), "kept"),
    ("4", 2025, [LOW, HIGH], D(2026, 11, 30), "missed"),
    ("4", 2025, [LOW, HIGH], D(2025, 12, 31), "due"),
    ("4", 2025, [LOW, HIGH], D(2026, 1, 1), "missed"),
    ("4", 2026, [LOW, HIGH], D(2026, 3, 31), "due"),
    ("4", 2026, [LOW, HIGH], D(2026, 4, 1), "ahead"),
    ("4", 2026, [LOW, HIGH], D(2027, 1, 1), "kept"),
    ("4", 2024, [LOW, HIGH], D(2026, 11, 30), "unknown"),  # the catalogue begins later
    ("4", 2026, [LOW], D(2026, 11, 30), "withdrawn"),  # abolished in March
    ("4", 2025, [LOW], D(2026, 11, 30), "missed"),  # it was in force on that 31 December
    ("4", 2027, [], D(2026, 11, 30), "due"),
    ("4", 2026, [HIGH], D(2026, 1, 1), "due"),  # published, begins later
    ("4", 2025, [Held("", D(2025, 1, 1))], D(2026, 1, 1), "unknown"),
    ("4", 2026, [Held("", D(2025, 1, 1))], D(2026, 1, 1), "due"),
    ("4", 2025, [Held("4", D(2025, 1, 1)), Held("3", D(2025, 1, 1))], D(2026, 1, 1), "missed"),  # two levels of government: the lower
]


@pytest.mark.parametrize(("planned", "year", "history", "day", "state"), TABLE)
def test_cases_by_hand(planned, year, history, day, state):
    assert judge("legacy", planned, year, history, day).state == state
