"""Jobs of messaging. Their arguments name rows, never a person or a text."""

from __future__ import annotations

from procrastinate.contrib.django import app

from . import sending


@app.task(name="messaging.deliver")
def deliver(message_id: int) -> str:
    """Try one message; gives its state ('' when it was not its time, or somebody else is at it). What fails is tried by `tend`."""
    message = sending.attempt(message_id)
    return message.state if message else ""


@app.periodic(cron="* * * * *", periodic_id="messaging.tend")
@app.task(name="messaging.tend", queueing_lock="messaging.tend")
def tend(timestamp: int) -> int:
    """Every minute: what is due, too late, or dropped by a worker that is gone; gives how many were sent."""
    return sending.tend()
