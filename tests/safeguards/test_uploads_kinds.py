"""Which files are taken: a corpus of what people and attackers send, each with the one right answer."""

import io
import unicodedata

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from safeguards.uploads import checking, kinds, names, pdf
from safeguards.uploads.enums import Kind, Reason

from . import sent_files as sent

JPEG, PNG, WEBP = sent.picture("JPEG"), sent.picture("PNG"), sent.picture("WEBP")
EXTERNAL = '<Relationships><Relationship Type="http://x/attachedTemplate" Target="https://evil.example/x" TargetMode="External"/></Relationships>'
CLICKED = '<Relationships><Relationship Type="http://x/hyperlink" Target="https://example.gov.vn" TargetMode="External"/></Relationships>'

# (what it is about, name, content, the kind or the reason)
CORPUS = [
    # What people send.
    ("a document", "don.pdf", sent.pdf(), Kind.PDF),
    ("a document with a link", "thu.pdf", sent.pdf_with_link(), Kind.PDF),
    ("a document closed against changes", "mau.pdf", sent.locked_pdf(""), Kind.PDF),
    ("capitals", "DON XIN.PDF", sent.pdf(), Kind.PDF),
    ("a name with marks", "Đơn xin xác nhận.pdf", sent.pdf(), Kind.PDF),
    ("marks apart from their letters", unicodedata.normalize("NFD", "Đơn đề nghị.pdf"), sent.pdf(), Kind.PDF),
    ("a version in the name", "ban-do v1.2.pdf", sent.pdf(), Kind.PDF),
    ("what a printer calls it", "don.docx.pdf", sent.pdf(), Kind.PDF),
    ("a photo", "anh.jpg", JPEG, Kind.JPEG),
    ("a photo, the other ending", "anh.jpeg", JPEG, Kind.JPEG),
    ("a photo with what telephones add", "anh.jpg", JPEG + b"SEFT" * 40, Kind.JPEG),
    ("a picture of the screen", "man-hinh.png", PNG, Kind.PNG),
    ("a picture of a browser", "anh.webp", WEBP, Kind.WEBP),
    ("Word", "don.docx", sent.docx(), Kind.DOCX),
    ("Word with a picture", "don.docx", sent.docx_with({"word/media/image1.png": PNG}), Kind.DOCX),
    ("Word with a link", "don.docx", sent.docx_with({"word/_rels/document.xml.rels": CLICKED}), Kind.DOCX),
    ("Excel", "bang.xlsx", sent.xlsx(), Kind.XLSX),
    ("LibreOffice", "don.odt", sent.odt(), Kind.ODT),
    # Names.
    ("no ending", "don", sent.pdf(), Reason.NO_ENDING),
    ("only an ending", ".pdf", sent.pdf(), Reason.NO_ENDING),
    ("a dot and nothing", "don.", sent.pdf(), Reason.NO_ENDING),
    ("no name", "", sent.pdf(), Reason.NO_ENDING),
    ("a NUL", "don.pdf\x00.exe", sent.pdf(), Reason.NAME),
    ("a NUL before the ending", "don.exe\x00.pdf", sent.pdf(), Reason.NAME),
    ("turned round", "don\u202efdp.exe", sent.EXE, Reason.NAME),
    ("turned round, of a kind that is taken", "don\u202exe.pdf", sent.pdf(), Reason.NAME),
    ("a sign without width", "don\u200b.pdf", sent.pdf(), Reason.NAME),
    ("a line break", "don\n.pdf", sent.pdf(), Reason.NAME),
    ("a program", "don.exe", sent.EXE, Reason.PROGRAM),
    ("two endings, a program last", "don.pdf.exe", sent.EXE, Reason.PROGRAM),
    ("two endings, a program first", "don.exe.pdf", sent.pdf(), Reason.PROGRAM),
    ("two endings, a page first", "anh.php.jpg", JPEG, Reason.PROGRAM),
    ("a page", "trang.html", sent.HTML, Reason.PROGRAM),
    ("a drawing that can act", "hinh.svg", sent.SVG, Reason.PROGRAM),
    ("Word with macros by its name", "don.docm", sent.docx(), Reason.PROGRAM),
    ("an archive", "tat-ca.zip", sent.zipped({"a.pdf": sent.pdf()}), Reason.OTHER_KIND),
    ("old Word", "don.doc", sent.OLE, Reason.OTHER_KIND),
    ("text", "ghi-chu.txt", b"xin chao", Reason.OTHER_KIND),
    ("a film", "phim.mp4", b"\x00\x00\x00\x18ftypmp42", Reason.OTHER_KIND),
    # Nothing in it, or not what the name says.
    ("empty", "don.pdf", b"", Reason.EMPTY),
    ("a program as a document", "don.pdf", sent.EXE, Reason.NOT_WHAT_IT_SAYS),
    ("a page as a photo", "anh.jpg", sent.HTML, Reason.NOT_WHAT_IT_SAYS),
    ("a drawing as a picture", "anh.png", sent.SVG, Reason.NOT_WHAT_IT_SAYS),
    ("a page as a document", "don.pdf", sent.HTML, Reason.NOT_WHAT_IT_SAYS),
    ("a picture as another", "anh.jpg", PNG, Reason.NOT_WHAT_IT_SAYS),
    ("a document as Word", "don.docx", sent.pdf(), Reason.NOT_WHAT_IT_SAYS),
    ("Excel as Word", "don.docx", sent.xlsx(), Reason.NOT_WHAT_IT_SAYS),
    ("any archive as Word", "don.docx", sent.zipped({"a.txt": "a"}), Reason.NOT_WHAT_IT_SAYS),
    ("an archive as LibreOffice", "don.odt", sent.docx(), Reason.NOT_WHAT_IT_SAYS),
    ("EICAR as a document", "don.pdf", sent.EICAR, Reason.NOT_WHAT_IT_SAYS),
    ("locked Word", "don.docx", sent.OLE, Reason.OLD_OR_LOCKED),
    # Two at once.
    ("a document and an archive", "don.pdf", sent.pdf() + sent.zipped({"a.exe": sent.EXE}), Reason.TWO_IN_ONE),
    ("a photo and an archive", "anh.jpg", JPEG + sent.zipped({"a.exe": sent.EXE}), Reason.TWO_IN_ONE),
    ("a picture and an archive", "anh.png", PNG + sent.zipped({"a.js": "x"}), Reason.TWO_IN_ONE),
    ("a photo and a page", "anh.jpg", JPEG[:20] + b"<script>alert(1)</script>" + JPEG[20:], Reason.TWO_IN_ONE),
    ("a photo and a document", "anh.jpg", JPEG[:20] + b"%PDF-1.7\n" + JPEG[20:], Reason.TWO_IN_ONE),
    ("a photo and a program", "anh.jpg", JPEG + sent.EXE, Reason.TWO_IN_ONE),
    ("a document and a 7z archive", "don.pdf", sent.pdf() + b"7z\xbc\xaf'\x1c" + bytes(40) + b"%%EOF", Reason.TWO_IN_ONE),
    ("Word with a document at its head", "don.docx", sent.zipped({"%PDF-1.7": "x", "[Content_Types].xml": sent.WORD_TYPES, "word/document.xml": "x"}),
     Reason.TWO_IN_ONE),
    # Damaged.
    ("half a document", "don.pdf", sent.pdf()[:200], Reason.DAMAGED),
    ("a document's head and nothing", "don.pdf", b"%PDF-1.7\n%%EOF\n", Reason.DAMAGED),
    ("half a photo", "anh.jpg", sent.picture("JPEG", (900, 900))[:-40], Reason.DAMAGED),
    ("half a picture", "anh.png", sent.picture("PNG", (900, 900))[:-20], Reason.DAMAGED),
    ("half a picture of a browser", "anh.webp", sent.picture("WEBP", (900, 900))[:-20], Reason.DAMAGED),
    ("a picture with a changed dot", "anh.png", PNG.replace(b"IDAT", b"IDAT", 1)[:60] + b"\xff" + PNG[61:], Reason.DAMAGED),
    ("half of Word", "don.docx", sent.docx()[:-60], Reason.DAMAGED),
    # Locked, acting, too much inside.
    ("a document with a password", "don.pdf", sent.locked_pdf("mat-khau"), Reason.LOCKED),
    ("Word with encrypted parts", "don.docx", sent.encrypted_zip(), Reason.LOCKED),
    ("LibreOffice with a password", "don.odt", sent.odt("<manifest><manifest:encryption-data/></manifest>"), Reason.LOCKED),
    ("a document with a script", "don.pdf", sent.pdf_with_script(), Reason.ACTIVE),
    ("a document with a hidden script", "don.pdf", sent.pdf_with_hidden_script(), Reason.ACTIVE),
    ("a document that starts a program", "don.pdf", sent.pdf_with_action("/Launch"), Reason.ACTIVE),
    ("a document that sends itself", "don.pdf", sent.pdf_with_action("/SubmitForm"), Reason.ACTIVE),
    ("a document with another in it", "don.pdf", sent.pdf_with_attachment(), Reason.ACTIVE),
    ("Word with macros", "don.docx", sent.docx_with({"word/vbaProject.bin": b"x"}), Reason.MACROS),
    ("Word with macros by its list", "don.docx", sent.zipped({"[Content_Types].xml": "application/vnd.ms-word.document.macroEnabled.main+xml",
     "word/document.xml": "x"}), Reason.MACROS),
    ("LibreOffice with macros", "don.odt", sent.odt(Basic__script="x"), Reason.MACROS),
    ("Word with a template from elsewhere", "don.docx", sent.docx_with({"word/_rels/settings.xml.rels": EXTERNAL}), Reason.ACTIVE),
    ("Word with a control", "don.docx", sent.docx_with({"word/activeX/activeX1.xml": "x"}), Reason.ACTIVE),
    ("Word with a package", "don.docx", sent.docx_with({"word/embeddings/oleObject1.bin": sent.OLE}), Reason.ACTIVE),
    ("Word with a program", "don.docx", sent.docx_with({"word/media/image1.png": sent.EXE}), Reason.ACTIVE),
    ("Word with Excel in it", "don.docx", sent.docx_with({"word/embeddings/a.xlsx": sent.xlsx()}), Reason.NESTED),
    ("Word with an archive under another name", "don.docx", sent.docx_with({"word/media/a.png": sent.zipped({"a": "a"})}), Reason.NESTED),
    ("a bomb by its ratio", "don.docx", sent.bomb(1, 5_000_000), Reason.HEAVY),
    ("a bomb by its sum", "don.docx", sent.bomb(120, 1_000_000), Reason.HEAVY),
    ("a bomb by its entries", "don.docx", sent.many_entries(2001), Reason.HEAVY),
    ("a bomb whose parts overlap", "don.docx", sent.overlapping(50), Reason.HEAVY),
    ("a picture of 400 million dots", "anh.png", sent.png_head(20_000, 20_000), Reason.PIXELS),
    ("a picture just too large", "anh.png", sent.png_head(8_000, 5_001), Reason.PIXELS),
]  # fmt: skip


