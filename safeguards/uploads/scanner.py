"""The virus scanner: clamd over its socket, the only place that speaks to it and the only one that catches its faults.

A file is clean when clamd said exactly that. Whatever else happens (no answer, an error, half a sentence) is `Unanswered`: nobody sees
the file, and a job asks again (U4)."""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings

log = logging.getLogger(__name__)

CHUNK = 256 * 1024
CONNECT_SECONDS = 2.0
SILENT_SECONDS = 8.0  # without a byte taken or given
SECONDS = 25.0  # for one file
PATIENCE = 10.0  # the same while the sender waits for an answer
LONGEST = 1024  # bytes of an answer
SIGNATURE = re.compile(r"[^\w.\-]", re.ASCII)


class Unanswered(Exception):
    """The scanner did not say whether the file is clean; the text is for the operator."""


@dataclass(frozen=True)
class Found:
    """What the scanner found: the name of the virus, or nothing."""

    virus: str = ""


def configured() -> bool:
    """Whether this installation has a scanner."""
    return bool(settings.CLAMD_ADDRESS)


def _connect(deadline: float) -> socket.socket:
    address: str = settings.CLAMD_ADDRESS
    if address.startswith(("unix:", "/")):
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            link.settimeout(min(CONNECT_SECONDS, max(0.1, deadline - time.monotonic())))
            link.connect(address.removeprefix("unix:"))
        except OSError:
            link.close()
            raise
        return link
    host, _colon, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=min(CONNECT_SECONDS, max(0.1, deadline - time.monotonic())))


def _wait(link: socket.socket, deadline: float) -> None:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("took too long")
    link.settimeout(min(SILENT_SECONDS, left))


def _answer(link: socket.socket, deadline: float) -> str:
    said = b""
    while b"\0" not in said:
        _wait(link, deadline)
        part = link.recv(LONGEST)
        if not part:
            break
        said += part
        if len(said) > LONGEST:
            raise Unanswered("a longer answer than clamd gives")
    whole, end, _rest = said.partition(b"\0")
    if not end:
        raise Unanswered("it broke off in the middle of its answer")
    return whole.decode("utf-8", "replace").strip()


@contextlib.contextmanager
def _caught() -> Iterator[None]:
    try:
        yield
    except Unanswered:
        raise
    except (OSError, ValueError) as error:  # refused, unreachable, timed out, broken pipe, an address that is none
        raise Unanswered(getattr(error, "strerror", None) or str(error) or type(error).__name__) from error


def scan(chunks: Iterable[bytes], *, waited_for: bool = False) -> Found:
    """Ask about one file, given as its bytes; `waited_for` when somebody waits for the answer. Raises Unanswered."""
    with _caught():
        deadline = time.monotonic() + (PATIENCE if waited_for else SECONDS)
        with _connect(deadline) as link:
            said = _send(link, chunks, deadline)
    if said == "stream: OK":
        return Found()
    if said.startswith("stream: ") and said.endswith(" FOUND"):
        return Found(SIGNATURE.sub("_", said[len("stream: ") : -len(" FOUND")])[:80] or "unnamed")
    raise Unanswered(SIGNATURE.sub(" ", said)[:120] or "an empty answer")


def _send(link: socket.socket, chunks: Iterable[bytes], deadline: float) -> str:
    try:
        _wait(link, deadline)
        link.sendall(b"zINSTREAM\0")
        for chunk in chunks:
            for start in range(0, len(chunk), CHUNK):
                part = chunk[start : start + CHUNK]
                _wait(link, deadline)
                link.sendall(len(part).to_bytes(4, "big") + part)
        _wait(link, deadline)
        link.sendall(b"\0\0\0\0")
    except (BrokenPipeError, ConnectionResetError):
        # It hung up while we sent: what it said before ("size limit exceeded") is for the operator.
        raise Unanswered(SIGNATURE.sub(" ", _answer(link, deadline))[:120]) from None
    return _answer(link, deadline)


def trouble() -> str:
    """For /readyz: empty when the scanner answers, or when there is none."""
    if not configured():
        return ""
    try:
        with _caught():
            deadline = time.monotonic() + CONNECT_SECONDS
            with _connect(deadline) as link:
                _wait(link, deadline)
                link.sendall(b"zPING\0")
                said = _answer(link, deadline)
    except Unanswered as error:
        return f"does not answer: {error}"
    return "" if said == "PONG" else "does not answer as clamd does"


def told(error: Unanswered, **more: Any) -> None:
    """One line for the operator; nothing of the file."""
    log.warning("the virus scanner gave no verdict: %s", error, extra=more)
