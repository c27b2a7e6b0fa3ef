"""Papers: quantities, notes that stand among them, names of files glued to their text, sets."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .words import one_line, tidy

ORIGINALS = re.compile(r"(?:(\d{1,4})\s*bản\s*chính|bản\s*chính\s*:\s*(\d{1,4}))", re.IGNORECASE)
COPIES = re.compile(r"(?:(\d{1,4})\s*bản\s*sao|bản\s*sao\s*:\s*(\d{1,4}))", re.IGNORECASE)
QUANTITY = re.compile(r"(?:\d{1,4}\s*bản\s*(?:chính|sao)|bản\s*(?:chính|sao)\s*:\s*\d{1,4}|[\s,;\-])+", re.IGNORECASE)
FILE = r"[^;:\n/\\]{1,120}?\.(?:docx?|pdf|xlsx?|odt|rtf)"
# The name of a file is short: only the last letters are tried as one, however long the text before them is.
GLUED_FILE = re.compile(rf"^(?P<text>.*[;.)”\"])(?=.{{5,125}}+\Z)(?P<file>{FILE})$", re.IGNORECASE | re.DOTALL)
GLUED_FORM = re.compile(
    r"^(?P<text>.*\S)(?<!\s)(?P<file>(?:Mẫu|MẪU|Mau|MAU|Mus|MU|Phụ lục|PHỤ LỤC|Phu luc|Phu_luc)[^;:\n/\\]{0,80}?\.(?:docx?|pdf|xlsx?|odt|rtf))$",
    re.DOTALL,
)
SETS = re.compile(r"[\s•\-*]*(?:(?:một|hai|ba|bốn|năm)\s*)?\(?0*(\d{1,2})\)?\s*(?:\([^()\d]{1,12}\)\s*)?\(?bộ\)?(?:\s+hồ\s+sơ)?", re.IGNORECASE)
NOTE = re.compile(
    r"[\s*+\-•(]*(?:trường hợp|đối với|lưu ý|ghi chú|miễn nộp|người (?:tiếp nhận|có yêu cầu|yêu cầu|nộp|đi)|cá nhân (?:có|được)|"
    r"cơ quan|khi |việc |các (?:giấy tờ|bản|thông tin|tài liệu) (?:trên|nêu trên|này)|theo quy định|nếu |không (?:phải|yêu cầu)|"
    r"giấy tờ (?:do|phải)|hồ sơ (?:gồm|bao gồm)|thành phần hồ sơ|bao gồm|quy cách|số lượng)",
    re.IGNORECASE,
)
LONGEST_NAME_OF_A_PAPER = 400


@dataclass(frozen=True)
class PaperReading:
    """A row of papers: what it is called, how many originals and copies, the form's file, whether it is only a note."""

    name: str
    originals: int | None = None
    copies: int | None = None
    file: str = ""
    is_note: bool = False
    problem: str = ""  # "", "quantity", "zero"


def read_quantity(source: str | None) -> tuple[int | None, int | None, bool]:
    """ "1 bản chính,1 bản sao" or "Bản chính: 1 - Bản sao: 0" as (originals, copies, whether all of it was read)."""
    text = one_line(source)
    originals = ORIGINALS.search(text)
    copies = COPIES.search(text)
    read = bool(QUANTITY.fullmatch(text)) if text else True
    return (
        int(originals[1] or originals[2]) if originals else None,
        int(copies[1] or copies[2]) if copies else None,
        read and len(ORIGINALS.findall(text)) <= 1 and len(COPIES.findall(text)) <= 1,
    )


def read_paper(text: str | None, quantity: str | None, file: str | None = None, *, has_file: bool = False) -> PaperReading:
    """Read one row of the list of papers.

    "0 bản chính" says that no paper is asked for: a sentence ("Trường hợp …", a heading, a long text) is a note, a name is
    a paper whose number is not known.
    """
    name = tidy(text)
    file = tidy(file)
    if has_file and not file and (match := GLUED_FILE.match(name) or GLUED_FORM.match(name)):
        name, file = match["text"].strip(), match["file"].strip()
    originals, copies, read = read_quantity(quantity)
    if not read:
        return PaperReading(name, originals, copies, file, False, "quantity")
    if originals is not None and not originals and not copies:
        is_note = bool(NOTE.match(name)) or name.endswith(":") or len(name) > LONGEST_NAME_OF_A_PAPER
        return PaperReading(name, None, None, file, is_note and not file, "" if is_note and not file else "zero")
    return PaperReading(name, originals, copies, file)


def read_sets(source: str | None) -> tuple[int | None, bool]:
    """ "01 bộ", "Một (01) bộ hồ sơ" as (sets, whether that was all it said)."""
    text = one_line(source)
    match = SETS.match(text)
    if match is None:
        return None, not text
    return int(match[1]), not text[match.end() :].strip(" .;")
