"""Atom feeds: names that stay for ever, dates that never come from the clock of whoever asks."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.utils.feedgenerator import Atom1Feed

SINCE = "2026"  # the year from which the name of the host has been ours: part of each name (RFC 4151)
NOTHING_YET = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def tag(*parts: str) -> str:
    """A name for a feed or an entry that does not change when addresses do."""
    host = urlsplit(str(settings.WAGTAILADMIN_BASE_URL)).hostname or "localhost"
    return f"tag:{host},{SINCE}:{'/'.join(quote(part, safe='') for part in parts)}"


class AtomFeed(Atom1Feed):
    """Django's, but an empty feed is not new each time that somebody asks, and readers do not drop control characters."""

    content_type = "application/atom+xml; charset=utf-8"
    mime_type = content_type

    def latest_post_date(self) -> dt.datetime:
        """When the newest entry was changed; always the same day while there is none."""
        return super().latest_post_date() if any(item["updateddate"] or item["pubdate"] for item in self.items) else NOTHING_YET

    def add_item(self, title: str, link: str, description: str, *others: Any, **more: Any) -> None:
        """An entry; XML cannot hold control characters, and a title from an import may."""
        super().add_item(_printable(title), link, _printable(description or ""), *others, **more)


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() or letter in "\n\t" else " " for letter in str(text))
