"""Jobs of search: the mirror that machines share follows the table, also after it was away; what people asked is learned from and forgotten."""

from __future__ import annotations

import logging

from procrastinate.contrib.django import app

from . import files, index, insights, learning
from .engines import elasticsearch, folder, local

logger = logging.getLogger(__name__)


# Deferred by every change; each minute besides, for what came while Elasticsearch was away.
@app.periodic(cron="* * * * *", periodic_id="search.follow")
@app.task(name="search.follow", queueing_lock="search.follow", lock="search.follow")
def follow(timestamp: int) -> int:
    """Bring what changed to Elasticsearch, or build its index when it has none; gives how many entries were sent. When it does
    not answer that is written down (`search_index status`, /readyz), and the next minute tries again."""
    chosen = elasticsearch.options()
    if chosen is None:
        return 0
    try:
        return index.follow(chosen)
    except elasticsearch.Unavailable as error:
        logger.warning("search: elasticsearch could not be brought up to date: %s", error)
        index.remember_trouble(chosen, str(error))
        return 0


# At night, whether both hold the same: somebody may have restored one of them.
@app.periodic(cron="40 19 * * *", periodic_id="search.reconcile")  # 02:40 in Vietnam; the worker counts in UTC
@app.task(name="search.reconcile", queueing_lock="search.reconcile", lock="search.follow")
def reconcile(timestamp: int) -> int:
    """Compare Elasticsearch, and the built-in mirror of this machine, with the table and mend them; gives how many entries differed."""
    differed = _reconcile_local()
    chosen = elasticsearch.options()
    if chosen is None:
        return differed
    try:
        return differed + index.reconcile(chosen).differed
    except elasticsearch.Unavailable as error:
        logger.warning("search: elasticsearch could not be compared with the database: %s", error)
        index.remember_trouble(chosen, str(error))
        return differed


def _reconcile_local() -> int:
    engine = local.engine()
    try:
        if not engine.is_there():
            return 0  # nobody searches on this machine
        return index.reconcile_local(engine).differed
    except folder.FAILINGS:
        logger.warning("search: the built-in mirror could not be compared with the database", exc_info=True)
        return 0


@app.periodic(cron="23 18 * * *", periodic_id="search.forget_questions")  # 01:23 in Vietnam; the worker counts in UTC
@app.task(name="search.forget_questions", queueing_lock="search.forget_questions")
def forget_questions(timestamp: int) -> int:
    """Remove questions older than thirteen months; gives how many."""
    return insights.forget()


@app.periodic(cron="53 18 * * *", periodic_id="search.learn")  # 01:53 in Vietnam, when the old questions are gone; the worker counts in UTC
@app.task(name="search.learn", queueing_lock="search.learn")
def learn(timestamp: int) -> int:
    """Learn from what people chose; gives how many entries are found by other questions than before."""
    return learning.learn().entries


# Deferred when something with a new file is published; besides for what that lost, and for files that were not there yet.
@app.periodic(cron="*/10 * * * *", periodic_id="search.read_files")
@app.task(name="search.read_files", queueing_lock="search.read_files", lock="search.read_files", queue="low")
def read_files(timestamp: int) -> int:
    """Read files that wait, so many in one go; gives how many."""
    done = files.read_waiting()
    if done == files.AT_ONCE:
        files._defer()
    return done


@app.periodic(cron="31 18 * * *", periodic_id="search.forget_files")  # 01:31 in Vietnam; the worker counts in UTC
@app.task(name="search.forget_files", queueing_lock="search.forget_files", lock="search.read_files")
def forget_files(timestamp: int) -> int:
    """Forget what files said that are gone; gives how many."""
    return files.forget_gone()
