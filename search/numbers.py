"""Which numbers in a text are somebody's: telephone, identity and dossier numbers, in the spellings that people use. Pure, without Django.

Digits are read in runs: groups with up to three signs between them (`0912 - 345 - 678`, `(028) 38291234`, `0084912345678`). Of a run
each stretch of whole groups is judged by its length, its first digits and its shape, so that a number is found whatever stands beside
it. The codes of procedures, the numbers of documents, dates, amounts and years are nobody's.

`static/search/suggest.js` judges alike before anything is sent; `tests/search/numbers.json` is what both are tried with.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

TELEPHONE, IDENTITY, DOSSIER = "telephone", "identity", "dossier"
MOST_DIGITS = 14  # 0084 and ten more

_DOSSIER = re.compile(r"(?:\d{3}\.\d{2}\.\d{2}\.[a-y]\d{2}|[a-y]\d{2}(?:\.[0-9a-z]{1,5}){0,6})\s*[-–—−]\s*\d{6}\s*[-–—−]\s*\d{4,8}", re.IGNORECASE)
# The same with other signs, or none, before and after the day, which is a day then: H21 12 241201 0001
_LOOSE_DOSSIER = re.compile(
    r"(?<![^\W\d_])(?:\d{3}[. ]\d{2}[. ]\d{2}[. ])?[a-y]\d{2}(?:[\s./_–—−-]{1,3}[0-9]{1,5}){0,6}[\s./_–—−-]{1,3}"
    r"\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[\s./_–—−-]{0,3}\d{4,8}(?!\d)",
    re.IGNORECASE,
)
_NOBODYS = re.compile(
    r"(?<![\d.])[1-9]\.\d{6}(?:\.\d{2,3}){0,3}(?:\.[a-z]\d{2})?(?!\d)"  # the code of a procedure
    r"|(?<!\d)(?:0?[1-9]|[12]\d|3[01])([./-])(?:0?[1-9]|1[0-2])\1(?:19|20)\d\d(?!\d(?!\d*/))"  # a day, also with a number glued to it
    r"|(?<!\d)(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?!\d)"
    r"|(?<!\d)(?<!\d[./,_-])\d{1,5}\s?/\s?(?:19|20)\d\d(?!\d|\s?[./,_–—−-]\s?\d)",  # a month, or the number of a document
    re.IGNORECASE,
)
_RUN = re.compile(r"\+?\d(?:[\s./,()_·‐‑–—−-]{0,3}\d)*")
_GROUP = re.compile(r"\d+")
_DIGIT = re.compile(r"\d")
FEWEST_DIGITS = 9  # of an old identity number; telephones have ten, dossiers twelve
_YEAR = re.compile(r"(?:19|20)\d\d")
_AMOUNT = re.compile(
    r"\s?(?:(?:đồng|dong)(?!\s+(?:nai|th[áa]p|xo[àa]i|h[ớo]i))|đ|vnđ|vnd|usd|triệu|trieu|tỷ|tỉ|người|nguoi|m2|m²|kg|tấn|[$€%])(?!\w)", re.IGNORECASE
)
_TELEPHONE = re.compile(r"(?:(?:00)?84(?:0?[35789]\d{8}|0?2\d{8,9})|0[35789]\d{8}|02\d{8,9}|01[2689]\d{8})")
_CITIZEN = re.compile(r"0(?:0[1-9]|[1-8]\d|9[0-6])[0-3]\d{8}")  # a province and the century with the sex come first
_BY_LENGTH = re.compile(r"(?:84\d{8,10}|0\d{8,10})")

Groups = list[tuple[int, int]]


class _Level(dict[int, str]):
    """Each letter by itself as NFKC has it where that is one letter of ASCII (`０` is 0); places in a text stay."""

    def __missing__(self, code: int) -> str:
        plain = unicodedata.normalize("NFKC", chr(code))
        self[code] = made = plain if len(plain) == 1 and plain.isascii() else chr(code)
        return made


_LEVEL = _Level()


def level(text: str) -> str:
    """A text of the same length with digits and signs as a keyboard has them."""
    return text if text.isascii() else text.translate(_LEVEL)


def may_hold_one(text: str) -> bool:
    """Whether there are digits enough: most questions are done with here."""
    return len(_DIGIT.findall(level(text))) >= FEWEST_DIGITS


def spans(text: str) -> list[tuple[int, int, str]]:
    """Where each number that is somebody's begins and ends, and its kind, in order."""
    found: list[tuple[int, int, str]] = []
    if not may_hold_one(text):
        return found
    plain = level(text)
    for pattern in (_DOSSIER, _LOOSE_DOSSIER):
        found += [(*match.span(), DOSSIER) for match in pattern.finditer(plain)]
        plain = pattern.sub(_hidden, plain)
    plain = _NOBODYS.sub(_hidden, plain)
    for run in _RUN.finditer(plain):
        found += _of_run(plain, run)
    return sorted(found)


