"""`make soak`: what takes long or attacks, outside CI (acceptance B15, L6): a portal of its own on loopback, then

    sqlmap   --level 2 --risk 1 over search, list, suggestions and API: 0 findings
    wapiti   the public pages: 0 findings of the kinds that break in
    lighthouse   accessibility 100, performance 95 and the rest on every kind of public page (bench/lighthouse.py)
    memory   ten requests a second for MINUTES: memory grows by a tenth at most after the first five minutes

Its tools are kept in var/audit, apart from the portal's packages. Ends with 1 at a finding. `make soak PARTS="sqlmap wapiti"` does
some; `MINUTES=5`, `CRAWL=120` and `ATTACK=60` (seconds) shorten, and each part has its bound of time."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
AUDIT = ROOT / "var" / "audit"
TOOLS = ["sqlmap==1.10.10", "wapiti3==3.2.3"]
START = 20 * 60
BOUND = 20 * 60  # seconds of sqlmap over one address
# Seconds of wapiti: to look around, and of each kind of attack.
CRAWL, ATTACK = (int(os.environ.get(name, default)) for name, default in (("CRAWL", 5 * 60), ("ATTACK", 3 * 60)))
ADDRESSES = [
    "/tim/?q=khai+sinh&kind=procedure&page=1",
    "/tim/goi-y/?q=khai",
    "/thu-tuc/?linh-vuc=ho-tich&cap=ward&sap-xep=ten&trang=1",
    "/api/v1/search?q=khai&kind=procedure&field=1&unit=1&level=3&page=1",
    "/api/v1/procedures?page=1&page_size=10",
]
PAGES = ["/", "/en/", "/thu-tuc/", "/tim/?q=khai+sinh", "/co-quan/", "/api/v1/procedures", "/khong-co-trang-nay/"]
# Those that need no machine of somebody else (the others would ask an endpoint of the tool's authors).
MODULES = "sql,timesql,xss,permanentxss,file,redirect,crlf"


def say(text: str) -> None:
    """One plain line, at once."""
    print(text, flush=True)


def tool(name: str) -> str:
    """A tool of the audit, installed when it is not there."""
    program = AUDIT / "bin" / name
    if not program.exists():
        say("-- installing sqlmap and wapiti into var/audit")
        subprocess.run([sys.executable, "-m", "venv", str(AUDIT)], check=True)
        subprocess.run([str(AUDIT / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", *TOOLS], check=True)
    return str(program)


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def status(address: str) -> int:
    """The status of a page, 0 for none."""
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310  # nosec B310  # our own address
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


class Portal:
    """A demonstration of its own, without limits on tries: they would end the attack before it began."""

    def __init__(self) -> None:
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        var = AUDIT / "portal"
        var.mkdir(parents=True, exist_ok=True)
        self.log = var / "soak.log"
        environment = {**os.environ, "PORTAL_VAR": str(var), "PORT": str(port), "RATE_LIMITS": "no"}
        with self.log.open("wb") as out:
            command = [sys.executable, str(ROOT / "tools" / "serve.py")]
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + START
        while status(f"{self.address}/healthz") != 200:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.end()
                raise SystemExit(f"The portal did not start: see {self.log}.")
            time.sleep(1)

    def end(self) -> None:
        """End it, and its database with it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(90)

    def memory(self) -> int:
        """Bytes of the web processes."""
        below = psutil.Process(self.process.pid).children(recursive=True)
        return sum(one.memory_info().rss for one in below if "granian" in " ".join(one.cmdline()))

    def faults(self) -> int:
        """Answers that broke, by the log."""
        return self.log.read_text(errors="replace").count("Internal Server Error")


