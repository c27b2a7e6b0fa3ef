"""Letters, through Django's mail: EMAIL_TIMEOUT bounds every wait. What the server's answers mean stands here."""

from __future__ import annotations

import logging
import re
import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.message import BadHeaderError

from ..enums import Reason
from . import Down, NotSent, Outgoing, Refused, TryLater

log = logging.getLogger(__name__)

ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
# The server closes: whatever else we have, it will not take it now either.
CLOSING = 421
# The server wants a user name, or not this one: the installation's fault, mended by whoever runs it, so nothing is given up.
NO_ACCESS = {530, 534, 535, 538, 454}


def _answer(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    found = ENHANCED.search(text[:500])
    return f"{code} {found[0]}" if found else str(code)


def _judge(code: int, words: bytes | str, permanent: Reason) -> NotSent:
    answer = _answer(code, words)
    if code in NO_ACCESS:
        return Down(Reason.ACCESS, answer)
    if code == CLOSING:
        return Down(Reason.UNREACHABLE, answer)
    return Refused(permanent, answer) if 500 <= code < 600 else TryLater(Reason.LATER, answer)


def failure(error: Exception) -> NotSent | None:
    """What an error of sending a letter means; None when it is none of the mail server's."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
        return _judge(code, words, Reason.REFUSED)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Down(Reason.ACCESS, _answer(error.smtp_code, error.smtp_error))
    if isinstance(error, smtplib.SMTPConnectError | smtplib.SMTPHeloError):
        return Down(Reason.UNREACHABLE, _answer(error.smtp_code, error.smtp_error))
    if isinstance(error, smtplib.SMTPResponseException):  # of the sender, of the data, of anything else
        return _judge(error.smtp_code, error.smtp_error, Reason.CONTENT)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Down(Reason.ACCESS)  # no TLS or no sign-in where the settings ask for it
    if isinstance(error, BadHeaderError | UnicodeError):
        return Refused(Reason.CONTENT)
    if isinstance(error, OSError):  # refused, timed out, cut off, no name, a bad certificate; smtplib's other errors too
        return Down(Reason.UNREACHABLE)
    return None


class MailCarrier:
    """Through the mail server of the settings."""

    def send(self, outgoing: Outgoing) -> str:
        """See Carrier."""
        connection = get_connection()
        try:
            letter = self._letter(outgoing)
            letter.connection = connection
            connection.open()
            letter.send()
        except Exception as error:
            meant = failure(error)
            if meant is None:
                raise
            raise meant from error
        finally:
            self._close(connection)
        return str(letter.extra_headers["Message-ID"])

    def _letter(self, outgoing: Outgoing) -> EmailMultiAlternatives:
        domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
        headers = {"Message-ID": f"<{outgoing.reference}@{domain}>", "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
        if outgoing.stop_url:
            headers["List-Unsubscribe"] = f"<{outgoing.stop_url}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        letter = EmailMultiAlternatives(outgoing.subject, outgoing.text, None, [outgoing.to], headers=headers)
        if outgoing.html:
            letter.attach_alternative(outgoing.html, "text/html")
        return letter

    @staticmethod
    def _close(connection: object) -> None:
        """Whether the server says good-bye does not matter: what it took, it has, and must not be sent again for that."""
        try:
            connection.close()  # type: ignore[attr-defined]  # of Django's backends
        except (smtplib.SMTPException, OSError):
            log.info("the mail server said no good-bye", exc_info=True)