def _hidden(match: re.Match[str]) -> str:
    return "x" * len(match.group())


def _of_run(text: str, run: re.Match[str]) -> Iterator[tuple[int, int, str]]:
    """The numbers of one run of groups, from the left, the longest at each place."""
    groups = [match.span() for match in _GROUP.finditer(text, *run.span())]
    at = 0
    while at < len(groups):
        kind, end, digits = "", at, 0
        for upto in range(at, len(groups)):
            digits += groups[upto][1] - groups[upto][0]
            if digits > MOST_DIGITS:
                break
            if digits >= FEWEST_DIGITS and (judged := _judged(text, groups, at, upto)):
                kind, end = judged, upto
        if kind:
            start, stop = groups[at][0], groups[end][1]
            before = text[start - 1] if start else ""
            yield start - (before == "+" or (before == "(" and ")" in text[start:stop])), stop, kind
        at = end + 1


def _judged(text: str, groups: Groups, first: int, last: int) -> str:
    """The kind of the number that some groups of a run are together; nothing when they are none."""
    parts = [text[start:end] for start, end in groups[first : last + 1]]
    signs = [text[groups[at][1] : groups[at + 1][0]] for at in range(first, last)]
    digits = "".join(parts)
    listed = any("," in sign and len(sign) > 1 for sign in signs) and all(len(part) < 3 for part in parts)  # 03, 04, 05, 06, 07
    if listed or _is_amount(text, groups, first, last, signs):
        return ""
    years = sum(_YEAR.fullmatch(part) is not None for part in parts)
    if _TELEPHONE.fullmatch(digits):
        return TELEPHONE
    # A telephone and what stands behind it have other signs between them: 0912 345 678, 84
    if years < 2 and _CITIZEN.fullmatch(digits) and len({sign.strip() for sign in signs}) < 2:
        return IDENTITY
    if years or not all(len(sign) == 1 for sign in signs):
        return ""
    if len(digits) in {10, 11} and _BY_LENGTH.fullmatch(digits) and all(sign in ". -\t\n" for sign in signs):
        return TELEPHONE
    return IDENTITY if len(digits) in {9, 12} and _is_identity(text, groups, first, last, signs) else ""


def _joined(text: str, groups: Groups, at: int) -> str:
    """What stands between a group and the next one; nothing at either end of the run."""
    return text[groups[at][1] : groups[at + 1][0]] if 0 <= at < len(groups) - 1 else ""


def _is_amount(text: str, groups: Groups, first: int, last: int, signs: list[str]) -> bool:
    """Whether some groups are digits in threes that say how much: with what is counted behind them, thousands at their end, or as a
    part of something longer that is written so."""
    sizes = [end - start for start, end in groups[first : last + 1]]
    if not signs or sizes[0] > 3 or any(size != 3 for size in sizes[1:]) or len(set(signs)) > 1 or signs[0] not in {" ", ".", ","}:
        return False
    if text[groups[first][0]] == "0":
        return False
    before, after = _joined(text, groups, first - 1), _joined(text, groups, last)
    longer = before == signs[0] or (after == signs[0] and groups[last + 1][1] - groups[last + 1][0] == 3)
    return longer or text[groups[last][1] - 3 : groups[last][1]] == "000" or _AMOUNT.match(text, groups[last][1]) is not None


def _is_identity(text: str, groups: Groups, first: int, last: int, signs: list[str]) -> bool:
    """Whether nine or twelve digits are written as people write such a number: at one go, in threes, or in any groups that blanks part
    and that stand alone. Twelve in threes with points are an address of a machine (255.255.255.255)."""
    if not signs:
        return True
    if len(set(signs)) > 1:
        return False
    first_of, *others = [int(text[start:end]) for start, end in groups[first : last + 1]]
    if all(first_of < other < first_of + 20 for other in others):
        return False  # a house: 333-335-337
    if all(end - start == 3 for start, end in groups[first : last + 1]):
        return signs[0] == " " or (last - first == 2 and signs[0] not in {_joined(text, groups, first - 1), _joined(text, groups, last)})
    return signs[0] == " " and _joined(text, groups, first - 1) != " " and _joined(text, groups, last) != " "


def without(text: str, blank: str) -> str:
    """A text with something else where such a number stood."""
    pieces, at = [], 0
    for start, end, _kind in spans(text):
        pieces += [text[at:start], blank]
        at = end
    return "".join([*pieces, text[at:]])


def has_others(text: str) -> bool:
    """Whether digits stand in a text that are part of nothing that is known to be nobody's: what may become somebody's number."""
    return any(letter.isdigit() for letter in _NOBODYS.sub("", level(text)))
