"""From nothing to a running portal with one command (O12): clones this checkout into an empty folder, runs `make run` there as
a newcomer does, asks its pages, ends it with a signal, starts it again, and looks that nothing of it is left running.

Uses only the machine's own Python. Prints how long each part took; ends with 1 at the first thing that is not so.
`--keep-packages` takes the environment of this checkout instead of installing one (quick, for the suite).
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIRST_START = 15 * 60
SECOND_START = 90
PAGES = {"/": 200, "/healthz": 200, "/readyz": 200, "/tai-khoan/dang-nhap/": 200, "/thu-tuc/": 200, "/co-quan/": 200, "/en/": 200}


def say(text: str) -> None:
    """One plain line, at once."""
    print(text, flush=True)


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def status(address: str) -> int:
    """The status of a page."""
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310  # nosec B310  # our own address
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def start(folder: Path, environment: dict[str, str], patience: int, log: Path) -> tuple["subprocess.Popen[bytes]", float]:
    """`make run`, until it says that it runs; gives the process and the seconds."""
    begin = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(["make", "run"], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    while "Ctrl-C ends it." not in log.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() - begin > patience:
            say(log.read_text(errors="replace"))
            process.send_signal(signal.SIGTERM)
            raise SystemExit("make run did not come up")
        time.sleep(0.5)
    return process, time.monotonic() - begin


def end(process: "subprocess.Popen[bytes]", var: Path) -> float:
    """SIGTERM as a service manager sends it; gives the seconds. Nothing that belongs to this folder may be left."""
    begin = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    deadline = time.monotonic() + 30
    while left := left_running(var):
        if time.monotonic() > deadline:
            raise SystemExit(f"still running: {left}")
        time.sleep(0.5)
    return time.monotonic() - begin


def left_running(var: Path) -> list[str]:
    """Command lines of processes of this installation."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue  # ended meanwhile, or somebody else's
        if f"PORTAL_VAR={var}".encode() in environment.split(b"\0") and int(entry.name) != os.getpid():
            found.append(line)
    return found


def main() -> int:
    """Clone, run, ask, end, run again."""
    with tempfile.TemporaryDirectory(prefix="portal-install-") as name:
        folder = Path(name) / "clone"
        var = Path(name) / "var"
        Path(name).chmod(0o755)
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(folder)], check=True)
        keep = {"PATH", "HOME", "LANG", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "PIP_CACHE_DIR", "SSL_CERT_FILE", "https_proxy", "http_proxy", "no_proxy"}
        environment = {key: value for key, value in os.environ.items() if key in keep}
        port = free_port()
        environment.update(PORT=str(port), PORTAL_VAR=str(var))
        if "--keep-packages" in sys.argv[1:]:
            environment["PORTAL_VENV"] = str(ROOT / ".venv")
        process, seconds = start(folder, environment, FIRST_START, Path(name) / "first.log")
        try:
            say(f"first start: {seconds:.0f} s")
            check_pages(port, var)
        finally:
            say(f"ended in {end(process, var):.1f} s")
        process, seconds = start(folder, environment, SECOND_START, Path(name) / "second.log")
        try:
            say(f"second start: {seconds:.1f} s")
            check_pages(port, var)
            unchanged = (Path(name) / "second.log").read_text().count("unchanged")
            if unchanged < 4:
                raise SystemExit(f"the second start did {4 - unchanged} steps again")
        finally:
            say(f"ended in {end(process, var):.1f} s")
        shutil.rmtree(var, ignore_errors=True)
    say("a fresh clone runs with one command")
    return 0


def check_pages(port: int, var: Path) -> None:
    """Public pages and the back office answer; the passwords are there for their owner only."""
    for path, expected in PAGES.items():
        found = status(f"http://127.0.0.1:{port}{path}")
        if found != expected:
            raise SystemExit(f"{path} answers {found}")
    accounts = var / "demonstration-accounts.txt"
    if accounts.stat().st_mode & 0o777 != 0o600 or len(accounts.read_text().splitlines()) != 5:
        raise SystemExit("the accounts' file is not as it should be")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=30) as answer:  # nosec B310
        say(f"readyz: {json.load(answer)['status']}")


if __name__ == "__main__":
    sys.exit(main())
