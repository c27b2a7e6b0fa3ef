"""Running a session on its day: the sessions of these days, one session's numbers, its agenda, a late start, the file of who came."""

from __future__ import annotations

import csv
import datetime as dt
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.hours import clock
from foundation.tabular import escape_row
from safeguards.services import record

from .. import running_order as agenda_page
from ..enums import CAME_OR_NOT, DOOR_STATES, AgendaState, Need, SessionState
from ..models import AgendaItem, CheckIn, Delay, Session
from ..scope import EXPORT, REGISTER, VIEW, VIEW_REGISTRATIONS, may, office, session_or_404, sessions_for
from ..services import SessionError, agenda, day, delays
from .day_forms import AgendaForm, DelayForm

RUN, LATE = "dialogue_sessions.change_agendaitem", "dialogue_sessions.add_delay"
AROUND = dt.timedelta(days=7)
MOST_LISTED = 100


def _links(user: Any, session: Session) -> dict[str, str]:
    """Where somebody may go from a session's day; '' where not."""
    args = [session.pk]
    rights = {"door": REGISTER, "agenda": RUN, "delay": LATE, "file": EXPORT}
    return {name: reverse(f"dialogue_sessions_day:{name}", args=args) if may(user, right) else "" for name, right in rights.items()}


@office(VIEW_REGISTRATIONS)
def sessions(request: HttpRequest) -> HttpResponse:
    """The sessions of today and of the days around it, those of one's units."""
    now = timezone.now()
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = sessions_for(request.user).filter(state__in=DOOR_STATES, ends_at__gte=today - AROUND, starts_at__lt=today + AROUND + dt.timedelta(days=1))
    found = list(rows.select_related("unit", "room").order_by("starts_at", "pk")[:MOST_LISTED])
    tomorrow = today + dt.timedelta(days=1)
    groups = [
        (_("Today"), [one for one in found if one.starts_at < tomorrow and one.ends_at >= today]),
        (_("In the next seven days"), [one for one in found if one.starts_at >= tomorrow]),
        (_("In the last seven days"), [one for one in reversed(found) if one.ends_at < today]),
    ]
    return render(request, "dialogue_sessions/admin/days.html", {"groups": groups, "page_title": _("The day itself")})


@office(VIEW_REGISTRATIONS, methods=("GET", "HEAD", "POST"))
def session(request: HttpRequest, pk: int) -> HttpResponse:
    """Numbers and ways on; POST closes the list of who came, or opens it again."""
    user: Any = request.user
    found = session_or_404(user, pk)
    if request.method == "POST":
        if may(user, REGISTER):
            _close_or_reopen(request, found)
        else:
            messages.error(request, _("Your account may see this and not change it."))
        return HttpResponseRedirect(request.path)
    delay = delays.latest(found)
    context = {
        "session": found, "attendance": day.attendance(found), "delay": delay, "links": _links(user, found), "may_close": may(user, REGISTER),
        "office": reverse("dialogue_sessions_backoffice:session", args=[found.pk]) if may(user, VIEW) else "",
        "minutes": reverse("dialogue_records:minutes", args=[found.pk]) if may(user, "dialogue_sessions.view_minutes") else "",
        "points": agenda_page.for_page(found, delay.minutes if delay is not None else 0), "too_early": timezone.now() < day.opens_at(found),
        "has_begun": found.state in {SessionState.UNDER_WAY, SessionState.HELD}, "page_title": _("The day itself"),
    }  # fmt: skip
    return render(request, "dialogue_sessions/admin/day.html", context)


def _close_or_reopen(request: HttpRequest, found: Session) -> None:
    user: Any = request.user
    try:
        if request.POST.get("do") == "close":
            count = day.close_attendance(found, user)
            said = ngettext(
                "The list is closed: %(count)s registration did not come.", "The list is closed: %(count)s registrations did not come.", count
            )
            messages.success(request, said % {"count": count})
        elif request.POST.get("do") == "reopen":
            day.reopen_attendance(found, user)
            messages.success(request, _("The list is open again."))
    except SessionError as error:
        messages.error(request, str(error))


# ── The agenda ────────────────────────────────────────────────────────────────────────────────────────────────────────


