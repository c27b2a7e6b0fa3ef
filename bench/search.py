"""What search costs: `python bench/search.py [--entries 10000,100000] [--engine local --engine elasticsearch] [--data FOLDER]`.

The real procedures are imported into a scratch database; for more entries than there are procedures, copies of them follow (a kind of
this bench, whose every result is asked of the database like any other). Asked are the development questions, long and short.

api      the whole API in one process (`GET /api/v1/search`) against the same engine's bare query with the finished plan, question
         by question in turn, so that a busy moment meets both; answers that are kept are forgotten before each, so that every one
         is found anew
growth   the middle time of the most entries against that of the fewest
served   requests a second of the API against those of a view that does one point query, from the same server, in turn: asked as people
         ask (a few questions often), and `anew`, with the moment's memory of answers off
plan     the time of a plan
rebuild  entries a second against bare bulk indexing of the same documents, made beforehand; the peak of memory, few against many
memory   what the vocabulary of a process holds

JSON on the last line; 1 when a target is missed. Everything lies on loopback and goes afterwards.
"""

from __future__ import annotations

import argparse
import gc
import http.client
import importlib.util
import itertools
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).resolve().parent
# Beside a file of this name `import search` would find the file instead of the application.
sys.path[:] = [str(ROOT), *(one for one in sys.path if Path(one).resolve() != HERE)]
NAME, PORT, HEAP = "bench-search", 9520, "1g"
ENGINES = ("local", "elasticsearch")
KIND = "copy"
TRIVIAL = "/api/bench-one-row/"  # where nothing is asked of the database before the view
FOLDER = "BENCH_SEARCH_FOLDER"  # where the built-in engine of the bench's processes lies
CLIENTS = 8
TARGETS = {
    "api_p50": 4.0, "api_p99": 6.0, "growth_p50": 4.0, "served": 0.5, "plan_ms_p50": 0.2, "rebuild": 0.3, "memory_flat": 1.25, "vocabulary_mb": 20.0,
}  # fmt: skip


def say(text: str) -> None:
    print(text, flush=True)


