"""What the files of findable things say: asked for by their sources, read in a job, kept by content.

A source asks `texts` for the files that anybody may have. What is known it gets at once; what is not is noted, in the caller's
transaction, and read by a job in a process of its own (`reading.py`); then the sources write anew what the file belongs to. A file
that cannot be read is noted with the reason, and not tried again: its content will not change.
"""

from __future__ import annotations

import hashlib
import json
import logging
import signal
import subprocess  # nosec B404  # our own reader, with our own arguments
import sys
import tempfile
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, QuerySet
from procrastinate.exceptions import AlreadyEnqueued
from wagtail.documents import get_document_model

from foundation.registries import search_sources

from . import language, numbers, reading
from .models import AttachedFile, FileState, FileText

logger = logging.getLogger(__name__)

LARGEST = 30 * 1024 * 1024  # bytes of a file that is read
SECONDS = 60  # that its reader may take, other work of the machine included
TRIES = 5  # for a file that is not there: a restored database may come before its files
AT_ONCE = 50  # files that one job reads
SHOWN = 24_000  # characters of all files of a thing that stand in its entry, for the lines under a result
WORDS = 1_500  # different words of all files of a thing that are indexed beside its own text
ROOT = Path(__file__).resolve().parent.parent
_READER = "import sys; sys.path.insert(0, sys.argv[1]); from search import reading; reading.main(sys.argv[2])"


def without_numbers(text: str) -> str:
    """A text as it may be shown: NFC, without the telephone, identity and dossier numbers in it."""
    return numbers.without(unicodedata.normalize("NFC", language.visible(text)), " ")


# ── Asking ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def texts(names: Iterable[str]) -> dict[str, str]:
    """What is known of the files of these names in the storage. Those never asked for are noted and read soon, when the caller's
    transaction has committed."""
    wanted = sorted({name for name in names if name})
    if not wanted:
        return {}
    rows = dict(AttachedFile.objects.filter(name__in=wanted).values_list("name", "content__text"))
    if fresh := [name for name in wanted if name not in rows]:
        AttachedFile.objects.bulk_create([AttachedFile(name=name) for name in fresh], ignore_conflicts=True)
        _read_soon()
    return {name: text for name, text in rows.items() if text}


def joined(names: Iterable[str], known: dict[str, str]) -> str:
    """The texts of a thing's files, one after the other, each once."""
    return "\n".join(dict.fromkeys(known[name] for name in names if name in known))


def forget(names: Iterable[str]) -> None:
    """Files are gone, and so is what they said, unless another file says the same."""
    AttachedFile.objects.filter(name__in=list(names)).delete()
    FileText.objects.filter(files=None).delete()


@transaction.atomic
def forget_gone() -> int:
    """Forget files that no document has any more (another was put in their place); gives how many."""
    there = get_document_model().objects.filter(file=OuterRef("name"))
    names = list(AttachedFile.objects.filter(~Exists(there)).values_list("name", flat=True))
    forget(names)
    return len(names)


def _read_soon() -> None:
    transaction.on_commit(_defer, robust=True)


def _defer() -> None:
    from .jobs import read_files

    try:
        with transaction.atomic():
            read_files.configure().defer(timestamp=0)
    except AlreadyEnqueued:
        return  # one waits already, and will see what is committed by now


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def waiting() -> QuerySet[AttachedFile]:
    """Files that are still to be read."""
    return AttachedFile.objects.filter(content=None, tries__lt=TRIES)


def read_waiting(most: int = AT_ONCE) -> int:
    """Read what waits, and have what the files belong to written anew; gives how many were looked at."""
    names = list(waiting().order_by("tries", "pk").values_list("name", flat=True)[:most])
    if known := [name for name in names if _read_one(name)]:
        with transaction.atomic():
            for source in search_sources:
                if source.files_read is not None:
                    source.files_read(known)
    return len(names)


def _read_one(name: str) -> bool:
    """Read one file; gives whether something is known of it now."""
    try:
        with tempfile.NamedTemporaryFile(prefix="search-", suffix=".file") as copy:
            digest = _copied(name, copy)
            content = FileText.objects.filter(sha256=digest).first() if digest else None
            if content is None:
                state, kind, text = (FileState.LARGE, "", "") if not digest else read(Path(copy.name))
                content, _made = FileText.objects.get_or_create(
                    # One too large to be read is known by its name: to tell it from another would be to read it.
                    sha256=digest or hashlib.sha256(f"large {name}".encode()).hexdigest(),
                    defaults={"kind": kind, "text": text, "state": state},
                )
    except Exception as error:  # not there, not to be had now, or whatever the storage says: the others are read
        trouble = (error.strerror if isinstance(error, OSError) else "") or type(error).__name__
        row = AttachedFile.objects.filter(name=name)
        number = row.values_list("pk", flat=True).first()
        logger.warning("search: file %s could not be read: %s", number, trouble, exc_info=not isinstance(error, OSError))
        row.update(tries=F("tries") + 1, trouble=trouble[:200])
        return False
    AttachedFile.objects.filter(name=name).update(content=content, tries=F("tries") + 1, trouble="")
    return content.state == FileState.READ


def _copied(name: str, copy: IO[bytes]) -> str:
    """Copy a stored file; gives its SHA-256, or nothing when it is too large."""
    digest, size = hashlib.sha256(), 0
    with default_storage.open(name) as stored:
        while data := stored.read(256 * 1024):
            size += len(data)
            if size > LARGEST:
                return ""
            digest.update(data)
            copy.write(data)
    copy.flush()
    return digest.hexdigest()


def read(path: Path) -> tuple[str, str, str]:
    """State, kind and text of a file, read by another process within its limits. A process that dies is an answer, too."""
    try:
        done = subprocess.run(  # noqa: S603  # our own reader; the path is a temporary file of ours  # nosec B603
            [sys.executable, "-I", "-B", "-c", _READER, str(ROOT), str(path.resolve())],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=SECONDS, check=False,
            env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}, cwd="/",
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return FileState.SLOW, "", ""
    if done.returncode in {-signal.SIGXCPU, -signal.SIGKILL}:
        return FileState.SLOW, "", ""
    try:
        said: dict[str, Any] = json.loads(done.stdout)
        state, kind, text = FileState(said["state"]), str(said["kind"])[:40], str(said["text"])[: reading.CHARACTERS]
    except (ValueError, KeyError, TypeError):
        return FileState.BROKEN, "", ""  # it fell over: no memory for a word more, or the stack ran out
    text = without_numbers(text) if state == FileState.READ else ""
    return (state, kind, text) if text.strip() or state != FileState.READ else (FileState.EMPTY, kind, "")


# ── For people ────────────────────────────────────────────────────────────────────────────────────────────────────────


def states() -> dict[str, int]:
    """How many files are in which state; `waiting` are still to be read, `missing` could not be opened."""
    counted = dict(AttachedFile.objects.exclude(content=None).values_list("content__state").annotate(number=Count("pk")))
    made = {state: counted.get(state, 0) for state in FileState.values if counted.get(state)}
    made["waiting"] = waiting().count()
    if missing := AttachedFile.objects.filter(content=None, tries__gte=TRIES).count():
        made["missing"] = missing
    return made
