"""The pages of forms, legal documents and decisions are reached from the procedures that name them, and told to search engines."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.urls import reverse

from organisation.models import today
from procedures_catalog import listing, named, services, stored, views
from procedures_catalog.models import FormRow, LegalBasisRow, LegalDocument, PaperRow, StoredBody

from .making import DAY, decision, person, unsaved

pytestmark = pytest.mark.django_db
OFFICIAL = "https://vanban.example.org/123"


@pytest.fixture(autouse=True)
def nothing_remembered():
    forget()


def forget() -> None:
    views._bodies.clear()
    listing._memory.clear()


@pytest.fixture
def writer():
    return person("editor", "an")


@pytest.fixture
def approver():
    return person("publisher", "binh")


@pytest.fixture
def public(writer, approver):
    """A public version that names one of everything."""
    version = unsaved(decision=decision("77/QĐ-UBND"))
    version.papers = [PaperRow(name="Tờ khai đăng ký", form_code="TK-01"), PaperRow(name="Phiếu không số")]
    version.forms = [
        FormRow(code="TK-01", name="Tờ khai đăng ký"), FormRow(code="", name="Phiếu không số"), FormRow(code="TK-09", name="Mẫu ngoài danh sách"),
    ]  # fmt: skip
    law = LegalDocument.objects.create(number="123/2015/NĐ-CP", title="Hướng dẫn Luật", kind="decree", url=OFFICIAL)
    version.legal_bases = [LegalBasisRow(document=law, articles="Điều 5")]
    return services.publish(services.draft(version, user=writer), approver=approver)


def page(version, language: str = "", path: str = "") -> str:
    response = Client().get(f"{language}{path or version.get_absolute_url()}")
    assert response.status_code == 200
    return response.content.decode()


def ways(html: str) -> dict[str, str]:
    """The words of each link of the page that leads to something named, by its address."""
    found = re.findall(r'<a href="((?:/en)?/thu-tuc/(?:mau|van-ban|quyet-dinh)/[^"]+)"[^>]*>(.*?)</a>', html, re.DOTALL)
    return {address: " ".join(re.sub(r"<[^>]+>", "", words).split()) for address, words in found}


@pytest.mark.parametrize("language", ["", "/en"])
def test_a_procedure_leads_to_its_forms_its_laws_and_its_decision(public, language):
    found = ways(page(public, language))
    forms = {form.name: form.key for form in named.forms(named.form_keys(version=public), today())}
    assert len(forms) == 3
    for name, key in forms.items():
        words = found[f"{language}/thu-tuc/mau/{key}/"]
        assert name in words or words == "TK-01", words
    law = LegalDocument.objects.get(number="123/2015/NĐ-CP")
    assert found[f"{language}/thu-tuc/van-ban/{law.pk}/"] == "123/2015/NĐ-CP Hướng dẫn Luật"
    assert "77/QĐ-UBND" in found[f"{language}/thu-tuc/quyet-dinh/{public.decision_id}/"]
    for address in found:
        there = page(public, path=address)
        assert public.procedure.get_absolute_url() in there, "and there is a way back"


def test_the_official_text_is_still_one_step_away(public):
    assert f'<a href="{OFFICIAL}" rel="external noopener">' in page(public)


def test_what_ended_a_version_is_reached_from_its_history_and_its_notice(public, writer, approver):
    ending = decision("99/QĐ-UBND")
    services.close(public, approver=approver, last_day=today() - DAY, end_kind="abolished", decision=ending)
    html = page(public)
    address = reverse("procedures_catalog:decision", args=[ending.pk])
    assert html.count(f'href="{address}"') == 2
    assert public.procedure.get_absolute_url() in page(public, path=address)


def test_a_body_that_an_earlier_release_stored_does_not_hide_the_links(public, monkeypatch):
    """Whoever upgrades does nothing: what is stored is asked for by release."""
    with monkeypatch.context() as before:
        before.setattr(stored, "release", lambda: "trước")
        page(public)
        StoredBody.objects.update(parts=re.sub(r"/thu-tuc/van-ban/\d+/", "/cũ/", StoredBody.objects.get().parts))
        forget()
        assert "/cũ/" in page(public)
    forget()
    assert "/cũ/" not in page(public)
    assert ways(page(public))


def test_search_engines_are_told_of_each_in_both_languages_and_of_none_that_is_hidden(public, writer, client):
    hidden = unsaved(decision=decision("1/QĐ-UBND"))
    hidden.forms = [FormRow(code="", name="Mẫu còn nháp")]
    hidden.legal_bases = [LegalBasisRow(document=LegalDocument.objects.create(number="9/2030/NĐ-CP"))]
    services.draft(hidden, user=writer)
    parts = ElementTree.fromstring(client.get("/sitemap.xml").content)
    told = set()
    for part in parts.iter():
        if part.tag.endswith("loc"):
            xml = ElementTree.fromstring(client.get(part.text.removeprefix("http://testserver")).content)
            told |= {one.text.removeprefix("http://testserver") for one in xml.iter() if one.tag.endswith("loc")}
    told = {address for address in told if re.search("/(mau|van-ban|quyet-dinh)/", address)}
    reached = {*ways(page(public)), *ways(page(public, "/en"))}
    assert told == reached
    assert len(told) == 10
