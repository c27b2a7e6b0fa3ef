"""The source's own words in the editor of a version."""

from __future__ import annotations

from typing import Any

from django import template

from procedures_catalog.source_texts import named_texts, notes_in_words

register = template.Library()


@register.filter
def source_parts(version: Any) -> list[tuple[str, str]]:
    """The texts that the import kept, under their names."""
    return named_texts(version.source_text, public=False)


@register.filter
def import_notes(version: Any) -> list[str]:
    """What was unclear to the import, in words."""
    return notes_in_words(version.import_notes)
