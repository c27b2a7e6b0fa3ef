"""The page of whoever holds a place: where it stands, the ticket, and what can be changed.

Asking for any of these addresses changes nothing: programs that check mail follow every link in it. A change is a page of its own with
a question and a button."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from foundation import pdf, qr
from organisation.models import in_language
from organisation.presentation import marked

from . import asking, contacts, papers, services, telling
from .choosing import choices
from .enums import LIVING, OPEN_TO_CLERKS, SEATED, PoolKind, RegistrationState
from .models import Pool, Registration
from .register_forms import OF_ONE_MATTER, PoolForm, SizeForm, one_line
from .registering import facts, private
from .services import Busy, SessionError
from .tickets import address_of, registration_of, ticket_token

State = RegistrationState


@dataclass(frozen=True)
class Change:
    """What can be done on a page of its own: its question, its button, in which states."""

    name: str
    heading: Any
    question: Any
    button: Any
    states: tuple[str, ...]
    quiet: bool = True


CHANGES = {
    "nhan": Change(
        "accept", gettext_lazy("Take the seat"), gettext_lazy("A seat is kept for you. Do you take it?"), gettext_lazy("Yes, I take the seat"),
        (State.OFFERED,), quiet=False,
    ),
    "nhuong": Change(
        "decline", gettext_lazy("Leave the seat to the next person"),
        gettext_lazy("The seat goes to the next person, and your place on the waiting list ends."), gettext_lazy("Leave the seat"), (State.OFFERED,),
    ),
    "so-nguoi": Change(
        "size", gettext_lazy("Change how many people come"), gettext_lazy("More people only if that many seats are free; fewer at any time."),
        gettext_lazy("Change"), tuple(LIVING),
    ),
    "doi-cho": Change(
        "pool", gettext_lazy("Change to other seats"),
        gettext_lazy("Who has a seat keeps it if there is none. Who waits begins at the end of the other list if there is none."),
        gettext_lazy("Change"), tuple(LIVING),
    ),
    "huy": Change(
        "cancel", gettext_lazy("Cancel the registration"), gettext_lazy("Your place is given to the next person. This cannot be undone."),
        gettext_lazy("Yes, cancel"), tuple(LIVING),
    ),
    "rut-dong-y": Change(
        "withdraw", gettext_lazy("Have my data forgotten"),
        gettext_lazy(
            "You take back your consent. We delete your name, your contact and what you wrote, and your place, if you have one, is given to the "
            "next person. The links in our messages end. This cannot be undone."
        ),
        gettext_lazy("Yes, delete my data"), tuple(State.values),
    ),
}  # fmt: skip


def _held(slug: str, token: str) -> Registration:
    registration = registration_of(token)
    if registration is None or registration.session.slug != slug or not registration.is_proven:
        raise Http404(_("There is no registration at this address. It may be old and forgotten, or the link was cut off."))
    return registration


def _may(change: Change, registration: Registration) -> bool:
    """Whether it can be done now; what is decided in the end is the services' matter."""
    if registration.state not in change.states:
        return False
    if change.name == "withdraw":
        return True
    if registration.session.state not in OPEN_TO_CLERKS:
        return False
    return change.name != "pool" or len(_other_pools(registration)) > 0


def _other_pools(registration: Registration) -> list[Pool]:
    rows = registration.session.pools.exclude(pk=registration.pool_id).exclude(kind=PoolKind.WALK_IN)
    mine = registration.village.strip().casefold()
    return [pool for pool in rows if pool.kind != PoolKind.VILLAGE or pool.village.strip().casefold() == mine]


def _same_matter(registration: Registration) -> Registration | None:
    """Another reception to come at which the same contact has a place for the same matter: told, not refused."""
    if registration.session.kind not in OF_ONE_MATTER or not registration.contact_hmac or registration.state not in LIVING:
        return None
    rows = Registration.objects.living().filter(
        contact_hmac=registration.contact_hmac, session__kind__in=OF_ONE_MATTER, session__ends_at__gt=timezone.now(), proven_at__isnull=False
    )
    asked = one_line(registration.subject).casefold()
    others = rows.exclude(pk=registration.pk).select_related("session").order_by("session__starts_at")
    return next((row for row in others if one_line(row.subject).casefold() == asked), None)


