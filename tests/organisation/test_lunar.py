"""The lunar calendar of Vietnam is computed, and agrees with what is known."""

import datetime as dt

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from organisation.lunar import kings_day, lunar, new_year, solar

KNOWN = {
    2018: ("16/02", "25/04"), 2019: ("05/02", "14/04"), 2020: ("25/01", "02/04"), 2021: ("12/02", "21/04"), 2022: ("01/02", "10/04"),
    2023: ("22/01", "29/04"), 2024: ("10/02", "18/04"), 2025: ("29/01", "07/04"), 2026: ("17/02", "26/04"), 2027: ("06/02", "16/04"),
    2028: ("26/01", "04/04"), 2029: ("13/02", "23/04"), 2030: ("02/02", "12/04"),
}  # fmt: skip
days = st.dates(dt.date(1968, 1, 1), dt.date(2099, 12, 31))


@pytest.mark.parametrize("year", KNOWN)
def test_tet_and_the_kings_day_fall_where_they_fell(year):
    assert (f"{new_year(year):%d/%m}", f"{kings_day(year):%d/%m}") == KNOWN[year]


def test_vietnam_differs_from_china_where_it_does():
    assert new_year(1968) == dt.date(1968, 1, 29)
    assert new_year(1985) == dt.date(1985, 1, 21)
    assert new_year(2007) == dt.date(2007, 2, 17)


def test_the_package_agrees_on_tet_and_the_kings_day_for_sixty_years():
    table = holidays.country_holidays("VN", years=range(1990, 2050), language="vi")
    for year in range(1990, 2050):
        assert "Tết Nguyên Đán" in table.get(new_year(year), ""), year
        if year >= 2007:  # a day off since then
            assert "Giỗ Tổ" in table.get(kings_day(year), ""), year


def test_leap_months_stand_where_the_almanacs_have_them():
    leaps = {2020: 4, 2023: 2, 2025: 6, 2028: 5, 2031: 3, 2033: 11}
    for year, month in leaps.items():
        assert lunar(solar(year, month, 1, leap=True)).leap
        with pytest.raises(ValueError, match="no leap month"):
            solar(year, month % 12 + 1, 1, leap=True)


def test_a_day_that_does_not_exist_is_refused():
    short = next(month for month in range(1, 13) if lunar(solar(2026, month, 29) + dt.timedelta(1)).day == 1)
    with pytest.raises(ValueError, match="no day 30"):
        solar(2026, short, 30)


def test_names_and_short_forms():
    assert lunar(dt.date(2026, 2, 17)).year_name == "Bính Ngọ"
    assert lunar(dt.date(2025, 7, 30)).short == "6/6N"


@given(days)
def test_there_and_back(day):
    date = lunar(day)
    assert solar(date.year, date.month, date.day, leap=date.leap) == day


@given(days)
def test_days_follow_each_other(day):
    now, then = lunar(day), lunar(day + dt.timedelta(1))
    same_month = (now.year, now.month, now.leap) == (then.year, then.month, then.leap)
    assert (same_month and then.day == now.day + 1) or (then.day == 1 and now.day in {29, 30})
