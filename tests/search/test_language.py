"""What the language of search promises, for any text and for the words that citizens type."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import language

VIETNAMESE = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵđ"
syllables = st.text(alphabet=VIETNAMESE + "bcdghklmnpqrstvx", min_size=1, max_size=7)
texts = st.text(alphabet=st.one_of(st.characters(), st.sampled_from(VIETNAMESE + VIETNAMESE.upper() + " ,.-/0123456789")), max_size=120)


@given(texts)
def test_both_unicode_forms_give_the_same_tokens(text):
    assert language.words(unicodedata.normalize("NFC", text)) == language.words(unicodedata.normalize("NFD", text))


@given(texts)
def test_tokens_of_tokens_are_the_same_tokens(text):
    once = language.words(text)
    assert language.words(" ".join(once)) == once
    folded = [language.fold(word) for word in once]
    assert [language.fold(word) for word in folded] == folded


@given(syllables)
def test_a_canonical_syllable_keeps_its_folded_form_but_for_i_and_y(syllable):
    before, after = language.fold(syllable), language.fold(language.canonical(syllable))
    assert before == after or (before[:-1] == after[:-1] and before[-1] == "i" and after[-1] == "y")


@pytest.mark.parametrize("letter", VIETNAMESE + VIETNAMESE.upper())
def test_every_vietnamese_letter_folds_to_ascii(letter):
    assert language.fold(letter).isascii()
    assert language.fold(unicodedata.normalize("NFD", letter)) == language.fold(letter)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hòa giải", "hoà giải"),
        ("thủy lợi", "thuỷ lợi"),
        ("ủy quyền", "uỷ quyền"),
        ("sức khỏe", "sức khoẻ"),
        ("kí tên", "ký tên"),
        ("quí", "quý"),
        ("tỉ lệ", "tỷ lệ"),
        ("ĐĂNG KÝ", "đăng ký"),
        ("già", "gìa"),
        ("đăng\u200bký", "đăngký"),
    ],
)
def test_spellings_of_one_word_are_one_word(one, other):
    assert language.words(one) == language.words(other)


@pytest.mark.parametrize("word", ["quý", "giá", "hoàn", "nguyễn", "được", "khuỷu"])
def test_the_tone_stays_where_it_belongs(word):
    assert language.canonical(word) == word


def test_streams_hold_words_without_marks_and_their_neighbours():
    made = language.streams("Đăng ký khai sinh")
    assert made == {"exact": "đăng ký khai sinh", "folded": "dang ky khai sinh", "pairs": "dang_ky ky_khai khai_sinh"}


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("1.004873", ["1.004873"]),
        ("thủ tục 1004873 ở đâu", ["1.004873"]),
        ("2.001035.000.00.00.H90", ["2.001035"]),
        ("1.0048731", []),
        ("Nghị định 12/2018/NĐ-CP", ["12/2018/nd-cp"]),
        ("12/2018/ND - CP", ["12/2018/nd-cp"]),
        ("luật 54/2014/QH13", ["54/2014/qh13"]),
        ("năm 2018", []),
    ],
)
def test_codes_are_recognised_in_their_spellings(text, codes):
    assert language.codes(text) == codes


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("0912 345 678", "telephone"),
        ("goi +84912345678", "telephone"),
        ("001089012345", "identity"),
        ("so cccd 0010 8901 2345", "identity"),
        ("123456789", "identity"),
        ("H15.50.05.13-261008-0975", "dossier"),
        ("000.00.15.H26-181105-0001", "dossier"),
        ("1.004873", None),
        ("2.000908.000.00.00.H61", None),
        ("nghị định 123/2015/NĐ-CP", None),
        ("135.000 đồng", None),
        ("khai sinh", None),
    ],
)
def test_personal_numbers_are_told_from_codes(text, kind):
    assert language.personal_number(text) == kind


@pytest.mark.accepts("B14")
@pytest.mark.parametrize(
    "hostile", ["0" * 50_000, "0 " * 25_000, "a" * 50_000, "1/" * 25_000, "đ\u0301" * 25_000, "0912.345." * 5_000, "H15." * 12_000]
)
def test_hostile_text_costs_no_more_than_twice_as_much_when_twice_as_long(hostile):
    """Work grows in proportion: measured in steps of processor time, the shortest of several runs, with room for noise."""
    import time

    def cost(text: str) -> float:
        best = float("inf")
        for _ in range(5):
            started = time.process_time()
            language.words(text)
            language.codes(text)
            language.personal_number(text)
            list(language.words_at(text))
            best = min(best, time.process_time() - started)
        return best

    short, whole = cost(hostile[: len(hostile) // 4]), cost(hostile)
    assert whole <= 10 * short + 0.05
