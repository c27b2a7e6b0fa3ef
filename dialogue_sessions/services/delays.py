"""A session that begins late: everybody sees it, and those with a seat are told."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from foundation.hours import clock
from safeguards.models import User
from safeguards.services import record

from ..enums import BEFORE_START, RegistrationState, SessionState
from ..models import Delay, Session
from . import gate
from .errors import Invalid, ReasonMissing, SessionError, WrongState


def tell_delay(session: Session, minutes: int, reason: str, actor: User | None) -> Delay:
    """The session begins so many minutes after its time; 0 takes back what was told before. Whoever has a confirmed seat and a contact
    gets a notice that is of use until it begins. Told twice (the same minutes and reason), it is one. Raises ReasonMissing, Invalid,
    WrongState, Busy."""
    from ..day_notices import tell

    reason = " ".join(reason.split())
    if not reason:
        raise ReasonMissing
    with gate.change():
        current = gate.lock(session.pk)
        if current.state not in [*BEFORE_START, SessionState.UNDER_WAY]:
            raise WrongState
        last = latest(current)
        delay = Delay(session=current, minutes=minutes, reason=reason, starts_at=current.starts_at)
        try:
            delay.full_clean()
        except ValidationError as error:
            raise Invalid(error) from error
        delay.starts_at = current.starts_at + dt.timedelta(minutes=minutes)
        if last is not None and (last.minutes, last.reason, last.starts_at) == (minutes, reason, delay.starts_at):
            return last
        if last is None and not minutes:
            raise SessionError(_("No delay was told, so there is none to take back."))
        begins = clock(delay.starts_at)
        if delay.starts_at <= gate.now():
            raise SessionError(
                _("That would be %(begins)s, which is past. Say how many minutes after its time it will really begin.") % {"begins": begins}
            )
        if delay.starts_at >= current.ends_at:
            raise SessionError(_("That would be %(begins)s, when the session ends. Move the session to another time instead.") % {"begins": begins})
        delay.save(force_insert=True)
        record(
            "dialogue_sessions.delay_told",
            current,
            actor=actor,
            payload={"minutes": minutes, "starts_at": delay.starts_at.isoformat(), "reason": reason},
        )
        tell(current, delay, list(current.registrations.filter(state=RegistrationState.CONFIRMED).exclude(contact_hmac="").order_by("pk")))
    return delay


def latest(session: Session) -> Delay | None:
    """What was told last, as long as the session still has the time that it was told of. One query."""
    last = session.delays.order_by("-pk").first()
    if last is None or last.starts_at != session.starts_at + dt.timedelta(minutes=last.minutes):
        return None
    return last
