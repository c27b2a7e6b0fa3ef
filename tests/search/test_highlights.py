"""What is marked in a result is what was typed: as it was written, if it stands there so; any tone for a word that was typed without."""

from __future__ import annotations

import pytest

from search import finder, results
from search.results import Wanted

pytestmark = pytest.mark.django_db


def marked(pieces) -> list[str]:
    return [piece.text for piece in pieces if piece.marked]


def title_and_snippet(query: str) -> tuple[list[str], list[str]]:
    hit = finder.find(query).hits[0]
    return marked(hit.title_pieces), marked(hit.snippet)


@pytest.mark.parametrize(
    ("typed", "title", "expected"),
    [
        ("to", "Tờ khai tố cáo to lớn", ["Tờ", "tố", "to"]),  # without tones it may be any of them
        ("tố", "Tờ khai tố cáo to lớn", ["tố"]),  # as it was typed
        ("tố", "Tờ khai TỐ cáo", ["TỐ"]),
        ("tố", "To khai to cao", ["To", "to"]),  # a text without tones
        ("tố", "Tờ khai thuế", ["Tờ"]),  # nothing nearer: that is why it was found
        ("thuê đất", "Miễn thuế cho người thuê đất", ["thuê đất"]),
        ("thuê đất", "Miễn thuế đất", ["thuế đất"]),
        ("hoà giải", "Hòa giải tranh chấp, hóa giải", ["Hòa giải", "giải"]),  # one word in two spellings
        ("kí to", "Ký tờ khai", ["Ký tờ"]),
        ("tố to", "Tờ khai tố cáo", ["Tờ", "tố"]),  # typed both ways
    ],
)  # fmt: skip
def test_a_word_marks_what_was_typed_first(publish, own_writes, typed, title, expected):
    publish("1", title)
    assert title_and_snippet(typed)[0] == expected


def test_title_and_text_are_judged_together(publish, own_writes):
    publish("1", "Cho thuê đất", body="Người thuê nộp thuế, ai thuê thì nộp.")
    assert title_and_snippet("thuê") == (["thuê"], ["thuê", "thuê"])


def test_a_text_without_marks_comes_before_one_with_others(publish, own_writes):
    publish("1", "Hồ sơ khác", body="Có nơi ghi thuế, có nơi ghi thue.")
    assert title_and_snippet("thuê") == ([], ["thue"])


def test_the_stretch_shown_is_the_one_that_holds_what_was_typed(publish, own_writes):
    publish("1", "Hồ sơ", body=f"Nộp thuế trước. {'Câu ở giữa. ' * 40}Đất cho thuê ở đây.")
    hit = finder.find("thuê").hits[0]
    assert marked(hit.snippet) == ["thuê"]
    assert "Đất cho thuê ở đây" in "".join(piece.text for piece in hit.snippet)


def test_the_rule_holds_far_down_in_a_long_text(publish, own_writes):
    publish("1", "Hồ sơ", asked="cho thuê", body=f"{'Câu đầu. ' * 900}Nộp thuế. {'Câu cuối. ' * 40}Đất cho thuê đây.")
    assert len("Câu đầu. " * 900) > results.READ
    assert marked(finder.find("thuê").hits[0].snippet) == ["thuê"]


def test_words_that_a_slip_or_keys_made_are_marked_as_they_were_meant(publish, own_writes):
    publish("1", "Đăng ký khai sinh, đang kỳ")
    publish("2", "Đăng ký kết hôn")
    hits = {hit.id: marked(hit.title_pieces) for hit in finder.find("ddawng kys").hits}
    assert hits["1"] == ["Đăng ký"]


def test_a_plan_without_spellings_marks_every_tone():
    assert marked(results.highlight("Tờ khai tố cáo", "", "", Wanted.of(["to"]))[0]) == ["Tờ", "tố"]
