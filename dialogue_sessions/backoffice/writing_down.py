"""A clerk writes somebody down who came, called or wrote: into the same queue, with a ticket to print."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.admin import messages

from messaging import services as messaging

from .. import contacts, scope, services, telling
from ..choosing import choices
from ..enums import OPEN_TO_CLERKS, SEATED, RegistrationState
from ..models import Registration, Session
from ..place import pdf_answer
from ..register_forms import WriteDownForm
from ..services import Busy, SessionError


@scope.office(scope.REGISTER, methods=("GET", "HEAD", "POST"))
def write_down(request: HttpRequest, pk: int) -> HttpResponse:
    """The form. A seat is confirmed at once if one is free, else the person waits like everybody."""
    rows: Any = Session.objects.select_related("unit", "series", "room__point")
    found: Session = scope.session_or_404(request.user, pk, rows)
    form = WriteDownForm(request.POST if request.method == "POST" else None, session=found, choices=choices(found, timezone.now(), for_clerk=True))
    status, wait = 200, 0
    if found.state not in OPEN_TO_CLERKS:
        return _page(request, found, None, status=409 if request.method == "POST" else 200)
    if request.method == "POST":
        try:
            if form.is_valid():
                registration = _written(request, form)
                return redirect("dialogue_sessions_backoffice:written_down", pk=registration.pk)
            status = 422
        except Busy as busy:
            form.refuse(None, str(busy))
            status, wait = 503, busy.retry_after
        except SessionError as error:
            form.refuse(None, str(error))
            status = 422
    answer = _page(request, found, form, status=status)
    if wait:
        answer["Retry-After"] = str(wait)
    return answer


def _page(request: HttpRequest, session: Session, form: WriteDownForm | None, *, status: int) -> HttpResponse:
    context = {
        "session": session, "form": form, "page_title": _("Write somebody down"), "page_subtitle": session.title, "header_icon": "group",
        "back": reverse("dialogue_sessions_backoffice:session", args=[session.pk]), "when": telling.in_words(session.starts_at, session.ends_at),
        "button": _("Write down"),
    }  # fmt: skip
    return render(request, "dialogue_sessions/admin/write_down.html", context, status=status)


def _written(request: HttpRequest, form: WriteDownForm) -> Registration:
    """Raises SessionError, Busy."""
    user: Any = request.user
    said = form.cleaned_data
    digest = messaging.contact_for(said["contact"], language=said["language"]).digest if said["contact"] else ""
    who = contacts.applicant(
        said["name"], said["contact"], digest, village=said["village"], subject=said["subject"], needs=said["needs"], size=said["size"],
        priority_group=said.get("priority_group"),
    )  # fmt: skip
    return services.hold(form.choices[said["pool"]].pool, who, source=said["source"], actor=user)


@scope.office(scope.REGISTER)
def written_down(request: HttpRequest, pk: int) -> HttpResponse:
    """What became of it: the number, or the place on the waiting list; the ticket to print, and the next person."""
    registration = scope.registration_or_404(request.user, pk)
    session = registration.session
    context = {
        "registration": registration, "session": session, "position": services.position(registration), "seated": _seated(registration),
        "waits": registration.state == RegistrationState.WAITING, "page_title": _("The name is written down"), "page_subtitle": session.title,
        "header_icon": "group", "told": bool(registration.contact_hmac), "when": telling.in_words(session.starts_at, session.ends_at),
    }  # fmt: skip
    return render(request, "dialogue_sessions/admin/written_down.html", context)


def _seated(registration: Registration) -> bool:
    return registration.state in SEATED and registration.seat_no is not None and bool(registration.name_sealed)


@scope.office(scope.REGISTER, methods=("POST",))
def ticket(request: HttpRequest, pk: int) -> HttpResponse:
    """The ticket to print: it shows the name, so that who printed it is on record."""
    user: Any = request.user
    registration = scope.registration_or_404(user, pk)
    if not _seated(registration):
        messages.error(request, _("There is a ticket as soon as the seat is confirmed."))
        return redirect("dialogue_sessions_backoffice:written_down", pk=pk)
    services.reveal(registration, actor=user)
    return pdf_answer(registration, request.POST.get("language", "") if request.POST.get("language") == "en" else "vi")
