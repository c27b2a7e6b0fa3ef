"""Files looked at before any is kept: limits, name, first bytes, structure, and the virus scanner (U1-U6)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from safeguards.services import record

from . import kinds, pdf, scanner
from .enums import FileState, Kind, Reason
from .models import StoredFile

READ = 256 * 1024
PDF_REASONS = {pdf.LOCKED: Reason.LOCKED, pdf.ACTIVE: Reason.ACTIVE, pdf.DAMAGED: Reason.DAMAGED, pdf.HEAVY: Reason.HEAVY}


@dataclass
class Checked:
    """One file that was looked at: `reason` says why it is not taken, or is None. Nothing of it is kept yet."""

    upload: UploadedFile[bytes]
    name: str
    size: int = 0
    kind: Kind | None = None
    reason: Reason | None = None
    state: FileState = FileState.PENDING
    sha256: str = ""

    @property
    def stream(self) -> IO[bytes]:
        """Its content."""
        return cast("IO[bytes]", self.upload.file)


def examine(uploads: Sequence[UploadedFile[bytes]], purpose: str, *, had: int = 0, had_bytes: int = 0) -> list[Checked]:
    """Look at the files of a form. `had`, `had_bytes`: what the form has already. What carries a virus leaves an event, whatever else
    is wrong with it."""
    checked = []
    total = had_bytes
    for number, upload in enumerate(uploads, start=had + 1):
        one = Checked(upload, str(upload.name or ""))
        one.reason = _limits(one, number, total)
        if one.reason is None:
            total += one.size
        checked.append(one)
    within = [one for one in checked if one.reason is None]
    _scan(within, purpose)
    for one in within:
        if one.reason is None:
            try:
                one.kind = kinds.decide(one.name, one.stream)
            except kinds.Refused as refused:
                one.reason = refused.reason
    documents = [one for one in within if one.reason is None and one.kind == Kind.PDF]
    for one, word in zip(documents, pdf.examine([one.stream for one in documents]), strict=True):
        one.reason = PDF_REASONS.get(word)
    return checked


def _limits(one: Checked, number: int, total: int) -> Reason | None:
    if refusal := getattr(one.upload, "refusal", ""):
        return Reason(refusal)
    if number > settings.UPLOAD_FILES:
        return Reason.TOO_MANY
    digest = hashlib.sha256()
    for part in parts(one.stream):
        one.size += len(part)
        if one.size > settings.UPLOAD_FILE_BYTES:
            return Reason.TOO_LARGE
        digest.update(part)
    one.sha256 = digest.hexdigest()
    if not one.size:
        return Reason.EMPTY
    return Reason.TOO_MUCH if total + one.size > settings.UPLOAD_TOTAL_BYTES else None


def parts(stream: IO[bytes]) -> Iterator[bytes]:
    """A stream from its beginning, piece by piece."""
    stream.seek(0)
    while part := stream.read(READ):
        yield part


def _scan(files: Sequence[Checked], purpose: str) -> None:
    """While the scanner does not answer, the others are not tried: whoever sent them waits."""
    if not scanner.configured():
        for one in files:
            one.state = FileState.UNSCANNED
        return
    for one in files:
        try:
            found = scanner.scan(parts(one.stream), waited_for=True)
        except scanner.Unanswered as error:
            scanner.told(error)
            return
        if found.virus:
            one.reason = Reason.INFECTED
            infected(found.virus, purpose, one.size)
        else:
            one.state = FileState.CLEAN


def infected(virus: str, purpose: str, size: int, file: Any = None) -> None:
    """A virus was found: on record, without a word of the file or who sent it."""
    with transaction.atomic():
        record("safeguards.virus_found", file or StoredFile(), payload={"virus": virus, "purpose": purpose, "bytes": size})
