"""Public pages of requests for dialogues: what voters ask for, how many have signed, what the unit did; the forms by which they sign."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from messaging import proving
from messaging import services as messaging
from messaging.models import Contact
from procedures_catalog.caching import asks, public_page

from . import question_links as links
from . import services
from .enums import SIGNABLE, RequestState
from .models import DialogueRequest, Signature
from .question_forms import RequestForm, SignForm, units_that_can_be_asked
from .question_views import language, page_number, pager, private, told

SIGN = "dialogue_sessions.sign:"
PER_PAGE = 20
TONES = {RequestState.REACHED: "wait", RequestState.SCHEDULED: "early", RequestState.REFUSED: "late", RequestState.CLOSED: ""}


def _progress(request: DialogueRequest) -> dict[str, Any]:
    needed = request.needed or 1
    return {
        "tone": TONES.get(RequestState(request.state), ""), "width": min(100, request.signed * 100 // needed),
        "lacking": max(0, needed - request.signed),
    }  # fmt: skip


def shown(request: DialogueRequest) -> dict[str, Any]:
    """How pages show a request: with how far it is. The bar is full at the number that it takes."""
    return {
        **_progress(request),
        "request": request, "url": reverse("questions:request", args=[request.slug]),
        "sign_url": reverse("questions:sign", args=[request.slug]) if request.state in SIGNABLE else "",
    }  # fmt: skip


@asks("trang")
@require_safe
@public_page
def requests(request: HttpRequest) -> HttpResponse:
    """All requests that were let through, the newest first."""
    number = page_number(request)
    found = DialogueRequest.objects.public().select_related("unit").order_by("-opened_at", "-pk")
    start = (number - 1) * PER_PAGE
    context = {
        **pager(request, number, found.count(), PER_PAGE), "lines": [shown(one) for one in found[start : start + PER_PAGE]],
        "can_ask": units_that_can_be_asked().exists(), "section": "dialogues", "canonical_url": request.build_absolute_uri(request.path),
    }  # fmt: skip
    return render(request, "dialogue_sessions/requests.html", context)


def _public(slug: str) -> DialogueRequest:
    return get_object_or_404(DialogueRequest.objects.public().select_related("unit", "session"), slug=slug)


@asks()
@require_safe
@public_page
def request_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One request: what for, how many have signed of how many, and what the unit did, by days."""
    found = _public(slug)
    context = {
        **shown(found), "found": found, "history": _history(found), "section": "dialogues", "canonical_url": request.build_absolute_uri(request.path),
    }  # fmt: skip
    context["request_"] = context.pop("request")  # the template's `request` is the visitor's
    return render(request, "dialogue_sessions/request.html", context)


def _history(request: DialogueRequest) -> list[tuple[Any, str, bool]]:
    """Moments, what happened, and whether those are the unit's own words."""
    steps: list[tuple[Any, str, bool]] = [(request.opened_at, _("made public, open for signatures"), False)]
    if request.reached_at:
        steps.append((request.reached_at, _("enough signatures: the unit has to hold a dialogue"), False))
    if request.scheduled_at:
        steps.append((request.scheduled_at, _("the dialogue has a date"), False))
    steps += [(note.at, note.text, True) for note in request.notes.all()]
    if request.ended_at:
        said = _("not taken") if request.state == RequestState.REFUSED else str(RequestState.CLOSED.label)
        steps.append((request.ended_at, f"{said}: {request.reason}", False))
    return sorted(((moment, said, own) for moment, said, own in steps if moment), key=lambda row: row[0])


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The form for a new request."""
    form = RequestForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            contact = messaging.contact_for(data["contact"], language=language())
            signature = services.send_request(data["unit"], f"{data['subject']}\n\n{data['reasons']}", data["name"], data["village"], contact)
            return _prove(request, signature, contact)
        except (ValidationError, services.SessionError) as error:
            told(form, error)
    return private(request, "dialogue_sessions/request_send.html", {"form": form}, 422 if form.errors else 200)


def _prove(request: HttpRequest, signature: Signature, contact: Contact) -> HttpResponse:
    try:
        token = proving.begin(request, contact, f"{SIGN}{signature.pk}", unit=signature.request.unit)
    except ValidationError:
        services.drop_signature(signature)
        raise
    return HttpResponseRedirect(reverse("questions:prove_signature", args=[token]))


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: HttpRequest, slug: str) -> HttpResponse:
    """The form by which a voter signs."""
    found = _public(slug)
    context = {"found": found, **{name: value for name, value in shown(found).items() if name != "request"}}
    if found.state not in SIGNABLE:
        return private(request, "dialogue_sessions/sign_over.html", context, 410 if request.method == "POST" else 200)
    form = SignForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            contact = messaging.contact_for(data["contact"], language=language())
            signature = services.prepare_signature(found, data["name"], data["village"], contact, wants_news=data["wants_news"])
            return _prove(request, signature, contact)
        except (ValidationError, services.SessionError) as error:
            told(form, error)
    return private(request, "dialogue_sessions/sign.html", {**context, "form": form}, 422 if form.errors else 200)


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def prove_signature(request: HttpRequest, token: str) -> HttpResponse:
    """The code of who signs, or who wrote the request."""

    def done(ticket: proving.Ticket) -> HttpResponse:
        found = Signature.objects.select_related("request").filter(pk=int(ticket.purpose.removeprefix(SIGN)), contact=ticket.contact).first()
        try:
            if found is None:
                raise services.WrongState
            new = services.sign(found)
        except services.SessionError as error:
            return private(request, "dialogue_sessions/sign_over.html", {"said": str(error)}, 409)
        mine = Signature.objects.filter(request=found.request_id, contact=ticket.contact, proven_at__isnull=False).first()
        if mine is None:
            raise Http404
        return HttpResponseRedirect(reverse("questions:own_signature", args=[links.signature_token(mine)]) + ("" if new else "?lan=roi"))

    return proving.step(request, token, SIGN, done, title=_("One step more: your code"), back=reverse("questions:requests"))


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def own_signature(request: HttpRequest, token: str) -> HttpResponse:
    """For who signed: where the request stands; they may take the signature back."""
    found = links.signature_of(token)
    if found is None:
        raise Http404
    said = ""
    if request.method == "POST":
        try:
            services.withdraw_signature(found)
        except services.SessionError as error:
            said = str(error)
        else:
            return HttpResponseRedirect(reverse("questions:signature_withdrawn"))
    context = {
        **_progress(found.request), "found": found.request, "signature": found, "said": said, "before": request.GET.get("lan") == "roi",
        "may_withdraw": found.request.state not in [RequestState.CLOSED, RequestState.REFUSED],
        "url": reverse("questions:request", args=[found.request.slug]) if found.request.opened_at else "",
    }  # fmt: skip
    return private(request, "dialogue_sessions/own_signature.html", context, 409 if said else 200)


@require_safe
def signature_withdrawn(request: HttpRequest) -> HttpResponse:
    """After a signature was taken back."""
    return private(request, "dialogue_sessions/signature_withdrawn.html", {})
