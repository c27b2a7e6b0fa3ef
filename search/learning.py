"""What search learns from choices: questions after which people chose a thing, and questions that many ask.

Both are gathered each night from the log of questions, which knows no people but days and hours (`insights.py`). So evidence is of hours:

- A question and a choice count **once an hour**, however often they came, and at most `MOST_A_DAY` times a day. A choice at the first
  place counts half: what stands first is taken because it stands there.
- A day's evidence **halves every `HALF_LIFE` days**; the log itself forgets after thirteen months.
- Learned is what has evidence of `LEAST_HOURS` hours on `LEAST_DAYS` days, a `LEAST_STRENGTH` that is left of it today, and at least
  `LEAST_SHARE` of all choices after that question; `MOST_A_THING` questions a thing, the strongest.

What one person with a script gains: 10,000 pings in an hour are one hour on one day (of 5 and 4 that are needed): nothing. 10,000 an
hour for thirty hours touch three days at most, so 3 days of 4: nothing. Whoever comes back on four days gets one question
learned, whose words count `planner._LEARNED` of what the title's count, and not more for a thousand further pings: strength chooses among
questions, it does not weigh them. An editor sees it in the list and forbids it; then it is never learned again.

What is learned stands in streams of its own in the entry (`learned_folded`, `learned_pairs`). `services.put` reads it here, so that
publishing again keeps it; `bring` mends whatever differs, each night and in `search_index reconcile`."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from wagtail.log_actions import log

from safeguards.models import User
from safeguards.services import record

from . import following, language
from .models import Gathered, LearnedQuery, PopularQuery

MOST_A_DAY = 3
HALF_LIFE = 90  # days
FIRST_PLACE = 0.5
LEAST_HOURS = 5
LEAST_DAYS = 4
LEAST_STRENGTH = 1.5
LEAST_SHARE = 0.2
MOST_A_THING = 20
# A popular question is one that also led somewhere: something was chosen after it in so many hours. What is typed to offend is not chosen after.
POPULAR_HOURS = 6
POPULAR_CHOSEN = 2
MOST_POPULAR = 5000
MOST_LETTERS = 80  # of a question that is offered to others

Key = tuple[str, str]

_LEARN = """
with hours as (
  select folded, kind, object_id, day, hour, max(case when position = 1 then %(first_place)s else 1 end) as worth
  from search_querylog where position is not null and day <= %(day)s group by 1, 2, 3, 4, 5
), days as (
  select folded, kind, object_id, day, least(%(most)s, count(*)) as hours,
         least(%(most)s, sum(worth)) * power(0.5, (%(day)s::date - day)::float8 / %(half_life)s) as worth
  from hours group by 1, 2, 3, 4
), pairs as (
  select folded, kind, object_id, sum(worth) as strength, sum(hours) as hours, count(*) as days, min(day) as first_day, max(day) as last_day,
         sum(worth) / sum(sum(worth)) over (partition by folded) as share
  from days group by 1, 2, 3
), enough as (
  select p.*, coalesce(l.vetoed, false) as vetoed
  from pairs p left join search_learnedquery l on (l.folded, l.kind, l.object_id) = (p.folded, p.kind, p.object_id)
  where p.hours >= %(least_hours)s and p.days >= %(least_days)s and p.strength >= %(least_strength)s and p.share >= %(least_share)s
), best as (
  select *, row_number() over (partition by kind, object_id, vetoed order by strength desc, folded) as place from enough
)
select b.kind, b.object_id, b.folded, s.asked, b.strength, b.share, b.hours, b.days, b.first_day, b.last_day
from best b cross join lateral (
  select asked from search_querylog q where q.folded = b.folded and q.day <= %(day)s
  group by asked order by count(distinct (q.day, q.hour)) desc, asked limit 1
) s
where b.vetoed or b.place <= %(most_a_thing)s
order by b.kind, b.object_id, b.place"""

_POPULAR = """
with hours as (
  select folded, day, hour, max(total) as total, bool_or(position is not null) as chosen
  from search_querylog where page = 1 and day <= %(day)s and length(folded) between 2 and %(most_letters)s group by 1, 2, 3
), days as (
  select folded, day, least(%(most)s, count(*)) as hours, least(%(most)s, count(*) filter (where chosen)) as chosen,
         (array_agg(total order by hour desc))[1] as total
  from hours group by 1, 2
), questions as (
  select folded, sum(hours * power(0.5, (%(day)s::date - day)::float8 / %(half_life)s)) as strength, sum(hours) as hours, count(*) as days,
         min(day) as first_day, max(day) as last_day, sum(chosen) as chosen, (array_agg(total order by day desc))[1] as found
  from days group by 1
)
select q.folded, s.asked, q.strength, q.hours, q.days, q.first_day, q.last_day, q.found
from questions q cross join lateral (
  select asked from search_querylog l where l.folded = q.folded and l.day <= %(day)s
  group by asked order by count(distinct (l.day, l.hour)) desc, asked limit 1
) s
where q.hours >= %(popular_hours)s and q.days >= %(least_days)s and q.strength >= %(least_strength)s and q.found > 0 and q.chosen >= %(chosen)s
order by q.strength desc, q.folded limit %(most_popular)s"""


@dataclass(frozen=True, slots=True)
class Gained:
    """What a night changed: questions learned and forgotten, popular ones come and gone, entries written anew."""

    learned: int
    forgotten: int
    popular: int
    unpopular: int
    entries: int


def _rows(statement: str, day: dt.date) -> list[dict[str, Any]]:
    values: dict[str, Any] = {
        "day": day, "most": MOST_A_DAY, "half_life": HALF_LIFE, "first_place": FIRST_PLACE, "least_hours": LEAST_HOURS, "least_days": LEAST_DAYS,
        "least_strength": LEAST_STRENGTH, "least_share": LEAST_SHARE, "most_a_thing": MOST_A_THING, "popular_hours": POPULAR_HOURS,
        "chosen": POPULAR_CHOSEN, "most_popular": MOST_POPULAR, "most_letters": MOST_LETTERS,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _keep(model: type[Gathered], rows: list[dict[str, Any]], *keys: str) -> tuple[int, int]:
    """Make the table say this: rows that are there are brought up to date, new ones come, others go. A veto stays whatever the log says;
    gives how many came and went."""
    there = {tuple(getattr(row, key) for key in keys): row for row in model._default_manager.select_for_update()}
    wanted = {tuple(row[key] for key in keys): row for row in rows}
    new = [model(**row) for key, row in wanted.items() if key not in there]
    model._default_manager.bulk_create(new, batch_size=1000)
    changed = []
    for key, row in wanted.items():
        if (known := there.get(key)) is not None:
            for name, value in row.items():
                setattr(known, name, value)
            changed.append(known)
    if changed:
        model._default_manager.bulk_update(changed, [name for name in rows[0] if name not in keys], batch_size=1000)
    gone = [row.pk for key, row in there.items() if key not in wanted and not row.vetoed]
    model._default_manager.filter(pk__in=gone).delete()
    model._default_manager.filter(vetoed=True).exclude(pk__in=[row.pk for row in changed]).update(strength=0)
    return len(new), len(gone)


@transaction.atomic
def learn(day: dt.date | None = None) -> Gained:
    """Gather what the log says on a day (today), and bring it into force."""
    day = day or timezone.localdate()
    learned, forgotten = _keep(LearnedQuery, _rows(_LEARN, day), "kind", "object_id", "folded")
    popular, unpopular = _keep(PopularQuery, _rows(_POPULAR, day), "folded")
    return Gained(learned, forgotten, popular, unpopular, bring())


def questions_of(keys: Iterable[Key]) -> dict[Key, str]:
    """What was learned of some things (kind, object id) and is in force: questions, one a line, the strongest first."""
    kinds, ids = zip(*keys, strict=True) if (keys := list(keys)) else ((), ())
    with connection.cursor() as cursor:
        cursor.execute(
            """select l.kind, l.object_id, string_agg(l.asked, E'\\n' order by l.strength desc, l.folded) from search_learnedquery l
               join unnest(%s::text[], %s::text[]) as w(kind, object_id) on w.kind = l.kind and w.object_id = l.object_id
               where not l.vetoed group by 1, 2""",
            [list(kinds), list(ids)],
        )
        return {(kind, object_id): asked for kind, object_id, asked in cursor.fetchall()}


# Entries that hold something learned, or should.
_HOLDERS = """
select e.kind, e.object_id, coalesce(e.streams->>'learned_folded', ''), coalesce(e.streams->>'learned_pairs', '') from search_entry e
where e.live and (rtrim(coalesce(e.streams->>'learned_folded', ''), ' ~') <> ''
  or exists (select from search_learnedquery l where l.kind = e.kind and l.object_id = e.object_id and not l.vetoed))
