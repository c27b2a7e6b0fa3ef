"""Every regular expression of the house, how it is used, and the texts that would hurt it (B14)."""

from __future__ import annotations

import ast
import importlib
import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from re import _constants as signs  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from types import ModuleType
from typing import Any

from django.conf import settings

ROOT = Path(settings.STATICFILES_DIRS[0]).parent
ANCHORED = {"match", "fullmatch"}
VERBS = {*ANCHORED, "search", "sub", "subn", "split", "findall", "finditer"}
FUNCTIONS = {*VERBS, "compile"}
DJANGO = {"RegexValidator": "search", "re_path": "search"}
LONG = 40  # a repetition that may be this long is worth pumping; below it the cost is bounded by the pattern itself


@dataclass
class Used:
    """A pattern with the places that hold it and what is done with it: verbs of `re`, or nothing that could be told."""

    pattern: re.Pattern[Any]
    places: set[str] = field(default_factory=set)
    verbs: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """For a message."""
        return f"{min(self.places)}: {self.pattern.pattern[:70]!r}"

    @property
    def doing(self) -> set[str]:
        """What to try it with: one whose use cannot be told is looked for from every letter, to the end of the text."""
        doing = {"finditer" if verb in {"sub", "subn", "split", "findall"} else verb for verb in self.verbs} or {"finditer"}
        return doing - {"search"} if "finditer" in doing else doing


