"""The portal on one machine: database, migrations, demonstration, then web and worker as children of this one process.

Each step leaves a stamp of what it was made from, so that a second start takes seconds. Ctrl-C and SIGTERM end both
children cleanly, and the embedded database with them. Production runs web and worker apart: see docs/install.md.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from portal import environment  # noqa: E402  # the project is no installed package

STEPS = 7
PATIENCE = 25  # seconds that a child gets to end by itself
READY = 90  # seconds until the web process must answer


def say(text: str) -> None:
    """One plain line, at once."""
    print(text, flush=True)


class Stamps:
    """What each step was last made from; tied to the database, so that a new one gets everything anew."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        self.database = database
        folder.mkdir(parents=True, exist_ok=True)

    def fresh(self, name: str, made_from: str) -> bool:
        """Whether the step was already done from the same things."""
        file = self.folder / name
        return file.exists() and file.read_text() == f"{self.database} {made_from}"

    def keep(self, name: str, made_from: str) -> None:
        """The step is done."""
        (self.folder / name).write_text(f"{self.database} {made_from}")


def content_of(files: Iterable[Path]) -> str:
    """A hash over names and content."""
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"{file.relative_to(ROOT)}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def our_files(*patterns: str) -> list[Path]:
    """Files of the project that match, never those of the environment or of var/."""
    skip = {".venv", "var", "node_modules", ".git"}
    return [file for pattern in patterns for file in ROOT.glob(pattern) if file.is_file() and not skip & set(file.relative_to(ROOT).parts)]


def manage(*arguments: str) -> None:
    """Run one management command; its failure ends the start with its own message."""
    code = subprocess.call([sys.executable, str(ROOT / "manage.py"), *arguments], cwd=ROOT)
    if code:
        raise SystemExit(f"\n`manage.py {' '.join(arguments)}` failed (exit {code}); its message stands above.")


def start_database() -> str:
    """The embedded server, when no DATABASE_URL names another; gives what tells this database from any other."""
    if environment.text("DATABASE_URL"):
        return hashlib.sha256(environment.text("DATABASE_URL").encode()).hexdigest()
    from portal.embedded import ensure_server

    var = environment.var_folder()
    for role, url in ensure_server(var).items():
        os.environ["DATABASE_URL" if role == "app" else f"DATABASE_{role.upper()}_URL"] = url
    made = (var / "postgresql" / "PG_VERSION").stat()
    return f"embedded {made.st_ino} {made.st_mtime_ns}"


def demonstration_signs_in_simply() -> None:
    """The demonstration asks for no second factor unless told to; its pages say so. Production refuses that."""
    if environment.stage() == "demonstration":
        os.environ.setdefault("SECOND_FACTOR", "off")


def prepare(stamps: Stamps) -> None:
    """Everything between a database and a portal, each step only when what it is made from changed."""
    requirements = content_of([ROOT / "requirements.txt"])
    migrations = content_of(our_files("*/migrations/*.py", "portal/settings/apps.py", "safeguards/*.toml", "safeguards/database.py")) + requirements
    step(3, "tables and rights", stamps, "migrations", migrations, tables)
    step(4, "translations", stamps, "translations", content_of(our_files("*/locale/**/*.po", "locale/**/*.po")), compile_messages)
    static = content_of(our_files("static/**/*", "*/static/**/*", "portal/settings/*.py")) + requirements
    step(5, "styles and scripts", stamps, "static", static, styles)
    step(6, "the demonstration district", stamps, "demonstration", "3", demonstration)


def step(number: int, what: str, stamps: Stamps, name: str, made_from: str, work: Callable[[], object]) -> None:
    """Do one step unless it is done, and say so."""
    if stamps.fresh(name, made_from):
        say(f"[{number}/{STEPS}] {what}: unchanged")
        return
    say(f"[{number}/{STEPS}] {what}")
    start = time.monotonic()
    work()
    stamps.keep(name, made_from)
    say(f"      done in {time.monotonic() - start:.1f} s")


def tables() -> None:
    """The schema, the rights of the database's roles, and those of the back office's."""
    manage("migrate", "--verbosity", "0")
    manage("roles_apply", "--verbosity", "0")


