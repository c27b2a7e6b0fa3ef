"""The pages of open data, and what machines read of them."""

from __future__ import annotations

import json
import re

import pytest
from django.utils.translation import override

from foundation.registries import open_datasets
from organisation.models import SiteIdentity
from transparency.opendata import services

from . import town

pytestmark = pytest.mark.django_db
BASE = "/so-lieu/du-lieu-mo/"


@pytest.fixture
def made():
    built = town.build()
    SiteIdentity.objects.create(unit=built["ward"], name="Cổng minh bạch")
    services.make_due()
    return built


def ids_of(node):
    """Every @id that a JSON-LD document gives a type to."""
    if isinstance(node, dict):
        if "@type" in node and "@id" in node:
            yield node["@id"], node["@type"]
        for value in node.values():
            yield from ids_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from ids_of(value)


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_list_names_every_table_with_its_files(client, made, prefix, django_assert_max_num_queries):
    client.get(f"{prefix}{BASE}")
    with django_assert_max_num_queries(12):
        html = client.get(f"{prefix}{BASE}").content.decode()
    assert len(html.encode()) < 60_000
    with override("en" if prefix else "vi"):
        for dataset in open_datasets:
            assert str(dataset.title) in html
            assert f'href="{BASE}{dataset.slug}.csv"' in html
            assert f'href="{prefix}{BASE}{dataset.slug}/"' in html
    assert "creativecommons.org" in html
    assert "/api/v1/openapi.json" in html


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_a_page_explains_each_column(client, made, prefix, django_assert_max_num_queries):
    for dataset in open_datasets:
        with django_assert_max_num_queries(12):
            html = client.get(f"{prefix}{BASE}{dataset.slug}/").content.decode()
        for column in dataset.columns:
            assert f"<code>{column.name}</code>" in html
        assert "style=" not in html
    html = client.get(f"{prefix}{BASE}lich-lam-viec/").content.decode()
    assert "2026-09-02" in html
    assert ("ngày lễ" if not prefix else "public holiday") in html
    assert client.get(f"{prefix}{BASE}khong-co/").status_code == 404


def test_pages_stand_before_the_first_file_is_made(client):
    assert "đang tạo" in client.get(BASE).content.decode()
    assert "Tệp đang được tạo" in client.get(f"{BASE}thu-tuc/").content.decode()
    assert client.get(f"{BASE}dcat.jsonld").json()["dcat:dataset"] == []


def test_dcat_says_what_a_harvester_asks_for(client, made):
    response = client.get(f"{BASE}dcat.jsonld")
    assert response["Content-Type"] == "application/ld+json"
    assert response["Access-Control-Allow-Origin"] == "*"
    catalogue = response.json()
    assert catalogue["@type"] == "dcat:Catalog"
    for name in ("dct:title", "dct:description", "dct:publisher", "dct:license", "foaf:homepage", "dct:modified"):
        assert catalogue[name], name
    known = set(catalogue["@context"])
    prefixes = set(re.findall(r'"([a-z]+):[A-Za-z]+": ', json.dumps(catalogue)))
    assert prefixes <= known
    assert len(catalogue["dcat:dataset"]) == len(open_datasets)
    for entry in catalogue["dcat:dataset"]:
        release = services.latest_of(entry["dct:identifier"])
        assert {title["@language"] for title in entry["dct:title"]} == {"vi", "en"}
        for name in ("dct:description", "dct:publisher", "dct:license", "dct:accrualPeriodicity", "dct:temporal", "dcat:landingPage"):
            assert entry[name], name
        for distribution in entry["dcat:distribution"]:
            kind = distribution["@id"].rpartition("#")[2]
            assert int(distribution["dcat:byteSize"]["@value"]) == release.files[kind]["size"]
            assert distribution["spdx:checksum"]["spdx:checksumValue"]["@value"] == release.files[kind]["sha256"]
            assert distribution["dcat:mediaType"]["@id"].startswith("https://www.iana.org/assignments/media-types/")
            path = distribution["dcat:downloadURL"]["@id"].removeprefix("http://testserver")
            assert client.head(path).status_code == 200
    found = list(ids_of(catalogue))
    sets = [identifier for identifier, kind in found if kind in {"dcat:Dataset", "dcat:Distribution"}]
    assert len(sets) == len(set(sets))


def test_a_schema_describes_the_columns_for_machines(client, made):
    for dataset in open_datasets:
        schema = client.get(f"{BASE}{dataset.slug}/schema.json").json()
        assert [field["name"] for field in schema["fields"]] == [column.name for column in dataset.columns]
        assert schema.get("primaryKey", []) == list(dataset.key)
        csvw = client.get(f"{BASE}{dataset.slug}.csv-metadata.json").json()
        assert csvw["url"].endswith(f"{BASE}{dataset.slug}.csv")
        assert [column["name"] for column in csvw["tableSchema"]["columns"]] == [column.name for column in dataset.columns]
        assert all(column["dc:description"] for column in csvw["tableSchema"]["columns"])


def test_a_page_tells_search_engines_of_the_dataset(client, made):
    html = client.get(f"{BASE}thu-tuc/").content.decode()
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)[1])
    assert data["@type"] == "Dataset"
    assert {one["encodingFormat"] for one in data["distribution"]} == {"text/csv", "application/json", "application/x-ndjson"}
    assert data["license"].startswith("https://")
