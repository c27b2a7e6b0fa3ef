"""The four answers that everyone comes for, worked out of a version's rows: how long, how much, where, what to bring.

They say only what the record says: what it does not state is not zero and not free, it is left out."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _

from .enums import Channel, LimitUnit
from .prose import shorten

Row = dict[str, Any]
# Rough hours of a unit, only to put limits of different units in order.
HOURS = {
    LimitUnit.SAME_DAY: 8,
    LimitUnit.WORKING_HOURS: 1,
    LimitUnit.HOURS: 1,
    LimitUnit.WORKING_DAYS: 24,
    LimitUnit.DAYS: 24,
    LimitUnit.MONTHS: 720,
}
SHORT_TEXT = 90
# What an import could not read into structure may still begin with an answer, or may be about something else altogether
# (a case, an address, a lone number). Only words that name a time, or money, are shown as one.
TIME_WORDS = re.compile(r"\b(?:giờ|ngày|buổi|tuần|tháng|quý|năm|ngay)\b", re.IGNORECASE)
MONEY_WORDS = re.compile(
    r"\d\s?(?:đồng|đ|vnđ|vnd)\b|\b(?:lệ )?phí\b|\bmiễn\b|^\W*không(?: (?:có|thu|mất|phải nộp|quy định))?\W*$|\bkhông (?:thu|mất|phải nộp) tiền\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Fact:
    """An answer: its question, the answer in a few words, what must be said beside it."""

    key: str
    question: str
    answer: str
    note: str = ""
    official: bool = False  # the answer is text of the record itself, hence Vietnamese
    note_official: bool = False  # so is the note
    unclear: bool = False  # the record has words and they are not an answer: a page says so, a line leaves it out


def number(value: Decimal | float | int | str) -> str:
    """A number in the reader's notation, whole where it is whole."""
    value = Decimal(value)
    whole = value == value.to_integral_value()
    return number_format(int(value) if whole else value.normalize(), use_l10n=True, force_grouping=True)


def money(amount: Decimal | float | int | str) -> str:
    """An amount in đồng; zero is free."""
    return _("%(amount)s đồng") % {"amount": number(amount)} if Decimal(amount) else _("free")


def limit(value: Decimal | float | int | str | None, unit: str) -> str:
    """A time limit in words: "3 working days"; empty when there is none."""
    if unit == LimitUnit.SAME_DAY:
        return _("within the working day")
    if value is None or not unit:
        return ""
    count = Decimal(value)
    words = {
        LimitUnit.WORKING_HOURS: ngettext("%(n)s working hour", "%(n)s working hours", int(count)),
        LimitUnit.HOURS: ngettext("%(n)s hour", "%(n)s hours", int(count)),
        LimitUnit.WORKING_DAYS: ngettext("%(n)s working day", "%(n)s working days", int(count)),
        LimitUnit.DAYS: ngettext("%(n)s day", "%(n)s days", int(count)),
        LimitUnit.MONTHS: ngettext("%(n)s month", "%(n)s months", int(count)),
    }
    return words[LimitUnit(unit)] % {"n": number(count)} if unit in LimitUnit.values else ""


def _hours(value: Any, unit: str) -> Decimal:
    return Decimal(value or 1) * HOURS.get(LimitUnit(unit), 24) if unit in LimitUnit.values else Decimal(0)


def _span(found: Iterable[tuple[Any, str]]) -> tuple[str, bool]:
    """The limits as one text, shortest to longest, and whether they differ."""
    limits = sorted({(value, unit) for value, unit in found if limit(value, unit)}, key=lambda pair: _hours(*pair))
    if not limits:
        return "", False
    (low, low_unit), (high, high_unit) = limits[0], limits[-1]
    if len(limits) == 1:
        return limit(low, low_unit), False
    if low_unit == high_unit and low_unit != LimitUnit.SAME_DAY:
        return _("%(low)s to %(high)s") % {"low": number(low), "high": limit(high, high_unit)}, True
    if low_unit == LimitUnit.SAME_DAY:
        return _("same day to %(high)s") % {"high": limit(high, high_unit)}, True
    return _("%(low)s to %(high)s") % {"low": limit(low, low_unit), "high": limit(high, high_unit)}, True


