"""The public site: pages from memory, pages made with and without stored parts, stale reads beside a publisher, queries and sizes.

`python bench/site.py [--procedures 10,10000] [--seconds 2] [--reads 1000]` makes its own catalogue in a database of its own. Ratios
are against a bare Wagtail content page of the same run, which asks through the same stack; the best of three rounds counts, with
the pages in turn. The stale reads and the load go to two server processes that it starts on the loopback. JSON on the last line."""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.append(str(Path(__file__).resolve().parent))  # last: bench/search.py is not the application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

ROUNDS = 3
BARE = "/trang-tran/"
UNKEPT = "?x=1"  # a query that no view knows: the page is made each time
PUBLISHES = 50


def codes(count: int) -> list[str]:
    """Procedures to ask for in turn, so that no single row is in every cache of the machine."""
    return [f"/thu-tuc/8.{number:06d}/" for number in range(1, min(count, 40) + 1)]


def timed(client: Any, addresses: Iterator[str], seconds: float, before: Callable[[], None] | None = None) -> float:
    """Requests a second; what is done `before` each is not counted."""
    spent, asked = 0.0, 0
    while spent < seconds and asked < 4_000:
        address = next(addresses)
        if before:
            before()
        start = time.perf_counter()
        response = client.get(address)
        spent += time.perf_counter() - start
        assert response.status_code == 200, (address, response.status_code)
        asked += 1
    return asked / spent


def ratios(count: int, seconds: float) -> dict[str, Any]:
    """The pace of a procedure's page in each way of making it, and of the bare page beside it."""
    from unittest import mock

    from django.db import connection
    from django.test import Client, override_settings
    from django.test.utils import CaptureQueriesContext

    from procedures_catalog import stored, views
    from procedures_catalog.models import Procedure

    client = Client()
    turns = {name: itertools.cycle(found) for name, found in {
        "bare": [BARE + UNKEPT], "bare kept": [BARE], "made": [path + UNKEPT for path in codes(count)], "kept": codes(count),
    }.items()}  # fmt: skip
    ranks = iter(range(10**6))

    def publish() -> None:
        Procedure.objects.filter(code="8.000007").update(popularity=next(ranks) % 40)

    def publish_and_forget() -> None:
        publish()
        views._bodies.clear()

    ways: dict[str, tuple[str, Callable[[], None] | None, bool]] = {
        "bare": ("bare", None, True),
        "without stored body": ("made", views._bodies.clear, False),
        "with stored body": ("made", views._bodies.clear, True),
        "with its parts in memory": ("made", None, True),
        "bare, first after a publication": ("bare", publish, True),
        "with stored body, first after a publication": ("made", publish_and_forget, True),
        "bare kept": ("bare kept", None, True),
        "kept": ("kept", None, True),
    }
    against = {"kept": "bare kept", "with stored body, first after a publication": "bare, first after a publication"}
    rounds: list[dict[str, float]] = []
    queries: dict[str, int] = {}
    with override_settings(PAGE_CACHE_MB=64):
        for _ in range(ROUNDS):
            found = {}
            for name, (turn, before, with_store) in ways.items():
                with ExitStack() as stack:
                    if not with_store:
                        stack.enter_context(mock.patch.object(stored, "find", return_value=None))
                        stack.enter_context(mock.patch.object(stored, "store"))
                    for _path in range(min(count, 40)):  # warm, and every page stored
                        client.get(next(turns[turn]))
                    if before:
                        before()
                    with CaptureQueriesContext(connection) as asked:
                        client.get(next(turns[turn]))
                    queries[name] = len(asked)
                    found[name] = timed(client, turns[turn], seconds, before)
            rounds.append(found)
    result = {}
    for name in ways:
        of = against.get(name, "bare")
        # Each round is a run of its own, in which a busy moment meets all of them.
        result[name] = {
            "rps": round(max(found[name] for found in rounds), 1),
            "ratio": round(max(found[name] / found[of] for found in rounds), 2),
            "ratio_median": round(statistics.median(found[name] / found[of] for found in rounds), 2),
            "queries": queries[name],
        }
    return result


