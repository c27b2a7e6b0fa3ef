"""One session in the back office, and one series: what stands in it, and every change that its state allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.http import require_POST
from wagtail.admin import messages

from foundation.forms import TellingForm
from organisation.book import book
from organisation.models import today
from organisation.queries import calendar_for
from safeguards.models import Event

from .. import law, scope, services
from ..enums import BEFORE_START, DIALOGUES, DOOR_STATES, EDITABLE, SessionState
from ..models import Pool, Series, Session
from ..services import SessionError
from ..unit_panel import public_url
from .board import missing, next_step, with_numbers
from .forms import CapacityForm, LateForm, MoveForm, PoolForm, ReasonForm, ReopenForm, SessionForm
from .planner import series_slug

# Pages that other parts of this application add for a session, by the names of their addresses; where it is given, the right that they
# take and the states in which they are of use. Nobody is led to a page that refuses them.
BEGUN = (SessionState.UNDER_WAY, SessionState.HELD)
MORE: list[tuple[Any, ...]] = [
    ("dialogue_sessions_day:session", gettext_lazy("The day itself"), scope.VIEW_REGISTRATIONS, DOOR_STATES),
    ("dialogue_sessions_day:door", gettext_lazy("At the door"), scope.REGISTER, DOOR_STATES),
    ("dialogue_sessions_day:agenda", gettext_lazy("Agenda"), "dialogue_sessions.change_agendaitem"),
    ("dialogue_records:minutes", gettext_lazy("Minutes"), "dialogue_sessions.view_minutes", BEGUN),
    ("dialogue_records:cases", gettext_lazy("Cases and conclusions"), "dialogue_sessions.view_receptioncase", BEGUN),
]
PAST_SHOWN = 50


def url_of(session: Session) -> str:
    """Its page."""
    return reverse("dialogue_sessions_backoffice:session", args=[session.pk])


def tell(form: Any, error: SessionError) -> None:
    """Put a refusal where it belongs: at its field, or above the form."""
    wrong = getattr(error, "error", None)
    if wrong is not None and hasattr(wrong, "message_dict"):
        for name, words in wrong.message_dict.items():
            form.add_error(name if name in form.fields else None, words)
    else:
        form.add_error(None, str(error))


def _links(session: Session, user: Any) -> list[tuple[str, str]]:
    found = []
    for name, label, *asked in MORE:
        right, states = asked[0] if asked else "", asked[1] if len(asked) > 1 else ()
        if (right and not scope.may(user, right)) or (states and session.state not in states):
            continue
        try:
            found.append((str(label), reverse(name, args=[session.pk])))
        except NoReverseMatch:
            continue
    if session.kind in DIALOGUES and scope.may(user, "dialogue_sessions.view_question"):
        found.append((_("Questions sent ahead"), f"{reverse('dialogue_sessions_backoffice:questions')}?session={session.pk}"))
    return found


def _actions(session: Any, user: Any) -> list[tuple[str, str]]:
    """What may be done now, by whom: (label, address)."""
    state = session.state
    wanted = [
        ("announce", _("Make public"), scope.ANNOUNCE, state == SessionState.DRAFT),
        ("edit", pgettext("to edit", "Change"), scope.CHANGE, bool(EDITABLE[state])),
        ("close", _("Close registration"), scope.CHANGE, state in {SessionState.ANNOUNCED, SessionState.OPEN}),
        ("reopen", _("Open registration again"), scope.CHANGE, state == SessionState.CLOSED),
        ("move", _("Move to another time"), scope.ANNOUNCE, state in {SessionState.DRAFT, *BEFORE_START}),
        ("cancel", _("Call off"), scope.ANNOUNCE, state not in {SessionState.HELD, SessionState.CANCELLED}),
    ]
    return [
        (label, reverse(f"dialogue_sessions_backoffice:{name}", args=[session.pk]))
        for name, label, right, ok in wanted
        if ok and scope.may(user, right)
    ]


@scope.office(scope.VIEW)
def session(request: HttpRequest, pk: int) -> HttpResponse:
    """What stands in it, its seats, what happened, what may be done."""
    user: Any = request.user
    found: Any = scope.session_or_404(user, pk, with_numbers(Session.objects.select_related("unit", "series", "room__point", "post", "stand_in")))
    step, late = next_step(found, law.timers(), book(), today())
    pools = list(found.pools.all())
    of_seats = Q(subject_type="dialogue_sessions.pool", subject_id__in=[str(pool.pk) for pool in pools])
    events = Event.objects.filter(Q(subject_type="dialogue_sessions.session", subject_id=str(pk)) | of_seats)
    past = events.select_related("actor").order_by("-pk")[:PAST_SHOWN]
    context = {
        "session": found, "pools": pools, "moves": found.moves.all(), "former_places": found.former_places.all(),
        "lateness": found.lateness.all(), "missing": missing(found),
        "next": step, "late": late, "actions": _actions(found, user), "more": _links(found, user), "public_url": public_url(found),
        "past": [(event.at, event.actor, said(event)) for event in past], "counts": services.counts(found),
        "may_seats": scope.may(user, scope.CHANGE) and found.state in {SessionState.DRAFT, *BEFORE_START, SessionState.UNDER_WAY},
        "may_list": scope.may(user, scope.VIEW_REGISTRATIONS), "page_title": found.title, "page_subtitle": found.get_state_display(),
        "header_icon": "group",
    }  # fmt: skip
    return render(request, "dialogue_sessions/admin/session.html", context)


EVENTS = {
    "session_planned": lambda: _("written down as a draft"),
    "session_announced": lambda: _("made public"), "session_open": lambda: _("registration opened"),
    "session_closed": lambda: _("registration closed"), "session_under_way": lambda: _("begun"), "session_held": lambda: _("held"),
    "session_cancelled": lambda: _("called off"), "session_moved": lambda: _("moved"), "session_changed": lambda: _("changed"),
    "registrations_exported": lambda: _("list of registrations taken away"), "names_read": lambda: _("names read to find somebody"),
    "attendance_exported": lambda: _("list of who came taken away"), "attendance_closed": lambda: _("list of who came closed"),
    "attendance_reopened": lambda: _("list of who came opened again"), "delay_told": lambda: _("late start told"),
    "questions_until_changed": lambda: _("end of questions changed"), "seats_added": lambda: _("seats added"),
    "capacity_changed": lambda: _("number of seats changed"),
}  # fmt: skip


def said(event: Event) -> str:
    """What an event of a session says."""
    name = event.kind.removeprefix("dialogue_sessions.")
    words = EVENTS.get(name)
    reason = str(event.payload.get("reason", ""))
    if name == "capacity_changed":
        reason = f"{event.payload.get('was', '–')} → {event.payload.get('capacity', '–')}"
    return (str(words()) if words else name) + (f": {reason}" if reason else "")


# ── Changes, each a page with a form that a second press carries out ──────────────────────────────────────────────────


def _page(request: HttpRequest, found: Session, form: Any, title: str, button: str, **more: Any) -> HttpResponse:
    context = {
        "session": found, "form": form, "page_title": title, "page_subtitle": found.title, "button": button, "back": url_of(found),
        "header_icon": "group",
        **more,
    }  # fmt: skip
    return render(request, "dialogue_sessions/admin/change.html", context)


def _change(
    request: HttpRequest, pk: int, make: Callable[[Any, Session], Any], act: Callable[[Any, Session, Any], Any], title: str, button: str, done: str,
    **more: Any,
) -> HttpResponse:  # fmt: skip
    """Show the form, or do what it says through a service and lead back; a refusal stands in the form, with all that was typed."""
    user: Any = request.user
    found = scope.session_or_404(user, pk)
    form = make(request.POST if request.method == "POST" else None, found)
    if request.method == "POST" and form.is_valid():
        try:
            act(form.cleaned_data, found, user)
        except SessionError as error:
            tell(form, error)
        else:
            messages.success(request, done)
            return redirect(url_of(found))
    explained = {name: value(found) if callable(value) else value for name, value in more.items()}
    return _page(request, found, form, title, button, **explained)


BOTH = ("GET", "HEAD", "POST")


@scope.office(scope.CHANGE, methods=BOTH)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """What may still be changed."""
    found = scope.session_or_404(request.user, pk)
    form = SessionForm(request.POST if request.method == "POST" else None, user=request.user, session=found)
    if not form.fields:
        raise Http404
    if request.method == "POST" and form.is_valid():
        try:
            reason = form.cleaned_data.get("place_reason", "")
            services.edit_session(found, form.values(), request.user, place_reason=reason)  # type: ignore[arg-type]  # the admin asks for an account
        except SessionError as error:
            tell(form, error)
        else:
            messages.success(request, _("It is saved."))
            return redirect(url_of(found))
    return _page(request, found, form, _("Change a session"), _("Save"))


@scope.office(scope.PLAN, methods=BOTH)
def add(request: HttpRequest) -> HttpResponse:
    """One session that belongs to no series."""
    user: Any = request.user
    form = SessionForm(request.POST if request.method == "POST" else None, user=user)
    if request.method == "POST" and form.is_valid():
        values = form.values()
        slug = series_slug(values["title"], values["starts_at"].year)
        attending = values.pop("attending")
        made = Session(**values, slug=f"{slug}-{values['starts_at']:%m-%d-%H%M}")
        try:
            services.plan_session(made, form.seats(), user, attending=attending)
        except SessionError as error:
            tell(form, error)
        else:
            messages.success(request, _("The draft is saved. Nobody sees it before it is made public."))
            return redirect(url_of(made))
    context = {"form": form, "page_title": _("A new session"), "button": _("Save as a draft"), "back": board_url(), "header_icon": "group"}
    return render(request, "dialogue_sessions/admin/change.html", context)


def board_url() -> str:
    """The board."""
    return reverse("dialogue_sessions_backoffice:board")


def _late_terms(found: Session) -> list[Any]:
    dues = law.announce_by(found, calendar_for(found.unit_id), law.timers(), online=law.is_online(found))
    return [due for due in dues if today() > due.latest]


@scope.office(scope.ANNOUNCE, methods=BOTH)
def announce(request: HttpRequest, pk: int) -> HttpResponse:
    """Make it public: in time, or with a reason that everybody reads."""
    return _change(
        request, pk, lambda data, found: LateForm(data),
        lambda data, found, user: services.announce(found, user, late_because=data["reason"]),
        _("Make public"), _("Make public"), _("It is public."), late_terms=_late_terms,
    )  # fmt: skip


@scope.office(scope.ANNOUNCE, methods=BOTH)
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Another time, with the reason; the former one stays visible."""
    return _change(
        request, pk, lambda data, found: MoveForm(data, initial={"starts_at": found.starts_at, "ends_at": found.ends_at}),
        lambda data, found, user: services.move_session(found, data["starts_at"], data["ends_at"], data["reason"], user),
        _("Move to another time"), _("Move the session"), _("It is moved. The former time stays on its page, with the reason."),
        explain=lambda found: _("Who has registered keeps the seat and is told of the new time. The former time stays on the public page."),
    )  # fmt: skip


