"""Lighthouse on every kind of public page: `python bench/lighthouse.py [--runs 3] [NAME …]`, or `make lighthouse`.

Mobile, with Lighthouse's simulated slow 4G and a processor slowed down four times; the median of the runs; marks below. Pages come
from the installation's own database (the demonstration, after `make run`), served by the server that production runs, with
collected static files. No reverse proxy stands between, so styles and scripts come compressed (whitenoise keeps them so) and HTML
does not: in production the proxy compresses it, and pages are lighter than measured here.

Wants Node 18.16 or later and Chromium (CHROME_PATH, /usr/bin/chromium by default). Lighthouse itself is installed into
var/lighthouse, pinned by bench/lighthouse/package-lock.json; nothing of it is part of the portal. Scores for performance are of
this machine in this moment: the load beside it is printed. Exit 1 when a page stays below a mark; JSON on the last line."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

PINS = ROOT / "bench" / "lighthouse"
CHROMIUM = os.environ.get("CHROME_PATH", "/usr/bin/chromium")
CHROMIUM_FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--remote-debugging-address=127.0.0.1",
]  # fmt: skip
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
SCORES = {"performance": 95, "accessibility": 100, "best-practices": 95, "seo": 90}
LIMITS = {"lcp_ms": 2500, "tbt_ms": 200, "cls": 0.1, "kb": 100}
AUDITS = {"lcp_ms": "largest-contentful-paint", "tbt_ms": "total-blocking-time", "cls": "cumulative-layout-shift"}
# Lighthouse takes "do not index" and a 404 for faults; on these pages they are meant. Everything else of SEO is asked of them, too.
MEANT = ["is-crawlable", "http-status-code"]
ITS_OWN = ("NO_NAVSTART", "NO_FCP", "PROTOCOL_TIMEOUT", "TRACING_ALREADY_STARTED")  # faults of the recording, not of a page
PATIENCE = 120  # seconds for one run


def more_pages() -> dict[str, str]:
    """What tools/screenshots.py has no picture of: content, public duties, sign-in, and what the sitemap does not name."""
    from portal.models import ArticlePage, DisclosureItem, HomePage, SectionPage

    found = {
        "duties": "/cong-khai/",
        "list-en": "/en/thu-tuc/",
        "search-empty": "/tim/",
        "search-nothing": "/tim/?q=zzqqxx",
        "sign-in": "/tai-khoan/dang-nhap/",
    }
    section = SectionPage.objects.live().public().filter(locale__language_code="vi").first()
    article = ArticlePage.objects.for_everybody().in_language("vi").newest_first().first()
    for name, page in (("section", section), ("article", article)):
        if page is not None:
            found[name] = page.get_url()
    if article is not None:
        found["article-print"] = f"{article.get_url()}in/"
    item = DisclosureItem.objects.shown().order_by("pk").first()
    if item is not None:
        found["duty"] = item.get_absolute_url()
    home = HomePage.objects.live().filter(locale__language_code="vi").first()
    for page in home.get_children().live().public() if home is not None else ():
        found.setdefault(f"page-{page.slug}", page.get_url())
    return found


def registered() -> dict[str, str]:
    """Pages of later applications: the first of each sitemap of the registry."""
    from foundation.registries import sitemaps

    found = {}
    for name, kind in sitemaps.items():
        sitemap = kind() if isinstance(kind, type) else kind
        first = next(iter(sitemap.items()), None)
        if first is not None:
            found[f"sitemap-{name}"] = sitemap.location(first)
    return found


def pages() -> dict[str, str]:
    """A page of each kind, each address once."""
    import screenshots

    every = {**screenshots.pages(), **more_pages(), **registered()}
    seen: set[str] = set()
    return {name: path for name, path in every.items() if not (path in seen or seen.add(path))}  # type: ignore[func-returns-value]


def install() -> Path:
    """Lighthouse in its folder under var/, by its lock file; gives the program."""
    import node_packages

    return node_packages.installed(PINS) / "lighthouse" / "cli" / "index.js"


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Until it answers."""
    end = time.monotonic() + 90
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError, urllib.error.URLError):
            urllib.request.urlopen(url, timeout=2).close()  # our own address
            return
        time.sleep(0.2)
    raise SystemExit(f"{url} did not answer")


@contextlib.contextmanager
def running(command: list[str], url: str, **variables: str) -> Iterator[None]:
    """A program while it is needed."""
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **variables}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(url, process)
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def measure(program: Path, url: str, port: int) -> dict[str, Any]:
    """One run, begun again up to twice when Lighthouse itself lost the trace and asks for that. Raises RuntimeError."""
    for left in (2, 1, 0):
        try:
            return run_of(program, url, port)
        except RuntimeError as error:
            if not left or not any(word in str(error) for word in ITS_OWN):
                raise
    raise AssertionError


