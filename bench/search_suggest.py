"""How fast suggestions are while somebody types: p50 and p99 at the server, beside a trivial view, in one process.

    python bench/search_suggest.py [--procedures 10000] [--questions 400]

makes its own catalogue of that many procedures and 5,000 popular questions in a database of its own, types beginnings of titles,
of folk names and of questions (with marks, without, with keys of an input method left over) through the whole stack of
middleware in one thread, the trivial view (health) in turn with them, and prints JSON on the last line. Ratios of one run mean
the same on any machine. Exit 1 when a suggestion takes longer than 50 ms (p99).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

TARGET_MS = 50.0
POPULAR = 5000
SUGGEST, TRIVIAL = "/tim/goi-y/", "/healthz"


def documents(count: int) -> Any:
    """Procedures with titles of the demonstration's, each a little different, some with folk names."""
    import csv

    from foundation.registries import SearchDocument

    rows: list[dict[str, str]] = []
    for path in sorted((ROOT / "fixtures" / "demonstration" / "catalogue").glob("*/versions.csv")):
        with path.open(encoding="utf-8", newline="") as handle:
            rows += csv.DictReader(handle)
    places = ["Bến Chợ", "Sông Lành", "Đồi Thông", "Cầu Mây", "Hòa An", "Núi Ngọc", "Vườn Cam", "Ao Sen"]
    for number in range(count):
        row = rows[number % len(rows)]
        yield SearchDocument(
            kind="bench",
            object_id=str(number),
            code=f"{1 + number % 3}.{number:06}",
            title=f"{row['name']} {places[number % 8]} {number // len(rows)}",
            url=f"/thu-tuc/{number}/",
            asked=row["keywords"].replace(";", "\n"),
            body=row["description"],
            levels=("ward",),
            weight=2.0 + (number % 97) / 100,
        )


def beginnings(count: int) -> list[str]:
    """What is typed: the first letters of something, in some way of typing."""
    from search import evaluation
    from search.models import Entry

    chance = random.Random(0)
    texts = list(Entry.objects.filter(kind="bench").order_by("object_id").values_list("title", "asked")[:2000])
    typed = []
    while len(typed) < count:
        title, asked = chance.choice(texts)
        text = chance.choice([title, *asked.splitlines()])
        text = evaluation.altered(text, how) if (how := chance.choice(["", "no_marks", "telex"])) else text.lower()
        typed.append(text[: chance.randint(2, 28)].strip())
    return typed


def measure(count: int, questions: int) -> dict[str, Any]:
    """All figures over so many procedures."""
    import datetime as dt

    from django.db import connection
    from django.test import Client

    from foundation.registries import SearchSource, search_sources
    from search import services
    from search.engines.local import engine
    from search.evaluation import quantile
    from search.fields import key_of
    from search.models import PopularQuery

    search_sources._items["bench"] = SearchSource("bench", "Procedures", list, lambda ids: set(ids), None)
    started = time.monotonic()
    services.put(documents(count))
    day = dt.date(2026, 11, 1)
    names = {key_of(words): words for document in documents(POPULAR) if (words := f"{document.title[:60]} {document.object_id}".lower()[:80])}
    PopularQuery.objects.bulk_create(
        PopularQuery(folded=folded, asked=asked, strength=number, first_day=day, last_day=day, found=5)
        for number, (folded, asked) in enumerate(names.items())
    )
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
    engine().sync(rebuild=True)
    print(f"{count} procedures, {len(names)} popular questions made in {time.monotonic() - started:.0f} s", flush=True)
    client = Client()
    typed = beginnings(questions)
    for text in typed[:20]:
        client.get(SUGGEST, {"q": text})
        client.get(TRIVIAL)
    took: dict[str, list[float]] = {"suggest": [], "trivial": []}
    filled = 0
    for text in typed:
        for name, path, query in (("suggest", SUGGEST, {"q": text}), ("trivial", TRIVIAL, {})):
            begun = time.perf_counter()
            response = client.get(path, query)
            took[name].append((time.perf_counter() - begun) * 1000)
            assert response.status_code == 200, (path, response.status_code)
            filled += name == "suggest" and bool(response.json()["suggestions"])
    figures = {name: {"p50": round(quantile(values, 0.5), 2), "p99": round(quantile(values, 0.99), 2)} for name, values in took.items()}
    ratio = statistics.median(took["suggest"]) / statistics.median(took["trivial"])
    return {"procedures": count, "asked": len(typed), "with suggestions": filled, "ms": figures, "ratio of medians": round(ratio, 2)}


def main() -> int:
    """Measure in a database of its own, which goes afterwards."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--procedures", type=int, default=10_000)
    reader.add_argument("--questions", type=int, default=400)
    options = reader.parse_args()
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test.runner import DiscoverRunner
    from django.test.utils import setup_test_environment

    setup_test_environment()
    connection.settings_dict.setdefault("TEST", {})["NAME"] = f"bench_suggest_{os.getpid()}"
    with tempfile.TemporaryDirectory() as folder:
        settings.SEARCH_LOCAL_INDEX = Path(folder) / "search"
        runner = DiscoverRunner(verbosity=0, interactive=False)
        databases = runner.setup_databases(serialized_aliases=[])
        try:
            result = measure(options.procedures, options.questions)
        finally:
            runner.teardown_databases(databases)
    holds = result["ms"]["suggest"]["p99"] <= TARGET_MS
    print(json.dumps({**result, "holds": holds}))
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
