"""Real parallel writers for the tests: connections of their own, rows that are committed, and the same race with a lock off."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection, connections
from django.db.models import QuerySet

from dialogue_sessions.services import Busy


def at_once(tasks: Iterable[Callable[[], Any]], connections_: int = 40) -> list[Any]:
    """Run functions over so many connections, all beginning together; gives what they gave or raised. A client that is told to come
    back does so."""
    waiting: queue.SimpleQueue[Callable[[], Any]] = queue.SimpleQueue()
    done: list[Any] = []
    start = threading.Barrier(connections_)
    for task in tasks:
        waiting.put(task)

    def work() -> None:
        try:
            start.wait(120)
            while True:
                try:
                    task = waiting.get_nowait()
                except queue.Empty:
                    return
                try:
                    done.append(task())
                except Busy:
                    waiting.put(task)
                except Exception as error:  # noqa: BLE001  # looked at by the main thread
                    done.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(connections_)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def failures(done: list[Any]) -> list[Exception]:
    """What was raised."""
    return [found for found in done if isinstance(found, Exception)]


def meanwhile(act: Callable[[], Any]) -> Any:
    """What somebody else does in the middle of something of ours, who waits for no lock: what it gave, or raised."""

    def work() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("set lock_timeout = '200ms'")
        return act()

    return at_once([work], 1)[0]


def locks_off(monkeypatch: Any, *models: Any) -> None:
    """Rows of these tables are read without being locked: the negative control of a race."""
    locked = QuerySet.select_for_update

    def select(rows: Any, *args: Any, **options: Any) -> Any:
        return rows.all() if rows.model in models else locked(rows, *args, **options)

    monkeypatch.setattr(QuerySet, "select_for_update", select)
