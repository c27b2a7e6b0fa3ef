"""Days off of a year, from the package `holidays` and what is known to be missing or wrong in it (domain.md 7.2).

Without Django. The package knows the official plan of past years; of years to come it guesses the days around Tết and the
day beside 2 September, which the Government decides each year, and knows no swapped days.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from importlib.metadata import version

import holidays

from .calendar import ONE_DAY
from .lunar import lunar

LIBRARY = f"holidays {version('holidays')}"
LAST_OFFICIAL_YEAR = 2026  # the latest year whose plan of days off the Government has published
LAW = "Bộ luật Lao động, ngày nghỉ lễ, tết"
PLAN = "Kế hoạch nghỉ lễ, tết hằng năm của Chính phủ"
GUESS = "Dự kiến, chờ kế hoạch chính thức"
# Day off, Saturday worked instead, who decided: known, and missing in the package.
MISSING_SWAPS = ((dt.date(2026, 1, 2), dt.date(2026, 1, 10), "Chính phủ đồng ý hoán đổi, ngày 25/12/2025"),)
IN_LIEU = "(nghỉ bù)"
SWAPPED = "(thay cho ngày "
NAMES = {
    "Tết Dương lịch": ("Tết Dương lịch", "New Year's Day"),
    "Ngày Giỗ Tổ Hùng Vương": ("Giỗ Tổ Hùng Vương", "Hung Kings' Commemoration Day"),
    "Ngày Chiến thắng": ("Ngày Chiến thắng 30/4", "Reunification Day"),
    "Ngày Quốc tế Lao động": ("Quốc tế Lao động", "International Labour Day"),
    "Quốc khánh": ("Quốc khánh", "National Day"),
    "Ngày Văn hóa Việt Nam": ("Ngày Văn hóa Việt Nam", "Vietnam Culture Day"),
}


@dataclass(frozen=True)
class SeedDay:
    """An entry for the whole country, with the fields of `CalendarDay`."""

    date: dt.date
    kind: str  # "holiday", "compensatory", "makeup"
    label: str
    label_en: str
    source: str
    confirmed: bool

    @property
    def works(self) -> bool:
        """Whether the day counts for deadlines and the counter is open: on make-up days."""
        return self.kind == "makeup"


def _tet(day: dt.date) -> tuple[str, str]:
    """The label of a day around Tết, by its lunar date (the package miscounts days before a short last month's end)."""
    date = lunar(day)
    if date.month != 12:
        return f"Tết Nguyên đán (mồng {date.day})", f"Lunar New Year (day {date.day})"
    if lunar(day + ONE_DAY).day == 1:
        return f"Tết Nguyên đán (giao thừa, {date.day} tháng Chạp)", "Lunar New Year's Eve"
    return f"Tết Nguyên đán ({date.day} tháng Chạp)", "Lunar New Year (before the eve)"


def _is_tet(day: dt.date) -> bool:
    date = lunar(day)
    return (date.month == 1 and date.day < 10) or (date.month == 12 and date.day > 20)


def _swapped(day: dt.date, worked: str, source: str, *, sure: bool) -> SeedDay:
    return SeedDay(day, "compensatory", f"Nghỉ hoán đổi, làm bù ngày {worked}", f"Swapped day off, worked on {worked}", source, sure)


def _off(day: dt.date, label: str) -> SeedDay:
    sure = day.year <= LAST_OFFICIAL_YEAR
    if SWAPPED in label:
        worked = label.split(SWAPPED, 1)[1].rstrip(")")
        return _swapped(day, worked, PLAN, sure=sure)
    plain = label.replace(IN_LIEU, "").strip()
    if _is_tet(day) and plain not in NAMES:
        return SeedDay(day, "holiday", *_tet(day), PLAN if sure else GUESS, sure)
    name, english = NAMES[plain]
    if IN_LIEU in label:
        return SeedDay(day, "compensatory", f"Nghỉ bù {name}", f"Day off in lieu of {english}", LAW, confirmed=True)
    if plain == "Quốc khánh" and (day.month, day.day) != (9, 2):
        return SeedDay(day, "holiday", "Nghỉ Quốc khánh", english, PLAN if sure else GUESS, sure)
    return SeedDay(day, "holiday", name, english, "Nghị quyết 28/2026/QH16" if plain == "Ngày Văn hóa Việt Nam" else LAW, confirmed=True)


def _makeup(worked: dt.date, off: dt.date | None, source: str, sure: bool) -> SeedDay:
    label, english = ("Làm bù", "Make-up working day") if off is None else (f"Làm bù cho ngày {off:%d/%m/%Y}", f"Worked instead of {off:%d/%m/%Y}")
    return SeedDay(worked, "makeup", label, english, source, sure)


def days_of(year: int) -> list[SeedDay]:
    """Every day of a year that differs for the whole country, in order.

    Raises KeyError when the package brings a day off whose name is not known here: a new one, to be named in both
    languages before anybody sees it.
    """
    # a swap may reach over New Year: 31/12/2018 was worked on 5/1/2019
    around = holidays.country_holidays("VN", years=(year - 1, year, year + 1), language="vi")
    days = {day: _off(day, label) for day, label in around.items() if day.year == year}
    swapped = {label.split(SWAPPED, 1)[1].rstrip(")"): day for day, label in around.items() if SWAPPED in label}
    for worked in around.weekend_workdays:
        if worked.year == year:
            days[worked] = _makeup(worked, swapped.get(f"{worked:%d/%m/%Y}"), PLAN, year <= LAST_OFFICIAL_YEAR)
    for off, worked, source in MISSING_SWAPS:
        if off.year == year:
            days.setdefault(off, _swapped(off, f"{worked:%d/%m/%Y}", source, sure=True))
        if worked.year == year:
            days.setdefault(worked, _makeup(worked, off, source, sure=True))
    return [days[day] for day in sorted(days)]
