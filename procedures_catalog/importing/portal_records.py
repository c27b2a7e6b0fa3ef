"""Records of the national portal's export as records of our own format. Pure: no Django, no database.

What can be read becomes structure. Whatever does not stand word for word in the structure stays in `source_text` under the
key that it came with, so that nothing is lost; what was unclear is named in notes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import parsers
from .parsers import one_line, said, tidy

ONLINE_LEVELS = {"toàn trình": "full", "một phần": "partial", "cung cấp thông tin": "information"}
# Keys whose text is read into structure; kept in the source text only where the structure does not say it all.
READ = (
    "name", "code", "code_full", "decision_number", "level_raw", "levels", "procedure_type", "field", "agency", "competent_authority",
    "authorised_agency", "coordinating_agency", "receiving_address", "applicant_types_raw", "applicant_types", "steps", "methods_raw", "methods",
    "online_level", "time_limit", "fee", "documents_raw", "documents", "document_sets", "forms", "conditions", "result", "results",
    "legal_basis_raw", "legal_basis_codes", "keywords", "description", "source_url", "regime", "source", "detail",
)  # fmt: skip
HEADINGS = (
    "Hình thức nộp", "Thời hạn giải quyết", "Thời gian", "Phí, lệ phí", "Mô tả", "Tên giấy tờ", "Mẫu đơn, tờ khai", "Số lượng", "Bao gồm", "--",
    "Mã:", "Trực tuyến", "Trực tiếp", "Dịch vụ bưu chính",
)  # fmt: skip
LONGEST_STEP_TITLE = 300
# Notes after which the source's own words are kept: the key that they stand under.
LOSES = {"unknown", "channel", "nameless", "quantity", "not_read", "more", "too_long", "unread"}
KEY_OF_PART = {
    "levels": "level_raw", "subjects": "applicant_types_raw", "sets": "document_sets", "online_level": "online_level", "methods": "methods",
    "papers": "documents", "legal_bases": "legal_basis_codes", "code_full": "code_full", "procedure_type": "procedure_type", "field": "field",
    "source": "source", "source_url": "source_url", "decision": "decision_number",
}  # fmt: skip
SHORT_COLUMN = {"code_full": 40, "procedure_type": 200, "field": 200, "source": 60, "source_url": 500, "decision": 120}


@dataclass
class Conversion:
    """A converted record, what was unclear in it, and the counts of what was read of limits, fees and papers."""

    record: dict[str, Any]
    notes: list[dict[str, Any]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def note(self, part: str, code: str, text: str) -> None:
        """Something unclear: the part of the record, what about it, and the words."""
        self.counts[f"{part}.{code}"] += 1
        entry = {"part": part, "code": code, "text": text[:500]}
        if entry not in self.notes:
            self.notes.append(entry)


def is_portal_record(keys: Iterable[str]) -> bool:
    """Whether a JSON object has the keys of the national portal's export."""
    return {"code", "detail", "methods_raw", "documents_raw"} <= set(keys)


def _methods(source: Mapping[str, Any], out: Conversion) -> None:
    rows: list[dict[str, Any]] = []
    fees: list[dict[str, Any]] = []
    methods = list(source.get("methods") or [])
    for method in methods:
        channel = parsers.CHANNELS.get(one_line(method.get("method")).lower())
        if channel is None:
            out.note("methods", "channel", str(method.get("method")))
            continue
        rows.append(_method(channel, method.get("time_limit"), method.get("fee_and_note"), out))
        fees.extend(_fees(channel, method.get("fee_and_note"), out))
    if not methods:
        # One limit and one fee for whatever ways the sentence about filing names.
        channels = parsers.channels_in(said(source.get("methods_raw")))
        for index, channel in enumerate(channels):
            quiet = out if index == 0 else Conversion({})
            rows.append(_method(channel, source.get("time_limit"), source.get("fee"), quiet))
        if channels:
            fees.extend(_fees("", source.get("fee"), out))
        elif said(source.get("time_limit")):
            out.note("methods", "no_channel", tidy(source.get("time_limit")))
    out.record["methods"] = rows
    out.record["fees"] = _merged(fees, {row["channel"] for row in rows})


def _method(channel: str, limit: Any, fee: Any, out: Conversion) -> dict[str, Any]:
    reading = parsers.read_limit(said(limit))
    if said(limit):
        out.counts["limits"] += 1
        out.counts["limits.read"] += bool(reading.unit)
        if reading.problem:
            out.note("limits", reading.problem, reading.text)
    value = reading.value
    return {
        "channel": channel,
        "limit_value": None if value is None else int(value) if value == int(value) else float(value),
        "limit_unit": reading.unit,
        "limit_text": reading.text,
        "fee_text": said(fee),
    }


