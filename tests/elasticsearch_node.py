"""The real Elasticsearch of the suite: the one of `make elasticsearch` where it runs, otherwise one that the first who needs it
starts and the last who used it ends."""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

NODE = Path(__file__).resolve().parents[1] / "tools" / "elasticsearch" / "node.py"
PORTS = range(9400, 9480)  # of clients; the nodes' own lie a hundred higher


def tool() -> ModuleType:
    """tools/elasticsearch/node.py."""
    if "elasticsearch_node_tool" not in sys.modules:
        specification = importlib.util.spec_from_file_location("elasticsearch_node_tool", NODE)
        assert specification
        assert specification.loader
        module = importlib.util.module_from_spec(specification)
        sys.modules["elasticsearch_node_tool"] = module
        specification.loader.exec_module(module)
    return sys.modules["elasticsearch_node_tool"]


@contextlib.contextmanager
def address() -> Iterator[str]:
    """Its address, for as long as it is needed."""
    node = tool()
    users = (node.folder() / "tests.users").open("w")
    gate = (node.folder() / "tests.gate").open("w")
    fcntl.flock(gate, fcntl.LOCK_EX)
    fcntl.flock(users, fcntl.LOCK_SH)
    try:
        running = node.remembered("development")
        port = running[0]["port"] if running else node.start("tests", free_port(node), heap="256m")[0]
    finally:
        fcntl.flock(gate, fcntl.LOCK_UN)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_UN)
        with contextlib.suppress(BlockingIOError):  # somebody else still uses it
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            node.stop("tests")
        users.close()
        gate.close()


def free_port(node: ModuleType) -> int:
    """A port whose neighbour for the nodes is free too."""
    return next(port for port in PORTS if node.free(port) and node.free(port + node.TRANSPORT))
