"""What machines read of the datasets: DCAT 3 of the whole catalogue, JSON Table Schema and CSVW of one table, schema.org on its page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from foundation.api import absolute
from foundation.registries import OpenDataset
from organisation.models import SiteIdentity

from .formats import SUFFIXES
from .models import Release

LANGUAGES = ("vi", "en")
FREQUENCY = "http://publications.europa.eu/resource/authority/frequency/"
LANGUAGE = "http://publications.europa.eu/resource/authority/language/"
MEDIA = "https://www.iana.org/assignments/media-types/"
FILE_TYPE = "http://publications.europa.eu/resource/authority/file-type/"
MEDIA_TYPES = {"csv": "text/csv", "json": "application/json", "jsonl": "application/x-ndjson"}
FILE_TYPES = {"csv": "CSV", "json": "JSON", "jsonl": "JSONL"}
# How often a table may change, in a word of the vocabulary; words of whoever registered it in our own.
FREQUENCIES = {"daily": "DAILY", "weekly": "WEEKLY", "monthly": "MONTHLY", "quarterly": "QUARTERLY", "yearly": "ANNUAL", "irregular": "IRREG"}
TABLE_KINDS = {"list": "string"}  # lists are joined in a CSV
CSVW_KINDS = {"datetime": "dateTime", "list": "string"}
CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
# A "<" could end the script element that the text stands in.
ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def file_url(slug: str, kind: str) -> str:
    """The stable address of a dataset's newest file."""
    return absolute(reverse("opendata_files:file", args=[slug, SUFFIXES[kind]]))


def page_url(slug: str) -> str:
    """The address of a dataset's page, Vietnamese: the one that identifies it."""
    with translation.override("vi"):
        return absolute(reverse("opendata:dataset", args=[slug]))


def index_url() -> str:
    """The address of the list of datasets, Vietnamese."""
    with translation.override("vi"):
        return absolute(reverse("opendata:index"))


def in_both(said: Callable[[], Any]) -> list[dict[str, str]]:
    """A text in both languages, as JSON-LD writes it."""
    found = []
    for language in LANGUAGES:
        with translation.override(language):
            found.append({"@language": language, "@value": str(said())})
    return found


def frequency_of(dataset: OpenDataset) -> str:
    """A word of the vocabulary of frequencies."""
    return FREQUENCIES.get(dataset.frequency.lower(), dataset.frequency.upper())


def _publisher(identity: Any) -> dict[str, Any]:
    if identity is None:
        return {"@id": absolute("/"), "@type": "foaf:Agent", "foaf:name": settings.WAGTAIL_SITE_NAME}
    return {"@id": absolute(f"/co-quan/{identity.unit.slug}/"), "@type": "foaf:Agent", "foaf:name": identity.unit.name}


def _literal(value: str, kind: str) -> dict[str, str]:
    return {"@type": f"xsd:{kind}", "@value": value}


def _distribution(dataset: OpenDataset, release: Release, kind: str) -> dict[str, Any]:
    known = release.files[kind]
    url = file_url(dataset.slug, kind)
    found = {
        "@id": f"{page_url(dataset.slug)}#{kind}",
        "@type": "dcat:Distribution",
        "dct:title": f"{dataset.slug}.{SUFFIXES[kind]}",
        "dcat:accessURL": {"@id": url},
        "dcat:downloadURL": {"@id": url},
        "dcat:mediaType": {"@id": MEDIA + MEDIA_TYPES[kind]},
        "dct:format": {"@id": FILE_TYPE + FILE_TYPES[kind]},
        "dcat:byteSize": _literal(str(known["size"]), "nonNegativeInteger"),
        "dct:license": {"@id": settings.OPEN_DATA_LICENCE_URL},
        "dct:issued": _literal(release.made_at.isoformat(), "dateTime"),
        "dct:modified": _literal(release.made_at.isoformat(), "dateTime"),
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": known["sha256"]},
        },
    }
    if kind == "csv":
        found["dct:conformsTo"] = {"@id": schema_url(dataset.slug, "csvw")}
    if kind == "jsonl":
        found["dcat:compressFormat"] = {"@id": MEDIA + "application/gzip"}
    return found


def schema_url(slug: str, kind: str) -> str:
    """The address of a dataset's description of columns: `table` (JSON Table Schema) or `csvw`."""
    return absolute(reverse(f"opendata_files:{kind}", args=[slug]))


def dataset_entry(dataset: OpenDataset, release: Release, publisher: dict[str, Any]) -> dict[str, Any]:
    """A dataset with its files."""
    return {
        "@id": page_url(dataset.slug),
        "@type": "dcat:Dataset",
        "dct:identifier": dataset.slug,
        "dct:title": in_both(lambda: dataset.title),
        "dct:description": in_both(lambda: dataset.description),
        "dct:publisher": publisher,
        "dct:license": {"@id": settings.OPEN_DATA_LICENCE_URL},
        "dct:language": {"@id": LANGUAGE + "VIE"},
        "dct:accrualPeriodicity": {"@id": FREQUENCY + frequency_of(dataset)},
        "dct:issued": _literal(release.made_at.isoformat(), "dateTime"),
        "dct:modified": _literal(release.made_at.isoformat(), "dateTime"),
        "dct:temporal": {"@type": "dct:PeriodOfTime", "dcat:endDate": _literal(release.checked_at.isoformat(), "dateTime")},
        "dcat:landingPage": {"@id": page_url(dataset.slug)},
        "dcat:keyword": in_both(lambda: dataset.title),
        "dcat:distribution": [_distribution(dataset, release, kind) for kind in SUFFIXES],
    }


