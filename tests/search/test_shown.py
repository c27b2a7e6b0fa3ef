"""What results show is read once for as long as it does not change, and is never older than the database."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from search import language, services, shown

pytestmark = pytest.mark.django_db
KEY = ("thing", "1")


@pytest.fixture(autouse=True)
def forgotten():
    shown.memory.forget()
    yield
    shown.memory.forget()


def test_what_did_not_change_is_read_once(publish):
    publish("1", "Đăng ký khai sinh", body="Cho trẻ mới sinh")
    first = shown.memory.of([KEY])[KEY]
    assert (first.title, first.body, first.url) == ("Đăng ký khai sinh", "Cho trẻ mới sinh", "/1/")
    with CaptureQueriesContext(connection) as asked:
        assert shown.memory.of([KEY])[KEY] is first
    assert len(asked) == 1


def test_what_changed_is_shown_as_it_is_now(publish):
    publish("1", "Đăng ký khai sinh", facts={"agency": "xã"})
    shown.memory.of([KEY])
    publish("1", "Đăng ký khai sinh", facts={"agency": "phường"})
    assert shown.memory.of([KEY])[KEY].facts == {"agency": "phường"}


def test_what_is_gone_is_not_shown(publish):
    publish("1", "Đăng ký khai sinh")
    shown.memory.of([KEY])
    services.remove("thing", ["1"])
    assert shown.memory.of([KEY]) == {}
    publish("1", "Đăng ký lại khai sinh")
    assert shown.memory.of([KEY])[KEY].title == "Đăng ký lại khai sinh"


def test_a_database_put_back_to_another_state_is_believed(publish):
    """A version that is given out again after a restore says nothing; what the entry holds does."""
    publish("1", "Đăng ký khai sinh")
    shown.memory.of([KEY])
    with connection.cursor() as cursor:
        cursor.execute("select version from search_entry")
        (version,) = cursor.fetchone()
    publish("1", "Đăng ký khai tử")
    with connection.cursor() as cursor:
        cursor.execute("update search_entry set version = %s", [version])
    assert shown.memory.of([KEY])[KEY].title == "Đăng ký khai tử"


def test_memory_is_bounded_and_lets_go_of_what_was_shown_longest_ago(publish, monkeypatch):
    monkeypatch.setattr(shown, "MOST", 2 * len("Thủ tục 1"))
    for number in "123":
        publish(number, f"Thủ tục {number}")
    shown.memory.of([("thing", "1"), ("thing", "2")])
    shown.memory.of([("thing", "1")])
    shown.memory.of([("thing", "3")])
    assert set(shown.memory._known) == {("thing", "1"), ("thing", "3")}
    assert shown.memory._size == sum(entry.size for entry in shown.memory._known.values())


def test_a_long_text_is_read_as_far_as_it_is_used(publish):
    publish("1", "Dài", body="khai sinh " * 9_000)
    assert len(shown.memory.of([KEY])[KEY].body) == shown.WHOLE


@given(st.text(max_size=80), st.frozensets(st.sampled_from(["khai", "sinh", "a", "1"])))
def test_a_text_that_remembers_its_words_says_the_same(text, wanted):
    laid = language.Laid(text)
    for _turn in range(2):
        assert language.words_at(laid, wanted) == language.words_at(text, wanted)
        assert language.words_at(laid) == language.words_at(text)
