"""The working calendar of a year as a picture: twelve months, each day with its kind in letters and its lunar date."""

from __future__ import annotations

import datetime as dt
from calendar import Calendar as Weeks
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from ..calendar import SATURDAY, Calendar
from ..enums import DayKind, Half
from ..lunar import lunar
from ..models import CalendarDay, Unit, today
from ..presentation import weekday_name
from ..queries import calendar_for

FIRST_YEAR, LAST_YEAR = 1968, 2100


def signs() -> dict[str, str]:
    """A letter for each kind, so that no kind is told by colour alone."""
    return {
        DayKind.HOLIDAY: pgettext("sign of a public holiday in the calendar", "H"),
        DayKind.COMPENSATORY: pgettext("sign of a day off in lieu in the calendar", "L"),
        DayKind.MAKEUP: pgettext("sign of a make-up working day in the calendar", "W"),
        DayKind.CLOSED: pgettext("sign of a local closure in the calendar", "C"),
        DayKind.OPEN: pgettext("sign of an open counter in the calendar", "O"),
    }


@dataclass(frozen=True)
class Cell:
    """A day of the picture."""

    date: dt.date
    lunar: str
    sign: str
    css: str
    says: str  # all of it in words: title and text for screen readers
    url: str
    today: bool


@require_safe
def year_picture(request: HttpRequest, year: int | None = None) -> HttpResponse:
    """A year for the country or a unit (`?unit=`): click a day to edit what makes it differ, or to add something."""
    if not request.user.has_perm("organisation.view_calendarday"):
        raise PermissionDenied
    chosen = year or today().year
    if not FIRST_YEAR <= chosen <= LAST_YEAR:
        raise Http404
    unit = _unit(request)
    rows = CalendarDay.objects.filter(date__year=chosen).select_related("unit")
    own = {row.date: row for row in rows if row.unit_id == (unit.pk if unit else None)}
    calendar = calendar_for(unit)
    months = [_month(chosen, month, calendar, own, unit) for month in range(1, 13)]
    query = f"?{urlencode({'unit': unit.pk})}" if unit else ""
    context = {
        "year": chosen,
        "months": months,
        "weekdays": [(weekday_name(day), _short(day)) for day in range(1, 8)],
        "unit": unit,
        "units": Unit.objects.current().in_tree_order(),
        "previous": reverse("organisation_backoffice:year", args=[chosen - 1]) + query if chosen > FIRST_YEAR else "",
        "next": reverse("organisation_backoffice:year", args=[chosen + 1]) + query if chosen < LAST_YEAR else "",
        "here": reverse("organisation_backoffice:year", args=[chosen]),
        "legend": [(kind, DayKind(kind).label, sign) for kind, sign in signs().items()],
        "working_days": sum(calendar.is_working(cell.date) for month in months for week in month["weeks"] for cell in week if cell),
        "unconfirmed": any(not row.confirmed for row in rows),
        "year_name": lunar(dt.date(chosen, 7, 1)).year_name,
        "page_title": _("Working calendar %(year)s") % {"year": chosen},
        "header_icon": "calendar",
    }
    return render(request, "organisation/admin/year.html", context)


def _unit(request: HttpRequest) -> Unit | None:
    wanted = request.GET.get("unit", "")
    if not wanted:
        return None
    found = Unit.objects.filter(pk=int(wanted)).first() if wanted.isdecimal() and len(wanted) < 18 else None
    if found is None:
        raise Http404
    return found


def _short(weekday: int) -> str:
    names = (
        pgettext("Monday in two letters", "Mo"),
        pgettext("Tuesday in two letters", "Tu"),
        pgettext("Wednesday in two letters", "We"),
        pgettext("Thursday in two letters", "Th"),
        pgettext("Friday in two letters", "Fr"),
        pgettext("Saturday in two letters", "Sa"),
        pgettext("Sunday in two letters", "Su"),
    )
    return names[weekday - 1]


def _month(year: int, month: int, calendar: Calendar, own: dict[dt.date, CalendarDay], unit: Unit | None) -> dict[str, Any]:
    weeks = [[_cell(day, calendar, own, unit) if day.month == month else None for day in week] for week in Weeks().monthdatescalendar(year, month)]
    return {"first": dt.date(year, month, 1), "weeks": weeks}


def _cell(day: dt.date, calendar: Calendar, own: dict[dt.date, CalendarDay], unit: Unit | None) -> Cell:
    entries = calendar.entries(day)
    date = lunar(day)
    words = [f"{weekday_name(day)} {day:%d/%m/%Y}", _("lunar %(date)s") % {"date": date.short}]
    for entry in entries:
        half = "" if entry.half == "full" else f" ({Half(entry.half).label})"
        words.append(f"{DayKind(entry.kind).label}{half}: {entry.label}" + ("" if entry.confirmed else f" ({_('not confirmed')})"))
    words.append(_("counts for deadlines") if calendar.is_working(day) else _("does not count for deadlines"))
    row = own.get(day)
    adding = urlencode({"date": day.isoformat(), **({"unit": unit.pk} if unit else {})})
    css = " ".join(
        [f"kind-{entries[0].kind}" if entries else "weekend" if day.isoweekday() >= SATURDAY else "ordinary"]
        + (["half"] if entries and entries[0].half != "full" else [])
        + (["guess"] if any(not entry.confirmed for entry in entries) else [])
    )
    return Cell(
        date=day,
        lunar=date.short if date.day in {1, 15} or day.day == 1 else str(date.day),
        sign="".join(dict.fromkeys(signs()[entry.kind] for entry in entries)),
        css=css,
        says=", ".join(words),
        url=reverse("wagtailsnippets_organisation_calendarday:edit", args=[row.pk])
        if row
        else f"{reverse('wagtailsnippets_organisation_calendarday:add')}?{adding}",
        today=day == today(),
    )
