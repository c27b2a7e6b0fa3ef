"""Jobs of promises and minutes. Arguments are keys of rows, never a person's name or contact."""

from __future__ import annotations

from procrastinate.contrib.django import app


@app.task(name="dialogue_sessions.tell_followers", retry=5)
def tell_followers(promise_id: int, version: int, what: str) -> int:
    """One change to everybody who follows a promise; gives to how many."""
    from .services import following

    return following.tell(promise_id, version, what)


# Twice in the morning by whatever zone the scheduler reckons in: nobody is reminded twice.
@app.periodic(cron="20 0,2 * * *", periodic_id="dialogue_sessions.remind_promises")
@app.task(name="dialogue_sessions.remind_promises", queueing_lock="dialogue_sessions.remind_promises", lock="dialogue_sessions.remind_promises")
def remind_promises(timestamp: int) -> int:
    """Remind of promises that are due or late, and keep the contacts of those who follow open ones; gives of how many it reminded."""
    from .services import following, reminding

    following.keep_contacts()
    return reminding.remind_due()


@app.task(name="dialogue_sessions.circulate", retry=5)
def circulate(minutes_id: int) -> int:
    """The minutes to those who attended; gives to how many."""
    from .services import minutes

    return minutes.send_circulated(minutes_id)
