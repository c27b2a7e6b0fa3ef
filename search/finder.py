"""From a question to its answer: plan, run, count, check against the database, dress for a page or the API."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import translation

from foundation.published import AsOf, as_of
from foundation.registries import search_sources

from . import counting, kept, language, learning, planner, shown, tables, vocabulary
from .counting import Filters
from .engines import FACETS, Found, choice
from .labels import memory as labels_known
from .models import Entry
from .results import Advice, FacetBucket, Hit, Nearest, Results, Suggestion, Wanted, highlight
from .shown import Key, Shown

PER_PAGE = 10
NEAREST = 5
TOGETHER = 3  # words, from which on two of them stand side by side in what is meant
QUESTIONS = 3  # among the suggestions
QUESTION = "question"  # kind of a suggestion that asks something
MAX_PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Asker:
    """What visitors say of themselves, if they like: for whom they ask (a value of the facet `audience`), and their unit. It orders what
    is found, and hides nothing."""

    audience: str = ""
    unit: str = ""

    @property
    def favoured(self) -> tuple[frozenset[str], ...]:
        """Groups of facet values that come a little earlier."""
        groups = [frozenset({f"audience={self.audience}"})] if self.audience else []
        if around := frozenset(f"unit={unit}" for unit in units_around(self.unit)):
            groups.append(around)
        return tuple(groups)


# For whom somebody may ask, as records say it; the words for them come from whoever knows them.
AUDIENCES = ("citizen", "household_business", "enterprise", "cooperative", "organisation", "overseas_vietnamese", "foreigner")


def audiences() -> list[tuple[str, str]]:
    """For whom somebody may ask: value and label."""
    labels = labels_known.of("audience", list(AUDIENCES))
    return [(value, labels[value]) for value in AUDIENCES if value in labels]


def own_units() -> list[tuple[str, str]]:
    """The units that a visitor may call their own: value and label."""
    return [unit for source in search_sources if source.own_units is not None for unit in source.own_units()]


def units_around(unit: str) -> set[str]:
    """A unit, those above it and those below it; nothing of one that does not exist."""
    return {other for source in search_sources if unit and source.around is not None for other in source.around(unit)}


NOBODY = Asker()


def find(query: str, filters: Filters | None = None, *, page: int = 1, per_page: int = PER_PAGE, asker: Asker = NOBODY) -> Results:
    """Answer a question. `filters` by facet name; pages count from 1 and stop at the last. Never raises for what was typed. What was
    answered a moment ago is answered again as long as nothing public changed."""
    started = time.perf_counter()
    chosen = {name: values for name, values in (filters or {}).items() if name in FACETS and values}
    per_page = max(1, min(per_page, MAX_PER_PAGE))
    if (moment := kept.moment()) is not None:
        stamp = tables.rules().stamp if query.strip() else ""
        key = (query, tuple(chosen.items()), page, per_page, asker, translation.get_language(), stamp, choice.configured())
        results = kept.memory.get(moment, key) or kept.memory.keep(moment, key, _find(query, chosen, page, per_page, asker, moment))
    else:
        results = _find(query, chosen, page, per_page, asker, None)
    return replace(results, took_ms=round((time.perf_counter() - started) * 1000, 2))


def _find(query: str, chosen: Filters, page: int, per_page: int, asker: Asker, moment: AsOf | None) -> Results:
    # Without words there is nothing to read: the page that lists everything asks for no vocabulary.
    plan = planner.plan(query, lexicon=vocabulary.current()) if query.strip() else planner.Plan()
    engine, ready, degraded = "database", True, False
    pinned: dict[tuple[str, str], Found] = {}
    relevant: tuple[Found, ...] = ()
    answered: choice.Answered | None = None
    if plan.empty:
        total, counts, keys = counting.everything(chosen, page, per_page)
        pages = max(1, -(-total // per_page))
        page = max(1, min(page, pages))
        scores: dict[tuple[str, str], float] = {}
    else:
        plan = replace(plan, favoured=asker.favoured)
        answered = choice.answer(plan)
        answer, engine, degraded = answered.answer, answered.engine, answered.degraded
        ready = answer.ready
        pinned = {} if chosen else _pinned(query, answer.found)
        relevant = (*pinned.values(), *(found for found in answer.found if (found.kind, found.object_id) not in pinned))
        matching = [found for found in relevant if counting.passes(found, chosen)]
        counts = counting.count(relevant, chosen)
        total = len(matching)
        pages = max(1, -(-total // per_page))
        page = max(1, min(page, pages))
        on_page = matching[(page - 1) * per_page : page * per_page]
        keys = [(found.kind, found.object_id) for found in on_page]
        scores = {(found.kind, found.object_id): found.score for found in on_page}
    words = Wanted.of(plan.kept, plan.spelled)
    visible = list(_visible(keys, moment))
    hits = [_hit(entry, words, scores.get(key, 0.0), pinned=key in pinned) for key, entry in visible]
    return Results(
        engine=engine,
        took_ms=0.0,
        total=total,
        hits=tuple(hits),
        facets=counting.facets(counts, chosen),
        page=page,
        pages=pages,
        did_you_mean=_did_you_mean(plan, [entry for _key, entry in visible]),
        ready=ready,
        words=plan.kept,
        guidance=() if plan.empty else _advice(query),
        degraded=degraded,
        weak=page == 1 and bool(visible) and not plan.empty and not pinned and _is_weak(plan, visible[0][1]),
        nearest=_nearest(query, plan, relevant, answered) if total == 0 and ready else None,
    )


def _hit(entry: Shown, words: Wanted, score: float = 0.0, *, pinned: bool = False) -> Hit:
    title, snippet = highlight(entry.title, entry.body, entry.asked, words)
    return Hit(entry.kind, entry.object_id, entry.code, entry.title, localised(entry.url), round(score, 4), title, snippet, entry.facts, pinned)


def _is_weak(plan: planner.Plan, first: Shown) -> bool:
    """Whether the best that was found holds less than half of the words that name something, or of three and more no two that stand side
    by side: neither as they were read nor as they are called in the catalogue, nor as people asked before who chose it."""
    if any(term.stream == "codes" and term.token == language.fold(first.code.lower()) for term in plan.terms):
        return False
    read = [language.fold(word) for word in plan.words]
    names = {word for word, does in zip(read, language.naming(read), strict=True) if does} or set(read)
    tokens = [token for text in (first.title, first.asked, first.body, first.code) for _start, _end, token in language.words_at(text)]
    held = set(tokens)
    brought = set(plan.kept) - set(read)
    together = len(names) < TOGETHER or not set(language.pairs(read)).isdisjoint(language.pairs(tokens))
    if (together and 2 * len(names & held) >= len(names)) or len(brought & held) >= 2:
        return False
    learned = learning.questions_of([(first.kind, first.object_id)]).get((first.kind, first.object_id), "")
    return 2 * len(names & {token for _start, _end, token in language.words_at(learned)}) < len(names)


def _nearest(query: str, plan: planner.Plan, relevant: tuple[Found, ...], answered: choice.Answered | None) -> Nearest:
    """What comes nearest when nothing was found: the same words without the filters, words that look alike, or what is asked for most."""
    words = Wanted.of(plan.kept, plan.spelled)
    if relevant and (hits := _hits_of(relevant[:NEAREST], words)):
        return Nearest("filters", hits, len(relevant))
    if answered is not None:
        loose = planner.relaxed(query, vocabulary.current())
        if not loose.empty and (hits := _hits_of(choice.again(loose, answered).answer.found[:NEAREST], Wanted.of(loose.kept))):
            return Nearest("words", hits)
    most = Entry.objects.filter(live=True).order_by("-weight", "title", "kind", "object_id").values_list("kind", "object_id")[:NEAREST]
    hits = tuple(_hit(entry, Wanted()) for _key, entry in _visible(list(most)))
    return Nearest("asked", hits)


def _hits_of(found: Iterable[Found], words: Wanted) -> tuple[Hit, ...]:
    scores = {(one.kind, one.object_id): one.score for one in found}
    return tuple(_hit(entry, words, scores[key]) for key, entry in _visible(list(scores)))


def fields() -> list[FacetBucket]:
    """The fields of which something can be found, the largest first."""
    with connection.cursor() as cursor:
        cursor.execute("select field, count(*) from search_entry where live and field <> '' group by field order by 2 desc, 1")
        counts = dict(cursor.fetchall())
    labels = labels_known.of("field", list(counts))
    return [FacetBucket(value, labels[value], count, False) for value, count in counts.items() if value in labels]


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
            f"select kind, object_id, values from ({counting.FACET_SQL}) e where (kind, object_id) in (select * from unnest(%s::text[], %s::text[]))",  # noqa: S608  # nosec B608
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


def suggest(query: str, limit: int = 8) -> list[Suggestion]:
    """What somebody may be typing: things, then questions that many ask. The last word may be unfinished."""
    if len(query.strip()) < 2:
        return []
    plan = planner.plan(query, prefix=True, lexicon=vocabulary.current())
    if plan.empty:
        return []
    asked = _popular(query, plan)
    found = choice.answer(plan).answer.found[: limit - len(asked)]
    things = [
        Suggestion(entry.title, localised(entry.url), entry.kind, _folk_name(entry, plan))
        for _key, entry in _visible([(one.kind, one.object_id) for one in found], as_of() if settings.PAGE_CACHE_MB else None)
    ]
    titles = {" ".join(token for _start, _end, token in language.words_at(thing.title)) for thing in things}
    address = reverse("search:search")
    return things + [Suggestion(words, f"{address}?{urlencode({'q': words})}", QUESTION) for folded, words in asked if folded not in titles]


def _typed(plan: planner.Plan) -> list[str]:
    """The folded words of an unfinished question as they were read, the beginning of the last one among them."""
    return [language.fold(word) for word in plan.words] + ([plan.prefix] if plan.prefix else [])


def _folk_name(entry: Shown, plan: planner.Plan) -> str:
    """The name that somebody is typing, where it is one of the names that people use and not the title."""
    typed = _typed(plan)

    def holds(text: str) -> int:
        tokens = [token for _start, _end, token in language.words_at(text)]
        return sum(any(token == word or (word == plan.prefix and token.startswith(word)) for token in tokens) for word in typed)

    in_title = holds(entry.title)
    if in_title == len(typed):
        return ""
    names = [line for line in entry.asked.splitlines() if "?" not in line and len(line.split()) <= language.NAME_WORDS]
    best = max(names, key=holds, default="")
    return best if best and holds(best) > in_title else ""


def _popular(query: str, plan: planner.Plan) -> list[tuple[str, str]]:
    """Questions that many ask and that go on as this one begins, folded and as they are asked; those that begin so come first."""
    as_typed = " ".join(language.fold(word) for word in language.words(query))
    begun = list(dict.fromkeys([" ".join(_typed(plan)), as_typed]))
    # Nothing but letters, digits and blanks is left: no sign of LIKE.
    starts, within = [f"{words}%" for words in begun], [f"% {words}%" for words in begun]  # of the question, or of a word in it
    with connection.cursor() as cursor:
        cursor.execute(
            """select folded, asked from search_popularquery where not vetoed and ' ' || folded like any(%s) and folded <> all(%s)
               order by folded like any(%s) desc, strength desc, folded limit %s""",
            [within, begun, starts, QUESTIONS],
        )
        return list(cursor.fetchall())


def _visible(keys: list[Key], moment: AsOf | None = None) -> Iterable[tuple[Key, Shown]]:
    """The entries of some keys in their order, asked of the database: a stale mirror shows nothing that is gone. Under one stamp the
    database says of an entry but once that it may be shown, for whatever could end that moves the stamp."""
    known = kept.seen.of(moment, keys) if moment is not None else {}
    unknown = [key for key in keys if key not in known]
    if unknown:
        asked = _asked_of_the_database(unknown)
        if moment is not None:
            kept.seen.keep(moment, asked)
        known |= asked
    for key in keys:
        if key in known:
            yield key, known[key]


def _asked_of_the_database(keys: list[Key]) -> dict[Key, Shown]:
    entries = shown.memory.of(keys)
    allowed: set[Key] = set()
    for kind in {kind for kind, _id in keys}:
        if kind in search_sources:
            ids = [object_id for other, object_id in keys if other == kind]
            allowed |= {(kind, object_id) for object_id in search_sources[kind].visible(ids)}
    return {key: entries[key] for key in keys if key in entries and key in allowed}


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
