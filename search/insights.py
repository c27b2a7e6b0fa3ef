"""What people ask of search: remembered without saying who, and told to editors.

A search is one row: words, day and hour, engine, how many were found; then what was chosen, and whether they found it. No address,
no session, no minute, no number of six digits or more (the database refuses one), no mail address, and nothing at all of a
question that holds a telephone, identity or dossier number. Rows go after thirteen months.

**Nobody steers alone.** Without knowing who asks, a hundred requests of one person look like a hundred people, but not like a
hundred hours: a question counts once an hour and at most `MOST_A_DAY` times a day, and reports show only what was asked in
`LEAST_HOURS` different hours. So do choices. What one person alone once typed is therefore shown to nobody.

**Choices without a redirect.** A result's link is the plain address; `ping` on it tells which one was chosen. It works without
JavaScript, the link can be copied and says where it leads, no redirect stands to be abused, and a browser that sends no pings
(Firefox) merely goes uncounted. Pings and answers carry a signed token of the row: nobody can write about a search that was not theirs."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import DatabaseError, connection
from django.utils import timezone

from . import language
from .models import QueryLog
from .results import Results

logger = logging.getLogger(__name__)

MONTHS = 13
MOST_A_DAY = 6
LEAST_HOURS = 2
OPEN_SECONDS = 6 * 3600  # for so long after a search something can be said about it
SALT = "search.insights"
_LONG_NUMBER = re.compile(r"\d(?:[\s./–—−-]{0,3}\d){5,}")
_DOCUMENT_YEAR = re.compile(r"\d{1,5}\s*/\s*(?:19|20)\d\d")  # 12/2018/NĐ-CP is about nobody
_MAIL = re.compile(r"(?<!\S)[^\s@]*@\S*")  # from the beginning of a word only, so that long words cost no more than short ones
_MOST_LETTERS = 400  # as far as a question is kept

# One statement, one round trip. The row need not outlive a power cut: no visitor waits for a disk.
_REMEMBER = """insert into search_querylog (asked, folded, day, hour, engine, total, language, page, kind, object_id)
select %s, %s, %s, %s, %s, %s, %s, %s, '', '' from (select set_config('synchronous_commit', 'off', true)) fast returning id"""


def cleaned(query: str) -> tuple[str, str] | None:
    """What may be kept of a question: its words with marks and without. None when that is nothing."""
    if language.personal_number(query):
        return None
    text = query[:_MOST_LETTERS]
    text = _LONG_NUMBER.sub(lambda match: match[0] if _DOCUMENT_YEAR.fullmatch(match[0]) else " ", _MAIL.sub(" ", text))
    words = language.words(text)
    while words and len(" ".join(words)) > 200:
        words.pop()
    # Two numbers that stood apart are none of six digits; what is left is looked at once more, as it would be stored.
    asked = " ".join(words)
    if not asked or re.search(r"[0-9]{6}", asked) or language.personal_number(asked):
        return None
    return asked, " ".join(language.fold(word) for word in words)


def remember(query: str, results: Results, language_code: str) -> int | None:
    """Keep a search; gives the number of its row, None when it is not to be kept. Never in the way of the answer: a database that
    takes no row (read-only, on its way down) is told to the log."""
    kept = cleaned(query)
    if kept is None or not results.ready:
        return None
    now = timezone.localtime()
    row: list[Any] = [*kept, now.date(), now.hour, results.engine[:20], results.total, language_code[:5], min(results.page, 1000)]
    try:
        with connection.cursor() as cursor:
            cursor.execute(_REMEMBER, row)
            return int(cursor.fetchone()[0])
    except DatabaseError:
        logger.warning("a search was not remembered", exc_info=True)
        return None


def token(row: int, *choice: Any) -> str:
    """What lets somebody say something about a search: its row, and with a choice its place, kind and id."""
    return signing.dumps([row, *choice], salt=SALT)


def _read(text: str, size: int) -> list[Any]:
    said = signing.loads(text, salt=SALT, max_age=OPEN_SECONDS)
    if len(said) != size:
        raise signing.BadSignature("another token")
    return list(said)


def chosen(text: str) -> bool:
    """Note a choice, the first one of a search. Raises signing.BadSignature; gives whether it was noted."""
    row, position, kind, object_id = _read(text, 4)
    return bool(QueryLog.objects.filter(pk=row, position=None).update(position=position, kind=kind, object_id=object_id))


def answered(text: str, found: bool) -> bool:
    """Note whether somebody found it; their last word stands. Raises signing.BadSignature; gives whether it was noted."""
    (row,) = _read(text, 1)
    return bool(QueryLog.objects.filter(pk=row).update(found_it=found))


def forget(day: dt.date | None = None) -> int:
    """Remove what is older than thirteen months on a day (today); gives how many rows."""
    day = day or timezone.localdate()
    months = day.year * 12 + day.month - 1 - MONTHS
    first = dt.date(months // 12, months % 12 + 1, min(day.day, 28))
    removed, _models = QueryLog.objects.filter(day__lt=first).delete()
    return removed


# ── Reports ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Asked:
    """One question over some days. `count` is of hours (see above), `chosen` and `missed` are shares of them in percent; `choice` is
    what was chosen in most hours."""

    asked: str
    folded: str
    count: int
    found: int
    chosen: int
    said_no: int
    choice: tuple[str, str] | None


# Rows of a question and hour are one: what was found then, whether anything was chosen.
_HOURS = """with hours as (
  select folded, day, hour, mode() within group (order by asked) as asked, max(total) as total, count(position) > 0 as chosen,
         bool_or(found_it is false) as said_no, row_number() over (partition by folded, day order by hour) as place
  from search_querylog where day between %(first)s and %(last)s and page = 1 group by folded, day, hour
), questions as (
  select folded, mode() within group (order by asked) as asked, count(*) as hours, count(*) filter (where chosen) as chosen,
         count(*) filter (where said_no) as said_no, (array_agg(total order by day desc, hour desc))[1] as found
  from hours where place <= %(most)s group by folded having count(*) >= %(least)s
)
select q.asked, q.folded, q.hours, q.found, q.chosen, q.said_no, c.kind, c.object_id
from questions q left join lateral (
  select l.kind, l.object_id from search_querylog l where l.folded = q.folded and l.day between %(first)s and %(last)s and l.position is not null
  group by 1, 2 having count(distinct (l.day, l.hour)) >= %(least)s order by count(distinct (l.day, l.hour)) desc, 1, 2 limit 1
) c on true
where {where} order by {order}, q.folded limit %(limit)s"""

KINDS = {
    "asked": ("true", "q.hours desc"),
    "nothing": ("q.found = 0", "q.hours desc"),
    "unchosen": ("q.found > 0 and (q.chosen * 5 < q.hours or q.said_no > 0)", "q.said_no desc, q.hours - q.chosen desc"),
}


def report(kind: str, first: dt.date, last: dt.date, limit: int = 100) -> list[Asked]:
    """Questions of some days, those that matter most first: `asked` most, found `nothing`, found and `unchosen` (in fewer than a fifth
    of the hours, or somebody said no)."""
    where, order = KINDS[kind]
    with connection.cursor() as cursor:
        cursor.execute(
            _HOURS.format(where=where, order=order),
            {"first": first, "last": last, "most": MOST_A_DAY, "least": LEAST_HOURS, "limit": limit},
        )
        rows = cursor.fetchall()
    return [
        Asked(asked, folded, hours, found, chosen, said_no, (kind_, object_id) if kind_ else None)
        for asked, folded, hours, found, chosen, said_no, kind_, object_id in rows
    ]


@dataclass(frozen=True, slots=True)
class Week:
    """How search did in a week: searches, those that found nothing, those after which something was chosen, yes and no said."""

    monday: dt.date
    searches: int
    nothing: int
    chosen: int
    yes: int
    no: int


def weeks(first: dt.date, last: dt.date) -> list[Week]:
    """The weeks of some days, oldest first, those without a search too. Plain counts of searches (first pages)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select w::date, count(l.id), count(l.id) filter (where l.total = 0), count(l.position), count(*) filter (where l.found_it),
                      count(*) filter (where not l.found_it)
               from generate_series(date_trunc('week', %s::timestamp), %s::timestamp, '7 days') w
               left join search_querylog l on l.page = 1 and l.day >= w::date and l.day < w::date + 7 and l.day between %s and %s
               group by 1 order by 1""",
            [first, last, first, last],
        )
        return [Week(*row) for row in cursor.fetchall()]


def is_remembering() -> bool:
    """Whether searches are kept at all."""
    return bool(settings.SEARCH_INSIGHTS)


def titles(choices: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, str]]:
    """Title and address of what was chosen, as search has it today."""
    from .models import Entry

    found = Entry.objects.filter(live=True, kind__in={kind for kind, _id in choices}, object_id__in={key for _kind, key in choices})
    return {(entry.kind, entry.object_id): (entry.title, entry.url) for entry in found.only("kind", "object_id", "title", "url")}
