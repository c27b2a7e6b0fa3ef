"""Who may be answered from memory, and under which name a page is kept. Pure: no database, no clock."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from urllib.parse import parse_qsl, urlencode

# What advertisers, mail programs and messengers hang on an address: it changes no page of ours.
FOREIGN = re.compile(
    r"(?:utm_[a-z_]*|fbclid|gclid|gbraid|wbraid|dclid|msclkid|twclid|ttclid|yclid|igshid|igsh|zarsrc|mc_[ce]id|_ga|_gl)\Z", re.IGNORECASE
)
LONGEST_VALUE = 100
MOST_VALUES = 12
# Whoever sends one of these asks for something of their own.
OWN_HEADERS = ("HTTP_AUTHORIZATION", "HTTP_RANGE", "HTTP_HX_REQUEST")


def is_anonymous(method: str | None, headers: Mapping[str, object], cookies: Collection[str], own_cookies: Iterable[str]) -> bool:
    """Whether a request may be answered with what everybody gets: it only reads, and brings nothing by which we know anybody."""
    return method in {"GET", "HEAD"} and not any(name in headers for name in OWN_HEADERS) and not any(name in cookies for name in own_cookies)


def is_kept_path(path: str, never: tuple[str, ...]) -> bool:
    """Whether pages at this path may be kept at all; `never` holds the starts of paths, without the prefix of a language."""
    bare = path.removeprefix("/en") if path.startswith("/en/") else path
    return not bare.startswith(never)


def language_of(path: str) -> str:
    """The language of an address: English under /en/."""
    return "en" if path == "/en" or path.startswith("/en/") else "vi"


def normal_query(query: str, known: Callable[[], Collection[str]]) -> str | None:
    """The one way to write a query that asks for the same page: without what is foreign to it and without empty values, sorted.

    `known` gives the names that the page's view reads; it is asked only when something is left. None: the page may not be kept,
    for the query says what the view does not know, says it twice, or at length. '' is the page without a query."""
    pairs = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if not FOREIGN.match(name)]
    if not pairs:
        return ""
    names = known()
    if len(pairs) > MOST_VALUES or any(name not in names or len(value) > LONGEST_VALUE for name, value in pairs):
        return None
    said = sorted((name, value) for name, value in pairs if value)
    if len({name for name, _value in said}) < len(said):
        return None
    return urlencode(said)


def accepts_gzip(header: str) -> bool:
    """Whether a browser takes gzip (`Accept-Encoding`); by name, or by `*`, and not with a weight of nothing."""
    weights: dict[str, bool] = {}
    for part in header.lower().split(","):
        name, _semicolon, rest = part.partition(";")
        weights[name.strip()] = not re.fullmatch(r"\s*q\s*=\s*0(?:\.0*)?\s*", rest)
    return weights.get("gzip", weights.get("*", False))
