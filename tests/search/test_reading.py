"""A file is read by another process, within its limits; whatever the file does, it ends in a note and nothing else notices."""

from __future__ import annotations

import io
import random
import zipfile

import pytest

from search import files, reading

from . import sample_files as samples

SPEECH = "Tờ khai đăng ký khai sinh"


@pytest.fixture
def read(tmp_path):
    """State, kind and text of what such a file holds."""

    def read(data: bytes, name: str = "tep") -> tuple[str, str, str]:
        path = tmp_path / name
        path.write_bytes(data)
        return files.read(path)

    return read


def test_the_words_of_a_pdf(read):
    state, kind, text = read(samples.pdf("Kính gửi: Uỷ ban nhân dân phường", "Người yêu cầu đăng ký"))
    assert (state, kind) == ("read", "pdf")
    assert "Kính gửi: Uỷ ban nhân dân phường" in text
    assert "Người yêu cầu đăng ký" in text


def test_the_words_of_a_docx_with_its_headers_and_notes_but_not_what_was_taken_out(read):
    removed = "<w:p><w:del><w:r><w:t>đã bỏ</w:t></w:r></w:del><w:r><w:t>còn</w:t><w:tab/><w:t>lại</w:t></w:r></w:p>"
    header = f'<w:hdr xmlns:w="{samples.WORD}"><w:p><w:r><w:t>Mẫu số 7</w:t></w:r></w:p></w:hdr>'
    state, kind, text = read(samples.docx("Tờ khai", "Họ và tên", body=removed, **{"word/header1.xml": header}))
    assert (state, kind, text) == ("read", "docx", "Tờ khai\nHọ và tên\ncòn lại\nMẫu số 7")


def test_the_words_of_an_odt_in_their_order(read):
    body = "<text:h>Phần I</text:h><text:p>Sinh <text:span>ngày</text:span><text:s/>nào<text:tab/>ở đâu</text:p>"
    state, kind, text = read(samples.odt("Tờ khai", body=body))
    assert (state, kind, text) == ("read", "odt", "Tờ khai\nPhần I\nSinh ngày nào ở đâu")


def test_what_a_file_is_tells_its_content_and_not_its_name(read):
    assert read(samples.docx("Tờ khai"), "to-khai.pdf") == ("read", "docx", "Tờ khai")
    assert read(b"MZ\x90\x00" + b"\x00" * 500, "to-khai.docx")[0] == "other"
    assert read("tờ khai".encode(), "to-khai.pdf")[0] == "other"
    assert read(samples.docx("Tờ khai", **{"word/vbaProject.bin": b"x"}))[0] == "other"


def test_text_is_kept_in_one_form_and_no_longer_than_a_bound(read):
    lines = [f"một dòng khá dài {random.Random(n).random()}" for n in range(5_000)]
    state, _kind, text = read(samples.docx("Tơ\u0300 khai\u200b   đăng\u00a0ký ", *lines))
    assert state == "read"
    assert text.startswith("Tờ khai đăng ký\nmột dòng")
    assert len(text) <= reading.CHARACTERS


@pytest.mark.accepts("S7")
def test_personal_numbers_are_taken_out(read):
    _state, _kind, text = read(samples.docx("Điện thoại 0912 345 678, CCCD 001099012345, hồ sơ H29.113-251102-0004, lệ phí 8.000 đồng"))
    assert "0912" not in text
    assert "001099012345" not in text
    assert "251102" not in text
    assert "lệ phí 8.000 đồng" in text


@pytest.mark.parametrize("make", [samples.scanned_pdf, samples.docx, samples.odt])
def test_a_file_without_text_is_noted_as_such(read, make):
    assert read(make())[::2] == ("empty", "")


def test_a_pdf_behind_a_password_is_noted_one_closed_against_changes_only_is_read(read):
    assert read(samples.locked_pdf("Bí mật", "mật khẩu"))[::2] == ("locked", "")
    state, _kind, text = read(samples.locked_pdf("Tờ khai", ""))
    assert (state, text) == ("read", "Tờ khai")


def test_of_a_pdf_with_too_many_pages_the_first_are_read(read, monkeypatch, tmp_path):
    quick = "import sys; sys.path.insert(0, sys.argv[1]); from search import reading; reading.CPU_SECONDS = 4; reading.main(sys.argv[2])"
    monkeypatch.setattr(files, "_READER", quick)
    assert read(samples.many_pages_pdf(50_000))[0] in {"empty", "broken", "slow", "heavy"}
    monkeypatch.setattr(reading, "PAGES", 2)
    path = tmp_path / "ba-trang"
    path.write_bytes(samples.pdf("Một", "Hai", "Ba"))
    assert reading.read(path) == ("pdf", "Một\nHai")


