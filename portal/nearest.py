"""What somebody may have meant who asked for a page that is not there: procedures by a code nearly right, or by the words of the
path. Programs that look for holes meet this page all day, so it is bounded: nothing is searched for addresses that no person
types, and a process searches so often a second and no more."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock
from urllib.parse import unquote

from django.urls import reverse

from procedures_catalog import listing
from search import finder

MOST = 5
LONGEST_PATH = 300  # characters that are looked at
MOST_WORDS = 8
SHORTEST = 4  # characters of words below which nothing is searched
PER_SECOND = 4.0  # searches of one process
AT_ONCE = 12
SLOW_SECONDS = 0.5  # a search that took longer…
REST_SECONDS = 30.0  # …and for how long none is made then

_WHOLE_CODE = re.compile(r"(?<!\d)(?<!\d[ .,_-])(\d)[ .,_-]{0,2}(\d{6})(?!\d)")  # also at the head of a long one: 1.001193.000.00.00.H56
_CODE = re.compile(r"(?<!\d)\d(?:[ .,_-]?\d){3,8}(?!\d)")
# Old links end in .html, .aspx or .pdf too: who follows one is helped.
_FILE = re.compile(
    r"\.(php\d?|phtml|cgi|pl|jsp|env|sql|bak|old|orig|swp|zip|t?gz|rar|7z|js|css|map|ico|png|jpe?g|gif|svg|webp|xml|txt|json|ya?ml|ini|toml"
    r"|conf|log|sh|py|exe|dll|action|do)~?$",
    re.IGNORECASE,
)
# Whole parts of a path that ask for programs and their insides.
_HOLES = re.compile(
    r"^(\..+|wp-.*|wordpress|phpmyadmin|pma|cgi-bin|vendor|node_modules|xmlrpc|actuator|solr|jenkins|boaform|owa|autodiscover"
    r"|_?debug.*|_ignition|telescope|swagger.*|graphql|backup|backups|config|setup|install|shell|console|manager|hnap1|static|media)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Near:
    """A procedure that may be meant."""

    code: str
    name: str
    url: str


class Allowance:
    """So many a second, some at once, and a rest after one that was slow."""

    def __init__(self, per_second: float, at_once: int) -> None:
        self.per_second, self.at_once = per_second, at_once
        self._left = float(at_once)
        self._looked = 0.0
        self._rest_until = 0.0
        self._lock = Lock()

    def take(self, now: float | None = None) -> bool:
        """Whether one more may be made now."""
        now = time.monotonic() if now is None else now
        with self._lock:
            self._left = min(float(self.at_once), self._left + (now - self._looked) * self.per_second)
            self._looked = now
            if now < self._rest_until or self._left < 1:
                return False
            self._left -= 1
            return True

    def took(self, seconds: float, now: float | None = None) -> None:
        """How long one took."""
        if seconds > SLOW_SECONDS:
            with self._lock:
                self._rest_until = (time.monotonic() if now is None else now) + REST_SECONDS


allowance = Allowance(PER_SECOND, AT_ONCE)


def _parts(path: str) -> list[str]:
    return [part for part in path[:LONGEST_PATH].split("/") if part]


def is_probe(path: str) -> bool:
    """Whether no person asks for this: a hidden file, a program's name, a file of a kind that is a page nowhere here."""
    parts = _parts(path)
    last = parts[-1] if parts else ""
    return any(_HOLES.match(part) for part in parts) or bool(_FILE.search(last))


def candidates(digits: str) -> Iterator[str]:
    """Codes that differ from these digits by one: itself, two neighbours the other way round, a digit wrong, missing, too many.
    A code is one digit and six."""
    seen = {digits}
    yield digits
    edits = [digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :] for at in range(len(digits) - 1)]
    edits += [digits[:at] + digit + digits[at + 1 :] for at in range(len(digits)) for digit in "0123456789"]
    edits += [digits[:at] + digits[at + 1 :] for at in range(len(digits))]
    edits += [digits[:at] + digit + digits[at:] for at in range(len(digits) + 1) for digit in "0123456789"]
    for edit in edits:
        if len(edit) == 7 and edit not in seen:
            seen.add(edit)
            yield edit


def digits_of(path: str) -> str:
    """The digits of what looks like a code in a path, however it is written; zeros that were left out behind the first digit
    (1.1193) are put in. '' when nothing does."""
    if whole := _WHOLE_CODE.search(path):
        return whole[1] + whole[2]
    loose = _CODE.search(path)
    if loose is None:
        return ""
    first, *rest = re.split(r"[ .,_-]", loose[0])
    return first + "".join(rest).rjust(6, "0") if len(first) == 1 and rest else loose[0]


def _by_code(found: listing.Catalogue, digits: str) -> list[Near]:
    wanted = {candidate: place for place, candidate in enumerate(candidates(digits))}
    items = (versions[0] for versions in found.shelf.of_procedure.values())
    hits = sorted((wanted[plain], item.code, item.name) for item in items if (plain := item.code.replace(".", "")) in wanted)
    return [Near(code, name, reverse("procedures_catalog:procedure", args=[code])) for _place, code, name in hits[:MOST]]


def words_of(path: str) -> str:
    """The words of the last parts of a path, as somebody would type them into the search box."""
    words: list[str] = []
    for part in reversed(_parts(path)):
        here = [word for word in re.split(r"[^\w]+|_", unquote(part)) if len(word) > 1 and not word.isdigit() and len(word) < 25]
        words = here + words
        if len(words) >= 3:
            break
    # The roots of our own addresses say where, not what.
    roots = {"en", "thu", "tuc", "thu-tuc", "co", "quan", "tim"}
    text = [word for word in words if word.casefold() not in roots] if len(words) > 2 else words
    return " ".join(text[:MOST_WORDS])


def procedures(path: str) -> list[Near]:
    """The procedures nearest to a path, the likeliest first; at most MOST, and none while too many ask."""
    path = unquote(path[:LONGEST_PATH])
    digits, words = digits_of(path), words_of(path)
    if not (digits or len(words) >= SHORTEST) or not allowance.take():
        return []
    started = time.monotonic()
    near = _by_code(listing.catalogue(), digits) if digits else []
    if not near and len(words) >= SHORTEST:
        near = [Near(hit.code, hit.title, hit.url) for hit in finder.find(words, {"kind": ("procedure",)}, per_page=MOST).hits]
    allowance.took(time.monotonic() - started)
    return near
