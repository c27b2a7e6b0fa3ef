"""Hours, statuses and days in words, for public pages and whoever shows them (footer, procedure pages)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from django.utils.html import format_html
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from foundation.hours import clock

from .calendar import Session
from .counter import Counter, Status
from .models import WEEKDAYS, in_language


def marked(vietnamese: str, english: str = "") -> str:
    """The text in the reader's language; Vietnamese shown to others is marked as such, so that it is read out right."""
    if english or not vietnamese or (get_language() or "vi").startswith("vi"):
        return in_language(vietnamese, english)
    return format_html('<span lang="vi">{}</span>', vietnamese)


TODAY, TOMORROW, A_WEEK = 0, 1, 7
COMING_DAYS = 30


def sessions_text(sessions: Iterable[Session]) -> str:
    """`7:30–11:30, 13:00–17:00`."""
    return ", ".join(f"{clock(session.opens)}–{clock(session.closes)}" for session in sessions)


def weekday_name(day: dt.date | int) -> str:
    """`Thứ Hai`, of a date or an ISO weekday."""
    return str(dict(WEEKDAYS)[day if isinstance(day, int) else day.isoweekday()])


def day_name(day: dt.date, today: dt.date) -> str:
    """`today`, `tomorrow`, or weekday and date."""
    ahead = (day - today).days
    if ahead == TODAY:
        return _("today")
    if ahead == TOMORROW:
        return _("tomorrow")
    return _("on %(weekday)s %(date)s") % {"weekday": weekday_name(day), "date": f"{day.day}/{day.month}"}


def status_text(status: Status) -> str:
    """`Open until 11:30`, `Closed, opens 13:30 today`: whole and short, for a tag."""
    if status.until:
        return _("Open until %(time)s") % {"time": clock(status.until)}
    if status.opens:
        return _("Closed, opens %(time)s %(day)s") % {"time": clock(status.opens.time()), "day": day_name(status.opens.date(), status.at.date())}
    return _("Closed")


def status_reason(status: Status) -> str:
    """Why it is closed outside its ordinary hours; empty when there is no special reason."""
    return marked(status.reason, status.reason_en)


def status_tone(status: Status) -> str:
    """The class of its tag: colour is never the only sign, since the text says it too."""
    return "early" if status.is_open else "wait"


def week_lines(hours: Mapping[int, Sequence[Session]]) -> list[tuple[str, str]]:
    """An ordinary week in few lines: neighbouring days of the same hours together. `("Monday–Friday", "7:30–11:30, …")`."""
    lines: list[tuple[list[int], str]] = []
    for weekday, _name in WEEKDAYS:
        text = sessions_text(sorted(hours.get(weekday, ())))
        if not text:
            continue
        if lines and lines[-1][1] == text and lines[-1][0][-1] == weekday - 1:
            lines[-1][0].append(weekday)
        else:
            lines.append(([weekday], text))
    return [(weekday_name(days[0]) if len(days) == 1 else f"{weekday_name(days[0])}–{weekday_name(days[-1])}", text) for days, text in lines]


def coming_lines(counter: Counter, today: dt.date) -> list[tuple[str, str, str]]:
    """Days of the next weeks with other hours than usual: day, hours or `closed`, why."""
    return [
        (f"{weekday_name(day)} {day.day}/{day.month}", sessions_text(sessions) or _("closed"), marked(reason, english))
        for day, sessions, reason, english in counter.unusual(today, COMING_DAYS)
    ]


def seats_text(seats: int) -> str:
    """`40 seats`."""
    return ngettext("%(count)s seat", "%(count)s seats", seats) % {"count": seats}
