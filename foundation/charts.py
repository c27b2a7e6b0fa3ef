"""Horizontal stacked bars as inline SVG, made on the server: no script, no style attribute, no picture file.

Widths are percentages of the SVG's own width and nothing is scaled, so that a bar is as readable at 320 px as at 1280. Each
segment has a pattern of its own beside its colour, and every number stands in a table next to the bar: nobody needs the colour.
Colours come from the classes `bar-0` to `bar-5` of the stylesheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

TONES = 6  # classes bar-0 … bar-5, the strongest first
LABELLED = 12.0  # from this share of the bar on there is room for a label in it
# Drawn over the colour, in the colour of the ground: they tell segments apart in print, in forced colours, to any eye.
_PATTERNS = {
    0: "",
    1: '<path d="M-2 2 2-2M0 8 8 0M6 10 10 6"/>',
    2: '<circle cx="2" cy="2" r="1"/><circle cx="6" cy="6" r="1"/>',
    3: '<path d="M0 4H8"/>',
    4: '<path d="M4 0V8"/>',
    5: '<path d="M0 4H8M4 0V8"/>',
}


@dataclass(frozen=True)
class Segment:
    """A part of a bar: how much, in which tone, what is written in it (short) and what a reader hears of it."""

    value: int
    tone: int
    label: str = ""
    title: str = ""


def patterns() -> SafeString:
    """The patterns that bars refer to; once a page, before the first bar."""
    drawn = "".join(
        f'<pattern id="bar-pattern-{tone}" width="8" height="8" patternUnits="userSpaceOnUse" class="bar-pattern">{marks}</pattern>'
        for tone, marks in _PATTERNS.items()
        if marks
    )
    return mark_safe(f'<svg class="bar-patterns" width="0" height="0" aria-hidden="true" focusable="false"><defs>{drawn}</defs></svg>')  # noqa: S308  # fixed text  # nosec B308 B703


def bar(segments: Sequence[Segment], *, title: str = "", out_of: int | None = None) -> SafeString:
    """One stacked bar. With a title it is a picture that readers hear (title, and what each segment says); without, it stands
    beside numbers that say the same and is hidden from them. `out_of` is the whole (default: the sum); nothing is drawn of 0."""
    total = sum(segment.value for segment in segments) if out_of is None else out_of
    drawn, at = [], 0.0
    for segment in segments:
        if segment.value <= 0 or total <= 0:
            continue
        width = 100 * segment.value / total
        where = (f"{at:.3f}%", f"{width:.3f}%")
        drawn.append(format_html('<rect x="{}" width="{}" height="100%" class="bar-{}"/>', *where, segment.tone % TONES))
        if _PATTERNS[segment.tone % TONES]:
            drawn.append(format_html('<rect x="{}" width="{}" height="100%" fill="url(#bar-pattern-{})"/>', *where, segment.tone % TONES))
        if title and segment.label and width >= LABELLED:
            # On a plate of its own: words on a pattern are hard to read.
            drawn.append(
                format_html(
                    '<text x="{}" y="50%" dy=".35em" text-anchor="middle" class="bar-label">{}</text>', f"{at + width / 2:.3f}%", segment.label
                )
            )
        at += width
    body = format_html_join("", "{}", ((part,) for part in drawn))
    if not title:
        return format_html('<svg class="bar" width="100%" height="14" aria-hidden="true" focusable="false">{}</svg>', body)
    said = "; ".join(segment.title or segment.label for segment in segments if segment.value > 0)
    return format_html('<svg class="bar large" width="100%" height="40" role="img"><title>{}</title><desc>{}</desc>{}</svg>', title, said, body)
