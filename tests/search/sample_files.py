"""Files as people attach them, and as nobody should: PDF by the house's own typesetter, DOCX and ODT written by hand."""

from __future__ import annotations

import io
import zipfile
import zlib
from xml.sax.saxutils import escape

import pypdf
import typst

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
ODT_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"


def pdf(*paragraphs: str) -> bytes:
    """A PDF with these paragraphs, a page each."""
    source = "#set page(width: 12cm, height: 8cm)\n" + "\n#pagebreak()\n".join(paragraphs)
    return bytes(typst.compile(source.encode(), ignore_system_fonts=True))


def locked_pdf(text: str, password: str) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(text)))
    writer.encrypt(password, owner_password="chủ", algorithm="AES-256")  # pragma: allowlist secret
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def scanned_pdf() -> bytes:
    """Pages without a word."""
    writer = pypdf.PdfWriter()
    writer.add_blank_page(200, 200)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def raw_pdf(*objects: bytes) -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalogue."""
    out = io.BytesIO(b"")
    out.write(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n" % number + body + b"\nendobj\n")
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(b"trailer\n<< /Root 1 0 R /Size %d >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start))
    return out.getvalue()


def stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n" % (len(data), extra) + data + b"\nendstream"


def deflated(data: bytes, extra: bytes = b"") -> bytes:
    return stream(zlib.compress(data, 9), b"/Filter /FlateDecode " + extra)


def bomb_pdf() -> bytes:
    """A page whose content unfolds to 900 MB."""
    packer, blanks = zlib.compressobj(9), b" " * 1_000_000
    packed = [packer.compress(blanks) for _ in range(900)]
    data = b"".join([*packed, packer.flush()])
    return raw_pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>", stream(data, b"/Filter /FlateDecode "),
    )  # fmt: skip


def looping_pdf() -> bytes:
    """Pages that are their own children, and a claim of a thousand million of them."""
    return raw_pdf(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 1000000000 >>")


def looping_object_stream() -> bytes:
    """An object stream that says it lies within itself."""
    return raw_pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        stream(b"4 0 << /Type /Page >>", b"/Type /ObjStm /N 1 /First 4 /Extends 3 0 R "),
    )  # fmt: skip


def many_pages_pdf(pages: int) -> bytes:
    """So many pages, each drawing the same form, which draws itself."""
    kids = b" ".join(b"3 0 R" for _ in range(pages))
    return raw_pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [" + kids + b"] /Count %d >>" % pages,
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >> >>",
        stream(b"/X Do " * 1000), stream(b"/X Do /X Do", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 5 0 R >> >> "),
    )  # fmt: skip


def zipped(parts: dict[str, bytes | str], *, stored: tuple[str, ...] = ()) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data, zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED)
    return out.getvalue()


def docx(*paragraphs: str, head: str = "", body: str = "", **more: bytes | str) -> bytes:
    """A DOCX with these paragraphs."""
    text = "".join(f"<w:p><w:r><w:t>{escape(line)}</w:t></w:r></w:p>" for line in paragraphs)
    document = f'<?xml version="1.0"?>{head}<w:document xmlns:w="{WORD}"><w:body>{text}{body}</w:body></w:document>'
    return zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": document, **more})


def odt(*paragraphs: str, head: str = "", body: str = "") -> bytes:
    """An ODT with these paragraphs."""
    text = "".join(f"<text:p>{escape(line)}</text:p>" for line in paragraphs)
    content = (
        f'<?xml version="1.0"?>{head}<office:document-content xmlns:office="{OFFICE}" xmlns:text="{ODT_TEXT}">'
        f"<office:body><office:text>{text}{body}</office:text></office:body></office:document-content>"
    )
    return zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content}, stored=("mimetype",))


ENTITY = '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha ha ha ha">' + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)) + "]>"
