"""JSON Lines and JSON as a stream of objects with their place: the line, or the number of the element."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import IO, Any

from django.utils.translation import gettext as _

from ..problems import UNSTORABLE, BadFile, Problem, shown
from . import text
from .limits import Limits

BLOCK = 256 * 1024
RAW = "\x00raw"  # no key of a file: the fingerprint of the line
SPACE = " \t\r\n"
# Only an escape can bring what no database keeps; a pair of them may also be a good character, so the value itself is asked then.
SUSPECT = re.compile(r"\\u(?:0000|d[89a-f])", re.IGNORECASE)


class Unstorable:
    """A value with characters that no database keeps; `column` is where the first of them stands."""

    def __init__(self, column: str) -> None:
        self.column = column


def storable(value: Any, raw: str) -> Any:
    """The value that was read from `raw`, or an `Unstorable` in its place."""
    if SUSPECT.search(raw) is None:
        return value
    if isinstance(value, dict):
        for key, item in value.items():
            if UNSTORABLE.search(key) or _holds_unstorable(item):
                return Unstorable(shown(key))
        return value
    return Unstorable("") if _holds_unstorable(value) else value


def _holds_unstorable(value: Any) -> bool:
    if isinstance(value, str):
        return UNSTORABLE.search(value) is not None
    if isinstance(value, dict):
        return any(UNSTORABLE.search(key) or _holds_unstorable(item) for key, item in value.items())
    return isinstance(value, list) and any(map(_holds_unstorable, value))


def _constant(name: str) -> Any:
    raise ValueError(name)


DECODER = json.JSONDecoder(parse_constant=_constant)


def objects_of(stream: IO[bytes], limits: Limits, problems: list[Problem]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Objects with their place. What is no object, or broken in a line of its own, is added to `problems`; a document that
    breaks in the middle raises BadFile."""
    lines = text.reader(stream, text.encoding_of(stream))
    start = _first(lines, limits)
    if start == "[":
        source = _array(lines, limits)
    elif _is_lines(lines, limits):
        source = _lines(lines, limits, problems)
    else:
        source = _values(lines, limits)
    for count, (place, value) in enumerate(source, start=1):
        limits.check_rows(count)
        if not count % 64:
            limits.check_time()
        if isinstance(value, Unstorable):
            problems.append(
                Problem(_("The text holds characters that cannot be kept (NUL, or half of a pair). Take them out."), row=place, column=value.column)
            )
        elif isinstance(value, dict):
            yield place, value
        else:
            problems.append(Problem(_("A record is an object in braces."), row=place, value=shown(value)))


def _first(lines: Any, limits: Limits) -> str:
    while letter := lines.read(1):
        if letter not in SPACE:
            lines.seek(0)
            return str(letter)
        limits.check_time()
    lines.seek(0)
    raise BadFile(_("The file is empty."))


def _is_lines(lines: Any, limits: Limits) -> bool:
    line = ""
    while not line.strip():
        line = lines.readline(limits.line_bytes)
        if not line:
            break
    lines.seek(0)
    return line.rstrip().endswith("}") and line.lstrip().startswith("{")


def _lines(lines: Any, limits: Limits, problems: list[Problem]) -> Iterator[tuple[int, Any]]:
    number = 0
    while line := lines.readline(limits.line_bytes):
        number += 1
        if len(line) >= limits.line_bytes:
            raise BadFile(Problem(_("The line is longer than %(size)d MB.") % {"size": limits.line_bytes // 1024 // 1024}, row=number))
        if not line.strip():
            continue
        try:
            value = storable(DECODER.decode(line), line)
            if type(value) is dict:
                value[RAW] = hashlib.sha256(line.strip().encode("utf-8", "surrogatepass")).hexdigest()
            yield number, value
        except json.JSONDecodeError as error:
            problems.append(
                Problem(_("The line is not valid JSON, from character %(at)d on.") % {"at": error.pos + 1}, row=number, value=shown(line))
            )
        except (ValueError, RecursionError):
            problems.append(Problem(_("The line is not valid JSON."), row=number, value=shown(line)))


class _Buffer:
    """A window on a document that grows until a value is whole."""

    def __init__(self, lines: Any, limits: Limits) -> None:
        self.lines, self.limits, self.text, self.at, self.end = lines, limits, "", 0, False

    def more(self) -> None:
        block = self.lines.read(BLOCK)
        self.end = not block
        self.text, self.at = self.text[self.at :] + block, 0
        if len(self.text) > self.limits.line_bytes + BLOCK:
            raise BadFile(_("A record is longer than %(size)d MB.") % {"size": self.limits.line_bytes // 1024 // 1024})

    def peek(self) -> str:
        """The next character that is no space; '' at the end."""
        while True:
            while self.at < len(self.text) and self.text[self.at] in SPACE:
                self.at += 1
            if self.at < len(self.text):
                return self.text[self.at]
            if self.end:
                return ""
            self.more()

    def value(self, place: int) -> Any:
        self.peek()
        while True:
            try:
                value, end = DECODER.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                if self.end:
                    raise BadFile(Problem(_("The document is not valid JSON here: %(error)s.") % {"error": error.msg}, row=place)) from error
                self.more()
            except (ValueError, RecursionError) as error:
                raise BadFile(Problem(_("The document is not valid JSON."), row=place)) from error
            else:
                raw, self.at = self.text[self.at : end], end
                return storable(value, raw)


def _array(lines: Any, limits: Limits) -> Iterator[tuple[int, Any]]:
    buffer = _Buffer(lines, limits)
    buffer.peek()
    buffer.at += 1
    place = 0
    if buffer.peek() == "]":
        return
    while True:
        place += 1
        yield place, buffer.value(place)
        separator = buffer.peek()
        buffer.at += 1
        if separator == "]":
            if buffer.peek():
                raise BadFile(_("Something stands behind the end of the list."))
            return
        if separator != ",":
            raise BadFile(Problem(_("After this record a comma or the end of the list is missing."), row=place))


def _values(lines: Any, limits: Limits) -> Iterator[tuple[int, Any]]:
    buffer = _Buffer(lines, limits)
    place = 0
    while buffer.peek():
        place += 1
        yield place, buffer.value(place)
