"""What follows from signing in."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.signals import user_logged_in as came_through_the_door
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from safeguards.models import User

from . import services, sessions


def begin_session(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Each session knows when it began, whoever began it."""
    sessions.begin(request.session)


def record_sign_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """One event for each sign-in, with its last step."""
    methods = [record.get("type") or record.get("method") for record in get_authentication_records(request, user)]
    services.signed_in(user, str(methods[-1]) if methods else services.PASSWORD)


def connect() -> None:
    """Once, when the application starts."""
    user_logged_in.connect(begin_session, dispatch_uid="safeguards.begin_session")
    came_through_the_door.connect(record_sign_in, dispatch_uid="safeguards.record_sign_in")
