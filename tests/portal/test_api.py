"""The API as other people's programs meet it: its description, its promises, and any question that can be asked."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import time_machine
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

from foundation.registries import api_routers
from organisation.models import CalendarDay, Unit, today
from procedures_catalog import listing
from tests.beginnings import whole_site
from tests.procedures_catalog.factories import DAY, VersionFactory, catalogue
from tests.transparency import town
from transparency.opendata import services

pytestmark = pytest.mark.django_db
SNAPSHOT = Path(__file__).with_name("openapi.snapshot.json")
EXAMPLES = 25


@pytest.fixture(autouse=True)
def alone(settings, tmp_path):
    """No catalogue of another test in memory, a private folder of the test's own."""
    settings.PRIVATE_ROOT = tmp_path / "private"
    listing._memory.clear()


@pytest.fixture
def schema(client) -> dict[str, Any]:
    return client.get("/api/v1/openapi.json").json()


def resolved(schema: dict[str, Any], node: Any) -> Any:
    """A part of the description with its references followed."""
    if isinstance(node, dict):
        if "$ref" in node:
            target: Any = schema
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            return resolved(schema, target)
        return {key: resolved(schema, value) for key, value in node.items()}
    return [resolved(schema, value) for value in node] if isinstance(node, list) else node


def operations(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {path: methods["get"] for path, methods in schema["paths"].items()}


# ── The description ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("X7")
def test_the_description_is_valid_openapi_3_1(schema):
    assert schema["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(schema).validate()
    assert len(operations(schema)) >= 10
    assert all(set(methods) == {"get"} for methods in schema["paths"].values())


@pytest.mark.accepts("X7")
def test_every_operation_is_described_with_examples_and_errors(schema):
    for path, operation in operations(schema).items():
        assert operation["summary"], path
        assert operation["description"], path
        assert {"200", "304", "400", "405", "422", "429"} <= set(operation["responses"]), path
        answer = operation["responses"]["200"]
        content = answer["content"]["application/json"]
        Draft202012Validator(resolved(schema, content["schema"]), format_checker=FormatChecker()).validate(content["example"])
        assert {"ETag", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"} <= set(answer["headers"]), path
        assert ("Link" in answer["headers"]) == ("page" in content["example"] and "q" not in str(operation["parameters"][0]["name"])), path
        if "{" in path:
            assert "404" in operation["responses"], path
        for parameter in operation.get("parameters", []):
            assert "null" not in json.dumps(parameter["schema"]), (path, parameter["name"])


def shape(node: Any) -> Any:
    """What a program depends on: types, properties, which are there for certain."""
    if isinstance(node, dict):
        kept = {key: shape(value) for key, value in node.items() if key in {"type", "items", "anyOf", "enum", "format"}}
        if "properties" in node:
            kept["properties"] = {name: shape(value) for name, value in sorted(node["properties"].items())}
            kept["required"] = sorted(node.get("required", []))
        return kept
    return [shape(value) for value in node] if isinstance(node, list) else node


def promise(schema: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for path, operation in sorted(operations(schema).items()):
        found[path] = {
            "parameters": {one["name"]: {"in": one["in"], **shape(resolved(schema, one["schema"]))} for one in operation.get("parameters", [])},
            "responses": {
                status: shape(resolved(schema, response).get("content", {}).get("application/json", {}).get("schema", {}))
                for status, response in sorted(operation["responses"].items())
            },
        }
    return found


def broken(before: Any, now: Any, where: str = "", *, of_answer: bool = False) -> list[str]:
    """What programs written against `before` would miss in `now`. What is added breaks nobody."""
    if isinstance(before, dict) and isinstance(now, dict):
        said = []
        for key, value in before.items():
            here = f"{where}/{key}"
            if key not in now:
                said.append(f"{here} is gone")
            elif key == "required" and of_answer:
                said += [f"{here}: {name} is no longer certain" for name in value if name not in now[key]]
            elif key == "enum":
                said += [f"{here}: {item} is gone" for item in value if item not in now[key]]
            else:
                said += broken(value, now[key], here, of_answer=of_answer or key == "responses")
        return said
    return [] if before == now else [f"{where} was {before!r} and is {now!r}"]


@pytest.mark.accepts("X7")
def test_the_api_still_keeps_what_it_promised(schema):
    """After a change that adds something: `python -m tests.portal.test_api` is not needed, the snapshot grows by hand on purpose
    (delete the file, run this test once, read the difference)."""
    now = promise(schema)
    if not SNAPSHOT.exists():
        SNAPSHOT.write_text(json.dumps(now, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        pytest.fail("there was no snapshot; a new one was written: read it, commit it")
    before = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    assert broken(before, now) == []
    assert set(now) == set(before), "a new address: add it to the snapshot, so that it is kept from now on"


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"/a": {}}, {}),
        ({"properties": {"x": {"type": "string"}}}, {"properties": {}}),
        ({"properties": {"x": {"type": "string"}}}, {"properties": {"x": {"type": "integer"}}}),
        ({"responses": {"200": {"required": ["x"]}}}, {"responses": {"200": {"required": []}}}),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}),
    ],
)
def test_the_guard_sees_each_kind_of_broken_promise(before, now):
    assert broken(before, now)
    assert broken(before, before) == []


