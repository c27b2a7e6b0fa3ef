"""What a question is answered with: order, counts, marks, pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import counting, finder, language, planner, results
from search.engines import local
from search.results import pieces, snippet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_writes")]


def test_typed_marks_rank_and_exclude_nothing(publish):
    publish("1", "Cấp phép bán rượu")
    publish("2", "Cấp phép bản rưới")
    publish("3", "Cấp phép ban ruoi")
    found = [hit.title for hit in finder.find("bán rượu").hits]
    assert found[0] == "Cấp phép bán rượu"
    assert set(found) >= {"Cấp phép bán rượu"}
    assert next(hit.title for hit in finder.find("bán rưới").hits) == "Cấp phép bản rưới"


def test_neighbouring_words_tell_procedures_apart(publish):
    publish("1", "Đăng ký khai tử")
    publish("2", "Đăng ký khai sinh")
    publish("3", "Khai báo đăng ký sinh con")
    assert finder.find("khai sinh").hits[0].title == "Đăng ký khai sinh"


def test_question_words_do_not_lead_astray(publish):
    publish("1", "Đăng ký kết hôn")
    publish("2", "Cấp giấy tờ xe và các giấy tờ cần thiết")
    assert finder.find("cho tôi hỏi kết hôn cần những giấy tờ gì").hits[0].title == "Đăng ký kết hôn"


def test_a_code_goes_straight_to_its_procedure(publish):
    publish("1", "Xác nhận tình trạng hôn nhân", code="1.004873")
    publish("2", "Việc khác", code="1.004874")
    assert [hit.id for hit in finder.find("1.004873").hits] == ["1"]
    assert [hit.id for hit in finder.find("1004873").hits] == ["1"]


def test_facets_count_the_relevant_set_and_a_choice_keeps_its_alternatives(publish):
    for number in range(6):
        publish(str(number), f"Đăng ký khai sinh loại {number}", levels=("ward",) if number < 4 else ("district",), facets={"service": ["full"]})
    results = finder.find("khai sinh", {"level": ("ward",)})
    assert results.total == 4
    counts = counting.count(local.engine().run(planner.plan("khai sinh")).found, {"level": ("ward",)})
    assert counts["level"] == {"ward": 4, "district": 2}, "the other levels stay on offer"
    assert counts["service"] == {"full": 4}, "other facets count what is chosen"


@pytest.mark.parametrize("query", ["", "khai sinh"])
def test_pages_cover_everything_once(publish, query):
    for number in range(23):
        publish(f"{number:02}", f"Đăng ký khai sinh {number:02}")
    seen = [hit.id for page in (1, 2, 3) for hit in finder.find(query, page=page).hits]
    assert sorted(seen) == [f"{number:02}" for number in range(23)]
    assert finder.find(query, page=10**6).page == 3


def test_highlights_mark_the_original_text():
    made = pieces("Cấp Giấy xác nhận tình trạng hôn nhân", frozenset({"xac", "nhan"}))
    assert [(piece.text, piece.marked) for piece in made] == [("Cấp Giấy ", False), ("xác nhận", True), (" tình trạng hôn ", False), ("nhân", True)]
    assert "".join(piece.text for piece in made) == "Cấp Giấy xác nhận tình trạng hôn nhân"


def test_a_snippet_shows_where_the_words_stand():
    text = "Mở đầu dài dòng. " * 30 + "Bạn cần giấy khai sinh của con. " + "Kết thúc. " * 30
    made = snippet(text, frozenset({"khai", "sinh"}))
    assert any(piece.marked and piece.text == "khai sinh" for piece in made)
    assert len("".join(piece.text for piece in made)) < 260


@given(st.lists(st.sampled_from(["khai", "Sinh", "tờ", "nhà", "đất", "kí", "ky\u0301", "—", ""]), max_size=40), st.integers(1, 60))
def test_the_stretch_shown_is_the_first_that_holds_most_of_the_words(parts, length):
    text, words = " ".join(parts), frozenset({"khai", "sinh", "dat", "ky"})
    spots = language.words_at(text, words)
    assert spots == [spot for spot in language.words_at(text) if spot[2] in words]
    assert all(text[start:end].strip() for start, end, _token in spots)
    if spots:
        held = [len({token for at, _end, token in spots if start <= at < start + length}) for start, _end, _token in spots]
        assert results._richest(spots, length) == spots[held.index(max(held))][0]


def test_suggestions_complete_the_word_being_typed(publish):
    publish("1", "Đăng ký khai sinh")
    publish("2", "Đăng ký kết hôn")
    publish("3", "Gia hạn tạm trú")
    assert next(entry.title for entry in finder.suggest("đăng ký kế")) == "Đăng ký kết hôn"
    assert next(entry.title for entry in finder.suggest("dang ky kh")) == "Đăng ký khai sinh"
    assert finder.suggest("k") == []


def test_a_plan_is_bounded_whatever_is_typed():
    assert (
        len(planner.plan("khai sinh " * 5000).terms) == 2 * 5 + 2 * 5
    )  # two words and two pairs, in title, aside, names, questions and learned ones
    assert len(planner.plan(" ".join(f"từ{number}" for number in range(5000))).terms) <= planner.MAX_WORDS * 12


def test_what_is_asked_for_often_comes_first_among_what_fits_alike(publish):
    publish("1", "Cấp lại giấy phép", weight=2.0)
    publish("2", "Cấp mới giấy phép", weight=2.9)
    publish("3", "Cấp đổi giấy phép", weight=2.4)
    assert [hit.id for hit in finder.find("giay phep").hits] == ["2", "3", "1"]


def test_what_is_in_force_comes_before_what_has_ended(publish):
    publish("1", "Đăng ký nuôi con nuôi", weight=0.9)
    publish("2", "Đăng ký nuôi con nuôi", weight=2.0)
    publish("3", "Đăng ký nuôi con nuôi", weight=1.0)
    assert [hit.id for hit in finder.find("nuoi con nuoi").hits] == ["2", "3", "1"]


def test_demand_does_not_outdo_words(publish):
    publish("1", "Đăng ký khai tử", weight=2.99)
    publish("2", "Đăng ký khai sinh", weight=2.0)
    assert finder.find("khai sinh").hits[0].id == "2"
