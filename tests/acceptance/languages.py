"""Words of another language than the page says it is in: Vietnamese letters outside `lang="vi"` on English pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import html5lib

LETTERS = "ăâđêôơưáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ"
VIETNAMESE = re.compile(f"[{LETTERS}]", re.IGNORECASE)
# The currency, the language's own name, and numbers of documents, which are names: 12/QĐ-UBND, 118/2025/NĐ-CP.
NAMES = re.compile(r"\bđồng\b|Tiếng Việt|\b[\w./]+/(?:QĐ|NĐ|NQ|TT|CT)[\w-]*")
HTML = "{http://www.w3.org/1999/xhtml}"
# A title holds the official name of a thing, and no element that could mark it.
SILENT = {"script", "style", "title", "meta"}
SPOKEN = ("aria-label", "title", "alt", "placeholder", "data-label", "data-found", "data-done")


def _texts(element: Any, language: str) -> Iterator[tuple[str, str]]:
    """Every text that somebody may hear below an element, with the language that it is said to be in."""
    own = element.get("lang", language)
    if element.tag.removeprefix(HTML) in SILENT:
        return
    yield own, element.text or ""
    for name in SPOKEN:
        yield own, element.get(name) or ""
    for child in element:
        if isinstance(child.tag, str):
            yield from _texts(child, own)
        yield own, child.tail or ""


def strays(html: str, allowed: tuple[str, ...] = ()) -> list[str]:
    """Vietnamese texts of an English page that are not marked as such; `allowed` are proper names."""
    found = []
    for language, text in _texts(html5lib.parse(html), ""):
        if language != "en":
            continue
        bare = NAMES.sub("", text)
        for name in allowed:
            bare = bare.replace(name, "")
        if VIETNAMESE.search(bare):
            found.append(" ".join(text.split())[:160])
    return found
