"""The account pages: signing in, the second factor, recovery codes, password, sessions, links to choose a password."""

from __future__ import annotations

import math
from typing import Any

from allauth.account import views as account
from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.stagekit import clear_login, get_pending_stage
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.base import views as mfa
from allauth.usersessions import views as usersessions
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import PasswordResetConfirmView
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django.views.generic import FormView, TemplateView

from foundation import qr
from safeguards.models import User
from safeguards.services import record

from . import factors, services, sessions
from .attempts import TooManyTries
from .forms import PENDING_SECRET, ActivateForm, CodeForm, LinkPasswordForm, SignInForm

FIRST_STEP = "first_step"  # a key of the session


def locked(request: HttpRequest, retry_after: int) -> HttpResponse:
    """429: which account, address or name it was, the page does not say."""
    response = render(request, "account/locked.html", {"minutes": math.ceil(retry_after / 60), "robots": "noindex"}, status=429)
    response["Retry-After"] = str(retry_after)
    return response


def new_key(request: HttpRequest) -> None:
    """Another key for the session: who learned the former one learned nothing. The list of one's sessions follows."""
    request.session.cycle_key()
    UserSession.objects.create_from_request(request)


class AccountPage:
    """Every account page: nobody keeps or finds it, and too many failures are answered with 429."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The page, or 429."""
        try:
            response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        except TooManyTries as refused:
            return locked(request, refused.retry_after)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What the pages share."""
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return {**context, "robots": "noindex", "second_factor": settings.SECOND_FACTOR, "section": "account"}


class SignIn(AccountPage, account.LoginView):
    """The one door."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Who is in but may enter nothing is told so; led on, they would be led back here for ever."""
        if request.user.is_authenticated and not request.user.has_perm("wagtailadmin.access_admin"):
            return render(request, "account/no_rights.html", {"robots": "noindex"}, status=403)
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: SignInForm) -> HttpResponse:
        """The session remembers with which password and rights the first step was taken."""
        self.request.session[FIRST_STEP] = form.user.get_session_auth_hash()
        response: HttpResponse = super().form_valid(form)
        return response


class SignOut(AccountPage, account.LogoutView):
    """Asks, and signs out by POST only."""


class ShowCode(AccountPage, mfa.AuthenticateView):
    """The second step of signing in."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A first step that was taken with a password of the past, or before other rights, counts for nothing: it ends with the
        sessions that the change ended."""
        stage = get_pending_stage(request)
        if stage is not None and not constant_time_compare(request.session.get(FIRST_STEP, ""), stage.login.user.get_session_auth_hash()):
            clear_login(request)
            return HttpResponseRedirect(reverse("account_login"))
        return super().dispatch(request, *args, **kwargs)


@method_decorator(login_required, name="dispatch")
class PasswordAgain(AccountPage, account.ReauthenticateView):
    """One's password before something that matters."""


@method_decorator(login_required, name="dispatch")
class CodeAgain(AccountPage, mfa.ReauthenticateView):
    """A code before something that matters, and in a session that has not shown one."""

    def form_valid(self, form: CodeForm) -> HttpResponse:
        """A session that may do more from now on gets a new key."""
        rises = not sessions.has_second_factor(self.request, self.request.user)
        response: HttpResponse = super().form_valid(form)
        if rises:
            new_key(self.request)
        return response


@method_decorator(login_required, name="dispatch")
class Account(AccountPage, TemplateView):
    """One's own account: what it is protected by."""

    template_name = "mfa/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The factor, and how many recovery codes are left."""
        user = self.request.user
        assert isinstance(user, User)  # noqa: S101  # login_required
        has_factor = factors.is_set_up(user)
        return super().get_context_data(
            has_factor=has_factor,
            codes_left=factors.recovery_codes_left(user) if has_factor else 0,
            sessions=UserSession.objects.filter(user=user).count(),
        )


def show_codes(request: HttpRequest, codes: list[str], *, first: bool) -> HttpResponse:
    """The recovery codes, in this one answer; they stand nowhere else."""
    go_on = get_next_redirect_url(request) or reverse(settings.LOGIN_REDIRECT_URL if first else "mfa_index")
    response = render(request, "mfa/recovery_codes.html", {"codes": codes, "first": first, "go_on": go_on, "robots": "noindex"})
    response["Cache-Control"] = "no-store, private"
    return response


