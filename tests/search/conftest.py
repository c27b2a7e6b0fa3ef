"""A search mirror of its own for each test, and a source that knows what the test made findable."""

from __future__ import annotations

import pytest
from django.db import transaction

from foundation.registries import SearchDocument, SearchSource, search_sources
from search import services, tables, vocabulary
from search.engines import local

KIND = "thing"


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
