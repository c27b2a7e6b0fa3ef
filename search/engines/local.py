"""The built-in engine: tantivy over a mirror of `search.Entry` in a folder of this machine.

The mirror follows the table. Every process may ask it; one at a time holds the lock of the folder and writes what
changed, the others load what it wrote. What was read is remembered as a transaction number: everything below the oldest
transaction that was still running has been seen; whatever lies above is read again until that number passes it (a bare
sequence would lose a transaction that commits after a later one). Entries carry versions, so reading again is harmless.

A folder that cannot be read is put aside and made anew; one that cannot be written is tried again later. Meanwhile whoever has
loaded the mirror answers with what it held then, and /readyz says what is wrong.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tantivy
from django.conf import settings
from django.db import close_old_connections, connection

from search import language
from search.planner import Plan

from . import RELEVANT, STREAMS, Answer, beginnings, facet_values, relevant, table, tokens_of
from . import folder as folders
from .folder import FAILINGS, Unreadable

logger = logging.getLogger(__name__)

SCHEMA_VERSION = 8
CHECK_EVERY = 0.25  # seconds between two looks at the table, a process
SYNC_AT_ONCE = 300  # so many changes are taken over before answering; more of them in the background
FIRST_WAIT = 5.0  # seconds that a visitor waits for a mirror that does not exist yet
BATCH = 1000
REMEMBERED = 20_000  # documents of which a process remembers key and facets: some ten megabytes
COMMITTED = table.COMMITTED
NAME = "local"
TRY_AGAIN, LONGEST = 10.0, 300.0  # seconds until a mirror that failed to follow tries again: twice as long each time
GIVE_UP = 3  # failures in a row after which the mirror is made anew: its writer may stumble over what its readers can read


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for stream in STREAMS:
        builder.add_text_field(stream, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("ref", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_float_field("weight", stored=True)
    builder.add_integer_field("version", stored=True)
    builder.add_text_field("facet", stored=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


def _document(row: dict[str, Any]) -> tantivy.Document:
    document = tantivy.Document()
    for stream, tokens in tokens_of(row).items():
        document.add_text(stream, tokens)
    document.add_text("ref", f"{row['kind']}:{row['object_id']}")
    document.add_float("weight", row["weight"])
    document.add_integer("version", row["version"])
    for value in facet_values(row):
        document.add_text("facet", value)
    return document


class LocalEngine:
    """One process's hold on the mirror."""

    name = NAME

    def __init__(self, folder: Path) -> None:
        self.folder = folder / f"v{SCHEMA_VERSION}-{language.VERSION}"
        self._schema = _schema()
        self._searcher: Any = None
        self._state: dict[str, Any] = {}
        self._seen_state = 0.0
        self._checked = 0.0
        self._applied: dict[str, int] = {}  # ref -> version, of what lies above the remembered transaction
        self._read: tuple[Any, dict[tuple[int, int], tuple[str, float, tuple[str, ...]]]] = (None, {})
        self._lock = threading.RLock()
        self._background: threading.Thread | None = None
        self._trouble, self._failures, self._again = "", 0, 0.0

    # ── asking ────────────────────────────────────────────────────────────────

    def run(self, plan: Plan, *, wait: float | None = None) -> Answer:
        """The relevant set: the best hits whose score is at least a share of the first's. `wait` bounds the seconds that a
        mirror is waited for which is only being made."""
        searcher = self._current()
        if searcher is None and self._background is not None:
            # The very first mirror of this machine is being made: a few seconds for the catalogue of a country.
            self._background.join(timeout=FIRST_WAIT if wait is None else wait)
            searcher = self._current()
        if searcher is None:
            return Answer((), ready=False)
        query = self._query(plan)
        if query is None:
            return Answer(())
        hits = searcher.search(query, RELEVANT, count=False).hits
        return relevant(((score, *self._stored(searcher, address)) for score, address in hits), plan)

    def _stored(self, searcher: Any, address: Any) -> tuple[str, float, tuple[str, ...]]:
        """Key, weight and facets of a document. They are read off the folder once for each searcher: that costs more than the search."""
        read, known = self._read
        if read is not searcher:
            known = {}
            self._read = (searcher, known)
        place = (address.segment_ord, address.doc)
        found = known.get(place)
        if found is None:
            one = searcher.doc(address).to_dict()
            found = (one["ref"][0], one["weight"][0], tuple(one.get("facet", ())))
            if len(known) < REMEMBERED:
                known[place] = found
        return found

    def _query(self, plan: Plan) -> Any:
        should: list[tuple[Any, Any]] = []
        for term in plan.terms:
            query = tantivy.Query.term_query(self._schema, term.stream, term.token, "freq")
            should.append((tantivy.Occur.Should, tantivy.Query.boost_query(query, term.weight)))
        for stream, beginning, weight in beginnings(plan):
            query = tantivy.Query.regex_query(self._schema, stream, _literal(beginning) + ".*")
            should.append((tantivy.Occur.Should, tantivy.Query.boost_query(query, weight)))
        if not should:
            return None
        return tantivy.Query.boolean_query(should)

    # ── following ─────────────────────────────────────────────────────────────

    def keep_up(self) -> None:
        """Take over what changed although nobody asks here: whoever stands in must know what there is."""
        self._current()

    def _current(self) -> Any:
        """A searcher over the mirror as it is now, after taking over what changed; None while it is being made. Where that fails, the
        one of before."""
        with self._lock:
            now = time.monotonic()
            if self._searcher is None or now - self._checked > CHECK_EVERY:
                self._checked = now
                if now >= self._again:
                    self._attempt(self._follow)
            return self._searcher

    def _attempt(self, deed: Callable[[], bool]) -> None:
        """Do something with the folder that says whether the mirror holds everything now. What fails is told, and left alone for a while."""
        try:
            well = deed()
        except FAILINGS as error:
            self._tell(error)
            self._again = time.monotonic() + min(TRY_AGAIN * 2**self._failures, LONGEST)
            self._failures = min(self._failures + 1, 10)
            return
        if well and (self._trouble or self._failures):
            logger.warning("search: the built-in mirror follows again")
            self._trouble, self._failures = "", 0

    def _tell(self, error: Exception) -> None:
        """Write down what is wrong; once, however often it is met."""
        trouble = folders.said(error)
        if trouble != self._trouble:
            logger.warning("search: the built-in mirror cannot follow: %s", trouble, exc_info=error)
        self._trouble = trouble

    def _follow(self) -> bool:
        try:
            self._load()
        except Unreadable as error:  # who writes puts it aside
            self._tell(error)
            self._forget()
        pending = self._pending()
        if pending == 0:
            return True
        if pending > SYNC_AT_ONCE or self._failures >= GIVE_UP:  # made anew, or nearly: nobody waits for that
            if self._background is None or not self._background.is_alive():
                self._background = threading.Thread(target=self._sync_in_background, name="search-mirror", daemon=True)
                self._background.start()
            return False
        return self.sync(wait=0.0) >= 0

    def _sync_in_background(self) -> None:
        try:
            self._attempt(lambda: self.sync(wait=60.0) >= 0)
        finally:
            # The thread has a database connection of its own.
            close_old_connections()
            connection.close()

    def _pending(self) -> int:
        """How many entries lie beyond what the mirror holds, roughly: none is none. One also when what it remembers of transactions
        that were still running can be forgotten, since they are over."""
        position = self._state.get("position", -1)
        most = len(self._applied) + SYNC_AT_ONCE + 1
        there = table.ahead(max(position, 0), max(self._applied.values(), default=-1), most, COMMITTED)
        if self._state and (position > there.horizon or self._state.get("database") != there.database):
            self._forget()  # another database, or one that was restored
            return SYNC_AT_ONCE + 1
        if position < 0:
            return max(there.rows, 1)
        if there.rows == most:
            return SYNC_AT_ONCE + 1
        if there.newer or there.versions > sum(self._applied.values()):
            return max(there.newer, 1)
        return 1 if self._applied and there.latest < there.horizon else 0

    def _forget(self) -> None:
        """Forget how far the mirror has followed. The searcher stays until there is another."""
        self._state, self._applied, self._seen_state = {}, {}, 0.0

    def _load(self) -> None:
        """Load what the writer of the folder last wrote; raises Unreadable."""
        file = self.folder / "state.json"
        try:
            stamp = file.stat().st_mtime_ns
            if stamp == self._seen_state and self._searcher is not None:
                return
            written = file.read_bytes()
        except FileNotFoundError:
            self._forget()
            return
        try:
            state = json.loads(written)
            state["position"] = int(state["position"])
            applied = {str(ref): int(version) for ref, version in state["applied"].items()}
            index = tantivy.Index.open(str(self.folder / str(state["generation"])))
            index.reload()
            searcher = index.searcher()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unreadable(f"its folder cannot be read ({type(error).__name__})") from error
        self._searcher, self._state, self._applied, self._seen_state = searcher, state, applied, stamp

    def sync(self, *, wait: float = 30.0, rebuild: bool = False) -> int:
        """Take over what changed, as the one writer; gives how many entries were written. With `rebuild`, all of them,
        into a new generation that replaces the old one in one step. Returns -1 when another process is writing."""
        with folders.lock(self.folder, wait) as mine:
            if not mine:
                return -1
            with self._lock:
                self._load_or_put_aside()
                position, generation = self._state.get("position", -1), self._state.get("generation", "")
                applied, database = dict(self._applied), self._state.get("database")
            now = table.ahead(0, 0, 0)
            fresh = rebuild or position < 0 or position > now.horizon or database != now.database or self._failures >= GIVE_UP
            if fresh:
                position, applied = 0, {}
                generation = f"g{time.time_ns()}"
            place = self.folder / generation
            try:
                if fresh:
                    place.mkdir()
                index = tantivy.Index(self._schema, path=str(place)) if fresh else tantivy.Index.open(str(place))
                written, above = self._write(index, position, now.horizon, applied, fresh=fresh)
                state = {"generation": generation, "position": now.horizon, "database": now.database, "applied": above}
                folders.write(self.folder / "state.json", json.dumps(state))
            except BaseException:
                if fresh:  # a disk that is full is not filled further by each attempt
                    shutil.rmtree(place, ignore_errors=True)
                raise
            with self._lock:
                self._load()
            if fresh:
                self._forget_old(generation)
            return written

    def _load_or_put_aside(self) -> None:
        """Load what was written last; where it cannot be read, there is none from now on. Needs the lock of the folder."""
        self._seen_state = 0.0
        try:
            self._load()
        except Unreadable as error:
            self._tell(error)
            (self.folder / "state.json").replace(self.folder / "state.json.unreadable")
            self._load()

    def _write(self, index: Any, position: int, horizon: int, applied: dict[str, int], *, fresh: bool) -> tuple[int, dict[str, int]]:
        writer = index.writer(64_000_000, 1)
        written = 0
        above: dict[str, int] = {}
        for rows in table.batches(position, BATCH, COMMITTED):
            for row in rows:
                ref = row["ref"]
                if row["xid"] >= horizon:
                    above[ref] = row["version"]
                if applied.get(ref, -1) >= row["version"]:
                    continue
                if not fresh:
                    writer.delete_documents_by_term("ref", ref)
                if row["live"]:
                    writer.add_document(_document(row))
                written += 1
        if written or fresh:  # where a transaction is only forgotten, nothing has changed
            writer.commit()
        writer.wait_merging_threads()
        return written, above

    def _forget_old(self, generation: str) -> None:
        """Remove former generations but the latest, which another process may still be reading."""
        former = sorted(folder for folder in self.folder.glob("g*") if folder.name != generation)
        for folder in former[:-1]:
            shutil.rmtree(folder, ignore_errors=True)

    def status(self) -> dict[str, Any]:
        """What the mirror holds, for people who run it."""
        with self._lock:
            trouble = self.trouble()
            return {
                "engine": NAME, "folder": str(self.folder), "documents": self._searcher.num_docs if self._searcher else 0,
                "position": self._state.get("position"), "pending": self._pending() if self._state else None, "trouble": trouble,
            }  # fmt: skip

    def trouble(self) -> str:
        """For /readyz: what is wrong with the mirror, in a few words. Follows only where it did so already, and failed: whoever runs a
        command may be somebody else than the portal, and should not own its files."""
        with self._lock:
            if self._trouble:
                self._current()
                return self._trouble
            try:
                self._load()
                writable = not self.folder.exists() or os.access(self.folder, os.W_OK)
            except (OSError, Unreadable) as error:
                return folders.said(error)
            return "" if writable else "its folder cannot be written"

    def is_there(self) -> bool:
        """Whether somebody has searched on this machine."""
        return (self.folder / "state.json").exists()

    def holds(self) -> dict[str, int]:
        """Key and version of every entry that the mirror holds, for comparing it with the table."""
        with self._lock:
            self._load()
            if self._searcher is None:
                return {}
            hits = self._searcher.search(tantivy.Query.all_query(), max(1, self._searcher.num_docs), count=False).hits
            found = (self._searcher.doc(address).to_dict() for _score, address in hits)
            return {one["ref"][0]: one["version"][0] for one in found}

    def may_lack(self, ref: str, version: int, xid: int) -> bool:
        """Whether the mirror need not have an entry yet as it stands in the table: it was written after the last look."""
        return xid >= self._state.get("position", -1) and self._applied.get(ref) != version


def _literal(text: str) -> str:
    """A folded word, or a pair, as a regular expression that matches itself: nothing but letters, digits and _ is left."""
    return "".join(letter for letter in text if letter.isalnum() or letter == "_")


_engines: dict[Path, LocalEngine] = {}
_guard = threading.Lock()


def engine() -> LocalEngine:
    """The process's engine over the folder of the settings."""
    folder = Path(settings.SEARCH_LOCAL_INDEX)
    with _guard:
        if folder not in _engines:
            _engines[folder] = LocalEngine(folder)
        return _engines[folder]