def sqlmap(portal: Portal) -> list[str]:
    """Try every parameter of every address."""
    found = []
    for address in ADDRESSES:
        out = AUDIT / "sqlmap"
        command = [tool("sqlmap"), "-u", portal.address + address, "--level", "2", "--risk", "1", "--batch", "--disable-coloring", "--flush-session"]
        command += ["--timeout", "20", "--retries", "1", "--threads", "4", "--output-dir", str(out)]
        try:
            run = subprocess.run(command, capture_output=True, text=True, timeout=BOUND, stdin=subprocess.DEVNULL, check=False)
            said, whole = run.stdout, "all tested parameters do not appear to be injectable" in run.stdout
        except subprocess.TimeoutExpired as late:
            said, whole = (late.stdout or b"").decode(errors="replace"), False
        if "is vulnerable" in said or "injection point" in said:
            found.append(f"sqlmap: {address}")
        say(f"sqlmap {address}: {'nothing' if whole else 'not all was tried within the time' if not found else 'FOUND'}")
    return found


def wapiti(portal: Portal) -> list[str]:
    """Crawl the public pages, a few of each kind, and attack each form and parameter, module by module."""
    report = AUDIT / "wapiti.json"
    report.unlink(missing_ok=True)
    command = [tool("wapiti"), "-u", f"{portal.address}/", "--scope", "folder", "-m", MODULES, "-d", "4", "-S", "polite"]
    command += ["--max-links-per-page", "40", "--max-scan-time", str(CRAWL), "--max-attack-time", str(ATTACK), "--flush-session"]
    command += ["-x", f"{portal.address}/admin/", "-f", "json", "-o", str(report)]
    for address in ADDRESSES:  # those with parameters, whether the crawl comes by or not
        command += ["-s", portal.address + address]
    bound = CRAWL + ATTACK * len(MODULES.split(",")) + 120
    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=bound, check=False)
    except subprocess.TimeoutExpired:
        return ["wapiti did not end within its own bounds"]
    if not report.exists():
        return ["wapiti wrote no report"]
    told = json.loads(report.read_text(encoding="utf-8"))
    found = [f"wapiti: {kind}: {one['method']} {one['path']} {one['parameter']}" for kind, all_ in told["vulnerabilities"].items() for one in all_]
    say(f"wapiti: {told['infos'].get('crawled_pages_nbr', '?')} pages, {len(found)} findings, {sum(map(len, told['anomalies'].values()))} anomalies")
    return found


def memory(portal: Portal) -> list[str]:
    """Ten requests a second; the memory of the web processes after five minutes and at the end."""
    minutes = int(os.environ.get("MINUTES", "30"))
    begin = time.monotonic()
    settled = count = failed = 0
    while (passed := time.monotonic() - begin) < minutes * 60:
        failed += status(portal.address + PAGES[count % len(PAGES)]) in {0, 500, 502, 503}
        count += 1
        if not settled and passed > min(300, minutes * 20):
            settled = portal.memory()
        time.sleep(max(0.0, begin + count / 10 - time.monotonic()))
    grown = portal.memory() / max(settled, 1) - 1
    say(f"memory: {count} requests, {failed} failed, grown by {grown:.1%} since it had settled")
    return [f"memory grows: {grown:.1%}"] * (grown > 0.10) + [f"{failed} requests failed"] * bool(failed)


def lighthouse(portal: Portal) -> list[str]:
    """Every kind of public page of the same demonstration, served anew."""
    environment = {**os.environ, "PORTAL_VAR": str(AUDIT / "portal")}
    run = subprocess.run([sys.executable, str(ROOT / "bench" / "lighthouse.py")], env=environment, stdin=subprocess.DEVNULL, check=False)
    return ["lighthouse: pages stay below a mark"] * bool(run.returncode)


PARTS = {"sqlmap": sqlmap, "wapiti": wapiti, "lighthouse": lighthouse, "memory": memory}


def main() -> int:
    """The parts that are named, or all."""
    named = sys.argv[1:] or list(PARTS)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the portal ends, too
    portal = Portal()
    found: list[str] = []
    try:
        for name in named:
            say(f"-- {name}")
            found += PARTS[name](portal)
        if broken := portal.faults():
            found.append(f"{broken} answers broke (500): see {portal.log}")
    finally:
        portal.end()
    for line in found:
        say(line)
    say("nothing found" if not found else f"{len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
