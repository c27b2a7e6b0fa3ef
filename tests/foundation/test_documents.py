"""What a document is, by its bytes: names lie, archives hide macros and bombs."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from foundation.documents import kind_of

DOCX = {"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"}
ODT = {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<c/>"}


def archive(path: Path, parts: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, said in parts.items():
            made.writestr(name, said)
    return path


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        (DOCX, "docx"),
        (ODT, "odt"),
        (dict(reversed(ODT.items())), ""),  # its kind has to stand first
        ({**ODT, "mimetype": "application/vnd.oasis.opendocument.sheet"}, ""),
        ({**DOCX, "word/vbaProject.bin": "macro"}, ""),
        ({**ODT, "Basic/Standard/Module1.xml": "macro"}, ""),
        ({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<w/>"}, ""),
        ({"a.txt": "x"}, ""),
        ({}, ""),
        ({**DOCX, "word/media/a.bin": b"\x00" * 20_000_000}, ""),  # unfolds to a thousand times its size
        ({**DOCX, **{f"word/{number}.xml": "" for number in range(2001)}}, ""),
    ],
)
def test_archives_are_what_their_parts_say(tmp_path, parts, kind):
    assert kind_of(archive(tmp_path / "a.docx", parts)) == kind


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n...", "pdf"), (b"MZ\x90\x00", ""), (b"", ""), (b"PK\x03\x04 cut off", ""), (b"<html>%PDF-1.7", ""),
        (b"\xd0\xcf\x11\xe0 old Word", ""),
    ],
)  # fmt: skip
def test_other_files_are_known_by_their_head(tmp_path, data, kind):
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    assert kind_of(path) == kind
