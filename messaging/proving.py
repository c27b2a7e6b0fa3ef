"""The step in which somebody proves a contact: a page that asks for the six digits, for whatever application sends them there.

An application makes the contact, calls `begin`, and sends the visitor to a page of its own whose view is `step`. The address holds a
signed ticket: the contact's row and the purpose, nothing that tells who it is. What the code is good for happens in `done`, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from foundation.forms import TellingForm
from organisation.models import Unit
from safeguards.requests import client_address

from . import addresses
from .channels import carrier
from .codes import NoSuchChannel, TooManyCodes, ask_code, check_code
from .enums import CHANNEL_OF, Channel, CodeVerdict
from .models import Contact

LIVES = 60 * 60  # seconds that a page which asks for a code can be used
_SALT = "messaging.proving"


@dataclass(frozen=True)
class Ticket:
    """Who proves a contact, and what for."""

    contact: Contact
    purpose: str


def seal(contact: Contact, purpose: str) -> str:
    """What stands in the address of the page that asks for the code."""
    return signing.dumps([contact.pk, purpose], salt=_SALT)


def opened(token: str, purpose: str) -> Ticket | None:
    """The ticket of an address, when its purpose begins so; None when it is not ours, too old, or the contact is forgotten."""
    try:
        pk, meant = signing.loads(token, salt=_SALT, max_age=LIVES)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if not isinstance(pk, int) or not str(meant).startswith(purpose):
        return None
    contact = Contact.objects.filter(pk=pk).first()
    return Ticket(contact, str(meant)) if contact is not None else None


class ContactField(forms.CharField):
    """A telephone number or an e-mail address, checked as it is typed; a telephone number only where text messages are sent."""

    def __init__(self, **options: object) -> None:
        attrs = {"class": "field", "autocapitalize": "none", "spellcheck": "false", "autocomplete": "on"}
        options.setdefault("label", _("Telephone number or e-mail address"))
        options.setdefault("max_length", addresses.LONGEST)
        super().__init__(widget=forms.TextInput(attrs=attrs), **options)  # type: ignore[arg-type]

    def clean(self, value: object) -> str:
        """What was typed, as it was typed. Raises ValidationError with what is wrong, in words."""
        typed = str(super().clean(value))
        if not typed:
            return typed
        kind, _normalised = addresses.either(typed)
        if carrier(CHANNEL_OF[kind]) is None:
            raise ValidationError(NO_SMS if CHANNEL_OF[kind] == Channel.SMS else NO_MAIL)
        return typed


NO_SMS = _("This portal sends no text messages. Please give your e-mail address.")
NO_MAIL = _("This portal sends no e-mail. Please give the number of a mobile telephone.")


class CodeForm(TellingForm):
    """Six digits."""

    code = forms.CharField(
        label=_("Code of six digits"),
        max_length=40,
        error_messages={"required": _("Type the six digits that we sent you.")},
        widget=forms.TextInput(attrs={"class": "field code", "autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}),
    )

    def add_error_of_code(self, sentence: str) -> None:
        """Say what is wrong with the code, at its field."""
        self.add_error("code", sentence)
        self.fields["code"].widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"{self['code'].auto_id}_error"}


def too_many(error: TooManyCodes) -> str:
    """A sentence for whoever asked for, or typed, too many."""
    minutes = max(1, -(-error.retry_after // 60))
    said = ngettext(
        "Too many codes for now. Nothing is lost: try again in %(count)s minute.",
        "Too many codes for now. Nothing is lost: try again in %(count)s minutes.",
        minutes,
    )
    return said % {"count": minutes}


def begin(request: HttpRequest, contact: Contact, purpose: str, *, unit: Unit | None = None) -> str:
    """Send a code and give the token of the page that asks for it. Raises ValidationError with a sentence for the visitor."""
    try:
        ask_code(contact, purpose, address=client_address(request), unit=unit)
    except TooManyCodes as error:
        raise ValidationError(too_many(error)) from error
    except NoSuchChannel as error:
        raise ValidationError(NO_SMS if contact.channel == Channel.SMS else NO_MAIL) from error
    return seal(contact, purpose)


def step(
    request: HttpRequest,
    token: str,
    purpose: str,
    done: Callable[[Ticket], HttpResponse],
    *,
    title: str,
    back: str,
    unit: Unit | None = None,
    aside: str = "",
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The page that asks for the code: GET shows it, POST checks it and gives `done(ticket)`, POST with `again` sends another.

    `title` is the page's heading, `back` the address that leads on when the ticket is too old; `aside` a template below
    the heading that says what waits for the code, with the values of `more`. Not within a transaction: tries count
    whatever `done` does. `done` may be called with a contact that is proven although what it asked for is over: it says so itself."""
    ticket = opened(token, purpose)
    if ticket is None:
        return _too_old(request, token, title, back)
    form = CodeForm(request.POST if request.method == "POST" and "again" not in request.POST else None)
    again = request.GET.get("gui-lai") == "1"
    if request.method == "POST":
        address = client_address(request)
        try:
            if "again" in request.POST:
                ask_code(ticket.contact, ticket.purpose, address=address, unit=unit)
                return HttpResponseRedirect(f"{request.path}?gui-lai=1")
            if form.is_valid():
                verdict = check_code(ticket.contact, ticket.purpose, form.cleaned_data["code"], address=address)
                if verdict == CodeVerdict.RIGHT:
                    return done(ticket)
                form.add_error_of_code(str(verdict.label))
        except TooManyCodes as error:
            form = CodeForm({"code": request.POST.get("code", "")})
            form.is_valid()
            form.add_error_of_code(too_many(error))
        except NoSuchChannel:
            form = CodeForm({"code": ""})
            form.add_error_of_code(str(NO_SMS))
    values = {"form": form, "contact": ticket.contact, "title": title, "back": back, "again": again, "robots": "noindex", "aside": aside}
    values |= more or {}
    answer = render(request, "messaging/code.html", values, status=422 if form.errors else 200)
    answer["Cache-Control"] = "no-store, private"
    # Told to no other site. With `no-referrer` browsers send the form from the origin `null`, and no token of ours is taken with that.
    answer["Referrer-Policy"] = "same-origin"
    return answer


def _too_old(request: HttpRequest, token: str, title: str, back: str) -> HttpResponse:
    """An address of ours whose hour is over says how to go on; any other is not there."""
    try:
        signing.loads(token, salt=_SALT)
    except signing.BadSignature as error:
        raise Http404 from error
    answer = render(request, "messaging/code_over.html", {"title": title, "back": back, "robots": "noindex"}, status=410)
    answer["Cache-Control"] = "no-store, private"
    return answer
