"""The Vietnamese lunisolar calendar (âm lịch), computed for UTC+7: from a date to its lunar day, month, year, and back.

The rules are those of the calendar itself: a month begins on the local day of the new moon; month 11 holds the winter
solstice; between two months 11 with thirteen months, the first month without a principal solar term is the leap month.
Times of new moons and the sun's longitude follow Meeus, Astronomical Algorithms, chapters 25 and 49, to about a minute,
which is closer to midnight than any new moon of 1968-2100 comes to it by local time. Before 1968 Vietnam used UTC+8.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from functools import lru_cache

ZONE = 7.0 / 24.0
_EPOCH = 2451550.09766  # the mean new moon of 6 January 2000, a Julian ephemeris day
_SYNODIC = 29.530588861
_ORDINAL = 1721424.5  # Julian day of the midnight that ordinal 0 of `datetime` stands for

STEMS = ("Giáp", "Ất", "Bính", "Đinh", "Mậu", "Kỷ", "Canh", "Tân", "Nhâm", "Quý")
BRANCHES = ("Tý", "Sửu", "Dần", "Mão", "Thìn", "Tỵ", "Ngọ", "Mùi", "Thân", "Dậu", "Tuất", "Hợi")


@dataclass(frozen=True, order=True)
class LunarDate:
    """A day of the lunar calendar; `leap` marks the second of two months of one number."""

    year: int
    month: int
    leap: bool
    day: int

    @property
    def short(self) -> str:
        """`10/3`, a leap month as `10/6N` (nhuận)."""
        return f"{self.day}/{self.month}{'N' if self.leap else ''}"

    @property
    def year_name(self) -> str:
        """The name in the cycle of sixty: 2026 is Bính Ngọ."""
        return f"{STEMS[(self.year - 4) % 10]} {BRANCHES[(self.year - 4) % 12]}"


def _delta_t(year: float) -> float:
    """Terrestrial time minus universal time in days (Espenak and Meeus, polynomials for 1920-2150)."""
    t = year - 2000
    if year < 1941:
        u = year - 1920
        seconds = 21.20 + 0.84493 * u - 0.076100 * u**2 + 0.0020936 * u**3
    elif year < 1961:
        u = year - 1950
        seconds = 29.07 + 0.407 * u - u**2 / 233 + u**3 / 2547
    elif year < 1986:
        u = year - 1975
        seconds = 45.45 + 1.067 * u - u**2 / 260 - u**3 / 718
    elif year < 2005:
        seconds = 63.86 + 0.3345 * t - 0.060374 * t**2 + 0.0017275 * t**3 + 0.000651814 * t**4 + 0.00002373599 * t**5
    elif year < 2050:
        seconds = 62.92 + 0.32217 * t + 0.005589 * t**2
    else:
        seconds = -20 + 32 * ((year - 1820) / 100) ** 2 - 0.5628 * (2150 - year)
    return seconds / 86400


def _new_moon(k: int) -> float:
    """The Julian day, universal time, of the k-th new moon after that of January 2000 (Meeus 49)."""
    t = k / 1236.85
    jde = _EPOCH + _SYNODIC * k + 0.00015437 * t**2 - 0.000000150 * t**3 + 0.00000000073 * t**4
    e = 1 - 0.002516 * t - 0.0000074 * t**2
    sun = math.radians(2.5534 + 29.10535670 * k - 0.0000014 * t**2)
    moon = math.radians(201.5643 + 385.81693528 * k + 0.0107582 * t**2 + 0.00001238 * t**3)
    node = math.radians(160.7108 + 390.67050284 * k - 0.0016118 * t**2 - 0.00000227 * t**3)
    omega = math.radians(124.7746 - 1.56375588 * k + 0.0020672 * t**2)
    s = math.sin
    jde += (
        -0.40720 * s(moon) + 0.17241 * e * s(sun) + 0.01608 * s(2 * moon) + 0.01039 * s(2 * node) + 0.00739 * e * s(moon - sun)
        - 0.00514 * e * s(moon + sun) + 0.00208 * e**2 * s(2 * sun) - 0.00111 * s(moon - 2 * node) - 0.00057 * s(moon + 2 * node)
        + 0.00056 * e * s(2 * moon + sun) - 0.00042 * s(3 * moon) + 0.00042 * e * s(sun + 2 * node) + 0.00038 * e * s(sun - 2 * node)
        - 0.00024 * e * s(2 * moon - sun) - 0.00017 * s(omega) - 0.00007 * s(moon + 2 * sun) + 0.00004 * s(2 * moon - 2 * node)
        + 0.00004 * s(3 * sun) + 0.00003 * s(moon + sun - 2 * node) + 0.00003 * s(2 * moon + 2 * node) - 0.00003 * s(moon + sun + 2 * node)
        + 0.00003 * s(moon - sun + 2 * node) - 0.00002 * s(moon - sun - 2 * node) - 0.00002 * s(3 * moon + sun) + 0.00002 * s(4 * moon)
    )  # fmt: skip
    jde += 0.000325 * s(math.radians(299.77 + 0.107408 * k - 0.009173 * t**2)) + 0.000165 * s(math.radians(251.88 + 0.016321 * k))
    jde += 0.000164 * s(math.radians(251.83 + 26.651886 * k)) + 0.000126 * s(math.radians(349.42 + 36.412478 * k))
    jde += 0.000110 * s(math.radians(84.66 + 18.206239 * k)) + 0.000062 * s(math.radians(141.74 + 53.303771 * k))
    return jde - _delta_t(2000 + 100 * t)


def _sun_longitude(jd: float) -> float:
    """The sun's apparent longitude in degrees at a Julian day of universal time (Meeus 25, 0.01 degrees)."""
    t = (jd + _delta_t(2000 + (jd - 2451545) / 365.25) - 2451545.0) / 36525
    mean = 280.46646 + 36000.76983 * t + 0.0003032 * t**2
    m = math.radians(357.52911 + 35999.05029 * t - 0.0001537 * t**2)
    centre = (1.914602 - 0.004817 * t - 0.000014 * t**2) * math.sin(m) + (0.019993 - 0.000101 * t) * math.sin(2 * m) + 0.000289 * math.sin(3 * m)
    return (mean + centre - 0.00569 - 0.00478 * math.sin(math.radians(125.04 - 1934.136 * t))) % 360


