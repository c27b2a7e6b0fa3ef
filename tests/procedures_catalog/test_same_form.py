"""A form that records name by two codes is found once, and each of its pages leads to the other; forms that only share a name or a file
are told apart."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from wagtail.documents import get_document_model

from organisation.models import today
from procedures_catalog import named, services
from procedures_catalog.models import FormRow
from search import finder
from search.models import Entry
from tests.search.conftest import mirror, own_writes

from .making import person, unsaved

pytestmark = pytest.mark.django_db
__all__ = ["mirror", "own_writes"]
NAME = "Tờ khai đăng ký khai sinh"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def document(text: str):
    """A file; made again it is another document that holds the same."""
    made = get_document_model()(title="to-khai.docx", file=ContentFile(text.encode(), "to-khai.docx"))
    made._set_document_file_metadata()
    made.save()
    return made


@pytest.fixture
def publish():
    writer, approver = person("editor", "an"), person("publisher", "binh")

    def publish(*forms: tuple[str, str, object]):
        version = unsaved()
        version.forms = [FormRow(code=code, name=name, docx=file) for code, name, file in forms]
        return services.publish(services.draft(version, user=writer), approver=approver)

    return publish


def found(query: str = NAME) -> list[str]:
    return [f"{hit.title} {hit.facts['code']}".strip() for hit in finder.find(query).hits if hit.kind == "form"]


def test_one_form_under_two_codes_is_found_once(publish, own_writes):
    publish(("TK-01", NAME, document("một")))
    publish(("BL.KS-01", NAME.upper(), document("một")))
    assert Entry.objects.filter(kind="form", live=True).count() == 2
    results = finder.find(NAME)
    assert len(found()) == 1
    assert results.total == len(results.hits), "what is counted is what is shown"
    kinds = {bucket.value: bucket.count for facet in results.facets if facet.name == "kind" for bucket in facet.buckets}
    assert kinds["form"] == 1
    assert "same" not in {facet.name for facet in results.facets}


def test_one_form_under_two_names_is_found_once(publish, own_writes):
    publish(("Mẫu TK1-TS", "Tờ khai tham gia bảo hiểm xã hội", document("ts")), ("TK1-TS", "Tờ khai tham gia BHXH", document("ts")))
    assert len(found("tờ khai tham gia")) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("TK-01", NAME, "một"), ("TK-02", NAME, "hai")),  # other files
        (("TK-01", NAME, None), ("TK-02", NAME, None)),  # nobody can tell
        (("TK-01", NAME, "phụ lục"), ("TK-02", f"{NAME} lại", "phụ lục")),  # an appendix that holds both
    ],
)
def test_what_may_be_another_form_is_told_apart(publish, own_writes, client, first, second):
    for code, name, text in (first, second):
        publish((code, name, document(text) if text else None))
    assert len(found()) == 2
    html = client.get("/tim/", {"q": NAME}).content.decode()
    assert 'lang="vi">TK-01</span>' in html
    assert 'lang="vi">TK-02</span>' in html


def test_the_page_of_each_leads_to_the_other(publish, client, django_assert_max_num_queries):
    publish(("TK-01", NAME, document("một")))
    publish(("BL.KS-01", NAME, document("một")))
    publish(("TK-09", NAME, document("khác")))
    keys = {form.code: form.key for form in named.forms(named.form_keys(version__live=True), today())}
    with django_assert_max_num_queries(12):
        html = client.get(f"/thu-tuc/mau/{keys['TK-01']}/").content.decode()
    assert f'href="/thu-tuc/mau/{keys["BL.KS-01"]}/"' in html
    assert keys["TK-09"] not in html
    assert "Cùng một mẫu" in html
    assert f'href="/thu-tuc/mau/{keys["TK-01"]}/"' in client.get(f"/thu-tuc/mau/{keys['BL.KS-01']}/").content.decode()
    assert "Cùng một mẫu" not in client.get(f"/thu-tuc/mau/{keys['TK-09']}/").content.decode()


def test_a_form_of_a_draft_is_nobodys_twin(publish, client):
    publish(("TK-01", NAME, document("một")))
    draft = unsaved()
    draft.forms = [FormRow(code="NHAP-1", name=NAME, docx=document("một"))]
    services.draft(draft, user=person("editor", "chi"))
    assert "NHAP-1" not in client.get(Entry.objects.get(kind="form", live=True).url).content.decode()
