"""Sessions as schema.org events, for machines that read public pages."""

from __future__ import annotations

import json
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from foundation.api import absolute
from organisation.linked_data import ESCAPES

from .enums import SessionState
from .models import Session, SessionMove
from .presentation import where

SCHEMA = "https://schema.org"


def _status(session: Session, moves: list[SessionMove]) -> str:
    if session.state == SessionState.CANCELLED:
        return f"{SCHEMA}/EventCancelled"
    return f"{SCHEMA}/EventRescheduled" if moves else f"{SCHEMA}/EventScheduled"


def _places(session: Session) -> list[dict[str, Any]]:
    lines = where(session)
    found: list[dict[str, Any]] = []
    if lines:
        address = {"@type": "PostalAddress", "streetAddress": lines[-1], "addressCountry": "VN"}
        found.append({"@type": "Place", "name": ", ".join(lines[:2]), "address": address})
    if session.online_link:  # the link itself is for those who have a seat
        found.append({"@type": "VirtualLocation", "url": absolute(session.get_absolute_url())})
    return found


def _mode(session: Session) -> str:
    if not session.online_link:
        return f"{SCHEMA}/OfflineEventAttendanceMode"
    return f"{SCHEMA}/MixedEventAttendanceMode" if where(session) else f"{SCHEMA}/OnlineEventAttendanceMode"


def of_session(session: Session, moves: list[SessionMove], capacity: int) -> SafeString:
    """The session as an Event in JSON-LD, safe inside a script element."""
    unit = session.unit
    data = {
        "@context": SCHEMA,
        "@type": "Event",
        "name": session.title,
        "url": absolute(session.get_absolute_url()),
        "startDate": timezone.localtime(session.starts_at).isoformat(),
        "endDate": timezone.localtime(session.ends_at).isoformat(),
        "eventStatus": _status(session, moves),
        "eventAttendanceMode": _mode(session),
        "isAccessibleForFree": True,
        "inLanguage": "vi",
        "organizer": {"@type": "GovernmentOrganization", "name": unit.name, "url": absolute(unit.get_absolute_url())},
        **{
            name: value
            for name, value in (
                ("location", _places(session)),
                ("description", session.subjects.strip()),
                ("maximumAttendeeCapacity", capacity),
                ("previousStartDate", [timezone.localtime(move.old_starts_at).isoformat() for move in moves]),
            )
            if value
        },
    }
    # Every "<" is written as an escape: nothing in it can end the script element.
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(ESCAPES))  # noqa: S308  # escaped in this line  # nosec B308 B703
