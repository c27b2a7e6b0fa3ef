"""Reading what stands in a search address: anything odd gives the nearest sense, never an error."""

from __future__ import annotations

from django.http import QueryDict

from . import language, numbers
from .engines import FACETS
from .finder import AUDIENCES, Asker

# Names of facets in public addresses.
PARAMETERS = {
    "kind": "loai", "field": "linh-vuc", "level": "cap", "audience": "doi-tuong", "service": "muc-do", "state": "hieu-luc", "unit": "co-quan",
}  # fmt: skip
MAX_VALUES = 20
FOR_AUDIENCE, NEAR_UNIT = "toi-la", "noi-toi"  # what visitors say of themselves


MOST_READ, MOST_ASKED = 10_000, 1_000


def _typed(text: str) -> str:
    """What can be typed of a text: any white space is a blank; NUL, lone surrogates and what nobody sees are left out."""
    return "".join(" " if letter.isspace() else letter for letter in text[:MOST_READ] if letter.isspace() or letter.isprintable())


def clean_query(text: str) -> str:
    """The question without what cannot be typed, and no more than a page of it."""
    return _typed(text)[:MOST_ASKED].strip()


def number_in(text: str) -> str | None:
    """The kind of the telephone, identity or dossier number that stands anywhere in what came, also behind what is searched."""
    return language.personal_number(_typed(text)) if numbers.may_hold_one(text[:MOST_READ]) else None


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
