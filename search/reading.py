"""Reads the text of one file, PDF, DOCX or ODT, in a process of its own that may use so much time and memory and no more.

A file comes from outside: whatever it does, it ends in an answer of a few words, and nothing else of the portal notices. The
process knows neither Django nor a password; it is given a path and says on its standard output what it found, as JSON. `files.py`
starts it, and judges a process that said nothing.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

CHARACTERS = 100_000  # of a text that are kept
PAGES = 300  # of a PDF that are looked at
PART = 24 * 1024 * 1024  # bytes to which a part of a DOCX or ODT may unfold
CPU_SECONDS = 20
MEMORY = 512 * 1024 * 1024
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\n{2,}")
# Where DOCX keeps words; the main part comes first.
_WORD_PARTS = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes|endnotes)\.xml")


class Unread(Exception):
    """No text was found; its text is the state that `models.FileState` names."""


def tidy(text: str) -> str:
    """A text as it is kept: NFC, no control characters, blanks and empty lines once, not longer than is kept."""
    text = unicodedata.normalize("NFC", text.replace("\r", "\n").replace("\f", "\n")[: CHARACTERS * 2])
    text = "".join(letter for letter in text if letter in "\n\t" or unicodedata.category(letter) not in {"Cc", "Cs", "Co", "Cn"})
    lines = (_BLANKS.sub(" ", line).strip() for line in text.split("\n"))
    return _LINES.sub("\n", "\n".join(lines)).strip()[:CHARACTERS]


def read(path: Path) -> tuple[str, str]:
    """Kind and text of a file. Raises Unread."""
    from foundation.documents import PDF, kind_of

    kind = kind_of(path)
    if not kind:
        raise Unread("other")
    text = tidy(_pdf(path) if kind == PDF else _office(path, kind))
    if not text:
        raise Unread("empty")
    return kind, text


def _pdf(path: Path) -> str:
    from pypdf import PdfReader

    found: list[str] = []
    size = 0
    with path.open("rb") as stream:
        reader = PdfReader(stream, strict=False)
        # Many are closed against changes only, and open with no password.
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unread("locked")
        for number in range(min(PAGES, len(reader.pages))):
            found.append(reader.pages[number].extract_text() or "")
            size += len(found[-1])
            if size > CHARACTERS:
                break
    return "\n".join(found)


def _office(path: Path, kind: str) -> str:
    found: list[str] = []
    size = 0
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        parts = (
            ["content.xml"] if kind == "odt" else sorted((n for n in names if _WORD_PARTS.fullmatch(n)), key=lambda n: (n != "word/document.xml", n))
        )
        for name in parts:
            with archive.open(name) as packed:
                for words in _words(_Bounded(packed)):
                    found.append(words)
                    size += len(words)
                    if size > CHARACTERS * 2:
                        return "".join(found)
            found.append("\n")
    return "".join(found)


class _Bounded:
    """A stream that ends with an error where it unfolds to more than a part may."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream, self.left = stream, PART

    def read(self, size: int = -1) -> bytes:
        """So many bytes."""
        data = self.stream.read(min(size, 65536) if size > 0 else 65536)
        self.left -= len(data)
        if self.left < 0:
            raise Unread("heavy")
        return data


def _words(stream: _Bounded) -> Iterator[str]:
    """The text of a part of a DOCX or ODT: what paragraphs say, a paragraph a line. No declaration, entity or foreign address is
    followed: a part with one is refused."""
    import defusedxml.ElementTree as SafeTree  # type: ignore[import-untyped]

    inside = 0  # of w:del and the like: words that were taken out
    depth: list[Any] = []
    for event, element in SafeTree.iterparse(stream, events=("start", "end"), forbid_dtd=True, forbid_entities=True, forbid_external=True):
        space, _brace, tag = element.tag.rpartition("}")
        word, odt = space.endswith("wordprocessingml/2006/main"), "opendocument" in space
        if event == "start":
            depth.append(element)
            inside += tag in {"del", "tracked-changes"}
            if len(depth) > 400:
                raise Unread("broken")
            continue
        depth.pop()
        inside -= tag in {"del", "tracked-changes"}
        if not inside:
            if word and tag == "t":
                yield element.text or ""
            elif (word and tag in {"tab", "br", "cr"}) or (odt and tag in {"tab", "line-break", "s"}):
                yield " " if odt else "\n" if tag != "tab" else " "
            elif odt and tag in {"p", "h"}:
                yield _said(element) + "\n"
            elif word and tag in {"p", "tc"}:
                yield "\n"
        # What was read is let go, but for the pieces of an ODT's paragraph, which are read with it.
        if not odt or tag in {"p", "h"}:
            tail = element.tail
            element.clear()
            element.tail = tail
        if depth and tag in {"p", "h", "tbl", "table-row", "table-cell", "tr", "tc"}:
            depth[-1].remove(element)


def _said(paragraph: Any) -> str:
    """The words of an ODT's paragraph in their order, blanks and tabs among them."""
    made = [paragraph.text or ""]
    for element in paragraph.iter():
        if element is paragraph:
            continue
        tag = element.tag.rpartition("}")[2]
        made.append(" " if tag in {"s", "tab", "line-break"} else element.text or "")
        made.append(element.tail or "")
    return "".join(made)


def confine() -> None:
    """So much of the machine and no more."""
    from foundation import confined

    confined.confine(CPU_SECONDS, MEMORY)


def main(path: str) -> None:
    """Read a file and say what it holds."""
    confine()
    logging.disable(logging.CRITICAL)  # pypdf says on stderr what it mends
    kind = text = ""
    try:
        kind, text = read(Path(path))
        state = "read"
    except Unread as unread:
        state = str(unread)
    except MemoryError:
        state = "heavy"
    except Exception as error:  # noqa: BLE001  # whatever a library says of a file that it cannot read: that is the answer
        state, kind = "broken", type(error).__name__
    sys.stdout.write(json.dumps({"state": state, "kind": kind, "text": text}))
