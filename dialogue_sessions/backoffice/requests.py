"""Requests for dialogues in the back office: what waits for a moderator, what has enough signatures, and what the unit does about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from safeguards import encryption
from safeguards.models import Event

from .. import scope, services
from ..enums import RequestState
from ..models import DialogueRequest
from . import question_forms as forms
from .acting import Action, first, gone, told

VIEW, MODERATE = "dialogue_sessions.view_dialoguerequest", "dialogue_sessions.moderate_dialoguerequest"
A_PAGE = 40
State = RequestState
LIST = "dialogue_sessions_backoffice:requests"


def requests_for(user: Any) -> Any:
    """Requests to somebody's units; those whose contact is not proven are nobody's business yet."""
    return scope.rows_for(user, DialogueRequest.objects.exclude(state=State.UNPROVEN).select_related("unit", "session"), "unit")


def url_of(request: DialogueRequest) -> str:
    """Its page."""
    return reverse("dialogue_sessions_backoffice:request", args=[request.pk])


@scope.office(VIEW)
def requests(request: HttpRequest) -> HttpResponse:
    """What the unit has to act on first: those with enough signatures, then those that wait for a moderator."""
    rows = requests_for(request.user)
    filters = forms.RequestFilters(request.GET or None)
    filters.is_valid()
    state = getattr(filters, "cleaned_data", {}).get("state")
    shown = rows.filter(state=state) if state else rows
    ordered = shown.order_by(first(state=State.REACHED), first(state=State.RECEIVED), first(state=State.OPEN), "-pk")
    page = Paginator(ordered, A_PAGE).get_page(request.GET.get("p"))
    query = request.GET.copy()
    query.pop("p", None)
    context = {
        "page_title": _("Requests for dialogues"), "page_subtitle": "", "header_icon": "group", "filters": filters, "page": page,
        "rows": [(row, url_of(row)) for row in page], "total": page.paginator.count, "query": query.urlencode(), "list_url": reverse(LIST),
        "reached": rows.filter(state=State.REACHED).count(), "waiting": rows.filter(state=State.RECEIVED).count(),
    }  # fmt: skip
    return render(request, "dialogue_sessions/admin/requests.html", context)


ACTIONS: dict[str, Action] = {
    "open": Action(
        gettext_lazy("Let it through"), gettext_lazy("Make it public"), forms.OpenForm, MODERATE, [State.RECEIVED],
        lambda row, data, user: services.open_request(row, data["subject"], data["public_text"], user, sure=data["sure"]),
        gettext_lazy("It is public, and can be signed."),
    ),
    "schedule": Action(
        gettext_lazy("A dialogue is held"), gettext_lazy("This dialogue is held"), forms.ScheduleForm, MODERATE,
        [State.OPEN, State.REACHED, State.SCHEDULED],
        lambda row, data, user: services.schedule_request(row, data["session"], user),
        gettext_lazy("It stands on the page; who signed is written to."),
    ),
    "note": Action(
        gettext_lazy("Tell what was done"), gettext_lazy("Put it on the page"), forms.NoteForm, MODERATE,
        [State.OPEN, State.REACHED, State.SCHEDULED, State.CLOSED],
        lambda row, data, user: services.note_request(row, data["text"], user), gettext_lazy("It stands on the public page."),
    ),
    "refuse": Action(
        gettext_lazy("Do not take it"), gettext_lazy("Do not take it"), forms.ReasonForm, MODERATE, [State.RECEIVED, State.OPEN],
        lambda row, data, user: services.refuse_request(row, data["reason"], user), gettext_lazy("It is not taken; who signed is written to."),
    ),
    "close": Action(
        gettext_lazy("Close it"), gettext_lazy("Close it"), forms.ReasonForm, MODERATE, [State.REACHED, State.SCHEDULED],
        lambda row, data, user: services.close_request(row, data["reason"], user), gettext_lazy("It is closed; who signed is written to."),
    ),
}  # fmt: skip


def _initial(row: DialogueRequest, raw: str) -> dict[str, Any]:
    subject, _blank, text = raw.partition("\n\n")
    return {"subject": row.subject or subject[:200], "public_text": row.public_text or text}


@scope.office(VIEW, methods=("GET", "HEAD", "POST"))
def request_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One request, and what can be done."""
    found = get_object_or_404(requests_for(request.user), pk=pk)
    may = scope.may(request.user, MODERATE)
    name = request.POST.get("action", "")
    raw, bound = "", None
    if request.method == "POST":
        if not may:
            raise PermissionDenied
        if name == "read":
            raw = _read(request, found)
        else:
            bound = _act(request, found, name)
            if bound is None:
                return redirect(url_of(found))
    shown = []
    for key, action in ACTIONS.items():
        if not may or found.state not in action.states or (key == "open" and not raw and name != "open"):
            continue
        form = bound if bound is not None and key == name else action.form(request_=found, initial=_initial(found, raw), prefix=key)
        shown.append({"name": key, "label": action.label, "button": action.button, "form": form})
    events = Event.objects.filter(subject_type="dialogue_sessions.dialoguerequest", subject_id=str(found.pk)).exclude(kind__endswith="_signed")
    context = {
        "page_title": _("Request for a dialogue"), "page_subtitle": str(found.pk), "header_icon": "group", "found": found, "raw": raw,
        "actions": shown, "bound": bound, "may_read": may and bool(found.text_sealed), "list_url": reverse(LIST),
        "needs": _needs(found), "public_url": reverse("questions:request", args=[found.slug]) if found.opened_at else "",
        "past": [(event.at, _said(event.kind), event.actor) for event in events.select_related("actor").order_by("pk")[:200]],
    }  # fmt: skip
    return render(request, "dialogue_sessions/admin/request.html", context, status=422 if bound is not None else 200)


def _said(kind: str) -> str:
    word = kind.removeprefix("dialogue_sessions.request_")
    if word in State.values:
        return str(State(word).label)
    own = {"read": _("what was sent was read"), "noted": _("what was done, told in public"), "signature_withdrawn": _("a signature was taken back")}
    return own.get(word, kind)


def _needs(found: DialogueRequest) -> str:
    """How many signatures it takes, or would take today."""
    if found.needed:
        return str(found.needed)
    try:
        return _("%(needed)s, if it were made public today") % {"needed": services.threshold(found.unit)[2]}
    except services.NoVoters as error:
        return str(error)


def _read(request: HttpRequest, found: DialogueRequest) -> str:
    user: Any = request.user
    try:
        raw = services.read_request(found, user)
    except encryption.Unreadable:
        raw = ""
    if not raw:
        messages.warning(request, _("What was sent is forgotten, or its key is gone."))
    return raw


def _act(request: HttpRequest, found: DialogueRequest, name: str) -> Any:
    """Do one thing; the form when something is wrong with it, else None."""
    action = ACTIONS.get(name)
    if action is None:
        raise PermissionDenied
    form = action.form(request.POST, request_=found, prefix=name)
    if found.state not in action.states:
        messages.error(request, gone())
        return None
    if form.is_valid():
        data: Mapping[str, Any] = form.cleaned_data
        try:
            action.do(found, data, request.user)
        except services.SessionError as error:
            told(form, error)
        else:
            messages.success(request, str(action.done))
            return None
    return form
