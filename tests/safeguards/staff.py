"""Staff for the tests of accounts: an editor with a password, a factor, and the codes of their telephone."""

from __future__ import annotations

import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from safeguards.accounts import factors, services
from safeguards.models import User
from tests.beginnings import house_roles

PASSWORD = "bảy con mèo ngồi đếm sao"  # pragma: allowlist secret
LOGIN = "/tai-khoan/dang-nhap/"
CODE = "/tai-khoan/dang-nhap/ma/"
SET_UP = "/tai-khoan/lop-thu-hai/thiet-lap/"
STAFF = "/admin/account/"


def person(name: str = "lan", *, role: str = "editor", password: str | None = PASSWORD, **more) -> User:
    """A member of staff who may open the back office."""
    if not Group.objects.filter(name=role).exists():
        house_roles()
    user = User.objects.create_user(name, password=password, **more)
    user.groups.add(Group.objects.get(name=role))
    return user


def code_at(secret: str, steps: int = 0) -> str:
    """What the telephone shows now, or so many periods later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // factors.PERIOD + steps))


class Telephone:
    """An authenticator app with the key of one account, set up long ago."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.secret = factors.new_secret()
        _, self.recovery = services.add_factor(user, self.secret, 0)

    def code(self, steps: int = 0) -> str:
        """The code of this period, or of another one."""
        return code_at(self.secret, steps)


def type_password(client: Client, name: str = "lan", password: str = PASSWORD, **extra):
    """The first step."""
    return client.post(LOGIN, {"login": name, "password": password, "next": extra.pop("next", STAFF)}, **extra)


def type_code(client: Client, code: str, **extra):
    """The second step."""
    return client.post(CODE, {"code": code}, **extra)


def is_in(client: Client) -> bool:
    """Whether the back office opens."""
    return client.get(reverse("wagtailadmin_home")).status_code == 200
