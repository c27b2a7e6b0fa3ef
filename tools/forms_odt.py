"""A blank form as ODT (OpenDocument 1.3), written by hand: five small files in an archive."""

from __future__ import annotations

import io
import zipfile
from html import escape

from forms import BOX, NOTE, SIGN_HINT, STATE, Block, Form, Part

WIDTH = 16.5  # centimetres between the margins
KIND = "application/vnd.oasis.opendocument.text"
NAMES = {
    "office": "office:1.0", "text": "text:1.0", "table": "table:1.0", "style": "style:1.0", "fo": "xsl-fo-compatible:1.0", "meta": "meta:1.0",
    "svg": "svg-compatible:1.0",
}  # fmt: skip
XMLNS = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{urn}"' for name, urn in NAMES.items())
XMLNS += ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
MANIFEST = f"""{HEAD}<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">
<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{KIND}"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
<manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/>
<manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/>
</manifest:manifest>"""
STYLES = f"""{HEAD}<office:document-styles {XMLNS} office:version="1.3">
<office:font-face-decls><style:font-face style:name="Times New Roman" svg:font-family="'Times New Roman'"/></office:font-face-decls>
<office:styles>
<style:default-style style:family="paragraph"><style:paragraph-properties fo:margin-bottom="0.18cm" fo:line-height="115%"/>
<style:text-properties style:font-name="Times New Roman" fo:font-size="13pt" fo:language="vi" fo:country="VN"/></style:default-style>
<style:style style:name="Standard" style:family="paragraph"/>
<style:style style:name="Heading_1" style:display-name="Heading 1" style:family="paragraph" style:default-outline-level="1">
<style:paragraph-properties fo:text-align="center" fo:margin-top="0.4cm"/>
<style:text-properties fo:font-size="15pt" fo:font-weight="bold" fo:text-transform="uppercase"/></style:style>
<style:style style:name="Heading_2" style:display-name="Heading 2" style:family="paragraph" style:default-outline-level="2">
<style:paragraph-properties fo:margin-top="0.3cm" fo:keep-with-next="always"/><style:text-properties fo:font-weight="bold"/></style:style>
<style:style style:name="Footer" style:family="paragraph"><style:paragraph-properties fo:text-align="center"/>
<style:text-properties fo:font-size="9pt" fo:font-style="italic"/></style:style>
</office:styles>
<office:automatic-styles><style:page-layout style:name="A4"><style:page-layout-properties fo:page-width="21cm" fo:page-height="29.7cm"
 fo:margin-left="2.5cm" fo:margin-right="2cm" fo:margin-top="1.8cm" fo:margin-bottom="1.2cm"/><style:footer-style/></style:page-layout>
</office:automatic-styles>
<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="A4"><style:footer>
<text:p text:style-name="Footer">{escape(NOTE)}</text:p></style:footer></style:master-page></office:master-styles>
</office:document-styles>"""

CELL = (
    '<style:style style:name="Cell" style:family="table-cell">'
    '<style:table-cell-properties fo:border="0.5pt solid #000000" fo:padding="0.1cm"/></style:style>'
)


