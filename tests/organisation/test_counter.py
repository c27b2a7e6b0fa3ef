"""When a counter is open, and when next."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organisation.calendar import AFTERNOON, MORNING, Calendar, Day, Session
from organisation.counter import Counter, Shut

from .calendars import national

OFFICE = {weekday: [MORNING, AFTERNOON] for weekday in range(1, 6)}
YEAR = national(2026, 2027)
COUNTER = Counter(OFFICE | {6: [Session(dt.time(7, 30), dt.time(11))]}, YEAR)
moments = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 10, 1)).map(lambda moment: moment.replace(microsecond=0))


def at(text):
    return dt.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("moment", "until", "opens"),
    [
        ("2026-11-16 07:29", None, "2026-11-16 07:30"),
        ("2026-11-16 07:30", "11:30", None),
        ("2026-11-16 11:30", None, "2026-11-16 13:00"),
        ("2026-11-16 16:59", "17:00", None),
        ("2026-11-20 17:00", None, "2026-11-21 07:30"),
        ("2026-11-21 11:00", None, "2026-11-23 07:30"),
        ("2026-11-23 17:30", None, "2026-11-25 07:30"),  # 24/11
        ("2026-02-13 17:30", None, "2026-02-14 07:30"),
        ("2026-02-14 12:00", None, "2026-02-21 07:30"),  # Tết, then its Saturday
        ("2026-08-22 14:00", "17:00", None),  # a make-up Saturday has no afternoon of its own: Monday's
    ],
)
def test_open_until_or_opening_at(moment, until, opens):
    status = COUNTER.status(at(moment))
    assert status.until == (dt.time.fromisoformat(until) if until else None)
    assert status.opens == (at(opens) if opens else None)


def test_why_it_is_closed_is_told_only_when_it_is_why():
    assert COUNTER.status(at("2026-11-24 09:00")).reason == "Ngày Văn hóa Việt Nam"
    assert COUNTER.status(at("2026-11-23 18:00")).reason == ""
    half = Day(dt.date(2026, 11, 25), "closed", "pm", counts=True, label="Tập huấn")
    counter = Counter(OFFICE, Calendar(({half.date: (half,)}, *YEAR.scopes)))
    assert counter.status(at("2026-11-25 09:00")).is_open
    assert counter.status(at("2026-11-25 12:00")).reason == "Tập huấn"


def test_a_closure_of_the_counter_goes_before_the_calendar():
    shut = Shut(dt.date(2026, 11, 16), dt.date(2026, 11, 18), "Sửa nhà", "Một cửa Vạn An")
    status = Counter(OFFICE, YEAR, (shut,)).status(at("2026-11-17 09:00"))
    assert (status.is_open, status.reason, status.closure) == (False, "Sửa nhà", shut)
    assert status.opens == at("2026-11-19 07:30")


def test_a_counter_that_ended_or_has_no_hours_promises_nothing():
    assert Counter({}).status(at("2026-11-16 09:00")).opens is None
    ended = Counter(OFFICE, last_day=dt.date(2026, 11, 16))
    assert ended.status(at("2026-11-16 09:00")).is_open
    assert ended.status(at("2026-11-16 18:00")).opens is None


def test_the_calendar_may_open_a_saturday():
    saturday = Day(dt.date(2026, 11, 28), "open", "am", open=True, label="Trực")
    counter = Counter(OFFICE, Calendar(({saturday.date: (saturday,)},)))
    assert counter.sessions(saturday.date) == (MORNING,)
    assert [found[0] for found in counter.unusual(dt.date(2026, 11, 25), 7)] == [saturday.date]


@given(moments)
def test_it_is_open_or_opens_later_and_never_on_a_closed_day(moment):
    status = COUNTER.status(moment)
    assert status.is_open == (status.opens is None)
    if status.opens:
        assert status.opens > moment
        assert COUNTER.status(status.opens).is_open
        assert not YEAR.entries(status.opens.date()) or YEAR.entries(status.opens.date())[0].open


@given(moments)
def test_the_status_holds_until_the_change_that_it_names(moment):
    status = COUNTER.status(moment)
    assert status.changes_in
    assert COUNTER.status(moment + dt.timedelta(seconds=status.changes_in - 1)).is_open == status.is_open
    assert COUNTER.status(moment + dt.timedelta(seconds=status.changes_in)).is_open != status.is_open
