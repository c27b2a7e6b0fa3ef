"""Long official text made readable, facts worked out of rows, and no pattern that hostile text can hang."""

from __future__ import annotations

import datetime as dt
import re
import time

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from procedures_catalog import difference, facts, presentation, prose
from procedures_catalog.importing.portal_records import READ
from procedures_catalog.importing.report import NOTES
from procedures_catalog.jsonld import data_block
from procedures_catalog.source_texts import NAMES, named_texts, notes_in_words

from .import_kit import portal_record


@pytest.fixture(autouse=True)
def in_vietnamese():
    """Words are those of the Vietnamese page, whatever a test before asked for."""
    with translation.override("vi"):
        yield


METHOD = {"channel": "counter", "case": "", "limit_value": None, "limit_unit": "", "limit_text": "", "committed_value": None, "committed_unit": "",
          "fee_text": "", "description": ""}  # fmt: skip
FEE = {"kind": "fee", "channel": "", "case": "", "amount": None, "unit": "", "formula": "", "condition": "", "valid_from": None, "valid_to": None,
       "legal_basis": ""}  # fmt: skip
DAY = dt.date(2026, 11, 23)


def said(blocks):
    """Every word of some blocks."""
    found = []
    for block in blocks:
        found += [block.lead, block.text]
        for item in block.items:
            found += [item.mark, item.text, *item.more]
            for child in item.children:
                found += [child.mark, child.text, *child.more]
    return " ".join(found)


def letters(text):
    return re.sub(r"[^\w]", "", text)


@given(st.text(alphabet="aăBĐ12 .;:-+()\n\u00a0•", max_size=300))
@settings(max_examples=400, deadline=None)
def test_no_word_is_lost(text):
    assert letters(said(prose.blocks(text))) == letters(text)


def test_steps_bullets_and_nested_bullets_are_found_in_one_run_of_words():
    text = "a) Bước 1: Nộp hồ sơ.\nCông chức kiểm tra: - Đầy đủ thì nhận; - Thiếu thì hướng dẫn:\n+ Bằng văn bản;\n+ Một lần."
    first, second, bullets = prose.blocks(text)
    assert (first.lead, first.text) == ("Bước 1", "Nộp hồ sơ.")
    assert second.text == "Công chức kiểm tra:"
    assert [item.text for item in bullets.items] == ["Đầy đủ thì nhận;", "Thiếu thì hướng dẫn:"]
    assert [child.text for child in bullets.items[1].children] == ["Bằng văn bản;", "Một lần."]


def test_no_paragraph_stays_longer_than_a_screen_where_sentences_end():
    text = "Người nộp hồ sơ mang theo giấy tờ và chờ tới lượt mình. " * 60
    assert max(len(block.text) for block in prose.blocks(text)) <= prose.LONG


@pytest.mark.parametrize("text", ["", " ", "ngắn", "từ " * 100, "khôngcókhoảngtrắng" * 30])
def test_shortening_keeps_to_its_length(text):
    assert len(prose.shorten(text, 40)) <= 40


@pytest.mark.accepts("B14")
@pytest.mark.parametrize(
    "hostile",
    [
        "- ",
        "+",
        ". - A",
        "a) ",
        "Bước 1",
        "Bước 1:",
        "\u00a0",
        " ",
        "(",
        "(i) ",
        ". A",
        "; ",
        "\t",
        "1.",
        ".\t-",
        "a)\t",
        ":\tBước 1",
        "A.",
        "\n-",
        "\ud7ff",
    ],
)
def test_no_pattern_hangs_on_hostile_text(hostile):
    """50,000 hostile characters against the same number of harmless ones, by the processor's clock, best of three."""

    def cost(text):
        times = []
        for _ in range(3):
            start = time.process_time()
            prose.blocks(text)
            prose.is_plain(text)
            difference.likeness(text, text[::-1])
            times.append(time.process_time() - start)
        return min(times)

    text = (hostile * 50_000)[:50_000]
    assert cost(text) <= 12 * cost(text[:5_000]) + 0.15  # grows with the length, not with its square


def test_what_is_not_stated_is_neither_free_nor_none():
    assert facts.how_much([], [], DAY) is None
    assert facts.how_long([METHOD]) is None
    assert facts.what_to_bring([], None) is None
    assert facts.where([], [], "") is None


def test_a_fee_is_of_the_day():
    rules = [{**FEE, "amount": 10_000, "valid_to": "2026-11-22"}, {**FEE, "amount": 15_000, "valid_from": "2026-11-23"}]
    assert facts.how_much([], rules, DAY).answer == "15.000 đồng"
    assert facts.how_much([], rules, DAY - dt.timedelta(days=1)).answer == "10.000 đồng"


