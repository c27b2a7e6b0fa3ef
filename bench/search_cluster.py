"""What a cluster of three nodes with one replica loses when one of them goes: `python bench/search_cluster.py [--seconds 60]`.

Questions and edits go on all the time. First each node in turn is killed as by a power cut (kill -9) and comes back, then each
is ended in order and comes back (a rolling restart). JSON on the last line; 1 when a question failed, when the built-in engine
had to stand in, when an answer was empty, or when the index differs from the database afterwards. Everything lies on loopback,
in a scratch database and a cluster of its own (ports 9500 to 9502) that go afterwards.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NAME, PORT, NODES, HEAP = "cluster", 9500, 3, "320m"
ENTRIES = 3000


def _load(path: Path, name: str) -> Any:
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module


def _say(text: str) -> None:
    print(text, flush=True)


class Cluster:
    """The three nodes."""

    def __init__(self) -> None:
        self.tool = _load(ROOT / "tools" / "elasticsearch" / "node.py", "elasticsearch_node")
        self.ports: list[int] = self.tool.start(NAME, PORT, NODES, HEAP)

    @property
    def urls(self) -> list[str]:
        return [f"http://127.0.0.1:{port}" for port in self.ports]

    def end(self, port: int, how: signal.Signals) -> None:
        node = next(node for node in self.tool.remembered(NAME) if node["port"] == port)
        process = self.tool.process_of(node)
        process.send_signal(how)
        process.wait(60)

    def begin(self, port: int) -> None:
        others = [node for node in self.tool.remembered(NAME) if node["port"] != port]
        started = [*others, self.tool.launch(NAME, port, self.ports, HEAP)]
        (self.tool.folder() / f"{NAME}.json").write_text(json.dumps(started), encoding="utf-8")

    def green(self, seconds: float = 120) -> None:
        """Wait until every copy of every shard is where it belongs, as whoever restarts a cluster does."""
        from urllib.error import URLError
        from urllib.request import urlopen

        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for url in self.urls:
                try:
                    with urlopen(f"{url}/_cluster/health", timeout=2) as response:
                        health = json.load(response)
                except (URLError, OSError):
                    break
                if health["status"] != "green" or health["number_of_nodes"] != NODES:
                    break
            else:
                return
            time.sleep(0.3)
        raise SystemExit("the cluster did not become green again")

    def clear(self) -> None:
        self.tool.stop(NAME)
        shutil.rmtree(self.tool.folder() / f"data-{NAME}-{NODES}", ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each of the two parts, at least")
    # What is measured is loss and not speed: where two cores that carry three nodes have other work too, ask with more patience.
    parser.add_argument("--timeout", type=float, help="ELASTICSEARCH_TIMEOUT of the run; without it, the product's own")
    arguments = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    scratch = _load(ROOT / "bench" / "catalogue.py", "bench_catalogue").scratch
    with ExitStack() as afterwards:
        cluster = Cluster()
        afterwards.callback(cluster.clear)
        afterwards.callback(scratch())
        folder = afterwards.enter_context(tempfile.TemporaryDirectory())
        result = measure(cluster, Path(folder), arguments.seconds, arguments.timeout)
    good = all(part["failed"] == part["stood_in"] == part["empty"] == part["differences"] == 0 for part in result.values())
    print(json.dumps(result | {"good": good}))
    return 0 if good else 1


def measure(cluster: Cluster, folder: Path, seconds: float, timeout: float | None) -> dict[str, dict[str, Any]]:
    from django.conf import settings

    from search import index, planner
    from search.engines import choice, elasticsearch

    settings.SEARCH_LOCAL_INDEX = folder
    settings.ELASTICSEARCH_URL = cluster.urls
    settings.ELASTICSEARCH_PREFIX = f"bench-{os.getpid()}"
    settings.ELASTICSEARCH_SHARDS, settings.ELASTICSEARCH_REPLICAS = 2, 1
    if timeout is not None:
        settings.ELASTICSEARCH_TIMEOUT = timeout
    chosen = elasticsearch.options()
    assert chosen
    write(range(ENTRIES))
    index.rebuild(chosen)
    cluster.green()
    for _ in range(300):  # three young Java machines on few cores are slow at first
        choice.answer(planner.plan("cap giay phep"))
    choice._breakers.clear()
    parts = {"power_cut": signal.SIGKILL, "rolling_restart": signal.SIGTERM}
    return {name: part(cluster, chosen, how, seconds) for name, how in parts.items()}


def write(numbers: Any, title: str = "Thủ tục cấp giấy phép số {}") -> None:
    from django.db import transaction

    from foundation.registries import SearchDocument
    from search import services

    with transaction.atomic():
        services.put(SearchDocument(kind="thing", object_id=str(number), title=title.format(number), url=f"/{number}/") for number in numbers)


def part(cluster: Cluster, chosen: Any, how: signal.Signals, seconds: float) -> dict[str, Any]:
    """Questions and edits while each node in turn goes and comes back."""
    from django.db import connection

    from search import index, planner
    from search.engines import choice, elasticsearch

    over = threading.Event()
    counts: Counter[str] = Counter()
    times: list[float] = []
    plan = planner.plan("cap giay phep")

    def ask() -> None:
        try:
            while not over.is_set():
                started = time.perf_counter()
                try:
                    answered = choice.answer(plan)
                except Exception as error:  # noqa: BLE001  # counted, and told
                    counts["failed"] += 1
                    _say(f"  failed: {error!r}")
                    continue
                times.append(time.perf_counter() - started)
                counts["asked"] += 1
                counts["stood_in"] += answered.degraded
                counts["empty"] += not answered.answer.found
        finally:
            connection.close()

    def edit() -> None:
        number = 0
        try:
            while not over.is_set():
                write([number % ENTRIES], "Thủ tục cấp giấy phép đã sửa lần " + str(number) + " số {}")
                counts["edited"] += 1
                number += 1
                try:
                    index.follow(chosen)
                except elasticsearch.Unavailable:
                    counts["followed_later"] += 1  # as the job does, which comes again
                time.sleep(0.05)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for one in (ask, ask, edit)]
    began = time.monotonic()
    for one in threads:
        one.start()
    try:
        for port in cluster.ports:
            time.sleep(seconds / 12)
            _say(f"  {how.name} to the node on {port}")
            cluster.end(port, how)
            time.sleep(seconds / 6)
            cluster.begin(port)
            cluster.green()
        time.sleep(max(0.0, seconds - (time.monotonic() - began)))
    finally:
        over.set()
        for one in threads:
            one.join()
    index.follow(chosen)
    times.sort()
    names = ("asked", "failed", "stood_in", "empty", "edited", "followed_later")
    return {name: counts[name] for name in names} | {
        "differences": len(index.differences(chosen)),
        "documents": elasticsearch.Store(chosen).count(),
        "seconds": round(time.monotonic() - began, 1),
        "p50_ms": round(times[len(times) // 2] * 1000, 1),
        "p99_ms": round(times[int(len(times) * 0.99)] * 1000, 1),
        "max_ms": round(times[-1] * 1000, 1),
    }


if __name__ == "__main__":
    sys.exit(main())
