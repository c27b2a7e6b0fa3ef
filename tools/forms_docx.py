"""A blank form as DOCX, to be filled in by typing: dotted blanks are tabs, boxes to tick answer to a click."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.opc.oxml import serialize_part_xml
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from forms import BOX, NOTE, SIGN_HINT, STATE, Block, Form, Part

WIDTH = 16.5  # centimetres between the margins
FONT = "Times New Roman"
NAMESPACES = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
CHECKBOX = f"""<w:sdt {NAMESPACES}><w:sdtPr><w14:checkbox><w14:checked w14:val="0"/>
<w14:checkedState w14:val="2612" w14:font="MS Gothic"/><w14:uncheckedState w14:val="25A1" w14:font="MS Gothic"/></w14:checkbox></w:sdtPr>
<w:sdtContent><w:r><w:rPr><w:rFonts w:ascii="MS Gothic" w:hAnsi="MS Gothic" w:eastAsia="MS Gothic" w:hint="eastAsia"/></w:rPr>
<w:t>{BOX}</w:t></w:r></w:sdtContent></w:sdt>"""
KEPT_STYLES = {"Normal", "Heading 1", "Heading 2", "Table Grid", "Normal Table", "Default Paragraph Font", "No List", "Footer"}
DAY_ONE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)  # no clock and no account stands in the file


def docx_of(form: Form) -> bytes:
    """The file; the same bytes each time."""
    document = Document()
    _prepare(document, form)
    if form.number:
        _paragraph(document, form.number, align=WD_ALIGN_PARAGRAPH.RIGHT, size=11)
    _paragraph(document, STATE[0], align=WD_ALIGN_PARAGRAPH.CENTER, bold=True, after=0)
    _paragraph(document, STATE[1], align=WD_ALIGN_PARAGRAPH.CENTER, bold=True, underline=True)
    _heading(document, form.title, 1)
    _paragraph(document, f"Kính gửi: {form.to}", align=WD_ALIGN_PARAGRAPH.CENTER)
    if form.hint:
        _paragraph(document, form.hint, italic=True, size=11)
    for block in form.blocks:
        _block(document, block)
    if form.sign:
        _signatures(document, form)
    document.sections[0].footer.is_linked_to_previous = False
    footer = document.sections[0].footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = footer.add_run(NOTE)
    run.italic, run.font.size = True, Pt(9)
    out = io.BytesIO()
    document.save(out)
    return _packed(out)


def _prepare(document: Any, form: Form) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin, section.right_margin, section.top_margin, section.bottom_margin = Cm(2.5), Cm(2), Cm(1.8), Cm(2)
    styles = document.styles
    for style in list(styles.element.findall(qn("w:style"))):
        if style.find(qn("w:name")).get(qn("w:val")).title() not in {name.title() for name in KEPT_STYLES}:
            styles.element.remove(style)
    if (latent := styles.element.find(qn("w:latentStyles"))) is not None:
        styles.element.remove(latent)
    normal = styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(13)
    normal.paragraph_format.space_after, normal.paragraph_format.line_spacing = Pt(5), 1.15
    for lang in styles.element.iter(qn("w:lang")):
        lang.set(qn("w:val"), "vi-VN")
    for level, size in ((1, 15), (2, 13)):
        style = styles[f"Heading {level}"]
        style.font.size, style.font.bold, style.font.color.rgb = Pt(size), True, None
        fonts = style.element.rPr.rFonts
        for name in list(fonts.attrib):
            del fonts.attrib[name]
        for name in ("ascii", "hAnsi", "eastAsia", "cs"):
            fonts.set(qn(f"w:{name}"), FONT)
    properties = document.core_properties
    properties.title, properties.language, properties.author, properties.comments = form.title, "vi-VN", "", ""
    properties.created = properties.modified = DAY_ONE


def _paragraph(
    where: Any, text: str = "", *, align: Any = None, bold: bool = False, italic: bool = False, underline: bool = False, size: float | None = None,
    after: float | None = None,
) -> Any:  # fmt: skip
    paragraph = where.add_paragraph()
    paragraph.alignment = align
    if text:
        run = paragraph.add_run(text)
        run.bold, run.italic, run.underline = bold or None, italic or None, underline or None
        if size:
            run.font.size = Pt(size)
    if after is not None:
        paragraph.paragraph_format.space_after = Pt(after)
    return paragraph


def _heading(document: Any, text: str, level: int) -> None:
    heading = document.add_heading(level=level)
    run = heading.add_run(text)
    heading.paragraph_format.space_before, heading.paragraph_format.space_after = Pt(12 if level == 1 else 9), Pt(5)
    if level == 1:
        heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
        run.font.all_caps = True


def _parts(paragraph: Any, parts: tuple[Part, ...], width: float = WIDTH) -> None:
    """Texts, boxes, and a tab with a dotted leader for each blank; the blanks of a line share its width."""
    blanks = [place for place, part in enumerate(parts) if part is None]
    for count, _place in enumerate(blanks, 1):
        position = width * count / len(blanks)
        paragraph.paragraph_format.tab_stops.add_tab_stop(Cm(position), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
    for place, part in enumerate(parts):
        gap = " " if place and not (isinstance(part, str) and part.startswith(",")) else ""
        if part is True:
            if gap:
                paragraph.add_run(gap)
            paragraph._p.append(parse_xml(CHECKBOX))
        else:
            paragraph.add_run(gap + ("\t" if part is None else str(part)))


def _block(document: Any, block: Block) -> None:
    if block.kind == "section":
        _heading(document, block.text, 2)
    elif block.kind == "hint":
        _paragraph(document, block.text, italic=True, size=11)
    elif block.kind == "line":
        _parts(_paragraph(document), block.parts)
    else:
        _table(document, block)


def _table(document: Any, block: Block) -> None:
    table = document.add_table(rows=0, cols=len(block.header), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    whole = sum(block.widths)
    for place, row in enumerate((block.header, *block.rows)):
        cells = table.add_row().cells
        for cell, width, text in zip(cells, block.widths, row, strict=True):
            cell.width = Cm(WIDTH * width / whole)
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(4)
            run = paragraph.add_run(text)
            run.font.size, run.bold = Pt(12), True if place == 0 else None
    for column, width in zip(table.columns, block.widths, strict=True):
        column.width = Cm(WIDTH * width / whole)
    head = table.rows[0]._tr.get_or_add_trPr()
    head.append(parse_xml(f'<w:tblHeader {NAMESPACES} w:val="true"/>'))  # said again on each page, and known as head to a screen reader
    _paragraph(document, after=0)


def _signatures(document: Any, form: Form) -> None:
    line = _paragraph(document)
    line.paragraph_format.left_indent = Cm(WIDTH * 0.4)
    line.paragraph_format.space_before = Pt(8)
    line.paragraph_format.keep_with_next = True
    for count in range(1, 5):
        stop = WIDTH * (0.4 + (0.24, 0.37, 0.49, 0.6)[count - 1])
        line.paragraph_format.tab_stops.add_tab_stop(Cm(stop), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
    for place, part in enumerate(form.place_and_day):
        gap = " " if place and not (isinstance(part, str) and part.startswith(",")) else ""
        line.add_run(gap + ("\t" if part is None else str(part)))
    people = form.sign if len(form.sign) > 1 else ("", *form.sign)
    cells = document.add_table(rows=1, cols=len(people)).rows[0].cells
    for cell, who in zip(cells, people, strict=True):
        paragraph = cell.paragraphs[0]
        if not who:
            continue
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.add_run(who).bold = True
        paragraph.paragraph_format.space_after = Pt(0)
        note = _paragraph(cell, SIGN_HINT, italic=True, size=11, align=WD_ALIGN_PARAGRAPH.CENTER)
        note.paragraph_format.space_after = Pt(60)


def _packed(made: io.BytesIO) -> bytes:
    """The archive without the template's picture, and with no clock in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for entry in source.infolist():
            if entry.filename.startswith(("docProps/thumbnail", "customXml/")) or entry.filename == "word/stylesWithEffects.xml":
                continue
            data = source.read(entry)
            if entry.filename in {"_rels/.rels", "word/_rels/document.xml.rels"}:
                data = _without(data, "Id", ("thumbnail", "stylesWithEffects", "customXml"))
            elif entry.filename == "[Content_Types].xml":
                data = _without(data, "PartName", ("stylesWithEffects", "customXml"))
            target.writestr(zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()


def _without(data: bytes, attribute: str, names: tuple[str, ...]) -> bytes:
    """The list of parts without those that are left out."""
    root = parse_xml(data)
    for element in list(root):
        if element.get(attribute) is not None and any(name in (element.get("Target") or element.get("PartName") or "") for name in names):
            root.remove(element)
    made: bytes = serialize_part_xml(root)
    return made
