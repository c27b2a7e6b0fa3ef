"""Files of every kind and every trap: read within limits, or refused with a reason and a place."""

from __future__ import annotations

import gzip
import io
import json
import struct
import time
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from django.utils import translation
from openpyxl import Workbook

from procedures_catalog.importing.problems import BadFile
from procedures_catalog.importing.readers import COMMAND, UPLOAD, Limits, open_source
from procedures_catalog.importing.readers.text import encoding_of

from .import_kit import csv_bytes, csv_folder, csv_zip, portal_record, small_tables, version


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def read(path, limits=UPLOAD):
    with open_source(path, limits.begin()) as source:
        return list(source.records()), source


def refused(path, limits=UPLOAD):
    with pytest.raises(BadFile) as caught:
        read(path, limits)
    return caught.value.problems


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    made = Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    made.save(path)
    return path


@pytest.mark.accepts("X6")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_of_csv(tmp_path, encoding):
    records, _ = read(csv_folder(tmp_path / "in", small_tables(name="Đăng ký kết hôn có yếu tố nước ngoài"), encoding))
    assert records[0].values["name"] == "Đăng ký kết hôn có yếu tố nước ngoài"


@pytest.mark.accepts("X6")
def test_windows_1258_is_recognised_and_composed(tmp_path):
    import unicodedata

    from procedures_catalog.importing.cleaning import clean_record

    # what old editors wrote: letters with their hats composed, tone marks as characters of their own
    tones = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}

    def old(text: str) -> str:
        out = []
        for letter in unicodedata.normalize("NFC", text):
            parts = unicodedata.normalize("NFD", letter)
            marks = [mark for mark in parts[1:] if mark in tones]
            base = unicodedata.normalize("NFC", "".join(mark for mark in parts if mark not in marks))
            out += [base, *marks]
        return "".join(out)

    name = "Đăng ký khai sinh lưu động"
    (tmp_path / "versions.csv").write_bytes(csv_bytes([["record", "code", "name"], ["1.001193", "1.001193", old(name)]], "cp1258"))
    records, source = read(tmp_path / "versions.csv")
    problems: list[object] = []
    assert clean_record(records[0], lambda *problem: problems.append(problem), is_json=source.is_json)["name"] == name
    assert not problems


@pytest.mark.accepts("X6")
def test_a_broken_byte_in_utf8_is_told_and_not_read_as_another_encoding(tmp_path):
    content = csv_bytes(small_tables(name="Đăng ký khai sinh, kết hôn, khai tử ở nước ngoài")["versions"])
    (tmp_path / "versions.csv").write_bytes(content.replace("khai tử".encode(), b"khai t\xe1\xbb"))
    (problem,) = refused(tmp_path / "versions.csv")
    assert "UTF-8" in problem.message


def test_a_text_in_no_known_encoding_is_refused():
    with pytest.raises(BadFile):
        encoding_of(io.BytesIO(b"record,code\n" + bytes(range(128, 256)) * 4))


