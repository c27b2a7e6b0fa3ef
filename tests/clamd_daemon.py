"""The real clamd of the suite: each process that needs it has one of its own, on a socket in a folder of its own, for as long as it runs."""

from __future__ import annotations

import contextlib
import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

DAEMON = Path(__file__).resolve().parents[1] / "tools" / "clamav" / "daemon.py"


def tool() -> ModuleType:
    """tools/clamav/daemon.py."""
    if "clamav_daemon_tool" not in sys.modules:
        specification = importlib.util.spec_from_file_location("clamav_daemon_tool", DAEMON)
        assert specification
        assert specification.loader
        module = importlib.util.module_from_spec(specification)
        sys.modules["clamav_daemon_tool"] = module
        specification.loader.exec_module(module)
    return sys.modules["clamav_daemon_tool"]


@contextlib.contextmanager
def address() -> Iterator[str]:
    """Its address, for as long as it is needed."""
    daemon = tool()
    # A path of a socket has a hundred letters at most: pytest's own folders are too deep.
    with tempfile.TemporaryDirectory(prefix="clamd-") as home:
        path = f"{home}/clamd.sock"
        process = daemon.launch(Path(home), f"LocalSocket {path}")
        try:
            daemon.wait(process, path, Path(home))
            yield f"unix:{path}"
        finally:
            process.terminate()
            try:
                process.wait(daemon.STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
