"""Whatever asks another machine gives up in time (F10): by the code, and against machines that never answer."""

from __future__ import annotations

import ast
import http.client
import smtplib
import socket
import threading
import time
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.mail import EmailMessage, get_connection

from portal.link_checking import external

ROOT = Path(__file__).resolve().parents[2]
HOUSE = ["portal", "transparency", "dialogue_sessions", "procedures_catalog", "organisation", "search", "safeguards", "foundation"]
# Calls that wait for somebody else, and the place of their timeout among the arguments (None: by name alone).
WAITING = {
    "urlopen": 2, "create_connection": 1, "HTTPConnection": 2, "HTTPSConnection": None, "SMTP": 3, "SMTP_SSL": None, "Elasticsearch": None,
    "Telnet": 2, "FTP": 4, "getresponse": "covered by its connection",
}  # fmt: skip
# Whole libraries whose every call waits.
LIBRARIES = {
    "requests": {"get", "post", "put", "patch", "delete", "head", "request", "options"},
    "httpx": {"get", "post", "put", "request", "Client"},
}
# What starts another program waits for it too.
PROGRAMS = {"run", "call", "check_call", "check_output"}


def name_of(call: ast.Call) -> tuple[str, str]:
    """(what it is called on, its name)."""
    if isinstance(call.func, ast.Attribute):
        return (call.func.value.id if isinstance(call.func.value, ast.Name) else ""), call.func.attr
    return "", call.func.id if isinstance(call.func, ast.Name) else ""


def given_a_limit(tree: ast.AST) -> set[int]:
    """The sockets that are made with a name in a function that goes on to call the name's `settimeout`, before it connects."""
    made = set()
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        calls = {}  # (name, method): line of the first call
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
                key = node.func.value.id, node.func.attr
                calls[key] = min(node.lineno, calls.get(key, node.lineno))
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                limited, connected = calls.get((name, "settimeout")), calls.get((name, "connect"))
                if limited is not None and (connected is None or limited < connected):
                    made.add(id(node.value))
    return made


def careless(source: str) -> list[str]:
    """Calls without a timeout, and sockets that are made without one."""
    found = []
    tree = ast.parse(source)
    limited = given_a_limit(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        on, name = name_of(node)
        named = {keyword.arg for keyword in node.keywords}
        if on == "connections":  # Django's handler: its timeouts stand in the settings (CONNECTING)
            continue
        waits = name in WAITING or name in LIBRARIES.get(on, ()) or (on == "subprocess" and name in PROGRAMS)
        if on == "socket" and name in {"socket", "socketpair"} and id(node) not in limited:
            found.append(f"{node.lineno}: a bare socket")
        place = WAITING.get(name)
        if not waits or isinstance(place, str):
            continue
        if "timeout" not in named and None not in named and not (isinstance(place, int) and len(node.args) > place):
            found.append(f"{node.lineno}: {on}.{name}" if on else f"{node.lineno}: {name}")
    return found


@pytest.mark.accepts("F10")
def test_no_call_to_another_machine_or_program_waits_for_ever():
    wrong = {
        str(path.relative_to(ROOT)): found
        for folder in HOUSE
        for path in (ROOT / folder).rglob("*.py")
        if (found := careless(path.read_text(encoding="utf-8")))
    }
    assert not wrong, wrong


@pytest.mark.accepts("F10")
@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("urlopen(x)", True), ("urllib.request.urlopen(x, None, 3)", False), ("requests.get(x)", True), ("requests.get(x, timeout=3)", False),
        ("smtplib.SMTP('h')", True), ("socket.create_connection(a)", True), ("socket.create_connection(a, 3)", False), ("socket.socket()", True),
        ("httpx.Client()", True), ("Elasticsearch(x)", True), ("Elasticsearch(x, **options)", False), ("subprocess.run(x)", True),
        ("def f():\n x = socket.socket()\n x.connect(a)", True), ("def f():\n x = socket.socket()\n x.settimeout(3)\n x.connect(a)", False),
        ("def f():\n x = socket.socket()\n x.connect(a)\n x.settimeout(3)", True),
        ("http.client.HTTPConnection(h, p, timeout=3)", False), ("http.client.HTTPConnection(h, p)", True), ("cache.get(x)", False),
    ],
)  # fmt: skip
def test_a_careless_call_would_be_seen(source, wrong):
    assert bool(careless(source)) is wrong


@pytest.fixture
def hole():
    """A machine that takes a connection and never says a word."""
    server = socket.create_server(("127.0.0.1", 0))
    taken = []

    def take():
        while True:
            try:
                taken.append(server.accept()[0])
            except OSError:
                return

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    yield server.getsockname()[1]
    server.close()
    for one in taken:
        one.close()


@pytest.mark.accepts("F10")
@pytest.mark.enable_socket
def test_mail_gives_up_on_a_server_that_says_nothing(hole, settings):
    assert django_settings.EMAIL_TIMEOUT <= 10
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", hole, 0.3
    letter = EmailMessage("x", "y", "a@example.org", ["b@example.org"])
    with pytest.raises((OSError, smtplib.SMTPException)):
        get_connection("safeguards.mail.SmtpBackend").send_messages([letter])


@pytest.mark.accepts("F10")
@pytest.mark.enable_socket
def test_looking_at_links_gives_up_on_a_site_that_says_nothing(hole, monkeypatch):
    assert external.CONNECT_SECONDS <= 3
    assert external.READ_SECONDS <= 10
    monkeypatch.setattr(external, "READ_SECONDS", 0.3)
    connection = external._Pinned("example.org", hole, "127.0.0.1", secure=False)
    connection.request("GET", "/")
    with pytest.raises(TimeoutError):
        connection.getresponse()
    connection.close()
    asker = external.Asker(question=lambda method, url: (_ for _ in ()).throw(TimeoutError()), wait=lambda seconds: None)
    assert asker.verdict("https://example.org/").reason == external.Reason.UNREACHABLE
    assert issubclass(http.client.HTTPException, Exception)


@pytest.mark.accepts("F10")
@pytest.mark.enable_socket
def test_the_database_gives_up_on_a_server_that_says_nothing(hole):
    import psycopg

    from portal.settings import database

    assert database._app["OPTIONS"]["connect_timeout"] <= 3
    started = time.monotonic()
    with pytest.raises(psycopg.OperationalError, match=r"timeout|timed out"):
        psycopg.connect(host="127.0.0.1", port=hole, dbname="x", user="x", connect_timeout=2)
    assert time.monotonic() - started < 60
