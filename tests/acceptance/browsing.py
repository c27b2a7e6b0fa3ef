"""A browser that walks through the town: what it fetched, what the policy on content stopped, what ran."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import Morsel
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request

from tests.browser.conftest import WATCH, QuietHandler


class Server(ThreadedWSGIServer):
    """Ends with the test, whatever a browser still holds open."""

    daemon_threads = True


@contextmanager
def served() -> Iterator[str]:
    """The portal on a free port, over the database that is asked now; gives its address."""
    server = Server(("127.0.0.1", 0), QuietHandler)
    server.set_app(StaticFilesHandler(WSGIHandler()))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Walker:
    """One tab, and what happened in it since it was last asked."""

    page: Page
    base: str
    foreign: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def go(self, path: str) -> int:
        """Open an address and let its scripts run; gives the status."""
        self.foreign.clear()
        self.dialogs.clear()
        response = self.page.goto(self.base + path, wait_until="load")
        return response.status if response else 0

    def note(self, request: Request) -> None:
        """Note a request that leaves the portal."""
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob", "about"} and parts.netloc != urlsplit(self.base).netloc:
            self.foreign.append(request.url)

    def dismiss(self, dialog: Dialog) -> None:
        """Note a dialog, and away with it."""
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    @property
    def violations(self) -> list[str]:
        """What the policy on content stopped on the page."""
        found: list[str] = self.page.evaluate("window.__violations || []")
        return found

    @property
    def ran(self) -> bool:
        """Whether the marker of a payload was set, or a dialog came up."""
        return bool(self.page.evaluate("window.__ran !== undefined")) or bool(self.dialogs)


@contextmanager
def walker(browser: Browser, base: str, session: Morsel[str] | None = None, **options: Any) -> Iterator[Walker]:
    """A tab of its own, signed in where a session is given."""
    context: BrowserContext = browser.new_context(locale="vi-VN", **options)
    if session is not None:
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session.value, "url": base}])
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.add_init_script(WATCH)
    found = Walker(page, base)
    page.on("request", found.note)
    page.on("dialog", found.dismiss)
    try:
        yield found
    finally:
        context.close()