def test_free_online_is_said_beside_the_amount_and_free_only_when_all_is():
    rules = [{**FEE, "amount": 15_000, "channel": "counter"}, {**FEE, "amount": 0, "channel": "online"}]
    fact = facts.how_much([], rules, DAY)
    assert fact.answer == "Miễn phí đến 15.000 đồng"
    assert fact.note
    assert facts.how_much([], [*rules, {**FEE, "amount": 5_000}], DAY).answer == "Miễn phí đến 15.000 đồng"
    assert facts.how_much([], [{**FEE, "amount": 5_000}, {**FEE, "amount": 15_000}], DAY).answer == "5.000 đến 15.000 đồng"
    assert facts.how_much([], [{**FEE, "amount": 0}], DAY).answer == "Miễn phí"


@pytest.mark.parametrize(
    ("fact", "column", "words"),
    [
        (facts.how_long, "limit_text", "1"),
        (facts.how_long, "limit_text", "Nộp trực tiếp tại trụ sở Công an"),
        (lambda methods: facts.how_much(methods, [], DAY), "fee_text", "- Trường hợp không phải lấy ý kiến: 07 ngày làm việc"),
        (lambda methods: facts.how_much(methods, [], DAY), "fee_text", "Nộp trực tiếp tại trụ sở Công an"),
        (lambda methods: facts.how_much(methods, [], DAY), "fee_text", "15"),
    ],
)
def test_words_that_do_not_answer_are_not_shown_as_the_answer(fact, column, words):
    found = fact([{**METHOD, column: words}])
    assert (found.unclear, found.answer) == (True, "Không ghi rõ")


@pytest.mark.parametrize(
    ("fact", "column", "words"),
    [
        (facts.how_long, "limit_text", "Ngay khi nhận đủ hồ sơ"),
        (facts.how_long, "limit_text", "Không quá 05 ngày làm việc"),
        (lambda methods: facts.how_much(methods, [], DAY), "fee_text", "2.000 đồng/trang"),
        (lambda methods: facts.how_much(methods, [], DAY), "fee_text", "Không"),
        (lambda methods: facts.how_much(methods, [], DAY), "fee_text", "Theo quy định của Hội đồng nhân dân cấp tỉnh về phí"),
    ],
)
def test_words_that_answer_stand_as_the_record_has_them(fact, column, words):
    found = fact([{**METHOD, column: "1"}, {**METHOD, column: words}])
    assert (found.answer, found.official, found.unclear) == (words, True, False)


def test_the_decree_on_the_counter_is_the_one_of_the_day():
    assert presentation.one_stop_decree(dt.date(2025, 6, 30)) == "61/2018/NĐ-CP"
    assert presentation.one_stop_decree(dt.date(2025, 7, 1)) == "118/2025/NĐ-CP"
    assert presentation.one_stop_decree(dt.date(2018, 1, 1)) == ""


def test_limits_of_several_cases_are_a_span_in_the_right_order():
    rows = [{**METHOD, "limit_value": 1, "limit_unit": "months"}, {**METHOD, "limit_value": 10, "limit_unit": "working_days"}]
    assert facts.how_long(rows).answer == "10 ngày làm việc đến 1 tháng"
    assert facts.how_long([{**METHOD, "limit_unit": "same_day"}, {**METHOD, "limit_value": 2, "limit_unit": "days"}]).answer.startswith("trong ngày")


def test_the_source_s_own_words_stand_under_names_and_never_under_keys():
    kept = {"legal_basis_raw": "Luật Hộ tịch", "methods": [{"method": "Fax", "time_limit": None}], "fingerprint": "1", "id": "tthc", "new_key": "x"}
    assert named_texts(kept, public=True) == [("Căn cứ pháp lý", "Luật Hộ tịch"), ("Cách nộp", "Fax")]
    assert [name for name, _text in named_texts(kept, public=False)] == ["Căn cứ pháp lý", "Cách nộp", "Mã nhận dạng", "Phần khác: new_key"]
    assert named_texts(None, public=True) == []
    notes = [{"part": "source", "code": "fingerprint", "text": "1:ab"}, {"part": "limits", "code": "no_unit", "text": "7"}]
    assert notes_in_words(notes) == [f"{NOTES['limits.no_unit']}: 7"]


def test_every_key_that_the_import_may_keep_has_a_name():
    assert set(READ) | set(portal_record()) <= set(NAMES)


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_a_data_block_cannot_be_left(text):
    import json

    block = data_block({"name": text})
    assert "<" not in block
    assert ">" not in block
    assert json.loads(block) == {"name": text}
