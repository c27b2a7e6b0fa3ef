"""Jobs of the organisation: the day turns."""

from __future__ import annotations

from procrastinate.contrib.django import app

from . import services


# Every quarter of an hour, so that it runs right after midnight in Vietnam whatever zone the scheduler reckons in.
@app.periodic(cron="2,17,32,47 * * * *", periodic_id="organisation.release_main_point")
@app.task(name="organisation.release_main_point", queueing_lock="organisation.release_main_point")
def release_main_point(timestamp: int) -> int:
    """Take the mark of the main point off one whose last day has passed."""
    return services.release_main_point()
