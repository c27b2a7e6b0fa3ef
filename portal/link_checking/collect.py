"""Every link that the public can follow, with where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from django.utils.translation import gettext as _
from wagtail.models import Page

from procedures_catalog.models import AskedQuestion, Procedure

from ..guide_rules import procedures_in
from ..models import DisclosureItem, GuidePage, ReadablePage

ADDRESS = re.compile(r"https?://[^\s<>\"'()\[\]]{1,1500}")
_TRAILING = ".,;:!?…”’"


@dataclass(frozen=True)
class Link:
    """A link: where it stands, its words, where it leads. `target` is an address, "page:12" or "document:7"."""

    source_kind: str
    source_id: str
    source_title: str
    place: str
    words: str
    target: str


class _Anchors(HTMLParser):
    """Links of Wagtail's stored rich text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[list[str]] = []
        self._open = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Begin a link."""
        if tag != "a":
            return
        named = {name: value or "" for name, value in attributes}
        kind, key = named.get("linktype", ""), named.get("id", "")
        self.found.append([f"{kind}:{key}" if kind in {"page", "document"} else named.get("href", "").strip(), ""])
        self._open = True

    def handle_data(self, data: str) -> None:
        """Its words."""
        if self._open:
            self.found[-1][1] += data

    def handle_endtag(self, tag: str) -> None:
        """End it."""
        self._open = self._open and tag != "a"


def in_rich_text(html: str) -> list[tuple[str, str]]:
    """Targets and words of the links in a rich text."""
    reader = _Anchors()
    reader.feed(html)
    reader.close()
    return [(target, " ".join(words.split())) for target, words in reader.found if target]


def in_text(text: str) -> list[tuple[str, str]]:
    """Addresses in plain text."""
    return [(found.group().rstrip(_TRAILING), "") for found in ADDRESS.finditer(text)]


def in_blocks(blocks: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Place, target and words of the links in a page's blocks."""
    for number, block in enumerate(blocks, start=1):
        kind, value = block["type"], block["value"]
        place = _("block %(number)s") % {"number": number}
        if kind == "text":
            yield from ((place, target, words) for target, words in in_rich_text(value or ""))
        elif kind == "links":
            for item in value:
                inner = item.get("value", item)
                for name in ("page", "document"):
                    if inner.get(name):
                        yield place, f"{name}:{inner[name]}", inner.get("label") or ""
                if inner.get("url"):
                    yield place, inner["url"], inner.get("label") or ""
        elif kind == "image" and value.get("caption"):
            yield from ((place, target, words) for target, words in in_text(value["caption"]))


def of_pages() -> Iterator[Link]:
    """Links of published pages."""
    for page in Page.objects.live().specific().iterator(chunk_size=100):
        if not isinstance(page, ReadablePage):
            continue
        about = ("page", str(page.pk), page.title[:300])
        for place, target, words in in_blocks(page.body.get_prep_value()):
            yield Link(*about, place[:120], words[:300], target[:2000])
        for row in getattr(page, "related", Page.objects.none()).all():
            yield Link(*about, _("related procedures")[:120], row.procedure.code, f"/thu-tuc/{row.procedure.code}/")


def of_guides() -> Iterator[Link]:
    """The words of guides, and the procedures of their steps: what is over is told to who writes them."""
    codes = dict(Procedure.objects.values_list("pk", "code"))
    for page in GuidePage.objects.live().iterator(chunk_size=100):
        about = ("page", str(page.pk), page.title[:300])
        for target, words in in_rich_text(page.before):
            yield Link(*about, _("before you begin")[:120], words[:300], target[:2000])
        for number, block in enumerate(page.steps.get_prep_value(), start=1):
            place = (_("step %(number)s") % {"number": number})[:120]
            for target, words in in_rich_text(block["value"].get("text") or ""):
                yield Link(*about, place, words[:300], target[:2000])
            for key in procedures_in(block["value"]):
                if code := codes.get(key):
                    yield Link(*about, place, code, f"/thu-tuc/{code}/")


def of_duties() -> Iterator[Link]:
    """Links of public duties on display."""
    for item in DisclosureItem.objects.shown().iterator(chunk_size=200):
        about = ("duty", str(item.pk), item.title[:300])
        if item.link:
            yield Link(*about, _("address of the portal")[:120], "", item.link)
        for text in (item.body, item.body_en):
            yield from (Link(*about, _("content")[:120], "", target) for target, _words in in_text(text))


def of_procedures() -> Iterator[Link]:
    """Addresses in the unit's own words about procedures; the official text is not ours to mend."""
    public = Procedure.objects.filter(versions__live=True).distinct()
    for key, code, guidance in public.exclude(guidance="").values_list("pk", "code", "guidance").iterator(chunk_size=500):
        yield from (Link("procedure", str(key), code, _("guidance")[:120], "", target) for target, _words in in_text(guidance))
    answers = AskedQuestion.objects.filter(procedure__versions__live=True, answer__contains="://").distinct()
    for key, code, answer in answers.values_list("procedure_id", "procedure__code", "answer").iterator(chunk_size=500):
        yield from (Link("procedure", str(key), code, _("questions and answers")[:120], "", target) for target, _words in in_text(answer))


def links() -> Iterator[Link]:
    """All of them, each once."""
    seen: set[Link] = set()
    for source in (of_pages, of_guides, of_duties, of_procedures):
        for link in source():
            if link not in seen:
                seen.add(link)
                yield link
