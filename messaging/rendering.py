"""Texts with placeholders in braces: what may stand in one, what is put in, as plain text, as HTML, and in how many text messages.

Only `{name}` of the kind's own list is replaced, in one pass; nothing else in braces is ever looked up. No database is asked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from django.utils.html import escape

from search.language import fold

_NAME = re.compile(r"\{([a-z][a-z0-9_]*)\}")
# Whatever looks as if it should be replaced, up to its end; a brace alone too.
_IN_BRACES = re.compile(r"\{+[^{}]{0,80}\}*|\}+")
# Signs that turn the direction of what follows, or are not seen: a value made of them could show something else than it says.
_UNSEEN = frozenset("\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")

# GSM 03.38: one septet each; those of the second line take two.
GSM = frozenset("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà")
GSM_DOUBLE = frozenset("^{}\\[~]|€\f")
_PLAIN_SIGNS = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "•": "-", "\u00a0": " ", "→": "->", "₫": "d", "×": "x"}
)  # fmt: skip


def unknown_parts(text: str, names: Collection[str]) -> list[str]:
    """Pieces with braces that are none of these placeholders, as they stand: `{x.__class__}`, `{% if %}`, `{{ x }}`, a brace alone."""
    rest = _NAME.sub(lambda found: "" if found[1] in names else found[0], text)
    return list(dict.fromkeys(_IN_BRACES.findall(rest)))


def names_used(text: str) -> set[str]:
    """The placeholders of a text."""
    return set(_NAME.findall(text))


def clean(value: str) -> str:
    """A value as it may stand in a text: NFC, without control characters and signs that are not seen; line breaks stay."""
    text = unicodedata.normalize("NFC", value).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in text if sign == "\n" or (sign not in _UNSEEN and unicodedata.category(sign) not in {"Cc", "Cs", "Zl", "Zp"}))


def one_line(text: str) -> str:
    """A text as it may stand in a header: whatever breaks a line is a blank (B13)."""
    return " ".join(re.split(r"[\s\u0085\u2028\u2029]+", clean(re.sub(r"[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", " ", text)))).strip()


def fill(text: str, values: Mapping[str, str], put: Callable[[str, str], str] | None = None) -> str:
    """The text with its placeholders replaced, once: braces in values stay as they are. What is not among `values` stays literal."""

    def one(found: re.Match[str]) -> str:
        name = found[1]
        if name not in values:
            return found[0]
        value = clean(values[name])
        return put(name, value) if put else value

    return _NAME.sub(one, text)


def as_html(text: str, values: Mapping[str, str], links: Collection[str], base_url: str) -> str:
    """The same as paragraphs of HTML. Text and values are escaped (B12); a value of `links` that leads to this portal is a link."""

    def put(name: str, value: str) -> str:
        shown = escape(value)
        if name in links and value.startswith(f"{base_url.rstrip('/')}/"):
            return f'<a href="{shown}">{shown}</a>'
        return shown.replace("\n", "<br>")

    paragraphs = re.split(r"\n\n+", escape(text.replace("\r\n", "\n")).strip())
    return "\n".join(f"<p>{fill(paragraph.replace(chr(10), '<br>'), values, put)}</p>" for paragraph in paragraphs)


def without_marks(text: str) -> str:
    """For a text message: Vietnamese without marks, typographic signs as plain ones, so that 160 signs fit instead of 70."""
    return unicodedata.normalize("NFC", fold(text.translate(_PLAIN_SIGNS)))


@dataclass(frozen=True)
class Length:
    """How long a text message is: in signs of its alphabet, and in how many parts it goes (each is paid for)."""

    alphabet: str  # "GSM-7" or "UCS-2"
    units: int
    parts: int


def _parts(sizes: list[int], alone: int, together: int) -> int:
    """Parts that signs of these sizes need; no sign is torn apart."""
    if sum(sizes) <= alone:
        return 1
    parts, left = 1, together
    for size in sizes:
        if size > left:
            parts, left = parts + 1, together
        left -= size
    return parts


def sms_length(text: str) -> Length:
    """As a telephone network counts: GSM-7 in 160 (153 in a chain), with one sign outside it UCS-2 in 70 (67)."""
    if all(sign in GSM or sign in GSM_DOUBLE for sign in text):
        sizes = [2 if sign in GSM_DOUBLE else 1 for sign in text]
        return Length("GSM-7", sum(sizes), _parts(sizes, 160, 153))
    sizes = [2 if ord(sign) > 0xFFFF else 1 for sign in text]
    return Length("UCS-2", sum(sizes), _parts(sizes, 70, 67))
