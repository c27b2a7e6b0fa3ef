"""Imports from the back office as jobs: read and compare, then, once confirmed, write. Progress is told on a connection of its
own, since the import's transaction is not seen before its end."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from safeguards.models import User

from ..models import ImportRun
from .problems import BadFile, Problem
from .readers import UPLOAD
from .report import Report
from .service import DETAILED, NotReady, Options, may_not_approve, run_import

logger = logging.getLogger(__name__)
KEPT_DAYS = 7  # an uploaded file that nobody confirmed goes after a week


def folder() -> Path:
    """Where uploaded files wait: private, named at random."""
    path = Path(settings.PRIVATE_ROOT) / "imports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


class Progress:
    """Writes how far a run is, at most twice a second."""

    def __init__(self, run: ImportRun) -> None:
        self.run, self.last = run, 0.0
        self.connection = connections.create_connection(DEFAULT_DB_ALIAS)

    def __call__(self, what: str, done: int, total: int) -> None:
        """Tell it."""
        if time.monotonic() - self.last < 0.5:
            return
        self.last = time.monotonic()
        with self.connection.cursor() as cursor:
            cursor.execute("update procedures_catalog_importrun set progress = %s, total = %s where id = %s", [done, total, self.run.pk])

    def close(self) -> None:
        """Give the connection back."""
        self.connection.close()


@app.task(name="procedures_catalog.read_import", queue="imports")
def read_import(run_id: int) -> str:
    """Read an uploaded file and say what it would change."""
    run = ImportRun.objects.select_related("actor").get(pk=run_id)
    if run.step != ImportRun.Step.UPLOADED:
        return str(run.step)

    def reading(progress: Progress) -> Report:
        options = Options(dry_run=True, draft=bool(run.options.get("draft")), detailed=DETAILED)
        return run_import(folder() / run.file, actor=run.actor, options=options, limits=UPLOAD, progress=progress, name=run.file_name)

    return _run(run, reading, ImportRun.Step.PREVIEWED)


@app.task(name="procedures_catalog.write_import", queue="imports", lock="write_import")
def write_import(run_id: int) -> str:
    """Write a confirmed import."""
    run = ImportRun.objects.select_related("actor", "approver").get(pk=run_id)
    if run.step != ImportRun.Step.RUNNING:
        return str(run.step)

    def writing(progress: Progress) -> Report:
        options = Options(draft=bool(run.options.get("draft")), skip_bad_rows=bool(run.options.get("skip_bad_rows")))
        if run.approver is None and not options.draft:
            raise NotReady(_("Nobody has approved this import."))
        path = folder() / run.file
        return run_import(path, actor=run.actor, options=options, limits=UPLOAD, progress=progress, name=run.file_name, approver=run.approver)

    return _run(run, writing, ImportRun.Step.DONE)


def _run(run: ImportRun, work: Callable[[Progress], Report], after: str) -> str:
    progress = Progress(run)
    try:
        with translation.override(run.options.get("language") or settings.LANGUAGE_CODE):
            try:
                report = work(progress)
            except NotReady as error:
                report = Report(file=run.file_name, problems=[Problem(str(error))], problem_count=1)
            except OSError as error:
                logger.warning("import run %s: %s", run.pk, error)
                report = Report(file=run.file_name, problems=BadFile(_("The uploaded file is gone. Upload it again.")).problems, problem_count=1)
        step = _settle(run, report, after)
    except Exception:
        # the worker tells and retries nothing by itself; whoever waits must see that it is over, and that it was not their file
        with translation.override(run.options.get("language") or settings.LANGUAGE_CODE):
            ours = Problem(_("Something went wrong on our side while this file was read; whoever runs the portal finds it in the log."))
        report = Report(file=run.file_name, problems=[ours], problem_count=1)
        ImportRun.objects.filter(pk=run.pk).update(step=ImportRun.Step.FAILED, report=report.as_dict(), finished_at=timezone.now())
        _forget(run)
        raise
    finally:
        progress.close()
    return step


def _settle(run: ImportRun, report: Report, after: str) -> str:
    """Keep what came of the work; gives the step that the run is at now."""
    step = after
    if after == ImportRun.Step.DONE and not report.done:
        step = ImportRun.Step.FAILED
    if after == ImportRun.Step.PREVIEWED and report.problem_count and not report.counts["records"]:
        step = ImportRun.Step.FAILED
    finished = None if step == ImportRun.Step.PREVIEWED else timezone.now()
    ImportRun.objects.filter(pk=run.pk).update(step=step, report=report.as_dict(), finished_at=finished, progress=0, total=0)
    if finished:
        _forget(run)
    return step


def _forget(run: ImportRun) -> None:
    (folder() / run.file).unlink(missing_ok=True)


def confirm(run: ImportRun, *, skip_bad_rows: bool, approver: User | None) -> bool:
    """Start the writing of a previewed run; gives whether this call did (a second click does nothing). Without an approver
    it writes drafts, whatever was asked for at the upload; raises NotReady when the approver may not."""
    if approver is not None and (obstacle := may_not_approve(approver, run.actor)):
        raise NotReady(obstacle)
    with transaction.atomic():
        locked = ImportRun.objects.select_for_update().get(pk=run.pk)
        if locked.step != ImportRun.Step.PREVIEWED:
            return False
        locked.options = {**locked.options, "skip_bad_rows": skip_bad_rows, "draft": approver is None}
        locked.approver = approver
        locked.step = ImportRun.Step.RUNNING
        locked.save(update_fields=["options", "approver", "step"])
        write_import.defer(run_id=run.pk)
    return True


@app.periodic(cron="17 3 * * *", periodic_id="forget_imports")
@app.task(name="procedures_catalog.forget_imports", queueing_lock="forget_imports")
def forget_imports(timestamp: int) -> int:
    """Remove files of imports that nobody confirmed; gives how many."""
    old = timezone.now() - dt.timedelta(days=KEPT_DAYS)
    waiting = [ImportRun.Step.UPLOADED, ImportRun.Step.PREVIEWED, ImportRun.Step.RUNNING]
    runs = list(ImportRun.objects.filter(step__in=waiting, created_at__lt=old))
    for run in runs:
        _forget(run)
        ImportRun.objects.filter(pk=run.pk).update(step=ImportRun.Step.FAILED, finished_at=timezone.now())
    known = set(ImportRun.objects.filter(step__in=waiting).values_list("file", flat=True))
    for path in folder().iterdir():
        if path.name not in known and path.stat().st_mtime < old.timestamp():
            path.unlink(missing_ok=True)
    return len(runs)