def _fees(channel: str, text: Any, out: Conversion) -> Iterator[dict[str, Any]]:
    words = said(text)
    if not words:
        return
    out.counts["fees"] += 1
    readings = parsers.read_fee(words)
    if not readings:
        out.note("fees", "not_a_fee", words)
    out.counts["fees.read"] += bool(readings) and all(reading.amount is not None for reading in readings)
    for reading in readings:
        if reading.problem:
            out.note("fees", reading.problem, words)
        yield {
            "kind": reading.kind, "channel": channel, "amount": reading.amount, "unit": reading.unit, "formula": reading.formula,
            "condition": reading.condition,
        }  # fmt: skip


def _merged(fees: list[dict[str, Any]], channels: set[str]) -> list[dict[str, Any]]:
    """The same rule for every way to file is one rule for all of them."""
    by_rule: dict[tuple[Any, ...], list[str]] = {}
    for fee in fees:
        by_rule.setdefault(tuple(value for key, value in fee.items() if key != "channel"), []).append(fee["channel"])
    merged: list[dict[str, Any]] = []
    for fee in fees:
        rule = tuple(value for key, value in fee.items() if key != "channel")
        stated = by_rule.pop(rule, None)
        if stated is None:
            continue
        merged.extend({**fee, "channel": channel} for channel in ([""] if set(stated) >= channels else dict.fromkeys(stated)))
    return merged


def _papers(source: Mapping[str, Any], out: Conversion) -> None:
    rows: list[dict[str, Any]] = []
    files: list[str] = []
    for document in source.get("documents") or []:
        out.counts["papers"] += 1
        paper = parsers.read_paper(document.get("text"), document.get("quantity"), document.get("form"), has_file=bool(document.get("has_form_file")))
        if not paper.name:
            out.note("papers", "nameless", str(document.get("quantity")))
            continue
        group = tidy(document.get("group"))
        if paper.is_note and rows:
            heading = group if group != rows[-1]["group"] and group not in rows[-1].get("note", "") else ""
            rows[-1]["note"] = "\n".join(part for part in (rows[-1].get("note", ""), heading, paper.name) if part)
            out.note("papers", "is_note", paper.name)
            continue
        if paper.problem:
            out.note("papers", paper.problem, f"{paper.name} ({one_line(document.get('quantity'))})")
        elif document.get("has_form_file") and not paper.file:
            out.note("papers", "file_name", paper.name)
        out.counts["papers.read"] += not paper.problem and not paper.is_note
        row = {"group": group, "name": paper.name, "originals": paper.originals, "copies": paper.copies}
        if paper.file:
            row["form_code"] = paper.file[:250]
            files.append(paper.file)
        rows.append(row)
    if not rows and said(source.get("documents_raw")):
        out.note("papers", "flattened", tidy(source.get("documents_raw")))
    out.record["papers"] = rows
    files.extend(tidy(name) for name in source.get("forms") or [])
    out.record["forms"] = [{"name": name, "files": name} for name in dict.fromkeys(files) if name]