class _Page:
    """The text of a document and the styles that it needs."""

    def __init__(self) -> None:
        self.body: list[str] = []
        self.styles: dict[str, str] = {}
        self.columns: list[str] = []

    def style(self, paragraph: str = "", text: str = "", inside: str = "") -> str:
        """The name of a paragraph style with these properties."""
        said = f"<style:paragraph-properties {paragraph}>{inside}</style:paragraph-properties><style:text-properties {text}/>"
        return self.styles.setdefault(said, f"P{len(self.styles) + 1}")

    def add(self, text: str, paragraph: str = "", look: str = "") -> None:
        """A paragraph of plain text."""
        self.body.append(f'<text:p text:style-name="{self.style(paragraph, look)}">{escape(text)}</text:p>')

    def line(self, parts: tuple[Part, ...], stops: list[float], paragraph: str = "") -> None:
        """A line with blanks (tabs with dots before them) and boxes."""
        tabs = "".join(
            f'<style:tab-stop style:position="{stop:.2f}cm" style:type="right" style:leader-style="dotted" style:leader-text="."/>' for stop in stops
        )
        said = ""
        for place, part in enumerate(parts):
            said += " " if place and not (isinstance(part, str) and part.startswith(",")) else ""
            said += "<text:tab/>" if part is None else BOX if part is True else escape(str(part))
        style = self.style(paragraph, inside=f"<style:tab-stops>{tabs}</style:tab-stops>" if tabs else "")
        self.body.append(f'<text:p text:style-name="{style}">{said}</text:p>')

    def table(self, block: Block) -> None:
        """A table with borders; its head is known as such."""
        name = f"T{len(self.body)}"
        whole = sum(block.widths)
        columns = ""
        for place, width in enumerate(block.widths):
            share = f'<style:table-column-properties style:column-width="{WIDTH * width / whole:.2f}cm"/>'
            self.columns.append(f'<style:style style:name="{name}.{place}" style:family="table-column">{share}</style:style>')
            columns += f'<table:table-column table:style-name="{name}.{place}"/>'
        bold, plain = self.style("", 'fo:font-size="12pt" fo:font-weight="bold"'), self.style("", 'fo:font-size="12pt"')

        def row(cells: tuple[str, ...], style: str) -> str:
            said = (f'<text:p text:style-name="{style}">{escape(cell)}</text:p>' for cell in cells)
            opened = '<table:table-cell table:style-name="Cell" office:value-type="string">'
            return f"<table:table-row>{''.join(f'{opened}{text}</table:table-cell>' for text in said)}</table:table-row>"

        head = f"<table:table-header-rows>{row(block.header, bold)}</table:table-header-rows>"
        rows = "".join(row(cells, plain) for cells in block.rows)
        self.body.append(f'<table:table table:name="{name}">{columns}{head}{rows}</table:table>')
        self.add("")

    def content(self) -> str:
        """content.xml."""
        own = "".join(
            f'<style:style style:name="{name}" style:family="paragraph" style:parent-style-name="Standard">{said}</style:style>'
            for said, name in self.styles.items()
        )
        return (
            f'{HEAD}<office:document-content {XMLNS} office:version="1.3">'
            f"<office:automatic-styles>{own}{''.join(self.columns)}{CELL}</office:automatic-styles>"
            f"<office:body><office:text>{''.join(self.body)}</office:text></office:body></office:document-content>"
        )


def _body(form: Form) -> _Page:
    page = _Page()
    centre, italic = 'fo:text-align="center"', 'fo:font-size="11pt" fo:font-style="italic"'
    if form.number:
        page.add(form.number, 'fo:text-align="end"', 'fo:font-size="11pt"')
    page.add(STATE[0], centre, 'fo:font-weight="bold"')
    page.add(STATE[1], centre, 'fo:font-weight="bold" style:text-underline-style="solid"')
    page.body.append(f'<text:h text:style-name="Heading_1" text:outline-level="1">{escape(form.title)}</text:h>')
    page.add(f"Kính gửi: {form.to}", centre)
    if form.hint:
        page.add(form.hint, "", italic)
    for block in form.blocks:
        if block.kind == "section":
            page.body.append(f'<text:h text:style-name="Heading_2" text:outline-level="2">{escape(block.text)}</text:h>')
        elif block.kind == "hint":
            page.add(block.text, "", italic)
        elif block.kind == "line":
            blanks = sum(part is None for part in block.parts)
            page.line(block.parts, [WIDTH * count / blanks for count in range(1, blanks + 1)])
        else:
            page.table(block)
    if form.sign:
        left = WIDTH * 0.4
        page.line(form.place_and_day, [WIDTH * part for part in (0.24, 0.37, 0.49, 0.6)], f'fo:margin-left="{left:.2f}cm" fo:margin-top="0.3cm"')
        for who in form.sign:
            here = centre if len(form.sign) > 1 else f'{centre} fo:margin-left="{WIDTH / 2:.2f}cm"'
            page.add(who, here, 'fo:font-weight="bold"')
            page.add(SIGN_HINT, f'{here} fo:margin-bottom="2cm"', italic)
    return page


def odt_of(form: Form) -> bytes:
    """The file; the same bytes each time."""
    meta = (
        f'{HEAD}<office:document-meta {XMLNS} office:version="1.3"><office:meta><dc:title>{escape(form.title)}</dc:title>'
        f"<dc:language>vi-VN</dc:language></office:meta></office:document-meta>"
    )
    parts = {"content.xml": _body(form).content(), "styles.xml": STYLES, "meta.xml": meta, "META-INF/manifest.xml": MANIFEST}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        # first and uncompressed: by it programs know the kind of the file
        archive.writestr(zipfile.ZipInfo("mimetype", (1980, 1, 1, 0, 0, 0)), KIND, zipfile.ZIP_STORED)
        for name, said in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), said.encode(), zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()
