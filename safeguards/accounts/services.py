"""The door of staff accounts: every change of theirs, each with its event. No event holds more of a person than the account's id."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from safeguards.models import User
from safeguards.requests import client_address
from safeguards.services import record

from . import attempts, factors
from .backends import StaffBackend, find

if TYPE_CHECKING:
    from allauth.mfa.models import Authenticator

PASSWORD, CODE = "password", "second_factor"  # the names of the two steps


class LinkTokens(PasswordResetTokenGenerator):
    """Links to choose a password: they die with the password that they replace, and after PASSWORD_RESET_TIMEOUT."""

    key_salt = "safeguards.accounts.link"


link_tokens = LinkTokens()


def _failed(user: User | None, step: str, last: bool) -> None:
    with transaction.atomic():
        # Of an unknown name as much is written as of a known one: neither work nor time tells them apart (A5).
        subject = user or User()
        record("safeguards.sign_in_failed", subject, payload={"step": step})
        if last:
            record("safeguards.sign_in_locked", subject, payload={"step": step})


def _account_key(user: User | None, name: str) -> str:
    # By id: other spellings of a name lead to the same account and count together.
    return f"id {user.pk}" if user is not None else f"name {name.strip().casefold()}"


def check_password(request: HttpRequest, name: str, password: str) -> User | None:
    """The account when name and password fit and it is active; raises TooManyTries, for unknown names too."""
    by_address = attempts.begin("login", client_address(request))
    user = find(name)
    by_account = attempts.begin("login_account", _account_key(user, name))
    found = StaffBackend().authenticate(request, username=name, password=password)
    if found is None:
        _failed(user, PASSWORD, by_account.last)
        return None
    by_account.succeeded()
    by_address.succeeded()
    return found


def check_code(request: HttpRequest, user: User, code: str) -> Authenticator | None:
    """The factor that the code is of, used up by this; raises TooManyTries."""
    by_address = attempts.begin("login", client_address(request))
    by_account = attempts.begin("second_factor", str(user.pk))
    found = factors.verify(user, code)
    if found is None:
        _failed(user, CODE, by_account.last)
        return None
    by_account.succeeded()
    by_address.succeeded()
    if found.type == "recovery_codes":
        with transaction.atomic():
            record("safeguards.recovery_code_used", user, actor=user, payload={"left": len(found.data["hashes"])})
    return found


@transaction.atomic
def signed_in(user: User, step: str) -> None:
    """Somebody is in; `step` is the last one they passed."""
    record("safeguards.signed_in", user, actor=user, payload={"step": step})


@transaction.atomic
def add_factor(user: User, secret: str, period: int) -> tuple[Authenticator, list[str]]:
    """Set up the second factor; gives it and the recovery codes. Raises IntegrityError where there is one."""
    made = factors.add(user, secret, period)
    record("safeguards.second_factor_added", user, actor=user)
    return made


@transaction.atomic
def renew_recovery_codes(user: User) -> list[str]:
    """New recovery codes; the old ones are worth nothing any more."""
    codes = factors.renew_recovery_codes(user)
    record("safeguards.recovery_codes_renewed", user, actor=user)
    return codes


@transaction.atomic
def remove_factor(user: User, *, actor: User | None) -> bool:
    """Take the second factor away, by oneself or by who manages accounts; whether there was one. Sessions that it opened
    count as without one from the next request on."""
    if not factors.remove(user):
        return False
    record("safeguards.second_factor_removed", user, actor=actor, payload={"own": actor == user})
    return True


@transaction.atomic
def change_password(user: User, password: str) -> None:
    """One's own new password; all other sessions end."""
    user.set_password(password)
    user.save(update_fields=["password"])
    record("safeguards.password_changed", user, actor=user, payload={"by": "oneself"})


@transaction.atomic
def choose_password(user: User, password: str) -> None:
    """The password chosen by a link; the link is used up, and a lock by failures is over."""
    user.set_password(password)
    user.save(update_fields=["password"])
    attempts.forget("login_account", _account_key(user, ""))
    record("safeguards.password_changed", user, actor=user, payload={"by": "link"})


@transaction.atomic
def give_link(user: User, *, actor: User | None) -> str:
    """An address by which this person chooses a password, once and within PASSWORD_RESET_TIMEOUT. The former password and
    all sessions end at once, and so do links given before."""
    user.set_unusable_password()
    user.save(update_fields=["password"])
    record("safeguards.link_given", user, actor=actor)
    with translation.override(settings.LANGUAGE_CODE):
        path = reverse("account_link", args=[urlsafe_base64_encode(force_bytes(user.pk)), link_tokens.make_token(user)])
    return urljoin(settings.WAGTAILADMIN_BASE_URL, path)


def locked_seconds(user: User) -> int:
    """For how many seconds from now this account is locked by failures; 0 when it is not."""
    return max(attempts.locked_seconds("login_account", _account_key(user, "")), attempts.locked_seconds("second_factor", str(user.pk)))


@transaction.atomic
def unlock(user: User, *, actor: User | None) -> None:
    """Forget the failures of an account."""
    attempts.forget("login_account", _account_key(user, ""))
    attempts.forget("second_factor", str(user.pk))
    record("safeguards.account_unlocked", user, actor=actor)


@transaction.atomic
def account_saved(user: User, *, actor: User, made: bool, changed: list[str]) -> None:
    """Who manages accounts made or changed this one; `changed` names fields, not what is in them."""
    groups = sorted(user.groups.values_list("name", flat=True))
    payload = {"changed": sorted(changed), "roles": groups, "active": user.is_active, "manages_accounts": user.is_superuser}
    record("safeguards.account_made" if made else "safeguards.account_changed", user, actor=actor, payload=payload)