# ── What every answer keeps ───────────────────────────────────────────────────────────────────────────────────────────

READS = [
    "/procedures", "/procedures?sort=name&lang=en", "/procedures/1.004873", "/fields", "/units", "/units/{ward}", "/service-points",
    "/calendar?year=2026", "/sessions", "/datasets", "/datasets/thu-tuc", "/search?q=khai+sinh", "/openapi.json",
]  # fmt: skip


@pytest.fixture
def office():
    built = town.build()
    whole_site()
    services.make_due()
    return built


@pytest.mark.accepts("X7")
def test_every_read_has_an_etag_and_answers_304(client, office):
    for read in READS:
        address = f"/api/v1{read.format(ward=office['ward'].slug)}"
        first = client.get(address)
        assert first.status_code == 200, address
        again = client.get(address, headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"]), address
        assert again["Access-Control-Allow-Origin"] == first["Access-Control-Allow-Origin"] == "*"
        assert again.get("Link") == first.get("Link")
        assert client.get(address, headers={"If-None-Match": '"another"'}).status_code == 200
        assert "max-age" in first["Cache-Control"]
        assert not first.cookies


@pytest.mark.accepts("X7")
def test_a_change_changes_the_etag(client, office):
    first = client.get("/api/v1/procedures")["ETag"]
    VersionFactory(name="Mới thêm")
    assert client.get("/api/v1/procedures", headers={"If-None-Match": first}).status_code == 200


@pytest.mark.accepts("X7")
def test_only_reading_is_offered_to_other_sites(client, office):
    for method in ("post", "put", "patch", "delete"):
        refused = getattr(client, method)("/api/v1/units")
        assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD, OPTIONS")
        assert refused["Access-Control-Allow-Origin"] == "*"
    asked = client.options("/api/v1/units", headers={"Origin": "https://example.org", "Access-Control-Request-Method": "POST"})
    assert asked["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert "Access-Control-Allow-Credentials" not in asked
    for name in ("Link", "Retry-After", "RateLimit-Remaining"):
        assert name in client.get("/api/v1/units")["Access-Control-Expose-Headers"]


@pytest.mark.accepts("X7")
def test_sixty_questions_a_minute_and_each_answer_says_what_is_left(client, office, settings):
    settings.RATE_LIMITS_ON = True
    assert settings.RATE_LIMITS["api"] == (60, 60)
    with time_machine.travel(dt.datetime(2026, 1, 5, 3, 0, 1, tzinfo=dt.UTC), tick=False):
        answers = [client.get("/api/v1/fields") for _number in range(61)]
        other = client.get("/api/v1/fields", REMOTE_ADDR="10.9.8.7")
    assert [answer.status_code for answer in answers] == [200] * 60 + [429]
    assert [int(answer["RateLimit-Remaining"]) for answer in answers] == [*range(59, -1, -1), 0]
    assert {answer["RateLimit-Limit"] for answer in answers} == {"60"}
    assert answers[0]["RateLimit-Policy"] == "60;w=60"
    refused = answers[-1]
    assert refused["Retry-After"] == refused["RateLimit-Reset"] == "59"
    assert refused["Access-Control-Allow-Origin"] == "*"
    assert refused.json()["detail"]
    assert other.status_code == 200


@pytest.mark.accepts("X7", "L8")
def test_pages_hold_a_hundred_at_most_and_lead_to_each_other(client):
    catalogue(45)
    seen: list[str] = []
    address = "/api/v1/procedures?page_size=20&sort=code"
    while address:
        answer = client.get(address)
        links = dict(reversed(part.split("; rel=")) for part in answer["Link"].split(", "))
        body = answer.json()
        assert links['"first"'].endswith("page=1&page_size=20&sort=code>")
        assert links['"last"'].endswith("page=3&page_size=20&sort=code>")
        assert links.get('"next"', "<None>") == f"<{body['next']}>"
        assert links.get('"prev"', "<None>") == f"<{body['previous']}>"
        seen += [row["code"] for row in body["results"]]
        address = (body["next"] or "").removeprefix("http://testserver")
    assert len(seen) == len(set(seen)) == 45
    for query, status in (
        ("page=1000000", 422), ("page=100000", 404), ("page_size=1000000", 422), ("page=-1", 422), ("page=0", 422),
        ("page=99999999999999999999", 422),
        ("page=1e3", 422), ("page_size=100", 200), ("page_size=101", 422),
    ):  # fmt: skip
        for path in ("procedures", "units", "fields", "service-points", "calendar", "datasets"):
            assert client.get(f"/api/v1/{path}?{query}").status_code == status, (path, query)


# ── What the routes say ───────────────────────────────────────────────────────────────────────────────────────────────


def test_procedures_are_narrowed_as_the_public_list_is(client, office):
    def codes(**asked):
        return [row["code"] for row in client.get("/api/v1/procedures", asked).json()["results"]]

    assert "1.004873" in codes() == codes(level="ward") == codes(audience="citizen") == codes(field="ho-tich")
    assert codes(unit=office["ward"].slug) == codes(life_event="ket-hon") == ["1.004873"]
    assert codes(field="khong-co") == codes(level="ministry") == codes(changed_since=(today() + DAY).isoformat()) == []
    assert codes(changed_since=(today() - 100 * DAY).isoformat())
    for wrong in ("hom-qua", "0", "20260101", "2026-02-30", "2026-01-01T00:00:00"):
        assert client.get("/api/v1/procedures", {"changed_since": wrong}).status_code == 422
        assert client.get("/api/v1/procedures/1.004873", {"date": wrong}).status_code == 422
    assert client.get("/api/v1/procedures?level=khong-co").status_code == 422


def test_labels_and_pages_come_in_the_language_asked_for(client, office):
    ward = office["ward"]
    vietnamese, english = (client.get(f"/api/v1/units/{ward.slug}?lang={lang}").json() for lang in ("vi", "en"))
    assert vietnamese["name"] == english["name"] == "Phường Bến Chợ"
    assert english["kind_label"] == "province, district or ward itself"
    assert vietnamese["kind_label"] != english["kind_label"]
    assert english["url"] == f"http://testserver/en/co-quan/{ward.slug}/"
    assert client.get("/api/v1/procedures/1.004873?lang=en").json()["url"] == "http://testserver/en/thu-tuc/1.004873/"
    assert client.get("/api/v1/units?lang=fr").status_code == 422


def test_a_unit_tells_what_it_does_and_nobodys_name(client, office):
    answer = client.get(f"/api/v1/units/{office['ward'].slug}")
    unit = answer.json()
    assert unit["parent"] == office["district"].slug
    assert unit["service_points"][0]["hours"][0] == {"weekday": 1, "opens": "07:30", "closes": "11:30"}
    assert unit["service_points"][0]["closures"][0]["reason"] == "Sửa mái"
    closed = client.get(f"/api/v1/units/{office['closed'].slug}").json()
    assert closed["successors"] == [office["ward"].slug]
    listed = [row["slug"] for row in client.get("/api/v1/units").json()["results"]]
    assert office["closed"].slug not in listed
    assert office["closed"].slug in [row["slug"] for row in client.get("/api/v1/units?closed=true").json()["results"]]
    for read in READS:
        text = client.get(f"/api/v1{read.format(ward=office['ward'].slug)}").content.decode()
        assert not [secret for secret in town.SECRETS if secret in text]


def test_the_calendar_of_a_unit_is_its_own_days_before_the_countrys(client, office):
    ward = office["ward"]
    CalendarDay.objects.create(date=dt.date(2026, 9, 2), kind="open", counter_open=True, label="Quầy vẫn mở", unit=office["district"])
    country = client.get("/api/v1/calendar?year=2026").json()
    assert [(day["date"], day["unit"]) for day in country["results"]] == [("2026-09-02", None)]
    own = client.get(f"/api/v1/calendar?year=2026&unit={ward.slug}").json()
    assert [(day["date"], day["half"], day["counter_open"], day["counts_for_deadlines"], day["unit"]) for day in own["results"]] == [
        ("2026-09-02", "full", True, False, office["district"].slug),
        ("2026-09-05", "am", True, False, ward.slug),
    ]
    assert country["working_days"] == 260  # 261 weekdays in 2026, one of them a holiday
    assert client.get("/api/v1/calendar?unit=khong-co").status_code == 404
    assert client.get("/api/v1/calendar?year=9999").status_code == 422


def test_lists_cost_the_same_however_long(client, office, django_assert_max_num_queries):
    for path in ("procedures", "units", "fields", "service-points", "datasets", "calendar"):
        with django_assert_max_num_queries(6):
            client.get(f"/api/v1/{path}?page_size=100")


def test_datasets_say_where_their_files_are(client, office):
    line = next(row for row in client.get("/api/v1/datasets?page_size=100").json()["results"] if row["slug"] == "thu-tuc")
    assert line["rows"] == services.latest_of("thu-tuc").rows
    for file in line["files"]:
        assert client.head(file["url"].removeprefix("http://testserver")).status_code == 200
    record = client.get("/api/v1/datasets/thu-tuc").json()
    assert {"name": "field", "joins": "linh-vuc.slug"}.items() <= next(c for c in record["columns"] if c["name"] == "field").items()


def test_every_application_with_data_offers_its_routes():
    assert {"procedures", "organisation", "datasets", "search"} <= {name for name, _router in api_routers.items()}


# ── Any question ──────────────────────────────────────────────────────────────────────────────────────────────────────

ANY_TEXT = st.text(max_size=150) | st.sampled_from(["", "null", "-1", "1e9", "true", "٣", "2026-02-30", "../..", "%00", "'\"<>", "ward", "a" * 300])


def of_schema(parameter: dict[str, Any], known: list[str]) -> st.SearchStrategy[Any]:
    """Values that the description allows."""
    kind = parameter["schema"]
    if "enum" in kind:
        return st.sampled_from(kind["enum"])
    if kind.get("type") == "integer":
        return st.integers(kind.get("minimum", 1), kind.get("maximum", 10**6))
    if kind.get("type") == "boolean":
        return st.sampled_from(["true", "false"])
    if kind.get("format") == "date":
        return st.dates().map(str)
    if kind.get("type") == "array":
        return st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=kind["items"]["maxLength"]), max_size=3)
    if parameter["name"] == "q":
        return st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=60)
    named = known if parameter["in"] == "path" else [name for name in known if "." not in name]  # a code is no slug
    return st.sampled_from(named) | st.from_regex(r"[-A-Za-z0-9_]{0,20}", fullmatch=True)


