"""A web process as it runs, whose database goes away and comes back: /readyz says so within five seconds, pages say 503, and
nobody has to restart anything (O4, C13, F5)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.enable_socket]
SOON = 5.0


class Link:
    """The only way from the web process to the database; cut, it is as if the server had been stopped."""

    def __init__(self, folder: Path, server: str) -> None:
        self.path, self.server = folder / ".s.PGSQL.5432", server
        self._open: list[socket.socket] = []
        self._door: socket.socket | None = None

    def join(self) -> None:
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(self.path))
        self._door.listen(64)
        threading.Thread(target=self._take, args=(self._door,), daemon=True).start()

    def _take(self, door: socket.socket) -> None:
        while True:
            try:
                here, _ = door.accept()
            except OSError:
                return
            there = socket.socket(socket.AF_UNIX)
            there.connect(self.server)
            self._open += [here, there]
            for source, target in ((here, there), (there, here)):
                threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    @staticmethod
    def _carry(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def cut(self) -> None:
        if self._door is not None:
            self._door.shutdown(socket.SHUT_RDWR)
            self._door.close()
            self._door = None
        self.path.unlink(missing_ok=True)
        for one in self._open:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
            finally:
                one.close()
        self._open.clear()


def named(headers: Any) -> dict[str, str]:
    """Names as we write them: the server sends them in small letters."""
    return {name.title(): value for name, value in headers.items()}


def ask(address: str) -> tuple[int, bytes, dict[str, str]]:
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:
            return answer.status, answer.read(), named(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read(), named(error.headers)
    except OSError:
        return 0, b"", {}


def turns(address: str, status: int, seconds: float) -> bool:
    """Whether an address answers with a status within so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if ask(address)[0] == status:
            return True
        time.sleep(0.1)
    return False


@pytest.fixture
def web(tmp_path):
    """granian over the suite's own database, through a link that can be cut; gives its address, the link, the owner's connection."""
    parameters = connection.get_connection_params()
    folder = Path(parameters["host"])
    port = parameters.get("port") or 5432
    short = Path("/tmp") / f"portal-link-{os.getpid()}"  # a socket's path is short
    short.mkdir(mode=0o700, exist_ok=True)
    link = Link(short, str(folder / f".s.PGSQL.{port}"))
    link.join()
    name = connection.settings_dict["NAME"]
    with socket.create_server(("127.0.0.1", 0)) as probe:
        at = probe.getsockname()[1]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("DATABASE_", "PORTAL_", "DJANGO_"))}
    environment = kept | {
        "PORTAL_STAGE": "demonstration", "PORTAL_VAR": str(tmp_path), "SECOND_FACTOR": "off", "RATE_LIMITS": "no",
        "DATABASE_URL": f"postgresql://{settings.DATABASE_ROLES['app']}@/{name}?host={short}",
        "DATABASE_OWNER_URL": f"postgresql://{settings.DATABASE_ROLES['owner']}@/{name}?host={short}",
    }  # fmt: skip
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"], cwd=ROOT, env=environment, check=True, timeout=300
    )
    command = [str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(at), "--workers", "1"]
    command += ["--blocking-threads", "2", "--no-ws", "--no-access-log", "portal.wsgi:application"]
    log = (tmp_path / "web.log").open("wb")
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    owner = psycopg.connect(dbname=name, host=str(folder), port=port, user=settings.DATABASE_ROLES["owner"], autocommit=True)
    address = f"http://127.0.0.1:{at}"
    try:
        assert turns(f"{address}/healthz", 200, 120), (tmp_path / "web.log").read_text()
        yield address, link, owner
    finally:
        process.terminate()
        process.wait(60)
        owner.close()
        link.cut()
        short.rmdir()
        log.close()


@pytest.mark.accepts("O4", "C13", "F5")
def test_each_fault_shows_within_five_seconds_and_passes_by_itself(web):
    address, link, owner = web
    owner.execute("truncate procrastinate_jobs, procrastinate_events, procrastinate_workers, procrastinate_periodic_defers")
    ready = f"{address}/readyz"
    assert turns(ready, 200, 30), ask(ready)
    word = json.loads(ask(ready)[1])
    assert set(word) == {"status"}

    link.cut()
    assert turns(ready, 503, SOON)
    assert json.loads(ask(ready)[1]) == {"status": "unready"}
    assert ask(f"{address}/healthz")[0] == 200
    for path in ("/thu-tuc/", "/en/", "/khong-co/", "/api/v1/procedures"):
        status, body, headers = ask(address + path)
        assert (status, int(headers["Retry-After"]) > 0) == (503, True), path
        assert b"socket" not in body and b"psycopg" not in body
    link.join()
    assert turns(ready, 200, SOON)
    assert ask(f"{address}/thu-tuc/")[0] == 200

    owner.execute("update django_migrations set app = 'away' where app = 'safeguards' and name = '0002_append_only'")
    assert turns(ready, 503, SOON)
    owner.execute("update django_migrations set app = 'safeguards' where app = 'away'")
    assert turns(ready, 200, SOON)

    owner.execute(
        """insert into procrastinate_jobs (queue_name, task_name, args, status, priority, attempts, scheduled_at)
           values ('default', 'x', '{}', 'todo', 0, 0, now() - interval '6 minutes')"""
    )
    assert turns(ready, 503, SOON)
    owner.execute("truncate procrastinate_jobs, procrastinate_events, procrastinate_workers, procrastinate_periodic_defers")
    assert turns(ready, 200, SOON)
