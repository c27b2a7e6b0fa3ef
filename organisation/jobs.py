"""Jobs of the organisation: days off are known ahead, and a main counter whose last day has passed is one no more."""

from __future__ import annotations

from procrastinate.contrib.django import app

from . import search_sources, services
from .models import today


# Every day, since it costs two queries and a portal may be asleep on the one day of the year: dates of the year to come are
# promised from autumn on.
@app.periodic(cron="5 17 * * *", periodic_id="organisation.seed_calendar")  # 00:05 in Vietnam; the worker counts in UTC
@app.task(name="organisation.seed_calendar", queueing_lock="organisation.seed_calendar", lock="organisation.seed_calendar")
def seed_years(timestamp: int) -> int:
    """Write the country's days off of this year and the next, where they are not known yet; gives how many changed."""
    year = today().year
    return services.seed_calendar([year, year + 1]).changes


# Every quarter of an hour, so that it runs right after midnight in Vietnam whatever zone the scheduler reckons in.
@app.periodic(cron="2,17,32,47 * * * *", periodic_id="organisation.release_main_point")
@app.task(name="organisation.release_main_point", queueing_lock="organisation.release_main_point")
def release_main_point(timestamp: int) -> int:
    """Take the mark of the main point off one whose last day has passed."""
    return services.release_main_point()


# A little after midnight in Vietnam; what a missed night leaves behind, the next one finds.
@app.periodic(cron="9 17 * * *", periodic_id="organisation.posts_by_day")
@app.task(name="organisation.posts_by_day", queueing_lock="organisation.posts_by_day")
def posts_by_day(timestamp: int) -> None:
    """Who holds which post today, in the search box."""
    search_sources.reindex_all_posts()
