"""Vietnamese terms in English texts, marked so that they are read out right."""

from __future__ import annotations

import re

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

register = template.Library()
TAG = re.compile(r"(<[^>]*(?:>|\Z))")  # one that is not closed reaches to the end, and is looked for once
TERM = re.compile(r"\(([^()<>]{2,200})\)")
LETTERS = "ăâđêôơưáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ"
VIETNAMESE = re.compile(f"[{LETTERS}]", re.IGNORECASE)
# Words that Vietnamese does not have: what holds one of them is an English remark with a name in it.
ENGLISH = re.compile(r"\b(?:the|of|and|or|with|for|from|by|is|are|see)\b", re.IGNORECASE)


def _marked(found: re.Match[str]) -> str:
    term = found[1]
    if not VIETNAMESE.search(term) or ENGLISH.search(term):
        return found[0]
    return f'(<span lang="vi">{term}</span>)'


@register.filter
def vietnamese_terms(text: str) -> SafeString:
    """The text with what stands in brackets in Vietnamese marked as such, on English pages: "a land certificate (sổ đỏ)".
    What is not safe HTML already is escaped first."""
    html = conditional_escape(text)
    if get_language() != "en":
        return html
    pieces = TAG.split(html)
    # Pieces between tags stand at even places; nothing inside a tag is touched.
    pieces[::2] = [TERM.sub(_marked, piece) for piece in pieces[::2]]
    return mark_safe("".join(pieces))  # noqa: S308  # escaped above, and only our own span added  # nosec B308 B703
