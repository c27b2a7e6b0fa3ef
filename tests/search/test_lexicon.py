"""Repair looks at the words of what can be found, and touches nothing that some entry knows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import language, lexicon, planner
from search.lexicon import distance, is_slip

TITLES = [
    "Đăng ký khai sinh",
    "Đăng ký kết hôn",
    "Kết hợp khai thác",
    "Cấp giấy phép xây dựng",
    "Tuyển sinh lớp sáu",
    "Xóa đăng ký tạm trú",
    "Trích lục khai tử",
]
RULES = [("gpxd", "giấy phép xây dựng", False), ("sổ đỏ", "giấy chứng nhận", False), ("thuê đất", "giao đất", False), ("CA", "công an", True)]


def made(titles=TITLES, rules=RULES):
    counts: dict[str, dict[str, int]] = {"title_folded": {}, "title_pairs": {}}
    exact: set[str] = set()
    for title in titles:
        streams = language.streams(title)
        exact.update(streams["exact"].split())
        for kind in ("folded", "pairs"):
            for token in set(streams[kind].split()):
                counts[f"title_{kind}"][token] = counts[f"title_{kind}"].get(token, 0) + 1
    return lexicon.build(len(titles), counts, exact, rules=lexicon.rules_of(rules))


LEXICON = made()


def read(query: str) -> str:
    return language.fold(" ".join(planner.plan(query, lexicon=LEXICON).words))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ddawng kys khai sinh", "dang ky khai sinh"),
        ("d9a8ng ky1 khai sinh", "dang ky khai sinh"),
        ("dang ky khaisinh", "dang ky khai sinh"),
        ("dangkykhaisinh", "dang ky khai sinh"),
        ("dang ky khai sihn", "dang ky khai sinh"),
        ("ket hom", "ket hon"),  # m lies beside n
        ("ket hoop", "ket hop"),
        ("xay dunh", "xay dung"),
        ("trich luc", "trich luc"),
        ("chich luc", "trich luc"),  # ch and tr sound alike
        ("tam chu", "tam tru"),
        ("lop6", "lop 6"),  # a class, not a VNI hat
        ("Đăng ký khai sinh", "dang ky khai sinh"),
    ],
)
def test_what_no_entry_knows_is_repaired(typed, meant):
    assert read(typed) == meant


@pytest.mark.parametrize("typed", ["khai tu", "ket hop", "gpxd", "qqqqqq", "12/2018/NĐ-CP", "covid", "ab"])
def test_what_is_known_or_hopeless_stays_as_typed(typed):
    assert planner.plan(typed, lexicon=LEXICON).repairs == ()


@pytest.mark.parametrize("typed", ["how to get a tax code", "what is born", "where to pay", "low income", "show my marriage"])
def test_everyday_english_is_neither_keys_nor_slips(typed):
    near = made([*TITLES, "Mua xe", "Họ tên", "Thú y", "Bón phân", "Nhật ký", "Lợi ích"], [])
    assert planner.plan(typed, lexicon=near).repairs == ()


def test_a_word_of_english_that_some_entry_holds_as_keys_is_read_as_keys():
    assert planner.plan("tax lots", lexicon=made(["Tã lót"], [])).words == ("tã", "lót")


def test_a_repair_is_told_with_what_was_typed():
    assert planner.plan("dang ky khaisinh", lexicon=LEXICON).repairs == (planner.Repair("khaisinh", ("khai", "sinh")),)


def test_an_expansion_brings_the_words_of_the_catalogue_and_the_question_stays():
    terms = {(term.stream, term.token): term.weight for term in planner.plan("gpxd", lexicon=LEXICON).terms}
    assert terms["title_folded", "gpxd"] == 1.0
    assert 0 < terms["title_folded", "xay"] < 1.0
    assert ("title_pairs", "giay_phep") in terms


@pytest.mark.parametrize(("typed", "expands"), [("sổ đỏ", True), ("so do", True), ("số đo", False), ("thuê đất", True), ("thuế đất", False)])
def test_marks_that_were_typed_tell_one_word_from_another(typed, expands):
    plan = planner.plan(typed, lexicon=LEXICON)
    assert (len(plan.kept) > 2) is expands


@pytest.mark.parametrize(("typed", "expands"), [("CA phường", True), ("ca phường", False)])
def test_an_abbreviation_that_is_also_a_word_must_be_typed_in_capitals(typed, expands):
    assert ("cong" in planner.plan(typed, lexicon=LEXICON).kept) is expands


def test_a_pair_that_says_no_more_than_its_words_weighs_less():
    compound = made(["quan hệ lao động"] * 3 + ["khai sinh", "khai tử", "sinh viên", "tử tuất", "hộ tịch", "cư trú"], [])
    assert compound.pairs["quan_he"] < compound.pairs["khai_sinh"]


def test_a_word_of_the_editors_is_what_others_are_corrected_to_and_one_left_alone_is_not():
    bare = made(rules=[])
    place = lexicon.with_rules(bare, {}, ["thuyen", "vssid"], ["thuyen"])
    assert "thuyen" not in planner.plan("thuyenn", lexicon=bare).words
    assert planner.plan("thuyenn", lexicon=place).words == ("thuyen",)
    assert planner.plan("vssidd", lexicon=place).repairs == ()
    assert planner.plan("vssid", lexicon=place).repairs == ()
    assert "thuyen" not in bare.words


def test_words_that_mean_the_same_find_each_other_and_the_official_one_first():
    some = lexicon.with_rules(made(rules=[]), lexicon.rules_of(lexicon.alike("kết hôn", ["hôn thú", "lấy nhau"])))
    for said, little in (("hôn thú", "nhau"), ("kết hôn", "thu"), ("kết hôn", "nhau")):
        terms = {(term.stream, term.token): term.weight for term in planner.plan(said, lexicon=some).terms}
        assert 0 < terms["title_folded", little] < 0.5
    terms = {(term.stream, term.token): term.weight for term in planner.plan("hôn thú", lexicon=some).terms}
    assert terms["title_folded", "ket"] == planner._SAID > terms["title_folded", "lay"]


words = st.text(alphabet="abcdeghinortuy", min_size=1, max_size=8)


@given(words, words)
def test_distance_is_a_distance(one, other):
    assert distance(one, other) == distance(other, one)
    assert (distance(one, other) == 0) is (one == other)


@given(words, st.data())
def test_one_slip_is_never_farther_than_one(word, data):
    at = data.draw(st.integers(0, len(word) - 1))
    slips = [word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:], word[:at] + "z" + word[at + 1 :]]
    if at + 1 < len(word):
        slips.append(word[:at] + word[at + 1] + word[at] + word[at + 2 :])
    assert all(distance(slip, word) <= 1 for slip in slips)


@pytest.mark.parametrize(
    ("typed", "word"), [("hom", "hon"), ("sihn", "sinh"), ("khaii", "khai"), ("chich", "trich"), ("xinh", "sinh"), ("nang", "lang"), ("dao", "giao")]
)
def test_fingers_and_ears_err_in_known_ways(typed, word):
    assert is_slip(typed, word)


def test_other_slips_are_not_called_likely():
    assert not is_slip("kop", "ket")
    assert not is_slip("sinh", "sinh")


@given(st.text(max_size=200))
def test_any_question_makes_a_bounded_plan_with_known_streams(query):
    plan = planner.plan(query, lexicon=LEXICON)
    assert len(plan.terms) <= 12 * planner.MAX_WORDS * 3
    assert all(term.weight > 0 and term.token for term in plan.terms)


@pytest.mark.accepts("S6")
@given(st.sampled_from(["đăng ký khai sinh", "Đăng Ký KHAI SINH", "hoà giải", "xoá tạm trú"]), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_every_unicode_form_makes_the_same_plan(text, form):
    import unicodedata

    assert planner.plan(unicodedata.normalize(form, text), lexicon=LEXICON) == planner.plan(text, lexicon=LEXICON)