@require_safe
def place(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Where it stands."""
    registration = _held(slug, token)
    session = registration.session
    address = address_of(registration, translation.get_language() or "vi")
    seated = registration.state in SEATED and registration.seat_no is not None
    actions = [
        (reverse("dialogue_sessions:place_change", args=[slug, token, key]), change)
        for key, change in CHANGES.items() if change.name != "withdraw" and _may(change, registration)
    ]  # fmt: skip
    context = {
        **facts(session), "registration": registration, "pool": marked(registration.pool.name, registration.pool.name_en),
        "state": registration.get_state_display(), "position": services.position(registration), "seated": seated, "actions": actions,
        "code": qr.svg(address, title=_("Ticket of number %(number)s, to be read at the door") % {"number": registration.seat_no}) if seated else "",
        "online_link": session.online_link if seated and registration.pool.kind == PoolKind.ONLINE else "", "same": _same_matter(registration),
        "pdf": reverse("dialogue_sessions:ticket_pdf", args=[slug, token]) if seated else "",
        "withdraw": reverse("dialogue_sessions:place_change", args=[slug, token, "rut-dong-y"]), "moves": list(session.moves.all()),
        "until": telling.keep_until(session), "papers": papers.shown(registration), "with_papers": papers.takes_more(registration),
        "question": asking.shown(registration), "papers_address": reverse("dialogue_sessions:papers", args=[slug, token]),
    }  # fmt: skip
    return private(render(request, "dialogue_sessions/place.html", context), referrer="no-referrer")


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, slug: str, token: str, what: str) -> HttpResponse:
    """The question and its button. A change that is refused says why and leaves everything as it is."""
    if what not in CHANGES:
        raise Http404
    registration = _held(slug, token)
    wanted = CHANGES[what]
    back = reverse("dialogue_sessions:place", args=[slug, token])
    form = _form_for(wanted, registration, request)
    refused, status = "", 200
    if not _may(wanted, registration):
        return _ask(request, registration, wanted, None, back, str(services.WrongState()), status=409 if request.method == "POST" else 200)
    if request.method == "POST":
        try:
            if form is None or form.is_valid():
                _do(wanted, registration, form)
                if wanted.name == "withdraw":
                    return private(render(request, "dialogue_sessions/forgotten.html", facts(registration.session)))
                return private(HttpResponseRedirect(back))
            status = 422
        except Busy as busy:
            answer = _ask(request, registration, wanted, form, back, str(busy), status=503)
            answer["Retry-After"] = str(busy.retry_after)
            return answer
        except SessionError as error:
            refused, status = str(error), 409
    return _ask(request, registration, wanted, form, back, refused, status=status)


def _form_for(wanted: Change, registration: Registration, request: HttpRequest) -> SizeForm | PoolForm | None:
    data = request.POST if request.method == "POST" else None
    if wanted.name == "size":
        return SizeForm(data, registration=registration)
    if wanted.name == "pool":
        others = {pool.pk for pool in _other_pools(registration)}
        own = [choice for choice in choices(registration.session, timezone.now()) if choice.pool.pk in others]
        return PoolForm(data, choices=own)
    return None


def _do(wanted: Change, registration: Registration, form: SizeForm | PoolForm | None) -> None:
    if isinstance(form, SizeForm):
        services.change_size(registration, form.cleaned_data["size"])
    elif isinstance(form, PoolForm):
        services.change_pool(registration, form.choices[form.cleaned_data["pool"]].pool)
    else:
        acts = {"accept": services.accept, "decline": services.decline, "cancel": services.cancel, "withdraw": services.withdraw}
        acts[wanted.name](registration)


def _ask(
    request: HttpRequest, registration: Registration, wanted: Change, form: Any, back: str, refused: str, *, status: int
) -> HttpResponse:  # fmt: skip
    context = {**facts(registration.session), "registration": registration, "change": wanted, "form": form, "back": back, "refused": refused,
               "may": _may(wanted, registration)}  # fmt: skip
    return private(render(request, "dialogue_sessions/place_change.html", context, status=status))


# ── The ticket ────────────────────────────────────────────────────────────────────────────────────────────────────────


def ticket(registration: Registration, language: str) -> bytes:
    """The ticket as PDF, in a language."""
    session = registration.session
    with translation.override(language):
        address = address_of(registration, language)
        name, _contact = contacts.opened(registration)
        data = {
            "lang": language, "title": _("Ticket"), "session": session.name, "unit": session.unit.title, "number": str(registration.seat_no or "–"),
            "qr": str(qr.svg(address, title=address)), "address": address,
            "alt": _("Code of this ticket, to be read at the door"), "note": _("Show this code at the door. Should you not be able to come, please "
                                                                                   "cancel, so that somebody else has the seat."),
            "facts": [
                [_("Name"), name], [_("When"), telling.in_words(session.starts_at, session.ends_at)], [_("Where"), telling.where(session) or "–"],
                [_("Seats"), in_language(registration.pool.name, registration.pool.name_en)], [_("How many people come"), str(registration.size)],
            ],
            "number_label": _("Number"),
        }  # fmt: skip
        return pdf.render("dialogue_sessions/ticket.typ", data)


def pdf_answer(registration: Registration, language: str) -> HttpResponse:
    """The ticket as a file that is kept by nobody on the way."""
    name = f"ve-{slugify(registration.session.slug)[:60]}-{registration.seat_no}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"', "X-Robots-Tag": "noindex"}
    return private(HttpResponse(ticket(registration, language), content_type="application/pdf", headers=headers), referrer="no-referrer")


@require_safe
def ticket_pdf(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """The ticket of a confirmed seat."""
    registration = _held(slug, token)
    if registration.state not in SEATED or registration.seat_no is None:
        raise Http404(_("There is a ticket as soon as the seat is confirmed."))
    return pdf_answer(registration, translation.get_language() or "vi")


__all__ = ["change", "pdf_answer", "place", "ticket", "ticket_pdf", "ticket_token"]
