"""The rush as people make it, over HTTP against the server with two workers: `python bench/seats_served.py [--seconds 60] [--people 300]`.
JSON on the last line, exit code 1 when a target does not hold (L5).

Within so many seconds 300 people come for 50 seats. Each opens the form, sends it, reads the code that was sent (out of the outbox, as
nothing delivers it here), types it in and looks at the page of the place. Exactly 50 have a seat, everybody else waits in one fair queue,
nobody meets a 5xx, the database sees no deadlock, and 95 of 100 answers come within three seconds.

All in a scratch database that goes afterwards; limits by address are off, since everybody here comes from one.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.search import database_url  # noqa: E402
from bench.seats import CROWD, SEATS, TARGETS, _django, at_once, deadlocks, pool_of_seats, scratch  # noqa: E402
from bench.site import free_port, wait_for  # noqa: E402

CLIENTS = 48  # people who are on the site at the same time at most
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
DIGITS = re.compile(r"\b\d{6}\b")


class Person:
    """A browser with its cookies, and what its requests took."""

    def __init__(self, port: int, number: int) -> None:
        self.port, self.address = port, f"nguoi-{number}@example.vn"
        self.cookies: dict[str, str] = {}
        self.seconds: list[tuple[str, float]] = []
        self.statuses: list[int] = []

    def ask(self, name: str, path: str, form: dict[str, str] | None = None) -> tuple[str, str]:
        """The text of an answer, and where it leads."""
        headers = {"User-Agent": "bench", "Cookie": "; ".join(f"{key}={value}" for key, value in self.cookies.items())}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        started = time.perf_counter()
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            link.request("POST" if form is not None else "GET", path, urlencode(form) if form is not None else None, headers)
            answer = link.getresponse()
            text = answer.read().decode()
            for line in answer.headers.get_all("Set-Cookie") or []:
                key, _equals, value = line.partition(";")[0].partition("=")
                self.cookies[key] = value
        finally:
            link.close()
        self.seconds.append((name, time.perf_counter() - started))
        self.statuses.append(answer.status)
        return text, answer.headers.get("Location") or ""

    def code(self) -> str:
        """The six digits that were sent."""
        from messaging.models import Message
        from messaging.services import contact_for

        message = Message.objects.filter(contact=contact_for(self.address), kind="messaging.code").latest("pk")
        return DIGITS.findall(message.parts["text"])[0]

    def register(self, slug: str, pool: int) -> None:
        """The whole way."""
        page, _to = self.ask("form", f"/lich/{slug}/dang-ky/")
        said = {
            **dict(HIDDEN.findall(page)), "pool": str(pool), "name": "Trần Thị Mai", "contact": self.address, "size": "1", "village": "Thôn Đông",
            "subject": "Đường liên thôn", "consent": "on",
        }  # fmt: skip
        page, code_page = self.ask("send", f"/lich/{slug}/dang-ky/", said)
        if not code_page:
            raise RuntimeError(f"the form was not taken: {self.statuses[-1]}")
        page, _to = self.ask("code page", code_page)
        page, place = self.ask("code", code_page, {**dict(HIDDEN.findall(page)), "code": self.code()})
        if "/cho/" not in place:
            raise RuntimeError(f"the code was not taken: {self.statuses[-1]}")
        self.ask("place", place)


@contextmanager
def server() -> Iterator[int]:
    """Two workers of four threads, as production runs (deploy/systemd), on the scratch database."""
    port, url = free_port(), database_url()
    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings", "PORTAL_STAGE": "test", "DATABASE_URL": url, "DATABASE_OWNER_URL": url,
        "PORTAL_BASE_URL": f"http://127.0.0.1:{port}", "LOG_LEVEL": "ERROR", "RATE_LIMITS": "0",
    }  # fmt: skip
    environment.pop("PORTAL_AS_OWNER", None)
    granian = str(Path(sys.executable).with_name("granian"))
    process = subprocess.Popen(
        [granian, "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "2", "--blocking-threads", "4", "--no-ws",
         "--no-access-log", "--log-level", "error", "portal.wsgi:application"],
        cwd=ROOT, env=environment, start_new_session=True,
    )  # fmt: skip
    try:
        wait_for(port)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def rush(port: int, seconds: float, people: int) -> dict[str, Any]:
    """Everybody comes at a time of their own."""
    from dialogue_sessions.models import Registration

    pool, before = pool_of_seats("rush"), deadlocks()
    slug = pool.session.slug
    warm = Person(port, 10**6)
    for _turn in range(4):
        warm.ask("warm", f"/lich/{slug}/dang-ky/")
    begins, crowd, lock = time.time() + 1, [], threading.Lock()

    def act(number: int) -> None:
        due = begins + seconds * number / people
        time.sleep(max(0.0, due - time.time()))
        person = Person(port, number)
        with lock:
            crowd.append(person)
        person.register(slug, pool.pk)

    errors = [repr(one) for one in at_once(people, CLIENTS, act) if isinstance(one, Exception)]
    times = sorted(taken for person in crowd for _name, taken in person.seconds)
    by_page = {
        name: round(1000 * statistics.median(taken for person in crowd for one, taken in person.seconds if one == name), 1)
        for name in ("form", "send", "code page", "code", "place")
    }
    order = list(Registration.objects.filter(pool=pool).order_by("queue_no").values_list("state", flat=True))
    pool.refresh_from_db()
    statuses = Counter(status for person in crowd for status in person.statuses)
    return {
        "people": people, "seconds": seconds, "confirmed": order.count("confirmed"), "waiting": order.count("waiting"), "taken": pool.taken,
        # In the order of the queue, everybody with a seat came before everybody without one.
        "fair": order == sorted(order), "errors": errors[:3], "statuses": dict(sorted(statuses.items())), "deadlocks": deadlocks() - before,
        "p50_ms": round(1000 * statistics.median(times), 1), "p95_ms": round(1000 * times[int(0.95 * len(times))], 1), "median_ms": by_page,
    }  # fmt: skip


def missed(result: dict[str, Any]) -> list[str]:
    """Targets that do not hold."""
    people = result["people"]
    rules = {
        "exactly 50 confirmed, the rest waits": (result["confirmed"], result["waiting"], result["taken"]) == (SEATS, people - SEATS, SEATS),
        "one fair queue": result["fair"],
        "nobody met an error": not result["errors"] and not any(status >= 400 for status in result["statuses"]),
        "no deadlock": result["deadlocks"] == 0,
        "p95": result["p95_ms"] <= 1000 * TARGETS["rush_p95_seconds"],
    }
    return [name for name, holds in rules.items() if not holds]


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="within which everybody comes")
    parser.add_argument("--people", type=int, default=CROWD)
    args = parser.parse_args()
    _django()
    remove = scratch()
    try:
        with server() as port:
            result = rush(port, args.seconds, args.people)
    finally:
        remove()
    result["missed"] = missed(result)
    print(json.dumps(result, ensure_ascii=False))
    return 1 if result["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