@office(RUN, methods=("GET", "HEAD", "POST"))
def agenda_list(request: HttpRequest, pk: int) -> HttpResponse:
    """The points in their order, with buttons; a form for another one."""
    found = session_or_404(request.user, pk)
    form = AgendaForm(session=found)
    if request.method == "POST":
        do = request.POST.get("do", "")
        if do == "add":
            form = AgendaForm(request.POST, session=found)
            done = _add(request, found, form)
        else:
            done = _press(request, found, do)
        if done:
            return HttpResponseRedirect(request.path)
    delay = delays.latest(found)
    points = agenda_page.for_page(found, delay.minutes if delay is not None else 0)
    planned = sum(point.item.minutes for point in points)
    room = int((found.ends_at - found.starts_at).total_seconds() // 60)
    first = next((point.item.pk for point in points if point.state == AgendaState.TO_COME), None)
    context = {
        "session": found, "first": first, "points": points, "form": form, "planned": planned, "room": room, "over": planned > room,
        "on_the_day": found.state in DOOR_STATES and timezone.now() >= day.opens_at(found), "page_title": _("Agenda"),
    }  # fmt: skip
    return render(request, "dialogue_sessions/admin/agenda.html", context)


def _add(request: HttpRequest, found: Session, form: AgendaForm) -> bool:
    user: Any = request.user
    if not form.is_valid():
        return False
    try:
        agenda.add_item(form.write(AgendaItem(session=found)), user)
    except SessionError as error:
        form.add_error(None, str(error))
        return False
    messages.success(request, _("Added to the end of the agenda."))
    return True


def _press(request: HttpRequest, found: Session, do: str) -> bool:
    """One of the buttons beside a point: what, and which."""
    user: Any = request.user
    what, _sep, which = do.partition("-")
    item = found.agenda.filter(pk=int(which)).first() if which.isascii() and which.isdigit() and len(which) < 18 else None
    steps: dict[str, Any] = {
        "start": agenda.start_item, "stop": agenda.stop_item, "back": agenda.take_back_start, "remove": agenda.remove_item,
        "up": lambda item, actor: agenda.move_item(item, actor, up=True), "down": lambda item, actor: agenda.move_item(item, actor, up=False),
    }  # fmt: skip
    if item is None or what not in steps:
        messages.error(request, _("This has changed meanwhile and cannot be done any more. Load the page again to see how it stands."))
        return True
    try:
        steps[what](item, user)
    except SessionError as error:
        messages.error(request, str(error))
    return True


@office(RUN, methods=("GET", "HEAD", "POST"))
def agenda_item(request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
    """Other words, minutes or speakers for one point."""
    user: Any = request.user
    found = session_or_404(user, pk)
    item = get_object_or_404(found.agenda, pk=item_pk)
    back = reverse("dialogue_sessions_day:agenda", args=[found.pk])
    form = AgendaForm.of(item, found)
    if request.method == "POST":
        form = AgendaForm(request.POST, session=found)
        if form.is_valid():
            try:
                agenda.change_item(form.write(item), user)
            except SessionError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("Saved."))
                return HttpResponseRedirect(back)
    context = {"session": found, "form": form, "back": back, "page_title": _("A point of the agenda"), "send": _("Save")}
    return render(request, "dialogue_sessions/admin/day_form.html", context)


# ── A late start ──────────────────────────────────────────────────────────────────────────────────────────────────────


@office(LATE, methods=("GET", "HEAD", "POST"))
def delay(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell everybody that it begins late."""
    user: Any = request.user
    found = session_or_404(user, pk)
    back = reverse("dialogue_sessions_day:session", args=[found.pk])
    last = delays.latest(found)
    form = DelayForm(initial={"minutes": last.minutes, "reason": last.reason} if last is not None else {})
    if request.method == "POST":
        form = DelayForm(request.POST)
        if form.is_valid():
            try:
                told: Delay = day.tell_delay(found, form.cleaned_data["minutes"], form.cleaned_data["reason"], user)
            except SessionError as error:
                form.add_error("minutes", str(error))
            else:
                at = clock(told.starts_at)
                messages.success(request, _("Everybody sees now that it begins at %(at)s, and those with a seat are told.") % {"at": at})
                return HttpResponseRedirect(back)
    context = {"session": found, "form": form, "back": back, "page_title": _("Begins late"), "send": _("Tell everybody")}
    return render(request, "dialogue_sessions/admin/day_form.html", context)


# ── Who came, as a file ───────────────────────────────────────────────────────────────────────────────────────────────


@office(EXPORT, methods=("POST",))
def attendance_file(request: HttpRequest, pk: int) -> HttpResponse:
    """One row a registration, without names and contacts, as CSV that no spreadsheet runs. A POST, since who took it away is on record."""
    user: Any = request.user
    found = session_or_404(user, pk)
    with transaction.atomic():
        record("dialogue_sessions.attendance_exported", found, actor=user, payload={"slug": found.slug})
    arrivals = {row.registration_id: row for row in CheckIn.objects.filter(session=found, undone_at=None)}
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{found.slug[:60]}-attendance.csv"'
    response.write("\ufeff")
    writer = csv.writer(response)
    writer.writerow(
        [
            _("number"),
            _("state"),
            _("registered people"),
            _("people who came"),
            _("how it was told"),
            _("told at"),
            _("received at"),
            _("which seats"),
            _("village"),
            _("needs"),
        ]
    )
    rows = found.registrations.filter(state__in=CAME_OR_NOT).select_related("pool").order_by("seat_no")
    for row in rows:
        arrival = arrivals.get(row.pk)
        needs = ", ".join(str(Need(need).label) for need in row.needs if need in Need.values)
        told: list[object] = ["", "", "", ""]
        if arrival is not None:
            times = [f"{timezone.localtime(at):%d/%m/%Y %H:%M:%S}" for at in (arrival.at, arrival.received_at)]
            told = [arrival.people, str(arrival.get_how_display()), *times]
        writer.writerow(escape_row([row.seat_no, str(row.get_state_display()), row.size, *told, row.pool.name, row.village, needs]))
    return response