@method_decorator(login_required, name="dispatch")
@method_decorator(reauthentication_required(app="allauth.mfa"), name="dispatch")
class SetUp(AccountPage, FormView[ActivateForm]):
    """Give an authenticator app its key, and see a first code of it."""

    form_class = ActivateForm
    template_name = "mfa/totp/activate_form.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Not where there is one."""
        assert isinstance(request.user, User)  # noqa: S101  # login_required
        if factors.is_set_up(request.user):
            return HttpResponseRedirect(reverse("mfa_index"))
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        """The form asks whose key it is."""
        return {**super().get_form_kwargs(), "user": self.request.user}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The key as a picture and in letters."""
        context = super().get_context_data(**kwargs)
        secret = context["form"].secret
        address = factors.address(self.request.user, secret)  # type: ignore[arg-type]
        return {
            **context,
            "picture": qr.svg(address, title=_("The key as a QR code")),
            "letters": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
            "next": get_next_redirect_url(self.request),
        }

    def form_valid(self, form: ActivateForm) -> HttpResponse:
        """Keep it. The session has now shown its second factor, and gets a new key: it may do more than before."""
        try:
            row, codes = services.add_factor(form.user, form.secret, form.period)
        except IntegrityError:  # the same form sent twice at once: the other one was first
            return HttpResponseRedirect(reverse("mfa_index"))
        self.request.session.pop(PENDING_SECRET, None)
        record_authentication(self.request, form.user, "mfa", id=row.pk, type=row.type)
        new_key(self.request)
        return show_codes(self.request, codes, first=True)


@method_decorator(login_required, name="dispatch")
@method_decorator(reauthentication_required(app="allauth.mfa"), name="dispatch")
class TakeAway(AccountPage, TemplateView):
    """Take one's second factor away (a new telephone, for one). Where it is demanded, the next page sets up another."""

    template_name = "mfa/totp/deactivate_form.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask, where there is something to ask about."""
        if not factors.is_set_up(request.user):  # type: ignore[arg-type]
            return HttpResponseRedirect(reverse("mfa_index"))
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Do it."""
        assert isinstance(request.user, User)  # noqa: S101  # login_required
        if services.remove_factor(request.user, actor=request.user):
            messages.success(request, _("Your second factor is gone. Your recovery codes are, too."))
        return HttpResponseRedirect(reverse("mfa_index"))


@method_decorator(login_required, name="dispatch")
@method_decorator(reauthentication_required(app="allauth.mfa"), name="dispatch")
class RenewCodes(AccountPage, TemplateView):
    """New recovery codes."""

    template_name = "mfa/recovery_codes_renew.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask, where there is a factor that they stand in for."""
        if not factors.is_set_up(request.user):  # type: ignore[arg-type]
            return HttpResponseRedirect(reverse("mfa_index"))
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make them, and show them once."""
        assert isinstance(request.user, User)  # noqa: S101  # login_required
        if not factors.is_set_up(request.user):
            return HttpResponseRedirect(reverse("mfa_index"))
        return show_codes(request, services.renew_recovery_codes(request.user), first=False)


@method_decorator(login_required, name="dispatch")
class ChangePassword(AccountPage, account.PasswordChangeView):
    """One's own new password."""


class Sessions(AccountPage, usersessions.ListUserSessionsView):
    """Where one is signed in, and ending all but this."""

    def form_valid(self, form: Any) -> HttpResponse:
        """End them, with an event."""
        assert isinstance(self.request.user, User)  # noqa: S101  # login_required
        with transaction.atomic():
            record("safeguards.other_sessions_ended", self.request.user, actor=self.request.user)
            response: HttpResponse = super().form_valid(form)
        return response


class ChoosePassword(AccountPage, PasswordResetConfirmView):
    """Where a link leads that somebody was given: Django's page, by which the token leaves the address at once."""

    form_class = LinkPasswordForm  # type: ignore[assignment]  # the stubs want Django's own form
    template_name = "account/link.html"
    token_generator = services.link_tokens
    success_url = reverse_lazy("account_login")
    reset_url_token = "chon"  # noqa: S105  # the last part of the address, in place of the token

    def get_user(self, uidb64: str) -> User | None:
        """The account, while it is active."""
        user = super().get_user(uidb64)
        return user if isinstance(user, User) and user.is_active else None

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep it, and lead to the door."""
        response: HttpResponse = super().form_valid(form)
        messages.success(self.request, _("Your password is set. Sign in with it."))
        return response


@require_http_methods(["GET", "HEAD", "POST"])
def session_state(request: HttpRequest) -> JsonResponse:
    """For the warning before a session ends: how many seconds are left, and a token for forms that waited. POST means
    somebody is there (StaffSessions notes it); a GET keeps nothing alive."""
    signed_in = request.user.is_authenticated
    return JsonResponse({"seconds": sessions.seconds_left(request.session) if signed_in else 0, "token": get_token(request) if signed_in else ""})
