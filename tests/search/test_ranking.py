"""A slip of the finger often makes another word: what stands beside it tells what was meant, and nothing that was typed is lost; what
words leave open, demand and nearness settle."""

from __future__ import annotations

import pytest

from search import language, lexicon, planner
from search.engines import DEMAND_WORDS, demand_counts, distance_counts, relevant, standing

TITLES = [
    "Đăng ký khai sinh", "Đăng ký khai tử", "Đăng ký tạm trú", "Xóa đăng ký thường trú", "Chứng thực chữ ký", "Tách hộ khẩu", "Cấp sách hộ chiếu mẫu",
    "Đăng ký giám hộ", "Thi tuyển công chức", "Cấp giấy phép xây dựng", "Hỗ trợ hai mẹ con", "Hỗ trợ khi gặp thiên tai", "Tan máu",
]  # fmt: skip


def of(titles: list[str], rules: list[tuple[str, str]] = (), left: list[str] = (), named: list[str] = ()) -> lexicon.Lexicon:  # type: ignore[assignment]
    counts: dict[str, dict[str, int]] = {"title_folded": {}, "title_pairs": {}, "named_folded": {}, "named_pairs": {}}
    exact: set[str] = set()
    for field, texts in (("title", titles), ("named", named)):
        for text in texts:
            streams = language.streams(text)
            exact.update(streams["exact"].split())
            for kind in ("folded", "pairs"):
                for token in streams[kind].split():
                    counts[f"{field}_{kind}"][token] = counts[f"{field}_{kind}"].get(token, 0) + 1
    bare = lexicon.build(len(titles), counts, exact)
    return lexicon.with_rules(bare, lexicon.rules_of([(said, meant, False) for said, meant in rules]), left)


KNOWN = of(TITLES)


def weights(query: str, known: lexicon.Lexicon = KNOWN) -> dict[tuple[str, str], float]:
    return {(term.stream, term.token): term.weight for term in planner.plan(query, lexicon=known).terms}


@pytest.mark.parametrize(
    ("typed", "meant", "pair"),
    [
        ("dang ky hai tu", "khai", "khai_tu"),  # hai is a word of the catalogue
        ("dang ky tan tru", "tam", "tam_tru"),
        ("ach ho khau", "tach", "tach_ho"),
        ("dang ky thuong ru", "tru", "thuong_tru"),  # two letters
        ("đăng ký dám hộ", "giam", "giam_ho"),  # as it is heard, marks and all
        ("chung thi chu ky", "thuc", ""),
    ],
)
def test_a_slip_that_makes_another_word_is_read_by_its_neighbours(typed, meant, pair):
    found = weights(typed)
    if not pair:  # two letters away: no guess is made
        assert ("title_folded", meant) not in found
        return
    assert 0 < found["title_folded", meant] < 1
    assert found["title_pairs", pair] > 0
    assert found["title_folded", language.fold(typed.split()[1 if meant == "giam" else 0])] > 0


def test_what_was_typed_counts_more_than_what_it_may_have_been():
    found = weights("dang ky hai tu")
    assert found["title_folded", "hai"] == 1.0 > found["title_folded", "khai"]


def test_words_that_stand_well_are_left_alone():
    for title in TITLES:
        plain = language.fold(language.normalise(title))
        words = set(plain.split())
        assert {token for stream, token in weights(plain) if stream == "title_folded"} <= words, title


def test_a_word_of_every_sentence_is_doubted_only_when_both_its_neighbours_speak_for_another():
    assert ("title_folded", "khai") in weights("dang ky khi sinh")
    assert ("title_folded", "khai") not in weights("khi sinh")


def test_a_word_that_editors_leave_as_typed_is_not_doubted():
    assert ("title_folded", "khai") in weights("dang ky hai tu")
    assert ("title_folded", "khai") not in weights("dang ky hai tu", of(TITLES, left=["hai"]))


def test_a_long_question_is_not_searched_for_slips():
    long = "toi muon hoi ve viec dang ky hai tu cho ong noi cua toi o que thi can gi"
    assert len(language.words(long)) > planner._FEW
    assert ("title_folded", "khai") not in weights(long)


def test_a_phrase_that_people_say_is_found_through_a_slip():
    known = of(TITLES, rules=[("dẹp tiệm", "chấm dứt kinh doanh")])
    assert ("title_pairs", "cham_dut") in weights("dep tiem", known)
    known = of([*TITLES, "Dẹp tiệm"], rules=[("dẹp tiệm", "chấm dứt kinh doanh")])
    assert 0 < weights("dpe tiem", known)["title_pairs", "cham_dut"] <= weights("dep tiem", known)["title_pairs", "cham_dut"]