HOSTILE = {
    "a page that unfolds to 900 MB": samples.bomb_pdf,
    "pages that are their own children": samples.looping_pdf,
    "an object stream within itself": samples.looping_object_stream,
    "half a PDF": lambda: samples.pdf("Tờ khai")[:400],
    "noise after the head of a PDF": lambda: b"%PDF-1.7\n" + random.Random(7).randbytes(200_000),
    "nested brackets": lambda: samples.raw_pdf(b"[" * 200_000),
    "a DOCX with an external entity": lambda: samples.docx(head=samples.ENTITY, body="<w:p><w:r><w:t>&x;</w:t></w:r></w:p>"),
    "a DOCX of a thousand million laughs": lambda: samples.docx(head=samples.LAUGHS, body="<w:p><w:r><w:t>&j;</w:t></w:r></w:p>"),
    "an ODT with an external entity": lambda: samples.odt(head=samples.ENTITY, body="<text:p>&x;</text:p>"),
    "a DOCX of 200 MB of blanks": lambda: samples.docx(**{"word/header1.xml": b" " * 200_000_000}),
    "an ODT of 100 MB": lambda: samples.odt(body="<text:p>" + "a " * 52_000_000 + "</text:p>"),
    "an ODT of 90 MB that packs badly": lambda: samples.odt(body=f"<text:p>{random.Random(7).randbytes(45_000_000).hex()}</text:p>"),
    "a DOCX that is ten thousand deep": lambda: samples.docx(body="<w:p>" * 10_000 + "</w:p>" * 10_000),
    "a DOCX of two million empty marks": lambda: samples.docx(body="<w:x>" + "<w:y/>" * 2_000_000 + "</w:x>"),
    "half a DOCX": lambda: samples.docx(*["Tờ khai"] * 99)[:300],
    "an archive within itself": lambda: samples.zipped({f"{n}.zip": samples.zipped({"a": b"\0" * 10**6}) for n in range(9)}),
    "an archive of many entries": lambda: samples.docx("Tờ khai", **{f"word/{n}.xml": "x" for n in range(3000)}),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_ends_in_a_note(read, what):
    state, _kind, text = read(HOSTILE[what]())
    assert state in {"broken", "heavy", "slow", "other", "empty"}
    assert text == ""
    assert read(samples.docx(SPEECH)) == ("read", "docx", SPEECH), "other work goes on"


def test_entries_that_lie_over_one_another_are_read_no_further_than_a_part_may_unfold(read):
    """A bomb whose directory lies about sizes: the bytes are counted as they come."""
    data = bytearray(samples.odt(body="<text:p>" + "a" * 60_000_000 + "</text:p>"))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        entry = archive.getinfo("content.xml")
        real = entry.file_size.to_bytes(4, "little")
    at = data.rindex(real)
    data[at : at + 4] = (1000).to_bytes(4, "little")
    assert read(bytes(data))[0] in {"broken", "heavy", "other"}


def test_a_reader_that_does_not_end_is_ended(read, monkeypatch):
    monkeypatch.setattr(files, "_READER", "while True: pass")
    monkeypatch.setattr(files, "SECONDS", 1)
    assert read(b"%PDF-1.7")[0] == "slow"


def test_a_reader_may_use_so_much_of_a_processor_and_of_memory(read, monkeypatch):
    begin = "import sys; sys.path.insert(0, sys.argv[1]); from search import reading; reading.CPU_SECONDS = 1; reading.confine(); "
    monkeypatch.setattr(files, "_READER", begin + "\nwhile True: pass")
    assert read(b"x")[0] == "slow"
    monkeypatch.setattr(files, "_READER", begin + "print(len(b'x' * (reading.MEMORY * 2)))")
    assert read(b"x")[0] == "broken"
    monkeypatch.setattr(files, "_READER", begin + "open('/tmp/may-not-write', 'w').write('x'); print('{}')")
    assert read(b"x")[0] == "broken"


def test_a_reader_knows_no_secret(read, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:secret@nowhere/x")  # pragma: allowlist secret
    monkeypatch.setattr(files, "_READER", "import json, os; print(json.dumps({'state': 'read', 'kind': '', 'text': ' '.join(os.environ)}))")
    assert "DATABASE_URL" not in read(b"x")[2]
