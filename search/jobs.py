"""Jobs of search: what people asked is forgotten in time."""

from __future__ import annotations

from procrastinate.contrib.django import app

from . import insights


@app.periodic(cron="23 18 * * *", periodic_id="search.forget_questions")  # 01:23 in Vietnam; the worker counts in UTC
@app.task(name="search.forget_questions", queueing_lock="search.forget_questions")
def forget_questions(timestamp: int) -> int:
    """Remove questions older than thirteen months; gives how many."""
    return insights.forget()
