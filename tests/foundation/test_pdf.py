"""PDFs made of data: whatever somebody typed is shown as it is, and nothing of the machine stands in the file."""

import datetime as dt
import io
import socket

import pypdf
import pytest
from django.test import override_settings
from django.utils.translation import gettext_lazy

from foundation import pdf, qr

SOURCE = """#let page_data = json(bytes(sys.inputs.data))
#set document(title: page_data.title, date: none)
#set text(lang: "vi")
= #page_data.title
#for line in page_data.lines [- #line
]
#if "qr" in page_data { image(bytes(page_data.qr), format: "svg", width: 3cm, alt: "mã QR") }
"""


@pytest.fixture
def template(tmp_path, settings):
    """The name of a template of this test's own."""
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "page.typ").write_text(SOURCE)
    (folder / "broken.typ").write_text("#let page_data = json(bytes(sys.inputs.data))\n#page_data.nothing")
    (tmp_path / "outside.typ").write_text("outside")
    with override_settings(TEMPLATES=[{**settings.TEMPLATES[0], "DIRS": [folder]}]):
        yield "page.typ"


def text_of(made):
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made)).pages)


def test_what_looks_like_source_is_shown_as_it_was_typed(template):
    typed = ['#read("/etc/passwd")', "*not bold* $x^2$ #panic()", '"], evil: ["', "Nguyễn Thị Hường, thửa đất số 7"]
    text = text_of(pdf.render(template, {"title": "Biên bản #1", "lines": typed}))
    for line in ["Biên bản #1", *typed]:
        assert line.replace('"', "") in text.replace("“", "").replace("”", "").replace('"', "")


@pytest.mark.accepts("P11")
def test_the_file_names_no_author_host_or_time(template):
    made = pdf.render(template, {"title": "Phiếu", "lines": []})
    told = pypdf.PdfReader(io.BytesIO(made)).metadata
    assert not {"/Author", "/CreationDate", "/ModDate"} & set(told)
    assert socket.gethostname().encode() not in made
    assert made == pdf.render(template, {"title": "Phiếu", "lines": []})


def test_dates_lazy_texts_and_pictures_are_data_too(template):
    data = {"title": gettext_lazy("Search"), "lines": [dt.date(2026, 12, 3)], "qr": qr.svg("https://example.gov.vn/lich/a/", title="mã QR")}
    made = pdf.render(template, data)
    assert "2026-12-03" in text_of(made)
    assert pypdf.PdfReader(io.BytesIO(made)).trailer["/Root"]["/MarkInfo"]["/Marked"]


def test_more_data_than_a_document_holds_is_refused(template):
    with pytest.raises(pdf.TooMuch):
        pdf.render(template, {"title": "x", "lines": ["đ" * pdf.MOST_DATA]})


@pytest.mark.parametrize("name", ["broken.typ", "missing.typ", "../outside.typ", "/etc/passwd", "page.html"])
def test_what_cannot_be_made_says_so(template, name):
    with pytest.raises(pdf.CannotRender):
        pdf.render(name, {"title": "x", "lines": []})
