"""From a question to its answer: plan, run, count, check against the database, dress for a page or the API."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from foundation.registries import search_sources

from . import language, planner, shown, tables, vocabulary
from .engines import FACETS, Found, choice
from .labels import memory as labels_known
from .results import Advice, Facet, FacetBucket, Hit, Results, pieces, snippet
from .shown import Shown

PER_PAGE = 10
MAX_PER_PAGE = 100
MAX_BUCKETS = 60
FACET_LABELS = {
    "kind": _("Kind"), "field": _("Field"), "level": _("Handled by"), "audience": _("For whom"), "service": _("Online"), "state": _("Validity"),
    "unit": _("Unit"),
}  # fmt: skip

Filters = dict[str, tuple[str, ...]]


def find(query: str, filters: Filters | None = None, *, page: int = 1, per_page: int = PER_PAGE) -> Results:
    """Answer a question. `filters` by facet name; pages count from 1 and stop at the last. Never raises for what was typed."""
    started = time.perf_counter()
    chosen = {name: values for name, values in (filters or {}).items() if name in FACETS and values}
    per_page = max(1, min(per_page, MAX_PER_PAGE))
    # Without words there is nothing to read: the page that lists everything asks for no vocabulary.
    plan = planner.plan(query, lexicon=vocabulary.current()) if query.strip() else planner.Plan()
    engine, ready, degraded = "database", True, False
    pinned: dict[tuple[str, str], Found] = {}
    if plan.empty:
        total, counts, keys = _everything(chosen, page, per_page)
        pages = max(1, -(-total // per_page))
        page = max(1, min(page, pages))
        scores: dict[tuple[str, str], float] = {}
    else:
        answered = choice.answer(plan)
        answer, engine, degraded = answered.answer, answered.engine, answered.degraded
        ready = answer.ready
        pinned = {} if chosen else _pinned(query, answer.found)
        relevant = (*pinned.values(), *(found for found in answer.found if (found.kind, found.object_id) not in pinned))
        matching = [found for found in relevant if _passes(found, chosen)]
        counts = _count(relevant, chosen)
        total = len(matching)
        pages = max(1, -(-total // per_page))
        page = max(1, min(page, pages))
        on_page = matching[(page - 1) * per_page : page * per_page]
        keys = [(found.kind, found.object_id) for found in on_page]
        scores = {(found.kind, found.object_id): found.score for found in on_page}
    words = frozenset(plan.kept)
    visible = list(_visible(keys))
    hits = [
        Hit(
            entry.kind, entry.object_id, entry.code, entry.title, localised(entry.url), round(scores.get(key, 0.0), 4), pieces(entry.title, words),
            snippet(entry.body, words) or snippet(entry.asked, words), entry.facts, key in pinned,
        )
        for key, entry in visible
    ]  # fmt: skip
    return Results(
        engine=engine,
        took_ms=round((time.perf_counter() - started) * 1000, 2),
        total=total,
        hits=tuple(hits),
        facets=_facets(counts, chosen),
        page=page,
        pages=pages,
        did_you_mean=_did_you_mean(plan, [entry for _key, entry in visible]),
        ready=ready,
        words=plan.kept,
        guidance=() if plan.empty else _advice(query),
        degraded=degraded,
    )


def _did_you_mean(plan: planner.Plan, entries: list[Shown]) -> str:
    """The question as it was read, when something in it was mended and something was found: spelled as the first hits spell it."""
    if not plan.repairs or not entries:
        return ""
    alone: dict[str, str] = {}
    beside: dict[tuple[str, str], str] = {}
    for entry in entries[:5]:
        before = ""
        for start, end, folded in language.words_at(entry.title):
            word = entry.title[start:end].lower()
            alone.setdefault(folded, word)
            beside.setdefault((before, folded), word)
            before = folded
    spelled, before = [], ""
    for word in plan.words:
        folded = language.fold(word)
        spelled.append(word if word != folded else beside.get((before, folded)) or alone.get(folded, word))
        before = folded
    return " ".join(spelled)


def nothing() -> Results:
    """The answer to what must not be asked."""
    return Results("none", 0.0, 0, (), (), 1, 1)


def localised(url: str) -> str:
    """An address of ours in the visitor's language: Vietnamese at the root, English under /en/."""
    return f"/en{url}" if translation.get_language() == "en" and url.startswith("/") else url


def _pinned(query: str, found: tuple[Found, ...]) -> dict[tuple[str, str], Found]:
    """What editors want first for this question, in their order, as far as it is in search: with the score that it has, if any."""
    wanted = tables.picks_for(query)
    if not wanted:
        return {}
    scores = {(one.kind, one.object_id): one.score for one in found}
    with connection.cursor() as cursor:
        cursor.execute(
            f"select kind, object_id, values from ({_FACET_SQL}) e where (kind, object_id) in (select * from unnest(%s::text[], %s::text[]))",  # noqa: S608  # nosec B608
            [[kind for kind, _id in wanted], [object_id for _kind, object_id in wanted]],
        )
        there = {(kind, object_id): tuple(values) for kind, object_id, values in cursor.fetchall()}
    return {key: Found(*key, scores.get(key, 0.0), there[key]) for key in wanted if key in there}


def _advice(query: str) -> tuple[Advice, ...]:
    """The guidance that a question calls for, in the visitor's language where it is written in it."""
    english = translation.get_language() == "en"
    return tuple(
        Advice(
            said.text_en if english and said.text_en else said.text, "en" if english and said.text_en else "vi", localised(said.link), said.elsewhere
        )
        for said in tables.guidance_for(query)
    )


