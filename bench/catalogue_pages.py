"""The catalogue's public pages: queries, size with all resources, and requests a second against a bare Wagtail page.

`python bench/catalogue_pages.py [--procedures 10,10000] [--seconds 2]` makes its own catalogue in a database of its own, asks
through the whole stack of middleware in one thread, the bare page and the others in turn, and prints JSON on the last line.
Ratios of one run mean the same on any machine; `cold` is with an empty memory before each request, `after a change` with one
procedure changed and committed before each. The last pages are of a name without a field and of a unit."""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")


def ask(client: Any, address: str) -> bytes:
    """One page."""
    response = client.get(address)
    assert response.status_code == 200, (address, response.status_code)
    return response.content


def resources(html: bytes) -> tuple[int, int]:
    """Bytes of stylesheets, scripts and icons of a page, and of its scripts when compressed."""
    from django.contrib.staticfiles import finders

    total = scripts = 0
    for name in set(re.findall(rb'(?:href|src)="/static/([^"]+)"', html)):
        data = Path(finders.find(name.decode())).read_bytes()
        total += len(data)
        scripts += len(gzip.compress(data)) if name.endswith(b".js") else 0
    return total, scripts


def pace(client: Any, addresses: dict[str, str], seconds: float, before: Any = None) -> dict[str, float]:
    """Requests a second of each page, the pages in turn so that a busy moment meets all of them; what is done `before` each
    is not counted."""
    spent, asked = dict.fromkeys(addresses, 0.0), dict.fromkeys(addresses, 0)
    end = time.monotonic() + seconds * len(addresses)
    while time.monotonic() < end:
        for name, address in addresses.items():
            if before:
                before()
            start = time.perf_counter()
            ask(client, address)
            spent[name] += time.perf_counter() - start
            asked[name] += 1
    return {name: asked[name] / spent[name] for name in addresses}


def add_rest() -> str:
    """A unit with a counter that takes a hundred procedures, and a record of which only the name is known; gives its code."""
    from procedures_catalog.models import Procedure, ServiceOffer
    from tests.browser import town
    from tests.procedures_catalog.factories import VersionFactory

    point = town.office().service_points.get()
    ServiceOffer.objects.bulk_create([ServiceOffer(procedure=procedure, point=point) for procedure in Procedure.objects.order_by("code")[:100]])
    return str(VersionFactory(name_only=True, name="Cấp lại giấy phép hoạt động số 7 về việc lĩnh vực 3").procedure.code)


def measure(count: int, seconds: float) -> dict[str, Any]:
    """All figures with so many procedures."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from procedures_catalog import listing, views
    from procedures_catalog.models import Procedure
    from tests.procedures_catalog.factories import catalogue

    catalogue(count, fields=min(12, count // 2))
    bare_name = add_rest()
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
    client = Client()
    addresses = {
        "bare": "/trang-tran/",
        "home": "/",
        "list": "/thu-tuc/",
        "list narrowed": "/thu-tuc/?cap=ward&linh-vuc=linh-vuc-3",
        "list far behind": "/thu-tuc/?cap=ward&sap-xep=ten&trang=" + str(max(1, count // 40 - 1)),
        "procedure": "/thu-tuc/8.000007/",
        "name without field": f"/thu-tuc/{bare_name}/",
        "unit": "/co-quan/song-lanh/",
    }
    ranks = iter(range(10**6))

    def forget() -> None:
        views._bodies.clear()
        listing._memory.clear()

    def change() -> None:
        Procedure.objects.filter(code="8.000007").update(popularity=next(ranks) % 40)

    found: dict[str, Any] = {}
    for name, address in addresses.items():
        forget()
        with CaptureQueriesContext(connection) as cold:
            html = ask(client, address)
        with CaptureQueriesContext(connection) as warm:
            ask(client, address)
        change()
        with CaptureQueriesContext(connection) as after:
            ask(client, address)
        extra, scripts = resources(html)
        found[name] = {
            "queries_cold": len(cold),
            "queries": len(warm),
            "queries_after_a_change": len(after),
            "kb": round((len(html) + extra) / 1000, 1),
            "scripts_kb_gzip": round(scripts / 1000, 1),
        }
    for label, before in (("", None), ("_after_a_change", change), ("_cold", forget)):
        rates = pace(client, addresses, seconds, before)
        for name, rate in rates.items():
            found[name][f"rps{label}"] = round(rate, 1)
            found[name][f"ratio{label}"] = round(rate / rates["bare"], 2)
    return found


def verdict(results: dict[str, Any]) -> dict[str, bool]:
    """Which targets of the pages hold. An empty memory is a process that has just started: told, and held to nothing."""
    most = results[max(results, key=int)]
    ours = {name: row for name, row in most.items() if name != "bare"}
    named = ("queries_cold", "queries", "queries_after_a_change")
    return {
        "pace of pages": all(row["ratio"] >= 0.5 for row in ours.values()),
        "pace after a change": all(row["ratio_after_a_change"] >= 0.5 for row in ours.values()),
        "queries": all(row[kind] <= 12 for row in ours.values() for kind in named),
        "queries grow with nothing": all(rows[name][kind] == most[name][kind] for rows in results.values() for name in ours for kind in named),
        "size": all(row["kb"] <= 100 and row["scripts_kb_gzip"] <= 30 for row in ours.values()),
    }


def bare_page() -> None:
    """A content page of Wagtail with a heading and a paragraph, served by Wagtail's own view."""
    from portal.models import ContentPage
    from portal.setup import ensure_site

    body = [{"type": "heading", "value": {"level": "2", "text": "Đề mục"}}, {"type": "text", "value": "<p>Một đoạn văn.</p>" * 5}]
    ensure_site().add_child(instance=ContentPage(title="Trang trần", slug="trang-tran", body=body))


def measured(counts: Iterable[int], seconds: float = 2.0) -> dict[str, Any]:
    """The figures for each number of procedures, each in a database of its own: what is written is committed, as it is in life."""
    from django.db import connection
    from django.test.runner import DiscoverRunner

    connection.settings_dict.setdefault("TEST", {})["NAME"] = f"bench_pages_{os.getpid()}"
    result: dict[str, Any] = {}
    for count in counts:
        runner = DiscoverRunner(verbosity=0, interactive=False)
        databases = runner.setup_databases(serialized_aliases=[])
        try:
            bare_page()
            result[str(count)] = measure(count, seconds)
        finally:
            runner.teardown_databases(databases)
        for name, row in result[str(count)].items():
            print(f"{count:>6} {name:18}", "  ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    return result


def main() -> int:
    """Measure, and say it as a table and as JSON; 0 when every target holds."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--procedures", default="10,10000")
    reader.add_argument("--seconds", type=float, default=2.0)
    options = reader.parse_args()
    import django

    django.setup()
    from django.test.utils import setup_test_environment

    setup_test_environment()
    result = measured([int(number) for number in options.procedures.split(",")], options.seconds)
    holds = verdict(result)
    print(json.dumps({**result, "holds": holds}))
    return 0 if all(holds.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