def test_keys_left_over_find_a_phrase_although_the_tone_was_left_out():
    known = of(TITLES, rules=[("lấy vợ", "đăng ký khai tử")])
    assert ("title_folded", "khai") in weights("laay vo", known)
    assert ("title_folded", "khai") not in weights("lây vợ", known)  # typed with marks it is that word and no other


def test_what_folk_names_say_already_needs_less_of_the_official_term():
    rules = [("hôn thú", "đăng ký kết hôn")]
    elsewhere, here = of(TITLES, rules), of(TITLES, rules, named=["giấy hôn thú"])
    assert weights("hôn thú", elsewhere)["title_folded", "ket"] == planner._SAID
    assert weights("hôn thú", here)["title_folded", "ket"] == planner._SAID_HERE < planner._SAID


def test_a_word_that_a_title_repeats_says_no_more_than_once():
    made = language.entry_streams("Đăng ký thành lập hợp tác xã, liên hiệp hợp tác xã; đăng ký khi hợp tác xã chia")
    assert made["title_folded"].split().count("hop") == 1
    assert made["title_pairs"].split().count("hop_tac") == 1
    assert made["title_folded"].split()[:2] == ["dang", "ky"]


def test_demand_settles_the_less_the_more_words_there_are():
    shares = [demand_counts(names) for names in range(1, 12)]
    assert shares[:DEMAND_WORDS] == [shares[0]] * DEMAND_WORDS
    assert shares == sorted(shares, reverse=True)
    assert 0.0 < shares[-1] < shares[0]
    assert standing(2.0, shares[0]) == standing(2.0, shares[-1]) == 1.0


@pytest.mark.parametrize("names", [0, 1, 3, 12])
def test_no_demand_lifts_what_has_ended_above_what_is_in_force_or_to_come(names):
    demand = demand_counts(names)
    assert standing(0.999, demand) < standing(1.0, demand) < standing(2.0, demand)


def test_a_plan_knows_how_many_words_name_something():
    assert planner.plan("xin hỏi đăng ký khai sinh ở đâu", lexicon=KNOWN).names == 4
    assert planner.plan("khai sin", prefix=True, lexicon=KNOWN).names == 2
    assert planner.plan("").names == 0


def test_what_is_done_near_by_comes_first_in_a_question_of_few_words():
    here, province, both, nowhere = ("kind=x", "level=ward"), ("kind=x", "level=province"), ("level=ministry", "level=ward"), ("kind=x",)
    hits = [(1.0, f"x:{at}", 2.0, facets) for at, facets in enumerate((province, here, both, nowhere))]
    assert [found.object_id for found in relevant(hits, planner.Plan(names=3)).found] == ["1", "2", "3", "0"]
    assert [found.object_id for found in relevant(hits, planner.Plan(names=20)).found] == ["0", "1", "2", "3"]
    counts = [distance_counts(names) for names in range(20)]
    assert counts == sorted(counts)
    assert 0.8 < counts[0] < counts[-1] == 1.0


def test_what_a_question_comes_back_to_is_its_subject():
    once = weights("giấy phép xây dựng")
    thrice = weights("giấy phép xây dựng là gì, xin giấy phép ở đâu, có giấy phép thì làm gì")
    assert thrice["title_pairs", "giay_phep"] > once["title_pairs", "giay_phep"]
    assert thrice["title_pairs", "xay_dung"] == once["title_pairs", "xay_dung"]
    assert thrice["title_folded", "giay"] == once["title_folded", "giay"]
    many = weights(" ".join(["giấy phép"] * 40))
    assert many["title_pairs", "giay_phep"] <= 4 * once["title_pairs", "giay_phep"]


def test_a_word_is_as_rare_among_folk_names_as_it_is_in_the_catalogue():
    common = of([f"Cấp thẻ {word}" for word in ("đỏ", "xanh", "vàng", "tím", "nâu", "đen")], named=["thẻ nhà báo"])
    held = dict(common.places["the"])
    assert 0 < held["named"] < 1  # one name of six entries holds it, and every title
    assert dict(common.places["bao"])["named"] == 1.0
    found = weights("thẻ báo", common)
    assert found["named_folded", "bao"] == planner._NAMED > found["named_folded", "the"] > 0
