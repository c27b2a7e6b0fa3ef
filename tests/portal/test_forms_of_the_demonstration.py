"""The blank forms of the demonstration: sources and files agree, files are whole, small and accessible."""

from __future__ import annotations

import csv
import io
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from pypdf import PdfReader

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tools"))
import forms  # the tool lies beside the house, not in it

FOLDER = forms.FOLDER / "files"
SOURCES = forms.sources()
CATALOGUE = ROOT / "fixtures" / "demonstration" / "catalogue"


def words(text: str) -> list[str]:
    """Words, whatever lines and pages they stand on; boxes, blanks and capitals do not count."""
    return sorted(text.replace(forms.BOX, " ").casefold().split())


def texts(data: bytes, kind: str) -> str:
    """All text of a file but the note at its foot."""
    if kind == "pdf":
        pages = [page.extract_text().replace("\n", " ") for page in PdfReader(io.BytesIO(data)).pages]
        assert all(forms.NOTE in page for page in pages)
        return " ".join(page.replace(forms.NOTE, " ") for page in pages)
    part, paragraph = ("word/document.xml", "{*}p") if kind == "docx" else ("content.xml", "{*}p|{*}h")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        foot = archive.read("word/footer1.xml" if kind == "docx" else "styles.xml").decode()
        root = etree.fromstring(archive.read(part))
    assert forms.NOTE in foot
    found: Any = [element for name in paragraph.split("|") for element in root.iter(name)]
    return " ".join("".join(" " if etree.QName(node).localname == "tab" else node.text or "" for node in lines(element)) for element in found)


def lines(element: Any) -> list[Any]:
    """The nodes of a paragraph; in ODT the text behind a tab is its tail."""
    nodes = []
    for node in element.iter():
        nodes.append(node)
        if node is not element and node.tail and node.tail.strip():
            behind = etree.Element("t")
            behind.text = node.tail
            nodes.append(behind)
    return nodes


@pytest.mark.parametrize("form", SOURCES, ids=lambda form: form.name)
def test_every_format_says_what_the_source_says(form):
    said = words(" ".join(form.texts()))
    for kind in form.formats:
        data = (FOLDER / f"{form.name}.{kind}").read_bytes()
        assert words(texts(data, kind)) == said, f"{form.name}.{kind}: make forms"
        assert len(data) <= forms.LARGEST


def test_sources_and_files_are_the_same_set_and_small_in_all():
    assert forms.disagreements() == []
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 4 * 1024 * 1024


def test_a_missing_and_a_stray_file_are_told(tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "don.md").write_text('+++\ntitle = "Đơn"\nto = "Phường"\n+++\nHọ tên: ___\n', encoding="utf-8")
    (tmp_path / "files" / "don.docx").write_bytes(b"")
    (tmp_path / "files" / "la.pdf").write_bytes(b"")
    assert forms.disagreements(tmp_path) == ["not made: don.pdf", "without a source: la.pdf"]


@pytest.mark.parametrize("kind", forms.FORMATS)
def test_the_same_source_gives_the_same_bytes(kind):
    form = next(form for form in SOURCES if "odt" in form.formats)
    assert forms.make(form, kind) == forms.make(form, kind)


@pytest.mark.parametrize("form", SOURCES, ids=lambda form: form.name)
@pytest.mark.accepts("X8")
def test_pdfs_are_tagged_in_vietnamese_titled_nameless_and_carry_their_fonts(form):
    reader = PdfReader(FOLDER / f"{form.name}.pdf")
    root: Any = reader.trailer["/Root"]
    assert (root["/Lang"], bool(root["/MarkInfo"]["/Marked"]), "/StructTreeRoot" in root) == ("vi-VN", True, True)
    metadata: Any = reader.metadata
    assert (metadata.title, metadata.author) == (form.title, None)
    assert b"file://" not in (FOLDER / f"{form.name}.pdf").read_bytes()
    for page in reader.pages:
        assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]
        fonts: Any = page["/Resources"]["/Font"]  # type: ignore[index]
        for font in fonts.values():
            assert "/FontFile3" in font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()


@pytest.mark.parametrize("form", SOURCES, ids=lambda form: form.name)
def test_word_documents_are_to_be_filled_in(form):
    from docx import Document

    document = Document(str(FOLDER / f"{form.name}.docx"))
    assert (document.core_properties.title, document.core_properties.language, document.core_properties.author) == (form.title, "vi-VN", "")
    assert round(document.sections[0].page_width.cm, 1) == 21.0  # type: ignore[union-attr]
    xml = document.element.xml
    boxes = sum(part is True for block in form.blocks for part in block.parts)
    blanks = sum(part is None for block in form.blocks for part in block.parts)
    assert xml.count("<w14:checkbox>") == boxes
    assert xml.count("<w:tab/>") == blanks + (4 if form.sign else 0)
    tables = [block for block in form.blocks if block.kind == "table"]
    assert xml.count("<w:tblHeader") == len(tables)


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("no head", "+++"),
        ('+++\ntitle = "Đơn"\n+++\n', "to"),
        ('+++\ntitle = "Đơn"\nto = "P"\ncolour = "red"\n+++\n', "colour"),
        ('+++\ntitle = "Đơn"\nto = "P"\nformats = ["exe"]\n+++\n', "exe"),
        ('+++\ntitle = "Đơn"\nto = "P"\n+++\n| a | b |\n| 1 | 2 |\n', "dashes"),
        ('+++\ntitle = "Đơn"\nto = "P"\n+++\n| a | b |\n|--|--|\n| 1 |\n', "different length"),
        ('+++\ntitle = "Đơn"\nto = "P"\n+++\n# Phần\n', "two signs"),
    ],
)
def test_a_source_that_cannot_be_read_says_why(source, word):
    with pytest.raises(forms.BadSource, match=word.replace("+", r"\+")):
        forms.parse(source, "don")


def test_the_table_of_the_fixture_names_forms_and_files_that_are_there():
    named = 0
    for path in sorted(CATALOGUE.glob("*/form_files.csv")):
        with path.open(encoding="utf-8") as table, (path.parent / "forms.csv").open(encoding="utf-8") as of_forms:
            known = {(row["record"], row["name"]) for row in csv.DictReader(of_forms)}
            for row in csv.DictReader(table):
                assert (row["record"], row["form"]) in known
                assert (FOLDER / row["path"]).is_file()
                named += 1
    assert named > 200
