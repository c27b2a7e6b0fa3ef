"""Under which name a page is kept, and who may be answered with it: rules without a database."""

from __future__ import annotations

import datetime as dt
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.published import Answers, AsOf
from portal.page_cache.address import FOREIGN, LONGEST_VALUE, MOST_VALUES, accepts_gzip, is_anonymous, is_kept_path, language_of, normal_query
from portal.page_cache.memory import OVERHEAD, Kept, Key, Pages

KNOWN = frozenset({"cap", "trang", "linh-vuc"})
names = st.sampled_from([*sorted(KNOWN), "utm_source", "fbclid", "x", "UTM_Campaign", "q"])
pairs = st.lists(st.tuples(names, st.text(max_size=LONGEST_VALUE + 5)), max_size=MOST_VALUES + 3)


def asked_never() -> frozenset[str]:
    raise AssertionError("the view was looked up for nothing")


@given(pairs)
def test_a_normal_query_says_what_the_view_reads_and_nothing_else(found):
    normal = normal_query(urlencode(found), lambda: KNOWN)
    ours = [(name, value) for name, value in found if not FOREIGN.match(name)]
    said = [(name, value) for name, value in ours if value]
    kept = parse_qsl(normal or "")
    if normal is None:
        names_said = [name for name, _value in said]
        assert (
            any(name not in KNOWN for name, _value in ours)
            or any(len(value) > LONGEST_VALUE for _name, value in ours)
            or len(names_said) > len(set(names_said))
            or len(ours) > MOST_VALUES
        )
    else:
        assert sorted(said) == kept  # nothing lost, nothing added, one order


@given(pairs, st.randoms())
def test_the_order_of_a_query_makes_no_other_page(found, chance):
    shuffled = found.copy()
    chance.shuffle(shuffled)
    assert normal_query(urlencode(found), lambda: KNOWN) == normal_query(urlencode(shuffled), lambda: KNOWN)


@given(pairs)
def test_normalising_twice_changes_nothing(found):
    normal = normal_query(urlencode(found), lambda: KNOWN)
    if normal is not None:
        assert normal_query(normal, lambda: KNOWN) == normal


@pytest.mark.parametrize("query", ["", "utm_source=zalo&utm_medium=post", "fbclid=abc", "zarsrc=30&gclid=x"])
def test_what_others_hang_on_an_address_is_no_query(query):
    assert normal_query(query, asked_never) == ""


def test_what_a_view_does_not_know_is_kept_by_nobody():
    assert normal_query("cap=ward&lạ=1", lambda: KNOWN) is None
    assert normal_query("cap=ward&cap=district", lambda: KNOWN) is None
    assert normal_query("x=", lambda: KNOWN) is None
    assert normal_query("cap=&trang=2", lambda: KNOWN) == "trang=2"


@pytest.mark.accepts("P9")
def test_only_who_brings_nothing_of_their_own_is_anonymous():
    own = ("session", "csrftoken")
    assert is_anonymous("GET", {}, {}, own)
    assert is_anonymous("HEAD", {}, {"of-another-site": "1"}, own)
    assert not is_anonymous("POST", {}, {}, own)
    assert not is_anonymous("GET", {}, {"session": "1"}, own)
    assert not is_anonymous("GET", {}, {"csrftoken": "1"}, own)
    for header in ("HTTP_AUTHORIZATION", "HTTP_RANGE", "HTTP_HX_REQUEST"):
        assert not is_anonymous("GET", {header: "x"}, {}, own)


def test_paths_are_told_apart_without_their_language():
    never = ("/admin/", "/tim/")
    assert not is_kept_path("/admin/pages/", never)
    assert not is_kept_path("/en/tim/", never)
    assert is_kept_path("/en/", never)
    assert is_kept_path("/thu-tuc/", never)
    assert [language_of(path) for path in ("/", "/en/", "/en/thu-tuc/", "/entry/")] == ["vi", "en", "en", "vi"]


@pytest.mark.parametrize(
    ("header", "takes"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("*", True), ("", False), ("gzip;q=0", False), ("gzip; q=0.0", False), ("*, gzip;q=0", False),
     ("identity", False), ("GZIP", True), ("xgzip", False)],
)  # fmt: skip
def test_who_takes_gzip(header, takes):
    assert accepts_gzip(header) is takes


DAY = dt.date(2026, 3, 4)


def key(path: str, number: int = 1, query: str = "", stamp: str = "") -> Key:
    return Key(AsOf(stamp or f"s{number}", number), DAY, "https://x", path, query)


def page(size: int = 100) -> Kept:
    return Kept((("Content-Type", "text/html; charset=utf-8"),), b"x" * size)


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["", "trang=2", "trang=3"]), st.integers(0, 9_000)), max_size=200))
def test_the_memory_never_holds_more_than_it_may(asked):
    pages = Pages()
    for path, query, size in asked:
        pages.put(key(f"/{path}/", query=query), page(size), most=10, size=60_000)
        assert len(pages) <= 10 + 2
        assert pages.held <= 60_000 + 15_000
        held = [kept.size for shelf in (pages._plain, pages._asked) for kept, _size in shelf.items.values()]
        assert pages.held == sum(held)


def test_the_least_recently_read_goes_first():
    pages = Pages()
    for number in range(3):
        pages.put(key(f"/{number}/"), page(), most=3, size=10**6)
    pages.get(key("/0/"))
    pages.put(key("/3/"), page(), most=3, size=10**6)
    assert [pages.get(key(f"/{number}/")) is not None for number in range(4)] == [True, False, True, True]


def test_combinations_of_choices_push_out_each_other_and_no_page():
    pages = Pages()
    for number in range(10):
        pages.put(key(f"/{number}/"), page(), most=20, size=10**6)
    for number in range(500):
        pages.put(key("/thu-tuc/", query=f"trang={number}"), page(), most=20, size=10**6)
    assert all(pages.get(key(f"/{number}/")) for number in range(10))
    assert len(pages) == 10 + 5


def test_a_page_out_of_proportion_is_not_kept():
    pages = Pages()
    assert not pages.put(key("/dai/"), page(30_000), most=100, size=100_000)
    assert pages.held == 0
    assert pages.put(key("/ngan/"), page(10_000), most=100, size=100_000)


def test_what_an_older_stamp_stands_on_is_let_go_and_not_taken_in():
    pages = Pages()
    pages.put(key("/a/", 1), page(), 10, 10**6)
    pages.put(key("/b/", 2), page(), 10, 10**6)
    assert len(pages) == 1
    assert not pages.put(key("/c/", 1), page(), 10, 10**6, newest=AsOf("s2", 2))
    assert pages.get(key("/c/", 1)) is None
    # A database restored from a copy counts anew from there, under other stamps.
    assert pages.get(key("/b/", 2, stamp="another")) is None


def test_the_compressed_form_is_the_same_text():
    import gzip

    kept = page(OVERHEAD * 3)
    assert gzip.decompress(kept.packed()) == kept.body
    assert kept.packed() is kept.packed()
    assert not page(10).is_packed
    assert not Kept((("Content-Type", "image/png"),), b"x" * 9_000).is_packed


def test_answers_are_bounded_and_leave_with_their_stamp():
    answers = Answers(size=10_000)
    first, second = AsOf("a", 1), AsOf("b", 2)
    for number in range(100):
        answers.keep(first, number, "x" * 1_000)
    assert 5 < len(answers) < 10
    assert answers.get(first, 99) == "x" * 1_000
    assert answers.get(second, 99) is None
    answers.keep(second, 1, "y")
    assert len(answers) == 1
