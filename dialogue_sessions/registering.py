"""Registering without an account: the form, the code that proves the contact, more time for it. Nothing here is kept by any cache."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from messaging import proving
from messaging.models import Contact
from messaging.services import contact_for
from safeguards.requests import client_address
from safeguards.uploads.receiving import takes_files

from . import asking, papers, question_papers, services, telling
from .choosing import choices
from .contacts import applicant
from .enums import UNDECIDED, RegistrationState, SessionState
from .models import Registration, Session
from .register_forms import RegisterForm, language
from .services import Busy, SessionError
from .tickets import ticket_token

PURPOSE = "dialogue_sessions.register:"
PROOF_SALT, PROOF_LIVES = "dialogue_sessions.proof", 15 * 60


def private(response: HttpResponse, *, referrer: str = "same-origin") -> HttpResponse:
    """Kept by nobody, and told to no other site. (A form of a page with `no-referrer` is sent from the origin `null`: no token of ours
    is taken with that.)"""
    response["Cache-Control"] = "no-store, private"
    response["Referrer-Policy"] = referrer
    return response


def public_session(slug: str) -> Session:
    """A session that everybody may see, by its address."""
    rows = Session.objects.public().select_related("unit", "series", "room__point", "post")
    return get_object_or_404(rows, slug=slug)


def facts(session: Session) -> dict[str, Any]:
    """What every page about a place says of the session."""
    return {
        "session": session, "when": telling.in_words(session.starts_at, session.ends_at), "where": telling.where(session), "robots": "noindex",
        "section": "sessions",
    }  # fmt: skip


@takes_files
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest, slug: str) -> HttpResponse:
    """The form. Whoever sends it has a seat held, or a place on the waiting list, and is sent a code."""
    session = public_session(slug)
    now = timezone.now()
    if request.method != "POST":
        if not session.takes_registrations(now):
            return private(render(request, "dialogue_sessions/register_closed.html", {**facts(session), "now": now}))
        return _form(request, session, RegisterForm(session=session, choices=choices(session, now)))
    form = RegisterForm(request.POST, request.FILES, session=session, choices=choices(session, now))
    if not session.takes_registrations(now):
        form.refuse(None, _called_off(session) if session.state == SessionState.CANCELLED else str(services.NotOpen()))
        return _form(request, session, form)
    if not form.is_valid():
        return _form(request, session, form)
    try:
        return _registered(request, session, form)
    except Busy as busy:
        form.refuse(None, str(busy))
        return _form(request, session, form, status=503, retry_after=busy.retry_after)
    except services.TooManyTries as error:
        form.refuse(None, str(error))
        return _form(request, session, form, status=429, retry_after=error.retry_after)
    except SessionError as error:
        form.refuse(_field_of(error), str(error))
        return _form(request, session, form)


def _called_off(session: Session) -> str:
    return _("This session does not take place. The reason: %(reason)s") % {"reason": session.reason}


def _field_of(error: SessionError) -> str | None:
    fields = {services.AlreadyRegistered: "contact", services.GroupTooLarge: "size", services.NotForYou: "pool", services.Full: "pool"}
    return fields.get(type(error))


def _form(request: HttpRequest, session: Session, form: RegisterForm, *, status: int = 0, retry_after: int = 0) -> HttpResponse:
    context = {**facts(session), "form": form, "consent": form.text, "minutes": session.hold_minutes, "online": bool(session.online_link)}
    response = render(request, "dialogue_sessions/register.html", context, status=status or (422 if form.errors else 200))
    if retry_after:
        response["Retry-After"] = str(retry_after)
    return private(response)


def _registered(request: HttpRequest, session: Session, form: RegisterForm) -> HttpResponse:
    """Hold, then send the code. Raises SessionError, Busy."""
    said = form.cleaned_data
    contact = contact_for(said["contact"], language=language())
    uid = form.uid_for(contact.digest)
    known = _sent_before(uid)  # asked once: between two questions the same form may come in beside this one
    if known is not None and _stands(known):
        return _to_code(known, contact)
    if known is not None:
        uid = uuid.uuid4()  # what it was has lapsed or was cancelled: this is a new one
    who = applicant(
        said["name"], said["contact"], contact.digest, village=said["village"], subject=said["subject"], needs=said["needs"], size=said["size"],
        priority_group=said.get("priority_group"), consent_version=form.text.version, earlier=said.get("earlier"), uid=uid,
    )  # fmt: skip
    pool = form.choices[said["pool"]].pool
    try:
        registration = services.hold(pool, who, address=client_address(request), anew=True)
    except services.AlreadyRegistered:
        known = _sent_before(uid)
        if known is not None and _stands(known):
            return _to_code(known, contact)
        raise
    asked = asking.send(registration, said.get("question", ""))
    try:
        token = proving.begin(request, contact, f"{PURPOSE}{uid.hex}", unit=pool.session.unit)
    except ValidationError as error:
        services.cancel(registration)
        if asked is not None:
            services.drop_question(asked)
        form.refuse("contact", error)
        return _form(request, session, form)
    # Once the code is on its way: a form that is shown again still has its files.
    with suppress(papers.Over):
        papers.attach(registration, said.get("papers", []))
    if asked is not None:
        question_papers.attach(asked, said.get("question_papers", []))
    return HttpResponseRedirect(reverse("dialogue_sessions:code", args=[pool.session.slug, token]))


def _sent_before(uid: uuid.UUID) -> Registration | None:
    """What the same form made, when it was sent before."""
    return Registration.objects.filter(uid=uid).select_related("session").first()


def _stands(registration: Registration) -> bool:
    return registration.state in UNDECIDED or registration.state == RegistrationState.CONFIRMED


def _to_code(registration: Registration, contact: Contact) -> HttpResponse:
    token = proving.seal(contact, f"{PURPOSE}{registration.uid.hex}")
    return HttpResponseRedirect(reverse("dialogue_sessions:code", args=[registration.session.slug, token]))


# ── The code ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _registration_of(ticket: proving.Ticket) -> Registration | None:
    try:
        uid = uuid.UUID(ticket.purpose.removeprefix(PURPOSE))
    except ValueError:
        return None
    return Registration.objects.select_related("session__unit", "pool").filter(uid=uid).first()


@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """The page that asks for the code, and says what waits for it and until when."""
    session = public_session(slug)
    ticket = proving.opened(token, PURPOSE)
    registration = _registration_of(ticket) if ticket else None
    if registration is not None and (registration.session_id != session.pk or ticket is None):
        raise Http404
    if registration is not None:
        if registration.is_proven and registration.name_sealed:
            return private(HttpResponseRedirect(_place(registration)))
        if registration.state not in UNDECIDED or (registration.held_until and registration.held_until <= timezone.now()):
            return _over(request, session)
        if request.method == "POST" and (proof := request.POST.get("proof")) and _is_proof(proof, registration):
            return _confirm(request, registration)
    answer = proving.step(
        request, token, PURPOSE, lambda proven: _proven(request, session, proven), title=_("Confirm your registration"),
        back=reverse("dialogue_sessions:register", args=[slug]), unit=session.unit, aside="dialogue_sessions/parts/held.html",
        more={**facts(session), **_waits_for_code(registration), "token": token, "script": "dialogue_sessions/term.js"},
    )  # fmt: skip
    return private(answer)


def _waits_for_code(registration: Registration | None) -> dict[str, Any]:
    if registration is None:
        return {}
    return {"registration": registration, "position": services.position(registration), "may_extend": registration.extended_at is None}


def _proven(request: HttpRequest, session: Session, ticket: proving.Ticket) -> HttpResponse:
    registration = _registration_of(ticket)
    return _confirm(request, registration) if registration is not None else _over(request, session)


def _confirm(request: HttpRequest, registration: Registration) -> HttpResponse:
    try:
        services.confirm(registration)
        asking.receive(registration)
    except Busy as busy:
        # The code is used up, what it proved is not: the next try needs none.
        proof = signing.dumps([registration.pk, "proven"], salt=PROOF_SALT)
        context = {**facts(registration.session), "proof": proof, "said": str(busy)}
        response = render(request, "dialogue_sessions/busy.html", context, status=503)
        response["Retry-After"] = str(busy.retry_after)
        return private(response)
    except SessionError:
        registration.refresh_from_db()
        if not registration.is_proven or not registration.name_sealed:
            return _over(request, registration.session)
    return private(HttpResponseRedirect(_place(registration)))


def _is_proof(proof: str, registration: Registration) -> bool:
    try:
        return bool(signing.loads(proof, salt=PROOF_SALT, max_age=PROOF_LIVES) == [registration.pk, "proven"])
    except signing.BadSignature:
        return False


def _place(registration: Registration) -> str:
    return reverse("dialogue_sessions:place", args=[registration.session.slug, ticket_token(registration)])


def _over(request: HttpRequest, session: Session) -> HttpResponse:
    """The time is over, or a newer form took the place of this one: said with the way on."""
    context = {**facts(session), "open": session.takes_registrations(timezone.now())}
    return private(render(request, "dialogue_sessions/register_over.html", context, status=410))


@require_POST
def more_time(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """As much time again for the code, once."""
    session = public_session(slug)
    ticket = proving.opened(token, PURPOSE)
    registration = _registration_of(ticket) if ticket else None
    if registration is None or registration.session_id != session.pk:
        return _over(request, session)
    try:
        services.extend(registration)
    except services.Lapsed:
        return _over(request, session)
    except services.WrongState:
        pass  # it was had already, or is not needed any more: the page says how it stands
    return private(HttpResponseRedirect(reverse("dialogue_sessions:code", args=[slug, token])))