"""
_WRITE = """
update search_entry e set streams = e.streams || w.streams, version = nextval('search_entry_version'), xid = pg_current_xact_id()::text::bigint
from jsonb_to_recordset(%s::jsonb) as w(kind text, object_id text, streams jsonb)
where e.kind = w.kind and e.object_id = w.object_id and e.live
"""


@transaction.atomic
def bring(only: Iterable[Key] | None = None) -> int:
    """Let entries hold what is learned of them and nothing else; those of some keys whatever they seem to hold, otherwise all that
    differ. Gives how many were written. Their version grows, so that the mirrors follow."""
    if only is None:
        with connection.cursor() as cursor:
            cursor.execute(_HOLDERS)
            held = {(kind, object_id): (folded, pairs) for kind, object_id, folded, pairs in cursor.fetchall()}
    else:
        held = dict.fromkeys(only, ("", ""))
    learned = questions_of(held)
    wanted: dict[Key, Mapping[str, str]] = {}
    for key, (folded, pairs) in held.items():
        streams = language.learned_streams(learned.get(key, ""))
        if (streams["learned_folded"], streams["learned_pairs"]) != (folded, pairs):
            wanted[key] = streams
    if not wanted:
        return 0
    by_kind: dict[str, list[str]] = defaultdict(list)
    for kind, object_id in wanted:
        by_kind[kind].append(object_id)
    with connection.cursor() as cursor:
        # In the order in which `put` writes, so that two never wait for each other.
        for kind, ids in sorted(by_kind.items()):
            cursor.execute("select from search_entry where kind = %s and object_id = any(%s) order by object_id for update", [kind, ids])
        rows = [{"kind": kind, "object_id": object_id, "streams": streams} for (kind, object_id), streams in wanted.items()]
        cursor.execute(_WRITE, [json.dumps(rows, ensure_ascii=False)])
        written = int(cursor.rowcount)
    if written:
        following.soon()
    return written


@transaction.atomic
def judge(row: Gathered, actor: User | None, *, vetoed: bool, note: str = "") -> None:
    """An editor forbids what was learned, or allows it again, on record; in force as soon as it is committed."""
    model = type(row)
    before = model._default_manager.select_for_update().get(pk=row.pk)
    row.vetoed, row.note = vetoed, note.strip()
    if (before.vetoed, before.note) == (row.vetoed, row.note):
        return
    row.vetoed_at = (before.vetoed_at or timezone.now()) if vetoed else None
    row.vetoed_by = (before.vetoed_by if before.vetoed else actor) if vetoed else None
    row.save(update_fields=["vetoed", "note", "vetoed_at", "vetoed_by"])
    verb = "noted" if before.vetoed == vetoed else "vetoed" if vetoed else "allowed"
    payload = {"asked": row.asked, "before": {"vetoed": before.vetoed, "note": before.note}, "after": {"vetoed": row.vetoed, "note": row.note}}
    if isinstance(row, LearnedQuery):
        payload["thing"] = f"{row.kind}:{row.object_id}"
    record(f"search.{model._meta.model_name}_{verb}", row, actor=actor, payload=payload)
    log(row, "wagtail.edit", user=actor, content_changed=True)
    if isinstance(row, LearnedQuery):
        bring([(row.kind, row.object_id)])
