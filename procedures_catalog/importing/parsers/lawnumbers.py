"""Numbers of legal documents out of flattened tables, where one number runs into the next title or number."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from .words import tidy

# Who issues: a number ends with one of these, whatever is glued behind it.
ISSUERS = (
    "BTC", "BTP", "BCA", "BQP", "BNNMT", "BNNPTNT", "BNN", "NHNN", "BGTVT", "BXD", "BTNMT", "BKHĐT", "BLĐTBXH", "BLĐBXH", "BVHTTDL", "BVHTT",
    "BKHCN", "BNV", "BYT", "BCT", "BGDĐT", "BTTTT", "BNG", "BTM", "BCN", "BTS", "BDTTG", "VPCP", "TTCP", "UBDT", "BHXH", "KTNN", "TANDTC",
    "VKSNDTC", "HĐTP", "UBND", "HĐND", "CP", "TTg", "CTN", "VKSTC",
)  # fmt: skip
ISSUER = "|".join(sorted(ISSUERS, key=len, reverse=True))
KIND = (
    r"(?:QH(?:1[0-6]|[5-9])|(?:NQ|PL|NQ-)?-?UBTVQH(?:1[0-6]|[5-9])(?:-[IVX]{1,3})?|NQ-QH(?:1[0-6]|[5-9])|VBHN-(?:VPQH|" + ISSUER + r")"
    r"|N[ĐD]-?C[P]?|(?:TTLT|TT|NQ|QĐ|CT|PL|L|QC|CTr)(?:-(?:" + ISSUER + r"|TTG))+(?:/TANDTC)?)"
)
NUMBER = re.compile(rf"(?P<run>\d{{1,8}}(?:\.\d{{1,2}})?)\s*/\s*(?:(?P<year>(?:19|20)\d\d)\s*/\s*)?(?P<kind>{KIND})")
YEAR_GLUED = re.compile(r"(?P<glue>(?:19[4-9]|20[0-3])\d)(?P<number>\d{1,4})")
LOOKS_LIKE_NUMBER = re.compile(r"(?<!\d)\d++/(?:\d{4}/)?[A-ZĐ]{1,5}[A-ZĐ0-9-]*")
DECREE = re.compile(r"N[ĐD]-?CP?")
YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass
class LawReading:
    """Numbers that are certain, in the order of the text; how many were repaired; what looks like a number and is not
    certain, word for word."""

    numbers: list[str] = field(default_factory=list)
    repaired: list[tuple[str, str]] = field(default_factory=list)  # (as it stood, as it was read)
    unread: list[str] = field(default_factory=list)


def _repair(match: re.Match[str]) -> tuple[str | None, bool]:
    run, year, kind = match["run"], match["year"], match["kind"]
    repaired = False
    if len(run.split(".")[0]) > 4:
        glued = YEAR_GLUED.fullmatch(run)
        if glued is None:
            return None, False
        run, repaired = glued["number"], True
    if DECREE.fullmatch(kind):
        kind, repaired = "NĐ-CP", repaired or kind != "NĐ-CP"
    if kind.endswith("TTG"):
        kind, repaired = kind[:-1] + "g", True
    if year is None and YEAR.fullmatch(run):
        return None, False  # "2018/NĐ-CP": a year that lost its number
    return "/".join(part for part in (run, year, kind) if part), repaired


def _read(text: str, reading: LawReading) -> list[tuple[int, int]]:
    spans = []
    for match in NUMBER.finditer(text):
        number, repaired = _repair(match)
        spans.append(match.span())
        if number is None:
            reading.unread.append(match[0])
            continue
        # A letter behind a number is the next title glued to it.
        repaired = repaired or text[match.end() : match.end() + 1].isalnum()
        if number not in reading.numbers:
            reading.numbers.append(number)
            if repaired:
                reading.repaired.append((text[max(0, match.start() - 6) : match.end() + 3].strip(), number))
    return spans


def read_law_numbers(raw: str | None, codes: Iterable[str] = ()) -> LawReading:
    """Numbers of legal documents out of the flattened table (`raw`); the list of codes is used where there is no table.

    Certain are numbers that end with a known issuer, a year glued before the number ("29/6/202443/2024/QH15") taken off.
    Everything else that looks like a number is named in `unread`."""
    reading = LawReading()
    text = tidy(raw)
    spans = _read(text, reading)
    if not text:
        for code in codes:
            code = tidy(code)
            if not _read(code, reading) and code:
                reading.unread.append(code)
        return reading
    covered = [False] * (len(text) + 1)
    for begin, end in spans:
        covered[begin:end] = [True] * (end - begin)
    reading.unread.extend(match[0] for match in LOOKS_LIKE_NUMBER.finditer(text) if not any(covered[match.start() : match.end()]))
    reading.unread = list(dict.fromkeys(word for word in reading.unread if word not in reading.numbers))
    return reading
