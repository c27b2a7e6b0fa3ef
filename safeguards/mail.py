"""Outgoing mail with the request's id: in a header, and in a line that says how many letters went, never to whom (O8)."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from django.core.mail.backends import filebased, smtp
from django.core.mail.message import EmailMessage

from .requests import current_request_id

log = logging.getLogger(__name__)
HEADER = "X-Request-ID"


def mark(messages: Sequence[EmailMessage]) -> None:
    """Put the id on letters that have none."""
    if identifier := current_request_id():
        for message in messages:
            message.extra_headers.setdefault(HEADER, identifier)


def _told(count: int, started: float) -> int:
    log.info("mail sent", extra={"letters": count, "ms": round((time.perf_counter() - started) * 1000, 1)})
    return count


class SmtpBackend(smtp.EmailBackend):
    """Through a mail server (EMAIL_TIMEOUT bounds every wait)."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send; gives how many went. What the server refuses is raised to the caller, who tries again."""
        started = time.perf_counter()
        mark(email_messages)
        return _told(super().send_messages(email_messages) or 0, started)


class FileBackend(filebased.EmailBackend):
    """Into files: the demonstration."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write; gives how many."""
        started = time.perf_counter()
        mark(email_messages)
        return _told(super().send_messages(email_messages) or 0, started)
