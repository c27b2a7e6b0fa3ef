"""Dates for residents' own calendars (iCalendar, RFC 5545). Pure: dataclasses in, bytes out.

Times are written in UTC, which every calendar shows in its owner's zone. An entry keeps its `uid` for ever and its `sequence` only
grows, so that what was moved moves in every calendar that follows it, and what is called off is struck out there, not forgotten.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import icalendar

CONTENT_TYPE = "text/calendar; charset=utf-8"
PRODUCT = "-//Minh Bach//Calendar//VI"
ASK_AGAIN = dt.timedelta(hours=6)  # how often a calendar that follows a feed should look


@dataclass(frozen=True)
class Event:
    """One entry. Times have a zone; `changed` is when the entry last said something else."""

    uid: str
    title: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    changed: dt.datetime
    url: str = ""
    where: str = ""
    text: str = ""
    kinds: tuple[str, ...] = ()
    sequence: int = 0
    cancelled: bool = False


def _plain(text: str) -> str:
    """Without the control characters that no calendar can hold; line feeds stay."""
    return "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text.replace("\r\n", "\n").replace("\r", "\n"))


def _entry(event: Event) -> icalendar.Event:
    made = icalendar.Event()
    made.add("uid", event.uid)
    made.add("dtstamp", event.changed.astimezone(dt.UTC))
    made.add("last-modified", event.changed.astimezone(dt.UTC))
    made.add("dtstart", event.starts_at.astimezone(dt.UTC))
    made.add("dtend", event.ends_at.astimezone(dt.UTC))
    made.add("sequence", event.sequence)
    made.add("status", "CANCELLED" if event.cancelled else "CONFIRMED")
    made.add("summary", _plain(event.title))
    for name, value in (("location", event.where), ("description", event.text), ("url", event.url)):
        if value:
            made.add(name, _plain(value))
    if event.kinds:
        made.add("categories", [_plain(kind) for kind in event.kinds])
    return made


def write(events: Iterable[Event], *, name: str) -> bytes:
    """A calendar of these entries under a name. The same entries give the same bytes."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    for property_ in ("name", "x-wr-calname"):  # the standard's, and the one that calendars read
        calendar.add(property_, icalendar.vText(" ".join(_plain(name).split())))
    calendar.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    for event in events:
        calendar.add_component(_entry(event))
    return bytes(calendar.to_ical())