@pytest.mark.accepts("X6")
@pytest.mark.parametrize("content", [b"record,code,name\n1,1.004873,a\x00b\n", json.dumps(version()).encode() + b"\x00"])
def test_nul_is_refused(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    assert refused(tmp_path / "file")


def test_missing_and_misspelt_columns_are_named_before_any_row_is_read(tmp_path):
    rows = [["record", "cod", "nam", "levels", "levels"], ["x", "not read", "", "", ""]]
    problems = refused(csv_folder(tmp_path / "in", {"versions": rows, "stepz": [["a"]]}))
    told = {(problem.table, problem.column) for problem in problems}
    assert {("versions", "cod"), ("versions", "code"), ("versions", "name"), ("versions", "levels")} <= told
    assert any("“code”" in problem.message for problem in problems if problem.column == "cod")
    assert any("“steps”" in problem.message for problem in problems if problem.table == "stepz.csv")


def test_semicolons_and_tabs_separate_as_commas_do(tmp_path):
    for separator in ";\t":
        (tmp_path / "versions.csv").write_text(f"record{separator}code{separator}name\na{separator}1.004873{separator}Tên, có dấu phẩy\n")
        records, _ = read(tmp_path / "versions.csv")
        assert records[0].values["name"] == "Tên, có dấu phẩy"


def test_parts_come_in_any_order_and_orphans_and_doubles_are_told(tmp_path):
    tables = small_tables()
    tables["versions"].append(["1.004873", "1.004873", "ward", "Again", "2025-07-01"])
    tables["steps"] = [["record", "text"], ["1.004873", "Một"], ["lost", "Hai"], ["1.004873", "Ba"], ["", "Không"]]
    records, source = read(csv_folder(tmp_path / "in", tables))
    assert [values["text"] for _row, values in records[0].parts["steps"]] == ["Một", "Ba"]
    assert {(problem.table, problem.row, problem.column) for problem in source.problems} == {
        ("versions", 3, "record"),
        ("steps", 3, "record"),
        ("steps", 5, "record"),
    }


@pytest.mark.accepts("X6")
def test_broken_rows_of_csv(tmp_path):
    (tmp_path / "versions.csv").write_text('record,code,name\na,1.004873,"never closed\n')
    assert refused(tmp_path / "versions.csv")[0].row
    (tmp_path / "versions.csv").write_text("record,code,name\na,1.004873\nb,1.004874,x,too many\nc,1.004875,Tốt\n")
    records, source = read(tmp_path / "versions.csv")
    assert [record.key for record in records] == ["c"]
    assert [problem.row for problem in source.problems] == [2, 3]


def test_a_workbook_with_numbers_dates_and_a_formula(tmp_path):
    rows = [
        ["record", "code", "name", "valid_from", "sets"],
        [1.00487, 1.00487, "Tên", __import__("datetime").date(2025, 7, 1), 1],
        ["b", "1.004874", "=1+1", None, None],
    ]
    steps = [["record", "text"], ["1.004870", "Bước"]]
    records, source = read(workbook(tmp_path / "in.xlsx", {"versions": rows, "steps": steps}))
    assert records[0].key == "1.004870"
    assert records[0].values["valid_from"] == "2025-07-01"
    assert records[0].parts["steps"][0][1] == {"text": "Bước"}
    assert [(problem.row, problem.column) for problem in source.problems] == [(3, "name")]


@pytest.mark.accepts("X6")
def test_json_lines_with_a_broken_line_names_it_and_reads_the_others(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps(version()) + "\n{broken}\n[1]\n" + json.dumps(version("1.004874")) + "\n")
    records, source = read(tmp_path / "a.jsonl")
    assert [record.row for record in records] == [1, 4]
    assert [problem.row for problem in source.problems] == [2, 3]


@pytest.mark.accepts("X6")
@pytest.mark.parametrize("content", ['[{"code": 1}, {"code"', "[{}] x", "[{} {}]", "[" * 100_000, '[{"a": NaN}]', '[{"a": ' + "9" * 5000 + "}]"])
def test_broken_json_documents_are_refused(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    assert refused(tmp_path / "a.json")


def test_json_as_a_list_as_lines_and_indented_says_the_same(tmp_path):
    records = [version(), version("1.004874")]
    (tmp_path / "a.json").write_text(json.dumps(records))
    (tmp_path / "b.json").write_text("".join(json.dumps(record) + "\n" for record in records))
    (tmp_path / "c.json").write_text(json.dumps(records, indent=2))
    (tmp_path / "d.json").write_text("\n".join(json.dumps(record, indent=1) for record in records))
    (tmp_path / "e.gz").write_bytes(gzip.compress((tmp_path / "a.json").read_bytes()))
    read_ = [
        [(record.key, record.values, record.parts) for record in read(tmp_path / name)[0]]
        for name in ("a.json", "b.json", "c.json", "d.json", "e.gz")
    ]
    assert all(one == read_[0] for one in read_)


def test_unknown_keys_of_json_are_told_with_a_suggestion(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps({**version(), "nme": "x", "steps": [{"txt": "y"}]}))
    _, source = read(tmp_path / "a.jsonl")
    assert {problem.column for problem in source.problems} == {"nme", "steps[0].txt"}
    assert "“name”" in source.problems[0].message


def test_records_of_the_national_portal_are_recognised(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps(portal_record()))
    records, _ = read(tmp_path / "a.jsonl")
    assert records[0].portal["detail"] == "full"
    assert len(records[0].fingerprint) == 64


# -- traps --


@pytest.mark.accepts("X6")
def test_more_than_ten_megabytes_or_twenty_thousand_rows_are_refused(tmp_path):
    (tmp_path / "big.csv").write_bytes(b"x" * (10 * 1024 * 1024 + 1))
    assert "10 MB" in refused(tmp_path / "big.csv")[0].message
    (tmp_path / "versions.csv").write_text("record,code,name\n" + "".join(f"{n},1.{n:06},T\n" for n in range(20_001)))
    assert "20000" in refused(tmp_path / "versions.csv")[0].message
    (tmp_path / "rows.jsonl").write_text('{"code": "1"}\n' * 20_001)
    assert "20000" in refused(tmp_path / "rows.jsonl")[0].message
    assert len(read(tmp_path / "versions.csv", COMMAND)[0]) == 20_001


@pytest.mark.accepts("X6")
def test_an_import_that_takes_too_long_is_given_up(tmp_path, monkeypatch):
    clock = iter(range(0, 10_000_000, 10))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    (tmp_path / "versions.csv").write_text("record,code,name\n" + "".join(f"{n},1.{n:06},T\n" for n in range(3000)))
    assert "60" in refused(tmp_path / "versions.csv")[0].message


@pytest.mark.accepts("X6")
def test_bombs_are_refused_without_unfolding_them(tmp_path):
    tracemalloc.start()
    zeros = b"0" * (30 * 1024 * 1024)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("versions.csv", zeros)
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(zeros))
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for number in range(2001):
            archive.writestr(f"{number}.csv", "")
    with zipfile.ZipFile(tmp_path / "nested.zip", "w") as archive:
        archive.write(tmp_path / "many.zip", "versions.csv")
    with zipfile.ZipFile(tmp_path / "named.zip", "w") as archive:
        archive.writestr("inner.zip", b"")
    (tmp_path / "twice.gz").write_bytes(gzip.compress(gzip.compress(b"x" * 100)))
    del zeros
    tracemalloc.reset_peak()
    base = tracemalloc.get_traced_memory()[0]
    for name in ("bomb.zip", "bomb.gz", "many.zip", "nested.zip", "named.zip", "twice.gz"):
        assert refused(tmp_path / name), name
    peak = tracemalloc.get_traced_memory()[1] - base
    tracemalloc.stop()
    assert peak < 8 * 1024 * 1024


@pytest.mark.accepts("X6")
def test_a_directory_that_lies_about_sizes_does_not_help(tmp_path):
    csv_zip(tmp_path / "small.zip", {"versions": [["record", "code", "name"], ["a", "1.004873", "x" * 3_000_000]]})
    data = bytearray((tmp_path / "small.zip").read_bytes())
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 100)  # the declared size
    (tmp_path / "liar.zip").write_bytes(bytes(data))
    assert refused(tmp_path / "liar.zip")


