"""Jobs of sessions: what the clock brings. Arguments are keys of rows, never a person's name or contact."""

from __future__ import annotations

import logging

from django.utils import timezone
from procrastinate.contrib.django import app

from . import question_privacy, services

logger = logging.getLogger(__name__)


@app.periodic(cron="* * * * *", periodic_id="dialogue_sessions.expire_due")
@app.task(name="dialogue_sessions.expire_due", queueing_lock="dialogue_sessions.expire_due", lock="dialogue_sessions.expire_due")
def expire_due(timestamp: int) -> int:
    """Let holds and offers lapse whose time is over, should their own job not have come; gives how many did."""
    return services.expire_due()


@app.periodic(cron="* * * * *", periodic_id="dialogue_sessions.follow_clocks")
@app.task(name="dialogue_sessions.follow_clocks", queueing_lock="dialogue_sessions.follow_clocks", lock="dialogue_sessions.follow_clocks")
def follow_clocks(timestamp: int) -> int:
    """Open and close registration, begin and end sessions by their times; gives how many moved on."""
    return services.follow_clocks()


@app.task(name="dialogue_sessions.lapse")
def lapse(session_id: int) -> int:
    """A term of this session ends now; gives how many registrations lapsed. A session that is busy is looked at by the job of the minute."""
    try:
        return services.expire(session_id)
    except services.Busy:
        logger.warning("session %s is busy, its terms are looked at again within a minute", session_id)
        return 0


# ── Notices ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@app.task(name="dialogue_sessions.remind", retry=5)
def remind(registration_id: int) -> int:
    """Write the reminders of a seat that was confirmed; gives how many."""
    return services.remind(registration_id)


@app.task(name="dialogue_sessions.tell_moved", retry=5)
def tell_moved(move_id: int) -> int:
    """Tell those who registered of another time, and remind them of that one; gives how many were told."""
    return services.tell_moved(move_id)


@app.task(name="dialogue_sessions.tell_elsewhere", retry=5)
def tell_elsewhere(session_id: int, stamp: int, now: str, hall: bool, online: bool) -> int:
    """Tell those who registered where a session is held now; gives how many were told."""
    return services.tell_elsewhere(session_id, stamp, now, hall, online)


@app.task(name="dialogue_sessions.tell_called_off", retry=5)
def tell_called_off(registration_ids: list[int]) -> int:
    """Tell those whose registration ended with the session; gives how many."""
    return services.tell_called_off(registration_ids)


# ── Questions and requests ────────────────────────────────────────────────────────────────────────────────────────────


@app.task(name="dialogue_sessions.tell_question")
def tell_question(question_id: int, occasion: str) -> int:
    """Write to everybody whom a question counts for what became of it; gives to how many."""
    return services.tell_question(question_id, occasion)


@app.task(name="dialogue_sessions.tell_request")
def tell_request(request_id: int, occasion: str) -> int:
    """Write to who signed a request what came of it; gives to how many."""
    return services.tell_request(request_id, occasion)


@app.periodic(cron="5 17 * * *", periodic_id="dialogue_sessions.keep_contacts")  # 00:05 in Vietnam
@app.task(name="dialogue_sessions.keep_contacts", queueing_lock="dialogue_sessions.keep_contacts")
def keep_contacts(timestamp: int) -> int:
    """Every night, before what nobody needs is forgotten: contacts that wait for an answer are kept; gives how many."""
    return question_privacy.keep_contacts(timezone.localdate())