@scope.office(scope.ANNOUNCE, methods=BOTH)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Call it off, with the reason."""
    return _change(
        request, pk, lambda data, found: ReasonForm(data), lambda data, found, user: services.cancel_session(found, data["reason"], user),
        _("Call off"), _("Call it off"), _("It is called off."),
        explain=lambda found: _("Every registration is cancelled with it. This cannot be taken back."),
    )  # fmt: skip


@scope.office(scope.CHANGE, methods=BOTH)
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Take no more registrations."""
    return _change(
        request, pk, lambda data, found: TellingForm(data),
        lambda data, found, user: services.close_registration(found, user), _("Close registration"), _("Close registration"),
        _("Registration is closed."), explain=lambda found: _("Nobody registers online any more. Who waits is still offered what frees."),
    )  # fmt: skip


@scope.office(scope.CHANGE, methods=BOTH)
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Take registrations again."""
    return _change(
        request, pk, lambda data, found: ReopenForm(data), lambda data, found, user: services.reopen_registration(found, data["until"], user),
        _("Open registration again"), _("Open it"), _("Registration is open again."),
    )  # fmt: skip


@scope.office(scope.CHANGE, methods=BOTH)
def capacity(request: HttpRequest, pk: int) -> HttpResponse:
    """More seats or fewer, of the pool with this key."""
    rows = scope.rows_for(request.user, Pool.objects.select_related("session"), "session__unit")
    pool: Pool = get_object_or_404(rows, pk=pk)
    return _change(
        request, pool.session_id, lambda data, found: CapacityForm(data, initial={"capacity": pool.capacity}),
        lambda data, found, user: services.set_capacity(pool, data["capacity"], user), _("Number of seats"), _("Save"), _("It is saved."),
        explain=lambda found: _("%(name)s: %(taken)s of %(seats)s seats are taken.")
        % {"name": pool.name, "taken": pool.taken, "seats": pool.capacity},
    )  # fmt: skip


@scope.office(scope.CHANGE, methods=BOTH)
def pool(request: HttpRequest, pk: int) -> HttpResponse:
    """Another pool of seats for a session."""
    return _change(
        request, pk, lambda data, found: PoolForm(data),
        lambda data, found, user: services.add_seats(
            found, services.Seats(data["capacity"], data["kind"], data["name"], data["village"]), user
        ),
        _("More seats"), _("Save"), _("It is saved."),
    )  # fmt: skip


# ── Series ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _series_or_404(user: Any, pk: int) -> Series:
    return get_object_or_404(scope.series_for(user).select_related("unit"), pk=pk)


@scope.office(scope.VIEW)
def series_list(request: HttpRequest) -> HttpResponse:
    """Years and mornings that were planned."""
    from django.core.paginator import Paginator
    from django.db.models import Count, Max, Min, Q

    rows = scope.series_for(request.user).select_related("unit").annotate(
        number=Count("sessions"), drafts=Count("sessions", filter=Q(sessions__state=SessionState.DRAFT)), begins=Min("sessions__starts_at"),
        ends=Max("sessions__starts_at"),
    ).order_by("-begins", "pk")  # fmt: skip
    page = Paginator(rows, 50).get_page(request.GET.get("p"))
    return render(
        request, "dialogue_sessions/admin/series_list.html",
        {"page": page, "page_title": _("Series"), "header_icon": "calendar-alt", "may_plan": scope.may(request.user, scope.PLAN)},
    )  # fmt: skip


@scope.office(scope.VIEW)
def series(request: HttpRequest, pk: int) -> HttpResponse:
    """Its dates, until when each has to be public, and what may be done with all of them."""
    found = _series_or_404(request.user, pk)
    return _series_page(request, found, LateForm())


def _series_page(request: HttpRequest, found: Series, form: Any) -> HttpResponse:
    user: Any = request.user
    timers, shelf, day = law.timers(), book(), today()
    every = with_numbers(found.sessions.all()).select_related("room", "post").order_by("starts_at", "pk")
    now = timezone.now()
    over = [one for one in every if one.ends_at <= now]
    # What is to come in its order; below it what is over, the latest first.
    rows = [(one, *next_step(one, timers, shelf, day)) for one in [*(one for one in every if one.ends_at > now), *reversed(over)]]
    drafts = [row for row in rows if row[0].state == SessionState.DRAFT]
    context = {
        "series": found, "rows": rows, "drafts": len(drafts), "late": sum(row[2] for row in drafts), "form": form,
        "may_edit": scope.may(user, scope.CHANGE), "may_announce": bool(drafts) and scope.may(user, scope.ANNOUNCE),
        "may_cancel": scope.may(user, scope.ANNOUNCE) and any(row[0].state in {SessionState.DRAFT, *BEFORE_START} for row in rows),
        "page_title": found.title, "page_subtitle": str(found.unit), "header_icon": "calendar-alt",
    }  # fmt: skip
    return render(request, "dialogue_sessions/admin/series.html", context)


@require_POST
@scope.office(scope.ANNOUNCE, methods=("POST",))
def series_announce(request: HttpRequest, pk: int) -> HttpResponse:
    """Make every draft public, or none."""
    found = _series_or_404(request.user, pk)
    form = LateForm(request.POST)
    if form.is_valid():
        try:
            made = services.announce_series(found, request.user, late_because=form.cleaned_data["reason"])  # type: ignore[arg-type]  # staff
        except SessionError as error:
            tell(form, error)
        else:
            messages.success(request, ngettext("%(n)s session is public.", "%(n)s sessions are public.", len(made)) % {"n": len(made)})
            return redirect(reverse("dialogue_sessions_backoffice:series", args=[pk]))
    return _series_page(request, found, form)


@scope.office(scope.ANNOUNCE, methods=BOTH)
def series_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Call off all that has not begun, with one reason."""
    found = _series_or_404(request.user, pk)
    back = reverse("dialogue_sessions_backoffice:series", args=[pk])
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            gone = services.cancel_series(found, form.cleaned_data["reason"], request.user)  # type: ignore[arg-type]  # staff
        except SessionError as error:
            tell(form, error)
        else:
            messages.success(request, ngettext("%(n)s session is called off.", "%(n)s sessions are called off.", len(gone)) % {"n": len(gone)})
            return redirect(back)
    number = found.sessions.filter(state__in=[SessionState.DRAFT, *BEFORE_START]).count()
    words = ngettext(
        "%(n)s session that has not begun is called off, and every registration with it. This cannot be taken back.",
        "%(n)s sessions that have not begun are called off, and every registration with them. This cannot be taken back.", number,
    ) % {"n": number}  # fmt: skip
    context = {
        "form": form, "page_title": _("Call off a series"), "page_subtitle": found.title, "button": _("Call all of it off"), "back": back,
        "header_icon": "calendar-alt", "explain": words,
    }  # fmt: skip
    return render(request, "dialogue_sessions/admin/change.html", context)
