"""Sessions that were held before there was a portal to announce them on: written down at once, as held."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import gettext as _

from safeguards.models import User
from safeguards.services import record_many

from ..enums import SessionState
from ..models import Pool, Session
from . import gate
from .errors import SessionError


def add_held(sessions: Sequence[Session], pools: Sequence[Pool], actor: User | None) -> list[Session]:
    """Write down sessions that are over, with their seats, in a few statements however many they are: a year of reception days is. Each
    says when it was announced. What the database refuses raises IntegrityError. Not in production, where sessions are announced before
    they are held. Raises SessionError for one that is not over."""
    if settings.STAGE == "production":
        raise RuntimeError("Nothing is dated back in production.")
    moment = gate.now()
    if any(one.ends_at > moment or one.announced_at is None for one in sessions):
        raise SessionError(_("This session is not over yet: plan and announce it."))
    with gate.change():
        for one in sessions:
            one.state = SessionState.HELD
        made = Session.objects.bulk_create(sessions)
        Pool.objects.bulk_create(pools)
        record_many([("dialogue_sessions.session_held", one, {"slug": one.slug, "from": "", "before": True}) for one in made], actor=actor)
    return made
