"""Open datasets in the search box: by what they are called, what they are about, and what their columns mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from foundation.registries import OpenDataset, SearchDocument, SearchSource, open_datasets, search_sources
from search import services as search
from transparency.search_sources import Page, document

from .models import Release

KIND = "dataset"
FORMATS = ("CSV", "JSON", "JSON Lines")


def _document(dataset: OpenDataset, release: Release | None) -> SearchDocument:
    with override("vi"):
        meanings = "; ".join(str(column.meaning).rstrip(".") for column in dataset.columns)
        url = reverse("opendata:dataset", args=[dataset.slug])
        page = Page(dataset.title, dataset.description, f"dữ liệu mở: {dataset.title}", "")
    facts: dict[str, Any] = {"formats": list(FORMATS)}
    if release is not None:
        facts |= {"day": f"{release.day:%d/%m/%Y}", "date": release.day.isoformat()}
    return document(KIND, dataset.slug, page, url=url, body=meanings, facts=facts)


def documents(slugs: Iterable[str] | None = None) -> Iterator[SearchDocument]:
    """All of them, or some; each with the day of its newest files."""
    from . import services

    wanted = None if slugs is None else set(slugs)
    releases = services.latest()
    for dataset in open_datasets:
        if wanted is None or dataset.slug in wanted:
            yield _document(dataset, releases.get(dataset.slug))


def visible(object_ids: Iterable[str]) -> set[str]:
    """Those that are registered."""
    return {slug for slug in object_ids if slug in open_datasets}


def reindex(slugs: Iterable[str]) -> None:
    """Write what is found of these anew, in the transaction of the change."""
    search.put(documents(slugs))


def register() -> None:
    """Called when the application starts."""
    search_sources.register(KIND, SearchSource(kind=KIND, label=_("Open data"), documents=documents, visible=visible))
