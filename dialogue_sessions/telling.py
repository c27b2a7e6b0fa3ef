"""What somebody who registered is told, and when: notices go into the outbox in the transaction of the change that they tell of.

The contact is found by its HMAC, the same that messaging knows it by, and kept as long as the registration is known. Whoever gave
none is told nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from foundation.hours import clock, clock_day
from messaging import services as messaging
from messaging.models import Contact
from safeguards.encryption import Unreadable

from . import contacts, notices, tickets
from .enums import PoolKind, RegistrationState, SessionState
from .models import FormerPlace, Registration, RetentionPolicy, Session, SessionMove

State = RegistrationState
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
REMINDERS = {notices.REMINDER_DAY: DAY, notices.REMINDER_HOUR: HOUR}  # so long before


def keep_until(session: Session) -> dt.date:
    """The last day on which it is known who registered for a session."""
    return timezone.localdate(session.ends_at) + dt.timedelta(days=RetentionPolicy.objects.days())


def contact_of(registration: Registration) -> Contact | None:
    """By what the person is reached; None without a contact, or when it is forgotten or cannot be read."""
    if not registration.contact_hmac:
        return None
    found = Contact.objects.filter(digest=registration.contact_hmac).first()
    if found is not None:
        return found
    try:
        typed = contacts.opened(registration)[1]
        return messaging.contact_for(typed) if typed else None
    except (Unreadable, ValidationError):
        return None


def in_words(begins: dt.datetime, ends: dt.datetime) -> str:
    """When it is, in the language of the moment: Thursday 03/12/2026, 18:30–20:30."""
    from_, to = timezone.localtime(begins), timezone.localtime(ends)
    return f"{formats.date_format(from_, 'l')} {from_:%d/%m/%Y}, {clock(from_)}–{clock(to)}"


def where(session: Session) -> str:
    """The room with its building, or the place."""
    if session.room is not None:
        return f"{session.room}, {session.room.point}"
    return session.place


def tell(kind: str, registration: Registration, *, occasion: str = "", not_before: dt.datetime | None = None,
         expires_at: dt.datetime | None = None, **values: str) -> bool:  # fmt: skip
    """Write one notice to whoever registered, once an occasion; whether there is somebody to write to. In a transaction."""
    contact = contact_of(registration)
    if contact is None:
        return False
    session = registration.session
    messaging.keep(contact, keep_until(session))
    with translation.override(contact.language):
        known = {
            "title": session.name, "when": in_words(session.starts_at, session.ends_at), "time": _short(session.starts_at),
            "place": where(session) or _("see the page of your registration"), "link": tickets.address_of(registration, contact.language),
            "number": str(registration.seat_no or "–"), "people": str(registration.size),
        } | values  # fmt: skip
        wanted = {placeholder.name for placeholder in notices.kind(kind).placeholders}
        said = {name: value for name, value in known.items() if name in wanted}
        messaging.send(
            kind, contact, said, dedupe_key=f"{kind}:{registration.pk}{occasion}", not_before=not_before, expires_at=expires_at, unit=session.unit
        )
    return True


def _short(moment: dt.datetime) -> str:
    return clock_day(moment)


# ── A change of a seat ────────────────────────────────────────────────────────────────────────────────────────────────


def seat_changed(registration: Registration, was: str) -> None:
    """Tell what a change means, in its transaction. A seat that is held and never confirmed is nobody's yet: nothing is told."""
    state = registration.state
    if not registration.is_proven or not registration.contact_hmac or state == was:
        return
    if state == State.CONFIRMED:
        _confirmed(registration)
    elif state == State.WAITING:
        waits(registration)
    elif state == State.OFFERED:
        _offered(registration)
    elif state == State.EXPIRED and was == State.OFFERED:
        tell(notices.OFFER_LAPSED, registration)
    elif state == State.CANCELLED:
        tell(notices.CANCELLED, registration)
        drop_reminders(registration, registration.session.starts_at)


def _confirmed(registration: Registration) -> None:
    from .jobs import remind

    if tell(notices.CONFIRMED, registration) and timezone.now() < registration.session.starts_at - HOUR:
        remind.defer(registration_id=registration.pk)  # written when nobody waits at the gate


