"""Elasticsearch 8: the same plan over a mirror of `search.Entry` that all machines share. The only module that knows its client.

Analysis and ranking are ours: fields hold the tokens of language.py and are split at white space, a plan becomes one `bool` of
`term` queries, and what comes back is ranked as the built-in engine's hits are. So the two cannot drift apart. Nothing is asked
of Elasticsearch that its core does not have (no scripts, no reindex, no ICU): any 8.x will do.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.conf import settings
from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch, NotFoundError, helpers
from elasticsearch_dsl import Mapping, Search, query

from search import language
from search.planner import Plan, Term

from . import NOTHING, RELEVANT, STREAMS, Answer, beginnings, facet_values, relevant, tokens_of

logger = logging.getLogger(__name__)

NAME = "elasticsearch"
SCHEMA_VERSION = 3
VERSION = f"{SCHEMA_VERSION}.{language.VERSION}"
ANSWERING = 64  # questions of one process under way at once; whoever comes on top of them is answered by the other engine
KEEPING_SECONDS = 30.0  # of one call that keeps the index
SETTLING_SECONDS = 300  # of a new index whose replicas are being made
CHUNK, CHUNK_BYTES = 500, 5_000_000
RETRIES, BACKOFF, MAX_BACKOFF = 6, 0.5, 15.0  # of a node that says "too much" (429): back-pressure reaches whoever reads the table
PAGE = 2000
BUILDING = "-building"
Result = TypeVar("Result")


class Unavailable(Exception):
    """Elasticsearch did not answer, or not as it should; its text says how, and repeats nothing of what was asked."""


class NoIndex(Unavailable):
    """It answers, and has no index of ours."""


@dataclass(frozen=True)
class Options:
    """How it is reached, and how the index is laid out."""

    hosts: tuple[str, ...]
    user: str = ""
    password: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    ca_file: str = ""
    timeout: float = 0.8
    prefix: str = "minhbach"
    shards: int = 1
    replicas: int = 0

    @property
    def alias(self) -> str:
        """The name that questions are put to. Releases that index otherwise have one each, so they can run side by side."""
        return f"{self.prefix}-entries-{VERSION}"


def options() -> Options | None:
    """The options of the settings; None where no Elasticsearch is configured."""
    if not settings.ELASTICSEARCH_URL:
        return None
    return Options(
        tuple(settings.ELASTICSEARCH_URL), settings.ELASTICSEARCH_USER, settings.ELASTICSEARCH_PASSWORD, settings.ELASTICSEARCH_API_KEY,
        settings.ELASTICSEARCH_CA_FILE, settings.ELASTICSEARCH_TIMEOUT, settings.ELASTICSEARCH_PREFIX, settings.ELASTICSEARCH_SHARDS,
        settings.ELASTICSEARCH_REPLICAS,
    )  # fmt: skip


def _client(chosen: Options, **rest: Any) -> Elasticsearch:
    secure: dict[str, Any] = {}
    if chosen.api_key:
        secure["api_key"] = chosen.api_key
    elif chosen.user:
        secure["basic_auth"] = (chosen.user, chosen.password)
    if chosen.ca_file:
        secure["ssl_context"] = ssl.create_default_context(cafile=chosen.ca_file)
    return Elasticsearch(list(chosen.hosts), **secure, **rest)


def _why(error: Exception) -> str:
    """A failure in a word or two, without the question that a full message may repeat."""
    if isinstance(error, ApiError):
        return f"{type(error).__name__} {error.status_code}"
    return type(error).__name__


def _asked(call: Callable[[], Result]) -> Result:
    """Run a call; whatever goes wrong with it is Unavailable."""
    try:
        return call()
    except NotFoundError as error:
        raise NoIndex(_why(error)) from error
    except (ApiError, TransportError, helpers.BulkIndexError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        # The last five: an answer with status 200 that is not what Elasticsearch says.
        raise Unavailable(_why(error)) from error


class ElasticsearchEngine:
    """One process's way to ask."""

    name = NAME

    def __init__(self, chosen: Options) -> None:
        self.options = chosen
        self._room = threading.BoundedSemaphore(ANSWERING)
        many = len(chosen.hosts) > 1
        # A node that refuses or hangs leaves time to ask another one; with one node there is nobody to ask again.
        self._asking = _client(
            chosen,
            request_timeout=chosen.timeout / 2 if many else chosen.timeout,
            max_retries=3 if many else 0,
            retry_on_timeout=many,
            retry_on_status=(502, 503, 504) if many else (),
            connections_per_node=ANSWERING,
        )

    def run(self, plan: Plan) -> Answer:
        """The relevant set, or Unavailable once the time is over, however the node spends it."""
        body = self._body(plan)
        if body is None:
            return Answer(())
        return self._in_time(lambda: relevant(self._hits(body), plan))

    def _in_time(self, call: Callable[[], Result]) -> Result:
        """The result of a call within the time of the options. A client's own limit holds for each packet, so that a node which
        drips would be waited for without end: the call runs in a thread of its own, and is left alone when time is over."""
        if not self._room.acquire(blocking=False):
            raise Unavailable("too many questions under way")
        outcome: Future[Result] = Future()

        def work() -> None:
            try:
                outcome.set_result(_asked(call))
            except BaseException as error:  # noqa: BLE001  # raised where the answer is waited for
                outcome.set_exception(error)
            finally:
                self._room.release()

        threading.Thread(target=work, name="elasticsearch", daemon=True).start()
        try:
            return outcome.result(self.options.timeout)
        except TimeoutError as error:
            raise Unavailable("no answer in time") from error

    def _body(self, plan: Plan) -> dict[str, Any] | None:
        should: list[query.Query] = [query.Term(**{term.stream: {"value": term.token, "boost": term.weight}}) for term in plan.terms]
        should += [
            query.ConstantScore(filter=query.Prefix(**{stream: {"value": beginning}}), boost=weight) for stream, beginning, weight in beginnings(plan)
        ]
        if not should:
            return None
        search = (
            Search()
            .query(query.Bool(should=should))
            .source(False)
            .extra(
                size=RELEVANT,
                track_total_hits=False,
                # Straight from the columns: nothing of the documents is read or unpacked.
                stored_fields="_none_",
                docvalue_fields=["ref", "weight", "facet"],
                timeout=f"{int(self.options.timeout * 1000)}ms",
            )
        )
        return dict(search.to_dict())

    def _hits(self, body: dict[str, Any]) -> list[tuple[float, str, float, list[str]]]:
        answer = self._asking.search(
            index=self.options.alias,
            body=body,
            # One shard reckons how rare words are by itself; several have to be asked for it first.
            search_type="dfs_query_then_fetch" if self.options.shards > 1 else "query_then_fetch",
            preference="portal",  # always the same copy of a shard: two copies may count deleted documents differently
            allow_partial_search_results=False,
            filter_path="timed_out,_shards.failed,hits.hits._score,hits.hits.fields",
        ).body
        if answer["timed_out"] is not False or answer["_shards"]["failed"] != 0:
            raise ValueError("half an answer")
        found = []
        for hit in answer.get("hits", {}).get("hits", []):  # an empty list is left out of a filtered answer
            columns = hit["fields"]
            facets = [str(one) for one in columns.get("facet", ())]
            found.append((float(hit["_score"]), str(columns["ref"][0]), float(columns["weight"][0]), facets))
        return found

    def trouble(self) -> str:
        """What is wrong with it, in a few words; nothing when it answers a question as a visitor puts it."""
        try:
            self.run(Plan((Term("title_folded", NOTHING, 1.0),)))
        except Unavailable as error:
            return str(error)
        return ""


