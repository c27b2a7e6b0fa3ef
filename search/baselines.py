"""Stock searches that ours is measured against: what Wagtail brings, as it sets it up, over the same procedures.

Only `search_eval --baselines` imports this. Nothing stays: what Wagtail's search on PostgreSQL keeps is written in a transaction that
is taken back, and Elasticsearch gets an index of its own that is deleted.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, ClassVar

from django.apps.registry import Apps
from django.db import transaction
from modelsearch.abstract_models import TextIDGenericRelation
from wagtail.search import index
from wagtail.search.backends.database.postgres.postgres import PostgresSearchBackend
from wagtail.search.backends.elasticsearch8 import Elasticsearch8SearchBackend
from wagtail.search.models import IndexEntry

from .engines.elasticsearch import Options
from .models import Entry
from .planner import MAX_QUERY, MAX_WORDS

Ask = Callable[[str, int], list[str]]  # a question, and how many codes are wanted, best first
BATCH = 500
# Wagtail's own settings cut words into pieces too, which only completion asks for and which not every node can.
PLAIN = {"type": "custom", "tokenizer": "standard", "filter": ["asciifolding", "lowercase"]}
NO_PIECES: dict[str, Any] = {"settings": {"analysis": {"analyzer": {"edgengram_analyzer": PLAIN}}}}
TIMEOUT = 30  # seconds: what is slow is to be seen, not to be broken off


class Findable(index.Indexed, Entry):
    """An entry as Wagtail searches pages: the title counts twice. It stands in a registry of its own: nothing else that knows models
    (migrations, Wagtail's own `update_index`) sees it."""

    search_fields: ClassVar = [index.SearchField("title", boost=2), index.SearchField("asked"), index.SearchField("body")]

    class Meta:
        proxy = True
        app_label = "search"
        apps = Apps()


TextIDGenericRelation(IndexEntry).contribute_to_class(Findable, "index_entries")


def _fill(into: Any, kind: str) -> None:
    """Bring everything of a kind into one of Wagtail's indexes."""
    batch: list[Any] = []
    for one in Findable._default_manager.filter(kind=kind, live=True).order_by("pk").iterator(BATCH):
        batch.append(one)
        if len(batch) == BATCH:
            into.add_items(Findable, batch)
            batch = []
    into.add_items(Findable, batch)


def _asker(backend: Any, operator: str, fields: list[str] | None = None) -> Ask:
    def ask(query: str, most: int) -> list[str]:
        # As much of a question as ours reads: the one on PostgreSQL nests as deep as there are words, and breaks at some hundred.
        read = " ".join(query[:MAX_QUERY].split()[:MAX_WORDS])
        return [one.code for one in backend.search(read, Findable, fields=fields, operator=operator)[:most]]

    return ask


@contextmanager
def _postgresql(kind: str, operator: str) -> Iterator[Ask]:
    with transaction.atomic():
        try:
            backend = PostgresSearchBackend({})
            _fill(backend.get_index_for_model(Findable), kind)
            yield _asker(backend, operator)
        finally:
            transaction.set_rollback(True)


@contextmanager
def _elasticsearch(kind: str, chosen: Options, fields: list[str] | None = None) -> Iterator[Ask]:
    account: dict[str, Any] = {}
    if chosen.api_key:
        account["api_key"] = chosen.api_key
    elif chosen.user:
        account["basic_auth"] = (chosen.user, chosen.password)
    if chosen.ca_file:
        account["ca_certs"] = chosen.ca_file
    backend = Elasticsearch8SearchBackend({
        "URLS": list(chosen.hosts), "INDEX_PREFIX": f"{chosen.prefix}-stock-{uuid.uuid4().hex[:12]}-", "TIMEOUT": TIMEOUT, "OPTIONS": account,
    })  # fmt: skip
    backend.settings = NO_PIECES
    made = backend.get_index_for_model(Findable)
    try:
        made.put()
        made.add_model(Findable)
        _fill(made, kind)
        made.refresh()
        yield _asker(backend, "or", fields)
    finally:
        made.delete()


def baselines(kind: str, chosen: Options | None) -> dict[str, AbstractContextManager[Ask]]:
    """The stock searches by name, each prepared when it is entered and gone without a trace when it is left; the one on Elasticsearch
    where there is one (`chosen`)."""
    found: dict[str, AbstractContextManager[Ask]] = {
        "wagtail postgresql, all": _postgresql(kind, "and"),
        "wagtail postgresql, any": _postgresql(kind, "or"),
    }
    if chosen is not None:
        found["wagtail elasticsearch"] = _elasticsearch(kind, chosen)
        # The text of a procedure hurts a search that weighs each of its words like one of the title: this is what titles alone give.
        found["wagtail es, titles only"] = _elasticsearch(kind, chosen, ["title"])
    return found
