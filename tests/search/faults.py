"""A small proxy before a real Elasticsearch, which passes on, or fails in one of the ways in which servers fail."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable

# As a node says it: its client believes no answer without the header.
HEAD = "HTTP/1.1 {status} X\r\nX-elastic-product: Elasticsearch\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
JSON = "application/vnd.elasticsearch+json;compatible-with=8"
ANSWERS = {
    "429": (429, JSON, json.dumps({"error": {"type": "es_rejected_execution_exception", "reason": "queue is full"}, "status": 429})),
    "500": (500, JSON, json.dumps({"error": {"type": "illegal_state_exception", "reason": "no"}, "status": 500})),
    "red": (503, JSON, json.dumps({"error": {"type": "search_phase_execution_exception", "reason": "all shards failed"}, "status": 503})),
    "bad json": (200, JSON, '{"took": 3, "hits": {"hits": ['),
    "rubbish": (200, JSON, json.dumps({"hits": {"hits": [{"it": "is"}]}, "timed_out": False, "_shards": {"failed": 0}})),
    "something else": (200, JSON, json.dumps(["a", "list"])),
    "not a word": (200, "text/html", "<h1>Welcome to nginx!</h1>"),
    "half": (200, JSON, json.dumps({"timed_out": True, "_shards": {"failed": 1}, "hits": {"hits": []}})),
}
FAULTS = ("refuse", "hang", "slow", "drip", "cut", "missing", *ANSWERS)


class Proxy:
    """`mode` is pass, or one of FAULTS; `asked` counts the requests that came while it was not pass."""

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.asked = 0
        self._mode = "pass"
        self._open: set[socket.socket] = set()
        self._over = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._accept, args=[self._server], daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._over.set()
        self._close(self._server)
        self._cut()

    @property
    def mode(self) -> str:
        return self._mode

    @mode.setter
    def mode(self, mode: str) -> None:
        before, self._mode = self._mode, mode
        if mode == "refuse" and before != "refuse":
            self._close(self._server)
        elif before == "refuse" and mode != "refuse":
            self._server = socket.create_server(("127.0.0.1", self.port))
            threading.Thread(target=self._accept, args=[self._server], daemon=True).start()
        self._cut()

    @staticmethod
    def _close(one: socket.socket) -> None:
        with contextlib.suppress(OSError):  # gone already
            one.shutdown(socket.SHUT_RDWR)
        one.close()

    def _cut(self) -> None:
        while self._open:
            self._close(self._open.pop())

    def _accept(self, server: socket.socket) -> None:
        while True:
            try:
                client, _address = server.accept()
            except OSError:
                return
            self._open.add(client)
            threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the other side gave up
            if self._mode == "pass":
                self._pass(client)
                return
            first = client.recv(65536)
            if not first:
                return
            self.asked += 1
            self._fail(client, first)
        self._close(client)

    def _fail(self, client: socket.socket, first: bytes) -> None:
        if self._mode == "hang":
            self._over.wait(60)
        elif self._mode == "slow":
            if not self._over.wait(5):
                self._pass(client, first)
        elif self._mode == "drip":  # each byte comes well within any time limit for one packet
            client.sendall(HEAD.format(status=200, kind=JSON, length=1000).encode())
            while not self._over.wait(0.1):
                client.sendall(b" ")
        elif self._mode == "cut":
            client.sendall(HEAD.format(status=200, kind=JSON, length=1000).encode() + b"{")
        elif self._mode == "missing":  # a real node that has no such index
            self._pass(client, first)
        else:
            status, kind, text = ANSWERS[self._mode]
            client.sendall(HEAD.format(status=status, kind=kind, length=len(text.encode())).encode() + text.encode())
            time.sleep(0.01)

    def _pass(self, client: socket.socket, first: bytes = b"") -> None:
        upstream = socket.create_connection(("127.0.0.1", self.upstream), 10)
        upstream.settimeout(None)
        self._open.add(upstream)
        if first:
            upstream.sendall(self._asks(first))
        threading.Thread(target=self._pump, args=[upstream, client, bytes], daemon=True).start()
        self._pump(client, upstream, self._asks)

    def _asks(self, data: bytes) -> bytes:
        return data.replace(b"-entries-", b"-nothing-") if self._mode == "missing" else data

    def _pump(self, source: socket.socket, target: socket.socket, change: Callable[[bytes], bytes]) -> None:
        with contextlib.suppress(OSError):  # one of them was cut off
            while data := source.recv(65536):
                target.sendall(change(data))
        self._close(target)
