"""Why something about a session or a seat was refused, in words for whoever asked."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

RETRY_AFTER = 5  # seconds


class SessionError(Exception):
    """A change was refused. `str()` is a sentence for the person who asked for it."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.default())

    def default(self) -> str:
        """What is said when the raiser says nothing."""
        return _("This cannot be done.")


class Busy(OperationalError):
    """Somebody else holds the session for longer than anybody is made to wait (C13). An error of the database to whoever does not
    know it, so that the site answers 503 and says when to come back."""

    retry_after = RETRY_AFTER

    def __init__(self) -> None:
        super().__init__(_("Very many people are registering at this moment. Nothing is lost: please try again in a few seconds."))


class WrongState(SessionError):
    """The state does not allow it."""

    def default(self) -> str:
        """Both sides may have changed it meanwhile."""
        return _("This has changed meanwhile and cannot be done any more. Load the page again to see how it stands.")


class NotOpen(SessionError):
    """The session takes no registrations now."""

    def default(self) -> str:
        """When depends on the session: its page says it."""
        return _("This session takes no registrations at the moment.")


class NotForYou(SessionError):
    """The seats are kept for others."""

    def default(self) -> str:
        """For whom."""
        return _("These seats are kept for others. Please choose other seats.")


class AlreadyRegistered(SessionError):
    """One place per session and contact."""

    def default(self) -> str:
        """The way on is the message that was sent."""
        return _(
            "This telephone number or e-mail address is registered for this session already. "
            "The message that you were sent has a link to change or cancel it."
        )


class TooManyPlaces(SessionError):
    """The series' limit for one person."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            ngettext(
                "One person can have %(limit)s place at most here. Cancel it first if you want another time.",
                "One person can have %(limit)s places at most here. Cancel one first if you want another time.",
                limit,
            )
            % {"limit": limit}
        )


class GroupTooLarge(SessionError):
    """More people in one registration than the policy allows, or fewer than one."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            ngettext("A registration is for %(limit)s person.", "A registration is for 1 to %(limit)s people.", limit) % {"limit": limit}
        )


class Full(SessionError):
    """No seats are free for what was asked."""

    def default(self) -> str:
        """What stays as it is."""
        return _("There are not enough free seats for this. Your registration stays as it is.")


class Lapsed(SessionError):
    """The time to confirm or to accept is over."""

    def default(self) -> str:
        """The way on."""
        return _("The time to confirm this is over and the seat went to the next person. You can register again.")


class TooManyTries(SessionError):
    """A contact or an address that registers too often."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        minutes = max(1, -(-retry_after // 60))
        said = ngettext(
            "Too many registrations at once. Try again in %(count)s minute.",
            "Too many registrations at once. Try again in %(count)s minutes.",
            minutes,
        )
        super().__init__(said % {"count": minutes})


class CapacityTooLow(SessionError):
    """Fewer seats than are taken (C4)."""

    def __init__(self, confirmed: int, pending: int) -> None:
        self.confirmed, self.pending = confirmed, pending
        super().__init__(
            _("%(confirmed)s seats are confirmed and %(pending)s are held or offered at the moment: there cannot be fewer seats than that.")
            % {"confirmed": confirmed, "pending": pending}
        )


class ReasonMissing(SessionError):
    """A change that is shown to everybody has a reason."""

    def default(self) -> str:
        """Who reads it."""
        return _("Say why: the reason is shown to everybody.")


class TooLate(SessionError):
    """The law wanted it earlier; with a reason it is possible, and the reason stands on public pages."""

    def __init__(self, what: str, latest: dt.date, source: str) -> None:
        self.latest = latest
        super().__init__(
            _(
                "Too late: “%(what)s” was due on %(day)s (%(source)s). Say why it is late: the reason stands on the public page. "
                "Or choose a later day."
            )
            % {"what": what, "day": f"{latest:%d/%m/%Y}", "source": source}
        )


class Invalid(SessionError):
    """A rule of the data is broken; `error` says at which field."""

    def __init__(self, error: ValidationError) -> None:
        self.error = error
        super().__init__(" ".join(error.messages))