def _held(value: object, depth: int = 3) -> list[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        return [value]
    if depth and isinstance(value, dict):
        return [one for item in value.values() for one in _held(item, depth - 1)]
    if depth and isinstance(value, list | tuple | set | frozenset):
        return [one for item in value for one in _held(item, depth - 1)]
    return []


def _value(node: ast.expr, module: ModuleType) -> object:
    """What an expression is among the names of its module; None when it is known only inside a function."""
    if isinstance(node, ast.Name):
        return vars(module).get(node.id)
    if isinstance(node, ast.Attribute):
        return getattr(_value(node.value, module), node.attr, None)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        held = _value(node.value, module)
        return held[node.slice.value] if isinstance(held, list | tuple | dict) else None
    return None


def _flags(call: ast.Call, module: ModuleType) -> int:
    given = [word.value for word in call.keywords if word.arg == "flags"] or (call.args[1:2] if getattr(call.func, "attr", "") == "compile" else [])
    return int(eval(ast.unparse(given[0]), vars(module))) if given else 0


class Walk(ast.NodeVisitor):
    """One module: patterns that are written in it, and what it does with those that it knows by a name."""

    def __init__(self, place: str, module: ModuleType, found: dict[tuple[Any, int], Used]) -> None:
        self.place, self.module, self.found = place, module, found
        self.receivers: set[int] = set()

    def add(self, pattern: re.Pattern[Any], verb: str = "") -> None:
        """A pattern here, and with it what is done."""
        used = self.found.setdefault((pattern.pattern, pattern.flags), Used(pattern))
        used.places.add(self.place)
        if verb:
            used.verbs.add(verb)

    def written(self, call: ast.Call, verb: str) -> None:
        """A pattern as an argument, in whatever way it is put together."""
        try:
            source = eval(ast.unparse(call.args[0]), vars(self.module))
        except NameError as error:
            raise AssertionError(f"{self.place}:{call.lineno}: a pattern that is made while the program runs cannot be tried: {error}") from error
        self.add(source if isinstance(source, re.Pattern) else re.compile(source, _flags(call, self.module)), verb)

    def visit_Call(self, node: ast.Call) -> None:
        """`re.search(...)`, `NAME.search(...)`, a validator, an address."""
        called = node.func
        if isinstance(called, ast.Attribute) and called.attr in FUNCTIONS and _value(called.value, self.module) is re:
            self.written(node, "" if called.attr == "compile" else called.attr)
        elif isinstance(called, ast.Attribute) and called.attr in VERBS and isinstance(held := _value(called.value, self.module), re.Pattern):
            self.add(held, called.attr)
            self.receivers.add(id(called.value))
        elif isinstance(called, ast.Name) and called.id in DJANGO:
            self.written(node, DJANGO[called.id])
        self.generic_visit(node)

    def _loaded(self, node: ast.Name | ast.Attribute) -> None:
        """A pattern that is handed on: who gets it may do anything with it."""
        if isinstance(node.ctx, ast.Load) and id(node) not in self.receivers and isinstance(held := _value(node, self.module), re.Pattern):
            self.add(held, "search")

    def visit_Name(self, node: ast.Name) -> None:
        """A name on its own."""
        self._loaded(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """`words.ODD` on its own; the text of a pattern is no use of it."""
        self._loaded(node)
        if node.attr not in {"pattern", "flags"}:
            self.generic_visit(node)


@cache
def patterns() -> tuple[Used, ...]:
    """Every pattern of the house."""
    found: dict[tuple[Any, int], Used] = {}
    for package in settings.HOUSE:
        for file in sorted((ROOT / package).rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            if "migrations" in file.parts:
                continue
            place = file.relative_to(ROOT)
            module = importlib.import_module(".".join(place.with_suffix("").parts).removesuffix(".__init__"))
            walk = Walk(str(place), module, found)
            for holder in [module, *(item for item in vars(module).values() if isinstance(item, type) and item.__module__ == module.__name__)]:
                for item in list(vars(holder).values()):
                    if isinstance(item, re.Pattern):
                        continue  # its assignment is in the text of this module or of the one that it comes from
                    for pattern in _held(item):
                        walk.add(pattern)
            walk.visit(ast.parse(text))
    return tuple(found.values())


# -- what would hurt


def _member(items: list[tuple[Any, Any]], luck: Random) -> str:
    """A sign of a class."""
    options: list[str] = []
    if items and items[0][0] is signs.NEGATE:
        refused = re.compile("[" + "".join(_written(item) for item in items[1:]) + "]")
        options = [sign for sign in 'a0 A-./:,;(<"đ\n' if not refused.match(sign)] or ["ợ"]
        return luck.choice(options)
    for kind, value in items:
        if kind is signs.LITERAL:
            options.append(chr(value))
        elif kind is signs.RANGE:
            options += [chr(value[0]), chr(value[1])]
        elif kind is signs.CATEGORY:
            options += _category(value)
    return luck.choice(options or ["a"])


def _category(value: Any) -> list[str]:
    name = str(value)
    if "NOT" in name:
        return {"DIGIT": ["a", " "], "SPACE": ["a", "-"], "WORD": ["-", " "]}[name.rsplit("_", 1)[1]]
    return {"DIGIT": ["1", "0"], "SPACE": [" ", "\n"], "WORD": ["a", "0", "_"]}[name.rsplit("_", 1)[1]]


def _written(item: tuple[Any, Any]) -> str:
    kind, value = item
    if kind is signs.LITERAL:
        return re.escape(chr(value))
    if kind is signs.RANGE:
        return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
    letter = {"DIGIT": "d", "SPACE": "s", "WORD": "w"}[str(value).rsplit("_", 1)[1]]
    return "\\" + (letter.upper() if "NOT" in str(value) else letter)


def _spell(tree: Any, luck: Random, pumps: list[tuple[str, str]], before: str = "") -> str:
    """A text that the pattern takes, as far as it can be told; what a long repetition repeats goes into `pumps`, with what
    stands before it."""
    text = ""
    for kind, value in tree:
        here = before + text
        if kind is signs.LITERAL:
            text += chr(value)
        elif kind is signs.NOT_LITERAL:
            text += luck.choice([sign for sign in "a0 -" if ord(sign) != value])
        elif kind is signs.ANY:
            text += luck.choice("a0 -.")
        elif kind is signs.IN:
            text += _member(value, luck)
        elif kind is signs.BRANCH:
            spelled = [_spell(branch, luck, pumps, here) for branch in value[1]]
            text += luck.choice(spelled)
        elif kind is signs.SUBPATTERN:
            text += _spell(value[3], luck, pumps, here)
        elif kind is signs.ATOMIC_GROUP:
            text += _spell(value, luck, pumps, here)
        elif kind in {signs.MAX_REPEAT, signs.MIN_REPEAT, signs.POSSESSIVE_REPEAT}:
            least, most, inner = value
            piece = _spell(inner, luck, pumps, here)
            if most is signs.MAXREPEAT or most >= LONG:
                pumps.append((here, piece))
            text += "".join(_spell(inner, luck, [], here) for _ in range(min(least, 60))) or (piece if luck.random() < 0.5 else "")
        elif kind is signs.ASSERT:
            pumps.append((here, _spell(value[1], luck, pumps, here)))  # looked at from every place where the rest before it fits
    return text


COMMON = ("a", "0", " ", "\n", "-", "a ", "0 ", "0.", "(", "<")


def texts(pattern: re.Pattern[Any], length: int) -> list[str]:
    """Texts of a length that are made of the pattern's own pieces: what it repeats, what leads there, and both by turns, with
    an end that does not fit."""
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags)
    pieces: dict[tuple[str, str], None] = {("", sign): None for sign in COMMON}
    for seed in range(4):
        pumps: list[tuple[str, str]] = []
        whole = _spell(tree, Random(seed), pumps)
        for lead, piece in [*pumps, ("", whole)]:
            for both in ((lead, piece), ("", lead), ("", lead + piece), ("", piece[:-1]), ("", lead + piece * 3)):
                if both[1]:
                    pieces[both] = None
    return [(lead + piece * (length // len(piece) + 1))[:length] + end for lead, piece in pieces for end in ("\x00", "")]


def by_use() -> dict[str, list[str]]:
    """Names of the patterns by what is done with them, for a test of the walk itself."""
    told = defaultdict(list)
    for used in patterns():
        for verb in used.verbs or {"?"}:
            told[verb].append(used.name)
    return told
