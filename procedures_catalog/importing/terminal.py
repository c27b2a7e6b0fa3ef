"""What a command shows while it imports: a bar on a terminal, nothing in a pipe; then counts and what is wrong."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

from django.utils.translation import gettext as _

from .plan import BAD, CREATE, END, KEPT, REPLACE, UNCHANGED
from .report import ACTIONS, NOTES, Report

WIDTH = 30
SHOWN = 50  # problems on the screen; all of them are in the report


class Bar:
    """A progress bar on a terminal."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.on = self.stream.isatty()
        self.last = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show how far it is; `total` 0 is not known."""
        if not self.on or (time.monotonic() - self.last < 0.1 and done != total):
            return
        self.last = time.monotonic()
        label = {"read": _("reading"), "write": _("writing"), "index": _("indexing")}.get(what, what)
        if total:
            filled = WIDTH * done // total
            self.stream.write(f"\r{label} [{'#' * filled}{'.' * (WIDTH - filled)}] {done}/{total} ")
        else:
            self.stream.write(f"\r{label} {done} ")
        self.stream.flush()

    def end(self) -> None:
        """Clear the line."""
        if self.on and self.last:
            self.stream.write("\r" + " " * (WIDTH + 30) + "\r")
            self.stream.flush()


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
