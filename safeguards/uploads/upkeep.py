"""What keeps rows and files together: what had its time, what a transaction or a power cut left behind, what changed on the disk."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from foundation.registries import file_owners

from . import scanner, services, vault
from .enums import FileState
from .models import StoredFile

log = logging.getLogger(__name__)

YOUNG = dt.timedelta(hours=1)  # a file whose transaction may still run
WAITED = dt.timedelta(minutes=10)


@dataclass
class Findings:
    """Files without a row (`strays`), rows without their file (`missing`), contents that changed (`changed`): numbers of rows."""

    strays: int = 0
    missing: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)


def due(now: dt.datetime) -> int:
    """How many files have had their time."""
    return StoredFile.objects.due(now).count()


def purge(now: dt.datetime | None = None) -> int:
    """Remove files that have had their time, and those whose owner is gone; gives how many."""
    removed = services.remove(StoredFile.objects.due(now or timezone.now()), "due")
    for label, owner in file_owners.items():
        attached = StoredFile.objects.filter(owner_label=label)
        uids = set(attached.values_list("owner_uid", flat=True))
        if gone := uids - owner.existing(uids):
            removed += services.remove(attached.filter(owner_uid__in=gone), "owner_gone")
    return removed


def _files(folder: str = "") -> Iterator[str]:
    try:
        folders, names = vault.storage().listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        yield f"{folder}/{name}" if folder else name
    for inner in folders:
        yield from _files(f"{folder}/{inner}" if folder else inner)


def sweep(now: dt.datetime | None = None, *, dry_run: bool = False) -> Findings:
    """Remove files that no row knows, once they are an hour old; tell of rows whose file is not there."""
    found = Findings()
    moment = now or timezone.now()
    there = set(_files())
    known = dict(StoredFile.objects.exclude(storage_name="").values_list("storage_name", "pk"))
    for name in sorted(there - known.keys()):
        if moment - vault.storage().get_modified_time(name) < YOUNG:
            continue
        found.strays += 1
        if not dry_run:
            vault.delete(name)
    # Asked again: a file may have been written, or a row removed, while the folders were read.
    absent = [name for name in known.keys() - there if not vault.storage().exists(name)]
    found.missing = sorted(StoredFile.objects.filter(storage_name__in=absent).values_list("pk", flat=True))
    if found.missing:
        log.error("files of citizens are missing from the private folder", extra={"rows": found.missing[:50], "count": len(found.missing)})
    return found


def verify() -> Findings:
    """Read every file and compare it with its hash; what changed, or is gone, is an error in the log (U11)."""
    found = Findings()
    for file in StoredFile.objects.exclude(storage_name="").order_by("pk").iterator(chunk_size=200):
        if not services.intact(file) and StoredFile.objects.filter(pk=file.pk, storage_name=file.storage_name).exists():
            found.changed.append(file.pk)
    if found.changed:
        log.error("files of citizens are not as they were sent", extra={"rows": found.changed[:50], "count": len(found.changed)})
    return found


def rewrap() -> int:
    """Write the sealed columns under today's FIELD_KEY; gives how many were written. The files stay as they are."""
    from safeguards import encryption

    done = 0
    for pk in StoredFile.objects.order_by("pk").values_list("pk", flat=True).iterator():
        with transaction.atomic():
            file = StoredFile.objects.select_for_update().filter(pk=pk).first()
            if file is None or encryption.is_current(file.sealed):
                continue
            file.seal(file.name, file.key, file.sha256)
            file.save(update_fields=["sealed"])
            done += 1
    return done


def trouble() -> str:
    """For /readyz: the scanner does not answer, or files have waited for it longer than ten minutes."""
    if said := scanner.trouble():
        return said
    oldest = StoredFile.objects.filter(state=FileState.PENDING, created_at__lt=timezone.now() - WAITED).count()
    return f"{oldest} files wait for it" if oldest else ""
