"""For tests in the browser of tests/conftest.py: the portal served inside the test's own transaction, axe, and
collectors of whatever should not happen: violations of the content policy, requests to foreign hosts, script errors, dialogs."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import axe_playwright_python
import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections
from playwright.sync_api import Browser, Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WATCH = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.__violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""


class QuietHandler(WSGIRequestHandler):
    """Requests of the browser are no news."""

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class SharingServer(ThreadedWSGIServer):
    """Leaves the test's connection open when a thread of its own ends."""

    daemon_threads = True

    def _close_connections(self) -> None:
        """The connection is the test's."""


@dataclass
class Visit:
    """A page in the browser, and what happened on it."""

    page: Page
    base: str
    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)

    def open(self, path: str) -> Any:
        """Go to an address of the portal; gives the response."""
        return self.page.goto(self.base + path, wait_until="load")

    @property
    def violations(self) -> list[str]:
        """Violations of the content policy on the page."""
        found: list[str] = self.page.evaluate("window.__violations")
        return found

    def axe(self) -> list[str]:
        """What axe finds (WCAG 2.2 A and AA, best practice), each with the first places."""
        self.page.evaluate(AXE)
        found = self.page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", AXE_TAGS)
        return [f"{rule['id']}: {rule['help']}: {[node['html'][:160] for node in rule['nodes'][:3]]}" for rule in found["violations"]]

    def overflow(self) -> list[str]:
        """Elements that make the page scroll sideways; empty when it does not."""
        found: list[str] = self.page.evaluate(
            """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
            [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
            .slice(0, 5).map(e => e.outerHTML.slice(0, 120))"""
        )
        return found


@pytest.fixture
def turn():
    """Whose turn it is on the connection: a test that writes while a page is open takes it, since pages ask by themselves
    (previews, who else is editing), and two transactions at once on one connection are none."""
    return threading.RLock()


@pytest.fixture
def served(db, turn):
    """The portal on a free port, one request at a time on the test's own connection: it sees what the test made, and nothing
    of it stays. Gives the address."""
    shared = {alias: connections[alias] for alias in connections}
    for connection in shared.values():
        connection.inc_thread_sharing()
    # As Django's own test client does: between requests nobody may think the connection old and close it.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    ended = threading.Event()
    portal = StaticFilesHandler(WSGIHandler())

    def in_turn(environ: Any, start_response: Any) -> Any:
        with turn:
            if ended.is_set():  # a page's own timer asked while the test ended: the connection is being rolled back
                start_response("503 Service Unavailable", [("Content-Length", "0")])
                return [b""]
            answer = portal(environ, start_response)
            try:
                return [b"".join(answer)]
            finally:
                if hasattr(answer, "close"):
                    answer.close()  # the end of a request looks at the connection, too

    server = SharingServer(("127.0.0.1", 0), QuietHandler, connections_override=shared)
    server.set_app(in_turn)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    with turn:
        ended.set()
        server.server_close()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
    for connection in shared.values():
        connection.dec_thread_sharing()


@pytest.fixture
def visit(browser: Browser, served: str):
    """Open pages: `visit(width=320, dark=True, javascript=False, forced_colors=True)` gives a `Visit`.

    `SLOW_NETWORK=60` in the environment gives the browser a network of 60 KB a second and 300 ms: what a test asks of a page
    without waiting for it fails there each time, and on a fast machine only now and then.
    """
    contexts = []
    slow = int(os.environ.get("SLOW_NETWORK", "0"))

    def begin(*, width: int = 1280, height: int = 900, dark: bool = False, javascript: bool = True, forced_colors: bool = False) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            forced_colors="active" if forced_colors else "none",
            java_script_enabled=javascript,
            locale="vi-VN",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        if slow:
            network = context.new_cdp_session(page)
            network.send("Network.enable")
            conditions = {"offline": False, "latency": 300, "downloadThroughput": slow * 1024, "uploadThroughput": slow * 1024}
            network.send("Network.emulateNetworkConditions", conditions)
        found = Visit(page, served)
        if javascript:
            page.add_init_script(WATCH)
        host = urlsplit(served).netloc
        page.on("request", lambda request: None if urlsplit(request.url).netloc in {host, ""} else found.foreign.append(request.url))
        page.on("pageerror", lambda error: found.errors.append(str(error)))
        page.on("dialog", lambda dialog: (found.dialogs.append(dialog.message), dialog.dismiss()))
        return found

    yield begin
    for context in contexts:
        context.close()
