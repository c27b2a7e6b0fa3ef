"""The catalogue's public pages: queries, size with all resources, and requests a second against a bare Wagtail page.

`python bench/catalogue_pages.py [--procedures 10,1000] [--seconds 2]` makes its own catalogue in a database of its own, asks
through the whole stack of middleware in one thread, the bare page and the others in turn, and prints JSON on the last line.
Ratios of one run mean the same on any machine; `cold` is with an empty memory before each request."""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import sys
import time
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
    """Requests a second of each page, the pages in turn so that a busy moment meets all of them."""
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


def measure(count: int, seconds: float) -> dict[str, Any]:
    """All figures with so many procedures."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from procedures_catalog import listing, views
    from tests.procedures_catalog.factories import catalogue

    catalogue(count)
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    client = Client()
    addresses = {
        "bare": "/trang-tran/",
        "home": "/",
        "list": "/thu-tuc/",
        "list narrowed": "/thu-tuc/?cap=ward&linh-vuc=linh-vuc-3",
        "procedure": "/thu-tuc/8.000007/",
    }

    def forget() -> None:
        views._bodies.clear()
        listing._memory.clear()

    found: dict[str, Any] = {}
    for name, address in addresses.items():
        forget()
        with CaptureQueriesContext(connection) as cold:
            html = ask(client, address)
        with CaptureQueriesContext(connection) as warm:
            ask(client, address)
        extra, scripts = resources(html)
        found[name] = {
            "queries_cold": len(cold),
            "queries": len(warm),
            "kb": round((len(html) + extra) / 1000, 1),
            "scripts_kb_gzip": round(scripts / 1000, 1),
        }
    for label, rates in (("rps", pace(client, addresses, seconds)), ("rps_cold", pace(client, addresses, seconds, forget))):
        for name, rate in rates.items():
            found[name][label] = round(rate, 1)
            found[name][label.replace("rps", "ratio")] = round(rate / rates["bare"], 2)
    return found


def bare_page() -> None:
    """A content page of Wagtail with a heading and a paragraph, served by Wagtail's own view."""
    from portal.models import ContentPage
    from portal.setup import ensure_site

    body = [{"type": "heading", "value": {"level": "2", "text": "Đề mục"}}, {"type": "text", "value": "<p>Một đoạn văn.</p>" * 5}]
    ensure_site().add_child(instance=ContentPage(title="Trang trần", slug="trang-tran", body=body))


def main() -> int:
    """Measure, and say it as a table and as JSON."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--procedures", default="10,1000")
    reader.add_argument("--seconds", type=float, default=2.0)
    options = reader.parse_args()
    import django

    django.setup()
    from django.db import transaction
    from django.test.runner import DiscoverRunner

    runner = DiscoverRunner(verbosity=0, interactive=False)
    runner.setup_test_environment()
    databases = runner.setup_databases()
    result: dict[str, Any] = {}
    try:
        for count in (int(number) for number in options.procedures.split(",")):
            with transaction.atomic():
                bare_page()
                result[str(count)] = measure(count, options.seconds)
                transaction.set_rollback(True)
            for name, row in result[str(count)].items():
                print(f"{count:>6} {name:14}", "  ".join(f"{key} {value}" for key, value in row.items()))
    finally:
        runner.teardown_databases(databases)
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
