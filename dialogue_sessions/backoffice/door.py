"""The page at the door: who has a seat, who is there. Made for a telephone and a bad network, and it works without a script.

Numbers alone stand on it until somebody opens the list of names: that is a POST, and on record. What a script holds back while there is
no network are keys and numbers; `send` takes them when there is one again."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_permissions_policy.decorators import permissions_policy_override

from foundation.hours import clock

from .. import names, tickets
from ..enums import CAME_OR_NOT, ArrivalBy, Need, RegistrationState
from ..models import Registration, Session
from ..scope import REGISTER, office, session_or_404
from ..services import Busy, SessionError, day
from .day_forms import NameForm, NumberForm, WalkInForm

NAMES_OPEN = dt.timedelta(hours=12)  # a list that was opened stays so for the day; the next time is on record again
MOST_SENT, MOST_BYTES = 200, 100_000
OLDEST = 7 * 24 * 3600.0  # seconds
FOUND = 20
TICKET_SHOWN = 24  # hexadecimal digits of a ticket's hash, by which a telephone without a network knows it


@dataclass(frozen=True)
class Line:
    """One registration on the list."""

    registration: Registration
    name: str  # masked, or in the clear where it was searched for, or nothing
    ticket: str

    @property
    def needs(self) -> str:
        """In words."""
        return ", ".join(str(Need(need).label) for need in self.registration.needs if need in Need.values)

    @property
    def is_here(self) -> bool:
        """Told present."""
        return self.registration.state == RegistrationState.ATTENDED

    @property
    def sizes(self) -> list[int]:
        """Of a group: how many may have come, all of them first."""
        return list(range(self.registration.size, 0, -1))


def _ticket(registration: Registration) -> str:
    return hashlib.sha256(tickets.ticket_token(registration).encode()).hexdigest()[:TICKET_SHOWN]


def _rows(session: Session) -> list[Registration]:
    return list(session.registrations.filter(state__in=CAME_OR_NOT).order_by("seat_no"))


def _flag(session: Session) -> str:
    return f"names_open_{session.pk}"


def names_are_open(request: HttpRequest, session: Session) -> bool:
    """Whether this member of staff has opened the list of names, not long ago."""
    opened = request.session.get(_flag(session), 0.0)
    return isinstance(opened, float) and timezone.now().timestamp() - opened < NAMES_OPEN.total_seconds()


def _open_names(request: HttpRequest, session: Session) -> None:
    """Once for each list that is opened: on record."""
    if not names_are_open(request, session):
        user: Any = request.user
        names.opened(session, user, len(_rows(session)))
        request.session[_flag(session)] = timezone.now().timestamp()


def _lines(request: HttpRequest, session: Session, asked: str = "") -> list[Line]:
    rows = _rows(session)
    if asked:
        found = [named for named in names.read(rows) if names.says(asked, named.name)][:FOUND]
        return [Line(named.registration, named.name, _ticket(named.registration)) for named in found]
    if names_are_open(request, session):
        return [Line(named.registration, named.masked, _ticket(named.registration)) for named in names.read(rows)]
    return [Line(row, "", _ticket(row)) for row in rows]


def _said(arrival: day.Arrival) -> str:
    number = {"number": arrival.registration.seat_no}
    if not arrival.new:
        at = arrival.check_in.at if arrival.check_in is not None else None
        if arrival.registration.state == RegistrationState.ATTENDED and at is not None:
            return _("Number %(number)s was told present already, at %(at)s.") % {**number, "at": clock(at)}
        return _("Number %(number)s: this was told before.") % number
    people = arrival.check_in.people if arrival.check_in is not None else 1
    said = ngettext("Number %(number)s is here.", "Number %(number)s is here: %(people)s people.", people)
    return said % {**number, "people": people}


@permissions_policy_override({"camera": "self"})
@office(REGISTER, methods=("GET", "HEAD", "POST"))
def door(request: HttpRequest, pk: int) -> HttpResponse:
    """GET shows the list; POST does one thing, says what came of it, and shows the list again."""
    session = session_or_404(request.user, pk, Session.objects.select_related("unit").prefetch_related("pools"))
    forms: dict[str, Any] = {"number": NumberForm(), "find": NameForm(), "walk_in": WalkInForm(session=session)}
    found: list[Line] | None = None
    if request.method == "POST":
        try:
            done, found = _do(request, session, forms)
        except SessionError as error:
            messages.error(request, str(error))
            done = True
        if done:
            return HttpResponseRedirect(request.path)
    attendance = day.attendance(session)
    context = {
        "session": session, "lines": _lines(request, session) if found is None else found, "found": found, "attendance": attendance, "forms": forms,
        "form": next((form for form in forms.values() if form.errors), None), "names_open": names_are_open(request, session),
        "send_url": reverse("dialogue_sessions_day:send", args=[session.pk]), "loaded": timezone.now(),
        "too_early": timezone.now() < day.opens_at(session), "is_final": any(is_final(session) for is_final in day.final),
        "said": _words(), "page_title": _("At the door"),
    }  # fmt: skip
    return render(request, "dialogue_sessions/admin/door.html", context)


def _do(request: HttpRequest, session: Session, forms: dict[str, Any]) -> tuple[bool, list[Line] | None]:
    """What was asked for; gives whether it is done (False: a form shows what is wrong with it), and whom a search found."""
    user: Any = request.user
    do = request.POST.get("do", "")
    if do == "names":
        _open_names(request, session)
        return True, None
    if do == "find":
        forms["find"] = form = NameForm(request.POST)
        if not form.is_valid():
            return False, None
        _open_names(request, session)
        return False, _lines(request, session, form.cleaned_data["name"])
    if do == "number":
        return _number(request, session, forms), None
    if do == "walk-in":
        return _walk_in(request, session, forms), None
    kind, _sep, which = do.partition("-")
    row = session.registrations.filter(pk=int(which)).first() if which.isascii() and which.isdigit() and len(which) < 18 else None
    if row is None or kind not in {"present", "undo"}:
        messages.error(request, _("This has changed meanwhile and cannot be done any more. Load the page again to see how it stands."))
        return True, None
    if kind == "undo":
        day.undo_check_in(row, user)
        messages.success(request, _("Number %(number)s: taken back.") % {"number": row.seat_no})
        return True, None
    people = request.POST.get(f"people-{row.pk}", "")
    arrival = day.check_in(
        row, user, key=uuid.uuid4(), how=ArrivalBy.LIST, people=int(people) if people.isascii() and people.isdigit() and len(people) < 4 else None
    )
    messages.success(request, _said(arrival))
    return True, None


def _number(request: HttpRequest, session: Session, forms: dict[str, Any]) -> bool:
    user: Any = request.user
    forms["number"] = form = NumberForm(request.POST)
    if not form.is_valid():
        return False
    try:
        row = day.by_number(session, form.cleaned_data["number"])
        arrival = day.check_in(row, user, key=form.cleaned_data["key"])
    except SessionError as error:
        form.tell("number", str(error))
        return False
    messages.success(request, _said(arrival))
    return True


def _walk_in(request: HttpRequest, session: Session, forms: dict[str, Any]) -> bool:
    user: Any = request.user
    forms["walk_in"] = form = WalkInForm(request.POST, session=session)
    if not form.is_valid():
        return False
    values = form.cleaned_data
    try:
        arrival = day.walk_in(
            session, user, key=values["key"], name=values["name"], village=values["village"], size=values["size"]
        )  # fmt: skip
    except SessionError as error:
        form.tell("size", str(error))
        return False
    messages.success(request, _("Added without registering. %(said)s") % {"said": _said(arrival)})
    return True


# ── What a telephone held back ────────────────────────────────────────────────────────────────────────────────────────


@office(REGISTER, methods=("POST",))
def send(request: HttpRequest, pk: int) -> HttpResponse:
    """Tellings that a telephone held back, in their order; each gets its answer. The same list sent again changes nothing. Gives, too,
    who is here by now, whoever told it."""
    session = session_or_404(request.user, pk)
    try:
        items = _items(request)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return JsonResponse({"said": _("This could not be read. Load the page again: what waits on this telephone is kept.")}, status=400)
    moment = timezone.now()
    results = []
    for item in items:
        try:
            results.append(_one(request, session, item, moment))
        except Busy:
            break  # the rest waits on the telephone, as if the network had failed here
    attendance = day.attendance(session)
    here = session.registrations.filter(state=RegistrationState.ATTENDED).order_by("seat_no").values_list("seat_no", flat=True)
    return JsonResponse(
        {"results": results, "present": attendance.present, "expected": attendance.expected, "walk_ins": attendance.walk_ins, "here": list(here)}
    )


@dataclass(frozen=True)
class Told:
    """One telling, as a telephone sends it."""

    key: uuid.UUID
    number: str
    ticket: str
    people: int | None
    age: float  # seconds since it was told there: its clock may be wrong, the time that passed on it is not
    how: str


def _items(request: HttpRequest) -> list[Told]:
    """What was sent, checked; raises ValueError and the like."""
    if len(request.body) > MOST_BYTES:
        raise ValueError("bytes")
    sent = json.loads(request.body)["items"]
    if not isinstance(sent, list) or len(sent) > MOST_SENT:
        raise ValueError("items")
    found = []
    for one in sent:
        people, age = one.get("people"), float(one.get("age", 0))
        if people is not None and (not isinstance(people, int) or isinstance(people, bool)):
            raise ValueError("people")
        if not 0 <= age <= OLDEST:
            age = 0.0
        how = ArrivalBy(str(one.get("how", ArrivalBy.NUMBER)))
        found.append(Told(uuid.UUID(str(one["key"])), str(one.get("no", ""))[:20], str(one.get("ticket", ""))[:500], people, age, how))
    return found


def _one(request: HttpRequest, session: Session, told: Told, moment: dt.datetime) -> dict[str, Any]:
    user: Any = request.user
    try:
        row = day.by_ticket(session, told.ticket) if told.ticket else day.by_number(session, told.number)
        at = moment - dt.timedelta(seconds=told.age)
        arrival = day.check_in(row, user, key=told.key, at=at, how=told.how, people=told.people)
    except SessionError as error:
        return {"key": str(told.key), "outcome": "refused", "said": str(error), "no": told.number}
    outcome = "done" if arrival.new else "before"
    return {"key": str(told.key), "outcome": outcome, "said": _said(arrival), "no": str(arrival.registration.seat_no)}


def _words() -> dict[str, str]:
    """What the script says."""
    return {
        "one": _("1 waiting to be sent"),
        "many": _("{count} waiting to be sent"),
        "none": _("Everything is sent."),
        "offline": _(
            "No network. Go on: what you tell is kept on this telephone and sent when the network is back. Do not close or reload this page."
        ),
        "held": _("Number {number}: kept, and sent when the network is back."),
        "sending": _("Number {number}: sending…"),
        "here": _("here"),
        "waiting": _("waiting to be sent"),
        "already": _("Number {number} is here already."),
        "unknown": _("Nobody has the number {number} on this list. Look at the ticket again, or search by name."),
        "digits": _("Type the number that stands on the ticket."),
        "stranger": _("This ticket is not on the list on this telephone, and there is no network to ask. Type its number, or note it on paper."),
        "needs_network": _("This needs a network, so the page stays as it is. Type the number of the ticket, or note it on paper."),
        "no_ticket": _("This code is no ticket. Point the camera at the square code on the ticket."),
        "signed_out": _("You were signed out. Nothing is lost: sign in in another tab, then load this page again, and what waits is sent."),
        "sign_in": _("Sign in"),
        "no_camera": _("The camera cannot be used: allow it for this page in the browser, or type the number."),
        "refused": _("Number {number}: {said}"),
        "trouble": _("The portal does not take it at the moment. It is kept on this telephone and sent again by itself."),
        "look": _("Point the camera at the code on the ticket."),
        "not_kept": _("This browser keeps nothing: without a network, note numbers on paper."),
    }