def how_long(methods: Sequence[Row]) -> Fact | None:
    """The statutory limit, and beside it the shorter one that the unit commits itself to."""
    text, differs = _span((row["limit_value"], row["limit_unit"]) for row in methods)
    committed, _differs = _span((row["committed_value"], row["committed_unit"]) for row in methods)
    notes = []
    if committed:
        notes.append(_("the office commits itself to %(limit)s") % {"limit": committed})
    if differs:
        notes.append(_("by case and by how you file"))
    if text:
        return Fact("long", _("How long"), text, "; ".join(notes))
    found = _in_words("long", _("How long"), [row["limit_text"] for row in methods if row["limit_text"]], TIME_WORDS)
    if not notes:
        return found
    # The office's own limit says nothing of the statutory one, and is not lost for lack of it.
    found = found or Fact("long", _("How long"), _("Not clearly stated"), unclear=True)
    return replace(found, note="; ".join(note for note in (found.note, *notes) if note))


def _in_words(key: str, question: str, texts: Sequence[str], pattern: re.Pattern[str]) -> Fact | None:
    """The first text of the record that answers the question; that none does; None when the record has no text."""
    if not texts:
        return None
    answer = next((text for text in texts if (found := pattern.search(text)) and found.start() < SHORT_TEXT), "")
    if answer:
        return Fact(key, question, shorten(answer, SHORT_TEXT), official=True)
    return Fact(key, question, _("Not clearly stated"), _("read the ways to file below, or ask the counter"), unclear=True)


def fees_on(fees: Sequence[Row], day: dt.date) -> list[Row]:
    """The fee rules in force on a day."""
    iso = day.isoformat()
    return [row for row in fees if (not row["valid_from"] or row["valid_from"] <= iso) and (not row["valid_to"] or row["valid_to"] >= iso)]


def fee_span(amounts: Iterable[Decimal]) -> str:
    """All the amounts that one may have to pay as one text, least to most: "Free", "8,000 đồng", "Free to 8,000 đồng"."""
    found = sorted(set(amounts))
    if not found:
        return ""
    low, high = found[0], found[-1]
    if not high:
        return _("Free")
    if low == high:
        return money(high)
    if not low:
        return _("Free to %(amount)s") % {"amount": money(high)}
    return _("%(low)s to %(high)s") % {"low": number(low), "high": money(high)}


def _for_each(unit: str) -> str:
    """What a fee is counted by. The record's own word is Vietnamese: in another language the note is HTML that marks it."""
    if get_language() == "vi":
        return _("for each %(unit)s") % {"unit": unit}
    return mark_safe(escape(_("for each %(unit)s")) % {"unit": format_html('<span lang="vi">{}</span>', unit)})  # noqa: S308  # nosec B308 B703


def _joined(notes: Sequence[str]) -> str:
    """Notes as one; as HTML when one of them is."""
    if any(isinstance(note, SafeString) for note in notes):
        return format_html_join("; ", "{}", ((note,) for note in notes))
    return "; ".join(notes)


def how_much(methods: Sequence[Row], fees: Sequence[Row], day: dt.date) -> Fact | None:
    """The fees of the day as a span; free only when the record says zero."""
    rules = fees_on(fees, day)
    amounts = sorted({Decimal(row["amount"]) for row in rules if row["amount"] is not None})
    formula = any(row["formula"] and row["amount"] is None for row in rules)
    question = _("How much")
    if amounts:
        paid = [amount for amount in amounts if amount]
        units = {row["unit"] for row in rules if row["unit"] and row["amount"]}
        notes = [_for_each(units.pop())] if len(units) == 1 and paid else []
        if len(amounts) > 1 and not amounts[0]:
            online = all(row["channel"] == Channel.ONLINE for row in rules if row["amount"] is not None and not Decimal(row["amount"]))
            notes.append(_("free if you file online") if online else _("free in some cases"))
        elif len(paid) > 1:
            notes.append(_("by case and by how you file"))
        if formula:
            notes.append(_("other parts are reckoned, see below"))
        return Fact("much", question, fee_span(amounts), _joined(notes))
    if formula:
        return Fact("much", question, _("Reckoned by case"), _("see how below"))
    return _in_words("much", question, [row["fee_text"] for row in methods if row["fee_text"]], MONEY_WORDS)


CHANNEL_ORDER = [Channel.ONLINE, Channel.COUNTER, Channel.POST]


