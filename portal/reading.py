"""How often pages are shown, counted without knowing by whom (see docs/content.md).

The view that shows a page says which one it is in a header of its own; the middleware outside every cache of ours counts it and
takes the header off. So a page that a cache answers counts too, by whoever serves it. Counts wait in the process and are
written many at a time; nothing but a page's key and a day is kept. What waits is lost when a process is killed: these are
figures about pages, not records."""

from __future__ import annotations

import atexit
import datetime as dt
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable

from django.db import DatabaseError, connection, models
from django.http import HttpRequest, HttpResponse

from organisation.models import today
from safeguards.requests import is_person

from .models.reading import PageViews

log = logging.getLogger(__name__)

HEADER = "X-Page-Shown"
EVERY_SECONDS = 60
EVERY_COUNTS = 200
MOST_READ_DAYS = 30


class Counts:
    """What one process has counted and not written yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: Counter[tuple[int, dt.date]] = Counter()
        self._since = time.monotonic()

    def add(self, page: int, day: dt.date) -> bool:
        """Count one; gives whether it is time to write."""
        with self._lock:
            if not self._waiting:
                self._since = time.monotonic()
            self._waiting[page, day] += 1
            return self._waiting.total() >= EVERY_COUNTS or time.monotonic() - self._since >= EVERY_SECONDS

    def write(self) -> int:
        """Add what waits to the table, in one statement; gives how many were counted. Pages that are gone are forgotten."""
        with self._lock:
            taken, self._waiting = self._waiting, Counter()
        if not taken:
            return 0
        rows = sorted((page, day, count) for (page, day), count in taken.items())
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    """insert into portal_pageviews as v (page_id, day, count)
                       select w.page, w.day, w.count from unnest(%s::int[], %s::date[], %s::int[]) as w(page, day, count)
                         join wagtailcore_page p on p.id = w.page
                       on conflict (page_id, day) do update set count = v.count + excluded.count""",
                    [[row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]],
                )
        except DatabaseError:
            # Reading goes on; the next one to write takes these along.
            log.warning("views of pages were not written", exc_info=True)
            with self._lock:
                self._waiting.update(taken)
            return 0
        return taken.total()


counts = Counts()
atexit.register(counts.write)


class CountReaders:
    """Stands outside the page cache: counts what was shown, whoever had it ready."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Count, take the header off."""
        response = self.get_response(request)
        if HEADER in response:
            page = response[HEADER]
            del response[HEADER]
            if response.status_code in {200, 304} and page.isdigit() and is_person(request) and counts.add(int(page), today()):
                counts.write()
        return response


def total(page: int) -> int:
    """How often a page has been shown up to yesterday: the number stands still for a day, as pages kept by caches do."""
    found = PageViews.objects.filter(page_id=page, day__lt=today()).aggregate(total=models.Sum("count"))["total"]
    return found or 0
