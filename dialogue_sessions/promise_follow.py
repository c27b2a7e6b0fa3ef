"""Following a promise: a contact is typed, proven by a code, and from then on hears of each change; one link ends it."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from foundation.forms import TellingForm
from messaging import proving
from messaging.services import contact_for

from . import services
from .promise_views import public_promise
from .services import following

PURPOSE = "dialogue_sessions.follow"


class FollowForm(TellingForm):
    """Where to write to."""

    contact = proving.ContactField(
        error_messages={"required": gettext_lazy("Type your telephone number or your e-mail address.")},
    )
    # Filled in by programs alone: nobody sees it.
    website = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput())


def private(response: HttpResponse) -> HttpResponse:
    """What is one visitor's own is kept by nobody, and says nothing to where they go next."""
    response["Cache-Control"] = "no-store, private"
    response["Referrer-Policy"] = "same-origin"  # with none at all, browsers send a form without its origin, and it is refused
    return response


def _purpose(pk: int) -> str:
    return f"{PURPOSE}:{pk}"


@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the contact, then lead to the code."""
    promise = public_promise(pk)
    form = FollowForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and not form.cleaned_data["website"]:
        try:
            contact = contact_for(form.cleaned_data["contact"], language=get_language() or "vi")
            ticket = proving.begin(request, contact, _purpose(pk), unit=promise.unit)
        except ValidationError as error:
            form.add_error("contact", error)
            form.fields["contact"].widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"{form['contact'].auto_id}_error"}
        else:
            return private(HttpResponseRedirect(reverse("promises:prove", args=[pk, ticket])))
    context = {"form": form, "promise": promise, "robots": "noindex", "section": "promises"}
    return private(render(request, "dialogue_sessions/promises/follow.html", context, status=422 if form.errors else 200))


def prove(request: HttpRequest, pk: int, token: str) -> HttpResponse:
    """Ask for the code; with the right one the contact follows."""
    promise = public_promise(pk)

    def done(ticket: proving.Ticket) -> HttpResponse:
        services.follow(promise, ticket.contact)
        return private(HttpResponseRedirect(reverse("promises:followed", args=[pk])))

    if request.method not in {"GET", "HEAD", "POST"}:
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD, POST"})
    # The whole purpose: a ticket for promise 1 is none for promise 12.
    ticket = proving.opened(token, _purpose(pk))
    if ticket is not None and ticket.purpose != _purpose(pk):
        raise Http404
    return proving.step(
        request, token, _purpose(pk), done, title=_("Confirm that you follow this promise"), back=reverse("promises:follow", args=[pk]),
        unit=promise.unit,
    )  # fmt: skip


@require_safe
@never_cache
def followed(request: HttpRequest, pk: int) -> HttpResponse:
    """It is done; says what comes now. Nothing of whoever asks."""
    context = {"promise": public_promise(pk), "robots": "noindex", "section": "promises"}
    return private(render(request, "dialogue_sessions/promises/followed.html", context))


@require_http_methods(["GET", "HEAD", "POST"])
def unfollow(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows the button, since mail scanners follow every link; POST ends it. A link that was used says so."""
    follower = following.follower_of(token)
    if follower is None and not following.is_ours(token):
        raise Http404
    if follower is not None and request.method == "POST":
        services.unfollow(follower)
        return private(HttpResponseRedirect(request.path))
    context = {"follower": follower, "robots": "noindex", "section": "promises"}
    return private(render(request, "dialogue_sessions/promises/unfollow.html", context))
