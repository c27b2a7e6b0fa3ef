"""Which numbers are somebody's, whatever their spelling, and where such a number is refused and kept by nobody."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from search import finder, insights, language, numbers, services
from search.forms import clean_query

CASES = json.loads((Path(__file__).parent / "numbers.json").read_text(encoding="utf-8"))


@pytest.mark.accepts("S7")
@pytest.mark.parametrize("case", CASES["judged"], ids=lambda case: case["text"])
def test_numbers_are_judged_in_the_spellings_that_people_use(case):
    assert language.personal_number(case["text"]) == case["kind"]
    assert language.personal_number(f"cho hỏi: {case['text']} ạ") == case["kind"], "whatever stands around it"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("001 099 012 345", "*"),
        ("gọi (0912) 345 678 nhé", "gọi * nhé"),
        ("(gọi 0912345678)", "(gọi *)"),
        ("(0912345678)", "(*)"),
        ("0912 345 678, 84 người", "*, 84 người"),
        ("gọi +84 912 345 678, 0987654321.", "gọi *, *."),
        ("cmnd 281234567 12 năm trước", "cmnd * 12 năm trước"),
        ("mst 3701234567 cccd 079099012345", "mst 3701234567 cccd *"),
        ("０９１２３４５６７８ và １２", "* và １２"),
        ("hồ sơ 000.00.12.H21/241201/0001 ngày 01/12/2024", "hồ sơ * ngày 01/12/2024"),
        ("Lệ phí 125.500.500 đồng, theo 12/2018/NĐ-CP", "Lệ phí 125.500.500 đồng, theo 12/2018/NĐ-CP"),
    ],
)
def test_a_number_is_taken_out_whole_and_nothing_else(text, left):
    assert numbers.without(text, "*") == left


@pytest.mark.parametrize("text", ["(0912) 345 678", "001 099 012 345", "mst 3700000000 cmnd 281.234.567", "H21 12 241201 0001"])
def test_what_is_kept_of_an_entry_holds_no_part_of_such_a_number(text):
    assert not any(piece in services.shown_text(f"Liên hệ {text} nhé") for piece in ("345", "567", "0001"))
    assert not any(piece in services.without_personal_numbers(f"Liên hệ {text} nhé") for piece in ("345", "567", "0001"))


@pytest.mark.accepts("S7", "P14")
@pytest.mark.django_db
@pytest.mark.parametrize("before", [396, 590, 990, 1_500])
def test_a_number_is_seen_wherever_it_stands_in_what_is_taken(client, publish, before):
    publish("1", "Đăng ký khai sinh")
    typed = ("khai sinh " * (before // 10 + 1))[:before] + " 0912345678"
    assert client.get("/tim/", {"q": typed})["Location"] == "/tim/?so=telephone"
    answer = client.get("/tim/goi-y/", {"q": typed})
    assert answer.json() == {"suggestions": []}
    assert answer["Cache-Control"] == "private, no-store"
    if len(typed) <= 1_000:
        assert client.get("/api/v1/search", {"q": typed}).json()["total"] == 0
    assert insights.cleaned(typed) is None


@pytest.mark.accepts("P14")
@pytest.mark.django_db
def test_nobody_keeps_an_answer_about_a_number_of_a_person(client, publish):
    publish("1", "Đăng ký khai sinh", code="1.004873")
    number, unfinished, plain = "cmnd 281234567", "cmnd 28123456", "khai sinh"
    for address in ("/tim/", "/tim/goi-y/", "/api/v1/search"):
        assert client.get(address, {"q": number})["Cache-Control"] == "private, no-store", address
    for typed in (unfinished, "1.004873 28123456", "sđt 09123", "1.0048"):
        assert client.get("/tim/goi-y/", {"q": typed})["Cache-Control"] == "private, no-store", typed
    for typed in (plain, "1.004873", "nghị định 12/2018/NĐ-CP"):
        assert "public" in client.get("/tim/goi-y/", {"q": typed})["Cache-Control"], typed
    assert "public" in client.get("/api/v1/search", {"q": plain})["Cache-Control"]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("khai\u00a0sinh", "khai sinh"), ("khai\tsinh", "khai sinh"), ("khai\nsinh\r\n", "khai sinh"), ("khai\u3000sinh", "khai sinh"),
        ("khai\u2028sinh", "khai sinh"), ("kh\u200bai sinh\ufeff", "khai sinh"), ("khai\x00 sinh", "khai sinh"), ("khai\ud800 sinh", "khai sinh"),
    ],
)  # fmt: skip
def test_any_white_space_parts_words_and_what_nobody_sees_does_not(typed, read):
    assert clean_query(typed) == read


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["khai\u00a0sinh", "khai\tsinh", "khai\nsinh"])
def test_pasted_white_space_is_searched_as_blanks_everywhere(client, publish, own_writes, typed):
    publish("1", "Đăng ký khai sinh")
    assert 'value="khai sinh"' in client.get("/tim/", {"q": typed}).content.decode()
    assert client.get("/api/v1/search", {"q": typed}).json()["total"] == 1
    assert [one["title"] for one in client.get("/tim/goi-y/", {"q": typed}).json()["suggestions"]] == ["Đăng ký khai sinh"]


PROCEDURE = ["1.004873", "1.004873.", "mã 1.004873.", "1004873.", "1.004873.H21", "1.004873.000.00.00", "1-004873", "1. 004873", "１.００４８７３"]
DOCUMENT = [
    "12/2018/NĐ-CP", "12/2018/NĐ–CP", "12/2018/NĐCP", "12/2018/ND CP", "12-2018-NĐ-CP", "12/2018 NĐ-CP", "nđ 12/2018", "nghị định số 12/2018",
    "Nghị định 12/2018/NĐ-CP", "NĐ-CP 12/2018",
]  # fmt: skip


@pytest.mark.parametrize("typed", PROCEDURE)
def test_a_procedure_has_one_code_in_every_spelling(typed):
    assert language.asked_codes(typed) == ["1.004873"]
    assert language.personal_number(typed) is None


@pytest.mark.parametrize("typed", DOCUMENT)
def test_a_document_has_one_number_in_every_spelling(typed):
    assert language.asked_codes(typed) == ["12/2018/nd-cp"]
    assert language.personal_number(typed) is None


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ("luật 54/2014", ["54/2014/qh13"]),
        ("luật 5/2016", ["5/2016/qh13", "5/2016/qh14"]),
        ("quyết định 5/2020", ["5/2020/qd-ttg", "5/2020/qd-ubnd"]),
        ("13/2014/TTLT-BYT-BCT", ["13/2014/ttlt-byt-bct"]),
        ("01–2021–TT–BNV", ["01/2021/tt-bnv"]),
        ("tháng 12/2018 hay tháng 1", []),
        ("năm 12 2018 không", []),
        ("1.250.000.000 đồng", []),
        ("1.0048731", []),
    ],
)
def test_what_a_number_can_be_is_asked_for_and_nothing_that_it_cannot_be(typed, codes):
    assert language.asked_codes(typed) == codes


@pytest.mark.django_db
def test_each_spelling_finds_the_thing(publish, own_writes):
    publish("1", "Đăng ký khai sinh", code="1.004873")
    publish("2", "Nghị định về kiểm soát thủ tục", code="12/2018/NĐ-CP")
    publish("3", "Nghị định về điều khác", code="13/2018/NĐ-CP")
    for typed in PROCEDURE:
        assert finder.find(clean_query(typed)).hits[0].id == "1", typed
    for typed in DOCUMENT:
        assert finder.find(clean_query(typed)).hits[0].id == "2", typed


@pytest.mark.accepts("B14")
@pytest.mark.parametrize(
    "hostile",
    ["0" * 50_000, "0 " * 25_000, "0 - " * 12_000, "281 234 567 " * 4_000, "H15." * 12_000, "h21 1 " * 8_000, "1.004873." * 5_000, "(" * 50_000,
     "nghị định " * 5_000, "12/2018/" * 6_000, "1/1/" * 12_000],
)  # fmt: skip
def test_hostile_text_is_judged_in_proportion_to_its_length(hostile):
    import time

    def cost(text: str) -> float:
        best = float("inf")
        for _ in range(3):
            started = time.process_time()
            numbers.without(text, "")
            language.asked_codes(text)
            numbers.has_others(text)
            best = min(best, time.process_time() - started)
        return best

    short, whole = cost(hostile[: len(hostile) // 4]), cost(hostile)
    assert whole <= 10 * short + 0.05
