"""The door: files staged, attached, scanned again, read, removed. Each change is one function with its event, in one transaction."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.utils import timezone

from foundation.registries import file_owners
from safeguards.encryption import Unreadable
from safeguards.models import User
from safeguards.services import record

from . import checking, scanner, vault
from .checking import Checked
from .enums import REJECTED, TO_SCAN, TRANSITIONS, FileState, Reason
from .models import StoredFile
from .names import to_keep

log = logging.getLogger(__name__)

SALT = "safeguards.uploads.staged"
AT_ONCE = 40  # files that one round of the job scans
REJECTED_HOURS = 24


class FileError(Exception):
    """What was asked for cannot be done with this file."""


class NotStaged(FileError):
    """It is not there any more, or belongs to something already."""


class NotReadable(FileError):
    """Nobody may have its content now: it waits for the scanner, or was removed."""


class Spoilt(FileError):
    """Its content is not as it was sent, or is gone."""


# ── Coming in ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def receive(uploads: Sequence[UploadedFile[bytes]], purpose: str, *, had: int = 0, had_bytes: int = 0) -> tuple[list[StoredFile], list[Checked]]:
    """Look at the files of a form and keep those that are taken, attached to nothing yet; gives them and the others. `purpose` is a
    word for reports, such as "dialogue_sessions.paper"."""
    checked = checking.examine(uploads, purpose, had=had, had_bytes=had_bytes)
    if any(one.reason is None for one in checked) and not _room(sum(one.size for one in checked)):
        for one in checked:
            one.reason = one.reason or Reason.NO_ROOM
    kept = [_stage(one, purpose) for one in checked if one.reason is None]
    return kept, [one for one in checked if one.reason is not None]


def _room(more: int) -> bool:
    """Whether what belongs to nothing yet leaves room: strangers must not fill the disk."""
    taken = StoredFile.objects.staged().aggregate(sum=models.Sum("size"))["sum"] or 0
    return bool(taken + more <= settings.UPLOAD_STAGED_BYTES)


def _stage(one: Checked, purpose: str) -> StoredFile:
    key = vault.new_key()
    file = StoredFile(
        uid=uuid.uuid4(),
        kind=str(one.kind),
        size=one.size,
        state=one.state,
        purpose=purpose,
        decided_at=timezone.now() if one.state != FileState.PENDING else None,
        forget_after=timezone.now() + dt.timedelta(hours=settings.UPLOAD_ABANDONED_HOURS),
    )
    file.seal(to_keep(one.name), key, one.sha256)
    with transaction.atomic():
        file.storage_name = vault.write(one.stream, key, file.uid)
        file.save(force_insert=True)
        record("safeguards.file_received", file, payload={"purpose": purpose, "kind": file.kind, "bytes": file.size, "state": file.state})
    return file


def token(file: StoredFile) -> str:
    """What a form carries of a staged file from one sending to the next. It reads nothing; it lets the file be attached, once."""
    return signing.dumps(str(file.uid), salt=SALT)


def staged(tokens: Sequence[str], purpose: str) -> tuple[list[StoredFile], int]:
    """The files of a form's tokens that still belong to nothing, in their order, and how many are gone. What belongs to something by
    now is neither: the same form was sent twice."""
    uids, gone = [], 0
    for one in dict.fromkeys(tokens[: settings.UPLOAD_FILES]):
        try:
            uids.append(uuid.UUID(signing.loads(one, salt=SALT, max_age=settings.UPLOAD_ABANDONED_HOURS * 3600)))
        except (signing.BadSignature, ValueError, TypeError):
            gone += 1
    found = {file.uid: file for file in StoredFile.objects.filter(uid__in=uids, purpose=purpose)} if uids else {}
    return [found[uid] for uid in uids if uid in found and not found[uid].owner_label], gone + sum(uid not in found for uid in uids)


def attach(files: Sequence[StoredFile], label: str, uid: Any, *, keep_until: dt.datetime, actor: User | None = None) -> list[StoredFile]:
    """From now on the files belong to something (a label of `file_owners` and its uid), until a moment; gives them as they are now.
    Raises NotStaged, with nothing done, when one is gone or taken, and NotReadable for one that was rejected since."""
    if label not in file_owners:
        raise LookupError(f"no owner of files is registered as {label}")
    if not files:
        return []
    with transaction.atomic():
        rows = {row.pk: row for row in StoredFile.objects.staged().filter(pk__in=[file.pk for file in files]).select_for_update()}
        if len(rows) != len({file.pk for file in files}):
            raise NotStaged
        if any(row.state in REJECTED for row in rows.values()):
            raise NotReadable
        for row in rows.values():
            row.owner_label, row.owner_uid, row.forget_after = label, str(uid), keep_until
            row.save(update_fields=["owner_label", "owner_uid", "forget_after"])
            record("safeguards.file_attached", row, actor=actor, payload={"owner": label})
    return [rows[file.pk] for file in files]


def keep(label: str, uid: Any, until: dt.datetime) -> int:
    """What the files belong to is kept until another moment, and so are they; gives how many."""
    return StoredFile.objects.of(label, uid).exclude(state=FileState.INFECTED).order_by().update(forget_after=until)


# ── The scanner, again ────────────────────────────────────────────────────────────────────────────────────────────────


def _move(file: StoredFile, state: FileState, **payload: Any) -> None:
    """One step of a file's life; the row is locked by the caller."""
    if state not in TRANSITIONS[file.state]:
        raise FileError(f"{file.state} does not become {state}")
    file.state, file.decided_at = state, timezone.now()
    # What could not be read again is a fault of ours: a backup may still have it, and it stays as long as the others.
    if state == FileState.INFECTED:
        file.forget_after = min(file.forget_after, file.decided_at + dt.timedelta(hours=REJECTED_HOURS))
        name, file.storage_name = file.storage_name, ""
        transaction.on_commit(lambda: vault.delete(name), robust=True)
    file.save(update_fields=["state", "decided_at", "forget_after", "storage_name"])
    record(f"safeguards.file_{state.value}", file, payload={"purpose": file.purpose, **payload})


