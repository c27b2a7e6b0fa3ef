"""What an address of the figures asks for. A value that cannot exist is a page that does not exist: a figure for something else
than what was asked would be worse than none."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from organisation.models import today

MAX_PAGE = 10_000
SLUG = re.compile(r"[a-z0-9-]{1,120}")
_ISO, _SPOKEN = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})"), re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")


def read_day(text: str) -> dt.date:
    """A day as machines (2026-01-31) or people (31/1/2026) write it; 404 for anything else."""
    if found := _ISO.fullmatch(text):
        parts = found.groups()
    elif found := _SPOKEN.fullmatch(text):
        parts = found.groups()[::-1]
    else:
        raise Http404(_("There is no such day."))
    try:
        return dt.date(*(int(part) for part in parts))
    except ValueError as error:
        raise Http404(_("There is no such day.")) from error


def one_of(text: str, known: Mapping[str, object], usual: str = "") -> str:
    """One of the known words, the usual one for an empty text; 404 for any other."""
    if not text:
        return usual
    if text not in known:
        raise Http404(_("There is no such choice."))
    return text


def read_slug(text: str) -> str:
    """The address part of a unit or field; whether it exists is for the query to say."""
    if text and not SLUG.fullmatch(text):
        raise Http404(_("There is no such choice."))
    return text


def read_page(text: str) -> int:
    """The number of a page; 404 for anything that is none."""
    if not text:
        return 1
    if not (text.isascii() and text.isdigit() and len(text) < 8) or not 1 <= int(text) <= MAX_PAGE:
        raise Http404(_("There is no such page."))
    return int(text)


@dataclass(frozen=True)
class Ask:
    """Day and choices of an address, and the addresses beside it."""

    day: dt.date
    asked: bool  # whether the day is the visitor's own
    choices: dict[str, str]  # word of the address → value, empty ones left out

    @classmethod
    def of(cls, request: HttpRequest, **choices: str) -> Ask:
        """From a request; `choices` are checked already."""
        text = request.GET.get("ngay", "")
        day = read_day(text) if text else today()
        return cls(day, bool(text), {word.replace("_", "-"): value for word, value in choices.items() if value})

    def query(self, **changes: str | int | None) -> str:
        """The address with some of it changed; None takes a choice away, `ngay=None` the day."""
        wanted: dict[str, str | int | None] = {"ngay": self.day.isoformat() if self.asked else None, **self.choices}
        wanted |= {word.replace("_", "-"): value for word, value in changes.items()}
        pairs = {word: value for word, value in wanted.items() if value}
        return "?" + urlencode(pairs) if pairs else ""
