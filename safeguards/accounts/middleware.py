"""At each request of somebody signed in: is the session over, and was the second factor shown?

Both stand back from visitors without a session cookie: looking for a user would make every public page `Vary: Cookie`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from . import factors, sessions

# What a browser asks by itself while nobody is there; it keeps no session alive.
BACKGROUND = {"account_session", "wagtailadmin_editing_sessions:ping"}
# Where a session without its second factor may go: to show it, to set it up (only who has none), to leave.
SHOW = "mfa_reauthenticate"
SET_UP = "mfa_activate_totp"
LEAVE = {"account_logout", "wagtailadmin_logout", "account_session"}


def is_staff_or_account(path: str) -> bool:
    """Whether a path is of the back office or of one's account."""
    return path.startswith((*settings.STAFF_PATHS, *settings.ACCOUNT_PATHS))


def _user(request: HttpRequest) -> Any:
    """Who is signed in; None without asking when there is no session cookie."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
        return None
    return request.user


def _is_background(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.view_name in BACKGROUND and (match.view_name != "account_session" or request.method in {"GET", "HEAD"})


class StaffSessions:
    """Ends sessions that were idle or lasted too long (A7)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """End it, or let it through."""
        if _user(request) is not None and (why := sessions.ending(request.session)):
            auth.logout(request)
            if request.method == "GET" and is_staff_or_account(request.path) and "text/html" in request.headers.get("Accept", ""):
                said = {
                    "idle": _("You were signed out because nothing was done for %(minutes)s minutes. Sign in to go on where you were."),
                    "longest": _("You were signed out because your session was %(hours)s hours old. Sign in to go on where you were."),
                }
                values = {"minutes": settings.SESSION_IDLE_SECONDS // 60, "hours": settings.SESSION_LONGEST_SECONDS // 3600}
                messages.info(request, said[why] % values)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Note that somebody is there, unless only their browser is."""
        if _user(request) is not None and not _is_background(request):
            sessions.seen(request.session)


class SecondFactor:
    """Without the second factor a session is nobody's (A1): led to show it from wherever staff may be, a visitor elsewhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing here: the view must be known."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Lead on, or make a visitor of them."""
        if settings.SECOND_FACTOR != "required":
            return None
        user = _user(request)
        if user is None or sessions.has_second_factor(request, user):
            return None
        step = SHOW if factors.is_set_up(user) else SET_UP
        name = request.resolver_match.view_name if request.resolver_match else ""
        # Who has no factor yet may be asked for the password again before setting one up.
        open_to_them = {step, *LEAVE} | ({"account_reauthenticate"} if step == SET_UP else set())
        if name in open_to_them:
            return None
        if is_staff_or_account(request.path):
            back = request.get_full_path() if request.method == "GET" and request.path.startswith(settings.STAFF_PATHS) else ""
            return HttpResponseRedirect(reverse(step) + (f"?{urlencode({'next': back})}" if back else ""))
        request.user = AnonymousUser()
        return None
