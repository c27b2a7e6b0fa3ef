"""Jobs of the organisation: the days off of this year and the next are always known."""

from __future__ import annotations

from procrastinate.contrib.django import app


# Every day, since it costs two queries and a portal may be asleep on the one day of the year: dates of the year to come are
# promised from autumn on.
@app.periodic(cron="5 17 * * *", periodic_id="organisation.seed_calendar")  # 00:05 in Vietnam; the worker counts in UTC
@app.task(name="organisation.seed_calendar", queueing_lock="organisation.seed_calendar", lock="organisation.seed_calendar")
def seed_years(timestamp: int) -> int:
    """Write the country's days off of this year and the next, where they are not known yet; gives how many changed."""
    from .models import today
    from .services import seed_calendar

    year = today().year
    return seed_calendar([year, year + 1]).changes
