"""Blank forms of the demonstration: one readable source each, made into DOCX, PDF and ODT.

    forms.py make [FOLDER]     make the files of every source anew (`make forms`)
    forms.py check [FOLDER]    fail when a source has no files, or a file no source

How a source is written: fixtures/demonstration/forms/README.md.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "fixtures" / "demonstration" / "forms"
LARGEST = 40 * 1024  # bytes of one file
STATE = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")
NOTE = "Bản minh họa của Quận Bến Lành (đơn vị giả định); dùng mẫu chính thức khi nộp thật"
SIGN_HINT = "(Ký, ghi rõ họ và tên)"
FORMATS = ("docx", "pdf", "odt")
KEYS = {"title", "code", "to", "sign", "formats", "hint"}
MARK = re.compile(r"(_{3,}|\[ \])")
BOX = "□"

Part = str | bool | None  # a text, True for a box to tick, None for a dotted blank to write on


class BadSource(Exception):
    """A source that cannot be read; its text says where and why."""


@dataclass(frozen=True)
class Block:
    """A piece of a form: "section", "hint", "line" or "table"."""

    kind: str
    text: str = ""
    parts: tuple[Part, ...] = ()
    header: tuple[str, ...] = ()
    widths: tuple[int, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Form:
    """A blank form, as all formats show it."""

    name: str  # of its files
    title: str
    code: str
    to: str
    hint: str
    sign: tuple[str, ...]
    formats: tuple[str, ...]
    blocks: tuple[Block, ...] = field(default=())

    @property
    def number(self) -> str:
        """The code as it stands in the corner of the page."""
        return self.code if not self.code or self.code.startswith(("Mẫu", "Phụ lục")) else f"Mẫu {self.code}"

    @property
    def place_and_day(self) -> tuple[Part, ...]:
        """The line above the signatures."""
        return (None, ", ngày", None, "tháng", None, "năm", None)

    def texts(self) -> list[str]:
        """Every text of the form but the note at its foot, in reading order."""
        found = [self.number, *STATE, self.title, f"Kính gửi: {self.to}", self.hint]
        for block in self.blocks:
            found += [block.text, *(BOX if part is True else part or "" for part in block.parts), *block.header]
            found += [cell for row in block.rows for cell in row]
        if self.sign:
            found += [*(part for part in self.place_and_day if isinstance(part, str)), *self.sign, *([SIGN_HINT] * len(self.sign))]
        return [text for text in found if text]


def parse(text: str, name: str) -> Form:
    """A source as a form. Raises BadSource."""
    try:
        _before, head, body = text.split("+++\n", 2)
        meta = tomllib.loads(head)
    except ValueError as error:
        raise BadSource(f"{name}: a head between two lines of +++ is needed: {error}") from error
    if unknown := meta.keys() - KEYS:
        raise BadSource(f"{name}: unknown in the head: {', '.join(sorted(unknown))}")
    if missing := {"title", "to"} - meta.keys():
        raise BadSource(f"{name}: missing in the head: {', '.join(sorted(missing))}")
    formats = tuple(meta.get("formats", ("docx", "pdf")))
    if wrong := set(formats) - set(FORMATS):
        raise BadSource(f"{name}: no such format: {', '.join(sorted(wrong))}")
    return Form(
        name=name, title=meta["title"], code=meta.get("code", ""), to=meta["to"], hint=meta.get("hint", ""), sign=tuple(meta.get("sign", ())),
        formats=formats, blocks=tuple(_blocks(body.splitlines(), name)),
    )  # fmt: skip


def _blocks(lines: list[str], name: str) -> list[Block]:
    blocks: list[Block] = []
    table: list[str] = []
    for line in [*(line.strip() for line in lines), ""]:
        if line.startswith("|"):
            table.append(line)
            continue
        if table:
            blocks.append(_table(table, name))
            table = []
        if line.startswith("## "):
            blocks.append(Block("section", line.removeprefix("## ")))
        elif line.startswith("> "):
            blocks.append(Block("hint", line.removeprefix("> ")))
        elif line.startswith("#"):
            raise BadSource(f"{name}: a section begins with two signs: {line}")
        elif line:
            blocks.append(Block("line", parts=_parts(line)))
    return blocks


def _parts(line: str) -> tuple[Part, ...]:
    found: list[Part] = []
    for piece in MARK.split(line):
        if piece.startswith("___"):
            found.append(None)
        elif piece == "[ ]":
            found.append(True)
        elif piece.strip():
            found.append(piece.strip())
    return tuple(found)


def _table(lines: list[str], name: str) -> Block:
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
    if len(rows) < 3 or not all(set(cell) == {"-"} for cell in rows[1]):
        raise BadSource(f"{name}: a table is a head, a line of dashes whose lengths are the widths, and rows: {lines[0]}")
    if any(len(row) != len(rows[0]) for row in rows):
        raise BadSource(f"{name}: rows of different length: {lines[0]}")
    return Block("table", header=rows[0], widths=tuple(len(cell) for cell in rows[1]), rows=tuple(rows[2:]))


def sources(folder: Path = FOLDER) -> list[Form]:
    """All forms of a folder, by name."""
    return [parse(path.read_text(encoding="utf-8"), path.stem) for path in sorted(folder.glob("*.md")) if path.stem != "README"]


def pdf_of(form: Form) -> bytes:
    """A4, tagged (PDF/UA-1), in Vietnamese, fonts embedded; the same bytes each time."""
    import typst

    data = {
        "title": form.title, "number": form.number, "to": form.to, "hint": form.hint, "state": STATE, "note": NOTE, "sign": form.sign,
        "sign_hint": SIGN_HINT, "day": form.place_and_day,
        "blocks": [
            {"kind": block.kind, "text": block.text, "parts": block.parts, "header": block.header, "widths": block.widths, "rows": block.rows}
            for block in form.blocks
        ],
    }  # fmt: skip
    made: bytes = typst.compile(
        str(Path(__file__).with_suffix(".typ")), format="pdf", ignore_system_fonts=True, pdf_standards=["ua-1"],
        sys_inputs={"form": json.dumps(data, ensure_ascii=False)},
    )  # fmt: skip
    return made


def make(form: Form, kind: str) -> bytes:
    """The file of a form in one format."""
    if kind == "docx":
        from forms_docx import docx_of

        return docx_of(form)
    if kind == "odt":
        from forms_odt import odt_of

        return odt_of(form)
    return pdf_of(form)


def disagreements(folder: Path = FOLDER) -> list[str]:
    """Files that lack, and files that no source asks for."""
    asked = {f"{form.name}.{kind}" for form in sources(folder) for kind in form.formats}
    there = {path.name for path in (folder / "files").iterdir()}
    return [f"not made: {name}" for name in sorted(asked - there)] + [f"without a source: {name}" for name in sorted(there - asked)]


def main(arguments: list[str]) -> int:
    """Make or check; gives the exit code."""
    command, folder = arguments[0] if arguments else "", Path(arguments[1]) if arguments[1:] else FOLDER
    if command == "check":
        problems = disagreements(folder)
        print("\n".join(problems) or "Every source has its files.")
        return 1 if problems else 0
    if command != "make":
        print(__doc__)
        return 2
    target = folder / "files"
    target.mkdir(exist_ok=True)
    count = total = 0
    for form in sources(folder):
        for kind in form.formats:
            made = make(form, kind)
            if len(made) > LARGEST:
                raise SystemExit(f"{form.name}.{kind}: {len(made)} bytes, more than {LARGEST}")
            (target / f"{form.name}.{kind}").write_bytes(made)
            count, total = count + 1, total + len(made)
    print(f"{count} files, {total / 1024:.0f} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
