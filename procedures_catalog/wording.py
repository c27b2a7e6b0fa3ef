"""The difference of two versions in words: names of parts and columns, codes as people say them."""

from __future__ import annotations

from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from organisation.enums import LEVEL_BY_CODE

from .difference import SAME, Change, Difference, RowChange, Span
from .enums import AgencyRole, Audience, Channel, FeeKind, LimitUnit, OnlineLevel, PartialReason
from .facts import money, number
from .presentation import label
from .queries import date_of

PART_NAMES: dict[str, Any] = {
    "cases": gettext_lazy("Cases"),
    "papers": gettext_lazy("Papers"),
    "methods": gettext_lazy("Ways to file"),
    "steps": gettext_lazy("Steps"),
    "process": gettext_lazy("Inside the office"),
    "fees": gettext_lazy("Fees"),
    "forms": gettext_lazy("Forms"),
    "results": gettext_lazy("What you get"),
    "conditions": gettext_lazy("Conditions"),
    "legal_bases": gettext_lazy("Legal basis"),
    "agencies": gettext_lazy("Agencies"),
}
COLUMN_NAMES: dict[str, Any] = {
    "name": gettext_lazy("Name"),
    "field": gettext_lazy("Field"),
    "levels": gettext_lazy("Level"),
    "subjects": gettext_lazy("Who it is for"),
    "sets": gettext_lazy("Sets of papers"),
    "legacy_level": gettext_lazy("Service level of 2011"),
    "online_level": gettext_lazy("Service level"),
    "partial_reason_kind": gettext_lazy("Why only partly online"),
    "partial_reason": gettext_lazy("Why only partly online"),
    "proactive_level": gettext_lazy("Proactive level"),
    "procedure_type": gettext_lazy("Kind of procedure"),
    "locally_regulated": gettext_lazy("Regulated by the province itself"),
    "receiving_address": gettext_lazy("Where to file"),
    "description": gettext_lazy("Description"),
    "decision": gettext_lazy("Publication decision"),
    "channel": gettext_lazy("How"),
    "case": gettext_lazy("Case"),
    "limit_value": gettext_lazy("Time limit"),
    "limit_unit": gettext_lazy("Unit of the time limit"),
    "limit_text": gettext_lazy("Time limit in words"),
    "committed_value": gettext_lazy("Limit the office commits itself to"),
    "committed_unit": gettext_lazy("Unit of that limit"),
    "fee_text": gettext_lazy("Fee in words"),
    "actor": gettext_lazy("Who"),
    "title": gettext_lazy("Title"),
    "text": gettext_lazy("Text"),
    "post": gettext_lazy("Post"),
    "hours": gettext_lazy("Working hours"),
    "group": gettext_lazy("Group"),
    "originals": gettext_lazy("Originals"),
    "copies": gettext_lazy("Copies"),
    "present_only": gettext_lazy("Only to show"),
    "form_code": gettext_lazy("Form"),
    "note": gettext_lazy("Note"),
    "kind": gettext_lazy("Kind"),
    "amount": gettext_lazy("Amount"),
    "unit": gettext_lazy("For each"),
    "formula": gettext_lazy("How it is reckoned"),
    "condition": gettext_lazy("Condition"),
    "valid_from": gettext_lazy("From"),
    "valid_to": gettext_lazy("To"),
    "legal_basis": gettext_lazy("Legal basis"),
    "code": gettext_lazy("Code"),
    "files": gettext_lazy("Files"),
    "attached": gettext_lazy("Files"),
    "validity": gettext_lazy("How long it is valid"),
    "document": gettext_lazy("Legal document"),
    "articles": gettext_lazy("Articles"),
    "role": gettext_lazy("Role"),
}
CODES: dict[str, Any] = {
    "channel": Channel, "limit_unit": LimitUnit, "committed_unit": LimitUnit, "online_level": OnlineLevel, "partial_reason_kind": PartialReason,
    "kind": FeeKind, "role": AgencyRole,
}  # fmt: skip
# What a row is called in a difference: the first of these that it has.
HEADINGS = ("name", "title", "document", "text", "condition", "description")
NUMBERS = {"limit_value", "committed_value", "hours", "originals", "copies", "sets", "legacy_level", "proactive_level"}


