"""Reading what stands in a search address: anything odd gives the nearest sense, never an error."""

from __future__ import annotations

from django.http import QueryDict

from .engines import FACETS
from .finder import AUDIENCES, Asker

# Names of facets in public addresses.
PARAMETERS = {
    "kind": "loai", "field": "linh-vuc", "level": "cap", "audience": "doi-tuong", "service": "muc-do", "state": "hieu-luc", "unit": "co-quan",
}  # fmt: skip
MAX_VALUES = 20
FOR_AUDIENCE, NEAR_UNIT = "toi-la", "noi-toi"  # what visitors say of themselves


def clean_query(text: str) -> str:
    """The question without what cannot be typed: NUL, lone surrogates, and more than a page of it."""
    return "".join(letter for letter in text[:10_000] if letter == " " or letter.isprintable())[:1_000].strip()


def read_filters(query: QueryDict) -> dict[str, tuple[str, ...]]:
    """The chosen values of each facet."""
    chosen = {}
    for name in FACETS:
        values = [value for value in query.getlist(PARAMETERS[name])[:MAX_VALUES] if value and len(value) <= 80 and value.isprintable()]
        if values:
            chosen[name] = tuple(dict.fromkeys(values))
    return chosen


def read_asker(query: QueryDict) -> Asker:
    """For whom somebody asks, and their unit, as they chose to say it."""
    return asker_of(query.get(FOR_AUDIENCE, ""), query.get(NEAR_UNIT, ""))


def asker_of(audience: str, unit: str) -> Asker:
    """The same from two texts; what is none of the choices says nothing."""
    return Asker(audience if audience in AUDIENCES else "", unit if unit.isascii() and unit.isdigit() and len(unit) < 12 else "")


def read_page(text: str | None) -> int:
    """A page number from 1 to 1,000; anything else is 1."""
    return min(int(text), 1000) if text and text.isascii() and text.isdigit() and len(text) < 8 and int(text) > 0 else 1
