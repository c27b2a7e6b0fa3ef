"""Jobs of open data: look every two minutes whether something changed, and make it; delete what is old."""

from __future__ import annotations

from procrastinate.contrib.django import app

from . import services


# However much changes in two minutes, it is made once. Missing files are made by the same look: nobody who asks for one waits longer.
@app.periodic(cron="*/2 * * * *", periodic_id="opendata.make")
@app.task(name="opendata.make", queueing_lock="opendata.make", lock="opendata.make", queue="low")
def make(timestamp: int) -> list[str]:
    """Make what is due; gives the datasets that have a new release."""
    return [release.dataset for release in services.make_due()]


@app.periodic(cron="52 * * * *", periodic_id="opendata.forget_old")
@app.task(name="opendata.forget_old", queueing_lock="opendata.forget_old", queue="low")
def forget_old(timestamp: int) -> int:
    """Delete what is old; gives how many releases."""
    return services.forget_old()
