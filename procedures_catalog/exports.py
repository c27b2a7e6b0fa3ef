"""Exports too large for one request: asked for, made by a job, fetched by a link, gone after a few days.

The file lies in the private folder under a random name. Only who asked for it gets it, or somebody who may see everybody's."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, QueryDict
from django.utils import timezone, translation
from django.utils.timezone import localdate
from procrastinate.contrib.django import app

from foundation.files import PrivateStorage, random_name
from safeguards.models import User
from safeguards.services import record as record_event

from . import exporting
from .models import ExportRun

logger = logging.getLogger(__name__)
Step, What = ExportRun.Step, ExportRun.What
KEPT_DAYS = 3
OPEN = (Step.WAITING, Step.RUNNING)
SUFFIXES = {What.CATALOGUE.value: exporting.SUFFIXES, What.REPORT.value: {"csv": ".csv", "xlsx": ".xlsx"}}
TYPES = {What.CATALOGUE.value: exporting.CONTENT_TYPES, What.REPORT.value: {**exporting.CONTENT_TYPES, "csv": "text/csv; charset=utf-8"}}
ASK = {
    What.CATALOGUE.value: ("procedures_catalog.export_catalogue",),
    What.REPORT.value: tuple(f"procedures_catalog.{action}_procedureversion" for action in ("add", "change", "publish", "view")),
}
SEE_ALL = "procedures_catalog.view_exportrun"


def is_large(rows: int) -> bool:
    """Whether so many rows are made by a job."""
    return rows > int(settings.EXPORT_ROWS_AT_ONCE)


def may_ask(user: Any, what: str) -> bool:
    """Whether a user may have this export made."""
    return bool(user.is_active and any(user.has_perm(permission) for permission in ASK[what]))


def may_fetch(user: Any, run: ExportRun) -> bool:
    """Whether a user gets the file: who asked for it and still may, or who may see everybody's exports."""
    return may_ask(user, run.what) and (run.actor_id == user.pk or bool(user.has_perm(SEE_ALL)))


def file_name(run: ExportRun) -> str:
    """What the file is called where it is saved."""
    stem = "thu-tuc" if run.what == What.CATALOGUE else "do-day-du"
    return f"{stem}-{localdate(run.created_at):%Y-%m-%d}{SUFFIXES[run.what][run.kind]}"


def path_of(run: ExportRun) -> Path:
    """Where the file lies."""
    return Path(PrivateStorage().path(run.file))


def is_there(run: ExportRun) -> bool:
    """Whether the file can be fetched now."""
    return run.step == Step.DONE and run.expires_at is not None and run.expires_at > timezone.now() and path_of(run).is_file()


@transaction.atomic
def ask(what: str, kind: str, *, user: User, rows: int, query: str = "") -> ExportRun:
    """Have a file made, on record. Asking again for one that is not yet made gives that one."""
    User.objects.select_for_update().get(pk=user.pk)  # two clicks at once are one
    waiting = ExportRun.objects.filter(actor=user, what=what, kind=kind, query=query, step__in=OPEN).first()
    if waiting is not None:
        return waiting
    run = ExportRun.objects.create(what=what, kind=kind, query=query, rows=rows, actor=user, language=translation.get_language() or "")
    record_event("procedures_catalog.exported", run, actor=user, payload={"what": what, "kind": kind, "rows": rows})
    write_export.defer(run_id=run.pk)
    return run


class _Progress:
    """Writes how many rows are done, at most twice a second."""

    def __init__(self, run: ExportRun) -> None:
        self.run, self.done, self.last = run, 0, time.monotonic()

    def add(self, rows: int) -> None:
        """So many more."""
        self.done += rows
        if time.monotonic() - self.last >= 0.5:
            self.last = time.monotonic()
            ExportRun.objects.filter(pk=self.run.pk, step=Step.RUNNING).update(progress=self.done)


@app.task(name="procedures_catalog.write_export", queue="imports", lock="write_export")
def write_export(run_id: int) -> str:
    """Make a file that was asked for; begun again after a crash, it is made anew."""
    run = ExportRun.objects.select_related("actor").get(pk=run_id)
    if run.step not in OPEN:
        return str(run.step)
    if not may_ask(run.actor, run.what):
        return _end(run, Step.FAILED)
    ExportRun.objects.filter(pk=run.pk).update(step=Step.RUNNING, progress=0)
    name = random_name("exports", file_name(run))
    path = Path(PrivateStorage().path(name))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with translation.override(run.language or settings.LANGUAGE_CODE), path.open("xb") as out:
            path.chmod(0o600)
            (_write_report if run.what == What.REPORT else _write_catalogue)(run, out, _Progress(run))
    except BaseException:
        # whoever waits must see that it is over; the worker tells what it was
        path.unlink(missing_ok=True)
        _end(run, Step.FAILED)
        raise
    return _end(run, Step.DONE, file=name, size=path.stat().st_size)


def _end(run: ExportRun, step: str, **values: Any) -> str:
    now = timezone.now()
    expires = now + dt.timedelta(days=KEPT_DAYS) if step == Step.DONE else None
    with transaction.atomic():
        ExportRun.objects.filter(pk=run.pk).update(step=step, finished_at=now, expires_at=expires, progress=0, **values)
        kind = "procedures_catalog.export_finished" if step == Step.DONE else "procedures_catalog.export_failed"
        record_event(kind, run, actor=run.actor, payload={"what": run.what, "kind": run.kind, "size": values.get("size", 0)})
    return str(step)


def _write_catalogue(run: ExportRun, out: IO[bytes], progress: _Progress) -> None:
    exporting.export(out, run.kind, seen=lambda record: progress.add(exporting.rows_of(record)))


def _write_report(run: ExportRun, out: IO[bytes], progress: _Progress) -> None:
    """The report as its page would give it to whoever asked, with the same filters."""
    from .backoffice.report import CompletenessReport

    request = HttpRequest()
    request.method, request.user, request.GET = "GET", run.actor, QueryDict(run.query)
    view: Any = CompletenessReport()
    view.setup(request)
    rows = _counted(view.get_filtered_queryset(), progress.add)
    if run.kind == "xlsx":
        view.write_xlsx(rows, out)
    else:
        out.writelines(view.stream_csv(rows))


def _counted(rows: Any, add: Callable[[int], None]) -> Iterator[Any]:
    found: Iterable[Any] = rows.iterator(chunk_size=500)
    for row in found:
        add(1)
        yield row


@app.periodic(cron="37 * * * *", periodic_id="forget_exports")
@app.task(name="procedures_catalog.forget_exports", queueing_lock="forget_exports")
def forget_exports(timestamp: int) -> int:
    """Delete the files whose time is over, and those that no export knows; gives how many exports ended."""
    now = timezone.now()
    over = list(ExportRun.objects.filter(step=Step.DONE, expires_at__lte=now))
    for run in over:
        path_of(run).unlink(missing_ok=True)
        ExportRun.objects.filter(pk=run.pk).update(step=Step.EXPIRED, file="")
    folder = Path(PrivateStorage().path("exports"))
    known = set(ExportRun.objects.filter(step=Step.DONE).values_list("file", flat=True))
    old = (now - dt.timedelta(days=1)).timestamp()
    for path in folder.iterdir() if folder.is_dir() else ():
        if f"exports/{path.name}" not in known and path.stat().st_mtime < old:
            path.unlink(missing_ok=True)
    return len(over)
