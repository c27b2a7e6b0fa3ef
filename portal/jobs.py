"""Jobs of the portal's content: reminders of public duties, interruptions that begin and end, links that lead nowhere."""

from __future__ import annotations

from procrastinate.contrib.django import app


# Twice in the morning by whatever zone the scheduler reckons in: what was reminded of once is not reminded of again.
@app.periodic(cron="10 0,2 * * *", periodic_id="portal.remind")
@app.task(name="portal.remind", queueing_lock="portal.remind", lock="portal.remind")
def remind(timestamp: int) -> int:
    """Remind of public duties, and take out of search what is on display no more; gives of how many it reminded."""
    from .search_sources import forget_ended
    from .services import disclosure

    forget_ended()
    return len(disclosure.remind())


@app.task(name="portal.send_reminders", retry=5)
def send_reminders(reminder_ids: list[int]) -> int:
    """One letter to one owner; tried again while the mail server is away."""
    from .services import disclosure

    return disclosure.send(reminder_ids)


@app.periodic(cron="*/5 * * * *", periodic_id="portal.interruptions")
@app.task(name="portal.interruptions", queueing_lock="portal.interruptions", lock="portal.interruptions")
def interruptions(timestamp: int) -> int:
    """What began and what ended; gives how many."""
    from .services import note_ended

    return note_ended()


@app.periodic(cron="30 18 * * *", periodic_id="portal.check_links")
@app.task(name="portal.check_links", queueing_lock="portal.check_links", lock="portal.check_links", queue="low")
def check_links(timestamp: int) -> dict[str, int]:
    """Look at every link; gives how many were looked at and how many lead nowhere."""
    from .link_checking.run import check

    return check()
