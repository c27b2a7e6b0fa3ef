"""Feeds: somebody who follows a procedure, a field or everything is told, once, of what changes."""

from __future__ import annotations

import datetime as dt
from xml.etree import ElementTree

import pytest
import time_machine
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from organisation.models import today
from procedures_catalog import listing

from .factories import DAY, FieldFactory, ProcedureFactory, VersionFactory

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def nothing_remembered():
    listing._memory.clear()


def feed(client, address):
    response = client.get(address)
    assert response.status_code == 200, address
    assert response["Content-Type"].startswith("application/atom+xml")
    root = ElementTree.fromstring(response.content)
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    entries = [
        {"id": entry.findtext(f"{ATOM}id"), "title": entry.findtext(f"{ATOM}title"), "updated": parse_datetime(entry.findtext(f"{ATOM}updated")),
         "summary": entry.findtext(f"{ATOM}summary"), "link": entry.find(f"{ATOM}link").get("href")}
        for entry in root.findall(f"{ATOM}entry")
    ]  # fmt: skip
    return {"id": root.findtext(f"{ATOM}id"), "title": root.findtext(f"{ATOM}title"), "updated": root.findtext(f"{ATOM}updated"), "links": links,
            "entries": entries, "language": root.get("{http://www.w3.org/XML/1998/namespace}lang"), "etag": response["ETag"]}  # fmt: skip


@pytest.fixture
def changed():
    """A procedure with a past, one of another field, one that ended, one to come, and a draft."""
    procedure = ProcedureFactory(code="1.004873")
    VersionFactory(procedure=procedure, valid_from=today() - 300 * DAY, valid_to=today() - 11 * DAY, end_kind="superseded", name="Tên cũ")
    VersionFactory(procedure=procedure, valid_from=today() - 10 * DAY, change_kind="amended", name="Tên mới")
    VersionFactory(field=FieldFactory(slug="dat-dai", name="Đất đai", name_en="Land"), name="Sang tên")
    VersionFactory(abolished=True, name="Đã bãi bỏ")
    VersionFactory(upcoming=True, name="Sắp có")
    VersionFactory(draft=True, name="Bản nháp bí mật")
    return procedure


def test_one_procedure_can_be_followed(client, changed):
    found = feed(client, "/thu-tuc/1.004873/thay-doi.atom")
    assert [entry["title"].partition(": ")[2] for entry in found["entries"]] == ["Tên mới", "Tên cũ"]
    assert found["entries"][0]["link"].startswith("http://testserver/thu-tuc/1.004873/thay-doi/?den=")
    assert client.get(found["entries"][0]["link"].removeprefix("http://testserver")).status_code == 200
    assert f"{today() - 10 * DAY:%d/%m/%Y}" in found["entries"][0]["summary"]
    assert client.get("/thu-tuc/1.000000/thay-doi.atom").status_code == 404


def test_a_field_can_be_followed(client, changed):
    assert [entry["title"].partition(": ")[2] for entry in feed(client, "/thu-tuc/linh-vuc/dat-dai/thay-doi.atom")["entries"]] == ["Sang tên"]
    assert "Land" in feed(client, "/en/thu-tuc/linh-vuc/dat-dai/thay-doi.atom")["title"]
    assert client.get("/thu-tuc/linh-vuc/khong-co/thay-doi.atom").status_code == 404


def test_new_procedures_are_new_once(client, changed):
    titles = [entry["title"].partition(": ")[2] for entry in feed(client, "/thu-tuc/moi.atom")["entries"]]
    assert "Tên mới" not in titles
    assert {"Tên cũ", "Sang tên"} <= set(titles)


ADDRESSES = [
    "/thu-tuc/thay-doi.atom",
    "/thu-tuc/moi.atom",
    "/thu-tuc/linh-vuc/ho-tich/thay-doi.atom",
    "/thu-tuc/1.004873/thay-doi.atom",
    "/tin-moi.atom",
]


@pytest.mark.accepts("A14")
@pytest.mark.parametrize("address", ADDRESSES)
def test_feeds_are_as_readers_expect(client, changed, address):
    for prefix, language in (("", "vi"), ("/en", "en")):
        found = feed(client, prefix + address)
        assert found["links"]["self"] == f"http://testserver{prefix}{address}"
        assert found["links"]["alternate"].startswith(f"http://testserver{prefix}/")
        assert found["id"].startswith("tag:testserver,2026:")
        assert found["language"] == language
        identities = [entry["id"] for entry in found["entries"]]
        assert len(identities) == len(set(identities))
        assert all(identity.startswith("tag:testserver,2026:") for identity in identities)
        assert all(entry["updated"] <= timezone.now() for entry in found["entries"])
        assert "bí mật" not in client.get(prefix + address).content.decode()
        again = client.get(prefix + address, headers={"If-None-Match": found["etag"]})
        assert again.status_code == 304


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_is_new_because_time_passes(client, changed, address):
    first = feed(client, address)
    with time_machine.travel(timezone.now() + dt.timedelta(seconds=90)):
        assert feed(client, address)["etag"] == first["etag"]


def test_what_is_to_come_is_told_when_it_is_published_and_again_when_it_begins(client, changed):
    def of(found):
        return next(entry for entry in found["entries"] if entry["title"].endswith("Sắp có"))

    ahead = of(feed(client, "/thu-tuc/thay-doi.atom"))
    with time_machine.travel(timezone.now() + dt.timedelta(days=59)):
        begun = of(feed(client, "/thu-tuc/thay-doi.atom"))
    assert ahead["id"] == begun["id"]
    assert ahead["updated"] < begun["updated"]


def test_feeds_cost_a_few_queries(client, changed, django_assert_max_num_queries):
    for address in ADDRESSES:
        with django_assert_max_num_queries(4):
            client.get(address)


def test_pages_lead_to_their_feeds(client, changed):
    page = client.get("/thu-tuc/1.004873/").content.decode()
    assert 'rel="alternate" type="application/atom+xml"' in page
    assert page.count('href="/thu-tuc/1.004873/thay-doi.atom"') == 2
    assert "Theo dõi thay đổi" in page
    field = client.get("/en/thu-tuc/?linh-vuc=dat-dai").content.decode()
    assert field.count('href="/en/thu-tuc/linh-vuc/dat-dai/thay-doi.atom"') == 2
    follow = client.get("/theo-doi/").content.decode()
    for address in ("/thu-tuc/thay-doi.atom", "/thu-tuc/moi.atom", "/thu-tuc/linh-vuc/dat-dai/thay-doi.atom", "/tin-moi.atom"):
        assert f'href="{address}"' in follow
    assert "Land" in client.get("/en/theo-doi/").content.decode()