def suggest(query: str, limit: int = 8) -> list[Shown]:
    """What somebody may be typing: the last word may be unfinished."""
    plan = planner.plan(query, prefix=True, lexicon=vocabulary.current())
    if plan.empty or len(query.strip()) < 2:
        return []
    found = choice.answer(plan).answer.found[:limit]
    return [entry for _key, entry in _visible([(one.kind, one.object_id) for one in found])]


def _visible(keys: list[tuple[str, str]]) -> Iterable[tuple[tuple[str, str], Shown]]:
    """The entries of some keys in their order, asked of the database: a stale mirror shows nothing that is gone."""
    if not keys:
        return
    entries = shown.memory.of(keys)
    allowed: set[tuple[str, str]] = set()
    for kind in {kind for kind, _id in keys}:
        if kind in search_sources:
            ids = [object_id for other, object_id in keys if other == kind]
            allowed |= {(kind, object_id) for object_id in search_sources[kind].visible(ids)}
    for key in keys:
        if key in entries and key in allowed:
            yield key, entries[key]


def _passes(found: Found, chosen: Filters, *, but: str = "") -> bool:
    return all(name == but or any(f"{name}={value}" in found.facets for value in values) for name, values in chosen.items())


def _count(found: Iterable[Found], chosen: Filters) -> dict[str, Counter[str]]:
    """Counts by facet over the relevant set; a facet's own choice does not empty its other values."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
    for one in found:
        failed = [name for name in chosen if not _passes(one, {name: chosen[name]})]
        if len(failed) > 1:
            continue
        for value in one.facets:
            name, _sep, plain = value.partition("=")
            if name in counts and (not failed or failed == [name]):
                counts[name][plain] += 1
    return counts


_FACET_SQL = """
select kind, object_id, weight, title, array['kind=' || kind]
  || case when unit = '' then '{}' else array['unit=' || unit] end
  || case when field = '' then '{}' else array['field=' || field] end
  || (select coalesce(array_agg('level=' || v), '{}') from unnest(levels) v)
  || (select coalesce(array_agg('audience=' || v), '{}') from unnest(audiences) v)
  || (select coalesce(array_agg(f.key || '=' || v.value), '{}')
      from jsonb_each(facets) f, jsonb_array_elements_text(f.value) v) as values
from search_entry where live
"""


def _everything(chosen: Filters, page: int, per_page: int) -> tuple[int, dict[str, Counter[str]], list[tuple[str, str]]]:
    """Without a question everything answers, exactly: counts and page come from the table."""
    passes = {name: [f"{name}={value}" for value in values] for name, values in chosen.items()}
    conditions = dict.fromkeys(passes, "values && %s::text[]")
    everything = " and ".join(conditions.values()) or "true"
    parameters = list(passes.values())
    selects, values = [], []
    for name in FACETS:
        others = [key for key in passes if key != name]
        where = " and ".join(["true", *(conditions[key] for key in others)])
        selects.append(f"select v, count(*) from entries, unnest(values) v where v like '{name}=%%' and {where} group by v")  # noqa: S608  # facet names of ours  # nosec B608
        values += [passes[key] for key in others]
    with connection.cursor() as cursor:
        cursor.execute(f"with entries as materialized ({_FACET_SQL}) " + " union all ".join(selects), values)
        counts: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
        for value, number in cursor.fetchall():
            name, _sep, plain = value.partition("=")
            counts[name][plain] = number
        cursor.execute(f"with entries as materialized ({_FACET_SQL}) select count(*) from entries where {everything}", parameters)  # noqa: S608  # nosec B608
        (total,) = cursor.fetchone()
        page = max(1, min(page, -(-total // per_page) or 1))
        cursor.execute(
            f"with entries as ({_FACET_SQL}) select kind, object_id from entries where {everything}"  # noqa: S608  # nosec B608
            " order by weight desc, title, kind, object_id limit %s offset %s",
            [*parameters, per_page, (page - 1) * per_page],
        )
        return total, counts, [(kind, object_id) for kind, object_id in cursor.fetchall()]


def _facets(counts: dict[str, Counter[str]], chosen: Filters) -> tuple[Facet, ...]:
    made = []
    for name in FACETS:
        counter = counts.get(name, Counter())
        for value in chosen.get(name, ()):
            counter.setdefault(value, 0)
        if not counter:
            continue
        labels = labels_known.of(name, counter)
        buckets = [
            FacetBucket(value, labels.get(value, value), count, value in chosen.get(name, ()))
            for value, count in sorted(counter.items(), key=lambda item: (-item[1], labels.get(item[0], item[0])))
            if value in labels or value in chosen.get(name, ())
        ]
        if buckets:
            made.append(Facet(name, FACET_LABELS[name], tuple(buckets[:MAX_BUCKETS])))
    return tuple(made)


def as_json(results: Results) -> dict[str, Any]:
    """The API's shape."""
    return {
        "engine": results.engine,
        "took_ms": results.took_ms,
        "total": results.total,
        "page": results.page,
        "pages": results.pages,
        "did_you_mean": results.did_you_mean or None,
        "guidance": [{"text": one.text, "language": one.language, "link": one.link or None, "elsewhere": one.elsewhere} for one in results.guidance],
        "hits": [
            {"kind": hit.kind, "id": hit.id, "code": hit.code, "title": hit.title, "url": hit.url, "score": hit.score, "highlights": hit.highlights,
                "pinned": hit.pinned}
            for hit in results.hits
        ],
        "facets": {
            facet.name: [{"value": one.value, "label": str(one.label), "count": one.count, "selected": one.selected}
                for one in facet.buckets]
            for facet in results.facets
        },
    }  # fmt: skip


def dumps(value: Any) -> str:
    """JSON with Vietnamese letters as they are."""
    return json.dumps(value, ensure_ascii=False)