class Store:
    """The index as those who keep it see it."""

    def __init__(self, chosen: Options) -> None:
        self.options = chosen
        self._keeping = _client(chosen, request_timeout=KEEPING_SECONDS, max_retries=2, retry_on_timeout=False, retry_on_status=(502, 503, 504))

    @property
    def alias(self) -> str:
        """The name that questions are put to."""
        return self.options.alias

    def names(self) -> list[str]:
        """Every index of ours, of all versions, the oldest of a version first."""
        found = _asked(lambda: self._keeping.indices.get_alias(index=f"{self.options.prefix}-entries-*").body)
        return sorted(found)

    def current(self) -> str:
        """The index that the alias stands for; nothing when there is none."""
        try:
            found = _asked(lambda: self._keeping.indices.get_alias(name=self.alias).body)
        except NoIndex:
            return ""
        return next(iter(found), "")

    def create(self) -> str:
        """An empty index, of which the alias knows nothing yet; gives its name."""
        name = f"{self.alias}-{time.strftime('%Y%m%dt%H%M%S', time.gmtime())}{time.time_ns() % 1_000_000_000:09d}"
        mapping = Mapping()
        mapping.meta("dynamic", "strict")
        # Made anew from the table at any time, so what it was made from need not be kept.
        mapping.meta("_source", enabled=False)
        for stream in STREAMS:
            mapping.field(stream, "text", analyzer="whitespace", index_options="freqs")
        for column in ("ref", "facet"):
            mapping.field(column, "keyword", index=False)
        mapping.field("weight", "double", index=False)
        mapping.field("version", "long", index=False)
        layout = {
            "number_of_shards": self.options.shards, "number_of_replicas": 0, "refresh_interval": "-1",
            "gc_deletes": "1h",  # for so long a deletion is remembered, against a slow writer who brings an older version
        }  # fmt: skip
        # While it is filled it has an alias too: who writes names one, so that an index which somebody deletes meanwhile is not made
        # again by the next document, without its mapping.
        _asked(lambda: self._keeping.indices.create(index=name, mappings=mapping.to_dict(), settings=layout, aliases={name + BUILDING: {}}))
        return name

    def settle(self, name: str) -> None:
        """Make a filled index one that is asked: searchable, with its replicas where there are machines for them."""
        _asked(
            lambda: self._keeping.indices.put_settings(index=name, settings={"number_of_replicas": self.options.replicas, "refresh_interval": "1s"})
        )
        _asked(lambda: self._keeping.indices.refresh(index=name))
        patient = self._keeping.options(request_timeout=SETTLING_SECONDS + KEEPING_SECONDS)
        _asked(
            lambda: patient.cluster.health(index=name, wait_for_status="yellow", wait_for_no_initializing_shards=True, timeout=f"{SETTLING_SECONDS}s")
        )

    def point(self, name: str) -> None:
        """Let the alias stand for this index, in one step."""
        actions: list[dict[str, Any]] = [
            {"remove": {"index": f"{self.alias}-*", "alias": self.alias, "must_exist": False}},
            {"remove": {"index": name, "alias": name + BUILDING, "must_exist": False}},
            {"add": {"index": name, "alias": self.alias}},
        ]
        if self.alias in self.names():  # an index that took the alias's name: made by a stray write
            actions.insert(0, {"remove_index": {"index": self.alias}})
        _asked(lambda: self._keeping.indices.update_aliases(actions=actions))

    def drop(self, name: str) -> None:
        """Delete an index."""
        _asked(lambda: self._keeping.indices.delete(index=name, ignore_unavailable=True))

    def forget_old(self) -> None:
        """Delete the former indices of this version, but for the latest: a question may still be under way in it."""
        current = self.current()
        former = [name for name in self.names() if name.startswith(f"{self.alias}-") and name < current]
        for name in former[:-1]:
            self.drop(name)

    def write(self, target: str, rows: Iterable[dict[str, Any]]) -> Iterator[int]:
        """Bring rows of `search.Entry` to an alias, tombstones as deletions; gives after each chunk how many have been sent.

        Versions are the entries' own: what is older than what is there is refused by Elasticsearch, so that repeats and races do no
        harm. A node that says "too much" is waited for, longer each time, and no further row is read meanwhile."""
        sent = 0

        def actions() -> Iterator[dict[str, Any]]:
            for row in rows:
                action = {"_index": target, "_id": row["ref"], "version": row["version"], "version_type": "external"}
                if row["live"]:
                    yield {**action, "_op_type": "index", "_source": document(row)}
                else:
                    yield {**action, "_op_type": "delete"}

        outcomes = iter(
            helpers.streaming_bulk(
                self._keeping, actions(), chunk_size=CHUNK, max_chunk_bytes=CHUNK_BYTES, raise_on_error=False, max_retries=RETRIES,
                initial_backoff=BACKOFF, max_backoff=MAX_BACKOFF, require_alias=True, filter_path="errors,items.*.status",
            )
        )  # fmt: skip
        while True:
            done = _asked(lambda: next(outcomes, None))
            if done is None:
                break
            well, outcome = done
            status = next(iter(outcome.values())).get("status")
            # 409: it has this version or a newer one. 404 of a deletion: it never had it.
            if not well and status != 409 and not (status == 404 and "delete" in outcome):
                raise NoIndex("gone while it was written") if status == 404 else Unavailable(f"a document was refused: {status}")
            sent += 1
            if sent % CHUNK == 0:
                yield sent
        yield sent

    def delete(self, target: str, refs: Iterable[str]) -> None:
        """Delete what the table does not know at all, whatever its version."""
        gone = [{"_op_type": "delete", "_index": target, "_id": ref} for ref in refs]
        _asked(lambda: helpers.bulk(self._keeping, gone, chunk_size=CHUNK, raise_on_error=False, max_retries=RETRIES))

    def refresh(self, target: str) -> None:
        """Make what was written searchable."""
        _asked(lambda: self._keeping.indices.refresh(index=target))

    def holds(self, target: str) -> Iterator[tuple[str, int]]:
        """Key and version of every document, by key, as they are now whatever is written meanwhile."""
        self.refresh(target)
        point = _asked(lambda: self._keeping.open_point_in_time(index=target, keep_alive="5m").body["id"])
        after: list[Any] | None = None
        try:
            while True:
                body: dict[str, Any] = {
                    "size": PAGE, "sort": [{"ref": "asc"}], "pit": {"id": point, "keep_alive": "5m"}, "_source": False, "track_total_hits": False,
                    "stored_fields": "_none_", "docvalue_fields": ["version"],
                }  # fmt: skip
                if after is not None:
                    body["search_after"] = after
                page = _asked(lambda body=body: self._keeping.search(body=body, allow_partial_search_results=False).body)  # type: ignore[misc]
                hits = page["hits"]["hits"]
                for hit in hits:
                    yield hit["sort"][0], int(hit["fields"]["version"][0])
                if len(hits) < PAGE:
                    return
                point, after = page["pit_id"], hits[-1]["sort"]
        finally:
            with suppress(Unavailable):  # it ends by itself after five minutes
                _asked(lambda: self._keeping.close_point_in_time(id=point))

    def count(self) -> int:
        """How many documents are found under the alias."""
        return int(_asked(lambda: self._keeping.count(index=self.alias).body["count"]))


def document(row: dict[str, Any]) -> dict[str, Any]:
    """What is indexed of a row of `search.Entry`: tokens, and what hits are ranked, counted and compared by. Nothing else."""
    return {**tokens_of(row), "ref": row["ref"], "weight": row["weight"], "facet": facet_values(row), "version": row["version"]}


_engines: dict[Options, ElasticsearchEngine] = {}
_guard = threading.Lock()


def engine(chosen: Options) -> ElasticsearchEngine:
    """The process's engine with these options."""
    with _guard:
        if chosen not in _engines:
            _engines[chosen] = ElasticsearchEngine(chosen)
        return _engines[chosen]
