"""A plugin that writes down which collected tests carry which acceptance items; see test_items_are_shown."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

OUTPUT = "ACCEPTANCE_COLLECTION"


def pytest_collection_finish(session: pytest.Session) -> None:
    """After everything is collected."""
    carried: dict[str, list[str]] = {}
    for item in session.items:
        if any(item.get_closest_marker(name) for name in ("skip", "skipif", "xfail")):
            continue
        for marker in item.iter_markers("accepts"):
            for identifier in marker.args:
                carried.setdefault(identifier, []).append(item.nodeid)
    Path(os.environ[OUTPUT]).write_text(json.dumps(carried), encoding="utf-8")
