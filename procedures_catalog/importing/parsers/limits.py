"""Time limits: "35 Ngày", "03 ngày làm việc kể từ ngày nhận đủ hồ sơ", "7", "Không quy định"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from .words import NOTHING, one_line, tidy

UNITS = {"ngày làm việc": "working_days", "ngày": "days", "giờ làm việc": "working_hours", "giờ": "hours", "tháng": "months"}
UNIT_WORDS = r"(ngày\s+làm\s+việc|ngày|giờ\s+làm\s+việc|giờ|tháng)\b"
NUMBER = r"(\d{1,4}(?:[.,]\d{1,2})?)"
EXACT = re.compile(rf"{NUMBER}\s*{UNIT_WORDS}[.\s]*", re.IGNORECASE)
BARE = re.compile(rf"{NUMBER}[.\s]*")
QUANTITY = re.compile(rf"(?<![\d/.,]){NUMBER}\s*(?:\([^()\d]{{1,30}}\)\s*)?{UNIT_WORDS}(?!\s*\d{{1,2}}/\d)", re.IGNORECASE)
OPENING = re.compile(r"[\s•\-*+]*(?:(?:trong\s+)?(?:thời\s+hạn|vòng)|không\s+quá|tối\s+đa|chậm\s+nhất(?:\s+là)?|là|trực\s+tiếp\s*:)?", re.IGNORECASE)
ALTERNATIVE = re.compile(
    r"\b(?:hoặc|trường\s+hợp|đối\s+với|riêng|cụ\s+thể|gia\s+hạn|kéo\s+dài|bao\s+gồm|trong\s+đó)\b|;|\n[^\S\n]*+\S",
    re.IGNORECASE,
)
SAME_DAY = re.compile(r"[\s•\-]*(?:giải quyết\s+)?ngay\s+trong\s+ngày\b(?!.*\b(?:hoặc|thỏa\s+thuận|thống\s+nhất)\b)", re.IGNORECASE)
NOT_SET = re.compile(r"[\s•\-]*(?:không\s+(?:quy\s+định|xác\s+định|có(?:\s+thời\s+hạn\b.*)?)|khác)[\s.]*", re.IGNORECASE)
CEILING = Decimal("99999.99")


@dataclass(frozen=True)
class LimitReading:
    """A time limit: number and unit where they are certain, the text where they do not say it all, and a reason."""

    value: Decimal | None = None
    unit: str = ""
    text: str = ""
    problem: str = ""  # "", "no_unit", "not_a_limit", "several"


def _value(digits: str) -> Decimal | None:
    value = Decimal(digits.replace(",", "."))
    return value if value <= CEILING else None


def read_limit(source: str | None) -> LimitReading:
    """Read one time limit. A number without unit keeps its number and says so; what speaks of several stays text."""
    text = tidy(source)
    line = one_line(source)
    if not line:
        return LimitReading()
    if match := EXACT.fullmatch(line):
        return LimitReading(_value(match[1]), UNITS[" ".join(match[2].lower().split())])
    if match := BARE.fullmatch(line):
        return LimitReading(_value(match[1]), "", text, "no_unit")
    if SAME_DAY.match(line):
        return LimitReading(None, "same_day", text)
    quantities = list(QUANTITY.finditer(line))
    if len(quantities) == 1:
        match = quantities[0]
        before, after = line[: match.start()], line[match.end() :]
        if OPENING.fullmatch(before.strip()) and not ALTERNATIVE.search(after) and not QUANTITY.search(after):
            return LimitReading(_value(match[1]), UNITS[" ".join(match[2].lower().split())], text)
    if NOT_SET.fullmatch(line) or NOTHING.fullmatch(line):
        return LimitReading(None, "", text)
    return LimitReading(None, "", text, "several" if quantities else "not_a_limit")
