"""Why something at the door was refused, in words that a clerk reads to whoever stands there."""

from __future__ import annotations

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.hours import clock_day

from ..enums import RegistrationState
from ..models import Registration, Session
from .errors import Full, SessionError


class NotThatDay(SessionError):
    """Those who come are told present on the day, from midnight on."""

    def __init__(self, session: Session) -> None:
        day = date_format(timezone.localtime(session.starts_at), "d/m/Y")
        super().__init__(_("“%(session)s” is on %(day)s: who came is told on that day.") % {"session": session.name, "day": day})


class NotHeld(SessionError):
    """Nobody comes to what is not public yet, or was called off."""

    def default(self) -> str:
        """Both are seen on the session's page."""
        return _("This session is not public or was cancelled: nobody can be told present.")


class OtherSession(SessionError):
    """A ticket of another session."""

    def __init__(self, session: Session) -> None:
        begins = clock_day(session.starts_at)
        super().__init__(_("This ticket is for another session: “%(session)s”, %(begins)s.") % {"session": session.name, "begins": begins})


class NoSuchTicket(SessionError):
    """A code that is no ticket of ours."""

    def default(self) -> str:
        """Telephones read any code."""
        return _("This code is no ticket of this portal, or it is too old. Look for the person by number or by name.")


class NoSuchNumber(SessionError):
    """A number that nobody has."""

    def __init__(self, number: str) -> None:
        super().__init__(_("Nobody has the number %(number)s in this session. Look at the ticket again, or search by name.") % {"number": number})


class NotExpected(SessionError):
    """The registration is over, or has no seat yet."""

    def __init__(self, registration: Registration) -> None:
        words = {
            RegistrationState.CANCELLED: _("This registration was cancelled. If a seat is free, add the person as one who came without registering."),
            RegistrationState.EXPIRED: _("This registration lapsed. If a seat is free, add the person as one who came without registering."),
            RegistrationState.DECLINED: _("The offered seat was declined. If a seat is free, add the person as one who came without registering."),
            RegistrationState.WAITING: _("This person is on the waiting list, and seats are still offered to the list in its order."),
        }
        super().__init__(words.get(RegistrationState(registration.state), ""))


class NoSeatAtTheDoor(Full):
    """Nothing is free for somebody at the door; says what there is instead."""

    def __init__(self, session: Session, size: int, following: Session | None) -> None:
        self.online_link, self.following = session.online_link, following
        said = [ngettext("No seat is free.", "There are not %(size)s seats free.", size) % {"size": size}]
        if self.online_link:
            said.append(_("They can take part online: %(link)s") % {"link": self.online_link})
        if following is not None:
            begins = clock_day(following.starts_at)
            said.append(_("The next one is “%(session)s”, %(begins)s.") % {"session": following.name, "begins": begins})
        super().__init__(" ".join(said))


class AttendanceFinal(SessionError):
    """The minutes stand: who came is on record."""

    def default(self) -> str:
        """Where a correction goes."""
        return _("The minutes of this session are final, and who came stands in them. A correction is added to the minutes.")


class NotBegun(SessionError):
    """Who did not come is known once the session has begun."""

    def default(self) -> str:
        """When."""
        return _("The session has not begun: nobody can be said not to have come yet.")


class NotPresent(SessionError):
    """Taking back what was not told."""

    def default(self) -> str:
        """Somebody else took it back."""
        return _("This registration is not told present (any more). Load the page again to see how it stands.")


class NotOnTheAgenda(SessionError):
    """What runs or is done is on record."""

    def default(self) -> str:
        """The way on."""
        return _("This point has begun: it stays in the agenda. Its title and its minutes can be changed.")
