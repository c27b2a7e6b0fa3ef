"""The planner: one form makes a year's dates and shows them before anything is saved; a second press saves the drafts of a series."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin import messages

from organisation.calendar import NoWorkingDay
from organisation.presentation import weekday_name

from .. import scope, services
from ..models import Series
from ..planning import WrongRule
from ..slots import WrongSlots
from .forms import PlannerForm, next_year
from .year import MOST, YearPlan, build

SLUG_LETTERS = 60


def series_slug(title: str, year: int) -> str:
    """An address that no series has."""
    base = f"{slugify(title.replace('đ', 'd').replace('Đ', 'D'))[:SLUG_LETTERS].strip('-') or 'lich'}-{year}"
    taken = set(Series.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for number in range(1, len(taken) + 2) if (slug := base if number == 1 else f"{base}-{number}") not in taken)


@scope.office(scope.PLAN, methods=("GET", "HEAD", "POST"))
def planner(request: HttpRequest) -> HttpResponse:
    """Ask for the rule, show the year, save the drafts of what was shown."""
    user: Any = request.user
    posted = request.method == "POST"
    form = PlannerForm(request.POST if posted else None, user=user, initial={"year": next_year()})
    plan = _planned(form) if posted and form.is_valid() else None
    if plan is not None and "save" in request.POST:
        if not constant_time_compare(request.POST.get("seen", ""), plan.seen()):
            messages.warning(request, _("The dates are not those that you looked at: something was changed since. Please look at the year again."))
        elif (made := _saved(form, plan, user)) is not None:
            number = len(plan.spans)
            messages.success(request, ngettext("%(n)s draft is saved.", "%(n)s drafts are saved.", number) % {"n": number})
            return redirect(reverse("dialogue_sessions_backoffice:series", args=[made.pk]))
    context = {
        "form": form, "plan": plan if plan is not None and not form.errors else None, "page_title": _("Plan a year"), "header_icon": "calendar-check",
        "weekdays": [(weekday_name(day), weekday_name(day)[:1] if day == 7 else str(day + 1)) for day in range(1, 8)],
        "fieldsets": _fieldsets(form),
    }  # fmt: skip
    return render(request, "dialogue_sessions/admin/planner.html", context)


def _fieldsets(form: PlannerForm) -> list[tuple[str, Any]]:
    return [
        (_("What and who"), form.fieldset("unit", "kind", "title", "title_en", "post", "stand_in", "attending")),
        (
            _("Which days"),
            form.fieldset("year", "way", "weekdays", "every", "month_days", "nth_places", "nth_weekday", "in_months", "half", "first", "last"),
        ),
        (_("When"), form.fieldset("begins", "ends", "begins_2", "ends_2", "slot_minutes")),
        (_("What appointments are for"), form.fieldset("served_fields", "served_codes")),
        (_("Where"), form.fieldset("room", "place", "online_link", "accessibility", "subjects")),
        (_("Seats"), form.fieldset("seats_hall", "seats_online", "seats_walk_in", "per_person", "opens_days", "lead_hours", "skip_planned")),
    ]


def _planned(form: PlannerForm) -> YearPlan | None:
    """The year of a valid form; what no single field could know stands in the form as an error."""
    try:
        plan = build(form.wish())
    except WrongRule:
        form.add_error("way", _("No year can hold these days. Please choose others."))
    except WrongSlots:
        form.add_error("slot_minutes", _("The times cannot be cut into slots of this length. Choose longer slots or shorter times."))
    except NoWorkingDay:
        form.add_error("unit", _("The working calendar of this unit has no working day. Please look at the calendar first."))
    else:
        if not plan.lines:
            form.add_error("way", _("No day comes out of this. Look at the months and at the first and last day."))
        elif not plan.spans and not plan.double:
            form.add_error("slot_minutes", _("No slot of this length fits into the times."))
        elif len(plan.spans) > MOST:
            form.add_error(
                "slot_minutes",
                _("These are %(n)s sessions; %(most)s can be saved at once. Choose fewer months or longer slots.")
                % {"n": len(plan.spans), "most": MOST},
            )
        else:
            return plan
    return None


def _saved(form: PlannerForm, plan: YearPlan, user: Any) -> Series | None:
    data = form.cleaned_data
    if not plan.spans:
        form.add_error("skip_planned", _("On each of these days the unit holds such a session already: nothing is left to save."))
        return None
    series = Series(
        unit=data["unit"], kind=data["kind"], title=data["title"], title_en=data["title_en"], slug=series_slug(data["title"], data["year"]),
        slot_minutes=data["slot_minutes"], lead_hours=data["lead_hours"] or 0, per_person=data["per_person"],
    )  # fmt: skip
    try:
        services.plan_year(series, plan.spans, form.seats(), user, registration_opens=form.opens(), **form.served(), **form.shared())
    except services.SessionError as error:
        form.add_error(None, str(error))
        return None
    return series
