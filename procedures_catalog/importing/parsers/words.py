"""Words of the portal: tidy text, levels, audiences, channels, and how a long text falls into steps."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

# No-break and other odd spaces; marks that nobody sees and that break words in two for a search.
ODD_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
ODD = re.compile(f"{ODD_SPACES.pattern[:-1]}{INVISIBLE.pattern[1:-1]}{CONTROL.pattern[1:]}")
SPACES = re.compile(r" {2,}| ?\t[ \t]*")
LINE_ENDS = re.compile(r"(?<![ \t])[ \t]*+[\r\n](?:[ \t]*+[\r\n])*+")  # begins where a run of blanks begins, and only there

NOTHING = re.compile(r"[\s•*\-.:\[(]*(?:không có(?: thông tin(?: cụ thể)?)?|chưa có thông tin(?: cụ thể)?|không)[\s.;\])]*", re.IGNORECASE)
# A page flattened into one string: the labels of its empty parts, one behind the other.
EMPTY_PAGE = re.compile(r"\s*+(?:(?:Không có thông tin|Từ khóa|Mô tả)\s*+)++")

LEVELS = {"bộ": "ministry", "trung ương": "ministry", "tỉnh": "province", "huyện": "district", "xã": "ward", "cơ quan khác": "other"}
AUDIENCES = {
    "công dân việt nam": "citizen",
    "người việt nam định cư ở nước ngoài": "overseas_vietnamese",
    "người nước ngoài": "foreigner",
    "người nước ngoài cư trú tại việt nam": "foreigner",
    "cán bộ, công chức, viên chức": "official",
    "hộ kinh doanh": "household_business",
    "doanh nghiệp": "enterprise",
    "doanh nghiệp việt nam": "enterprise",
    "doanh nghiệp có vốn đầu tư nước ngoài": "foreign_invested",
    "hợp tác xã": "cooperative",
    "tổ chức (không bao gồm doanh nghiệp, htx)": "organisation",
    "tổ chức nước ngoài": "foreign_organisation",
    "tổ chức đảng": "party",
    "đảng viên": "party",
}
CHANNELS = {"trực tiếp": "counter", "trực tuyến": "online", "dịch vụ bưu chính": "post"}
CHANNEL_WORDS = (
    ("counter", re.compile(r"trực tiếp|bộ phận (?:một cửa|tiếp nhận)|tại trụ sở|tại trung tâm", re.IGNORECASE)),
    ("online", re.compile(r"trực tuyến|trên mạng|môi trường điện tử|cổng dịch vụ công|dvctt", re.IGNORECASE)),
    ("post", re.compile(r"bưu chính|bưu điện", re.IGNORECASE)),
)
MARKERS = (
    re.compile(r"(?m)^[ \t]*(?:[-•*+–][ \t]*)?Bước[ \t]+\d{1,2}\b"),
    re.compile(r"(?m)^[ \t]*\d{1,2}[.)](?!\d)"),
    re.compile(r"(?m)^[ \t]*[a-zđ]\)"),
    re.compile(r"(?m)^[ \t]*[-–]"),
    re.compile(r"(?m)^[ \t]*•"),
    re.compile(r"(?m)^[ \t]*\+"),
)


@lru_cache(maxsize=1024)  # a record's readers ask for the same text several times
def tidy(text: str | None) -> str:
    """Text without odd spaces, invisible marks, trailing blanks and empty lines; its words and lines stay."""
    if not text:
        return ""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if ODD.search(text):
        text = CONTROL.sub(" ", INVISIBLE.sub("", ODD_SPACES.sub(" ", text)))
    if "\n" in text or "\r" in text:
        text = LINE_ENDS.sub("\n", text)
    if "  " in text or "\t" in text:
        text = SPACES.sub(" ", text)
    return text.strip()


def one_line(text: str | None) -> str:
    """Tidy text in one line."""
    return " ".join(tidy(text).split())


def said(text: str | None) -> str:
    """Tidy text, or '' where it only says that there is nothing ("Không có thông tin")."""
    text = tidy(text)
    return "" if NOTHING.fullmatch(text) or (text and EMPTY_PAGE.fullmatch(text)) else text


def levels(words: str | None) -> tuple[list[str], list[str]]:
    """ "Cấp bộ, Cấp xã" as codes of levels, highest first, and the words that name none."""
    found: set[str] = set()
    unknown: list[str] = []
    for word in re.split(r"[,;\n]", tidy(words)):
        key = re.sub(r"^cấp\s+", "", word.strip().lower())
        if code := LEVELS.get(key):
            found.add(code)
        elif key:
            unknown.append(word.strip())
    return [code for code in dict.fromkeys(LEVELS.values()) if code in found], unknown


def audiences(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Names of audiences as codes, in the order of the list of audiences, and the names that are none."""
    found: set[str] = set()
    unknown: list[str] = []
    for name in names:
        if code := AUDIENCES.get(one_line(name).lower()):
            found.add(code)
        elif name.strip():
            unknown.append(name)
    return [code for code in dict.fromkeys(AUDIENCES.values()) if code in found], unknown


def channels_in(text: str | None) -> list[str]:
    """The ways to file that a sentence names."""
    text = tidy(text)
    return [channel for channel, words in CHANNEL_WORDS if words.search(text)]


def split_steps(text: str | None) -> list[str]:
    """A long text as its steps or points: cut only before lines that begin as its first point does ("Bước 1", "1.", "-").
    Nothing is lost: the parts joined by line feeds are the text."""
    text = tidy(text)
    for marker in MARKERS:
        first = marker.search(text)
        if first is None or (marker is not MARKERS[0] and first.start() > 0):
            continue
        starts = [match.start() for match in marker.finditer(text)]
        cuts = [0, *(start for start in starts if start > 0), len(text)]
        return [part for begin, end in pairwise(cuts) if (part := text[begin:end].strip())]
    return [text] if text else []
