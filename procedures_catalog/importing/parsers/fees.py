"""Fees: "Miễn phí", "5,000,000 VNĐ(…)", "Phí : 2.000.000 Đồng (…)", "135 VNĐ (… 135.000 đồng)"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from .words import NOTHING, one_line, tidy

CURRENCY = r"(VNĐ|VND|Việt\s+Nam\s+Đồng|(?:Đồng|đ|USD)(?![a-zà-ỹđ]))"
DIGITS = r"(\d{1,3}(?:[.,]\d{3})+|\d{1,12}(?:[.,]\d{1,2})?)"
LEADING = re.compile(rf"\s*(?:(?P<kind>Lệ\s+phí|Phí|Giá)\s*:\s*)?(?P<digits>{DIGITS})\s*(?P<currency>{CURRENCY})", re.IGNORECASE)
SEVERAL = re.compile(r"(?m)^[^\S\n]*+(?:Lệ\s+phí|Phí|Giá)\s*:")
MONEY = re.compile(
    r"(?<![\d.,/])(?P<digits>\d{1,3}(?:[.,]\d{3})+|\d{1,9})\s*(?P<million>triệu\s+)?(?:đồng|đ|vnđ|vnd)(?![a-zà-ỹ])\s*(?P<unit>/[^\d;,.()\n:]{1,60})?",
    re.IGNORECASE,
)
# Nothing is given back once taken: three runs of spaces side by side would be tried in every division.
UNIT_AT_START = re.compile(r"\s*+\(?+\s*+(?:đồng|đông|đ)?+\s*+/\s*(?P<unit>[^\d;,.()\n:]{1,60})", re.IGNORECASE)
FREE = re.compile(r"\s*(?:miễn\s+phí|không\s+thu\s+phí|không\s+mất\s+phí|(?:phí|lệ\s+phí)\s*:\s*không(?:\s+đồng)?)", re.IGNORECASE)
SET_ELSEWHERE = re.compile(
    r"hội\s+đồng\s+nhân\s+dân|hđnd|mức\s+(?:thu\s+)?(?:lệ\s+)?phí|theo\s+quy\s+định\s+(?:của|tại|cụ\s+thể\s+của)\s+(?:luật\s+phí|thông\s+tư|bộ\s+tài\s+chính|nghị)",
    re.IGNORECASE,
)
EXEMPT = re.compile(r"miễn\s+(?:lệ\s+)?phí|không\s+thu|\bmiễn\b", re.IGNORECASE)
SMALLEST_FEE = 1000  # no fee of the state is under 1,000 đồng: a smaller number lost its thousands
SMALLEST_PLAIN = 10_000  # the portal writes "2,000": a short number without its comma lost its thousands too


@dataclass(frozen=True)
class FeeReading:
    """One fee: an amount in đồng where it is certain, else the words; and a reason where number and words differ."""

    kind: str = "fee"  # fee, charge, price
    amount: int | None = None
    unit: str = ""
    formula: str = ""
    condition: str = ""
    problem: str = ""  # "", "thousands", "too_small", "contradiction", "other_amounts", "currency", "set_elsewhere", "not_a_fee"


def _int(digits: str) -> int | None:
    """ "5,000,000", "5.000.000", "135" as a number; a decimal is none."""
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+|\d+", digits):
        return int(re.sub(r"[.,]", "", digits))
    return None


def _unit(words: str) -> str:
    unit = re.split(r"\b(?:Miễn|theo|áp dụng|đối với|kể từ)\b", one_line(words).lstrip("/ "))[0].strip(" -/\t")
    return unit if 0 < len(unit) <= 60 else ""


def _amounts(text: str) -> list[tuple[int, str]]:
    found = []
    for match in MONEY.finditer(text):
        value = _int(match["digits"])
        if value is not None:
            found.append((value * 1_000_000 if match["million"] else value, _unit(match["unit"] or "")))
    return found


def _kind(text: str) -> str:
    start = text.lstrip("( ").lower()
    if start.startswith("lệ phí") or ("lệ phí" in start and not re.search(r"(?<!lệ )phí", start)):
        return "charge"
    return "price" if start.startswith("giá") else "fee"


def _read_one(text: str) -> FeeReading | None:
    match = LEADING.match(text)
    if match is None:
        return None
    rest = text[match.end() :].strip()
    kind = {"lệ phí": "charge", "giá": "price"}.get(one_line(match["kind"] or "").lower()) or _kind(rest)
    value = _int(match["digits"])
    if match["currency"].upper() == "USD":
        return FeeReading(kind, None, "", f"{match['digits']} USD", rest, "currency")
    if value is None:
        return FeeReading(kind, None, "", one_line(match[0]), rest, "not_a_fee")
    named = _amounts(rest)
    unit = next((unit for amount, unit in named if unit and amount in {value, value * 1000}), "")
    if not unit and (start := UNIT_AT_START.match(rest)):
        unit = _unit(start["unit"])
    if value == 0:
        if any(amount for amount, _unit_of in named) or SET_ELSEWHERE.search(rest):
            return FeeReading(kind, None, "", one_line(match[0]), rest, "set_elsewhere")
        return FeeReading(kind, 0, unit, "", rest)
    if value < SMALLEST_FEE or (value < SMALLEST_PLAIN and match["digits"].isdigit()):
        if any(amount == value * 1000 for amount, _unit_of in named):
            return FeeReading(kind, value * 1000, unit, "", rest, "thousands")
        return FeeReading(kind, None, "", one_line(match[0]), rest, "contradiction" if named else "too_small")
    others = [amount for amount, _unit_of in named if amount != value]
    return FeeReading(kind, value, unit, "", rest, "other_amounts" if others else "")


def read_fee(source: str | None) -> list[FeeReading]:
    """Read the fee of one way to file: one reading a rule. Nothing readable gives an empty list; the text stays with the
    caller, word for word.

    A number under 1,000 đồng lost its thousands: when the note beside it names the thousandfold, the note wins."""
    text = tidy(source)
    if not text or NOTHING.fullmatch(text):
        return []
    starts = [match.start() for match in SEVERAL.finditer(text)]
    if starts and starts[0] == 0 and len(starts) > 1:
        cuts = [*starts, len(text)]
        readings = [_read_one(text[begin:end].strip()) for begin, end in pairwise(cuts)]
        return [reading for reading in readings if reading is not None]
    if reading := _read_one(text):
        return [reading]
    if match := FREE.match(text):
        rest = text[match.end() :].strip()
        if any(amount for amount, _unit_of in _amounts(rest)) or SET_ELSEWHERE.search(rest):
            return [FeeReading(_kind(rest), None, "", one_line(match[0]), rest, "set_elsewhere")]
        return [FeeReading(_kind(rest), 0, "", "", rest)]
    return []
