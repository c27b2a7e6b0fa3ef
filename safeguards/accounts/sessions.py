"""How long a session lasts, and whether its second factor was shown."""

from __future__ import annotations

import time
from typing import Any, Literal

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.http import HttpRequest

SIGNED_IN_AT = "signed_in_at"
SEEN_AT = "seen_at"
WRITE_EVERY = 15  # seconds: a click writes the session at most that often
Ending = Literal["idle", "longest"]


def begin(session: SessionBase) -> None:
    """A session of staff begins now."""
    session[SIGNED_IN_AT] = session[SEEN_AT] = int(time.time())


def ending(session: SessionBase) -> Ending | None:
    """Why this session is over; None while it is not. One without its times was begun past this door: it is over."""
    now = time.time()
    if now - session.get(SIGNED_IN_AT, 0) >= settings.SESSION_LONGEST_SECONDS:
        return "longest"
    return "idle" if now - session.get(SEEN_AT, 0) >= settings.SESSION_IDLE_SECONDS else None


def seconds_left(session: SessionBase) -> int:
    """Until it ends if nothing more is done."""
    now = time.time()
    idle = session.get(SEEN_AT, 0) + settings.SESSION_IDLE_SECONDS - now
    longest = session.get(SIGNED_IN_AT, 0) + settings.SESSION_LONGEST_SECONDS - now
    return max(0, int(min(idle, longest)))


def seen(session: SessionBase) -> None:
    """Somebody did something."""
    now = int(time.time())
    if now - session.get(SEEN_AT, 0) >= WRITE_EVERY:
        session[SEEN_AT] = now


def has_second_factor(request: HttpRequest, user: Any) -> bool:
    """Whether a code of a factor that the account still has was shown in this session."""
    known = set(getattr(user, "factor_ids", None) or ())
    return any(record.get("method") == "mfa" and record.get("id") in known for record in get_authentication_records(request, user))


def purge() -> int:
    """Forget what was noted about sessions that are over (allauth's list of one's sessions)."""
    from allauth.usersessions.models import UserSession

    removed: int
    removed, _ = UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    return removed