def node_tool() -> Any:
    """The tool that starts Elasticsearch."""
    specification = importlib.util.spec_from_file_location("elasticsearch_node", ROOT / "tools" / "elasticsearch" / "node.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    sys.modules["elasticsearch_node"] = module
    specification.loader.exec_module(module)
    return module


# ── what is searched ────────────────────────────────────────────────────────────


def register_copies() -> None:
    """Copies of procedures are found as these are: visible when the procedure is, by the same query."""
    from foundation.registries import SearchSource, search_sources
    from procedures_catalog.search_sources import SOURCE

    def visible(object_ids: Iterable[str]) -> set[str]:
        ids = list(object_ids)
        seen = SOURCE.visible({one.partition("-")[0] for one in ids})
        return {one for one in ids if one.partition("-")[0] in seen}

    if KIND not in search_sources:
        search_sources.register(KIND, SearchSource(KIND, "copies", lambda ids=None: iter(()), visible))


def fill(data: Path) -> None:
    """The real procedures, and the tables that come with the portal."""
    from django.core.management import call_command

    from bench import catalogue

    catalogue.people()
    catalogue._timed_import(data / "procedures.jsonl.gz")
    call_command("search_tables", "seed", verbosity=0)


def grow(entries: int) -> int:
    """Copies, until there are so many entries; gives how many there are."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select count(*) from search_entry where live")
        (there,) = cursor.fetchone()
        cursor.execute("select coalesce(max(split_part(object_id, '-', 2)::int), 0) from search_entry where kind = %s", [KIND])
        (turn,) = cursor.fetchone()
        while there < entries:
            turn += 1
            # A code of its own, so that a copy is one more thing and not the same thing twice.
            cursor.execute(
                """insert into search_entry (kind, object_id, code, title, body, asked, url, unit, field, levels, audiences, facets, facts,
                                             valid_from, valid_to, weight, streams, language_version, digest, live, version, xid)
                   select %s, object_id || '-' || %s, code || '.' || %s, title, body, asked, url, unit, field, levels, audiences, facets, facts,
                          valid_from, valid_to, weight, streams || jsonb_build_object('codes', lower(code || '.' || %s)), language_version, digest,
                          true, nextval('search_entry_version'), pg_current_xact_id()::text::bigint
                   from search_entry where kind = 'procedure' and live order by id limit %s""",
                [KIND, turn, turn, turn, entries - there],
            )
            there += cursor.rowcount
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze search_entry")
    return int(there)


def questions(data: Path, count: int) -> list[str]:
    """Development questions, the same ones each time."""
    rows = [json.loads(line)["query"] for line in (data / "queries.jsonl").read_text(encoding="utf-8").splitlines()]
    return random.Random(5).sample(rows, min(count, len(rows)))  # a sample is no secret


# ── one process ─────────────────────────────────────────────────────────────────


def bare_query(engine: str) -> Callable[[Any], int]:
    """The engine's own call with a finished plan, and nothing of ours around it: as many hits as search asks for, with what tells which
    they are."""
    from search.engines import RELEVANT, elasticsearch, local

    if engine == "local":
        mirror = local.engine()

        def ask_local(plan: Any) -> int:
            searcher = mirror._searcher
            query = mirror._query(plan)
            hits = searcher.search(query, RELEVANT, count=False).hits if query is not None else []
            return len([searcher.doc(address).to_dict() for _score, address in hits])

        return ask_local
    chosen = elasticsearch.options()
    assert chosen
    one = elasticsearch.engine(chosen)

    def ask_elasticsearch(plan: Any) -> int:
        body = one._body(plan)
        return len(one._hits(body)) if body else 0

    return ask_elasticsearch


def times(engine: str, asked: list[str]) -> dict[str, Any]:
    """Milliseconds of the API and of the bare query."""
    from django.conf import settings
    from django.test import Client

    from search import evaluation, kept, planner, vocabulary
    from search.engines import choice

    client, bare = Client(), bare_query(engine)
    settings.PAGE_CACHE_MB = 64  # as in production: what the database said of an entry under one stamp stands; each answer is found anew
    spent: dict[str, list[float]] = {"plan": [], "bare": [], "engine": [], "api": []}
    found = 0
    for turn in range(3):
        for text in asked * 3:  # three times before each round of the API: what runs on after a rebuild disturbs the first at most
            start = time.perf_counter()
            planner.plan(text, lexicon=vocabulary.current())
            spent["plan"].append((time.perf_counter() - start) * 1000)
        for text in asked if turn < 2 else ():
            plan = planner.plan(text, lexicon=vocabulary.current())
            planned = time.perf_counter()
            bare(plan)
            answered = time.perf_counter()
            choice.answer(plan)  # the product's own call, which keeps what it read of the hits: told beside the bare one, nothing hangs on it
            asked_ours = time.perf_counter()
            kept.memory.forget()
            start = time.perf_counter()
            response = client.get("/api/v1/search", {"q": text})
            end = time.perf_counter()
            said = response.json()
            assert response.status_code == 200, response.content
            assert said["engine"] == engine, said["engine"]
            if turn:  # the first round warms
                found += len(said["hits"])
                for name, seconds in (("bare", answered - planned), ("engine", asked_ours - answered), ("api", end - start)):
                    spent[name].append(seconds * 1000)
    row: dict[str, Any] = {"questions": len(asked), "hits": found}
    for name, values in spent.items():
        for share, key in ((0.5, "p50"), (0.99, "p99")):
            row[f"{name}_ms_{key}"] = round(evaluation.quantile(values, share), 3)
    row["api_to_engine_p50"] = round(row["api_ms_p50"] / row["engine_ms_p50"], 2)
    row["api_p50"] = round(row["api_ms_p50"] / row["bare_ms_p50"], 2)
    row["api_p99"] = round(row["api_ms_p99"] / row["bare_ms_p99"], 2)
    return row


# ── a server ────────────────────────────────────────────────────────────────────


def database_url() -> str:
    from django.db import connection

    known = connection.settings_dict
    user, password, host = (quote(str(known[name]), safe="") for name in ("USER", "PASSWORD", "HOST"))
    secret = f":{password}" if password else ""
    if str(known["HOST"]).startswith("/"):
        port = f":{known['PORT']}" if known["PORT"] else ""
        return f"postgresql://{user}{secret}@{port}/{known['NAME']}?host={host}"
    return f"postgresql://{user}{secret}@{host}:{known['PORT']}/{known['NAME']}"


@contextmanager
def server(environment: dict[str, str]) -> Iterator[int]:
    """One worker that serves the bench's database as production serves, with a view of one point query beside (bench/search_served.py)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    url = database_url()
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("granian")), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
         "--blocking-threads", "4", "--no-ws", "--no-access-log", "--log-level", "error", "bench.search_served:application"],
        cwd=ROOT, start_new_session=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings", "PORTAL_STAGE": "test", "DATABASE_URL": url, "DATABASE_OWNER_URL": url,
             "PORTAL_BASE_URL": f"http://127.0.0.1:{port}", "LOG_LEVEL": "ERROR", "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip
    try:
        until = time.monotonic() + 120
        while True:
            try:
                if ask(port, [TRIVIAL])[0] == 200:
                    break
            except OSError:
                if time.monotonic() > until:
                    raise
            time.sleep(0.3)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def ask(port: int, paths: list[str]) -> list[int]:
    """The status of each path."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        return [status for status, _text in (_get(link, path) for path in paths)]
    finally:
        link.close()


def _get(link: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
    link.request("GET", path, headers={"User-Agent": "bench"})
    response = link.getresponse()
    return response.status, response.read()


def pace(port: int, paths: list[str], seconds: float) -> float:
    """Requests a second of so many clients, each with a connection that is kept."""
    until, count, wrong = time.monotonic() + seconds, itertools.count(), []
    turns = itertools.cycle(paths)
    guard = threading.Lock()

    def client() -> None:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while time.monotonic() < until:
            with guard:
                path = next(turns)
            status, _text = _get(link, path)
            if status != 200:
                wrong.append(status)
            next(count)
        link.close()

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:5]
    return next(count) / (time.monotonic() - start)


def served(engine: str, asked: list[str], seconds: float, environment: dict[str, str]) -> dict[str, Any]:
    """Requests a second of the API and of the trivial view, in turn: asked as people ask, some questions often and most of them seldom
    (the n-th most popular one 1/n as often as the first), and with the memory of answers off, so that each one is found anew."""
    paths = [f"/api/v1/search?q={quote(text)}" for text in asked]
    often = random.Random(7).choices(paths, [1 / place for place in range(1, len(paths) + 1)], k=20_000)
    row: dict[str, Any] = {}
    for name, memory, turns in (("served", "64", often), ("anew", "0", paths)):
        with server({**environment, "PAGE_CACHE_MB": memory}) as port:
            assert set(ask(port, paths[:40])) == {200}
            rounds = []
            for _round in range(3):
                trivial = pace(port, [TRIVIAL], seconds)
                api = pace(port, turns, seconds)
                rounds.append((api / trivial, api, trivial))
        ratio, api, trivial = sorted(rounds)[len(rounds) // 2]
        row |= {f"{name}_rps": round(api, 1), f"{name}_trivial_rps": round(trivial, 1), name: round(ratio, 2)}
    return row


# ── building ────────────────────────────────────────────────────────────────────


def rebuilt(engine: str, only: str) -> dict[str, Any]:
    """Seconds of a rebuild, or of bare bulk indexing of the same documents; the peak of this process's memory."""
    import resource

    from django.db import connection

    from search import index
    from search.engines import elasticsearch, local, table

    with connection.cursor() as cursor:
        cursor.execute("select 1")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if only == "rebuild":
        start = time.perf_counter()
        if engine == "local":
            entries = local.engine().sync(rebuild=True)
        else:
            chosen = elasticsearch.options()
            assert chosen
            entries = index.rebuild(chosen)
        took = time.perf_counter() - start
    else:
        rows = (row for batch in table.batches(0) for row in batch if row["live"])
        took, entries = (_bare_local if engine == "local" else _bare_elasticsearch)(rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": round(took, 2), "entries": entries, "peak_mb": round(peak), "before_mb": round(before)}


def _bare_local(rows: Iterator[dict[str, Any]]) -> tuple[float, int]:
    import tantivy

    from search.engines import local

    documents = [local._document(row) for row in rows]
    gc.collect()
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        index = tantivy.Index(local._schema(), path=folder)
        writer = index.writer(64_000_000, 1)
        for document in documents:
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        return time.perf_counter() - start, len(documents)


def _bare_elasticsearch(rows: Iterator[dict[str, Any]]) -> tuple[float, int]:
    from elasticsearch import helpers

    from search.engines import elasticsearch

    chosen = elasticsearch.options()
    assert chosen
    store = elasticsearch.Store(chosen)
    documents = [{"_id": row["ref"], "_source": elasticsearch.document(row)} for row in rows]
    gc.collect()
    name = store.create()
    try:
        start = time.perf_counter()
        helpers.bulk(store._keeping, documents, index=name, chunk_size=elasticsearch.CHUNK, max_chunk_bytes=elasticsearch.CHUNK_BYTES)
        store.refresh(name)
        return time.perf_counter() - start, len(documents)
    finally:
        store.drop(name)


def building(engine: str, environment: dict[str, str]) -> dict[str, Any]:
    """A rebuild and the bare one, each in a process of its own, so that a peak of memory is its own."""
    found = {}
    for only in ("rebuild", "bare"):
        done = subprocess.run(
            [sys.executable, __file__, "--only", only, "--engine", engine], check=True, capture_output=True, text=True, cwd=ROOT,
            env={**os.environ, **environment, "DATABASE_URL": database_url(), "DATABASE_OWNER_URL": database_url()},
        )  # fmt: skip
        found[only] = json.loads(done.stdout.strip().splitlines()[-1])
    return {
        "entries": found["rebuild"]["entries"], "seconds": found["rebuild"]["seconds"], "bare_seconds": found["bare"]["seconds"],
        "rebuild": round(found["bare"]["seconds"] / found["rebuild"]["seconds"], 2), "peak_mb": found["rebuild"]["peak_mb"],
    }  # fmt: skip


def vocabulary_mb() -> float:
    """What a process holds for its vocabulary."""
    from search import vocabulary

    vocabulary.memory.forget()
    gc.collect()
    tracemalloc.start()
    vocabulary.current()
    gc.collect()
    held, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return round(held / 1_000_000, 1)


# ── all of it ───────────────────────────────────────────────────────────────────


def measured(options: argparse.Namespace, folder: Path, es_url: str) -> dict[str, Any]:
    from django.conf import settings

    from search import index
    from search.engines import choice, elasticsearch, local

    environments = {"local": {FOLDER: str(folder), "ELASTICSEARCH_URL": ""}}
    environments["elasticsearch"] = environments["local"] | {"ELASTICSEARCH_URL": es_url, "ELASTICSEARCH_TIMEOUT": "30", "ELASTICSEARCH_PREFIX": NAME}
    settings.SEARCH_LOCAL_INDEX = folder
    settings.ELASTICSEARCH_PREFIX, settings.ELASTICSEARCH_TIMEOUT = NAME, 30.0  # what is measured is the time, not the patience
    fill(options.data)
    asked = questions(options.data, options.questions)
    result: dict[str, Any] = {}

    def note(part: str, entries: int, engine: str, row: dict[str, Any]) -> None:
        result[f"{part} {engine} {entries}"] = row
        say(f"{part:8} {engine:14} {entries:>7}  " + "  ".join(f"{key} {value}" for key, value in row.items()))

    for wanted in options.entries:
        entries = grow(wanted)
        for engine in options.engine:
            settings.ELASTICSEARCH_URL = [es_url] if engine == "elasticsearch" else []
            choice._breakers.clear()
            note("rebuild", entries, engine, building(engine, environments[engine]))
            if engine == "local":
                local._engines.clear()
                local.engine().sync()
            else:
                chosen = elasticsearch.options()
                assert chosen
                index.follow(chosen)
            note("api", entries, engine, times(engine, asked))
            if wanted == min(options.entries):
                note("served", entries, engine, served(engine, asked, options.seconds, environments[engine]))
    result["vocabulary_mb"] = vocabulary_mb()
    say(f"vocabulary of a process: {result['vocabulary_mb']} MB")
    return result


def verdict(result: dict[str, Any], engines: list[str], counts: list[int]) -> dict[str, Any]:
    """Each target with the worst figure and whether it holds."""
    few, many = min(counts), max(counts)
    rows = {part: {(name.split()[1], int(name.split()[2])): row for name, row in result.items() if name.startswith(f"{part} ")} for part in
            ("api", "served", "rebuild")}  # fmt: skip
    worst = {
        "api_p50": max(row["api_p50"] for row in rows["api"].values()), "api_p99": max(row["api_p99"] for row in rows["api"].values()),
        "plan_ms_p50": max(row["plan_ms_p50"] for row in rows["api"].values()), "served": min(row["served"] for row in rows["served"].values()),
        "rebuild": min(row["rebuild"] for (_engine, entries), row in rows["rebuild"].items() if entries >= many),
        "vocabulary_mb": result["vocabulary_mb"],
    }  # fmt: skip
    if few != many:
        at = {engine: sorted(entries for name, entries in rows["api"] if name == engine) for engine in engines}
        worst["growth_p50"] = max(rows["api"][one, at[one][-1]]["api_ms_p50"] / rows["api"][one, at[one][0]]["api_ms_p50"] for one in engines)
        worst["memory_flat"] = max(rows["rebuild"][one, at[one][-1]]["peak_mb"] / rows["rebuild"][one, at[one][0]]["peak_mb"] for one in engines)
    at_least = {"served", "rebuild"}
    return {
        name: {"seen": round(seen, 3), "wanted": TARGETS[name], "holds": seen >= TARGETS[name] if name in at_least else seen <= TARGETS[name]}
        for name, seen in worst.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--entries", default="10000,100000", type=lambda text: [int(number) for number in text.split(",")])
    parser.add_argument("--engine", action="append", choices=ENGINES)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each round of requests to the server")
    parser.add_argument("--only", choices=("rebuild", "bare"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.engine = options.engine or list(ENGINES)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()
    from django.conf import settings

    register_copies()
    if options.only:
        settings.SEARCH_LOCAL_INDEX = Path(os.environ[FOLDER])
        print(json.dumps(rebuilt(options.engine[0], options.only)))
        return 0
    from bench import catalogue

    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    load = Path("/proc/loadavg").read_text(encoding="ascii").split()[:3]
    with ExitStack() as afterwards:
        es_url = ""
        if "elasticsearch" in options.engine:
            tool = node_tool()
            ports = tool.start(NAME, PORT, 1, HEAP)
            afterwards.callback(shutil.rmtree, tool.folder() / f"data-{NAME}-1", ignore_errors=True)
            afterwards.callback(tool.stop, NAME)
            es_url = f"http://127.0.0.1:{ports[0]}"
        afterwards.callback(catalogue.scratch())
        folder = Path(afterwards.enter_context(tempfile.TemporaryDirectory()))
        result = measured(options, folder, es_url)
    found = verdict(result, options.engine, options.entries)
    for name, row in found.items():
        say(f"{name:16} seen {row['seen']:>8}  wanted {row['wanted']:>6}  {'holds' if row['holds'] else 'MISSED'}")
    print(json.dumps({**result, "load_before": load, "targets": found}, ensure_ascii=False))
    return 0 if all(row["holds"] for row in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
