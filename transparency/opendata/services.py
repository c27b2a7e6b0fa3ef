"""Releases: made when something differs, whole or not at all; the old ones go.

Whether something differs is asked of what the database itself counts (events, logs of the back office, stamps of triggers), so
that nobody who changes something has to think of it; the rows decide: the same rows make no new release."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.timezone import localdate

from foundation.files import PrivateStorage
from foundation.registries import OpenDataset, open_datasets
from safeguards.services import record

from . import formats, search_sources
from .models import Release

FOLDER = "open-data"
UNFINISHED = dt.timedelta(days=1)  # what a crash left behind
READERS = dt.timedelta(hours=1)  # so long an address of a few minutes ago still finds its file
STATE = """select concat_ws('/',
  (select max(id) || ':' || count(*) from procedures_catalog_change),
  (select stamp from organisation_calendarstamp limit 1),
  (select id from safeguards_event where kind not like 'safeguards.%' and kind not like 'opendata.%' order by id desc limit 1),
  (select max(id) from wagtailcore_modellogentry), (select max(id) from wagtailcore_pagelogentry))"""


def state() -> str:
    """What stands for everything that was committed: another text as soon as something may have changed."""
    with connection.cursor() as cursor:
        cursor.execute(STATE)
        return str(cursor.fetchone()[0])[:250]


def path_of(file: str) -> Path:
    """Where a file of a release lies."""
    return Path(PrivateStorage().path(file))


def is_there(release: Release) -> bool:
    """Whether all files of a release can be given away."""
    return all(path_of(found["file"]).is_file() for found in release.files.values())


@contextmanager
def _one_moment() -> Iterator[None]:
    """All tables as of one moment, so that they fit each other; inside somebody else's transaction as of theirs."""
    with transaction.atomic():
        if len(connection.savepoint_ids) == 0:
            with connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read")
        yield


def due(now: dt.datetime | None = None) -> tuple[str, list[OpenDataset]]:
    """The state of the database, and the datasets that have to be looked at: never made, changed since, a day old, or lost."""
    moment = now or timezone.now()
    seen = state()
    latest = {release.dataset: release for release in Release.objects.latest_of_each()}

    def is_due(dataset: OpenDataset) -> bool:
        release = latest.get(dataset.slug)
        if release is None or release.state != seen or localdate(release.checked_at) != localdate(moment):
            return True
        return not is_there(release)

    return seen, [dataset for dataset in open_datasets if is_due(dataset)]


def make_due() -> list[Release]:
    """Make what is due; gives the new releases. One dataset that fails does not keep the others: all are tried, then it raises."""
    seen, datasets = due()
    return make(datasets, seen)


def make(datasets: Iterable[OpenDataset], seen: str = "") -> list[Release]:
    """Look at these datasets as of one moment and release those that differ from their last release."""
    made: list[Release] = []
    failures: list[Exception] = []
    for dataset, result in list(_written(datasets)):
        if isinstance(result, Exception):
            failures.append(result)
        elif (release := _settle(dataset, *result, seen)) is not None:
            made.append(release)
    if failures:
        raise ExceptionGroup("datasets that could not be made", failures)
    return made


Written = tuple[formats.Made, dict[str, str]]


