"""The forms of the account pages. Each looks at a secret through `services`, where tries are counted; what is refused
there is no error of a form but TooManyTries, which the view answers with 429."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from allauth.account.models import Login
from allauth.core import context
from allauth.mfa.base.internal.flows import post_authentication
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from foundation.forms import TellingForm
from safeguards import encryption
from safeguards.models import User

from . import factors, services
from .passwords import LONGEST

PENDING_SECRET = "second_factor_pending"  # noqa: S105  # a key of the session  # pragma: allowlist secret


def _password(label: Any, autocomplete: str = "current-password", **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label, strip=False, max_length=LONGEST, widget=forms.PasswordInput(attrs={"autocomplete": autocomplete, "class": "field"}), **more
    )


def _code() -> forms.CharField:
    attrs = {"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false", "class": "field"}
    return forms.CharField(label=_("Code"), max_length=40, widget=forms.TextInput(attrs=attrs))


class SignInForm(TellingForm, LoginForm):
    """Name and password. An unknown name, a wrong password and a closed account read the same."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        attrs = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "class": "field"}
        self.fields["login"] = forms.CharField(label=_("Account name"), max_length=150, widget=forms.TextInput(attrs=attrs))
        self.fields["password"] = _password(_("Password"))
        self.order_fields(["login", "password"])

    def _clean_with_password(self, credentials: dict[str, str]) -> dict[str, Any]:
        user = services.check_password(self.request, credentials["username"], credentials["password"])
        if user is None:
            raise ValidationError(_("Account name and password do not fit together. Check both, and whether capital letters are switched on."))
        self.user = user
        self._login = Login(user=user)
        return self.cleaned_data


class PasswordAgainForm(TellingForm):
    """One's own password once more, before something that matters."""

    password = _password(_("Password"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        """Wrong is an error of the field."""
        password: str = self.cleaned_data["password"]
        if services.check_password(context.request, self.user.username, password) != self.user:
            raise ValidationError(_("This is not your password. Try again."))
        return password


class CodeForm(TellingForm):
    """The second step of signing in."""

    code = _code()
    again = False

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_code(self) -> str:
        """Wrong, used and outdated codes read the same."""
        code: str = self.cleaned_data["code"]
        self.authenticator = services.check_code(context.request, self.user, code)
        if self.authenticator is None:
            raise ValidationError(_("This code is not right, or it was used already. Wait for the next one in your app, or type a recovery code."))
        self.authenticator.user = self.user
        return code

    def save(self) -> None:
        """Remember in the session that this step was passed."""
        post_authentication(context.request, self.authenticator, reauthenticated=self.again)


class CodeAgainForm(CodeForm):
    """A code before something that matters, or in a session that began without one."""

    again = True


class ActivateForm(TellingForm):
    """The first code of an app that was just given its key. The key waits in the session, encrypted."""

    code = _code()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        place = f"session|{user.pk}"
        session = context.request.session
        try:
            self.secret = encryption.decrypt(session.get(PENDING_SECRET, ""), place)
        except encryption.Unreadable:  # none yet, or its key is gone: the picture shows another one
            self.secret = factors.new_secret()
            session[PENDING_SECRET] = encryption.encrypt(self.secret, place)

    def clean_code(self) -> str:
        """The period of the code is kept, so that the same one opens nothing again."""
        code: str = self.cleaned_data["code"]
        period = factors.period_of(self.secret, code)
        if period is None:
            raise ValidationError(
                _("This code does not belong to the key above. Check that your telephone's clock is right, and type the code shown now.")
            )
        self.period = period
        return code


class NewPasswordForm(TellingForm):
    """A password, typed twice."""

    password1 = _password(_("New password"), "new-password")
    password2 = _password(_("New password, once more"), "new-password")

    def __init__(self, user: User | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password1(self) -> str:
        """Held against the rules, with this account's own names."""
        password: str = self.cleaned_data["password1"]
        validate_password(password, self.user)
        return password

    def clean(self) -> dict[str, Any]:
        """Both the same."""
        cleaned = super().clean() or {}
        if "password1" in cleaned and "password2" in cleaned and cleaned["password1"] != cleaned["password2"]:
            self.add_error("password2", gettext("The two passwords differ. Type the same one twice."))
        return cleaned


class LinkPasswordForm(NewPasswordForm):
    """The password of somebody who came by a link."""

    def save(self) -> User:
        """Keep it."""
        assert self.user is not None  # noqa: S101  # the view found it by the link
        services.choose_password(self.user, self.cleaned_data["password1"])
        return self.user


class ChangePasswordForm(NewPasswordForm):
    """One's own password, with the former one."""

    field_order = ("oldpassword", "password1", "password2")
    oldpassword = _password(_("Your password until now"))

    def clean_oldpassword(self) -> str:
        """Tries count here, too: who found an open session does not guess at leisure."""
        password: str = self.cleaned_data["oldpassword"]
        assert self.user is not None  # noqa: S101  # the view asks for a session
        if services.check_password(context.request, self.user.username, password) != self.user:
            raise ValidationError(_("This is not your password. Try again."))
        return password

    def save(self) -> None:
        """Keep it."""
        assert self.user is not None  # noqa: S101
        services.change_password(self.user, self.cleaned_data["password1"])
