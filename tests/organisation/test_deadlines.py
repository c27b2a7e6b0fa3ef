"""Terms are counted as the law counts them: the table of known cases, then what must hold for any case."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organisation.calendar import AFTERNOON, MORNING, ZONE, Calendar, Day, NoWorkingDay, Policy

from .calendars import national

CALENDAR = national(*range(2018, 2031))


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


WORKING_DAYS = [
    ("2026-11-16 09:10", 5, "2026-11-23", "plain"),
    ("2026-11-19 16:30", 5, "2026-11-27", "24/11 is a holiday"),
    ("2026-11-20 17:20", 5, "2026-12-01", "after closing: day 0 is Monday, and 24/11 is off"),
    ("2026-11-21 10:00", 5, "2026-12-01", "a Saturday, online"),
    ("2026-02-11 08:00", 5, "2026-02-25", "Tết 16-20/2"),
    ("2026-02-13 16:00", 3, "2026-02-25", "Tết"),
    ("2025-12-30 09:00", 3, "2026-01-06", "1/1 and the swapped 2/1"),
    ("2026-01-08 14:00", 2, "2026-01-10", "a make-up Saturday is a working day"),
    ("2026-08-20 09:00", 3, "2026-08-24", "22/8 is a make-up Saturday"),
    ("2026-04-24 15:30", 4, "2026-05-05", "Giỗ Tổ in lieu 27/4, 30/4, 1/5"),
    ("2025-04-24 09:00", 3, "2025-04-28", "26/4/2025 is a make-up Saturday"),
    ("2024-04-26 09:00", 3, "2024-05-04", "29/4 off, 4/5 worked"),
    ("2026-08-27 10:00", 10, "2026-09-15", "31/8-2/9 off"),
    ("2027-02-02 09:00", 3, "2027-02-12", "Tết 2027, a guess of the package"),
]
SAME_DAY = [
    ("2026-11-16 15:00", "2026-11-16"),
    ("2026-11-16 15:01", "2026-11-17"),
    ("2026-11-20 15:30", "2026-11-23"),
    ("2026-11-23 15:30", "2026-11-25"),
]
DAYS = [("2026-01-20 09:00", 30, "2026-02-23"), ("2026-11-13 09:00", 8, "2026-11-23")]
HOURS = [
    ("2026-11-16 10:00", 4, "2026-11-16 15:30"),
    ("2026-11-16 16:00", 2, "2026-11-17 08:30"),
    ("2026-11-23 15:00", 4, "2026-11-25 09:30"),
]


@pytest.mark.parametrize(("received", "term", "due", "why"), WORKING_DAYS, ids=[row[3] for row in WORKING_DAYS])
def test_working_days(received, term, due, why):
    assert CALENDAR.due_working_days(at(received), term) == dt.date.fromisoformat(due)


@pytest.mark.parametrize(("received", "due"), SAME_DAY)
def test_same_day_results(received, due):
    assert CALENDAR.due_same_day(at(received)) == dt.date.fromisoformat(due)


@pytest.mark.parametrize(("received", "term", "due"), DAYS)
def test_calendar_days_roll_off_days_off(received, term, due):
    assert CALENDAR.due_days(at(received), term) == dt.date.fromisoformat(due)


@pytest.mark.parametrize(("received", "term", "due"), HOURS)
def test_working_hours_leave_out_lunch_nights_and_holidays(received, term, due):
    assert CALENDAR.due_working_hours(at(received), term) == at(due)


@pytest.mark.parametrize(
    ("received", "months", "due"),
    [
        ("2026-01-30 09:00", 1, "2026-03-02"),  # no 30 February: the 28th, a Saturday, rolled
        ("2026-08-31 09:00", 6, "2027-03-01"),  # 28 February 2027 is a Sunday
        ("2026-11-23 09:00", 0, "2026-11-23"),
        ("2026-12-15 09:00", 1, "2027-01-15"),
    ],
)
def test_months_go_to_the_corresponding_day(received, months, due):
    assert CALENDAR.due_months(at(received), months) == dt.date.fromisoformat(due)


def test_a_moment_in_utc_is_counted_in_local_time():
    evening_before = dt.datetime(2026, 11, 16, 8, 1, tzinfo=dt.UTC)  # 15:01 in Vietnam
    assert CALENDAR.due_same_day(evening_before) == dt.date(2026, 11, 17)


def test_clock_hours_run_through_the_night_and_end_on_a_working_day():
    assert CALENDAR.due_hours(at("2026-11-16 16:00"), 24) == at("2026-11-17 16:00")
    assert CALENDAR.due_hours(at("2026-11-20 16:00"), 24) == at("2026-11-23 17:00")


def test_the_last_day_for_an_apology_is_the_working_day_before():
    assert CALENDAR.apology_latest(dt.date(2026, 11, 25)) == dt.date(2026, 11, 23)
    assert CALENDAR.apology_latest(dt.date(2026, 1, 12)) == dt.date(2026, 1, 10)


def test_a_late_receipt_may_be_counted_as_day_one():
    strict = Calendar(CALENDAR.scopes, (Policy(late_is_day_one=True),))
    assert strict.due_working_days(at("2026-11-20 17:20"), 5) == dt.date(2026, 11, 30)
    assert strict.due_working_days(at("2026-11-16 09:10"), 5) == dt.date(2026, 11, 23)


def test_the_policy_of_the_day_is_the_one_that_counts():
    early = Policy(dt.date(2027, 1, 1), same_day_cutoff=dt.time(14), sessions=(MORNING, AFTERNOON))
    calendar = Calendar(CALENDAR.scopes, (early, Policy()))
    assert calendar.due_same_day(at("2026-12-30 14:30")) == dt.date(2026, 12, 30)
    assert calendar.due_same_day(at("2027-01-04 14:30")) == dt.date(2027, 1, 5)


def test_a_half_day_off_ends_the_working_day_at_noon():
    afternoon_off = Day(dt.date(2026, 11, 18), "closed", "pm", label="Hội nghị")
    calendar = Calendar(({afternoon_off.date: (afternoon_off,)}, *CALENDAR.scopes))
    assert calendar.is_working(afternoon_off.date)
    assert calendar.due_working_hours(at("2026-11-18 10:00"), 4) == at("2026-11-19 10:00")
    assert calendar.effective_day(at("2026-11-18 14:00")) == dt.date(2026, 11, 19)
    assert calendar.due(at("2026-11-17 09:00"), 1, "working_days") == at("2026-11-18 11:30")


def test_a_saturday_counter_is_open_and_counts_for_nothing():
    saturday = Day(dt.date(2026, 11, 28), "open", "am", counts=False, open=True)
    calendar = Calendar(({saturday.date: (saturday,)}, *CALENDAR.scopes))
    assert calendar.opens(saturday.date, "am") is True
    assert calendar.due_working_days(at("2026-11-27 09:00"), 1) == dt.date(2026, 11, 30)


def test_the_closest_scope_decides_half_by_half():
    day = dt.date(2026, 11, 24)
    own = Day(day, "open", "am", counts=False, open=True, label="Trực ngày lễ")
    calendar = Calendar(({day: (own,)}, *CALENDAR.scopes))
    assert calendar.opens(day, "am") is True
    assert calendar.opens(day, "pm") is False
    assert [item.label for item in calendar.entries(day)] == ["Trực ngày lễ", "Ngày Văn hóa Việt Nam"]


def test_the_strip_of_days_counts_as_the_due_date_does():
    cells = list(CALENDAR.strip(at("2026-11-23 09:00"), 3))
    assert [(cell.date.day, cell.role, cell.number) for cell in cells] == [
        (23, "start", None), (24, "off", None), (25, "counted", 1), (26, "counted", 2), (27, "due", 3),
    ]  # fmt: skip
    assert cells[1].reason == "Ngày Văn hóa Việt Nam"


def test_a_calendar_without_working_days_says_so_instead_of_hanging():
    never = Calendar(policies=(Policy(sessions=()),))
    with pytest.raises(NoWorkingDay):
        never.due_working_days(at("2026-11-16 09:00"), 1)


@pytest.mark.parametrize("call", ["due_working_days", "due_days", "due_months", "due_working_hours", "due_hours"])
def test_a_negative_term_is_refused(call):
    with pytest.raises(ValueError, match="negative"):
        getattr(CALENDAR, call)(at("2026-11-16 09:00"), -1)


def test_a_term_that_cannot_be_counted_is_refused():
    with pytest.raises(ValueError, match="cannot be counted"):
        CALENDAR.due(at("2026-11-16 09:00"), 0.5, "days")
    assert CALENDAR.due(at("2026-11-16 07:30"), 0.5, "working_days") == at("2026-11-16 11:30")


moments = st.datetimes(min_value=dt.datetime(2019, 1, 1), max_value=dt.datetime(2028, 12, 31)).map(lambda m: m.replace(microsecond=0))
terms = st.integers(0, 60)


@given(moments, terms)
def test_no_term_ends_on_a_day_off(moment, term):
    for due in (CALENDAR.due_working_days(moment, term), CALENDAR.due_days(moment, term), CALENDAR.due_months(moment, term % 7)):
        assert CALENDAR.is_working(due)
    assert CALENDAR.is_working(CALENDAR.due_same_day(moment))
    assert CALENDAR.is_working(CALENDAR.due_working_hours(moment, term).date())
    assert CALENDAR.is_working(CALENDAR.due_hours(moment, term).date())


@given(moments, moments, terms)
def test_who_comes_earlier_is_never_due_later(first, second, term):
    early, late = sorted((first, second))
    for count in (CALENDAR.due_working_days, CALENDAR.due_days, CALENDAR.due_working_hours):
        assert count(early, term) <= count(late, term)
    assert CALENDAR.due_hours(early, term).date() <= CALENDAR.due_hours(late, term).date()
    assert CALENDAR.due_same_day(early) <= CALENDAR.due_same_day(late)


@given(moments, terms)
def test_a_longer_term_is_never_due_earlier(moment, term):
    for count in (CALENDAR.due_days, CALENDAR.due_months, CALENDAR.due_working_hours):
        assert count(moment, term) <= count(moment, term + 1)
    assert CALENDAR.due_hours(moment, term).date() <= CALENDAR.due_hours(moment, term + 1).date()
    assert CALENDAR.due_working_days(moment, term) < CALENDAR.due_working_days(moment, term + 1)


@given(moments, terms)
def test_a_term_of_working_days_holds_exactly_that_many(moment, term):
    due = CALENDAR.due_working_days(moment, term)
    assert CALENDAR.working_days_between(CALENDAR.effective_day(moment), due) == term
    assert due > moment.date() or term == 0


@given(moments)
def test_adding_nothing_gives_the_day_of_receipt(moment):
    zero = CALENDAR.effective_day(moment)
    assert CALENDAR.due_working_days(moment, 0) == zero
    assert zero >= moment.date()
    assert zero == moment.date() or moment.time() > dt.time(17) or not CALENDAR.is_working(moment.date())


@given(moments, st.integers(0, 40), st.integers(0, 40))
def test_working_hours_add_up(moment, first, second):
    whole = CALENDAR.due_working_hours(moment, first + second)
    parts = CALENDAR.due_working_hours(CALENDAR.due_working_hours(moment, first), second)
    assert CALENDAR.due_working_hours(whole, 1) == CALENDAR.due_working_hours(parts, 1)


@given(moments, terms)
def test_eight_working_hours_are_a_working_day(moment, term):
    start = moment.replace(hour=9, minute=0, second=0)
    if CALENDAR.is_working(start.date()):
        assert CALENDAR.due_working_hours(start, 8 * term).date() == CALENDAR.due_working_days(start, term)


@given(moments, terms)
def test_zones_change_nothing(moment, term):
    assert CALENDAR.due_working_days(moment.replace(tzinfo=ZONE).astimezone(dt.UTC), term) == CALENDAR.due_working_days(moment, term)


@given(moments, st.integers(0, 25))
def test_the_strip_ends_on_the_due_date_and_numbers_each_counted_day_once(moment, term):
    cells = list(CALENDAR.strip(moment, term))
    assert [cell.number for cell in cells if cell.number] == list(range(1, term + 1))
    assert cells[-1].role == "due"
    assert cells[-1].date == CALENDAR.due_working_days(moment, term)
    assert all((cell.role == "off") != CALENDAR.is_working(cell.date) for cell in cells)