def styles() -> None:
    """Static files under hashed names."""
    manage("collectstatic", "--noinput", "--verbosity", "0")


def compile_messages() -> None:
    """Translations as the programs read them."""
    subprocess.run([sys.executable, str(ROOT / "tools" / "messages.py"), "compile"], check=True, cwd=ROOT)


def demonstration() -> None:
    """Accounts and content to look at. An installation that already has content of its own is left alone."""
    if environment.stage() != "demonstration":
        return
    manage("demonstration")


def port_is_free(host: str, port: int) -> bool:
    """Whether somebody else listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


class Children:
    """Web and worker. The end of one is the end of all."""

    def __init__(self) -> None:
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.stopping = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.on_signal)

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """Remember only: the loop ends the children."""
        self.stopping = True

    def start(self, name: str, command: list[str], **variables: str) -> None:
        """Start one, in a session of its own: a Ctrl-C in the terminal reaches this process alone, which ends them in order."""
        self.running[name] = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **variables}, start_new_session=True)

    def ended(self) -> str | None:
        """The name of a child that ended by itself."""
        return next((name for name, child in self.running.items() if child.poll() is not None), None)

    def end_all(self) -> None:
        """SIGTERM to all, then, to who is still there after PATIENCE, SIGKILL."""
        for child in self.running.values():
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        for name, child in self.running.items():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                say(f"      {name} does not end by itself; ending it")
            finally:
                end_session(child.pid)
            child.wait()

    def watch(self) -> int:
        """Until a signal or the end of a child; gives the exit code."""
        while not self.stopping:
            if name := self.ended():
                say(f"The {name} process ended by itself (exit {self.running[name].returncode}); ending the portal.")
                return 1
            time.sleep(0.2)
        return 0


def end_session(leader: int) -> None:
    """Whatever is left of a child's own processes."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def answers(url: str) -> bool:
    """Whether the web process answers."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  # nosec B310  # our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def serve(host: str, port: int, workers: int) -> int:
    """Start both, print where to look, wait; gives the exit code."""
    bin_folder = Path(sys.executable).parent
    children = Children()
    address = f"http://{host}:{port}"
    start = time.monotonic()
    try:
        web = [str(bin_folder / "granian"), "--interface", "wsgi", "--host", host, "--port", str(port), "--workers", str(workers)]
        web += ["--blocking-threads", "4", "--no-ws", "--log-level", "warning", "--no-access-log", "--workers-kill-timeout", "15"]
        children.start("web", [*web, "portal.wsgi:application"])
        children.start("worker", [sys.executable, str(ROOT / "manage.py"), "procrastinate", "worker", "--concurrency", "2"])
        while not answers(f"{address}/healthz"):
            if children.stopping or children.ended() or time.monotonic() - start > READY:
                say("The portal did not start: see the messages above.")
                return 1
            time.sleep(0.1)
        say(f"      web and worker run ({time.monotonic() - start:.1f} s)\n")
        say(f"The portal:       {address}/")
        say(f"The back office:  {address}/admin/")
        accounts = environment.var_folder() / "demonstration-accounts.txt"
        if accounts.exists():
            say(f"Accounts:         passwords made for this installation stand in {accounts}")
        say("Ctrl-C ends it.")
        return children.watch()
    finally:
        children.end_all()
        say("Ended.")


def main() -> int:
    """Read the arguments, prepare, serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prepare-only", action="store_true", help="everything but the servers")
    options = parser.parse_args()
    host, port = environment.text("HOST", "127.0.0.1"), environment.number("PORT", 8000)
    if not options.prepare_only and not port_is_free(host, port):
        raise SystemExit(f"\nPort {port} is taken by another program. Choose one: PORT={port + 1} make run")
    demonstration_signs_in_simply()
    if environment.stage() != "production":
        os.environ.setdefault("PORTAL_BASE_URL", f"http://{host}:{port}")  # what stands in QR codes, feeds and sitemaps
    say(f"[2/{STEPS}] database")
    database = start_database()
    prepare(Stamps(environment.var_folder() / "stamps", database))
    if options.prepare_only:
        return 0
    say(f"[7/{STEPS}] web and worker")
    return serve(host, port, environment.number("WEB_WORKERS", 2))


if __name__ == "__main__":
    sys.exit(main())
