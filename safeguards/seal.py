"""The seal over the events: batches, each hashed with the hash of the one before, so that no event can be changed, taken
away, put in or moved without breaking the chain (O7).

Writers never wait. A job takes the last id handed out, looks who is writing at that moment, and seals up to that id once
these transactions have ended: a lower id cannot appear any more, since an id is drawn under the table's lock and the
lock is held until the transaction ends. (A column with the transaction's number would not do: numbers start anew when a
database is restored into another server.)

The chain cannot prove its own length: who cuts off the newest events and their seals leaves a shorter, sound chain. So
its head leaves the database, every day as a file and with every seal as a log line, and verifying compares both ways.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from .models import Event, Seal

log = logging.getLogger("safeguards.seal")

GENESIS = "0" * 64
SEALER_LOCK = 823_711  # advisory: one sealer at a time, others go away
BATCH = 10_000
PATIENCE = 5.0  # seconds that a job waits for writers; after that, the next one seals
# What is hashed, field by field, as the database itself writes it: no driver, no time zone in between.
_ROWS = """
    select id, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), kind, subject_type, subject_id, actor_id, payload::text, request_id
    from safeguards_event where id > %s and id <= %s order by id
"""


@dataclass
class Batch:
    """The hash over a range of events, and what the range held."""

    digest: str
    first: int
    last: int
    count: int


@dataclass
class Findings:
    """What verifying found. Sound when `problems` is empty."""

    seals: int = 0
    events: int = 0
    unsealed: int = 0
    head: str = GENESIS
    problems: list[str] = field(default_factory=list)


def _rows(after: int, upto: int) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [after, upto])
        while rows := cursor.fetchmany(2000):
            yield from rows


def hash_batch(previous: str, after: int, upto: int) -> Batch:
    """Hash the events with after < id <= upto onto `previous`."""
    sha = hashlib.sha256(previous.encode())
    first = last = count = 0
    for row in _rows(after, upto):
        # JSON keeps the fields apart: nothing can move from one into the next unnoticed
        sha.update(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode())
        sha.update(b"\n")
        first, last, count = first or row[0], row[0], count + 1
    return Batch(sha.hexdigest(), first, last, count)


def _writers() -> set[str]:
    """Transactions of others that write events at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select virtualtransaction from pg_locks
               where locktype = 'relation' and mode = 'RowExclusiveLock' and granted and pid is distinct from pg_backend_pid()
                 and relation = 'safeguards_event'::regclass
                 and database = (select oid from pg_database where datname = current_database())"""
        )
        return {row[0] for row in cursor.fetchall()}


def final_id(patience: float = PATIENCE) -> int:
    """The highest id below which no event can appear any more; 0 when writers did not end in time.

    The order matters: first the id, then who is writing. Whoever takes the lock afterwards draws a higher id."""
    with connection.cursor() as cursor:
        cursor.execute("select case when is_called then last_value else 0 end from safeguards_event_id_seq")
        (upto,) = cursor.fetchone()
    writing = _writers()
    end = time.monotonic() + patience
    while writing:
        if time.monotonic() > end:
            return 0
        time.sleep(0.02)
        writing &= _writers()
    return int(upto)


def seal_pending(*, patience: float = PATIENCE) -> int:
    """Seal what is final and not yet sealed, in batches; gives the number of events sealed. Any number may run at once."""
    upto = final_id(patience)
    sealed = 0
    while upto:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("select pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
                if not cursor.fetchone()[0]:
                    return sealed
            count = _seal_one(upto)
        sealed += count
        if count < BATCH:
            break
    return sealed


def _seal_one(upto: int) -> int:
    previous = Seal.objects.order_by("-id").first()
    after = previous.last_event if previous else 0
    ids = Event.objects.filter(id__gt=after, id__lte=upto).order_by("id").values_list("id", flat=True)[:BATCH]
    last = max(ids, default=0)
    if not last:
        return 0
    batch = hash_batch(previous.digest if previous else GENESIS, after, last)
    seal = Seal.objects.create(
        first_event=batch.first,
        last_event=batch.last,
        count=batch.count,
        previous=previous.digest if previous else GENESIS,
        digest=batch.digest,
    )
    # structured: the JSON log carries it off the machine
    log.info("sealed", extra={"seal": seal.pk, "first_event": batch.first, "last_event": batch.last, "digest": batch.digest})
    return batch.count


def heads_folder() -> Path:
    """Where the heads of the chain are kept: outside the database, to be copied off the machine with the backups."""
    return Path(settings.PRIVATE_ROOT) / "seals"


def export_head(now: datetime | None = None, folder: Path | None = None) -> Path | None:
    """Write the chain's head of this day to a file of its own (once: an existing one is kept); None with no seal yet."""
    seal = Seal.objects.order_by("-id").first()
    if seal is None:
        return None
    target = (folder or heads_folder()) / f"{timezone.localdate(now)}.json"
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    head = {
        "seal": seal.pk,
        "last_event": seal.last_event,
        "count": seal.count,
        "digest": seal.digest,
        "sealed_at": seal.sealed_at.isoformat(),
    }
    try:
        with target.open("x", encoding="utf-8") as handle:
            json.dump(head, handle)
    except FileExistsError:
        return target
    target.chmod(0o440)
    log.info("head exported", extra=head)
    return target


def read_heads(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The heads of a folder, oldest first."""
    for path in sorted(folder.glob("*.json")):
        yield path, json.loads(path.read_text(encoding="utf-8"))


def verify(folder: Path | None = None) -> Findings:
    """Compute the whole chain anew, in one snapshot, and compare it with the seals and with the heads that left the database."""
    findings = Findings()
    with transaction.atomic():
        with connection.cursor() as cursor:
            if not connection.savepoint_ids:  # outermost: everything below sees one moment
                cursor.execute("set transaction isolation level repeatable read, read only")
        known: dict[int, str] = {}
        after = 0
        for seal in Seal.objects.order_by("id").iterator():
            findings.problems.extend(_check_seal(seal, findings.head, after))
            findings.head, after = seal.digest, max(after, seal.last_event)
            findings.seals += 1
            findings.events += seal.count
            known[seal.pk] = seal.digest
        findings.unsealed = Event.objects.filter(id__gt=after).count()
        highest = Event.objects.aggregate(highest=Max("id"))["highest"] or 0
        if after > highest:
            findings.problems.append(f"the last sealed event {after} is gone; the newest is {highest}")
    for path, head in read_heads(folder or heads_folder()):
        if known.get(head["seal"]) != head["digest"]:
            findings.problems.append(f"seal {head['seal']} is not the one that left the database on {path.stem}")
    return findings


def _check_seal(seal: Seal, previous: str, after: int) -> Iterator[str]:
    where = f"seal {seal.pk} (events {seal.first_event} to {seal.last_event})"
    if seal.previous != previous:
        yield f"{where}: the seal before it is missing or was changed"
    batch = hash_batch(seal.previous, after, seal.last_event)
    if (batch.first, batch.last, batch.count) != (seal.first_event, seal.last_event, seal.count):
        yield f"{where}: {batch.count} events where {seal.count} were sealed"
    if batch.digest != seal.digest:
        yield f"{where}: an event was changed, removed, added or moved"