def dcat(datasets: Iterable[OpenDataset], releases: dict[str, Release]) -> dict[str, Any]:
    """The catalogue of what has been made, as DCAT 3 in JSON-LD (DCAT-AP: publisher, licence, period, files with size and checksum)."""
    identity = SiteIdentity.current()
    publisher = _publisher(identity)
    index = index_url()
    names = [identity.name, identity.name_en or identity.name] if identity else [settings.WAGTAIL_SITE_NAME] * 2
    made = [dataset_entry(dataset, releases[dataset.slug], publisher) for dataset in datasets if dataset.slug in releases]
    newest = max((release.made_at for release in releases.values()), default=None)
    catalogue: dict[str, Any] = {
        "@context": CONTEXT,
        "@id": index,
        "@type": "dcat:Catalog",
        "dct:title": [{"@language": language, "@value": name} for language, name in zip(LANGUAGES, names, strict=True)],
        "dct:description": in_both(lambda: translation.gettext("Procedures, units, counters and days of this office, as whole tables.")),
        "dct:publisher": publisher,
        "dct:license": {"@id": settings.OPEN_DATA_LICENCE_URL},
        "dct:language": {"@id": LANGUAGE + "VIE"},
        "foaf:homepage": {"@id": absolute("/")},
        "dcat:dataset": made,
        "dcat:service": {
            "@id": absolute("/api/v1/"),
            "@type": "dcat:DataService",
            "dct:title": "API",
            "dcat:endpointURL": {"@id": absolute("/api/v1/")},
            "dcat:endpointDescription": {"@id": absolute(reverse("api:openapi-json"))},
            "dcat:servesDataset": [{"@id": entry["@id"]} for entry in made],
        },
    }
    if newest:
        catalogue["dct:modified"] = _literal(newest.isoformat(), "dateTime")
    return catalogue


def table_schema(dataset: OpenDataset) -> dict[str, Any]:
    """JSON Table Schema (Frictionless) of the CSV file, in the reader's language."""
    schema: dict[str, Any] = {
        "name": dataset.slug,
        "title": str(dataset.title),
        "description": str(dataset.description),
        "fields": [
            {"name": column.name, "type": TABLE_KINDS.get(column.kind, column.kind), "description": str(column.meaning)} for column in dataset.columns
        ],
        "missingValues": [""],
    }
    if dataset.key:
        schema["primaryKey"] = list(dataset.key)
    if dataset.joins:
        schema["foreignKeys"] = [
            {"fields": column, "reference": {"resource": "" if slug == dataset.slug else slug, "fields": field}}
            for column, (slug, _dot, field) in ((name, target.partition(".")) for name, target in dataset.joins.items())
        ]
    return schema


def csvw(dataset: OpenDataset, language: str) -> dict[str, Any]:
    """CSV on the Web: the same for the CSV file, as the W3C writes it."""
    columns = []
    for column in dataset.columns:
        one: dict[str, Any] = {
            "name": column.name, "titles": column.name, "datatype": CSVW_KINDS.get(column.kind, column.kind), "dc:description": str(column.meaning),
        }  # fmt: skip
        if column.kind == "list":
            one["separator"] = "; "
        columns.append(one)
    schema: dict[str, Any] = {"columns": columns}
    if dataset.key:
        schema["primaryKey"] = list(dataset.key)
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": language}],
        "url": file_url(dataset.slug, "csv"),
        "dc:title": str(dataset.title),
        "dc:description": str(dataset.description),
        "dc:license": {"@id": settings.OPEN_DATA_LICENCE_URL},
        "dialect": {"header": True, "encoding": "utf-8", "lineTerminators": ["\r\n"]},
        "tableSchema": schema,
    }


def schema_org(dataset: OpenDataset, release: Release | None) -> SafeString:
    """The dataset as schema.org tells of it, safe inside a script element."""
    identity = SiteIdentity.current()
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": str(dataset.title),
        "description": str(dataset.description),
        "url": page_url(dataset.slug),
        "license": settings.OPEN_DATA_LICENCE_URL,
        "isAccessibleForFree": True,
        "creator": {"@type": "GovernmentOrganization", "name": identity.unit.name if identity else settings.WAGTAIL_SITE_NAME, "url": absolute("/")},
        "includedInDataCatalog": {"@type": "DataCatalog", "url": index_url()},
        "variableMeasured": [column.name for column in dataset.columns],
    }
    if release:
        data["dateModified"] = release.made_at.isoformat()
        data["distribution"] = [
            {"@type": "DataDownload", "contentUrl": file_url(dataset.slug, kind), "encodingFormat": MEDIA_TYPES[kind],
             "contentSize": f"{known['size']} B", "sha256": known["sha256"]}
            for kind, known in release.files.items()
        ]  # fmt: skip
    return mark_safe(json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(ESCAPES))  # noqa: S308  # escaped in this line  # nosec B308 B703
