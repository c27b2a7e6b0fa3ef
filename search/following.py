"""When a change is committed, the mirror that machines share hears of it."""

from __future__ import annotations

from django.conf import settings
from django.db import connection, transaction
from procrastinate.exceptions import AlreadyEnqueued


def soon() -> None:
    """Have the mirror follow once the present transaction has committed; nothing where there is no such mirror.

    Not deferred within the transaction: there it would wait for whoever defers the same at the moment, and of two that are put
    together into one the job could run before the second has committed. What is lost when the process ends in between, the job
    of each minute finds."""
    if not settings.ELASTICSEARCH_URL:
        return
    # Once for a transaction, however many things it changes.
    if any(_defer in waiting for waiting in connection.run_on_commit):
        return
    transaction.on_commit(_defer, robust=True)


def _defer() -> None:
    from .jobs import follow

    try:
        with transaction.atomic():
            follow.configure().defer(timestamp=0)
    except AlreadyEnqueued:
        # One waits already, and will see this change: it is committed.
        return