def page_types() -> dict[str, dict[str, Any]]:
    """Queries in a process that has just started and in one that has not, and the size with all resources, of each public page."""
    from catalogue_pages import resources
    from django.db import connection
    from django.test import Client, override_settings
    from django.test.utils import CaptureQueriesContext

    from portal.page_cache import middleware
    from procedures_catalog import listing, prepared, views

    pages = {
        "home": "/", "home in English": "/en/", "list": "/thu-tuc/", "list narrowed": "/thu-tuc/?cap=ward&linh-vuc=linh-vuc-3",
        "procedure": "/thu-tuc/8.000007/", "procedure on paper": "/thu-tuc/8.000007/in/", "what changed": "/thu-tuc/8.000007/thay-doi/",
        "offices": "/co-quan/", "an office": "/co-quan/song-lanh/", "public duties": "/cong-khai/", "content page": BARE,
        "section": "/tin-tuc/", "search": "/tim/?q=" + quote("kết hôn"), "figures": "/so-lieu/", "not found": "/khong-co/",
    }  # fmt: skip
    found = {}
    client = Client()
    with override_settings(PAGE_CACHE_MB=64):
        for name, path in pages.items():
            asked = {}
            for state in ("cold", "warm"):
                middleware.pages.clear()
                if state == "cold":
                    middleware.stamp.forget()
                    prepared.answers.clear()
                    views._bodies.clear()
                    listing._memory.clear()
                with CaptureQueriesContext(connection) as queries:
                    response = client.get(path)
                asked[state] = len(queries)
            if response.status_code != 200 and name != "not found":
                continue  # of a capability that this installation has not
            extra, scripts = resources(response.content)
            found[name] = {
                "queries_cold": asked["cold"], "queries": asked["warm"], "kb": round((len(response.content) + extra) / 1000, 1),
                "scripts_kb_gzip": round(scripts / 1000, 1),
            }  # fmt: skip
    return found


# ── two server processes ────────────────────────────────────────────────────────


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def servers(count: int = 2) -> Iterator[list[int]]:
    """So many processes that serve the bench's database, as production serves: granian, four threads each."""
    from django.db import connection

    settings = connection.settings_dict
    user, password, host = (quote(str(settings[name]), safe="") for name in ("USER", "PASSWORD", "HOST"))
    place = f"@/{settings['NAME']}?host={host}" if str(settings["HOST"]).startswith("/") else f"@{host}:{settings['PORT']}/{settings['NAME']}"
    if str(settings["HOST"]).startswith("/") and settings["PORT"]:
        place = f"@:{settings['PORT']}/{settings['NAME']}?host={host}"
    url = f"postgresql://{user}{':' + password if password else ''}{place}"
    started: list[subprocess.Popen[bytes]] = []
    ports = [free_port() for _ in range(count)]
    try:
        for port in ports:
            environment = {
                **os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings", "PORTAL_STAGE": "test", "DATABASE_URL": url, "DATABASE_OWNER_URL": url,
                "PORTAL_BASE_URL": f"http://127.0.0.1:{port}", "LOG_LEVEL": "ERROR",
            }  # fmt: skip
            environment.pop("PORTAL_AS_OWNER", None)
            started.append(subprocess.Popen(
                [str(Path(sys.executable).with_name("granian")), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
                 "--blocking-threads", "4", "--no-ws", "--no-access-log", "--log-level", "error", "portal.wsgi:application"],
                cwd=ROOT, env=environment, start_new_session=True,
            ))  # fmt: skip
        for port in ports:
            wait_for(port)
        yield ports
    finally:
        for process in started:
            os.killpg(process.pid, signal.SIGTERM)
        for process in started:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def wait_for(port: int) -> None:
    """Until a server answers."""
    until = time.monotonic() + 120
    while True:
        try:
            if ask(port, "/healthz")[0] == 200:
                return
        except OSError:
            pass
        if time.monotonic() > until:
            raise TimeoutError(f"no server on port {port}")
        time.sleep(0.3)


