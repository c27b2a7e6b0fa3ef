"""How seats are given under a rush, as ratios and counts of one run: `python bench/seats.py [--rush-seconds 60] [--runs 20]`. JSON on the
last line, exit code 1 when a target does not hold; `--only year` runs one part alone.

rush      300 people come within so many seconds for 50 seats, over two processes of eight threads as two web workers are; each has a seat
          held or waits, and confirms at once
burst     200 registrations at the same time for 50 seats, many times over; then with the lock off, where they must be oversold
cost      one registration (locks, checks, seat, row, event, job, encryption) against the bare insert of such a row
year      a year of events of twelve units, 100 of them and 10,000, in turn: the calendar's month and list, made anew each time; how many
          queries each takes and how its time grows

All in a scratch database that goes afterwards. Registration is measured at what every page calls, the calendar at its pages.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import hashlib
import json
import os
import queue
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SEATS, CROWD, TOGETHER, CONNECTIONS, WORKERS, THREADS = 50, 300, 200, 40, 2, 8
TARGETS = {"rush_p95_seconds": 3.0, "cost_ratio": 3.0, "year_growth": 1.5, "year_queries": 12}
UNITS, FEW_EVENTS, MANY_EVENTS, VIEWS = 12, 100, 10_000, ("month", "list")


def _django(database: str = "") -> None:
    os.environ["PORTAL_AS_OWNER"] = "1"
    os.environ["RATE_LIMITS"] = "0"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    if database:
        from django.db import connections

        connections.databases["default"]["NAME"] = database


def scratch() -> Any:
    """A scratch database on the same server; gives the function that removes it."""
    from django.db import connection

    before = connection.settings_dict["NAME"]
    connection.settings_dict.setdefault("TEST", {})["NAME"] = f"bench_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    return lambda: connection.creation.destroy_test_db(before, verbosity=0)


def pool_of_seats(name: str, capacity: int = SEATS) -> Any:
    """The seats of a new session that takes registrations."""
    from dialogue_sessions import services
    from dialogue_sessions.models import Pool, Session
    from organisation.models import Unit

    now = dt.datetime.now(dt.UTC)
    unit, _created = Unit.objects.get_or_create(slug="bench", defaults={"name": "Bench", "code": "H90.1", "level": 4})
    session = Session(
        kind="thematic", unit=unit, title=name, slug=name, starts_at=now + dt.timedelta(days=9), ends_at=now + dt.timedelta(days=9, hours=3),
        registration_opens=now - dt.timedelta(hours=1), registration_closes=now + dt.timedelta(days=8),
    )  # fmt: skip
    services.plan_session(session, [services.Seats(capacity)], None)
    services.follow_clock(services.announce(session, None).pk)
    return Pool.objects.select_related("session__series").get(session=session)


def somebody(name: str) -> Any:
    """Whoever registers."""
    from dialogue_sessions.contacts import applicant

    return applicant(f"Nguyễn Thị {name}", f"09{name}", hashlib.sha256(name.encode()).hexdigest(), village="Thôn Đông", subject="Đường liên thôn")


def deadlocks() -> int:
    """Deadlocks that the server counted in this database."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_clear_snapshot(), deadlocks from pg_stat_database where datname = current_database()")
        return int(cursor.fetchone()[1])


def at_once(count: int, threads: int, act: Any) -> list[Any]:
    """`act(number)` for each number over so many connections that begin together; what each gave or raised."""
    from django.db import connections

    numbers: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(count):
        numbers.put(number)
    done: list[Any] = []
    start = threading.Barrier(threads)

    def work() -> None:
        start.wait()
        with contextlib.suppress(queue.Empty):
            while True:
                number = numbers.get_nowait()
                try:
                    done.append(act(number))
                except Exception as error:  # noqa: BLE001  # counted
                    done.append(error)
        connections.close_all()

    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return done


