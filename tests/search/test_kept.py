"""An answer is given again for a moment, and never after something public changed."""

from __future__ import annotations

import pytest

from foundation.published import AsOf, showing
from organisation.models import Field
from search import finder, kept, language
from search.engines import choice

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_writes")]
NOW, LATER = AsOf("one", 1), AsOf("two", 2)


@pytest.fixture(autouse=True)
def forgotten(settings):
    settings.PAGE_CACHE_MB = 1
    kept.memory.forget()
    kept.seen.forget()
    yield
    kept.memory.forget()
    kept.seen.forget()


@pytest.fixture
def asked(monkeypatch):
    """Plans that an engine was asked to run."""
    plans = []
    answer = choice.answer
    monkeypatch.setattr(choice, "answer", lambda plan: (plans.append(plan), answer(plan))[1])
    return plans


def test_the_same_question_is_answered_once(publish, asked):
    publish("1", "Đăng ký khai sinh")
    with showing(NOW):
        first = finder.find("khai sinh")
        again = finder.find("khai sinh")
    assert len(asked) == 1
    assert (again.hits, again.total, again.facets) == (first.hits, first.total, first.facets)


@pytest.mark.parametrize(
    "other",
    [
        {"query": "khai tử"}, {"filters": {"kind": ("thing",)}}, {"per_page": 3}, {"asker": finder.Asker("citizen")}, {"page": 2},
    ],
)  # fmt: skip
def test_another_question_is_asked(publish, asked, other):
    publish("1", "Đăng ký khai sinh")
    with showing(NOW):
        finder.find("khai sinh")
        finder.find(**{"query": "khai sinh", **other})
    assert len(asked) == 2


def test_what_is_public_now_is_shown_although_the_answer_is_fresh(publish, hidden):
    publish("1", "Đăng ký khai sinh")
    with showing(NOW):
        assert finder.find("khai sinh").total == 1
    hidden.add("1")  # a change of what is public moves the stamp
    with showing(LATER):
        assert finder.find("khai sinh").hits == ()


@pytest.fixture
def clock(monkeypatch):
    """Seconds that a test lets pass."""
    passed = [100.0]
    monkeypatch.setattr(kept, "monotonic", lambda: passed[0])
    return passed


def test_while_an_engine_may_still_follow_a_change_an_answer_goes_after_a_moment(publish, asked, clock):
    publish("1", "Đăng ký khai sinh")
    with showing(NOW):
        finder.find("khai sinh")
        clock[0] += kept.SECONDS - 0.1
        finder.find("khai sinh")
        assert len(asked) == 1
        clock[0] += 0.2
        finder.find("khai sinh")
    assert len(asked) == 2


def test_under_a_stamp_that_stands_an_answer_stays_for_half_a_minute(publish, asked, clock):
    publish("1", "Đăng ký khai sinh")
    with showing(NOW):
        finder.find("khai sinh")
        clock[0] += kept.SECONDS + 0.1
        finder.find("khai sinh")
        assert len(asked) == 2
        clock[0] += kept.LONGEST - 0.1
        finder.find("khai sinh")
        assert len(asked) == 2
        clock[0] += 0.2
        finder.find("khai sinh")
    assert len(asked) == 3
    with showing(LATER):  # a stamp that has just moved
        finder.find("khai sinh")
        clock[0] += kept.SECONDS + 0.1
        finder.find("khai sinh")
    assert len(asked) == 5


def test_under_one_stamp_an_entry_is_asked_of_the_database_once(publish, hidden, clock, monkeypatch):
    publish("1", "Đăng ký khai sinh")
    looked_at = []
    ask = finder._asked_of_the_database
    monkeypatch.setattr(finder, "_asked_of_the_database", lambda keys: (looked_at.extend(keys), ask(keys))[1])
    with showing(NOW):
        assert finder.find("khai sinh").total == 1
        assert finder.find("sinh đăng ký").hits
        assert looked_at == [("thing", "1")]
    hidden.add("1")
    with showing(LATER):
        assert finder.find("khai sinh đăng ký").hits == ()
    hidden.discard("1")
    with showing(NOW):
        assert finder.find("ký khai sinh").hits
        hidden.add("1")
        clock[0] += kept.LONGEST
        assert finder.find("khai đăng sinh").hits == ()


def test_where_nothing_may_be_kept_nothing_is(publish, asked, settings):
    publish("1", "Đăng ký khai sinh")
    for _turn in range(2):
        finder.find("khai sinh")  # in a transaction that wrote
    settings.PAGE_CACHE_MB = 0
    with showing(NOW):
        for _turn in range(2):
            finder.find("khai sinh")
    assert len(asked) == 4


@pytest.mark.django_db(transaction=True)
def test_the_stamp_is_asked_of_the_database_where_no_page_did(publish, asked):
    publish("1", "Đăng ký khai sinh")
    for _turn in range(2):
        finder.find("khai sinh")
    assert len(asked) == 1
    Field.objects.create(name="Hộ tịch", slug="ho-tich-moi")
    finder.find("khai sinh")
    assert len(asked) == 2


def test_an_answer_for_want_of_a_better_one_is_not_kept(publish, asked, monkeypatch):
    publish("1", "Đăng ký khai sinh")
    answer = choice.answer
    monkeypatch.setattr(choice, "answer", lambda plan: choice.Answered(answer(plan).answer, "local", degraded=True))
    with showing(NOW):
        assert finder.find("khai sinh").degraded
        finder.find("khai sinh")
    assert len(asked) == 2


def test_what_editors_say_of_words_is_in_force_at_once(publish, asked):
    from search.models import SynonymGroup

    publish("1", "Đăng ký khai sinh")
    with showing(NOW):
        assert finder.find("giấy cho bé").total == 0
        SynonymGroup.objects.create(canonical="đăng ký khai sinh", same=["giấy cho bé"])
        from search import tables

        tables.memory.forget()
        assert finder.find("giấy cho bé").total == 1


def test_memory_is_bounded(publish, monkeypatch):
    monkeypatch.setattr(kept, "MOST", 3)
    publish("1", "Đăng ký khai sinh")
    with showing(NOW):
        for number in range(6):
            finder.find(f"khai sinh {language.fold('số')} {number}")
    assert len(kept.memory._kept) == 3
