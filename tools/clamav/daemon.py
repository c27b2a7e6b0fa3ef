"""A real clamd on this machine's loopback address, for development and tests: `daemon.py start|stop|status`.

It runs the program of the package clamav-daemon with a configuration and a database of signatures of its own under var/clamav. The
database knows one thing, the test file of EICAR, so nothing is fetched and nothing real is found: production takes clamd with the
database that freshclam keeps (docs/uploads.md).

Of the environment: CLAMD_PORT (3310).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "clamav-daemon"
READY_SECONDS = 60
STOP_SECONDS = 20
# In two parts, so that scanners leave this file alone. Any file, any place in it.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SIGNATURE = f"Eicar-Test-Signature:0:*:{EICAR.hex()}\n"
CONFIGURATION = """\
{listen}
DatabaseDirectory {database}
LogFile {log}
LogTime yes
Foreground yes
ConcurrentDatabaseReload no
MaxThreads 4
ReadTimeout 20
CommandReadTimeout 20
StreamMaxLength 12M
MaxFileSize 12M
MaxScanSize 120M
"""


class NotPossible(SystemExit):
    """What stands in the way, in a sentence."""


def folder() -> Path:
    """Where configuration, signatures and the note of what runs are kept."""
    made = Path(os.environ.get("PORTAL_VAR") or ROOT / "var").resolve() / "clamav"
    made.mkdir(parents=True, exist_ok=True)
    return made


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """One program at a time starts and stops."""
    with (folder() / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def program() -> str:
    """The path of clamd; it stands where only administrators look for programs."""
    found = shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if not found:
        raise NotPossible(f"clamd is missing. On Debian and Ubuntu: sudo apt install {PACKAGE}")
    return found


def launch(home: Path, listen: str) -> subprocess.Popen[bytes]:
    """Start a clamd in a folder; `listen` are its lines about where."""
    database = home / "signatures"
    database.mkdir(parents=True, exist_ok=True)
    (database / "eicar.ndb").write_text(SIGNATURE, encoding="ascii")
    configuration = home / "clamd.conf"
    configuration.write_text(CONFIGURATION.format(listen=listen, database=database, log=home / "clamd.log"), encoding="utf-8")
    with (home / "said.log").open("ab") as said:
        return subprocess.Popen(
            [program(), "--config-file", str(configuration)], stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True, cwd=home
        )


def answers(address: str) -> bool:
    """Whether a clamd answers at host:port or the path of a socket."""
    try:
        if address.startswith("/"):
            link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            link.settimeout(2)
            link.connect(address)
        else:
            host, _colon, port = address.rpartition(":")
            link = socket.create_connection((host, int(port)), timeout=2)
        with link:
            link.sendall(b"zPING\0")
            return link.recv(16) == b"PONG\0"
    except OSError:
        return False


def wait(process: subprocess.Popen[bytes], address: str, home: Path) -> None:
    """Until it answers; raises NotPossible with what it said when it does not."""
    until = time.monotonic() + READY_SECONDS
    while not answers(address):
        if process.poll() is not None or time.monotonic() > until:
            said = (home / "said.log").read_text(encoding="utf-8", errors="replace")[-1500:]
            raise NotPossible(f"clamd did not start:\n{said}")
        time.sleep(0.1)


def note() -> Path:
    """What is remembered of the one for development."""
    return folder() / "development.json"


def running() -> dict[str, Any] | None:
    """The one that was started and still runs."""
    if not note().exists():
        return None
    told: dict[str, Any] = json.loads(note().read_text(encoding="utf-8"))
    return told if _process(told) is not None else None


def _process(told: dict[str, Any]) -> psutil.Process | None:
    try:
        process = psutil.Process(told["pid"])
        same = abs(process.create_time() - told["began"]) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None
    return process if same else None


def start(port: int) -> str:
    """Start it, or leave alone what runs; gives its address."""
    with alone():
        if told := running():
            return str(told["address"])
        address = f"127.0.0.1:{port}"
        if answers(address):
            raise NotPossible(f"Another clamd answers at {address} already: set CLAMD_PORT, or use that one.")
        process = launch(folder(), f"TCPSocket {port}\nTCPAddr 127.0.0.1")
        try:
            wait(process, address, folder())
        except BaseException:
            process.kill()
            raise
        began = psutil.Process(process.pid).create_time()
        note().write_text(json.dumps({"pid": process.pid, "began": began, "address": address}), encoding="utf-8")
        return address


def stop() -> bool:
    """End what was started, and no other; gives whether there was one."""
    with alone():
        told = running()
        process = _process(told) if told else None
        if process is not None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except psutil.TimeoutExpired:
                process.kill()
        note().unlink(missing_ok=True)
        return process is not None


def main(arguments: list[str]) -> int:
    """`start`, `stop` or `status` of the one for development."""
    action = arguments[0] if arguments else ""
    if action == "start":
        print(f"clamd is ready: CLAMD_ADDRESS={start(int(os.environ.get('CLAMD_PORT') or 3310))}")
    elif action == "stop":
        print(f"clamd: {'ended' if stop() else 'none was running'}")
    elif action == "status":
        told = running()
        print(told["address"] if told else "not running")
    else:
        raise NotPossible("daemon.py start|stop|status")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