def in_words(name: str, value: Any) -> str:
    """A value of a record as people say it."""
    if value in (None, "", [], False):
        return _("yes") if value is True else _("no") if value is False else ""
    if value is True:
        return _("yes")
    if name in CODES:
        return label(CODES[name], value) or str(value)
    if name == "levels":
        return ", ".join(str(LEVEL_BY_CODE[code].label) for code in value if code in LEVEL_BY_CODE)
    if name == "subjects":
        return ", ".join(label(Audience, code) for code in value)
    if name == "amount":
        return money(value)
    if name in NUMBERS:
        return number(value)
    if name in {"valid_from", "valid_to"}:
        day = date_of(str(value))
        return date_format(day, "SHORT_DATE_FORMAT") if day else ""
    return "; ".join(str(item) for item in value) if isinstance(value, list) else str(value)


def change_for_people(change: Change, part: str = "") -> dict[str, Any]:
    """A changed column with its name and its marked words; codes and numbers are shown whole, old and new."""
    name = "agency" if part == "agencies" and change.name == "unit" else change.name
    title = _("Office") if name == "agency" else str(COLUMN_NAMES.get(name, name))
    coded = change.name in CODES or change.name in NUMBERS or change.name in {"levels", "subjects", "amount", "valid_from", "valid_to"}
    if not coded and isinstance(change.old, str | None) and isinstance(change.new, str | None):
        return {"title": title, "spans": change.spans, "official": True}
    pairs = (("del", in_words(change.name, change.old)), ("ins", in_words(change.name, change.new)))
    return {"title": title, "spans": [Span(kind, text) for kind, text in pairs if text], "official": False, "apart": True}


def heading(row: Any, part: str) -> str:
    """What a row is about, in its own words."""
    if part in {"methods", "fees"}:
        words = [label(Channel, row.get("channel")), row.get("case") or "", row.get("condition") or "" if part == "fees" else ""]
        return " · ".join(word for word in words if word) or (label(FeeKind, row.get("kind")) if part == "fees" else "")
    if part == "agencies":
        return f"{label(AgencyRole, row.get('role'))}: {row.get('name') or row.get('unit') or ''}"
    return next((str(row[key]) for key in HEADINGS if row.get(key)), "")


def details(row: Any, part: str) -> list[dict[str, str]]:
    """The stated columns of a row that came or went, but for the one that is its heading."""
    head = heading(row, part)
    hidden = {"record", "attached", "channel", "case"} if part in {"methods", "fees"} else {"record", "attached"}
    return [
        {"title": str(COLUMN_NAMES.get(key, key)), "text": in_words(key, value)}
        for key, value in row.items()
        if key not in hidden and value not in (None, "", [], False) and str(value) != head and part != "agencies"
    ]


def row_for_people(change: RowChange, part: str) -> dict[str, Any]:
    """A row that came, went or changed."""
    shown: dict[str, Any] = {"kind": change.kind, "heading": heading(change.row, part), "details": [], "changes": []}
    if change.kind == "changed":
        shown["changes"] = [change_for_people(item, part) for item in change.changes]
        # The heading would say the new words a second time when they are what changed.
        if any(
            item.name in HEADINGS and "".join(span.text for span in item.spans if span.kind != "del") == shown["heading"] for item in change.changes
        ):
            shown["heading"] = ""
    else:
        shown["details"] = details(change.row, part)
    return shown


def difference_for_people(found: Difference) -> dict[str, Any]:
    """A difference as its template shows it."""
    return {
        "fields": [change_for_people(change) for change in found.fields],
        "parts": [
            {"name": PART_NAMES[part.name], "same": part.same, "rows": [row_for_people(row, part.name) for row in part.rows]} for part in found.parts
        ],
        "nothing": not found,
        "SAME": SAME,
    }
