"""The demonstration's guides say nothing that its catalogue does not: every fee and limit in their words stands in the record
of a procedure of the same step, and both languages name the same amounts."""

from __future__ import annotations

import csv
import re
import tomllib
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.STATICFILES_DIRS[0]).parent / "fixtures" / "demonstration"
FILES = sorted((ROOT / "content" / "life-events").glob("*.toml"))
AMOUNT = re.compile(r"(?<![\d.])(\d{1,3}(?:[.,]\d{3})+)(?!\d)")
LIMIT = re.compile(r"[Hh]ạn (?:giải quyết )?(\d+) ngày( làm việc)?")
PROMISE = re.compile(r"(?:quận|phường|quầy) hẹn (\d+)(?! ngày)")
# What the State pays, or a court or a seller asks: no fee of a procedure.
NO_FEE = {"gap-kho-khan": {500_000, 1_000_000, 1_250_000, 160_000}}
COPIES = 8_000  # a certified copy, whoever issues it (1.001193 and the like charge it as a price)


def table(name: str) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for path in sorted(ROOT.glob(f"catalogue/*/{name}.csv")):
        with path.open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle):
                found[row["record"]].append(row)  # older versions have a day behind their code
    return found


FEES, METHODS = table("fees"), table("methods")


def steps(path: Path):
    """Each with its number; what goes in one go may speak of everything that was filed before it in the same visit."""
    about = tomllib.loads(path.read_text(encoding="utf-8"))
    filed: list[str] = []
    for number, step in enumerate(about["steps"], start=1):
        filed = [*filed, *step["procedures"]] if step["together"] else step["procedures"]
        yield number, {**step, "procedures": filed}


def amounts(*texts: str) -> set[int]:
    return {int(found.replace(".", "").replace(",", "")) for text in texts for found in AMOUNT.findall(text)}


def test_there_are_six():
    assert [path.stem for path in FILES] == ["co-con", "gap-kho-khan", "ket-hon", "mo-ho-kinh-doanh", "nguoi-than-qua-doi", "nha-va-dat"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_amount_is_a_fee_of_the_step(path):
    for number, step in steps(path):
        told = {language: amounts(step[language]["text"], step[language].get("hint", "")) for language in ("vi", "en")}
        assert told["vi"] == told["en"], (number, told)
        rules = [row for code in step["procedures"] for row in FEES[code]]
        charged = {int(Decimal(row["amount"])) for row in rules if row["amount"]} | amounts(*(row["condition"] for row in rules))
        assert told["vi"] - charged - NO_FEE.get(path.stem, set()) - {COPIES} == set(), number


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_limit_is_one_of_the_step(path):
    for number, step in steps(path):
        rows = [row for code in step["procedures"] for row in METHODS[code]]
        limits = {(int(Decimal(row["limit_value"])), row["limit_unit"]) for row in rows if row["limit_value"]}
        promised = {int(Decimal(row["committed_value"])) for row in rows if row["committed_value"]}
        text = step["vi"]["text"]
        for days, working in LIMIT.findall(text):
            assert (int(days), "working_days" if working else "days") in limits, (number, days)
        for days in PROMISE.findall(text):
            assert int(days) in promised, (number, days)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_procedure_has_a_record(path):
    for number, step in steps(path):
        assert [code for code in step["procedures"] if not METHODS[code]] == [], number
