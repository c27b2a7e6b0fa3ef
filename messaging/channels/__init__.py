"""The ways by which messages leave: what goes out, how a way says that it failed, and which way serves a channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ..enums import Channel, Reason


@dataclass(frozen=True)
class Outgoing:
    """One message on its way. `reference` is the same each time that the same message is tried: who knows it already need not take it
    again."""

    to: str
    reference: str
    text: str
    subject: str = ""
    html: str = ""
    stop_url: str = ""  # by which the reader ends such messages; '' for the answer to what they have just done


class NotSent(Exception):
    """It did not go. `answer` is a number of the other side (550 5.1.1), never its words: those may name the person."""

    def __init__(self, reason: Reason, answer: str = "") -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.answer = answer[:20]


class Refused(NotSent):
    """And never will: no further try."""


class TryLater(NotSent):
    """This one not now; others may."""


class Down(TryLater):
    """Nothing goes this way for now: others need not try."""


class Carrier(Protocol):
    """A way."""

    def send(self, outgoing: Outgoing) -> str:
        """Hand one message over; gives what the other side calls it ('' if it does not say). Returns only when the other side has
        taken it; raises Refused, TryLater or Down. Bounded in time."""


def carrier(channel: str) -> Carrier | None:
    """Who carries a channel; None when nobody is set up for it."""
    from . import mail, sms

    return mail.MailCarrier() if channel == Channel.EMAIL else sms.provider()
