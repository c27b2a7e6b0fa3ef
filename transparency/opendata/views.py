"""Pages of open data, and the files themselves."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from foundation.api import absolute
from foundation.registries import OpenDataset, open_datasets
from organisation.models import SiteIdentity, today
from procedures_catalog.caching import public_page

from . import describing, services
from .formats import SUFFIXES
from .models import Release
from .serving import serve

KINDS = {suffix: kind for kind, suffix in SUFFIXES.items()}
NAMES = {"csv": "CSV", "json": "JSON", "jsonl": "JSON Lines (.gz)"}
RETRY_SECONDS = 120  # the job looks that often


def find(slug: str) -> OpenDataset:
    """A registered dataset; 404 for any other name."""
    if slug not in open_datasets:
        raise Http404(_("There is no such dataset."))
    return open_datasets[slug]


def files_of(dataset: OpenDataset, release: Release | None) -> list[dict[str, Any]]:
    """The files of a release as a page lists them."""
    if release is None:
        return []
    return [
        {
            "kind": kind, "name": NAMES[kind], "size": filesizeformat(release.files[kind]["size"]), "sha256": release.files[kind]["sha256"],
            "url": reverse("opendata_files:file", args=[dataset.slug, suffix]),
        }
        for kind, suffix in SUFFIXES.items()
    ]  # fmt: skip


def _around() -> dict[str, Any]:
    identity = SiteIdentity.current()
    return {
        "licence": {"name": settings.OPEN_DATA_LICENCE_NAME, "url": settings.OPEN_DATA_LICENCE_URL},
        "publisher": identity.unit.title if identity else "",
        "publisher_is_vietnamese": bool(identity and get_language() != "vi" and not identity.unit.name_en),
        "section": "data",
        "today": today(),
    }


@require_safe
@public_page
def index(request: HttpRequest) -> HttpResponse:
    """What there is, in which formats, how large and how old."""
    releases = services.latest()
    shown = [
        {"dataset": dataset, "release": releases.get(dataset.slug), "files": files_of(dataset, releases.get(dataset.slug)),
         "url": reverse("opendata:dataset", args=[dataset.slug])}
        for dataset in open_datasets
    ]  # fmt: skip
    requests, seconds = settings.RATE_LIMITS["api"]
    context = {
        "datasets": shown, "canonical_url": absolute(request.path), "api": absolute("/api/v1/"), "requests": requests, "seconds": seconds,
        "dcat_url": reverse("opendata_files:dcat"), **_around(),
    }  # fmt: skip
    return render(request, "opendata/index.html", context)


@require_safe
@public_page
def dataset(request: HttpRequest, slug: str) -> HttpResponse:
    """One dataset: each column with its kind, its meaning and an example."""
    found = find(slug)
    release = services.latest_of(slug)
    joined = {column: target.partition(".") for column, target in found.joins.items()}
    columns = [
        {
            "column": column, "kind": KIND_WORDS[column.kind](), "example": release.examples.get(column.name, "") if release else "",
            "is_key": column.name in found.key,
            "join": {"url": reverse("opendata:dataset", args=[joined[column.name][0]]), "title": open_datasets[joined[column.name][0]].title,
                     "column": joined[column.name][2]} if column.name in joined else None,
        }
        for column in found.columns
    ]  # fmt: skip
    context = {
        "dataset": found, "release": release, "files": files_of(found, release), "columns": columns, "canonical_url": absolute(request.path),
        "shown_at": found.page() if found.page else "", "linked_data": describing.schema_org(found, release), "address": absolute(request.path),
        "stable": describing.file_url(slug, "csv"), "table_url": reverse("opendata_files:table", args=[slug]),
        "csvw_url": reverse("opendata_files:csvw", args=[slug]), "frequency": FREQUENCY_WORDS.get(describing.frequency_of(found), lambda: "")(),
        "dated": absolute(reverse("opendata_files:dated", args=[slug, release.day.isoformat(), "csv"])) if release else "", **_around(),
    }  # fmt: skip
    return render(request, "opendata/dataset.html", context)


KIND_WORDS = {
    "string": lambda: _("text"),
    "integer": lambda: _("whole number"),
    "number": lambda: _("number"),
    "boolean": lambda: _("true or false"),
    "date": lambda: _("date, as 2026-01-31"),
    "datetime": lambda: _("date and time with zone"),
    "list": lambda: _("list; in CSV with “; ” between"),
}
FREQUENCY_WORDS = {
    "DAILY": lambda: _("looked at all day, made anew when something differs"),
    "IRREG": lambda: _("made anew when something differs, which is seldom"),
}


# ── Files: one address each, in no language ───────────────────────────────────────────────────────────────────────────


def not_yet(request: HttpRequest) -> HttpResponse:
    """503: the job makes what is missing within minutes."""
    response = render(request, "opendata/not_yet.html", {"robots": "noindex"}, status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "no-store"
    return response


def _give(request: HttpRequest, release: Release | None, kind: str) -> HttpResponseBase:
    if release is None or kind not in release.files:
        return not_yet(request)
    name = f"{release.dataset}-{release.day.isoformat()}.{SUFFIXES[kind]}"
    try:
        return serve(request, release, kind, services.path_of(release.files[kind]["file"]), name)
    except FileNotFoundError:
        return not_yet(request)


@require_safe
def file(request: HttpRequest, slug: str, suffix: str) -> HttpResponseBase:
    """The newest file of a dataset."""
    find(slug)
    return _give(request, services.latest_of(slug), KINDS[suffix])


@require_safe
def dated(request: HttpRequest, slug: str, day: str, suffix: str) -> HttpResponseBase:
    """The file that was made last on a day, while it is kept."""
    find(slug)
    try:
        asked = dt.date.fromisoformat(day)
        release = services.release_of(slug, asked)
    except (ValueError, OverflowError):
        release = None
    if release is None:
        raise Http404(_("No file was made on that day, or it is no longer kept."))
    return _give(request, release, KINDS[suffix])


def _json(content: dict[str, Any], content_type: str) -> HttpResponse:
    response = HttpResponse(json.dumps(content, ensure_ascii=False, indent=1), content_type=content_type)
    response["Access-Control-Allow-Origin"] = "*"
    return response


@require_safe
@public_page
def dcat(request: HttpRequest) -> HttpResponse:
    """All of it as DCAT 3."""
    return _json(describing.dcat(open_datasets, services.latest()), "application/ld+json")


@require_safe
@public_page
def table(request: HttpRequest, slug: str) -> HttpResponse:
    """The columns as JSON Table Schema."""
    return _json(describing.table_schema(find(slug)), "application/json")


@require_safe
@public_page
def csvw(request: HttpRequest, slug: str) -> HttpResponse:
    """The columns as CSVW."""
    return _json(describing.csvw(find(slug), get_language() or "vi"), "application/csvm+json")