def _results(source: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = [{"code": one_line(row.get("code")), "name": tidy(row.get("name"))} for row in source.get("results") or []]
    rows = [row for row in rows if row["name"]]
    return rows or [{"name": name} for name in parsers.split_steps(said(source.get("result")))]


def _agencies(source: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = [
        {"role": role, "name": name}
        for role, key in (
            ("competent", "competent_authority"), ("competent", "agency"), ("delegated", "authorised_agency"),
            ("coordinating", "coordinating_agency"),
        )
        if (name := said(source.get(key)))
    ]  # fmt: skip
    return [row for index, row in enumerate(rows) if row not in rows[:index]]


def _steps(source: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for step in parsers.split_steps(said(source.get("steps"))):
        title, colon, text = step.partition(":")
        if colon and text.strip() and parsers.words.MARKERS[0].match(title) and len(title) <= LONGEST_STEP_TITLE and "\n" not in title:
            rows.append({"title": title.strip(), "text": text.strip()})
        else:
            rows.append({"text": step})
    return rows


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _covered(text: str, cells: Iterable[str]) -> bool:
    """Whether a flattened table says nothing but its headings and these cells, in their order."""
    rest: list[str] = []
    at = 0
    squeezed = _squeezed(text)
    for cell in cells:
        cell = _squeezed(tidy(cell))
        found = squeezed.find(cell, at) if cell else at
        if found < 0:
            return False
        rest.append(squeezed[at:found])
        at = found + len(cell)
    rest.append(squeezed[at:])
    left = "\n".join(rest)
    for heading in HEADINGS:
        left = left.replace(_squeezed(heading), "")
    return not left.strip()


def _cells(rows: Any, *keys: str) -> list[str]:
    """The cells of a parsed table in the order in which the page shows them; a heading of a group stands once."""
    cells: list[str] = []
    group = ""
    for row in rows or []:
        for key in keys:
            value = row.get(key) or ""
            if key != "group":
                cells.append(value)
            elif value != group:
                cells.append(value)
                group = value
    return cells


def _kept(source: Mapping[str, Any], record: Mapping[str, Any], unread: Iterable[str]) -> dict[str, Any]:
    """What the structure does not hold word for word, by its key."""
    kept = {key: value for key, value in source.items() if key not in READ and value not in (None, "", [], {})}
    keep = set(unread)
    if source.get("methods_raw") and not _covered(tidy(source["methods_raw"]), _cells(source.get("methods"), "method", "time_limit", "fee_and_note")):
        keep.add("methods_raw")
    documents = _cells(source.get("documents"), "group", "text", "form", "quantity")
    if source.get("documents_raw") and not _covered(tidy(source["documents_raw"]), documents):
        keep.add("documents_raw")
    if source.get("results") and source.get("result") and not _covered(tidy(source["result"]), _cells(source["results"], "name", "code")):
        keep.add("result")
    if source.get("legal_basis_raw"):
        keep.add("legal_basis_raw")  # the documents' titles stand here only
    if not source.get("methods"):
        keep.update(("time_limit", "fee") if not record["methods"] else ())
    kept.update({key: source[key] for key in keep if isinstance(source.get(key), list) or said(source.get(key))})
    return kept


def convert(source: Mapping[str, Any]) -> Conversion:
    """One record of the national portal as a record of the import format."""
    out = Conversion({})
    levels, unknown_levels = parsers.levels(source.get("level_raw"))
    stated = [level for level in source.get("levels") or [] if level in parsers.words.LEVELS.values()]
    subjects, unknown_subjects = parsers.audiences(source.get("applicant_types") or [])
    sets, whole = parsers.read_sets(said(source.get("document_sets")))
    laws = parsers.read_law_numbers(source.get("legal_basis_raw"), source.get("legal_basis_codes") or [])
    record = out.record
    record.update(
        code="".join(one_line(source.get("code")).split()),
        code_full="".join(one_line(source.get("code_full")).split()),
        levels=stated or levels,
        name=one_line(source.get("name")),
        field=one_line(said(source.get("field"))),
        decision=one_line(source.get("decision_number")),
        subjects=subjects,
        sets=sets,
        online_level=ONLINE_LEVELS.get(one_line(source.get("online_level")).lower().strip(" .•"), ""),
        procedure_type=one_line(source.get("procedure_type")),
        receiving_address=said(source.get("receiving_address")),
        description=said(source.get("description")),
        keywords=said(source.get("keywords")),
        regime=source.get("regime") if source.get("regime") in {"two_tier", "three_tier"} else "",
        source=one_line(source.get("source")),
        source_url=one_line(source.get("source_url")),
        steps=_steps(source),
        conditions=[{"text": text} for text in parsers.split_steps(said(source.get("conditions")))],
        results=_results(source),
        agencies=_agencies(source),
        legal_bases=[{"document": number} for number in laws.numbers],
    )
    _methods(source, out)
    _papers(source, out)
    for word in unknown_levels:
        out.note("levels", "unknown", word)
    for word in unknown_subjects:
        out.note("subjects", "unknown", word)
    if said(source.get("document_sets")) and not (sets and whole):
        out.note("sets", "not_read" if sets is None else "more", tidy(source["document_sets"]))
    if source.get("online_level") and not record["online_level"]:
        out.note("online_level", "unknown", str(source["online_level"]))
    out.counts["legal_bases.repaired"] += len(laws.repaired)
    for number in laws.unread:
        out.note("legal_bases", "unread", number)
    for name, longest in SHORT_COLUMN.items():
        if len(record[name]) > longest:
            out.note(name, "too_long", record[name])
            record[name] = ""
    unread = {KEY_OF_PART[note["part"]] for note in out.notes if note["part"] in KEY_OF_PART and note["code"] in LOSES}
    record["source_text"] = _kept(source, record, unread)
    return out
