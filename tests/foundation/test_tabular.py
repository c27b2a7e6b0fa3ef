"""Cells that no spreadsheet runs, and that come back exactly as they were."""

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foundation.tabular import escape, escape_row, is_risky, unescape, unescape_row

SIGNS = ["=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠", "｜", "％"]
HIDDEN = [" =", "\u00a0=", "\u3000＝", '"=', "'=", "'", '"', "\ufeff=", "\u200b="]
STARTS = SIGNS + HIDDEN


@pytest.mark.accepts("X1")
@pytest.mark.parametrize("start", STARTS)
def test_a_formula_gets_an_apostrophe_whatever_stands_before_it(start):
    text = f"{start}cmd|' /C calc'!A0"
    assert escape(text) == f"'{text}"
    assert unescape(escape(text)) == text


@pytest.mark.parametrize("text", ["", "Đăng ký khai sinh", "1.004873", "5 = 5", "a+b", "(=1)", "0,5 %", "ở"])
def test_plain_text_stays_as_it_is(text):
    assert escape(text) == text


@pytest.mark.parametrize("value", [None, 5, -5, 1.5, True])
def test_what_is_not_text_stays_what_it_is(value):
    assert escape(value) is value
    assert unescape(value) is value


@pytest.mark.accepts("X1", "X3")
@settings(max_examples=1000, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40).map(lambda tail: tail))
@example("''='")
@example("'")
@example("''")
def test_import_takes_off_exactly_what_export_put_on(text):
    assert unescape(escape(text)) == text
    assert not escape(text).startswith(tuple("=+-@|%"))


@pytest.mark.accepts("X1", "X3")
@settings(max_examples=500, deadline=None)
@given(st.sampled_from(STARTS), st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r"), max_size=20))
def test_a_row_survives_a_csv_file(start, tail):
    row = [start.replace("\r", "\t") + tail, "x", tail]
    out = io.StringIO()
    csv.writer(out).writerow(escape_row(row))
    read = next(csv.reader(io.StringIO(out.getvalue(), newline="")))
    assert unescape_row(read) == row


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=20))
def test_what_a_person_typed_without_need_stays(text):
    if not is_risky(text):
        assert unescape("'" + text) == "'" + text
