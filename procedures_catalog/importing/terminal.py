"""What a command shows while it imports: a bar on a terminal, nothing in a pipe; then counts and what is wrong."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _

from foundation import bar

from .plan import BAD, CREATE, END, KEPT, REPLACE, UNCHANGED
from .report import ACTIONS, NOTES, Report

SHOWN = 50  # problems on the screen; all of them are in the report


class Bar(bar.Bar):
    """A progress bar on a terminal."""

    def label(self, what: str) -> str:
        """What is done at the moment."""
        return {"read": _("reading"), "write": _("writing"), "index": _("indexing")}.get(what, what)


def summary(report: Report, write: Callable[[str], object]) -> None:
    """Counts, readings and problems of a report, in lines."""
    for action in (CREATE, REPLACE, END, UNCHANGED, KEPT, BAD):
        if report.counts[action]:
            write(f"{report.counts[action]:>7}  {ACTIONS[action]}")
    if report.ended:
        write(f"{report.ended:>7}  " + _("versions end"))
    for name, counts in report.references.items():
        if any(counts.values()):
            write(_("%(table)s: %(new)d new, %(changed)d changed") % {"table": name, **counts})
    for name, label in (("limits", _("time limits")), ("fees", _("fees")), ("papers", _("papers"))):
        if total := report.readings[name]:
            write(_("%(what)s: %(read)d of %(total)d read") % {"what": label, "read": report.readings[f"{name}.read"], "total": total})
    for code, label in NOTES.items():
        if report.readings[code]:
            write(f"{report.readings[code]:>7}  {label}")
    incomplete = sum(bool(line.missing) for line in report.lines if line.action in {CREATE, REPLACE})
    if incomplete:
        write(_("%(count)d records lack compulsory parts and are marked incomplete") % {"count": incomplete})


def problems(report: Report, write: Callable[[str], object]) -> None:
    """What is wrong, a line each."""
    for problem in report.problems[:SHOWN]:
        write(str(problem) + (f" [{problem.value}]" if problem.value else ""))
    if report.problem_count > SHOWN:
        write(_("… and %(count)d more; --report FILE lists them") % {"count": report.problem_count - SHOWN})