# ── The rush ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def come(pool_id: int, worker: int, seconds: float) -> list[dict[str, Any]]:
    """One worker's share of the crowd: each comes at a time of their own and is answered when a thread is free. The crowd begins to
    come when the workers are up, as it does with a server."""
    from dialogue_sessions import services
    from dialogue_sessions.models import Pool

    pool = Pool.objects.select_related("session__series").get(pk=pool_id)
    share = CROWD // WORKERS
    print("ready", flush=True)
    begins = float(sys.stdin.readline())

    def act(number: int) -> dict[str, Any]:
        due = begins + seconds * (number * WORKERS + worker) / CROWD
        time.sleep(max(0.0, due - time.time()))
        try:
            found = services.hold(pool, somebody(f"{worker}-{number}"))
            registered = time.time() - due
            services.confirm(found)
        except Exception as error:  # noqa: BLE001  # counted
            return {"error": repr(error)}
        return {"seconds": registered, "whole": time.time() - due}

    return at_once(share, THREADS, act)


def rush(seconds: float) -> dict[str, Any]:
    """300 people for 50 seats."""
    from django.db import connection

    from dialogue_sessions.models import Registration

    pool, before = pool_of_seats("rush"), deadlocks()
    command = [sys.executable, __file__, "--database", str(connection.settings_dict["NAME"]), "--pool", str(pool.pk), "--rush-seconds", str(seconds)]
    started = [
        subprocess.Popen([*command, "--worker", str(worker)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for worker in range(WORKERS)
    ]
    for process in started:
        assert process.stdout is not None and process.stdin is not None
        while process.stdout.readline().strip() != "ready":
            if process.poll() is not None:
                raise SystemExit(f"a worker ended ({process.returncode})")
    begins = time.time() + 1
    for process in started:
        process.stdin.write(f"{begins}\n")
        process.stdin.flush()
    answers: list[dict[str, Any]] = []
    for process in started:
        said, _nothing = process.communicate()
        answers += json.loads(said.strip().splitlines()[-1])
    times = sorted(one["seconds"] for one in answers if "seconds" in one)
    rows = Registration.objects.filter(pool=pool)
    pool.refresh_from_db()
    # In the order of the queue, everybody with a seat came before everybody without one.
    order = list(rows.order_by("queue_no").values_list("state", flat=True))
    return {
        "people": CROWD, "seconds": seconds, "confirmed": order.count("confirmed"), "waiting": order.count("waiting"), "taken": pool.taken,
        "fair": order == sorted(order), "errors": [one["error"] for one in answers if "error" in one][:3], "answers": len(answers),
        "p50_ms": round(1000 * statistics.median(times), 1) if times else None,
        "p95_ms": round(1000 * times[int(0.95 * len(times))], 1) if times else None, "deadlocks": deadlocks() - before,
    }  # fmt: skip


# ── The burst ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _sold(pool: Any) -> int:
    return sum(row.size for row in pool.registrations.seated())


def _burst(name: str) -> tuple[int, int]:
    """Seats sold, and errors."""
    from dialogue_sessions import services

    pool = pool_of_seats(name)
    done = at_once(TOGETHER, CONNECTIONS, lambda number: services.hold(pool, somebody(f"{name}-{number}")))
    return _sold(pool), sum(isinstance(one, Exception) for one in done)


def burst(runs: int) -> dict[str, Any]:
    """Many times 200 at once, and the control."""
    from dialogue_sessions.models import Pool, Session
    from dialogue_sessions.services import gate, seats

    before = deadlocks()
    sold, failed = zip(*(_burst(f"burst-{run}") for run in range(runs)), strict=True)
    locked = deadlocks() - before
    lock, take = gate.lock, seats.take

    def count_then_write(pool_id: int, wanted: int) -> bool:
        pool = Pool.objects.get(pk=pool_id)
        if pool.free < wanted:
            return False
        Pool.objects.filter(pk=pool_id).update(taken=pool.taken + wanted)
        return True

    gate.lock, seats.take = (lambda pk: Session.objects.get(pk=pk)), count_then_write
    try:
        without = max(_burst(f"without-{run}")[0] for run in range(3))
    finally:
        gate.lock, seats.take = lock, take
    return {"runs": runs, "sold": sorted(set(sold)), "errors": sum(failed), "deadlocks": locked, "sold_with_the_lock_off": without}


# ── The cost ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def cost(pairs: int) -> dict[str, Any]:
    """One registration against one bare insert, in turn, so that both meet the same machine."""
    from django.db import transaction
    from django.utils import timezone

    from dialogue_sessions import services
    from dialogue_sessions.models import Registration

    pool, other = pool_of_seats("cost", 10_000), pool_of_seats("bare", 10_000)
    text = "x" * 90

    def registration(number: int) -> None:
        services.hold(pool, somebody(f"cost-{number}"))

    def bare(number: int) -> None:
        now = timezone.now()
        with transaction.atomic():
            Registration(
                session=other.session, pool=other, state="held", name_sealed=text, contact_sealed=text, village="Thôn Đông", subject="Đường",
                contact_hmac=hashlib.sha256(f"bare-{number}".encode()).hexdigest(), queue_no=number + 1, held_until=now, created_at=now,
            ).save(force_insert=True)  # fmt: skip

    times: dict[Any, list[float]] = {registration: [], bare: []}
    for number in range(pairs + 20):
        for act in (registration, bare):
            started = time.perf_counter()
            act(number)
            if number >= 20:
                times[act].append(time.perf_counter() - started)
    full, least = statistics.median(times[registration]), statistics.median(times[bare])
    return {"pairs": pairs, "registration_ms": round(1000 * full, 2), "bare_insert_ms": round(1000 * least, 2), "ratio": round(full / least, 2)}


# ── A year of events ──────────────────────────────────────────────────────────────────────────────────────────────────


def _events(numbers: range) -> None:
    """Public sessions of twelve units over the year to come, their posts with them, and every twentieth moved from another day."""
    from dialogue_sessions.models import Session, SessionMove
    from organisation.models import Post, Unit

    units = [
        Unit.objects.get_or_create(slug=f"bench-{number}", defaults={"name": f"Phường {number}", "code": f"H91.{number}", "level": 4})[0]
        for number in range(UNITS)
    ]
    posts = [Post.objects.get_or_create(unit=unit, title="Chủ tịch")[0] for unit in units]
    now, hour, day = dt.datetime.now(dt.UTC).replace(minute=0, second=0, microsecond=0), dt.timedelta(hours=1), dt.timedelta(days=1)
    made = []
    for number in numbers:
        # Spread by a number without a common factor, so that few events cover the year as many do.
        begins = now + day * (number * 149 % 365) + hour * (number % 9)
        made.append(
            Session(
                kind=("thematic", "periodic", "legal_aid")[number % 3], unit=units[number % UNITS], post=posts[number % UNITS], state="announced",
                title=f"Buổi số {number}", slug=f"bench-{number}", starts_at=begins, ends_at=begins + hour, announced_at=now, place="Nhà văn hóa",
            )
        )  # fmt: skip
    Session.objects.bulk_create(made, batch_size=1000)
    SessionMove.objects.bulk_create(
        SessionMove(session=one, old_starts_at=one.starts_at - 2 * day, old_ends_at=one.ends_at - 2 * day, starts_at=one.starts_at,
                    ends_at=one.ends_at, reason="mưa") for one in made[::20]
    )  # fmt: skip


def _page(client: Any, query: str) -> tuple[float, int]:
    """Seconds and queries of one page of the calendar, made anew."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        started = time.perf_counter()
        answer = client.get(f"/lich/{query}")
        seconds = time.perf_counter() - started
    if answer.status_code != 200:
        raise SystemExit(f"/lich/{query} answers {answer.status_code}")
    return seconds, len(asked)


def year(rounds: int) -> dict[str, Any]:
    """The calendar with a hundred events and with ten thousand, in a year of twelve units: two databases, asked in turn."""
    from django.conf import settings
    from django.contrib.staticfiles import storage
    from django.db import connection
    from django.test import Client

    def use(name: str) -> None:
        connection.close()
        connection.settings_dict["NAME"] = name
        connection.ensure_connection()

    def in_database(name: str, numbers: range) -> None:
        use(name)
        _events(numbers)
        with connection.cursor() as cursor:
            cursor.execute("vacuum analyze")

    client = Client(SERVER_NAME="localhost")  # one for all: loading the middleware is no part of a page
    # A whole month, whatever the day on which this runs.
    ways = {"month": f"?ngay={dt.datetime.now(dt.UTC) + dt.timedelta(days=45):%Y-%m-%d}", "list": "?xem=danh-sach"}
    settings.PAGE_CACHE_MB = 0  # pages are made anew each time
    storage.staticfiles_storage._wrapped = storage.StaticFilesStorage()  # their files as they lie here: no collectstatic
    many, few = (name := str(connection.settings_dict["NAME"])), f"{name}_few"
    measured: dict[tuple[str, str], list[tuple[float, int]]] = {(view, base): [] for view in VIEWS for base in (few, many)}
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'create database "{few}" template "{many}"')
    try:
        in_database(few, range(FEW_EVENTS))
        in_database(many, range(MANY_EVENTS))
        for number in range(rounds):
            for base in (few, many) if number % 2 else (many, few):
                use(base)
                for view in VIEWS:
                    _page(client, ways[view])  # what a new connection reads once
                    measured[view, base].append(_page(client, ways[view]))
    finally:
        use(many)
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'drop database if exists "{few}"')
    found: dict[str, Any] = {"units": UNITS, "events": [FEW_EVENTS, MANY_EVENTS]}
    for view in VIEWS:
        least, most = (statistics.median(seconds for seconds, _queries in measured[view, base]) for base in (few, many))
        queries = [max(asked for _seconds, asked in measured[view, base]) for base in (few, many)]
        found[view] = {"few_ms": round(1000 * least, 1), "many_ms": round(1000 * most, 1), "growth": round(most / least, 2), "queries": queries}
    return found


def missed(result: dict[str, Any]) -> list[str]:
    """Targets that do not hold."""
    hurry, many, price = result["rush"], result["burst"], result["cost"]
    rules = {
        "rush: exactly 50 confirmed, the rest waits": (hurry["confirmed"], hurry["waiting"], hurry["taken"]) == (SEATS, CROWD - SEATS, SEATS),
        "rush: one fair queue": hurry["fair"],
        "rush: nobody met an error": not hurry["errors"] and hurry["answers"] == CROWD,
        "rush: p95": (hurry["p95_ms"] or 1e9) <= 1000 * TARGETS["rush_p95_seconds"],
        "rush, burst: no deadlock": hurry["deadlocks"] == many["deadlocks"] == 0,
        "burst: exactly full each time": many["sold"] == [SEATS] and not many["errors"],
        "burst: oversold with the lock off": many["sold_with_the_lock_off"] > SEATS,
        "cost": price["ratio"] <= TARGETS["cost_ratio"],
        "year: time grows little": all(result["year"][name]["growth"] <= TARGETS["year_growth"] for name in VIEWS),
        "year: queries": all(max(result["year"][name]["queries"]) <= TARGETS["year_queries"] for name in VIEWS),
    }
    return [name for name, holds in rules.items() if not holds]


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rush-seconds", type=float, default=60.0, help="within which the 300 come")
    parser.add_argument("--runs", type=int, default=20, help="bursts of 200")
    parser.add_argument("--rounds", type=int, default=30, help="times that each page of the calendar is made")
    parser.add_argument("--only", choices=("cost", "burst", "rush", "year"), help="one part alone; without a verdict")
    parser.add_argument("--pairs", type=int, default=300, help="registrations and bare inserts that are compared")
    for name, kind in (("database", str), ("pool", int), ("worker", int)):
        parser.add_argument(f"--{name}", type=kind, help=argparse.SUPPRESS)
    args = parser.parse_args()
    _django(args.database or "")
    if args.worker is not None:
        print(json.dumps(come(args.pool, args.worker, args.rush_seconds)))
        return 0
    remove = scratch()
    result: dict[str, Any] = {}
    try:
        parts = {
            "cost": lambda: cost(args.pairs), "burst": lambda: burst(args.runs), "rush": lambda: rush(args.rush_seconds),
            "year": lambda: year(args.rounds),
        }  # fmt: skip
        for name in [args.only] if args.only else parts:
            result[name] = parts[name]()
            print(name, result[name], flush=True)
    finally:
        remove()
    if args.only:
        print(json.dumps(result, ensure_ascii=False))
        return 0
    result["missed"] = missed(result)
    print(json.dumps(result, ensure_ascii=False))
    return 1 if result["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
