"""Keeping the index of Elasticsearch equal to `search.Entry`: building it, following, comparing; comparing the built-in mirror.

No lock is needed between those who write. Entries bring their versions, so whoever comes late or twice changes nothing; a
follower remembers how far it got only for the index that it wrote to; and what a rebuild did not see before the swap lies above
the transaction that it remembers, so the next follower reads it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Collate, Concat, Greatest
from django.utils import timezone

from .engines import choice, table
from .engines.elasticsearch import BUILDING, NoIndex, Options, Store, options
from .engines.local import LocalEngine
from .models import Entry, Mirror

# While more entries than this were written during the last round, a rebuild goes another round before it swaps.
NEARLY = 500
ROUNDS = 10
# So many differences are mended one by one; when there are more, or they come back, the index is built anew.
MENDED = 10_000
# The job runs each minute: after so long it has not.
BEHIND = dt.timedelta(minutes=5)
Progress = Callable[[str, int, int], object]


def _silent(what: str, done: int, total: int) -> None:
    """Show nothing."""


def _rows(position: int, *, live_only: bool = False) -> Iterator[dict[str, Any]]:
    for batch in table.batches(position):
        for row in batch:
            if row["live"] or not live_only:
                yield row


def _bring(store: Store, target: str, position: int) -> tuple[int, int]:
    """Send what was written since `position`; gives how many entries that were, and up to where everything is there now."""
    reached = table.horizon()
    sent = 0
    for done in store.write(target, _rows(position)):
        sent = done
    if sent:
        store.refresh(target)
    return sent, reached


def follow(chosen: Options) -> int:
    """Bring Elasticsearch up to date; gives how many entries were sent. Builds the index where there is none."""
    store = Store(chosen)
    mirror = Mirror.objects.filter(name=store.alias).first()
    # Another database, or one restored into a new cluster, began to count its transactions anew.
    if mirror is None or store.current() != mirror.index or mirror.position > table.horizon():
        return rebuild(chosen)
    try:
        sent, reached = _bring(store, store.alias, mirror.position)
    except NoIndex:
        return rebuild(chosen)
    _remember(store.alias, mirror.index, reached)
    return sent


def _remember(name: str, index: str, reached: int) -> None:
    Mirror.objects.filter(name=name, index=index).update(position=Greatest("position", reached), at=timezone.now(), trouble="")


def remember_trouble(chosen: Options, trouble: str) -> None:
    """Write down what went wrong, for whoever asks how the mirror stands."""
    Mirror.objects.filter(name=chosen.alias).update(trouble=trouble[:200])


def rebuild(chosen: Options, progress: Progress = _silent) -> int:
    """Build the index anew beside the old one, which answers until the alias is swapped; gives how many entries it holds."""
    store = Store(chosen)
    name = store.create()
    target = name + BUILDING
    try:
        total = Entry.objects.filter(live=True).count()
        reached = table.horizon()
        sent = 0
        for sent in store.write(target, _rows(0, live_only=True)):
            progress("index", sent, max(total, sent))
        store.settle(name)
        for _round in range(ROUNDS):
            more, reached = _bring(store, target, reached)
            if more <= NEARLY:
                break
        store.point(name)
    except BaseException:
        if store.current() != name:  # the swap may have been done although its answer was lost
            store.drop(name)
        raise
    Mirror.objects.update_or_create(name=store.alias, defaults={"index": name, "position": reached, "at": timezone.now(), "trouble": ""})
    # What was committed since the last round went to the old index, if its job has run by now.
    more, reached = _bring(store, store.alias, reached)
    _remember(store.alias, name, reached)
    store.forget_old()
    return sent


@dataclass(frozen=True, slots=True)
class Compared:
    """How many entries differed, and how many still do after mending."""

    differed: int
    remain: int


def reconcile(chosen: Options, progress: Progress = _silent) -> Compared:
    """Compare every key and version with the table, mend what differs, and compare again."""
    store = Store(chosen)
    follow(chosen)
    found = differences(chosen)
    if not found:
        return Compared(0, 0)
    if len(found) < MENDED:
        rows = {row["ref"]: row for row in table.some(sorted(found))}
        for _sent in store.write(store.alias, rows.values()):
            pass
        store.delete(store.alias, sorted(found - rows.keys()))
        store.refresh(store.alias)
    if len(found) >= MENDED or differences(chosen):
        rebuild(chosen, progress)
    return Compared(len(found), len(differences(chosen)))


def differences(chosen: Options) -> set[str]:
    """Keys of which Elasticsearch and the table hold different versions, or that one of them does not have (MENDED at most).

    Both are read in the order of the keys, so that neither must fit into memory. What was written after the mirror's last look is
    no difference: the next look takes it over."""
    store = Store(chosen)
    position = Mirror.objects.get(name=store.alias).position
    found: set[str] = set()
    there = store.holds(store.alias)
    theirs = next(there, None)
    for ref, version, live, xid in _by_key():
        while theirs is not None and theirs[0].encode() < ref.encode():
            found.add(theirs[0])
            theirs = next(there, None)
        held = None
        if theirs is not None and theirs[0] == ref:
            held = theirs[1]
            theirs = next(there, None)
        if held != (version if live else None) and xid < position:
            found.add(ref)
        if len(found) >= MENDED:
            return found
    while theirs is not None and len(found) < MENDED:
        found.add(theirs[0])
        theirs = next(there, None)
    return found


def reconcile_local(engine: LocalEngine) -> Compared:
    """The same for the mirror of this machine: one that differs is made anew, which takes seconds."""
    engine.sync()
    found = local_differences(engine)
    if found:
        engine.sync(rebuild=True)
    return Compared(len(found), len(local_differences(engine)) if found else 0)


def local_differences(engine: LocalEngine) -> set[str]:
    """Keys of which this machine's mirror and the table hold different versions, or that one of them does not have."""
    held = engine.holds()
    found: set[str] = set()
    for ref, version, live, xid in _by_key():
        if held.pop(ref, None) != (version if live else None) and not engine.may_lack(ref, version, xid):
            found.add(ref)
    return found | held.keys()


def _by_key() -> Iterator[tuple[str, int, bool, int]]:
    ref = Collate(Concat(F("kind"), Value(":"), F("object_id")), "C")
    rows = Entry.objects.annotate(ref=ref).order_by("ref").values_list("ref", "version", "live", "xid")
    return iter(rows.iterator(chunk_size=2000))


def status(chosen: Options) -> dict[str, Any]:
    """How the mirror stands, for people who run it."""
    store = Store(chosen)
    mirror = Mirror.objects.filter(name=store.alias).first()
    current = store.current()
    return {
        "engine": "elasticsearch", "alias": store.alias, "index": current, "documents": store.count() if current else 0,
        "entries": Entry.objects.filter(live=True).count(), "position": mirror and mirror.position,
        "at": mirror and mirror.at.isoformat(timespec="seconds"), "trouble": mirror.trouble if mirror else "", "indexes": store.names(),
    }  # fmt: skip


def trouble() -> str:
    """For /readyz: what is wrong with the Elasticsearch of the settings, in a few words."""
    chosen = options()
    if chosen is None:
        return ""
    if wrong := choice.trouble():
        return wrong
    mirror = Mirror.objects.filter(name=chosen.alias).first()
    if mirror is None:
        return "its index has not been built"
    if mirror.trouble:
        return f"was not brought up to date: {mirror.trouble}"
    behind = timezone.now() - mirror.at
    return f"was last brought up to date {int(behind.total_seconds())} s ago" if behind > BEHIND else ""
