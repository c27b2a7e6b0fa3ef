"""Both engines answer alike: the same documents, the same plans, the same order."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.registries import SearchDocument
from search import index, language, planner, services
from search.engines import RELEVANT, elasticsearch, local
from search.models import LearnedQuery
from tests.search.test_language import VIETNAMESE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_writes"), pytest.mark.enable_socket]
DAY = dt.date(2026, 11, 16)
CATALOGUE = Path(__file__).resolve().parents[2] / "fixtures" / "demonstration" / "catalogue"


def rows(name):
    for file in sorted(CATALOGUE.glob(f"*/{name}.csv")):
        with file.open(encoding="utf-8", newline="") as handle:
            yield from csv.DictReader(handle)


def catalogue():
    """The procedures of the demonstration, some with questions, some with a text, of all standings."""
    asked: dict[str, list[str]] = {}
    for row in rows("questions"):
        asked.setdefault(row["code"], []).append(row["question"])
    dice = random.Random(7)
    for number, row in enumerate(rows("versions")):
        yield SearchDocument(
            kind=("procedure", "form")[number % 9 == 0],
            object_id=f"{number:04}",
            code=row["code"],
            title=row["name"],
            asked="\n".join(asked.get(row["code"], [])) if number % 2 else "",
            body=row.get("description", "") or (row["name"] + " tại bộ phận một cửa của phường" if number % 3 == 0 else ""),
            url=f"/{number}/",
            levels=("ward",) if number % 2 else ("district", "ward"),
            weight=dice.choice([0.0, 1.1, 2.0, 2.05, 2.4, 3.0]),
        )


def typed(titles):
    """What people type of some titles: all of them, beginnings, two or three words, without marks, in another order."""
    dice = random.Random(11)
    for title in titles:
        words = title.split()
        start = dice.randrange(max(1, len(words) - 3))
        some = " ".join(words[start : start + dice.choice([1, 2, 3, 4])])
        mixed = words[:6]
        dice.shuffle(mixed)
        yield from (
            title,
            some,
            language.fold(language.normalise(some)),
            " ".join(mixed),
            f"cho tôi hỏi {some} cần giấy tờ gì",
            title[: dice.randrange(3, 14)],
        )


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def both(request, settings, shared):
    """Both engines over the demonstration's procedures."""
    documents = list(catalogue())
    learned = [
        LearnedQuery(
            kind=one.kind, object_id=one.object_id, asked=" ".join(next_one.title.split()[:4]), folded=next_one.object_id, first_day=DAY, last_day=DAY
        )
        for one, next_one in itertools.pairwise(documents)
        if int(one.object_id) % 3 == 0
    ]
    LearnedQuery.objects.bulk_create(learned)  # people chose each third one by the first words of the next
    services.put(documents)
    settings.ELASTICSEARCH_SHARDS = request.param
    options = elasticsearch.options()
    assert index.rebuild(options) > 230
    local.engine().sync(rebuild=True)
    return local.engine(), elasticsearch.engine(options)


def alike(one, other, shards):
    """Same things, same order, same scores and facets. Where more things than an engine gives share the last score, several shards
    give other ones of them than a single one does: then the scores of the first ten are the same."""
    if shards > 1 and len(one.found) == RELEVANT:
        first = [[found.score for found in answer.found[:10]] for answer in (one, other)]
        assert first[0] == pytest.approx(first[1], rel=1e-4)
        return
    assert len(one.found) == len(other.found)
    scores = {(found.kind, found.object_id): found.score for found in one.found}
    for left, right in zip(one.found, other.found, strict=True):
        if (left.kind, left.object_id) == (right.kind, right.object_id):
            assert left.score == pytest.approx(right.score, rel=1e-4)
            assert set(left.facets) == set(right.facets)
        else:
            # Two whose scores differ in the fourth digit only may change places: one rounds up, the other down.
            assert left.score == pytest.approx(right.score, abs=2e-3)
            assert scores[right.kind, right.object_id] == pytest.approx(left.score, abs=2e-3)


def test_the_same_plan_gives_the_same_order(both):
    ours, shared = both
    questions = list(itertools.islice(typed(document.title for document in catalogue()), 0, None, 9))
    asked = 0
    for question, prefix in itertools.product(questions, (False, True)):
        plan = planner.plan(question, prefix=prefix)
        if plan.empty:
            continue
        asked += 1
        alike(ours.run(plan), shared.run(plan), shared.options.shards)
    assert asked > 300


WORDS = sorted({word for document in catalogue() for word in document.title.lower().split()})


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12), st.booleans())
def test_any_words_of_the_catalogue_give_the_same_order(both, words, prefix):
    ours, shared = both
    plan = planner.plan(" ".join(words), prefix=prefix)
    if not plan.empty:
        alike(ours.run(plan), shared.run(plan), shared.options.shards)


def test_folding_is_lucenes_own_on_every_vietnamese_letter_and_on_the_catalogues_syllables(shared):
    letters = VIETNAMESE + VIETNAMESE.upper()
    assert len(set(letters)) == 146
    client = elasticsearch.Store(shared)._keeping

    def folded(texts):
        answer = client.indices.analyze(tokenizer="standard", filter=["asciifolding"], text=" ".join(texts))
        return [token["token"] for token in answer["tokens"]]

    assert folded(letters) == [language.fold(letter) for letter in letters]
    syllables = sorted({word for document in catalogue() for word in language.words(f"{document.title} {document.asked}")})
    assert len(syllables) > 500
    assert folded(syllables) == [language.fold(word) for word in syllables]