def as_bytes(value: Any) -> bytes:
    """A value as a program could send it, letters that no text holds too."""
    return str(value).encode("utf-8", "surrogatepass")


@pytest.mark.accepts("B1")
@pytest.mark.parametrize("mode", ["allowed", "anything"])
def test_any_question_is_answered_as_described(schema, office, mode):
    """Every operation, with what its description allows (never refused) and with anything at all: no 5xx, a status and a body
    that the description has. `make api-check` asks schemathesis the same, all its checks, 200 examples an operation."""
    client = Client(raise_request_exception=False)
    known = ["ho-tich", "ket-hon", "thu-tuc", "1.004873", *Unit.objects.values_list("slug", flat=True)]
    for path, found in operations(schema).items():
        operation = resolved(schema, found)
        validators = {
            status: Draft202012Validator(response["content"]["application/json"]["schema"], format_checker=FormatChecker())
            for status, response in operation["responses"].items() if "content" in response
        }  # fmt: skip
        parameters = operation.get("parameters", [])
        wanted = {one["name"]: of_schema(one, known) if mode == "allowed" else ANY_TEXT for one in parameters}

        ask(client, path, parameters, validators, st.fixed_dictionaries({}, optional=wanted), must_work=mode == "allowed")


def ask(client: Client, path: str, parameters: list[Any], validators: dict[str, Any], values: st.SearchStrategy[Any], *, must_work: bool) -> None:
    """One operation, many questions."""

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(values)
    def one(chosen: dict[str, Any]) -> None:
        address, query = path, {}
        for parameter in parameters:
            name = parameter["name"]
            if parameter["in"] == "path":
                address = address.replace(f"{{{name}}}", quote(as_bytes(chosen.get(name, {"number": "1"}.get(name, "1.004873")) or "x"), safe=""))
            elif name in chosen:
                query[name] = [as_bytes(item) for item in chosen[name]] if isinstance(chosen[name], list) else as_bytes(chosen[name])
        response = client.get(f"{address}?{urlencode(query, doseq=True)}")
        told = (address, query, response.status_code)
        assert response.status_code < 500, told
        assert str(response.status_code) in validators, told
        assert response["Content-Type"].partition(";")[0] == "application/json", told
        validators[str(response.status_code)].validate(response.json())
        assert not must_work or response.status_code in {200, 404}, (*told, response.content)

    one()
