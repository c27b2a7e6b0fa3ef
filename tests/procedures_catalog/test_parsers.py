"""Time limits, fees, papers and numbers of laws out of the national portal's texts: what is certain, and nothing lost."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procedures_catalog.importing.parsers import (
    audiences,
    channels_in,
    levels,
    read_fee,
    read_law_numbers,
    read_limit,
    read_paper,
    read_quantity,
    read_sets,
    said,
    split_steps,
    tidy,
)
from procedures_catalog.importing.portal_records import convert

from .import_kit import portal_record


@pytest.mark.parametrize(
    ("text", "value", "unit", "problem"),
    [
        ("35 Ngày", "35", "days", ""),
        ("03 Ngày làm việc", "3", "working_days", ""),
        ("0.5 Ngày làm việc", "0.5", "working_days", ""),
        ("4 Giờ", "4", "hours", ""),
        ("2 Tháng", "2", "months", ""),
        ("35\u00a0Ngày", "35", "days", ""),
        ("7", "7", "", "no_unit"),
        ("15 ngày làm việc kể từ ngày nhận đủ hồ sơ hợp lệ.", "15", "working_days", ""),
        ("20 (hai mươi) ngày, kể từ ngày nhận khi đủ hồ sơ hợp lệ.", "20", "days", ""),
        ("Không quá 20 ngày làm việc", "20", "working_days", ""),
        ("Ngay trong ngày tiếp nhận hồ sơ; sau 15 giờ thì trả vào ngày làm việc tiếp theo", None, "same_day", ""),
        ("Không quy định", None, "", ""),
        (None, None, "", ""),
        ("10-25", None, "", "not_a_limit"),
        ("• Cấp mới: 05 ngày làm việc \n• Cấp lại: 03 ngày làm việc", None, "", "several"),
        ("03 ngày kể từ khi nhận hồ sơ và 07 ngày kể từ khi thẩm định.", None, "", "several"),
        ("40 ngày, hoặc 6 tháng", None, "", "several"),
        ("Trước ngày 15/3 hằng năm", None, "", "not_a_limit"),
    ],
)
def test_a_time_limit_is_read_only_where_it_is_certain(text, value, unit, problem):
    reading = read_limit(text)
    assert (reading.value, reading.unit, reading.problem) == (None if value is None else Decimal(value), unit, problem)


@pytest.mark.parametrize(
    ("text", "amount", "kind", "unit", "problem"),
    [
        ("Miễn phí", 0, "fee", "", ""),
        ("Miễn phí(Không)", 0, "fee", "", ""),
        ("5,000,000 VNĐ(đồng/lần)", 5_000_000, "fee", "lần", ""),
        ("Phí : 2.000.000 Đồng (Thẩm định)", 2_000_000, "fee", "", ""),
        ("Lệ phí : 0 Đồng Chậm nhất 01 giờ", 0, "charge", "", ""),
        ("50,000 VNĐ(Lệ phí cấp giấy chứng nhận)", 50_000, "charge", "", ""),
        ("2,000 Việt Nam Đồng(/trang)", 2_000, "fee", "trang", ""),
        ("10,000,000 Việt Nam Đồngkể từ ngày nhận đủ hồ sơ.", 10_000_000, "fee", "", ""),
        ("135 VNĐ (Mức thu 135.000 đồng)", 135_000, "fee", "", "thousands"),
        ("150 VNĐ(150.000 đồng/lần/thẻ.)", 150_000, "fee", "lần/thẻ", "thousands"),
        ("120 VNĐ(20.000Đ/tờ khai)", None, "fee", "", "contradiction"),
        ("1200 VNĐ(20.000Đ/tờ khai)", None, "fee", "", "contradiction"),
        ("850 VNĐ", None, "fee", "", "too_small"),
        ("10 USD(10 USD/lần.)", None, "fee", "", "currency"),
        ("Miễn phí(Mức lệ phí do Hội đồng nhân dân tỉnh quyết định.)", None, "charge", "", "set_elsewhere"),
        ("Miễn phí(250.000 đ/lần (Sát hạch thực hành))", None, "fee", "", "set_elsewhere"),
        ("10,000,000 VNĐ(từ 2026 còn 5.000.000 đồng)", 10_000_000, "fee", "", "other_amounts"),
    ],
)
def test_a_fee_is_an_amount_only_where_number_and_words_agree(text, amount, kind, unit, problem):
    (reading,) = read_fee(text)
    assert (reading.amount, reading.kind, reading.unit, reading.problem) == (amount, kind, unit, problem)


@pytest.mark.parametrize("text", ["", None, "Không có thông tin", "03 ngày làm việc kể từ ngày nhận đủ hồ sơ", "- Trực tuyến"])
def test_a_text_without_a_fee_gives_none(text):
    assert read_fee(text) == []


def test_several_fees_in_one_text_are_several_rules():
    readings = read_fee("Phí : 2.000.000 Đồng (Nghiên cứu)\nPhí : 4.000.000 Đồng (Thi công)")
    assert [(reading.amount, reading.condition) for reading in readings] == [(2_000_000, "(Nghiên cứu)"), (4_000_000, "(Thi công)")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 bản chính", (1, None, True)),
        ("1 bản chính,1 bản sao", (1, 1, True)),
        ("Bản chính: 1 - Bản sao: 0", (1, 0, True)),
        ("2 bản sao", (None, 2, True)),
        ("01 bản chính hoặc bản điện tử", (1, None, False)),
        (None, (None, None, True)),
    ],
)
def test_quantities_of_papers(text, expected):
    assert read_quantity(text) == expected


def test_a_sentence_with_no_original_is_a_note_and_a_name_is_a_paper():
    note = read_paper("Trường hợp nộp trực tuyến thì chụp lại bản chính.", "0 bản chính")
    paper = read_paper("Hóa đơn thương mại: 01 bản chụp;", "0 bản chính")
    assert note.is_note
    assert not paper.is_note
    assert (paper.originals, paper.problem) == (None, "zero")


@pytest.mark.parametrize(
    ("text", "name", "file"),
    [
        ("Đơn đề nghị theo mẫu;Mautokhai1 (1).doc", "Đơn đề nghị theo mẫu;", "Mautokhai1 (1).doc"),
        ("Đơn theo Nghị định số 155/2020/NĐ-CPMẫu số 07.docx", "Đơn theo Nghị định số 155/2020/NĐ-CP", "Mẫu số 07.docx"),
        ("Văn bản đề nghị hỗ trợVĂN BẢN.docx", "Văn bản đề nghị hỗ trợVĂN BẢN.docx", ""),
    ],
)
def test_the_name_of_a_file_is_taken_off_only_at_a_certain_border(text, name, file):
    paper = read_paper(text, "1 bản chính", has_file=True)
    assert (paper.name, paper.file) == (name, file)


@pytest.mark.parametrize(
    ("raw", "numbers", "unread"),
    [
        ("Luật số 32/2024/QH1573/2025/TT-NHNNSố 73/2025/TT-NHNN", ["32/2024/QH15", "73/2025/TT-NHNN"], []),
        ("Luật ngày 29/6/202443/2024/QH15Nghị định", ["43/2024/QH15"], []),
        ("Thông tư 92/2015/TT-BTC92/2015/TT-BTC", ["92/2015/TT-BTC"], []),
        ("Cơ chế một cửa118/2025/NĐ-CQuy định", ["118/2025/NĐ-CP"], []),
        ("Nghị quyết 66.7/2025/NQ-CP47/2019/TT-BTC", ["66.7/2025/NQ-CP", "47/2019/TT-BTC"], []),
        ("Quyết định 45/2020/QĐ-TTgNghị định", ["45/2020/QĐ-TTg"], []),
        ("Thông tư liên tịch 191/2005/TTLT và 1025/QCPH-STP-BHXH", [], ["191/2005/TTLT", "1025/QCPH-STP-BHXH"]),
        ("Nghị định 2018/NĐ-CPLuật", [], ["2018/NĐ-CP"]),
    ],
)
def test_glued_numbers_of_laws_are_freed_where_that_is_certain(raw, numbers, unread):
    reading = read_law_numbers(raw)
    assert reading.numbers == numbers
    assert reading.unread == unread


def test_a_code_alone_is_repaired_too():
    assert read_law_numbers(None, ["92/2015/TT-BTC92", "???"]).numbers == ["92/2015/TT-BTC"]
    assert read_law_numbers(None, ["???"]).unread == ["???"]


def test_levels_audiences_channels_and_sets():
    assert levels("Cấp bộ, Cấp Xã, Cơ quan khác") == (["ministry", "ward", "other"], [])
    assert levels("Cấp quận") == ([], ["Cấp quận"])
    assert audiences(["Đảng viên", "Doanh nghiệp", "Doanh nghiệp Việt Nam", "Ai đó"]) == (["enterprise", "party"], ["Ai đó"])
    assert channels_in("Nộp trực tiếp hoặc qua bưu điện") == ["counter", "post"]
    assert read_sets("Một (01) bộ hồ sơ.") == (1, True)
    assert read_sets("02 bộ (riêng báo cáo 01 bộ)") == (2, False)
    assert read_sets("không nêu") == (None, False)


def test_nothing_said_is_nothing():
    assert said("• Không có thông tin.") == ""
    assert said("Không có thông tinTừ khóaKhông có thông tinMô tảKhông có thông tin") == ""
    assert tidy("đăng k\u200eý\u00a0\u00a0hộ  tịch \r\n\r\nx") == "đăng ký hộ tịch\nx"


TEXTS = st.text(
    alphabet=st.sampled_from("01259 .,:;()-–•+/\n\t\u00a0aăâđêôơưệVNĐngàylmviệctháng%QHTBCPUSD") | st.characters(codec="utf-8"), max_size=120
)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_no_text_breaks_a_parser_and_every_text_is_kept(text):
    limit = read_limit(text)
    assert (limit.value is None and not limit.unit) or limit.value is not None or limit.unit == "same_day"
    assert limit.text or limit.unit or not tidy(text)
    for fee in read_fee(text):
        assert fee.amount is None or fee.amount >= 0
    paper = read_paper(text, "1 bản chính", has_file=True)
    assert "".join((paper.name + paper.file).split()) == "".join(tidy(text).split())
    assert "".join("".join(split_steps(text)).split()) == "".join(tidy(text).split())
    read_law_numbers(text)
    assert tidy(tidy(text)) == tidy(text)


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 9999),
    st.sampled_from(["ngày", "ngày làm việc", "giờ", "giờ làm việc", "tháng"]),
    st.sampled_from(["{} {}", "0{} {}.", "Không quá {} {}"]),
)
def test_every_number_with_a_unit_is_read(number, unit, form):
    reading = read_limit(form.format(number, unit.title()) if number < 1000 else f"{number} {unit}")
    assert reading.value == number
    assert reading.unit


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_a_portal_record_loses_no_word(steps, conditions, limit, fee):
    source = portal_record(steps=steps, conditions=conditions)
    source["methods"] = [{"method": "Trực tiếp", "time_limit": limit, "fee_and_note": fee}]
    source["documents"] = [{"group": fee, "text": steps, "quantity": limit, "has_form_file": True}]
    out = convert(source)
    everything = "".join(_words(out.record))
    held = "".join(everything.split())
    for part in (*split_steps(said(steps)), *split_steps(said(conditions))):
        title, _colon, rest = part.partition(":")
        assert "".join(part.split()) in held or ("".join(title.split()) in held and "".join(rest.split()) in held)
    assert "".join(said(fee).split()) in held
    reading = read_limit(said(limit))
    assert "".join(reading.text.split()) in held


def test_what_is_read_of_a_portal_record():
    out = convert(portal_record())
    record = out.record
    assert [(row["channel"], row["limit_value"], row["limit_unit"], row["limit_text"]) for row in record["methods"]] == [
        ("online", 7, "", "7"),
        ("counter", 3, "working_days", ""),
    ]
    assert [(row["channel"], row["amount"], row["unit"]) for row in record["fees"]] == [("online", 0, ""), ("counter", 135_000, "hồ sơ")]
    assert record["papers"] == [{"group": "", "name": "Tờ khai", "originals": 1, "copies": None, "note": "Trường hợp nộp trực tuyến thì chụp lại."}]
    assert [row["document"] for row in record["legal_bases"]] == ["60/2014/QH13", "123/2015/NĐ-CP", "04/2024/TT-BTP"]
    assert record["steps"] == [{"title": "Bước 1", "text": "Nộp hồ sơ."}, {"title": "Bước 2", "text": "Nhận kết quả."}]
    assert {(note["part"], note["code"]) for note in out.notes} == {("limits", "no_unit"), ("fees", "thousands"), ("papers", "is_note")}
    assert "methods_raw" not in record["source_text"]
    assert "documents_raw" not in record["source_text"]
    assert record["source_text"]["legal_basis_raw"].startswith("Tên văn bản")
    assert record["source_text"]["snapshot"] == "2026-06/07"


def test_a_flattened_table_that_says_more_than_its_cells_is_kept():
    source = portal_record(documents_raw="Tên giấy tờSố lượngTờ khai1 bản chínhGiấy tờ khác không có trong danh sách")
    assert "documents_raw" in convert(source).record["source_text"]


def test_a_very_long_name_is_kept_whole():
    name = "Giao đất ở " * 99 + "hết"
    assert convert(portal_record(name=name)).record["name"] == name


def _words(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _words(item)
    elif isinstance(value, list):
        for item in value:
            yield from _words(item)
