"""Which compulsory parts a record lacks (NĐ 63/2010, Điều 8 khoản 2; domain.md 2.1). Pure: a record in, codes out, so that the
editor, the report, the gate to publishing and an import all say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

# In the order of the rows of the law's list; the key is what `ProcedureVersion.missing` keeps.
LABELS: dict[str, Any] = {
    "name": _("name"),
    "steps": _("steps"),
    "methods": _("ways to file"),
    "papers": _("papers"),
    "sets": _("number of sets of papers"),
    "time_limit": _("time limit"),
    "subjects": _("who it is for"),
    "agency": _("agency that decides"),
    "form_name": _("name of a form"),
    "form_file": _("a form that a paper asks for"),
    "fee_amount": _("amount of a fee"),
    "fee_basis": _("legal basis of a fee"),
    "legal_bases": _("legal bases"),
    "decision": _("publication decision"),
    "code": _("national code"),
    "field": _("field"),
    "level": _("competent level"),
    "service_level": _("service level"),
    "partial_reason": _("reason why only partly online"),
    "effective_from": _("day it is in force from"),
    "end_decision": _("decision that abolishes it"),
}

# What is worth a look and holds nothing back: neither publishing nor an import asks for it.
NOTES: dict[str, Any] = {
    "process_sum": _("the hours of the internal process are not the time limit"),
    "form_file": _("a form without any file"),
}
# A working day has eight hours (the internal process is kept in them); a calendar day counts as one of them here.
HOURS = {"working_days": 8, "days": 8, "working_hours": 1, "hours": 1}
SAME_DAY = 8

# An abolition says only what is abolished, since when, and by which decision.
OF_ABOLITION = ("name", "decision", "code", "effective_from")

Row = Mapping[str, Any]


def _text(value: Any) -> str:
    return str(value).strip() if value is not None else ""


def _rows(record: Mapping[str, Any], part: str) -> Sequence[Row]:
    rows = record.get(part) or ()
    return [row for row in rows if isinstance(row, Mapping)]


def _some(rows: Sequence[Row], *names: str) -> bool:
    """Whether a row says something in one of these columns."""
    return any(_text(row.get(name)) for row in rows for name in names)


def _has_time_limit(methods: Sequence[Row]) -> bool:
    return any(
        _text(row.get("limit_text")) or row.get("limit_unit") == "same_day" or (row.get("limit_value") is not None and _text(row.get("limit_unit")))
        for row in methods
    )


def _forms_missing(papers: Sequence[Row], forms: Sequence[Row]) -> bool:
    """Whether a paper asks for a form by a code that no form of the record has."""
    known = {_text(form.get("code")).casefold() for form in forms} | {_text(form.get("name")).casefold() for form in forms}
    asked = {_text(paper.get("form_code")).casefold() for paper in papers} - {""}
    return bool(asked - known)


def _is_free_for_all(fee: Row, fees: Sequence[Row]) -> bool:
    """Whether a row only says that the procedure costs nothing. A waiver, free for some where others pay, needs its basis most."""
    return all(row.get("amount") == 0 for row in fees) and not (_text(fee.get("case")) or _text(fee.get("condition")))


def missing_parts(record: Mapping[str, Any]) -> list[str]:
    """The codes of what a record in the shape of docs/import-format.md lacks before it is ready to publish, in the order
    of `LABELS`. Parts that the law asks for only "if any" (results, conditions, forms, fees) are checked only in themselves."""
    methods, papers, fees, forms = (_rows(record, part) for part in ("methods", "papers", "fees", "forms"))
    agencies = [row for row in _rows(record, "agencies") if row.get("role") in {"competent", "delegated"}]
    abolished = record.get("change_kind") == "abolished"
    lacks = {
        "name": not _text(record.get("name")),
        "steps": not _some(_rows(record, "steps"), "text", "title"),
        "methods": not _some(methods, "channel"),
        "papers": not _some(papers, "name"),
        "sets": not record.get("sets"),
        "time_limit": not _has_time_limit(methods),
        "subjects": not record.get("subjects"),
        "agency": not _some(agencies, "unit", "name"),
        "form_name": any(not _text(form.get("name")) for form in forms),
        "form_file": _forms_missing(papers, forms),
        "fee_amount": any(fee.get("amount") is None and not _text(fee.get("formula")) for fee in fees),
        "fee_basis": any(not _text(fee.get("legal_basis")) for fee in fees if not _is_free_for_all(fee, fees)),
        "legal_bases": not _some(_rows(record, "legal_bases"), "document"),
        "decision": not _text(record.get("decision")),
        "code": not _text(record.get("code")),
        "field": not _text(record.get("field")),
        "level": not record.get("levels"),
        "service_level": not _text(record.get("online_level")),
        "partial_reason": record.get("online_level") == "partial"
        and not (_text(record.get("partial_reason")) or _text(record.get("partial_reason_kind"))),
        "effective_from": not _text(record.get("valid_from")),
        "end_decision": record.get("end_kind") in {"abolished", "replaced"} and not _text(record.get("end_decision")),
    }
    return [code for code in LABELS if lacks[code] and (not abolished or code in OF_ABOLITION)]


def _fits(total: Decimal, method: Row) -> bool:
    """Whether a process of so many hours keeps the limit of a way to file; of months nobody can say how many hours they have."""
    unit = method.get("limit_unit")
    if unit == "same_day":
        return total <= SAME_DAY
    return unit not in HOURS or total == Decimal(str(method["limit_value"])) * HOURS[unit]


def process_hours(record: Mapping[str, Any]) -> Decimal:
    """The working hours of all steps of the internal process together."""
    return sum((Decimal(str(step.get("hours") or 0)) for step in _rows(record, "process")), Decimal())


def _process_differs(record: Mapping[str, Any]) -> bool:
    """Whether the hours of the internal process are no time limit of the procedure. Limits of single cases are left out: a
    process is that of the usual case."""
    process = _rows(record, "process")
    limits = [
        method for method in _rows(record, "methods")
        if not _text(method.get("case")) and _text(method.get("limit_unit"))
        and (method.get("limit_value") is not None or method.get("limit_unit") == "same_day")
    ]  # fmt: skip
    if not process or not limits:
        return False
    total = process_hours(record)
    return not any(_fits(total, method) for method in limits)


def _has_file(form: Row) -> bool:
    return bool(form.get("attached")) or any(_text(form.get(name)) for name in ("file_names", "docx", "odt", "pdf"))


def notes(record: Mapping[str, Any]) -> list[str]:
    """The codes of `NOTES` that a record in the shape of docs/import-format.md gives rise to, in their order."""
    if record.get("change_kind") == "abolished":
        return []
    found = {"process_sum": _process_differs(record), "form_file": any(not _has_file(form) for form in _rows(record, "forms"))}
    return [code for code in NOTES if found[code]]


def note_labels(codes: Sequence[str]) -> list[str]:
    """Notes as words."""
    return [str(NOTES.get(code, code)) for code in codes]


def labels(codes: Sequence[str]) -> list[str]:
    """The codes as words, in the order of the law's list; an unknown code stands for itself."""
    order = {code: position for position, code in enumerate(LABELS)}
    return [str(LABELS.get(code, code)) for code in sorted(codes, key=lambda code: order.get(code, len(order)))]
