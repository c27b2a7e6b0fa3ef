"""What the tests about files of citizens share: a private folder of their own, fake scanners, files of a form."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

from django.core.files.uploadedfile import SimpleUploadedFile

from foundation.registries import FileOwner, file_owners
from safeguards.uploads import services

PURPOSE = "tests.paper"
OWNER = "tests.thing"


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/octet-stream")


def received(name: str, content: bytes):
    """A file that was taken; the test fails when it is not."""
    kept, refused = services.receive([upload(name, content)], PURPOSE)
    assert [one.reason for one in refused] == []
    return kept[0]


@contextlib.contextmanager
def owner(may_read: Callable = lambda request, uid: True, existing: Callable = set) -> Iterator[str]:
    """Something that files belong to, for as long as it is needed."""
    file_owners.register(OWNER, FileOwner("Thing", may_read, existing))
    try:
        yield OWNER
    finally:
        file_owners._items.pop(OWNER)


@contextlib.contextmanager
def fake_clamd(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does with each connection what it is told; gives its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            try:
                link, _peer = listening.accept()
            except OSError:
                return
            with link, contextlib.suppress(OSError):
                behave(link)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}"
    finally:
        ended.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)


def drained(link: socket.socket) -> None:
    """Read the command and the whole stream, as clamd does."""
    said = b""
    while not said.endswith(b"\0"):
        said += link.recv(1)
    while length := int.from_bytes(_exactly(link, 4), "big"):
        _exactly(link, length)


def _exactly(link: socket.socket, count: int) -> bytes:
    said = b""
    while len(said) < count:
        part = link.recv(count - len(said))
        if not part:
            raise OSError("the other side has gone")
        said += part
    return said


def answering(said: bytes) -> Callable[[socket.socket], None]:
    def behave(link: socket.socket) -> None:
        drained(link)
        link.sendall(said)

    return behave


def silent(link: socket.socket) -> None:
    """Takes everything and says nothing until the other side goes."""
    drained(link)
    link.settimeout(20)
    link.recv(1)


def hanging_up(link: socket.socket) -> None:
    """Goes in the middle of the stream; what was not read makes the system answer with a reset."""
    link.recv(10)
    time.sleep(0.05)
