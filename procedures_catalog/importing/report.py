"""The report of an import: counts, what is wrong and where, what was made of each record. Kept as JSON, given as CSV."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.tabular import escape

from .plan import BAD, CREATE, END, KEPT, REPLACE, UNCHANGED
from .problems import Problem

ACTIONS = {
    CREATE: gettext_lazy("new version"), REPLACE: gettext_lazy("changed before its day"), END: gettext_lazy("end of validity"),
    UNCHANGED: gettext_lazy("unchanged"), KEPT: gettext_lazy("left as it is"), BAD: gettext_lazy("not taken"),
}  # fmt: skip
NOTES: dict[str, Any] = {
    "limits.no_unit": gettext_lazy("time limit is a number without unit"),
    "limits.several": gettext_lazy("several time limits in one text"),
    "limits.not_a_limit": gettext_lazy("time limit is no length of time"),
    "fees.thousands": gettext_lazy("fee was 1,000 times too small; the note beside it was taken"),
    "fees.too_small": gettext_lazy("fee under 1,000 đồng; kept as text"),
    "fees.contradiction": gettext_lazy("fee and its note differ; kept as text"),
    "fees.other_amounts": gettext_lazy("the note beside the fee names other amounts"),
    "fees.currency": gettext_lazy("fee in another currency; kept as text"),
    "fees.set_elsewhere": gettext_lazy("says free, while the note says that the fee is set elsewhere; kept as text"),
    "fees.not_a_fee": gettext_lazy("no amount in the text of the fee"),
    "papers.is_note": gettext_lazy("a note among the papers; put with the paper before it"),
    "papers.zero": gettext_lazy("a paper with number 0; number left open"),
    "papers.quantity": gettext_lazy("number of papers could not be read"),
    "papers.flattened": gettext_lazy("the table of papers is one run of text; kept as text"),
    "papers.file_name": gettext_lazy("name of a form's file runs into the paper's name"),
    "papers.nameless": gettext_lazy("a paper without a name"),
    "methods.channel": gettext_lazy("unknown way to file"),
    "methods.no_channel": gettext_lazy("time limit without a way to file"),
    "legal_bases.unread": gettext_lazy("number of a legal document could not be read"),
    "legal_bases.repaired": gettext_lazy("numbers of legal documents freed from glued text"),
    "levels.unknown": gettext_lazy("unknown level"),
    "subjects.unknown": gettext_lazy("unknown audience"),
    "sets.not_read": gettext_lazy("number of sets could not be read"),
    "sets.more": gettext_lazy("number of sets has a remark"),
    "online_level.unknown": gettext_lazy("unknown service level"),
}
MOST_PROBLEMS = 2000  # what a person can read; the rest is counted


@dataclass
class Line:
    """What became of one record."""

    row: int
    code: str
    name: str
    action: str
    valid_from: str = ""
    reason: str = ""
    readings: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    seq: int = 0  # number of the record in the run

    def words(self) -> str:
        """What was made of time limits, fees and papers, as a sentence for people."""
        parts = []
        for name, label in (("limits", _("time limits")), ("fees", _("fees")), ("papers", _("papers"))):
            if total := self.readings.get(name, 0):
                values = {"what": label, "read": self.readings.get(f"{name}.read", 0), "total": total}
                parts.append(_("%(what)s: %(read)d of %(total)d read") % values)
        parts += [f"{NOTES[code]} ({count})" for code, count in sorted(self.readings.items()) if code in NOTES and count]
        return "; ".join(str(part) for part in parts)


@dataclass
class Report:
    """The whole report."""

    file: str = ""
    dry_run: bool = False
    draft: bool = False
    done: bool = False  # whether anything was written
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    lines: list[Line] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    readings: Counter[str] = field(default_factory=Counter)
    references: dict[str, dict[str, int]] = field(default_factory=dict)
    ended: int = 0
    seconds: float = 0.0

    def add(self, problems: list[Problem]) -> None:
        """Take problems in, up to what a person can read."""
        self.problem_count += len(problems)
        self.problems.extend(problems[: max(0, MOST_PROBLEMS - len(self.problems))])

    def changed(self) -> int:
        """How many records the import writes."""
        return self.counts[CREATE] + self.counts[REPLACE] + self.counts[END]

    def as_dict(self) -> dict[str, Any]:
        """For `ImportRun.report`."""
        return {
            "file": self.file, "dry_run": self.dry_run, "draft": self.draft, "done": self.done, "problem_count": self.problem_count,
            "problems": [problem.as_dict() for problem in self.problems], "lines": [vars(line) for line in self.lines],
            "counts": dict(self.counts), "readings": dict(self.readings), "references": self.references, "ended": self.ended,
            "seconds": round(self.seconds, 2),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Report:
        """What `as_dict` made."""
        kept = {name: data[name] for name in ("file", "dry_run", "draft", "done", "problem_count", "references", "ended", "seconds") if name in data}
        report = cls(**kept)
        report.problems = [Problem(**problem) for problem in data.get("problems", [])]
        report.lines = [Line(**line) for line in data.get("lines", [])]
        report.counts, report.readings = Counter(data.get("counts", {})), Counter(data.get("readings", {}))
        return report

    def rows(self) -> Iterator[list[str]]:
        """The report as a table: bad cells first, then each record."""
        yield [_("table"), _("row"), _("column"), _("code"), _("outcome"), _("in force from"), _("what to know"), _("value")]
        for problem in self.problems:
            yield [problem.table, str(problem.row or ""), problem.column, problem.record, str(ACTIONS[BAD]), "", problem.message, problem.value]
        if self.problem_count > len(self.problems):
            message = _("%(count)d more problems are not listed.") % {"count": self.problem_count - len(self.problems)}
            yield ["", "", "", "", "", "", message, ""]
        for line in self.lines:
            told = "; ".join(part for part in (line.reason, line.words(), self.missing_words(line)) if part)
            yield ["versions", str(line.row), "", line.code, str(ACTIONS[line.action]), line.valid_from, told, line.name]

    @staticmethod
    def missing_words(line: Line) -> str:
        """ "incomplete: …" for a record that lacks compulsory parts."""
        if not line.missing:
            return ""
        from ..completeness import LABELS

        return _("incomplete: %(parts)s") % {"parts": ", ".join(str(LABELS.get(code, code)) for code in line.missing)}

    def as_csv(self) -> Iterator[bytes]:
        """The report as a CSV file that spreadsheets open rightly."""
        yield b"\xef\xbb\xbf"
        for row in self.rows():
            out = io.StringIO()
            csv.writer(out).writerow([escape(str(cell)) for cell in row])
            yield out.getvalue().encode()
