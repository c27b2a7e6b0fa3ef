"""Channels, kinds of contacts, states of a message with the table of their transitions, reasons of a failure."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Channel(models.TextChoices):
    """By which way a message goes (kênh gửi)."""

    EMAIL = "email", _("e-mail")
    SMS = "sms", _("text message (SMS)")


class ContactKind(models.TextChoices):
    """By what a person is reached."""

    TELEPHONE = "telephone", _("telephone number")
    EMAIL = "email", _("e-mail address")


CHANNEL_OF = {ContactKind.TELEPHONE: Channel.SMS, ContactKind.EMAIL: Channel.EMAIL}


class Language(models.TextChoices):
    """In which language a person is written to."""

    VI = "vi", _("Vietnamese")
    EN = "en", _("English")


class State(models.TextChoices):
    """Where a message stands (trạng thái gửi)."""

    QUEUED = "queued", _("waits for its time")
    SENDING = "sending", _("is being sent")
    WAITING = "waiting", _("is tried again")
    SENT = "sent", _("sent")
    FAILED = "failed", pgettext_lazy("message", "failed")
    EXPIRED = "expired", _("too late, not sent")
    SUPPRESSED = "suppressed", _("not wanted, not sent")


TRANSITIONS: dict[str, frozenset[str]] = {
    State.QUEUED: frozenset({State.SENDING, State.EXPIRED, State.SUPPRESSED}),
    # To `suppressed`: taken back while it was on its way, and then not taken by the other side.
    State.SENDING: frozenset({State.SENT, State.FAILED, State.WAITING, State.SUPPRESSED}),
    State.WAITING: frozenset({State.SENDING, State.EXPIRED, State.SUPPRESSED}),
    State.SENT: frozenset(),
    State.FAILED: frozenset({State.QUEUED}),  # somebody asked for it to be sent again
    State.EXPIRED: frozenset(),
    State.SUPPRESSED: frozenset(),
}
DUE_STATES = (State.QUEUED, State.WAITING)
OPEN_STATES = (*DUE_STATES, State.SENDING)
FINAL_STATES = (State.SENT, State.FAILED, State.EXPIRED, State.SUPPRESSED)


class Reason(models.TextChoices):
    """Why a message was not sent, in words for whoever works with it."""

    REFUSED = "refused", _("the other side knows no such address, or takes nothing at it")
    CONTENT = "content", _("the other side does not take this text")
    UNREADABLE = "unreadable", _("the text cannot be read any more: its key is gone")
    NO_CHANNEL = "no_channel", _("this portal sends no such messages: no provider is set up")
    LATER = "later", _("the other side asked to try again later")
    UNREACHABLE = "unreachable", _("the other side did not answer")
    ACCESS = "access", _("the other side does not let the portal in: user name, password or sender")
    CUT_OFF = "cut_off", _("sending was cut off; it begins again")
    OPTED_OUT = "opted_out", _("the person wants no messages")
    SWITCHED_OFF = "switched_off", _("an editor has switched this text off")
    CANCELLED = "cancelled", _("it is not needed any more")
    TOO_LATE = "too_late", _("its time was over before it could be sent")


class CodeVerdict(models.TextChoices):
    """What became of a code that somebody typed."""

    RIGHT = "right", _("The code is right.")
    WRONG = "wrong", _("This is not the code that we sent. Look at the newest message and type its six digits.")
    NONE = "none", _("This code is no longer good: it is older than ten minutes, was used, or a newer one was sent. Ask for a new code.")
    USED_UP = "used_up", _("The code was typed wrong five times. Ask for a new code.")