def examined(pairs, tmp_path):
    """As `checking` does it, without the database."""
    files, answers = [], []
    for number, (name, content) in enumerate(pairs):
        path = tmp_path / str(number)
        path.write_bytes(content)
        files.append(path.open("r+b"))
        try:
            answers.append(kinds.decide(name, files[-1]))
        except kinds.Refused as refused:
            answers.append(refused.reason)
    documents = [place for place, found in enumerate(answers) if found == Kind.PDF]
    for place, word in zip(documents, pdf.examine([files[place] for place in documents]), strict=True):
        answers[place] = checking.PDF_REASONS.get(word, answers[place])
    for stream in files:
        stream.close()
    return answers


@pytest.mark.accepts("U1", "U5", "U6")
def test_each_file_of_the_corpus_gets_the_one_right_answer(tmp_path):
    assert len(CORPUS) >= 60
    found = examined([(name, content) for _about, name, content, _right in CORPUS], tmp_path)
    wrong = [(about, got, right) for (about, _n, _c, right), got in zip(CORPUS, found, strict=True) if got != right]
    assert wrong == []


@pytest.mark.accepts("U6")
def test_a_picture_of_400_million_dots_is_never_decoded(monkeypatch, tmp_path):
    from PIL import ImageFile

    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.fail("decoded"))
    with pytest.raises(kinds.Refused) as refused:
        kinds.decide("anh.png", io.BytesIO(sent.png_head(20_000, 20_000)))
    assert refused.value.reason == Reason.PIXELS


