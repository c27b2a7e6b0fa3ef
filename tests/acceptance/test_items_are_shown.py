"""Each acceptance item that this release answers for is carried by a test that is collected and not skipped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from . import collecting
from .collecting import OUTPUT

ITEMS = [
    "L1", "L2", "L8", "L9", "B1", "B15", "A1", "A2", "A3", "A4", "A6", "A7", "A13", "A14", "P9", "P10", "P14", "X7", "W11",
    "C1", "C2", "C3", "C4", "C14", "L3", "C8", "C13",
    "F10", "F11", "F12", "S4", "S6", "B2", "B4", "B5", "B6", "B7", "B8", "B10", "B11", "B14", "B16", "A12", "A16", "X1", "X2",
    "X3", "X4", "X6", "W1", "W2", "W3", "W4", "W5", "W6", "W7", "W8", "W12", "O1", "O2", "O3", "O4", "O5", "O7", "O8", "O10", "O12", "O13", "O17",
]  # fmt: skip


@pytest.fixture(scope="module")
def carried(request, tmp_path_factory) -> dict[str, list[str]]:
    """Item -> tests that carry it, of the whole suite: which this run has collected, or another process does for it."""
    if collecting.whole(request.config):
        return collecting.carried(request.session.items)
    output = tmp_path_factory.mktemp("collected") / "items.json"
    root = Path(settings.STATICFILES_DIRS[0]).parent
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "tests", "--collect-only", "-qq", "-p", "tests.acceptance.collecting", "-p", "no:randomly"],
        cwd=root, env={**kept, OUTPUT: str(output)}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert output.exists(), run.stdout[-2000:] + run.stderr[-2000:]
    assert run.returncode == 0, run.stdout[-2000:]
    found: dict[str, list[str]] = json.loads(output.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("item", ITEMS)
def test_an_item_is_carried_by_a_test(carried, item):
    assert carried.get(item), f"no collected test carries {item}"
