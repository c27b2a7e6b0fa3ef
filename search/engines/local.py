"""The built-in engine: tantivy over a mirror of `search.Entry` in a folder of this machine.

The mirror follows the table. Every process may ask it; one at a time holds the lock of the folder and writes what
changed, the others load what it wrote. What was read is remembered as a transaction number: everything below the oldest
transaction that was still running has been seen; whatever lies above is read again until that number passes it (a bare
sequence would lose a transaction that commits after a later one). Entries carry versions, so reading again is harmless.
"""

from __future__ import annotations

import fcntl
import json
import logging
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tantivy
from django.conf import settings
from django.db import close_old_connections, connection

from search import language
from search.planner import Plan

from . import RELEVANT, STREAMS, Answer, beginnings, facet_values, relevant, table, tokens_of

logger = logging.getLogger(__name__)

SCHEMA_VERSION = 7
CHECK_EVERY = 0.25  # seconds between two looks at the table, a process
SYNC_AT_ONCE = 300  # so many changes are taken over before answering; more of them in the background
FIRST_WAIT = 5.0  # seconds that a visitor waits for a mirror that does not exist yet
BATCH = 1000
REMEMBERED = 20_000  # documents of which a process remembers key and facets: some ten megabytes
COMMITTED = table.COMMITTED
NAME = "local"


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for stream in STREAMS:
        builder.add_text_field(stream, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("ref", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_float_field("weight", stored=True)
    builder.add_text_field("facet", stored=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


def _document(row: dict[str, Any]) -> tantivy.Document:
    document = tantivy.Document()
    for stream, tokens in tokens_of(row).items():
        document.add_text(stream, tokens)
    document.add_text("ref", f"{row['kind']}:{row['object_id']}")
    document.add_float("weight", row["weight"])
    for value in facet_values(row):
        document.add_text("facet", value)
    return document


class LocalEngine:
    """One process's hold on the mirror."""

    name = NAME

    def __init__(self, folder: Path) -> None:
        self.folder = folder / f"v{SCHEMA_VERSION}-{language.VERSION}"
        self._schema = _schema()
        self._index: Any = None
        self._searcher: Any = None
        self._state: dict[str, Any] = {}
        self._seen_state = 0.0
        self._checked = 0.0
        self._applied: dict[str, int] = {}  # ref -> version, of what lies above the remembered transaction
        self._read: tuple[Any, dict[tuple[int, int], tuple[str, float, tuple[str, ...]]]] = (None, {})
        self._lock = threading.RLock()
        self._background: threading.Thread | None = None

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
        """A searcher over the mirror as it is now, after taking over what changed; None while it is being made."""
        with self._lock:
            if self._searcher is None or time.monotonic() - self._checked > CHECK_EVERY:
                self._checked = time.monotonic()
                self._follow()
            return self._searcher

    def _follow(self) -> None:
        self._load()
        pending = self._pending()
        if pending == 0:
            return
        if pending > SYNC_AT_ONCE:
            if self._background is None or not self._background.is_alive():
                self._background = threading.Thread(target=self._sync_in_background, name="search-mirror", daemon=True)
                self._background.start()
            return
        self.sync(wait=0.0)

    def _sync_in_background(self) -> None:
        try:
            self.sync(wait=60.0)
        finally:
            # The thread has a database connection of its own.
            close_old_connections()
            connection.close()

    def _pending(self) -> int:
        """How many entries lie beyond what the mirror holds (at most one more than is taken over at once)."""
        position = self._state.get("position", -1)
        with connection.cursor() as cursor:
            cursor.execute(
                f"""select pg_snapshot_xmin(pg_current_snapshot())::text::bigint, e.ref, e.version from (values (1)) one left join (
                      select kind || ':' || object_id as ref, version from search_entry where {COMMITTED} order by xid limit %s) e on true""",  # noqa: S608  # names of our own  # nosec B608
                [max(position, 0), SYNC_AT_ONCE + 1],
            )
            rows = cursor.fetchall()
        if position > rows[0][0]:  # another database, or one restored into a new cluster: transactions began anew
            self._state = {}
            return SYNC_AT_ONCE + 1
        rows = [(ref, version) for _horizon, ref, version in rows if ref is not None]
        if position < 0:
            return max(len(rows), 1)
        return sum(1 for ref, version in rows if self._applied.get(ref, -1) < version)

    def _load(self) -> None:
        """Load what the writer of the folder last wrote."""
        file = self.folder / "state.json"
        try:
            stamp = file.stat().st_mtime_ns
        except FileNotFoundError:
            self._index = self._searcher = None
            self._state, self._applied, self._seen_state = {}, {}, 0.0
            return
        if stamp == self._seen_state and self._searcher is not None:
            return
        state = json.loads(file.read_text())
        self._index = tantivy.Index.open(str(self.folder / state["generation"]))
        self._index.reload()
        self._searcher = self._index.searcher()
        self._state, self._applied, self._seen_state = state, dict(state["applied"]), stamp

    @contextmanager
    def _writing(self, wait: float) -> Iterator[bool]:
        """Hold the folder's lock; gives False when another process keeps it for longer than `wait` seconds."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as handle:
            until = time.monotonic() + wait
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= until:
                        yield False
                        return
                    time.sleep(0.05)
            yield True

    def sync(self, *, wait: float = 30.0, rebuild: bool = False) -> int:
        """Take over what changed, as the one writer; gives how many entries were written. With `rebuild`, all of them,
        into a new generation that replaces the old one in one step. Returns -1 when another process is writing."""
        with self._writing(wait) as mine:
            if not mine:
                return -1
            with self._lock:
                self._seen_state = 0.0
                self._load()
                position, generation = self._state.get("position", -1), self._state.get("generation", "")
                applied = dict(self._applied)
            horizon = table.horizon()
            fresh = rebuild or position < 0 or position > horizon
            if fresh:
                position, applied = 0, {}
                generation = f"g{time.time_ns()}"
                (self.folder / generation).mkdir()
                index = tantivy.Index(self._schema, path=str(self.folder / generation))
            else:
                index = tantivy.Index.open(str(self.folder / generation))
            written, above = self._write(index, position, horizon, applied, fresh=fresh)
            state = {"generation": generation, "position": horizon, "applied": above}
            temporary = self.folder / "state.json.new"
            temporary.write_text(json.dumps(state))
            temporary.replace(self.folder / "state.json")
            with self._lock:
                self._load()
            if fresh:
                self._forget_old(generation)
            return written

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
            self._load()
            return {
                "engine": NAME, "folder": str(self.folder), "documents": self._searcher.num_docs if self._searcher else 0,
                "position": self._state.get("position"), "pending": self._pending() if self._state else None,
            }  # fmt: skip

    def refs(self) -> set[str]:
        """Every entry that the mirror holds, for comparing it with the table."""
        with self._lock:
            self._load()
            if self._searcher is None:
                return set()
            hits = self._searcher.search(tantivy.Query.all_query(), max(1, self._searcher.num_docs), count=False).hits
            return {self._searcher.doc(address)["ref"][0] for _score, address in hits}


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