@pytest.mark.accepts("U5")
def test_a_bomb_is_known_by_its_directory_without_unpacking(monkeypatch):
    import zipfile

    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda self, n=-1: pytest.fail("unpacked"))
    for content in (sent.bomb(1, 5_000_000), sent.many_entries(2001)):
        with pytest.raises(kinds.Refused) as refused:
            kinds.decide("don.docx", io.BytesIO(content))
        assert refused.value.reason == Reason.HEAVY


def test_the_largest_directory_that_is_taken():
    assert kinds.decide("don.docx", io.BytesIO(sent.many_entries(1998))) == Kind.DOCX


def test_a_pdf_that_keeps_its_reader_busy_ends_in_an_answer(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "_READER", "while True: pass")
    monkeypatch.setattr(pdf, "SECONDS", 0.5)
    with (tmp_path / "a").open("w+b") as stream:
        stream.write(sent.pdf())
        assert pdf.examine([stream]) == ["damaged"]


def test_a_reader_that_dies_leaves_no_file_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "_READER", "print('fine')")
    with (tmp_path / "a").open("w+b") as one, (tmp_path / "b").open("w+b") as two:
        assert pdf.examine([one, two]) == ["fine", "damaged"]


@pytest.mark.accepts("U7")
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../x.pdf", "x.pdf"),
        ("..\\..\\x.pdf", "x.pdf"),
        ("C:\\Windows\\x.pdf", "x.pdf"),
        ("C:x.pdf", "C_x.pdf"),
        ("CON.pdf", "_CON.pdf"),
        ("lpt1.hop.pdf", "_lpt1.hop.pdf"),
        ("a" * 300 + ".pdf", "a" * 120 + ".pdf"),
        (unicodedata.normalize("NFD", "Đơn.pdf"), unicodedata.normalize("NFC", "Đơn.pdf")),
        ('x"; a=<b>|*?.pdf', "x_; a=_b____.pdf"),
        ("anh.JPEG", "anh.pdf"),
        (" . .pdf", "tep.pdf"),
    ],
)
def test_a_name_is_shown_so_that_any_device_can_keep_it(name, shown):
    assert names.to_show(name, "pdf") == shown


def test_every_reason_says_what_to_do_in_both_languages():
    from django.utils import translation

    for reason in Reason:
        with translation.override("vi"):
            said = str(reason.label)
        with translation.override("en"):
            assert said != str(reason.label), reason
        assert said.endswith(".")


def test_a_simple_upload_of_django_is_looked_at_too(tmp_path):
    assert kinds.decide("a.png", SimpleUploadedFile("a.png", PNG).file) == Kind.PNG