def run_of(program: Path, url: str, port: int) -> dict[str, Any]:
    """One run: scores of 0 to 100, times, bytes, and what lost points. Raises RuntimeError with Lighthouse's own words."""
    command = [
        "node", str(program), url, "--quiet", "--output=json", f"--port={port}", "--hostname=127.0.0.1", "--ignore-status-code",
        f"--only-categories={','.join(CATEGORIES)}", f"--skip-audits={','.join(MEANT)}", "--max-wait-for-load=60000",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False, env={**os.environ, "CHROME_PATH": CHROMIUM})
    if done.returncode:
        raise RuntimeError(done.stderr.decode()[-800:])
    report = json.loads(done.stdout)
    if report.get("runtimeError"):
        raise RuntimeError(report["runtimeError"]["message"])
    audits = report["audits"]
    found: dict[str, Any] = {name: round((report["categories"][name]["score"] or 0) * 100) for name in CATEGORIES}
    found |= {name: audits[audit].get("numericValue", 0.0) for name, audit in AUDITS.items()}
    requests = audits["network-requests"]["details"]["items"]
    found["kb"] = sum(row.get("transferSize", 0) for row in requests) / 1024
    found["foreign"] = sorted({row["url"] for row in requests if not row["url"].startswith(("http://127.0.0.1", "data:"))})
    weighed = {reference["id"] for category in report["categories"].values() for reference in category["auditRefs"] if reference["weight"]}
    judged = {name: audits[name]["score"] or 0 for name in weighed if audits[name]["scoreDisplayMode"] in {"binary", "numeric"}}
    found["lost"] = sorted(name for name, score in judged.items() if score < 0.9)
    return found


def middle(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of each figure; all that lost points in any run."""
    numbers = {name: statistics.median(run[name] for run in runs) for name in (*CATEGORIES, *LIMITS)}
    return {
        **numbers,
        "lost": sorted({audit for run in runs for audit in run["lost"]}),
        "foreign": sorted({url for run in runs for url in run["foreign"]}),
    }


def below(result: dict[str, Any]) -> list[str]:
    """What of a page stays below its mark."""
    found = [f"{name} {result[name]:.0f} < {mark}" for name, mark in SCORES.items() if result[name] < mark]
    found += [f"{name} {result[name]:.2f} > {limit}" for name, limit in LIMITS.items() if result[name] > limit]
    return found + [f"asks {url}" for url in result["foreign"]]


def line(name: str, result: dict[str, Any]) -> str:
    """A line of the table."""
    cells = [f"{result[key]:>5.0f}" for key in CATEGORIES]
    cells += [f"{result['lcp_ms']:>7.0f}", f"{result['tbt_ms']:>6.0f}", f"{result['cls']:>6.3f}", f"{result['kb']:>6.1f}"]
    return f"{name:<24}" + "".join(cells) + ("   " + "; ".join(below(result)) if below(result) else "")


def main() -> int:
    """Measure, print, judge."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("names", nargs="*", help="only these pages")
    reader.add_argument("--runs", type=int, default=3)
    reader.add_argument("--list", action="store_true", help="the names and addresses, without measuring")
    options = reader.parse_args()
    import django

    django.setup()
    from django.core.management import call_command

    wanted = {name: path for name, path in pages().items() if not options.names or name in options.names}
    if options.list:
        print("\n".join(f"{name:<24}{path}" for name, path in wanted.items()))
        return 0
    program = install()
    call_command("collectstatic", interactive=False, verbosity=0)
    port, debug = free_port(), free_port()
    web = [
        str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--blocking-threads", "4", "--no-ws", "--log-level", "error", "--no-access-log", "portal.wsgi:application",
    ]  # fmt: skip
    base = f"http://127.0.0.1:{port}"
    results: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as profile:
        chrome = [CHROMIUM, *CHROMIUM_FLAGS, f"--remote-debugging-port={debug}", f"--user-data-dir={profile}", "about:blank"]
        with (
            running(web, f"{base}/healthz", RATE_LIMITS="0", PORTAL_BASE_URL=base),
            running(chrome, f"http://127.0.0.1:{debug}/json/version"),
        ):
            print(
                f"{'':<24} perf acces  best   seo    LCP    TBT    CLS     KB   ({options.runs} runs each; load {os.getloadavg()[0]:.1f})", flush=True
            )
            for name, path in wanted.items():
                with contextlib.suppress(urllib.error.HTTPError):  # the page of an error, for one
                    urllib.request.urlopen(base + path, timeout=60).close()  # our own address; what a worker makes once is made
                results[name] = middle([measure(program, base + path, debug) for _ in range(options.runs)])
                print(line(name, results[name]), flush=True)
                if results[name]["lost"] and below(results[name]):
                    print(f"{'':<24}lost by: {', '.join(results[name]['lost'])}", flush=True)
    failed = {name: found for name, result in results.items() if (found := below(result))}
    print(f"{len(results)} pages, {len(failed)} below a mark; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    print(json.dumps({"runs": options.runs, "load": os.getloadavg(), "pages": results, "below": failed}, ensure_ascii=False))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
