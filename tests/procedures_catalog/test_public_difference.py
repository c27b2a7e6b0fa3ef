"""What changed between two versions: pure, part by part, word by word."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procedures_catalog.difference import ADDED, PARTS, REMOVED, SAME, compare, part, words

TEXTS = st.text(alphabet="aă bd,đ.\n12", max_size=60)


def joined(spans, without):
    return "".join(span.text for span in spans if span.kind != without)


@given(TEXTS, TEXTS)
@settings(max_examples=300, deadline=None)
def test_marked_words_give_both_texts_back(old, new):
    spans = words(old, new)
    assert joined(spans, ADDED) == old
    assert joined(spans, REMOVED) == new


def test_only_the_changed_word_is_marked():
    spans = words("Nộp trong 5 ngày làm việc.", "Nộp trong 3 ngày làm việc.")
    assert [(span.kind, span.text) for span in spans if span.kind != SAME] == [(REMOVED, "5"), (ADDED, "3")]


def test_very_long_texts_are_compared_without_hanging():
    old, new = "từ " * 20_000, "chữ " * 20_000
    assert [span.kind for span in words(old, new)] == [REMOVED, ADDED]


@given(st.lists(TEXTS, max_size=6), st.randoms())
@settings(max_examples=100, deadline=None)
def test_rows_in_another_order_are_no_change(names, random):
    rows = [{"case": "", "name": name, "originals": 1} for name in names]
    other = list(rows)
    random.shuffle(other)
    assert part("papers", rows, other) is None


def test_an_amended_row_is_one_change_and_not_a_removal_and_an_addition():
    old = [{"case": "", "name": "Tờ khai đăng ký kết hôn", "originals": 1, "copies": 0}]
    new = [
        {"case": "", "name": "Tờ khai đăng ký kết hôn (mẫu mới)", "originals": 1, "copies": 0},
        {"case": "", "name": "Căn cước", "originals": None},
    ]
    found = part("papers", old, new)
    assert [(row.kind, [change.name for change in row.changes]) for row in found.rows] == [("changed", ["name"]), (ADDED, [])]
    assert part("papers", new, old).rows[-1].kind == REMOVED


def test_equal_records_have_no_difference_and_empty_ones_do_not_break_it():
    record = {"name": "A", **{name: [dict.fromkeys(keys, "x")] for name, keys in PARTS.items()}}
    assert not compare(record, record)
    assert not compare({}, {})
    assert compare({}, record).parts


@pytest.mark.parametrize("name", list(PARTS))
def test_every_part_of_a_record_is_compared(name):
    key = PARTS[name][0]
    assert [found.name for found in compare({name: []}, {name: [{key: "x"}]}).parts] == [name]


def test_every_part_of_the_model_is_there():
    from procedures_catalog.models import PARTS as OF_MODEL

    assert set(PARTS) == set(OF_MODEL)
