"""`/api/v1/datasets`: which tables there are, and where their files are."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Router, Schema

from foundation.api import (
    ITEM_ERRORS,
    LIST_ERRORS,
    Language,
    Page,
    PageNumber,
    PageSize,
    SlugInPath,
    absolute,
    answer,
    example,
    paged,
    problem,
    reader,
)
from foundation.registries import ApiRouter, OpenDataset, api_routers, open_datasets

from . import describing, services
from .formats import SUFFIXES
from .models import Release

router = Router(tags=["datasets"])


class FileLine(Schema):
    """A file: its stable address, size in bytes, SHA-256 in hexadecimal."""

    format: str
    url: str
    size: int
    sha256: str


class DatasetLine(Schema):
    """A table. `rows`, `made_at` and `files` are of the newest release; null and empty before the first."""

    slug: str
    title: str
    description: str
    url: str
    api_url: str
    licence: str
    rows: int | None
    made_at: dt.datetime | None
    checked_at: dt.datetime | None
    files: list[FileLine]


class ColumnLine(Schema):
    """A column: its kind, what it means, whether it tells rows apart, and which column of which table it names."""

    name: str
    kind: str
    meaning: str
    key: bool
    joins: str | None


class DatasetPage(Page):
    """A page of tables."""

    results: list[DatasetLine]


class DatasetRecord(DatasetLine):
    """A table with its columns and where they are described for machines."""

    columns: list[ColumnLine]
    schema_url: str
    csvw_url: str


BASE = "https://minhbach.example.vn"
DATASET = {
    "slug": "linh-vuc", "title": "Lĩnh vực", "description": "Các lĩnh vực quản lý.", "url": f"{BASE}/so-lieu/du-lieu-mo/linh-vuc/",
    "api_url": f"{BASE}/api/v1/datasets/linh-vuc", "licence": "https://creativecommons.org/licenses/by/4.0/", "rows": 24,
    "made_at": "2026-11-29T01:02:03Z", "checked_at": "2026-11-29T09:02:03Z",
    "files": [{"format": "csv", "url": f"{BASE}/so-lieu/du-lieu-mo/linh-vuc.csv", "size": 1204, "sha256": "9f86d081" * 8}],
}  # fmt: skip
COLUMN = {"name": "slug", "kind": "string", "meaning": "Tên trong địa chỉ.", "key": True, "joins": None}
LISTED = {"count": 1, "page": 1, "page_size": 20, "pages": 1, "next": None, "previous": None, "results": [DATASET]}


def _line(dataset: OpenDataset, release: Release | None) -> dict[str, Any]:
    files = [
        {"format": kind, "url": describing.file_url(dataset.slug, kind), "size": known["size"], "sha256": known["sha256"]}
        for kind, known in (release.files.items() if release else ())
        if kind in SUFFIXES
    ]
    return {
        "slug": dataset.slug, "title": str(dataset.title), "description": str(dataset.description),
        "url": absolute(reverse("opendata:dataset", args=[dataset.slug])), "api_url": absolute(reverse("api:dataset", args=[dataset.slug])),
        "licence": settings.OPEN_DATA_LICENCE_URL, "rows": release.rows if release else None, "made_at": release.made_at if release else None,
        "checked_at": release.checked_at if release else None, "files": files,
    }  # fmt: skip


@router.get("", response={200: DatasetPage, **LIST_ERRORS}, summary="Open datasets", url_name="datasets", openapi_extra=example(LISTED))
def datasets(request: HttpRequest, lang: Language = "vi", page: PageNumber = 1, page_size: PageSize = 20) -> HttpResponse:
    """All tables that may be taken away whole."""
    every = list(open_datasets)
    releases = services.latest()
    with reader(lang):
        lines = [_line(dataset, releases.get(dataset.slug)) for dataset in every[(page - 1) * page_size : page * page_size]]
    return paged(request, lines, len(every), page, page_size)


@router.get("/{slug}", response={200: DatasetRecord, **ITEM_ERRORS}, summary="One open dataset", url_name="dataset",
            openapi_extra=example({**DATASET, "columns": [COLUMN], "schema_url": f"{BASE}/so-lieu/du-lieu-mo/linh-vuc/schema.json",
                                   "csvw_url": f"{BASE}/so-lieu/du-lieu-mo/linh-vuc.csv-metadata.json"}))  # fmt: skip
def dataset(request: HttpRequest, slug: SlugInPath, lang: Language = "vi") -> HttpResponse:
    """A table with each of its columns."""
    if slug not in open_datasets:
        return problem(404, "There is no dataset with this slug.")
    found = open_datasets[slug]
    with reader(lang):
        content = {
            **_line(found, services.latest_of(slug)),
            "columns": [
                {"name": column.name, "kind": column.kind, "meaning": str(column.meaning), "key": column.name in found.key,
                 "joins": found.joins.get(column.name)}
                for column in found.columns
            ],
            "schema_url": describing.schema_url(slug, "table"),
            "csvw_url": describing.schema_url(slug, "csvw"),
        }  # fmt: skip
    return answer(content)


def register() -> None:
    """Offer the routes to the portal."""
    api_routers.register("datasets", ApiRouter("/datasets", router))
