"""W7: the checker of the W3C finds no error in any public page, in either language, nor on the pages of signing in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import node_packages

from .addresses import addresses
from .crawl import one_each

# Pages that are there without an address of their own.
MORE = ["/khong-co/", "/thu-tuc/?cap=khong-co", "/tim/?q=zzzz", "/tim/?q=khai+sinh", "/thu-tuc/?cap=ward&sap-xep=ten", "/tim/"]


def errors(folder: Path) -> list[str]:
    """What the checker says of the pages in a folder."""
    done = subprocess.run(
        ["java", "-Xss4m", "-jar", str(node_packages.vnu()), "--errors-only", "--format", "gnu", "--exit-zero-always", str(folder)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [line.replace(folder.as_uri(), "") for line in done.stderr.splitlines() if line.strip()]


def test_the_checker_finds_what_it_should(tmp_path):
    (tmp_path / "page.html").write_text('<!doctype html><html lang="vi"><title>a</title><p id="a"><div></div></p><img src="a">', encoding="utf-8")
    found = errors(tmp_path)
    assert any("alt" in line for line in found)
    assert any("No “p” element in scope" in line for line in found)


@pytest.mark.accepts("W7")
def test_the_checker_of_the_w3c_finds_no_error_in_any_public_page(world, in_town, tmp_path):
    client, kept = Client(), {}
    paths = {address.path for address in one_each([one for one in addresses(world, staff=False) if one.status == 200])}
    for path in sorted(paths | {f"/en{path}" for path in paths if not path.startswith("/en/")} | {*MORE, *(f"/en{path}" for path in MORE)}):
        response = client.get(path, follow=True)
        if response.streaming or "text/html" not in response.get("Content-Type", ""):
            continue
        name = f"{len(kept):04}.html"
        (tmp_path / name).write_bytes(response.content)
        kept[name] = path
    assert len(kept) > 70
    assert [f"{kept[line.split(':')[0].lstrip('/').strip(chr(34))]} {line}" for line in errors(tmp_path)] == []