def ask(port: int, path: str) -> tuple[int, str, str]:
    """Status, text and what the cache did."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        link.request("GET", path, headers={"User-Agent": "bench"})
        response = link.getresponse()
        return response.status, response.read().decode(), response.getheader("Cache-Status") or ""
    finally:
        link.close()


def stale(ports: list[int], reads: int) -> dict[str, Any]:
    """Readers in four threads over the processes beside a publisher who counts: a read is stale when it shows less than what had been
    committed before it was sent. Every publication writes its number into a procedure's page and the name of the portal, and takes
    another procedure's version back or publishes it again."""
    from django.db import transaction

    from organisation.models import SiteIdentity
    from procedures_catalog.models import Procedure, ProcedureVersion
    from tests.procedures_catalog.factories import ProcedureFactory, VersionFactory

    # What has begun cannot be taken back; what is to come can.
    if not Procedure.objects.filter(code="8.900000").exists():
        VersionFactory(procedure=ProcedureFactory(code="8.900000"), upcoming=True)
    path, other = "/thu-tuc/8.000003/", "/thu-tuc/8.900000/"
    marks = {path: "Lần công bố ", "/": "Cổng "}
    committed, done, lock = [0], threading.Event(), threading.Lock()
    seen = {"reads": 0, "hits": 0, "stale": 0}

    def note(old: bool, said: str) -> None:
        with lock:
            seen["reads"] += 1
            seen["hits"] += "hit" in said
            seen["stale"] += old

    def read(port: int, wanted: str) -> None:
        least = committed[0]
        _status, text, said = ask(port, wanted)
        place = text.find(marks[wanted]) + len(marks[wanted])
        number = text[place : place + 6]
        note(not number.isdigit() or int(number) < least, said)

    def publish(number: int) -> None:
        with transaction.atomic():
            Procedure.objects.filter(code="8.000003").update(summary=f"Lần công bố {number:06d}.")
            SiteIdentity.objects.update(name=f"Cổng {number:06d}")
            # Taken back, and published again as it was approved.
            ProcedureVersion.objects.filter(procedure__code="8.900000").update(live=number % 2 == 0)
        committed[0] = number

    def reader(name: int) -> None:
        for turn in itertools.count(name):
            if done.is_set():
                return
            read(ports[turn % len(ports)], path if turn // len(ports) % 2 else "/")

    publish(0)
    threads = [threading.Thread(target=reader, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    published = 0
    while published < PUBLISHES or seen["reads"] < reads:
        published += 1
        publish(published)
        # Right after each commit: what was withdrawn is gone, what was published again is there, in each process.
        for port in ports:
            for _ in range(2):
                status, _text, said = ask(port, other)
                note(status != (200 if published % 2 == 0 else 404), said)
                read(port, path)
        time.sleep(0.05)
    done.set()
    for thread in threads:
        thread.join()
    return {**seen, "publications": published, "processes": len(ports)}


def load(port: int, path: str, clients: int, seconds: float) -> dict[str, float]:
    """So many clients, each with a connection that is kept: requests a second and milliseconds."""
    times: list[float] = []
    wrong: list[int] = []
    until = time.monotonic() + seconds

    def client() -> None:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        mine = []
        while time.monotonic() < until:
            start = time.perf_counter()
            link.request("GET", path, headers={"User-Agent": "bench"})
            response = link.getresponse()
            response.read()
            mine.append(time.perf_counter() - start)
            if response.status != 200:
                wrong.append(response.status)
        link.close()
        times.extend(mine)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    return {
        "rps": round(len(times) / (time.monotonic() - start), 1), "p50_ms": round(times[len(times) // 2] * 1000, 1),
        "p95_ms": round(times[int(len(times) * 0.95)] * 1000, 1), "p99_ms": round(times[int(len(times) * 0.99)] * 1000, 1), "not_200": len(wrong),
    }  # fmt: skip


def loads(port: int, seconds: float) -> dict[str, Any]:
    """L1 and L2: pages from memory with 16 clients, made each time with 8; each beside the bare page in the same way."""
    pages = {"bare": BARE, "home": "/", "list": "/thu-tuc/", "procedure": "/thu-tuc/8.000007/"}
    found: dict[str, Any] = {}
    for label, query, clients in (("kept", "", 16), ("made", UNKEPT, 8)):
        for name, path in pages.items():
            ask(port, path + query)
            found[f"{name} {label}"] = load(port, path + query, clients, seconds)
        for name in pages:
            row = found[f"{name} {label}"]
            row["ratio"] = round(row["rps"] / found[f"bare {label}"]["rps"], 2)
            row["p99_ratio"] = round(row["p99_ms"] / found[f"bare {label}"]["p99_ms"], 2)
    return found


def measured(counts: list[int], seconds: float, reads: int) -> dict[str, Any]:
    """All figures for each number of procedures, each in a database of its own."""
    from catalogue_pages import add_rest, bare_page
    from django.conf import settings
    from django.db import connection
    from django.test.runner import DiscoverRunner

    from tests.procedures_catalog.factories import catalogue

    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    connection.settings_dict.setdefault("TEST", {})["NAME"] = f"bench_site_{os.getpid()}"
    result: dict[str, Any] = {}
    for count in counts:
        runner = DiscoverRunner(verbosity=0, interactive=False)
        databases = runner.setup_databases(serialized_aliases=[])
        found = result[str(count)] = {}

        def note(part: str, rows: dict[str, Any], found: dict[str, Any] = found, count: int = count) -> None:
            found[part] = rows
            for name, row in rows.items():
                said = "  ".join(f"{key} {value}" for key, value in row.items()) if isinstance(row, dict) else row
                print(f"{count:>6} {part:20} {name:44} {said}", flush=True)

        try:
            bare_page()
            catalogue(count, fields=min(12, count // 2))
            add_rest()
            with connection.cursor() as cursor:
                cursor.execute("vacuum analyze")
            note("pages", page_types())
            note("pace", ratios(count, seconds))
            if count == max(counts):
                with servers() as ports:
                    note("stale", stale(ports, reads))
                    # The control: with the stamp's triggers off, the same readers must find old pages.
                    with connection.cursor() as cursor:
                        cursor.execute("alter table foundation_touched disable trigger raises")
                    note("stale without a stamp", stale(ports, min(reads, 200)))
                    with connection.cursor() as cursor:
                        cursor.execute("alter table foundation_touched enable always trigger raises")
                    note("load", loads(ports[0], max(2.0, seconds)))
        finally:
            runner.teardown_databases(databases)
    return result


def verdict(result: dict[str, Any]) -> dict[str, bool]:
    """Which targets hold."""
    most = result[max(result, key=int)]
    pace = [found["pace"] for found in result.values()]
    pages = [row for found in result.values() for row in found["pages"].values()]
    return {
        "uncached with stored body >= 2 x bare": all(rows["with stored body"]["ratio"] >= 2 for rows in pace),
        "uncached without it >= 0.5 x bare": all(rows["without stored body"]["ratio"] >= 0.5 for rows in pace),
        "from memory >= 0.8 x bare from memory": all(rows["kept"]["ratio"] >= 0.8 for rows in pace),
        "no stale read": most["stale"]["stale"] == 0 and most["stale"]["reads"] >= 1000 and most["stale"]["publications"] >= 40,
        "pages were read from memory meanwhile": most["stale"]["hits"] > most["stale"]["reads"] / 10,
        "the control finds stale reads": most["stale without a stamp"]["stale"] > 0,
        "home <= 12 queries": all(max(found["pages"]["home"][kind] for kind in ("queries", "queries_cold")) <= 12 for found in result.values()),
        "every page <= 100 KB": all(row["kb"] <= 100 for row in pages),
        "load without an error": all(row["not_200"] == 0 for row in most["load"].values()),
    }


def main() -> int:
    """Measure, and say it as a table and as JSON; 0 when every target holds."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--procedures", default="10,10000")
    reader.add_argument("--seconds", type=float, default=2.0)
    reader.add_argument("--reads", type=int, default=1000)
    options = reader.parse_args()
    import django

    django.setup()
    before = Path("/proc/loadavg").read_text(encoding="ascii").split()[:3]
    result = measured([int(number) for number in options.procedures.split(",")], options.seconds, options.reads)
    holds = verdict(result)
    load_average = {"before": before, "after": Path("/proc/loadavg").read_text(encoding="ascii").split()[:3]}
    print(json.dumps({**result, "loadavg": load_average, "holds": holds}, ensure_ascii=False))
    return 0 if all(holds.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
