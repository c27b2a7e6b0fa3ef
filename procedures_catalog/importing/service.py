"""The door of the import: a file in, a report out. A file with errors changes nothing unless the good rows are asked for."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from organisation.enums import LEVEL_BY_CODE
from organisation.models import SiteIdentity, today
from safeguards.services import record as record_event

from .. import named
from ..record import content_digest, records_by_id
from . import references
from .changes import MOST, changed_files, changes_between
from .form_files import FormFiles
from .plan import BAD, CREATE, END, REPLACE, Digest, Entry, Plan, Planner
from .problems import BadFile, Problem
from .readers import COMMAND, Limits, open_source
from .references import ReferenceRows
from .report import Line, Report
from .resources import CatalogueResource, Records, Store
from .state import CatalogueState, attached_files
from .writing import Writer

if TYPE_CHECKING:
    from safeguards.models import User

logger = logging.getLogger(__name__)
LOCK = 0x696D706F  # one import at a time: "impo"
DETAILED = 500  # records whose difference a preview shows; the counts are of all


@dataclass(frozen=True)
class Options:
    """How to import. `today` is for tests of other days."""

    dry_run: bool = False
    draft: bool = False
    skip_bad_rows: bool = False
    files: Path | None = None  # the folder of the forms' files; that of the import itself where it is one
    detailed: int = 0  # how many differences the report holds, old and new


Progress = Callable[[str, int, int], None]  # (what, done, of how many or 0)


class NotReady(Exception):
    """The installation lacks something that an import needs; its text says what to do."""


def approver_for(actor: User) -> User:
    """Whoever stands for the approval of imported records. Raises NotReady when nobody is named, or the importing person is."""
    identity = SiteIdentity.objects.select_related("import_approver").first()
    approver: User | None = identity.import_approver if identity else None
    if approver is None:
        raise NotReady(_("Nobody is named as the person who approves imports. Name one in the identity of the portal, or import drafts."))
    if approver.pk == actor.pk:
        raise NotReady(_("Who imports cannot approve the import. Let another person import, or import drafts."))
    if not approver.is_active:
        raise NotReady(_("The person who approves imports is no longer active. Name another one, or import drafts."))
    return approver


def may_not_approve(approver: User, actor: User) -> str:
    """Why somebody may not let an import of the back office be published; empty when they may. The standing approval that an
    installation names is for the command alone: whoever sits at a screen decides in their own name (A12)."""
    if not approver.has_perm("procedures_catalog.publish_procedureversion"):
        return _("Only somebody who may publish can let this import be published. Ask them to open this page, or import drafts.")
    if approver.pk == actor.pk:
        return _("You uploaded this file, so somebody else who may publish has to confirm it. Ask them to open this page, or import drafts.")
    return ""


@dataclass
class Reading:
    """A file read and cleaned: entries for the plan, records on disk, what is wrong."""

    resource: CatalogueResource
    store: Store
    rows: ReferenceRows
    problems: list[Problem]

    def close(self) -> None:
        """Let the temporary file go."""
        self.store.close()


def run_import(
    path: Path | str,
    *,
    actor: User,
    options: Options | None = None,
    limits: Limits = COMMAND,
    progress: Progress | None = None,
    name: str = "",
    approver: User | None = None,
) -> Report:
    """Import a file. Gives the report; raises NotReady before anything is read when nobody could approve. `approver` is who
    confirmed it at a screen; without one, whoever the installation names stands for it.

    Nothing is written when `dry_run` is set, or when there are problems and the good rows were not asked for."""
    options = options or Options()
    started = time.monotonic()
    report = Report(file=name or Path(path).name, dry_run=options.dry_run, draft=options.draft)
    if options.draft or options.dry_run:
        approver = None
    elif approver is None:
        approver = approver_for(actor)
    elif obstacle := may_not_approve(approver, actor):
        raise NotReady(obstacle)
    files = FormFiles(options.files or (Path(path) if Path(path).is_dir() else None))
    reading = None
    try:
        state: CatalogueState | None = CatalogueState.load()
        while True:
            reading = _read(path, limits.begin(), progress, name, state, files)
            try:
                _decide(reading, report, options, actor, approver, progress)
            except ReadAgain:
                # somebody changed the catalogue meanwhile: what was passed over as known is to be written
                reading.close()
                state, report = None, Report(file=report.file, dry_run=options.dry_run, draft=options.draft)
            else:
                break
    except BadFile as error:
        report.add(error.problems)
        report.counts[BAD] += 0
    finally:
        if reading is not None:
            reading.close()
    report.seconds = time.monotonic() - started
    return report


class ReadAgain(Exception):
    """A record that was not read because it was known turned out to be needed."""


def _decide(reading: Reading, report: Report, options: Options, actor: User, approver: User | None, progress: Progress | None) -> None:
    report.add(reading.problems)
    if options.dry_run or (reading.problems and not options.skip_bad_rows):
        _preview(reading, report, options)
    else:
        _write(reading, report, options, actor, approver, progress)


def _read(path: Path | str, limits: Limits, progress: Progress | None, name: str, state: CatalogueState | None, files: FormFiles) -> Reading:
    store = Store()
    try:
        with open_source(path, limits, name=name) as source:
            resource = CatalogueResource(source, store, state, files)
            records = Records(source, (lambda count: progress("read", count, 0)) if progress else None)
            result = resource.import_data(records, raise_errors=False, use_transactions=False)
            for error in result.base_errors:
                raise error.error
            rows = ReferenceRows.of(source.references, is_json=source.is_json)
            problems = source.problems + rows.problems + resource.problems
    except BaseException:
        store.close()
        raise
    return Reading(resource, store, rows, problems)


def _digest_with(store: Store) -> Digest:
    def at_levels(entry: Entry, levels: frozenset[int], change_kind: str) -> str:
        record = store.get(entry.seq)
        record["levels"] = [code for code, level in LEVEL_BY_CODE.items() if int(level) in levels and int(level)]
        record["change_kind"] = change_kind
        return content_digest(record)

    return at_levels


def _plan(reading: Reading, state: CatalogueState, options: Options) -> tuple[Plan, list[Problem]]:
    """References first, then each record; gives the plan and what is wrong beyond single cells."""
    problems = reading.rows.check(state)
    resource = reading.resource
    for entry in resource.entries:
        entry.problems.clear()
    known: dict[str, Any] = {
        name: state.references[name].keys() | reading.rows.rows[name].keys() | resource.made[name].keys() for name in reading.rows.rows
    }
    known["units"] = state.units.keys()
    for index, kind, key, problem in resource.wanted:
        if key not in known[kind]:
            resource.entries[index].problems.append(problem)
    entries = [_fresh(entry) for entry in resource.entries]
    plan = Planner(state, today(), _digest_with(reading.store), draft=options.draft).plan(entries)
    if any(entry.seq == 0 for entry in plan.of(CREATE, REPLACE)):
        raise ReadAgain
    problems += [problem for entry in plan.entries for problem in entry.problems]
    return plan, problems


def _fresh(entry: Entry) -> Entry:
    """A copy, so that planning a second time starts from what the file said."""
    return Entry(**{**vars(entry), "problems": list(entry.problems), "missing": list(entry.missing)})


def _preview(reading: Reading, report: Report, options: Options) -> None:
    state = CatalogueState.load()
    plan, problems = _plan(reading, state, options)
    report.add(problems)
    made = _needed(reading, plan)
    for name, keys in reading.rows.differences(state).items():
        new = {key for key in made[name] if key not in state.references[name]}
        report.references[name] = {"new": len(new | set(keys["new"])), "changed": len(keys["changed"])}
    _tell(reading, plan, report, options)


def _write(reading: Reading, report: Report, options: Options, actor: User, approver: User | None, progress: Progress | None) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("set local statement_timeout = '10min'; set local lock_timeout = '10s'; set local idle_in_transaction_session_timeout = 0")
            cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        state = CatalogueState.load()
        plan, problems = _plan(reading, state, options)
        report.add(problems)
        if problems and not options.skip_bad_rows:
            _tell(reading, plan, report, options)
            return
        writes = plan.of(CREATE, REPLACE)
        writer = Writer(state, reading.store, actor=actor, approver=approver, draft=options.draft, source_name=report.file)
        writer.files = reading.resource.files
        if writes or plan.endings or _differs(reading, state):
            _tell(reading, plan, report, options)
            made = _needed(reading, plan)
            report.references = references.write(reading.rows, made, state)
            writer.write(plan, (lambda done: progress("write", done, len(writes))) if progress else None)
            _after(reading, writer, report, actor, progress)
        else:
            report.references = {name: {"new": 0, "changed": 0} for name in reading.rows.rows}
            _tell(reading, plan, report, options)
        if writer.refused:
            report.add(writer.refused)
            if not options.skip_bad_rows:
                transaction.set_rollback(True)
                report.ended = 0
                return
        report.done = True


def _differs(reading: Reading, state: CatalogueState) -> bool:
    return any(keys["new"] or keys["changed"] for keys in reading.rows.differences(state).values())


def _needed(reading: Reading, plan: Plan) -> dict[str, dict[str, dict[str, Any]]]:
    """Reference rows that the written records of the national portal name; those of records left alone are not made."""
    made = reading.resource.made
    if not any(made.values()):
        return made
    needed: dict[str, set[str]] = {name: set() for name in made}
    for entry in plan.of(CREATE, REPLACE):
        record = reading.store.get(entry.seq)
        needed["fields"].add(record["field"])
        needed["decisions"].update((record["decision"], record["end_decision"]))
        needed["legal_documents"].update(basis["document"] for basis in record["legal_bases"])
    return {name: {key: row for key, row in rows.items() if key in needed[name]} for name, rows in made.items()}


def _after(reading: Reading, writer: Writer, report: Report, actor: User, progress: Progress | None) -> None:
    """What follows from the change: search, references, one event for the whole."""
    from ..jobs import rebuild_references_later
    from ..search_sources import reindex, reindex_named

    stated = {name: {writer.state.references[name][key].pk for key in rows} for name, rows in reading.rows.rows.items() if name != "fields"}
    reindex_named(named.Named(set(), stated["legal_documents"], stated["decisions"]) | writer.named_before)
    touched = sorted(writer.touched)
    for start in range(0, len(touched), 500):
        reindex(touched[start : start + 500])
        if progress is not None:
            progress("index", min(start + 500, len(touched)), len(touched))
    for start in range(0, len(writer.written), 500):
        rebuild_references_later(writer.written[start : start + 500])
    record_event(
        "procedures_catalog.imported", actor, actor=actor, payload={"file": report.file, "counts": dict(report.counts), "draft": report.draft}
    )


def _tell(reading: Reading, plan: Plan, report: Report, options: Options) -> None:
    """Lines and counts of the report."""
    report.counts = Counter({"records": len(plan.entries) + _bad_rows(reading)})
    for entry in plan.entries:
        report.counts[entry.action] += 1
        readings = reading.resource.readings.get(entry.seq, Counter())
        report.readings.update(readings)
        if entry.action == BAD:
            continue
        valid_from = entry.valid_from.isoformat() if entry.valid_from and entry.action in {CREATE, REPLACE, END} else ""
        report.lines.append(
            Line(entry.row, entry.code, entry.name, entry.action, valid_from, entry.reason, dict(readings), entry.missing, [], entry.seq)
        )
    report.counts[BAD] += _bad_rows(reading)
    report.ended = len(plan.endings)
    if options.detailed:
        _detail(reading, plan, report, options.detailed)


def _bad_rows(reading: Reading) -> int:
    return len({(problem.table, problem.row) for problem in reading.problems})


def _detail(reading: Reading, plan: Plan, report: Report, most: int) -> None:
    """For the first changed records: old and new, column by column."""
    entries = [entry for entry in plan.of(CREATE, REPLACE) if entry.old][:most]
    old = dict(records_by_id([entry.old for entry in entries if entry.old]))
    files = attached_files(old)
    lines = {line.seq: line for line in report.lines}
    for entry in entries:
        if entry.old in old:
            lines[entry.seq].changes = [
                *changes_between(old[entry.old], reading.store.get(entry.seq)),
                *changed_files(files.get(entry.old, frozenset()), entry.files),
            ][:MOST]


__all__ = ["COMMAND", "Limits", "NotReady", "Options", "Report", "approver_for", "run_import"]
