"""Who somebody is: by name and password, and again at each request of a session."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
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
        from allauth.mfa.models import Authenticator

        user = (
            User.objects.filter(pk=user_id)
            .annotate(
                group_ids=ArraySubquery(User.groups.through.objects.filter(user_id=OuterRef("pk")).order_by("group_id").values("group_id")),
                permission_ids=ArraySubquery(
                    User.user_permissions.through.objects.filter(user_id=OuterRef("pk")).order_by("permission_id").values("permission_id")
                ),
                factor_ids=ArraySubquery(Authenticator.objects.filter(user_id=OuterRef("pk")).order_by("pk").values("pk")),
            )
            .first()
        )
        return user if user is not None and self.user_can_authenticate(user) else None