@lru_cache(maxsize=4096)
def _month_start(k: int) -> int:
    """The ordinal of the local day on which the k-th new moon falls."""
    return math.floor(_new_moon(k) + ZONE - _ORDINAL)


@lru_cache(maxsize=4096)
def _term(ordinal: int) -> int:
    """Which twelfth of the sun's path (0 from the spring equinox) the sun is in as the local day begins."""
    return int(_sun_longitude(ordinal + _ORDINAL - ZONE) // 30)


def _month_at_or_before(ordinal: int) -> int:
    k = math.floor((ordinal + _ORDINAL - _EPOCH) / _SYNODIC)
    while _month_start(k + 1) <= ordinal:
        k += 1
    while _month_start(k) > ordinal:
        k -= 1
    return k


@lru_cache(maxsize=512)
def _month_eleven(year: int) -> int:
    """The index of the month that holds the winter solstice of a solar year: the last to begin before the sun is at 270."""
    k = _month_at_or_before(dt.date(year, 12, 31).toordinal())
    return k if _term(_month_start(k)) < 9 else k - 1


@lru_cache(maxsize=512)
def _leap_after(year: int) -> int:
    """The offset from month 11 of `year` to the leap month before the next month 11; 0 when there is none."""
    first = _month_eleven(year)
    if _month_eleven(year + 1) - first == 12:
        return 0
    for offset in range(1, 14):
        if _term(_month_start(first + offset)) == _term(_month_start(first + offset + 1)):
            return offset
    raise ArithmeticError(f"thirteen months after the solstice of {year}, and each has a solar term")


@lru_cache(maxsize=4096)
def lunar(day: dt.date) -> LunarDate:
    """The lunar date of a solar one."""
    ordinal = day.toordinal()
    k = _month_at_or_before(ordinal)
    solstice = day.year if _month_eleven(day.year) <= k else day.year - 1
    offset = k - _month_eleven(solstice)
    leap_offset = _leap_after(solstice)
    number = offset - (1 if leap_offset and offset >= leap_offset else 0)
    month = (number + 10) % 12 + 1
    return LunarDate(
        solstice if month >= 11 and offset < 3 else solstice + 1, month, bool(leap_offset) and offset == leap_offset, ordinal - _month_start(k) + 1
    )


def solar(year: int, month: int, day: int, *, leap: bool = False) -> dt.date:
    """The solar date of a lunar one; raises ValueError when the year has no such day."""
    solstice = year if month >= 11 else year - 1
    leap_offset = _leap_after(solstice)
    offset = month - 11 if month >= 11 else month + 1
    if leap or (leap_offset and offset >= leap_offset):
        offset += 1
    if leap and offset != leap_offset:
        raise ValueError(f"the lunar year {year} has no leap month {month}")
    k = _month_eleven(solstice) + offset
    found = dt.date.fromordinal(_month_start(k) + day - 1)
    if not 1 <= day <= _month_start(k + 1) - _month_start(k):
        raise ValueError(f"month {month} of the lunar year {year} has no day {day}")
    return found


def new_year(year: int) -> dt.date:
    """The first day of Tết in a solar year."""
    return solar(year, 1, 1)


def kings_day(year: int) -> dt.date:
    """Giỗ Tổ Hùng Vương, the tenth day of the third lunar month."""
    return solar(year, 3, 10)
