"""Times cut into slots of so many minutes. Pure, without Django."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

MOST_SLOTS = 200  # of one cutting: a day in slots of five minutes, and some

Span = tuple[dt.datetime, dt.datetime]


class WrongSlots(ValueError):
    """Times that cannot be cut; the text names what is wrong."""


def cut(spans: Iterable[Span], minutes: int) -> list[Span]:
    """The slots of some spans, in order: whole ones only, none across the end of a span (the lunch break). Raises WrongSlots."""
    if minutes < 1:
        raise WrongSlots("minutes")
    length = dt.timedelta(minutes=minutes)
    found: list[Span] = []
    for begins, ends in sorted(spans):
        if ends <= begins:
            raise WrongSlots("span")
        if found and begins < found[-1][1]:
            raise WrongSlots("overlap")
        while begins + length <= ends:
            found.append((begins, begins + length))
            begins += length
            if len(found) > MOST_SLOTS:
                raise WrongSlots("too many")
    return found
