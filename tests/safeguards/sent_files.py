"""Files as people send them, and as attackers do; made by code, the same each time."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

from openpyxl import Workbook
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, StreamObject, TextStringObject

# In two parts, so that a scanner of whoever works on this repository leaves the file alone.
EICAR = (rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*").ljust(68)
EXE = b"MZ\x90\x00" + bytes(60) + b"This program cannot be run in DOS mode.\r\r\n$" + bytes(400)
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)

WORD_TYPES = '<Types><Override PartName="/word/document.xml" ContentType="application/vnd.ms-word.document.main+xml"/></Types>'
ODT_MIME = b"application/vnd.oasis.opendocument.text"


def writer() -> PdfWriter:
    made = PdfWriter()
    made.add_blank_page(200, 200)
    return made


def written(made: PdfWriter) -> bytes:
    stream = io.BytesIO()
    made.write(stream)
    return stream.getvalue()


def pdf() -> bytes:
    return written(writer())


def pdf_saying(phrase: str) -> bytes:
    """A page on which a phrase stands, uncompressed, so that it can be looked for."""
    made = writer()
    content = StreamObject()
    content._data = f"BT /F1 12 Tf 20 100 Td ({phrase}) Tj ET".encode()
    made.pages[0][NameObject("/Contents")] = made._add_object(content)
    return written(made)


def pdf_with_script() -> bytes:
    """A script among the names of the document, where it runs when the document is opened."""
    made = writer()
    action = DictionaryObject({NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")})
    tree = DictionaryObject({NameObject("/Names"): ArrayObject([TextStringObject("a"), made._add_object(action)])})
    made._root_object[NameObject("/Names")] = DictionaryObject({NameObject("/JavaScript"): tree})
    return written(made)


def pdf_with_hidden_script() -> bytes:
    """The script's name written with an escape, its object in a compressed stream: no search of the bytes finds it."""
    made = writer()
    action = DictionaryObject({NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")})
    made._root_object[NameObject("/OpenAction")] = made._add_object(action)
    return written(made).replace(b"/JavaScript", b"/J#61vaScript").replace(b"/JS ", b"/J#53 ")


def pdf_with_action(kind: str) -> bytes:
    made = writer()
    made._root_object[NameObject("/OpenAction")] = made._add_object(
        DictionaryObject({NameObject("/S"): NameObject(kind), NameObject("/F"): TextStringObject("calc.exe")})
    )
    return written(made)


def pdf_with_attachment() -> bytes:
    made = writer()
    made.add_attachment("hoa-don.xml", b"<hoa-don/>")
    return written(made)


def pdf_with_link() -> bytes:
    """A page with a link: what every letter has."""
    made = writer()
    link = DictionaryObject({
        NameObject("/Type"): NameObject("/Annot"), NameObject("/Subtype"): NameObject("/Link"),
        NameObject("/Rect"): ArrayObject([NumberObject(number) for number in (0, 0, 9, 9)]),
        NameObject("/A"): DictionaryObject({NameObject("/S"): NameObject("/URI"), NameObject("/URI"): TextStringObject("https://example.gov.vn/")}),
    })  # fmt: skip
    made.pages[0][NameObject("/Annots")] = ArrayObject([made._add_object(link)])
    return written(made)


def locked_pdf(password: str) -> bytes:
    made = writer()
    made.encrypt(password, "chu-so-huu", algorithm="AES-256")
    return written(made)


def picture(kind: str, size: tuple[int, int] = (60, 40)) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, (200, 30, 60)).save(stream, kind)
    return stream.getvalue()


def png_head(width: int, height: int) -> bytes:
    """A PNG that says it is so large, and is a few hundred bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def zipped(parts: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return stream.getvalue()


def docx(**more: str | bytes) -> bytes:
    parts: dict[str, str | bytes] = {"[Content_Types].xml": WORD_TYPES, "word/document.xml": "<w:document>Đơn</w:document>"}
    return zipped(parts | {name.replace("__", "/"): data for name, data in more.items()})


def docx_with(parts: Mapping[str, str | bytes]) -> bytes:
    return zipped({"[Content_Types].xml": WORD_TYPES, "word/document.xml": "<w:document>Đơn</w:document>", **parts})


def xlsx() -> bytes:
    stream = io.BytesIO()
    book = Workbook()
    book.active.append(["Họ tên", "Số tiền"])
    book.save(stream)
    return stream.getvalue()


def odt(manifest: str = "<manifest/>", **parts: str | bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), ODT_MIME, zipfile.ZIP_STORED)
        archive.writestr("content.xml", "<office:document-content/>")
        archive.writestr("META-INF/manifest.xml", manifest)
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/"), data)
    return stream.getvalue()


def encrypted_zip() -> bytes:
    """A Word file whose entries say that they are encrypted."""
    data = bytearray(docx())
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = -1
        while (place := data.find(sign, place + 1)) >= 0:
            data[place + offset] |= 1
    return bytes(data)


def bomb(parts: int, size: int) -> bytes:
    """A Word file that unpacks to `parts` times `size` bytes."""
    return docx_with({f"word/media/{number}.xml": bytes(size) for number in range(parts)})


def many_entries(count: int) -> bytes:
    return docx_with({f"word/{number}.xml": b"" for number in range(count)})


def overlapping(parts: int) -> bytes:
    """Entries of a directory that all point at the same bytes."""
    data = docx_with({"word/long.xml": bytes(range(256)) * 2000})
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    directory = data[start:end]
    last = directory[directory.rindex(b"PK\x01\x02") :]
    copies = b"".join(last.replace(b"word/long.xml", f"word/{number:04}.xml".encode()) for number in range(parts))
    whole = directory + copies
    count = data[end:].__getitem__(slice(8, 10))
    entries = int.from_bytes(count, "little") + parts
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, entries, entries, len(whole), start, 0)
    return data[:start] + whole + tail


def infected_pdf() -> bytes:
    """EICAR inside a PDF's stream, where a page keeps its content."""
    made = writer()
    content = StreamObject()
    content._data = EICAR
    made.pages[0][NameObject("/Contents")] = made._add_object(content)
    return written(made)


def infected_docx() -> bytes:
    return zipped({"[Content_Types].xml": WORD_TYPES, "word/document.xml": "<w/>", "word/media/image1.png": EICAR})


def pages_of(data: bytes) -> int:
    return len(PdfReader(io.BytesIO(data)).pages)
