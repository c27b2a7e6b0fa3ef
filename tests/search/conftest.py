"""A search mirror of its own for each test, and a source that knows what the test made findable."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app

from foundation.registries import SearchDocument, SearchSource, search_sources
from search import index, services, tables, vocabulary
from search.engines import choice, elasticsearch, local, table
from tests.search.faults import Proxy

KIND = "thing"
# Seconds for an answer that must come: the machine of the tests is busier than that of a portal. What must fail in time has 0.8.
PATIENT = 8.0


def from_the_first_day() -> None:
    """Write what changes with a release only, as an upgrade does: the pages of figures and the datasets."""
    for kind in ("figures", "dataset"):
        services.put(search_sources[kind].documents())


@pytest.fixture(autouse=True)
def mirror(settings, tmp_path, monkeypatch):
    """The local engine over an empty folder, looking at the table before each question."""
    settings.SEARCH_LOCAL_INDEX = tmp_path / "search"
    monkeypatch.setattr(local, "_engines", {})
    monkeypatch.setattr(local, "CHECK_EVERY", -1.0)
    monkeypatch.setattr(vocabulary, "COUNT_EVERY", -1.0)
    tables.memory.forget()
    vocabulary.memory.forget()
    yield local.engine()
    tables.memory.forget()
    vocabulary.memory.forget()


@pytest.fixture
def hidden(monkeypatch):
    """Object ids that the database does not show, whatever the mirror says."""
    ids: set[str] = set()
    source = SearchSource(KIND, "Things", list, lambda asked: set(asked) - ids, None)
    monkeypatch.setitem(search_sources._items, KIND, source)
    return ids


@pytest.fixture
def publish(hidden):
    """Make something findable, committed."""

    def publish(object_id: str, title: str, **rest) -> int:
        with transaction.atomic():
            return services.put([SearchDocument(kind=KIND, object_id=object_id, title=title, url=f"/{object_id}/", **rest)])

    return publish


@pytest.fixture
def own_writes(monkeypatch):
    """Let the mirror see what the test's own transaction wrote, so that it need not be committed and wiped: following
    itself is tested with real commits in test_following."""
    monkeypatch.setattr(local, "COMMITTED", "xid >= %s")
    monkeypatch.setattr(table, "COMMITTED", "xid >= %s")


@pytest.fixture
def proxy(elasticsearch_url):
    """A proxy before the real Elasticsearch that behaves as it is told."""
    with Proxy(int(elasticsearch_url.rpartition(":")[2])) as made:
        yield made


@pytest.fixture
def shared(settings, proxy, monkeypatch):
    """Elasticsearch is configured, behind the proxy, with indexes of this test's own, not built yet; gives its options."""
    settings.ELASTICSEARCH_URL = [f"http://127.0.0.1:{proxy.port}"]
    settings.ELASTICSEARCH_PREFIX = f"test-{uuid.uuid4().hex[:12]}"
    settings.ELASTICSEARCH_TIMEOUT = PATIENT
    monkeypatch.setattr(elasticsearch, "_engines", {})
    monkeypatch.setattr(choice, "_breakers", {})
    monkeypatch.setattr(elasticsearch, "BACKOFF", 0.05)
    options = elasticsearch.options()
    assert options is not None
    yield options
    proxy.mode = "pass"
    store = elasticsearch.Store(options)
    for name in store.names():
        store.drop(name)


@pytest.fixture
def built(shared):
    """The same, with an index that follows."""
    index.rebuild(shared)
    return shared


@pytest.fixture
def worker(monkeypatch):
    """Run the jobs that wait, as a worker does; what other applications do each minute is left out."""
    monkeypatch.setattr(app.periodic_registry, "periodic_tasks", {})

    def run() -> None:
        with app.replace_connector(app.connector.get_worker_connector()), ThreadPoolExecutor(1) as pool:
            pool.submit(app.run_worker, wait=False, install_signal_handlers=False, listen_notify=False, concurrency=1).result()

    def empty() -> None:
        with connection.cursor() as cursor:
            cursor.execute("truncate procrastinate_jobs, procrastinate_workers, procrastinate_events, procrastinate_periodic_defers")

    empty()
    yield run
    empty()