@pytest.mark.accepts("X6")
def test_files_that_lie_over_one_another_are_refused(tmp_path):
    csv_zip(tmp_path / "a.zip", {"versions": small_tables()["versions"], "steps": [["record", "text"], ["1.004873", "x" * 500]]})
    data = bytearray((tmp_path / "a.zip").read_bytes())
    second = data.rindex(b"PK\x01\x02")
    data[second + 42 : second + 46] = struct.pack("<I", 0)  # the second file begins where the first does
    (tmp_path / "b.zip").write_bytes(bytes(data))
    assert refused(tmp_path / "b.zip")


@pytest.mark.accepts("X6")
@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>',
        '<!DOCTYPE x [<!ENTITY canary SYSTEM "file://{canary}">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    ],
)
@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml"])
def test_a_workbook_that_declares_entities_is_refused(tmp_path, declaration, part):
    canary = tmp_path / "canary"
    canary.write_text("CANARY")
    source = workbook(tmp_path / "good.xlsx", {"versions": [["record", "code", "name"], ["a", "1.004873", "Tên"]]})
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(tmp_path / "bad.xlsx", "w") as out:
        for entry in archive.infolist():
            data = archive.read(entry)
            if entry.filename == part:
                text = data.decode().replace("Tên", "&canary;&c;")
                head, mark, rest = text.partition("?>") if text.startswith("<?xml") else ("", "", text)
                data = (head + mark + declaration.replace("{canary}", str(canary)) + rest).encode()
            out.writestr(entry.filename, data)
    problems = refused(tmp_path / "bad.xlsx")
    assert all("CANARY" not in str(problem) for problem in problems)
    assert any("entit" in problem.message for problem in problems)


@pytest.mark.accepts("X6")
def test_a_workbook_with_a_cell_at_the_end_of_the_world_is_refused(tmp_path):
    source = workbook(tmp_path / "good.xlsx", {"versions": [["record", "code", "name"], ["a", "1.004873", "Tên"]]})
    for where in ("XFD3", "A1048576"):
        with zipfile.ZipFile(source) as archive, zipfile.ZipFile(tmp_path / "bad.xlsx", "w") as out:
            for entry in archive.infolist():
                data = archive.read(entry)
                if entry.filename == "xl/worksheets/sheet1.xml":
                    row = "".join(letter for letter in where if letter.isdigit())
                    data = data.replace(b"</sheetData>", f'<row r="{row}"><c r="{where}"><v>1</v></c></row></sheetData>'.encode())
                out.writestr(entry.filename, data)
        assert refused(tmp_path / "bad.xlsx"), where


@pytest.mark.parametrize("content", [b"", b"   \n", b"PK\x03\x04garbage", b"\x1f\x8bgarbage", b"\xd0\xcf\x11\xe0old excel", b"7z\xbc\xafxx"])
def test_what_is_no_file_of_ours_is_refused(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    assert refused(tmp_path / "file")


def test_a_password_and_strange_files_in_an_archive_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("virus.exe", b"MZ")
    assert refused(tmp_path / "a.zip")
    csv_zip(tmp_path / "b.zip", small_tables())
    data = bytearray((tmp_path / "b.zip").read_bytes())
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    (tmp_path / "b.zip").write_bytes(bytes(data))
    assert "password" in refused(tmp_path / "b.zip")[0].message


def test_reading_a_long_file_takes_no_more_memory_than_a_short_one(tmp_path):
    def peak(records: int) -> int:
        path = tmp_path / f"{records}.jsonl"
        with path.open("w") as out:
            for number in range(records):
                out.write(json.dumps(version(f"1.{number:06}", description="x" * 2000)) + "\n")
        tracemalloc.start()
        with open_source(path, Limits()) as source:
            for _record in source.records():
                pass
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(3000) < peak(300) * 1.5 + 500_000
