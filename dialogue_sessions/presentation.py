"""How sessions are told: when, where, and how it stands with them, in whole short words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from foundation.hours import clock
from organisation.presentation import weekday_name

from .enums import SessionState
from .models import FormerPlace, Session, SessionMove


def day_text(day: dt.date) -> str:
    """`Thứ Năm 03/12/2026`."""
    return f"{weekday_name(day)} {date_format(day, 'SHORT_DATE_FORMAT')}"


def span_text(begins: dt.time, ends: dt.time, last_day: dt.date | None = None) -> str:
    """`18:30–20:30`; with the day of the end, when it is another."""
    return f"{clock(begins)}–{clock(ends)}" + (f" {date_format(last_day, 'SHORT_DATE_FORMAT')}" if last_day else "")


def time_span(starts_at: dt.datetime, ends_at: dt.datetime) -> str:
    """The same of two moments."""
    begins, ends = timezone.localtime(starts_at), timezone.localtime(ends_at)
    return span_text(begins.time(), ends.time(), ends.date() if ends.date() != begins.date() else None)


def moment_text(moment: dt.datetime) -> str:
    """`18:30, Thứ Năm 03/12/2026`."""
    local = timezone.localtime(moment)
    return f"{clock(local.time())}, {day_text(local.date())}"


def address_of_sessions() -> Callable[[str], str]:
    """Makes the addresses of sessions from their slugs, in the language of now: the routes are looked through once for a whole page."""
    before, after = reverse("dialogue_sessions:session", args=["0"]).rsplit("0", 1)
    return lambda slug: f"{before}{slug}{after}"


def lines_of(text: str) -> list[str]:
    """Its lines that say something."""
    return [line.strip(" -•\t") for line in text.splitlines() if line.strip(" -•\t")]


@dataclass(frozen=True)
class Standing:
    """How it stands with a session: a word and the class of its tag; colour is never the only sign."""

    text: str
    tone: str = ""


def standing(session: Session, now: dt.datetime) -> Standing:
    """Its state in words for those who think of coming."""
    if session.state == SessionState.CANCELLED:
        return Standing(pgettext("session", "cancelled"), "late")
    if session.state == SessionState.HELD:
        return Standing(pgettext("session", "held"))
    if session.state == SessionState.UNDER_WAY:
        return Standing(_("under way"), "early")
    if session.takes_registrations(now):
        return Standing(_("open for registration"), "early")
    if session.registration_opens is None:
        return Standing(_("come without registering"))
    if session.state == SessionState.ANNOUNCED and session.registration_closes is not None and now < session.registration_closes:
        opens = timezone.localtime(session.registration_opens)
        return Standing(_("registration from %(day)s") % {"day": f"{clock(opens.time())} {date_format(opens.date(), 'SHORT_DATE_FORMAT')}"})
    return Standing(_("registration closed"))


def where(session: Session) -> list[str]:
    """The lines of the place, Vietnamese as they were written: hall or room, house, street."""
    if session.room is not None:
        return [session.room.name, session.room.point.name, session.room.point.address]
    return [session.place] if session.place else []


@dataclass(frozen=True)
class Line:
    """A session in a list."""

    session: Session
    standing: Standing
    time: str
    place: str
    moves: list[SessionMove]
    places: list[FormerPlace]

    @property
    def cancelled(self) -> bool:
        """Whether it is called off."""
        return self.session.state == SessionState.CANCELLED

    @property
    def former(self) -> SessionMove | None:
        """The last move of one that still takes place."""
        return self.moves[-1] if self.moves else None

    @property
    def first_time(self) -> str:
        """When it was to be before it was moved first."""
        return moment_text(self.moves[0].old_starts_at)

    @property
    def former_place(self) -> FormerPlace | None:
        """The last change of its place."""
        return self.places[-1] if self.places else None

    @property
    def first_place(self) -> str:
        """Where it was to be before its place changed first."""
        return self.places[0].place


def line(session: Session, now: dt.datetime) -> Line:
    """A session of `agenda.queries.lines` as lists show it. No query."""
    place, times = ", ".join(where(session)[:2]), time_span(session.starts_at, session.ends_at)
    return Line(session, standing(session, now), times, place, list(session.moves.all()), list(session.former_places.all()))
