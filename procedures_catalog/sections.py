"""The sections of a procedure's page, each rendered on its own; what is too long for one page continues on a page of its own.

A page is at most 100 KB with all its resources. Official text is never shortened: of the few records that are longer, the source's
own words, then the longest sections, stand on pages of their own with a way there and back, and the print view holds everything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

Row = dict[str, Any]
# Of HTML that is the procedure's own: what stands around it, stylesheet, script and picture take the rest of the 100 KB
# (bench/catalogue_sizes.py).
ROOM = 55_000
# So long a page wants its headings before its text where the column beside it is not there (a telephone).
CONTENTS_FROM = 6_000

SECTIONS = (
    "giay-to", "cach-nop", "le-phi", "cac-buoc", "ket-qua", "dieu-kien", "noi-nop", "hoi-dap", "ai-giai-quyet", "tre-hen", "can-cu", "nguyen-van",
    "thay-doi", "ve-ban-nay",
)  # fmt: skip
# Those that may stand on a page of their own, with the heading that they have on both. The others are ours, and short.
OWN_PAGES: dict[str, Any] = {
    "giay-to": _("What to bring"), "cach-nop": _("Ways to file"), "le-phi": _("Fees"), "cac-buoc": _("Steps"), "ket-qua": _("What you get"),
    "dieu-kien": _("Conditions"), "hoi-dap": _("People ask"), "can-cu": _("Legal basis"), "nguyen-van": _("Text of the source"),
}  # fmt: skip


def size(html: str) -> int:
    """What a text weighs as it is sent."""
    return len(html.encode())


def choose(sizes: Mapping[str, int], room: int) -> list[str]:
    """Which sections leave the page, so that the others fit: the source's words first, which stand there a second time, then
    the longest of those that may. None when everything fits."""
    left, gone = sum(sizes.values()), []
    for name in sorted((name for name in sizes if name in OWN_PAGES), key=lambda name: (name != "nguyen-van", -sizes[name])):
        if left <= room:
            break
        gone.append(name)
        left -= sizes[name]
    return gone


# Where the entries of a section stand; of papers, by case and group.
ROWS = {"cach-nop": "methods", "le-phi": "fees", "cac-buoc": "steps", "ket-qua": "results", "dieu-kien": "conditions", "can-cu": "legal_bases",
        "nguyen-van": "source_blocks"}  # fmt: skip


def count_of(shown: Mapping[str, Any], name: str) -> int:
    """How many entries a section holds, for the words that lead to it."""
    if name == "giay-to":
        return sum(len(group["rows"]) for case in shown["papers"] for group in case["groups"]) or len(shown["forms"])
    return len(shown[ROWS[name]]) if name in ROWS else 0


def _papers(cases: Sequence[Row], keep: Callable[[int], bool]) -> list[Row]:
    """The cases and groups with those papers whose place in the whole list is kept."""
    places = count()
    found = [
        {**case, "groups": [{**group, "rows": [row for row in group["rows"] if keep(next(places))]} for group in case["groups"]]} for case in cases
    ]
    found = [{**case, "groups": [group for group in case["groups"] if group["rows"]]} for case in found]
    return [case for case in found if case["groups"]]


def _halves_of_text(text: Row) -> tuple[Row, Row] | None:
    """A text cut between two of its blocks, or two entries of its only list."""
    blocks = text.get("blocks") or []
    if len(blocks) > 1:
        return {"blocks": blocks[: len(blocks) // 2]}, {"blocks": blocks[len(blocks) // 2 :]}
    items = blocks[0].items if blocks else []
    if len(items) > 1:
        middle = len(items) // 2
        return {"blocks": [replace(blocks[0], items=items[:middle])]}, {"blocks": [replace(blocks[0], items=items[middle:])]}
    return None


def halves(shown: Row, name: str) -> tuple[Row, Row] | None:
    """What a section shows, cut in two between entries, or inside the text of its only one; None when nothing can be cut."""
    if name == "giay-to":
        middle = count_of(shown, name) // 2
        if not shown["papers"] or not middle:
            return None
        before, after = (_papers(shown["papers"], keep) for keep in (lambda place: place < middle, lambda place: place >= middle))
        return {**shown, "papers": before, "other_forms": []}, {**shown, "papers": after}
    key = ROWS.get(name, "")
    rows = shown.get(key) or []
    if len(rows) > 1:
        return {**shown, key: rows[: len(rows) // 2]}, {**shown, key: rows[len(rows) // 2 :]}
    if not rows or name not in {"cac-buoc", "dieu-kien", "nguyen-van"}:
        return None
    whole = rows[0] if name == "dieu-kien" else rows[0]["text"]
    parts = _halves_of_text(whole)
    if parts is None:
        return None
    first, second = parts if name == "dieu-kien" else ({**rows[0], "text": part} for part in parts)
    return {**shown, key: [first]}, {**shown, key: [second]}


def pages_of(name: str, context: Row, html: str) -> list[str]:
    """A section as pages that fit, each with its heading; together they hold every entry once, in order."""
    if size(html) <= ROOM or (cut := halves(context["version"], name)) is None:
        return [html]
    found: list[str] = []
    for shown in cut:
        part = {**context, "version": shown}
        found += pages_of(name, part, render_to_string(f"procedures_catalog/body/sections/{name}.html", part))
    return found


def query(shown: Mapping[str, Any], versions: Sequence[Any], day: dt.date) -> str:
    """What an address needs to lead to this version and no other; nothing where there is only one."""
    return f"?cap={shown['level_code']}&ngay={day.isoformat()}" if len(versions) > 1 else ""


def joined(texts: Iterable[str]) -> str:
    """Rendered texts as one, which stays rendered."""
    return format_html_join("", "{}", ((text,) for text in texts))


def render(context: Row, around: int, whole_version: Callable[[], Row]) -> Row:
    """`rest`: the sections of the page, with links in the place of those that left it; `moved`: the pages of these, by name;
    `whole`: everything in one, for paper, when something left. `around` is what else of the procedure the page holds, in bytes.

    What the version alone decides comes rendered (`stored`, in `context["kept"]`); `whole_version` gives everything that it
    shows, for the few records that need more than one page."""
    ready = context["kept"].html
    html = {name: ready[name] if name in ready else render_to_string(f"procedures_catalog/body/sections/{name}.html", context) for name in SECTIONS}
    html = {name: text for name, text in html.items() if text.strip()}
    sizes = {name: size(text) for name, text in html.items()}
    gone = choose(sizes, ROOM - around)
    if gone:
        context = {**context, "version": whole_version()}
    shown = context["version"]
    address = query(shown, context["procedure"]["versions"], context["day"])
    links = {
        name: render_to_string(
            "procedures_catalog/body/moved.html",
            {"part": name, "title": OWN_PAGES[name], "code": context["code"], "query": address, "count": count_of(shown, name)},
        )
        for name in gone
    }
    contents = render_to_string("procedures_catalog/body/contents.html", context) if sum(sizes.values()) > CONTENTS_FROM else ""
    return {
        "rest": joined([contents, *(links.get(name, text) for name, text in html.items())]),
        "moved": {name: pages_of(name, context, html[name]) for name in gone},
        "whole": joined(html.values()) if gone else "",
    }
