"""Where allauth asks the house: messages, addresses of clients, where to go, how to prove oneself again."""

from __future__ import annotations

import ipaddress
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from safeguards.models import User
from safeguards.requests import client_address

from . import factors
from .sessions import SIGNED_IN_AT

# What allauth would say by templates of its own; what is not here is not said.
SAID = {
    "account/messages/logged_out.txt": _("You are signed out."),
    "account/messages/password_changed.txt": _("Your new password is in force. Everywhere else you are signed out."),
    "usersessions/messages/sessions_logged_out.txt": _("You are signed out everywhere else."),
}
FRESH_SECONDS = 300


class AccountAdapter(DefaultAccountAdapter):
    """No sign-up, no mails, addresses of our own."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes their own account."""
        return False

    def is_ajax(self, request: HttpRequest) -> bool:
        """Pages only: nothing here answers in JSON."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """A path of this portal, nothing else (B7)."""
        return url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that limits count by; a network stands for IPv6, none for a socket."""
        return str(ipaddress.ip_network(client_address(request) or "0.0.0.0/32", strict=False).network_address)

    def add_message(self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any) -> None:
        """In our words."""
        if message_template in SAID:
            messages.add_message(request, level, str(SAID[message_template]))

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """Back to the door."""
        return reverse("account_login")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to one's account."""
        return reverse("mfa_index")

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Who has a second factor proves themselves by it: the password alone must not be enough to take it away."""
        if not user.is_authenticated:
            return []
        has_factor = isinstance(user, User) and factors.is_set_up(user)
        name = "mfa_reauthenticate" if has_factor else "reauthenticate"
        url = "mfa_reauthenticate" if has_factor else "account_reauthenticate"
        return [{"id": name, "description": "", "url": reverse(url)}]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not of somebody who has just signed in and has no factor yet: they typed their password a minute ago."""
        request = context.request
        fresh = time.time() - request.session.get(SIGNED_IN_AT, 0) < FRESH_SECONDS
        return not (fresh and not factors.is_set_up(request.user))


class MfaAdapter(DefaultMFAAdapter):
    """allauth reads and writes no secret of a factor itself (factors.py does)."""

    def encrypt(self, text: str) -> str:
        """Refused: a secret written here would be read by allauth's own check, which takes a code twice."""
        raise NotImplementedError("secrets of factors are written by safeguards.accounts.factors")

    def decrypt(self, encrypted_text: str) -> str:
        """Refused, for the same reason."""
        raise NotImplementedError("secrets of factors are read by safeguards.accounts.factors")