def waiting() -> models.QuerySet[StoredFile]:
    """What the scanner has not seen: whatever waits, and what came before there was a scanner."""
    return StoredFile.objects.filter(state__in=TO_SCAN if scanner.configured() else [FileState.PENDING])


def scan_waiting(most: int = AT_ONCE) -> int:
    """Ask the scanner about what it has not seen, oldest first, until it does not answer; gives how many have a verdict now. No row is
    locked while the scanner thinks: whoever attaches the file meanwhile does not wait."""
    done = 0
    for pk in list(waiting().order_by("pk").values_list("pk", flat=True)[:most]):
        file = waiting().filter(pk=pk).first()
        if file is None:
            continue
        try:
            state, virus = _verdict(file)
        except scanner.Unanswered as error:
            scanner.told(error, waiting=waiting().count())
            return done
        with transaction.atomic():
            row = waiting().filter(pk=pk).select_for_update().first()
            if row is None:
                continue
            if virus:
                checking.infected(virus, row.purpose, row.size, row)
            _move(row, state)
        done += 1
    return done


def _verdict(file: StoredFile) -> tuple[FileState, str]:
    """The state that follows for a file, and the virus that was found. Raises Unanswered."""
    if not scanner.configured():
        return FileState.UNSCANNED, ""
    try:
        virus = scanner.scan(_content(file)).virus
    except Spoilt:
        log.error("a file of a citizen is not as it was sent", extra={"file": file.pk})
        return FileState.REFUSED, ""
    return (FileState.INFECTED, virus) if virus else (FileState.CLEAN, "")


def _content(file: StoredFile) -> Iterator[bytes]:
    """Its content; a fault of ours is not taken for one of the scanner's."""
    try:
        yield from vault.read(file.storage_name, file.key, file.uid, file.size)
    except (Unreadable, OSError) as error:
        raise Spoilt from error


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def read(file: StoredFile, *, actor: User | None, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """The content of a file, or a part of it; who reads it is on record. Raises NotReadable, Unreadable; whether somebody may, the
    caller has asked."""
    if not file.is_readable:
        raise NotReadable
    key = file.key
    with transaction.atomic():
        record("safeguards.file_read", file, actor=actor, payload={"owner": file.owner_label, **({"from": start} if start else {})})
    return vault.read(file.storage_name, key, file.uid, file.size, start, stop)


def intact(file: StoredFile) -> bool:
    """Whether the content is still as it was sent (U11)."""
    digest = hashlib.sha256()
    try:
        for part in vault.read(file.storage_name, file.key, file.uid, file.size):
            digest.update(part)
        return digest.hexdigest() == file.sha256
    except (Unreadable, OSError):
        return False


# ── Going ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def remove(files: models.QuerySet[StoredFile], why: str, *, actor: User | None = None) -> int:
    """Rows, keys and contents; gives how many. `why` is a word for the event: "due", "erased", "withdrawn", "owner_gone"."""
    with transaction.atomic():
        rows = list(files.order_by("pk").select_for_update(of=("self",)))
        for row in rows:
            record("safeguards.file_removed", row, actor=actor, payload={"why": why, "purpose": row.purpose, "owner": row.owner_label})
        StoredFile.objects.filter(pk__in=[row.pk for row in rows]).delete()
        gone = [row.storage_name for row in rows]
        transaction.on_commit(lambda: _delete(gone), robust=True)
    return len(rows)


def _delete(names: Sequence[str]) -> None:
    for name in names:
        vault.delete(name)


def remove_of(label: str, uid: Any, why: str = "owner_gone", *, actor: User | None = None) -> int:
    """All files of one thing; gives how many."""
    return remove(StoredFile.objects.of(label, uid), why, actor=actor)


def described(label: str, uid: Any) -> list[dict[str, Any]]:
    """What is held of the files of one thing, for the person whose they are (personal_data export)."""
    return [
        {"name": file.name, "kind": file.kind, "bytes": file.size, "state": file.state, "sent_at": file.created_at, "kept_until": file.forget_after}
        for file in StoredFile.objects.of(label, uid)
    ]
