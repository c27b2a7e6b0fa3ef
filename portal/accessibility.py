"""What makes a page unreadable for somebody, found before it is published (acceptance W12): pictures without words, levels of
headings left out, links that lead nowhere or say nothing. Pure: the stored form of a StreamField's blocks in, problems out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from django.utils.translation import gettext as _

SAFE_SCHEMES = ("http://", "https://", "mailto:", "tel:", "/", "#")


@dataclass(frozen=True)
class Problem:
    """Something that keeps a page from being published: the place of its block, and what to do."""

    block: int
    message: str


class _Links(HTMLParser):
    """The links of a rich text: their target and the words that one hears."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[dict[str, str], str]] = []
        self._open: list[tuple[dict[str, str], list[str]]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Begin a link; a picture inside one speaks by its alternative."""
        named = {name: value or "" for name, value in attributes}
        if tag == "a":
            self._open.append((named, []))
        elif tag in {"img", "embed"} and self._open:
            self._open[-1][1].append(named.get("alt", ""))

    def handle_data(self, data: str) -> None:
        """Words inside the open link."""
        if self._open:
            self._open[-1][1].append(data)

    def handle_endtag(self, tag: str) -> None:
        """End a link."""
        if tag == "a" and self._open:
            attributes, words = self._open.pop()
            self.found.append((attributes, "".join(words)))


def _links_in(html: str) -> list[tuple[dict[str, str], str]]:
    reader = _Links()
    reader.feed(html)
    reader.close()
    return reader.found + [(attributes, "".join(words)) for attributes, words in reader._open]


def is_blank(text: str) -> bool:
    """Whether a text has no letter that one could hear: spaces of every kind and invisible signs count for nothing."""
    return not any(char.isprintable() and not char.isspace() and char not in "\u200b\u200c\u200d\ufeff\u2060" for char in text)


def rich_text_problems(html: str) -> Iterable[str]:
    """What is wrong with the links of a rich text."""
    for attributes, words in _links_in(html):
        if is_blank(words):
            yield _("A link has no words. Say where it leads, or take it out.")
        target = attributes.get("href", "").strip()
        if "linktype" not in attributes and not target:
            yield _("The link “%(words)s” leads nowhere.") % {"words": words.strip()}
        elif target and not target.casefold().startswith(SAFE_SCHEMES):
            yield _("The link “%(words)s” has an address of a kind that is not allowed.") % {"words": words.strip()}


def _link_list(value: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for item in value:
        inner = item.get("value", item)
        if is_blank(inner.get("label") or ""):
            yield _("A link has no words. Say where it leads, or take it out.")
        if not any(inner.get(kind) for kind in ("page", "url", "document")):
            yield _("The link “%(words)s” leads nowhere.") % {"words": (inner.get("label") or "").strip()}


def _image(value: Mapping[str, Any]) -> Iterable[str]:
    if not value.get("decorative") and is_blank(value.get("alt") or ""):
        yield _("Say in words what the picture shows, or mark it as decoration.")


def problems(blocks: Iterable[Mapping[str, Any]]) -> list[Problem]:
    """The problems of a page's blocks, in their order. The page's title is its heading of level 1."""
    found: list[Problem] = []
    level = 1
    for place, block in enumerate(blocks):
        kind, value = block["type"], block["value"]
        messages: Iterable[str] = ()
        if kind == "heading":
            own = int(value.get("level") or 2)
            if is_blank(value.get("text") or ""):
                messages = [_("A heading has no words.")]
            elif own > level + 1:
                messages = [
                    _("This heading has level %(own)s, but only level %(level)s stands above it: no level may be left out.")
                    % {"own": own, "level": level}
                ]
            level = own
        elif kind == "text":
            messages = rich_text_problems(value or "")
        elif kind == "image":
            messages = _image(value)
        elif kind == "links":
            messages = _link_list(value)
        found += [Problem(place, message) for message in dict.fromkeys(messages)]
    return found
