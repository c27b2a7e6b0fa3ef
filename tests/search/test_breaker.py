"""The breaker: so many failures within a while, then silence, then one probe."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.engines.breaker import Breaker


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(clock=clock)


def fail(breaker, times=1):
    for _ in range(times):
        ticket = breaker.enter()
        assert ticket is not None
        breaker.leave(ticket, well=False)


@pytest.mark.accepts("S2")
def test_five_failures_within_half_a_minute_open_it_for_half_a_minute_and_one_probe_follows(breaker, clock):
    fail(breaker, 4)
    assert breaker.closed
    clock.now += 29
    fail(breaker)
    assert not breaker.closed
    for second in range(30):
        assert breaker.enter() is None, second
        clock.now += 1
    probe = breaker.enter()
    assert probe is not None
    assert breaker.enter() is None, "one probe at a time"
    breaker.leave(probe, well=False)
    clock.now += 29.9
    assert breaker.enter() is None
    clock.now += 0.2
    probe = breaker.enter()
    breaker.leave(probe, well=True)
    assert breaker.closed
    assert breaker.enter() is not None


@pytest.mark.accepts("S2")
def test_failures_that_lie_further_apart_do_not_open_it(breaker, clock):
    for _ in range(40):
        fail(breaker)
        clock.now += 7.6  # four of them within half a minute
    assert breaker.closed


def test_a_call_from_before_says_nothing_about_the_time_after(breaker, clock):
    early = breaker.enter()
    fail(breaker, 5)
    breaker.leave(early, well=True)
    assert breaker.enter() is None
    clock.now += 31
    probe = breaker.enter()
    breaker.leave(early, well=False)
    breaker.leave(probe, well=True)
    assert breaker.closed


def test_a_probe_that_never_comes_back_is_followed_by_another(breaker, clock):
    fail(breaker, 5)
    clock.now += 30
    lost = breaker.enter()
    assert breaker.enter() is None
    clock.now += 30
    assert breaker.enter() is not None
    breaker.leave(lost, well=True)
    assert not breaker.closed


@given(st.lists(st.tuples(st.floats(0, 20), st.booleans()), max_size=80))
def test_never_more_than_one_call_in_a_pause(steps):
    """Whatever happens: after it opens, no call within the pause; while it is open, one at most in each."""
    clock = Clock()
    breaker = Breaker(clock=clock)
    opened = None
    calls = []
    for wait, well in steps:
        clock.now += wait
        before = breaker.closed
        ticket = breaker.enter()
        if not before:
            if ticket is None:
                assert clock.now - calls[-1] < 30
                continue
            assert clock.now - calls[-1] >= 30
        assert ticket is not None
        calls.append(clock.now)
        breaker.leave(ticket, well=well)
        if before and not breaker.closed:
            opened = clock.now
            assert not well
    assert opened is None or len(calls) >= 5


def test_many_threads_get_one_probe(breaker, clock):
    fail(breaker, 5)
    clock.now += 30
    tickets = []
    start = threading.Barrier(16)

    def ask():
        start.wait()
        tickets.append(breaker.enter())

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(ticket is not None for ticket in tickets) == 1
