"""Messages to people: who carries text messages, when nobody is disturbed, how long messages are kept."""

import datetime as dt

from portal import environment

from .apps import STAGE


def _hours(text: str) -> tuple[dt.time, dt.time]:
    try:
        begins, ends = (dt.time.fromisoformat(part.strip()) for part in text.split("-"))
    except ValueError:
        raise environment.UnsafeEnvironment(f"QUIET_HOURS must look like 21:00-07:00, not {text!r}.") from None
    return begins, ends


# "file" writes each text message to a file under SMS_FOLDER; a dotted path names a provider's class (docs/messaging.md). Nothing: none are
# sent, and nobody is asked for a telephone number to send a code to.
SMS_PROVIDER = environment.text("SMS_PROVIDER", "" if STAGE == "production" else "file")
SMS_FOLDER = environment.var_folder() / "sms"
# By the local clock; reminders and notices wait, codes do not. The same time twice: none.
QUIET_HOURS = _hours(environment.text("QUIET_HOURS", "21:00-07:00"))
# A message is forgotten so many days after it was sent or given up; a contact when whoever asked for it needs it no more, and one that
# nobody needs, so many days after it was proven.
MESSAGES_KEEP_DAYS = environment.number("MESSAGES_KEEP_DAYS", 90)
CONTACTS_KEEP_DAYS = environment.number("CONTACTS_KEEP_DAYS", 90)
# /readyz says degraded when no letter and no text message went out for so long although some should have.
MESSAGES_TROUBLE_MINUTES = environment.number("MESSAGES_TROUBLE_MINUTES", 10)