def channels(methods: Sequence[Row]) -> list[Channel]:
    """The ways to file, online first."""
    present = {row["channel"] for row in methods}
    return [channel for channel in CHANNEL_ORDER if channel in present]


def where(methods: Sequence[Row], offers: Sequence[Row], address: str) -> Fact | None:
    """The channels, with the place."""
    words = {Channel.ONLINE: _("online"), Channel.COUNTER: _("at the counter"), Channel.POST: _("by post")}
    ways = ", ".join(words[channel] for channel in channels(methods))
    points = list(dict.fromkeys(row["point"] for row in offers))
    place = points[0] if len(points) == 1 else ngettext("%(n)s service point", "%(n)s service points", len(points)) % {"n": len(points)}
    note = shorten(address, SHORT_TEXT) if address else place if points else ""
    if ways:
        return Fact("where", _("Where to file"), ways, note, note_official=bool(address) or len(points) == 1)
    return Fact("where", _("Where to file"), shorten(note, SHORT_TEXT), official=True) if note else None


def what_to_bring(papers: Sequence[Row], sets: int | None) -> Fact | None:
    """How many papers everybody needs, and that some cases need more."""
    if not papers:
        return None
    common = [row for row in papers if not row["case"]]
    count = len(common) or min(sum(1 for row in papers if row["case"] == case) for case in {row["case"] for row in papers})
    text = ngettext("%(n)s paper", "%(n)s papers", count) % {"n": number(count)}
    notes = [ngettext("%(n)s set", "%(n)s sets", sets) % {"n": number(sets)}] if sets else []
    if len(common) != len(papers):
        notes.append(_("others by case") if common else _("by case"))
    return Fact("bring", _("What to bring"), text, "; ".join(notes))


def four(version: Row, offers: Sequence[Row], day: dt.date) -> list[Fact]:
    """The facts that the record answers, in the order in which people ask."""
    methods = version["methods_rows"]
    found = [
        how_long(methods),
        how_much(methods, version["fees_rows"], day),
        where(methods, offers, version["receiving_address"]),
        what_to_bring(version["papers_rows"], version["sets"]),
    ]
    return [fact for fact in found if fact]


def line(version: Row, day: dt.date) -> str:
    """The facts of a result line: "3 working days · free · online, at the counter"."""
    methods = version["methods_rows"]
    found = [how_long(methods), how_much(methods, version["fees_rows"], day), where(methods, [], "")]
    return " · ".join(fact.answer for fact in found if fact and not fact.unclear)


def limit_and_fee(version: Row, day: dt.date) -> dict[str, dict[str, str]]:
    """How long and how much in the words of the page, by language, for those who keep them (search): `{"limit": {"vi": ...}}`."""
    methods = version["methods_rows"]
    told: dict[str, dict[str, str]] = {"limit": {}, "fee": {}}
    for language in ("vi", "en"):
        with override(language):
            for name, fact in (("limit", how_long(methods)), ("fee", how_much(methods, version["fees_rows"], day))):
                if fact and not fact.unclear:
                    told[name][language] = fact.answer
    return told


def most_to_pay(fees: Sequence[Row], day: dt.date) -> Decimal | None:
    """What a procedure costs at most on a day: of each kind (fee, charge, price) the highest rule, since rules of one kind are
    alternatives by case and by how one files, and kinds add up. None when the record states no amount, or not for each kind."""
    highest: dict[str, Decimal] = {}
    for row in fees_on(fees, day):
        if row["amount"] is None:
            return None
        highest[row["kind"]] = max(highest.get(row["kind"], Decimal(0)), Decimal(row["amount"]))
    return sum(highest.values(), Decimal(0)) if highest else None


def longest(methods: Sequence[Row]) -> tuple[Decimal, str] | None:
    """The longest statutory limit of the ways to file (value, unit); the working day counts as one. None when none is stated."""
    found = [(Decimal(row["limit_value"] or 1), str(row["limit_unit"])) for row in methods if limit(row["limit_value"], row["limit_unit"])]
    found = [(value, str(LimitUnit.WORKING_DAYS)) if unit == LimitUnit.SAME_DAY else (value, unit) for value, unit in found]
    return max(found, key=lambda pair: rough_hours(*pair), default=None)


def rough_hours(value: Decimal, unit: str) -> Decimal:
    """A limit as rough hours, good only to tell which of two is longer."""
    return _hours(value, unit)
