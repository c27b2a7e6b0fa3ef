"""Who somebody is: by name and password, and again at each request of a session."""

from __future__ import annotations

import functools
import unicodedata
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.http import HttpRequest

from safeguards.models import User


def find(name: str) -> User | None:
    """The account of a typed name, in one query whether there is one or not. Capital letters do not matter unless two
    names differ in them only."""
    typed = unicodedata.normalize("NFKC", name).strip()
    if not typed or "\x00" in typed:
        return None
    found = list(User.objects.filter(username__iexact=typed)[:3])
    exact = [user for user in found if user.username == typed]
    return exact[0] if exact else found[0] if len(found) == 1 else None


class StaffBackend(ModelBackend):
    """Django's, finding names as people type them, and loading with the user of a request all that its session depends on."""

    def authenticate(self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any) -> User | None:
        """The account when the password is right and it is active. The password is hashed once, whoever is asked for."""
        if username is None or not password:
            return None
        user = find(username)
        if user is None:
            User().set_password(password)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None

    def get_user(self, user_id: Any) -> User | None:
        """The user of a session, with the ids of groups, rights and factors, in one query."""
        user = next(iter(_with_all_that_a_session_depends_on().filter(pk=user_id)), None)
        return user if user is not None and self.user_can_authenticate(user) else None


@functools.cache
def _with_all_that_a_session_depends_on() -> models.QuerySet[User]:
    """Accounts with the ids of their groups, rights and factors. Made once: each request clones it, which takes a half of the time that
    it takes to say it all again."""
    from allauth.mfa.models import Authenticator

    of_it = models.OuterRef("pk")
    rights = User.user_permissions.through.objects.filter(user_id=of_it).order_by("permission_id")
    return User.objects.annotate(
        group_ids=ArraySubquery(User.groups.through.objects.filter(user_id=of_it).order_by("group_id").values("group_id")),
        permission_ids=ArraySubquery(rights.values("permission_id")),
        factor_ids=ArraySubquery(Authenticator.objects.filter(user_id=of_it).order_by("pk").values("pk")),
    )
