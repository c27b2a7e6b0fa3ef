"""B14: no pattern of the house costs more than its text is long. They are found in the code itself, so a new one is tried by itself."""

from __future__ import annotations

import ast
import importlib
import re
import time
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.STATICFILES_DIRS[0]).parent
CALLS = {"compile", "match", "search", "fullmatch", "sub", "subn", "split", "findall", "finditer"}
HOSTILE = ["a", "A", "đ", "0", "1", " ", "\t", "\n", "-", ".", ",", "/", "(", ")", "<", "&", "a ", "0 ", "0.", "a.", "- ", "a-", "\u00a0", " \n"]
LENGTH, PROBE = 50_000, 1_500
LIMIT = 0.2


def written(tree: ast.Module) -> set[str]:
    """Patterns that stand as text in calls of `re`."""
    found = set()
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
        ):
            first = node.args[0] if node.args else None
            if node.func.attr in CALLS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.add(first.value)
    return found


def kept(value: object, depth: int = 3) -> list[re.Pattern[str]]:
    """Compiled patterns in a value, or in what it holds."""
    if isinstance(value, re.Pattern):
        return [value] if isinstance(value.pattern, str) else []
    if depth and isinstance(value, dict):
        return [one for item in value.values() for one in kept(item, depth - 1)]
    if depth and isinstance(value, list | tuple | set | frozenset):
        return [one for item in value for one in kept(item, depth - 1)]
    return []


@cache
def patterns() -> dict[str, re.Pattern[str]]:
    """Every pattern of the house with the file in which it stands."""
    found: dict[str, re.Pattern[str]] = {}
    for package in settings.HOUSE:
        for file in sorted((ROOT / package).rglob("*.py")):
            if "migrations" in file.parts:
                continue
            place = file.relative_to(ROOT)
            text = file.read_text(encoding="utf-8")
            if "re." not in text:
                continue
            for source in written(ast.parse(text)):
                found[f"{place}: {source[:60]}"] = re.compile(source)
            module = importlib.import_module(".".join(place.with_suffix("").parts).removesuffix(".__init__"))
            for holder in [module, *(item for item in vars(module).values() if isinstance(item, type) and item.__module__ == module.__name__)]:
                for item in vars(holder).values():
                    for pattern in kept(item):
                        found[f"{place}: {pattern.pattern[:60]}"] = pattern
    return found


def texts(pattern: re.Pattern[str]) -> list[str]:
    """What to repeat: common signs, and pieces of the pattern's own literals."""
    own = re.findall(r"[\w./:@,;-]{1,4}", re.sub(r"\\.|\?P?<\w+>|\{[\d,]+\}", " ", pattern.pattern))
    return list(dict.fromkeys([*HOSTILE, *own[:12], *(f"{piece} " for piece in own[:6])]))


def cost(pattern: re.Pattern[str], text: str) -> float:
    """Seconds of processor time that looking for a pattern takes, the better of two."""
    best = float("inf")
    for _ in range(2):
        started = time.process_time()
        pattern.search(text + "\x00")
        pattern.fullmatch(text + "\x00")
        best = min(best, time.process_time() - started)
    return best


def slow(pattern: re.Pattern[str]) -> list[str]:
    """The pieces whose repetition costs too much; a short probe first, so that a bad pattern is told and not waited for."""
    found = []
    for piece in texts(pattern):
        probe = cost(pattern, (piece * PROBE)[:PROBE])
        if probe > LIMIT / 20 or cost(pattern, (piece * LENGTH)[:LENGTH]) > LIMIT:
            found.append(piece)
    return found


@pytest.mark.accepts("B14")
def test_every_pattern_of_the_house_is_quick_on_hostile_text():
    assert len(patterns()) > 60
    found = {name: bad for name, pattern in patterns().items() if (bad := slow(pattern))}
    assert not found, found


@pytest.mark.accepts("B14")
@pytest.mark.parametrize("source", [r"(a+)+$", r"\s*\s*\s*x", r"^(\w+\s?)*$"])
def test_a_pattern_that_goes_back_and_back_is_seen(source):
    tried = re.compile(source)
    probe = min(n for n in range(10, 3000, 2) if cost(tried, ("a " if "w" in source else "a" if "a" in source else " ") * n) > LIMIT / 200)
    assert probe < 3000