def _written(datasets: Iterable[OpenDataset]) -> Iterator[tuple[OpenDataset, Written | Exception]]:
    with _one_moment():
        for dataset in datasets:
            names = {kind: f"{FOLDER}/{dataset.slug}-{secrets.token_hex(8)}.{suffix}" for kind, suffix in formats.SUFFIXES.items()}
            paths = {kind: path_of(name) for kind, name in names.items()}
            path_of(FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                with transaction.atomic():  # an error in one leaves the snapshot to the others
                    made = formats.write(dataset.rows(), dataset.columns, paths)
            except Exception as error:  # noqa: BLE001  # raised again, with the others, in `make`
                error.add_note(f"dataset {dataset.slug}")
                _remove(paths.values())
                yield dataset, error
            else:
                yield dataset, (made, names)


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _settle(dataset: OpenDataset, made: formats.Made, names: dict[str, str], seen: str) -> Release | None:
    """The new release; None when it says what the last one says, whose files then stay."""
    now = timezone.now()
    with transaction.atomic():
        last = Release.objects.select_for_update().filter(dataset=dataset.slug).order_by("-made_at", "-pk").first()
        if last is not None and last.digest == made.digest and is_there(last):
            Release.objects.filter(pk=last.pk).update(checked_at=now, state=seen, examples=made.examples)
            _remove(path_of(name) for name in names.values())
            return None
        files = {kind: {"file": name, "size": made.sizes[kind], "sha256": made.checksums[kind]} for kind, name in names.items()}
        release = Release.objects.create(
            dataset=dataset.slug, made_at=now, checked_at=now, rows=made.rows, digest=made.digest, files=files, examples=made.examples, state=seen,
        )  # fmt: skip
        search_sources.reindex([dataset.slug])
        record("opendata.released", release, payload={"dataset": dataset.slug, "rows": made.rows, "digest": made.digest})
    return release


def latest() -> dict[str, Release]:
    """The newest release of each registered dataset. One query."""
    return {release.dataset: release for release in Release.objects.latest_of_each() if release.dataset in open_datasets}


def latest_of(slug: str) -> Release | None:
    """The newest release of a dataset."""
    return Release.objects.filter(dataset=slug).order_by("-made_at", "-pk").first()


def release_of(slug: str, day: dt.date) -> Release | None:
    """The last release that was made on a local day."""
    begins = timezone.make_aware(dt.datetime.combine(day, dt.time.min))
    made = Release.objects.filter(dataset=slug, made_at__gte=begins, made_at__lt=begins + dt.timedelta(days=1))
    return made.order_by("-made_at", "-pk").first()


def kept(releases: Iterable[Release], today: dt.date) -> set[int]:
    """Which releases of one dataset stay: the newest; of each day the last, for OPEN_DATA_KEPT_DAYS; of each month the last, for a year."""
    newest_first = sorted(releases, key=lambda release: (release.made_at, release.pk), reverse=True)
    stay = {release.pk for release in newest_first[:1]}
    days: set[dt.date] = set()
    months: set[tuple[int, int]] = set()
    for release in newest_first:
        age = (today - release.day).days
        month = (release.day.year, release.day.month)
        if (release.day not in days and age <= settings.OPEN_DATA_KEPT_DAYS) or (month not in months and age <= 366):
            stay.add(release.pk)
        days.add(release.day)
        months.add(month)
    return stay


def forget_old(now: dt.datetime | None = None) -> int:
    """Delete releases whose time is over, and files that no release knows; gives how many releases."""
    moment = now or timezone.now()
    by_dataset: dict[str, list[Release]] = {}
    for release in Release.objects.all():
        by_dataset.setdefault(release.dataset, []).append(release)
    stay = {pk for releases in by_dataset.values() for pk in kept(releases, localdate(moment))}
    over = [release for releases in by_dataset.values() for release in releases if release.pk not in stay and release.checked_at < moment - READERS]
    _forget(over)
    _sweep(moment)
    return len(over)


def _forget(releases: list[Release]) -> None:
    Release.objects.filter(pk__in=[release.pk for release in releases]).delete()
    _remove(path_of(found["file"]) for release in releases for found in release.files.values())


def _sweep(moment: dt.datetime) -> None:
    """What a crash left: no release names it, and no job can still be writing it."""
    folder = path_of(FOLDER)
    if not folder.is_dir():
        return
    known = {found["file"] for files in Release.objects.values_list("files", flat=True) for found in files.values()}
    _remove(path for path in folder.iterdir() if f"{FOLDER}/{path.name}" not in known and path.stat().st_mtime < (moment - UNFINISHED).timestamp())


def forget(slug: str, before: dt.date) -> int:
    """Delete a dataset's releases of before a day: for what should never have been given away. The newest stays, made anew
    without it; gives how many."""
    begins: Any = timezone.make_aware(dt.datetime.combine(before, dt.time.min))
    newest = latest_of(slug)
    gone = [release for release in Release.objects.filter(dataset=slug, made_at__lt=begins) if newest is None or release.pk != newest.pk]
    with transaction.atomic():
        for release in gone:
            record("opendata.forgotten", release, payload={"dataset": slug, "digest": release.digest})
        _forget(gone)
    return len(gone)