def waits(registration: Registration) -> None:
    """On the waiting list, with the contact proven."""
    from .services.waiting import position

    if registration.contact_hmac:
        tell(notices.WAITING, registration, position=str(position(registration) or 1))


def _offered(registration: Registration) -> None:
    until = registration.offered_until or registration.session.offers_end()
    # An offer that ends before the quiet hours do would be told when it is over: such a one comes at night, too.
    kind = notices.OFFERED_SOON if notices.would_be_late(until) else notices.OFFERED
    tell(kind, registration, expires_at=until, until=_short(until))


# ── Reminders ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _occasion(starts_at: dt.datetime) -> str:
    return f":{int(starts_at.timestamp())}"


def plan_reminders(registration: Registration, again: str = "") -> int:
    """Write the reminders of a confirmed seat that are still to come; the caller holds the gate. Gives how many. `again` names why they
    are written anew, once those that stood were taken back."""
    session, now = registration.session, timezone.now()
    if registration.state != State.CONFIRMED or session.state == SessionState.CANCELLED:
        return 0
    begins = session.starts_at
    done = 0
    for kind, before in REMINDERS.items():
        if now < begins - before:
            ends = begins if before == HOUR else begins - 2 * HOUR
            done += tell(kind, registration, occasion=_occasion(begins) + again, not_before=begins - before, expires_at=ends)
    return done


def drop_reminders(registration: Registration, starts_at: dt.datetime) -> None:
    """Take back the reminders of a time that does not hold any more."""
    for kind in REMINDERS:
        messaging.cancel_beginning(f"{kind}:{registration.pk}{_occasion(starts_at)}")


# ── A change of the session ───────────────────────────────────────────────────────────────────────────────────────────


def moved(move: SessionMove, registrations: Iterable[Registration]) -> int:
    """Tell everybody who has a place, or waits for one, of another time, and remind them of that one; the caller holds the gate."""
    done = 0
    for row in registrations:
        drop_reminders(row, move.old_starts_at)
        done += row.is_proven and tell(
            notices.MOVED, row, occasion=f":{move.pk}", expires_at=move.starts_at, old=_short(move.old_starts_at), reason=move.reason,
            time=_short(move.starts_at), **_in_each_language(row, move),
        )  # fmt: skip
        plan_reminders(row)
    return done


def elsewhere(session: Session, stamp: int, former: FormerPlace | None, registrations: Iterable[Registration]) -> int:
    """Tell these people where a session is held now, where it was to be and why that changed, and remind them with the new place; the
    caller holds the gate. Gives how many were told."""
    done = 0
    for row in registrations:
        drop_reminders(row, session.starts_at)
        said: dict[str, Any] = {"place": _online(row)} if row.pool.kind == PoolKind.ONLINE else {"former": _former(row, former)} if former else {}
        done += row.is_proven and tell(notices.ELSEWHERE, row, occasion=f":{stamp}", expires_at=session.starts_at, **{"former": "", **said})
        plan_reminders(row, again=f":{stamp}")
    return done


def _former(registration: Registration, former: FormerPlace) -> str:
    contact = contact_of(registration)
    with translation.override(contact.language if contact else "vi"):
        return _("It was to be at: %(place)s. Why: %(reason)s") % {"place": former.place, "reason": former.reason}


def _online(registration: Registration) -> str:
    contact = contact_of(registration)
    with translation.override(contact.language if contact else "vi"):
        return _("online; the link stands on the page of your registration")


def _in_each_language(registration: Registration, move: SessionMove) -> dict[str, Any]:
    contact = contact_of(registration)
    with translation.override(contact.language if contact else "vi"):
        return {"when": in_words(move.starts_at, move.ends_at)}


def called_off(registrations: Iterable[Registration]) -> int:
    """Tell everybody who had a place, or waited for one, that the session is off, and why. Gives how many were told."""
    done = 0
    for row in registrations:
        drop_reminders(row, row.session.starts_at)
        if row.is_proven:
            done += tell(notices.CALLED_OFF, row, expires_at=max(row.session.starts_at, timezone.now()) + 12 * HOUR, reason=row.session.reason)
    return done
