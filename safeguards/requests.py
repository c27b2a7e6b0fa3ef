"""Who is asking, and under which id: the client's address behind proxies of our own, the request id, the route."""

from __future__ import annotations

import ipaddress
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest

FORWARDED_HEADERS = (
    "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT", "HTTP_X_FORWARDED_PREFIX",
    "HTTP_X_FORWARDED_SERVER", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_X_REQUEST_ID",
)  # fmt: skip
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}\Z")
# Whoever says that it is a machine is believed; so is whoever says nothing.
_MACHINE = re.compile(
    r"bot|crawl|spider|slurp|fetch|scan|monitor|preview|headless|lighthouse|curl|wget|python|java/|go-http|libwww|okhttp", re.IGNORECASE
)
_LONGEST_NAME = 400
_current: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """The id of the request or job in whose course this runs; '' outside one."""
    return _current.get()


@contextmanager
def under_request(identifier: str) -> Iterator[None]:
    """Everything inside runs under this id: events and log lines carry it."""
    token = _current.set(identifier)
    try:
        yield
    finally:
        _current.reset(token)


def _parse(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    text = address.strip().strip("[]")
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(parsed, "ipv4_mapped", None)
    return mapped or parsed


def is_trusted(address: str) -> bool:
    """Whether a peer is a proxy of our own."""
    parsed = _parse(address)
    return parsed is not None and any(parsed in network for network in settings.TRUSTED_PROXIES)


def client_address(request: HttpRequest) -> str:
    """The address that limits count by: the peer, or, behind proxies of our own, the last address that none of them has.

    Read from the right: what stands further left is the client's own claim (B8). IPv6 counts by /64, which is what one
    household gets. '' when the server gives no peer (a Unix socket without a proxy)."""
    address = request.META.get("REMOTE_ADDR", "")
    if is_trusted(address):
        for claimed in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
            if _parse(claimed) is None:
                break
            address = claimed.strip()
            if not is_trusted(address):
                break
    parsed = _parse(address)
    if parsed is None:
        return ""
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def adopt_or_make_id(request: HttpRequest) -> str:
    """The id that a proxy of ours gave, when it is one; otherwise a new one."""
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    return given if _REQUEST_ID.match(given) else uuid.uuid4().hex


def route_of(request: HttpRequest) -> str:
    """The pattern that a request's address matched, never the address: it may hold somebody's code. `-` for none."""
    match = request.resolver_match
    if match is not None:
        return match.route or "/"
    return "static" if settings.STATIC_URL and request.path_info.startswith(settings.STATIC_URL) else "-"


def is_person(request: HttpRequest) -> bool:
    """By simple rules: a browser that asks for a page to show it now. Staff at work (with a session) are not readers."""
    name = request.headers.get("User-Agent", "")[:_LONGEST_NAME]
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    return (
        request.method == "GET"
        and bool(name)
        and not _MACHINE.search(name)
        and "prefetch" not in purpose.lower()
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
    )
