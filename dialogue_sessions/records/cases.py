"""Cases of a reception day and conclusion notices in the back office."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.admin import messages

from .. import lateness, law, names, scope, services
from ..enums import RegistrationState, TermKey
from ..models import ConclusionLine, ConclusionNotice, ReceptionCase, Session
from . import forms

VIEW, CHANGE = "dialogue_sessions.view_receptioncase", "dialogue_sessions.change_receptioncase"
PROMISE = "dialogue_sessions.add_promise"
CAME = (RegistrationState.CONFIRMED, RegistrationState.ATTENDED, RegistrationState.NO_SHOW)  # the last: one who came late, and was heard
PUBLIC = ("unit", "due_on", "public_subject", "public_answer")


def _session(user: Any, pk: int) -> Session:
    return scope.session_or_404(user, pk, Session.objects.select_related("unit"))


@scope.office(VIEW)
def cases(request: HttpRequest, session_pk: int) -> HttpResponse:
    """The register of a day, without what is sealed, and the notices that conclude it."""
    user: Any = request.user
    session = _session(user, session_pk)
    notices = session.conclusions.select_related("document").prefetch_related("lines__unit", "lines__promise")
    context = {
        "session": session, "cases": session.cases.select_related("unit"), "notices": notices, "may_change": scope.may(user, CHANGE),
        "may_promise": scope.may(user, PROMISE), "page_title": _("Cases and conclusions"), "page_subtitle": session.title,
        "header_icon": "list-ul", "form": forms.RecordForm(),
    }  # fmt: skip
    return render(request, "dialogue_sessions/records/cases.html", context)


def _brought(user: Any, session: Session, row: ReceptionCase) -> list[tuple[int, str]]:
    """Who registered for the day and has a seat, by number and masked name, for those who may see registrations; whoever is named already
    stays, whatever became of the seat. One query."""
    if not scope.may(user, scope.VIEW_REGISTRATIONS):
        return []
    rows = session.registrations.filter(Q(state__in=CAME, forgotten_at=None) | Q(pk=row.registration_id)).order_by("seat_no", "pk")
    return [
        (one.registration.pk, _("Number %(number)s: %(name)s") % {"number": one.registration.seat_no or "–", "name": one.masked or "–"})
        for one in names.read(rows)
    ]


@scope.office(VIEW, CHANGE, methods=("GET", "HEAD", "POST"))
def case(request: HttpRequest, session_pk: int, pk: int = 0) -> HttpResponse:
    """Write a case down, or change it. What is sealed is opened by a button, and that is on record."""
    user: Any = request.user
    session = _session(user, session_pk)
    row = get_object_or_404(session.cases, pk=pk) if pk else ReceptionCase(session=session)
    initial: dict[str, Any] = {}
    if not pk:  # most are for the unit itself to answer, by the day that the law gives
        initial = {"unit": session.unit_id, "due_on": lateness.latest(TermKey.ANSWER, law.day_of(session), session.unit_id)}
    title = _("Case %(number)s") % {"number": row.number} if pk else _("New case")
    back = reverse("dialogue_records:cases", args=[session_pk])
    if pk and request.method != "POST":
        context = {"case": row, "page_title": title, "page_subtitle": session.title, "header_icon": "list-ul", "back": back}
        return render(request, "dialogue_sessions/records/case.html", context)
    reading = "read" in request.POST
    if pk and reading:
        initial = {**{name: getattr(row, name) for name in PUBLIC}, **services.read_case(row, user), "registration": row.registration_id}
    form = forms.CaseForm(None if reading else request.POST or None, units=None, initial=initial, brought=_brought(user, session, row))
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        for name in PUBLIC:
            setattr(row, name, data[name])
        if "registration" in data:
            row.registration_id = data["registration"]
        try:
            services.save_case(row, data["subject"], data["answer"], user)
        except services.SessionError as error:
            forms.tell(form, error)
        else:
            messages.success(request, _("Case %(number)s is written down.") % {"number": row.number})
            return redirect("dialogue_records:cases", session_pk)
    context = {
        "form": form, "page_title": title, "page_subtitle": session.title, "header_icon": "list-ul", "button": _("Save"), "back": back,
    }  # fmt: skip
    return render(request, "dialogue_sessions/records/form.html", context, status=422 if form.errors else 200)


@scope.office(VIEW, CHANGE, methods=("POST",))
def case_action(request: HttpRequest, session_pk: int, pk: int, action: str) -> HttpResponse:
    """The result was sent on a day, or subject and answer go public."""
    user: Any = request.user
    session = _session(user, session_pk)
    row = get_object_or_404(session.cases, pk=pk)
    if action == "notified":
        return _notified(request, session, row)
    if action != "publish":
        raise Http404
    try:
        services.publish_case(row, user)
    except services.SessionError as error:
        messages.error(request, str(error))
    return redirect("dialogue_records:cases", session_pk)


def _notified(request: HttpRequest, session: Session, row: ReceptionCase) -> HttpResponse:
    """Write down when the result was sent; a page of its own when something is missing, so that nothing typed is lost."""
    form = forms.NotifiedForm(request.POST)
    if form.is_valid():
        try:
            services.notify_case(row, form.cleaned_data["day"], request.user, late_reason=form.cleaned_data["late_reason"])  # type: ignore[arg-type]
        except services.SessionError as error:
            forms.tell(form, error)
        else:
            return redirect("dialogue_records:cases", session.pk)
    context = {
        "form": form, "page_title": _("Case %(number)s") % {"number": row.number}, "page_subtitle": session.title, "header_icon": "list-ul",
        "button": _("Save"), "back": reverse("dialogue_records:cases", args=[session.pk]),
    }  # fmt: skip
    return render(request, "dialogue_sessions/records/form.html", context, status=422)


@scope.office(VIEW, CHANGE, methods=("GET", "HEAD", "POST"))
def conclusion(request: HttpRequest, session_pk: int) -> HttpResponse:
    """A new notice."""
    user: Any = request.user
    session = _session(user, session_pk)
    form = forms.ConclusionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        notice = ConclusionNotice(session=session, number=data["number"], signed_on=data["signed_on"], document=data["document"])
        try:
            services.save_conclusion(notice, user)
        except services.SessionError as error:
            forms.tell(form, error)
        else:
            return redirect("dialogue_records:cases", session_pk)
    context = {
        "form": form, "page_title": _("New conclusion notice"), "page_subtitle": session.title, "header_icon": "list-ul", "button": _("Save"),
        "back": reverse("dialogue_records:cases", args=[session_pk]), "media": form.media,
    }  # fmt: skip
    return render(request, "dialogue_sessions/records/form.html", context, status=422 if form.errors else 200)


@scope.office(VIEW, CHANGE, methods=("GET", "HEAD", "POST"))
def conclusion_line(request: HttpRequest, session_pk: int, pk: int) -> HttpResponse:
    """A line of a notice."""
    user: Any = request.user
    session = _session(user, session_pk)
    notice = get_object_or_404(session.conclusions, pk=pk)
    form = forms.ConclusionLineForm(request.POST or None, units=None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.add_conclusion_line(ConclusionLine(notice=notice, unit=data["unit"], text=data["text"], due_on=data["due_on"]), user)
        except services.SessionError as error:
            forms.tell(form, error)
        else:
            return redirect("dialogue_records:cases", session_pk)
    context = {
        "form": form, "page_title": _("Line of notice %(number)s") % {"number": notice.number}, "page_subtitle": session.title,
        "header_icon": "list-ul", "button": _("Add the line"), "back": reverse("dialogue_records:cases", args=[session_pk]),
    }  # fmt: skip
    return render(request, "dialogue_sessions/records/form.html", context, status=422 if form.errors else 200)


@scope.office(VIEW, methods=("POST",))
def conclusion_action(request: HttpRequest, session_pk: int, pk: int, action: str) -> HttpResponse:
    """Publish a notice, or make a promise of one of its lines (`pk` is the line's then)."""
    user: Any = request.user
    session = _session(user, session_pk)
    try:
        if action == "publish":
            if not scope.may(user, CHANGE):
                raise PermissionDenied
            services.publish_conclusion(get_object_or_404(session.conclusions, pk=pk), user)
        elif action == "promise":
            if not scope.may(user, PROMISE):
                raise PermissionDenied
            line = get_object_or_404(ConclusionLine.objects.select_related("notice__session", "unit").filter(notice__session=session), pk=pk)
            made = services.promise_of_line(line, None, user)
            messages.success(request, _("Written down as a draft. Nobody outside sees it until it is made public."))
            # Of another unit it is that unit's to work with.
            if scope.rows_for(user, type(made).objects.filter(pk=made.pk), "unit").exists():
                return redirect("dialogue_records:promise", made.pk)
        else:
            raise Http404
    except services.SessionError as error:
        messages.error(request, str(error))
    return redirect("dialogue_records:cases", session_pk)
