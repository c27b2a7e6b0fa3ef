"""A plugin that writes down which collected tests carry which acceptance items; see test_items_are_shown."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

OUTPUT = "ACCEPTANCE_COLLECTION"


def carried(items: Iterable[pytest.Item]) -> dict[str, list[str]]:
    """Item -> tests that carry it, of these."""
    found: dict[str, list[str]] = {}
    for item in items:
        if any(item.get_closest_marker(name) for name in ("skip", "skipif", "xfail")):
            continue
        for marker in item.iter_markers("accepts"):
            for identifier in marker.args:
                found.setdefault(identifier, []).append(item.nodeid)
    return found


def whole(config: pytest.Config) -> bool:
    """Whether a run is one of the whole suite, of which nothing is left out."""
    chosen = [config.option.keyword, config.option.markexpr, config.option.deselect, config.option.ignore, config.option.ignore_glob]
    named = [Path(config.invocation_params.dir, argument).resolve() for argument in config.args]
    return not any(chosen) and named == [config.rootpath / "tests"]


def pytest_collection_finish(session: pytest.Session) -> None:
    """After everything is collected."""
    if OUTPUT in os.environ:
        Path(os.environ[OUTPUT]).write_text(json.dumps(carried(session.items)), encoding="utf-8")
