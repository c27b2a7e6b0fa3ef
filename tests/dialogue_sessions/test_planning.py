"""A year of dates from one rule, over Tết and the days off, against a list made by hand; what the law asks for; terms before and after."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue_sessions.planning import LAST, Minimum, Per, Rule, Timer, WrongRule, in_force, periods, plan, shortfalls
from organisation.calendar import ONE_DAY, Calendar, Day


def off(first: str, last: str, label: str, half: str = "full") -> list[Day]:
    start, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    return [Day(start + n * ONE_DAY, "holiday", half, label=label) for n in range((end - start).days + 1)]


DAYS_2026 = [
    *off("2026-01-01", "2026-01-01", "Tết Dương lịch"),
    *off("2026-01-02", "2026-01-02", "Nghỉ bù"),
    Day(dt.date(2026, 1, 10), "makeup", counts=True, label="Làm bù"),
    *off("2026-02-16", "2026-02-20", "Tết Nguyên đán"),
    *off("2026-04-27", "2026-04-27", "Nghỉ bù Giỗ Tổ"),
    *off("2026-04-30", "2026-05-01", "30/4 và 1/5"),
    *off("2026-08-31", "2026-09-02", "Quốc khánh"),
    Day(dt.date(2026, 8, 22), "makeup", counts=True, label="Làm bù"),
    *off("2026-11-24", "2026-11-24", "Ngày Văn hóa Việt Nam"),
]


def calendar_of(days: list[Day]) -> Calendar:
    by_day: dict[dt.date, list[Day]] = {}
    for day in days:
        by_day.setdefault(day.date, []).append(day)
    return Calendar((by_day,))


YEAR = calendar_of(DAYS_2026)
# The 15th and the 25th of each month of 2026, by hand from a wall calendar: wanted, held.
BY_HAND = [
    ("2026-01-15", "2026-01-15"), ("2026-01-25", "2026-01-26"), ("2026-02-15", "2026-02-23"), ("2026-02-25", "2026-02-25"),
    ("2026-03-15", "2026-03-16"), ("2026-03-25", "2026-03-25"), ("2026-04-15", "2026-04-15"), ("2026-04-25", "2026-04-28"),
    ("2026-05-15", "2026-05-15"), ("2026-05-25", "2026-05-25"), ("2026-06-15", "2026-06-15"), ("2026-06-25", "2026-06-25"),
    ("2026-07-15", "2026-07-15"), ("2026-07-25", "2026-07-27"), ("2026-08-15", "2026-08-17"), ("2026-08-25", "2026-08-25"),
    ("2026-09-15", "2026-09-15"), ("2026-09-25", "2026-09-25"), ("2026-10-15", "2026-10-15"), ("2026-10-25", "2026-10-26"),
    ("2026-11-15", "2026-11-16"), ("2026-11-25", "2026-11-25"), ("2026-12-15", "2026-12-15"), ("2026-12-25", "2026-12-25"),
]  # fmt: skip


def test_the_15th_and_25th_of_a_year_as_on_the_list_made_by_hand():
    found = plan(Rule(month_days=(15, 25)), 2026, YEAR)
    assert [(one.wanted[0].isoformat(), one.day.isoformat()) for one in found] == BY_HAND
    moved = next(one for one in found if one.day == dt.date(2026, 2, 23))
    assert moved.moved
    assert next(one for one in found if one.day == dt.date(2026, 4, 28)).reasons == ()  # a Saturday, then a day off: the Saturday has no name


def test_every_tuesday_of_the_year_over_tet():
    found = plan(Rule(weekdays=(2,)), 2026, YEAR)
    days = [one.day for one in found]
    assert len(days) == 52
    assert dt.date(2026, 2, 17) not in days
    assert dt.date(2026, 2, 23) in days  # the Monday after the week of Tết
    assert next(one for one in found if one.day == dt.date(2026, 2, 23)).reasons == ("Tết Nguyên đán",)
    assert dt.date(2026, 11, 25) in days  # the 24th of November is off since 2026
    assert dt.date(2026, 9, 3) in days


def test_two_that_meet_on_one_day_are_one_session():
    found = plan(Rule(weekdays=(1, 5), first=dt.date(2026, 2, 16), last=dt.date(2026, 2, 23)), 2026, YEAR)
    assert [(one.day.isoformat(), len(one.wanted)) for one in found] == [("2026-02-23", 3)]


def test_a_friday_morning_that_is_off_moves_to_the_next_morning_that_is_worked():
    half = calendar_of([*DAYS_2026, *off("2026-03-06", "2026-03-06", "Cúp điện", "am"), *off("2026-03-09", "2026-03-09", "Họp", "am")])
    rule = Rule(weekdays=(5,), half="am", first=dt.date(2026, 3, 2), last=dt.date(2026, 3, 8))
    assert [one.day for one in plan(rule, 2026, half)] == [dt.date(2026, 3, 10)]
    assert plan(Rule(weekdays=(5,), first=rule.first, last=rule.last), 2026, half)[0].day == dt.date(2026, 3, 6)


def test_the_first_monday_and_the_last_friday_of_some_months():
    rule = Rule(nth=((1, 1), (LAST, 5)), in_months=(3, 5))
    assert [one.day.isoformat() for one in plan(rule, 2026, YEAR)] == ["2026-03-02", "2026-03-27", "2026-05-04", "2026-05-29"]


def test_each_second_week_is_counted_from_the_first_day():
    rule = Rule(weekdays=(3,), every=2, first=dt.date(2026, 3, 4), last=dt.date(2026, 4, 15))
    assert [one.day.day for one in plan(rule, 2026, YEAR)] == [4, 18, 1, 15]


def test_the_31st_is_the_last_day_of_a_shorter_month():
    assert [day.day for day in Rule(month_days=(31,)).wanted(2026)] == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


@pytest.mark.parametrize(
    "values",
    [
        {}, {"weekdays": (1,), "month_days": (15,)}, {"weekdays": (0,)}, {"weekdays": (8,)}, {"month_days": (0,)}, {"month_days": (32,)},
        {"nth": ((5, 1),)}, {"nth": ((1, 8),)}, {"weekdays": (1,), "every": 2}, {"weekdays": (1,), "every": 9}, {"weekdays": (1,), "in_months": ()},
        {"weekdays": (1,), "in_months": (13,)}, {"weekdays": (1,), "first": dt.date(2026, 2, 1), "last": dt.date(2026, 1, 1)},
    ],
)  # fmt: skip
def test_a_rule_that_makes_no_sense_is_refused(values):
    with pytest.raises(WrongRule):
        Rule(**values)


@settings(max_examples=200)
@given(
    days=st.lists(st.dates(dt.date(2026, 1, 1), dt.date(2027, 3, 1)), max_size=60),
    weekdays=st.sets(st.integers(1, 7), min_size=1).map(lambda some: tuple(sorted(some))),
)
def test_whatever_is_off_no_date_is_lost_and_none_is_on_a_day_off(days, weekdays):
    calendar = calendar_of([Day(day, "closed", label="nghỉ") for day in set(days)])
    rule = Rule(weekdays=weekdays)
    found = plan(rule, 2026, calendar)
    assert [one.day for one in found] == sorted({one.day for one in found})
    assert sorted(day for one in found for day in one.wanted) == rule.wanted(2026)
    assert all(calendar.is_working(one.day) and one.day >= max(one.wanted) for one in found)
    # No working day between what was wanted and what is held.
    assert all(not calendar.is_working(day + n * ONE_DAY) for one in found for day in one.wanted for n in range((one.day - day).days))


# ── What the law asks for ──

WARD = Minimum(1, Per.WEEK, dt.date(2014, 7, 1), None, "Luật Tiếp công dân 2013, Điều 15")
DISTRICT = Minimum(2, Per.MONTH, dt.date(2014, 7, 1), dt.date(2025, 6, 30), "Luật Tiếp công dân 2013, Điều 13")


def test_a_week_without_its_day_falls_short_but_not_the_week_of_tet():
    # The first week of the year began in the last one, and had its Tuesday there.
    days = [dt.date(2025, 12, 30), *(one.day for one in plan(Rule(weekdays=(2,)), 2026, YEAR))]
    assert shortfalls(days, [WARD], 2026, YEAR) == []
    without = [day for day in days if day != dt.date(2026, 3, 10)]
    (short,) = shortfalls(without, [WARD], 2026, YEAR)
    assert (short.first, short.last, short.has, short.lacks) == (dt.date(2026, 3, 9), dt.date(2026, 3, 15), 0, 1)


def test_a_month_with_one_day_falls_short_of_two_while_that_law_is_in_force():
    days = [dt.date(2025, month, day) for month in range(1, 13) for day in ((15,) if month in {3, 9} else (15, 25))]
    (short,) = shortfalls(days, [DISTRICT], 2025, calendar_of([]))
    assert (short.first.month, short.has, short.minimum.source) == (3, 1, DISTRICT.source)  # September is after the law's last day


def test_what_hinders_a_period_is_named():
    (short,) = shortfalls([], [Minimum(1, Per.WEEK, dt.date(2026, 11, 23), dt.date(2026, 11, 29))], 2026, YEAR)
    assert short.reasons == ("Ngày Văn hóa Việt Nam",)


@given(st.integers(2015, 2040))
def test_the_weeks_of_years_follow_each_other_without_a_gap(year):
    weeks = periods(Per.WEEK, year)
    following = periods(Per.WEEK, year + 1)
    assert all(later[0] - earlier[1] == ONE_DAY for earlier, later in zip(weeks, [*weeks[1:], following[0]], strict=True))
    assert all(first.isoweekday() == 1 and last.isoweekday() == 7 for first, last in weeks)


# ── Timers ──

POSTED = Timer("reception_schedule", 5, "working_days", before=True, valid_from=dt.date(2014, 7, 1), source="Luật Tiếp công dân 2013, Điều 24")
NOTICE = Timer("dialogue_notice", 7, "days", before=True, valid_from=dt.date(2025, 7, 1))
RESULT = Timer("dialogue_result", 10, "days", before=False, valid_from=dt.date(2025, 7, 1))
ANSWER = Timer("reception_answer", 10, "working_days", before=False, valid_from=dt.date(2014, 7, 1))


@pytest.mark.parametrize(
    ("timer", "event", "latest"),
    [
        (POSTED, "2026-02-24", "2026-02-10"),  # the week of Tết does not count: 23, 13, 12, 11, 10
        (POSTED, "2026-06-16", "2026-06-09"),
        (NOTICE, "2026-12-03", "2026-11-26"),
        (NOTICE, "2026-02-23", "2026-02-16"),  # a day off is no reason to post later
        (RESULT, "2026-02-06", "2026-02-23"),  # the tenth day is in Tết: the next working day
        (RESULT, "2026-12-03", "2026-12-14"),
        (ANSWER, "2026-02-10", "2026-03-03"),
    ],
)
def test_the_last_day_in_time(timer, event, latest):
    day = dt.date.fromisoformat(event)
    assert timer.latest(day, YEAR).isoformat() == latest
    assert not timer.is_late(day, dt.date.fromisoformat(latest), YEAR)
    assert timer.is_late(day, dt.date.fromisoformat(latest) + ONE_DAY, YEAR)


@given(st.dates(dt.date(2026, 1, 10), dt.date(2026, 12, 1)), st.integers(0, 20))
def test_working_days_before_and_after_are_counted_alike(day, length):
    before = Timer("x", length, "working_days", before=True, valid_from=dt.date.min).latest(day, YEAR)
    after = Timer("x", length, "working_days", before=False, valid_from=dt.date.min).latest(day, YEAR)
    assert YEAR.working_days_between(before - ONE_DAY, day - ONE_DAY) == length or length == 0
    assert YEAR.working_days_between(day, after) == length


def test_the_timer_in_force_is_that_of_the_day():
    old = Timer("notice", 5, "days", before=True, valid_from=dt.date(2010, 1, 1), valid_to=dt.date(2025, 6, 30))
    new = Timer("notice", 7, "days", before=True, valid_from=dt.date(2025, 7, 1))
    assert in_force([new, old], "notice", dt.date(2025, 6, 30)) is old
    assert in_force([new, old], "notice", dt.date(2025, 7, 1)) is new
    assert in_force([new, old], "notice", dt.date(2009, 1, 1)) is None
    assert in_force([new, old], "result", dt.date(2026, 1, 1)) is None
