"""Forms, legal documents and decisions are found as long as a public record names them, each leads to a page that shows it."""

from __future__ import annotations

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.models import Collection, CollectionViewRestriction

from foundation.registries import search_sources
from organisation.models import Unit, today
from organisation.services import record_change
from procedures_catalog import jobs, named, services
from procedures_catalog.importing.form_files import COLLECTION
from procedures_catalog.models import DecisionFile, FormRow, InvolvedAgency, LegalBasisRow, LegalDocument
from procedures_catalog.search_sources import reindex
from search import files, finder
from search.models import AttachedFile, Entry
from tests.search import sample_files as samples
from tests.search.conftest import from_the_first_day, mirror, own_writes

from .making import DAY, decision, draft, in_force, person, unsaved

pytestmark = pytest.mark.django_db
__all__ = ["mirror", "own_writes"]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def writer():
    return person("editor", "an")


@pytest.fixture
def approver():
    return person("publisher", "binh")


def document(data: bytes | None = None, name: str = "to-khai.docx", **fields):
    return get_document_model().objects.create(title=name, file=ContentFile(data or samples.docx("Cam kết là đúng"), name), **fields)


def written(writer, form: str = "Tờ khai đăng ký khai sinh", code: str = "TK-01", law: str = "", **fields):
    """A draft that asks for a form and rests on a law."""
    files_of_it = {name: fields.pop(name) for name in ("docx", "pdf", "sample") if name in fields}
    version = unsaved(**fields)
    version.forms = [FormRow(code=code, name=form, **files_of_it)]
    if law:
        version.legal_bases = [LegalBasisRow(document=LegalDocument.objects.get_or_create(number=law, defaults={"kind": "decree"})[0])]
    return services.draft(version, user=writer)


def shown(kind: str) -> list[str]:
    """Titles of what is found and may be shown."""
    entries = {entry.object_id: entry.title for entry in Entry.objects.filter(kind=kind, live=True)}
    return sorted(entries[key] for key in search_sources[kind].visible(entries))


def entry(kind: str) -> Entry:
    return Entry.objects.get(kind=kind, live=True)


# ── Forms ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_form_is_found_once_its_record_is_public_and_leads_to_its_page(writer, approver, client, own_writes):
    version = written(writer, docx=document())
    assert shown(named.FORM) == []
    services.publish(version, approver=approver)
    assert shown(named.FORM) == ["Tờ khai đăng ký khai sinh"]
    hits = finder.find("tờ khai đăng ký khai sinh").hits
    assert [hit.kind for hit in hits][:2] == ["form", "procedure"]
    assert (hits[0].facts["code"], hits[0].facts["formats"], hits[0].facts["first"]) == ("TK-01", ["DOCX"], "Đăng ký khai sinh")
    page = client.get(hits[0].url).content.decode()
    assert "Tờ khai đăng ký khai sinh" in page
    assert reverse("wagtaildocs_serve", args=[FormRow.objects.get(version=version).docx_id, "to-khai.docx"]) in page
    assert version.procedure.get_absolute_url() in page
    assert entry(named.FORM).field == str(version.field_id)
    assert entry(named.FORM).levels == ["ward"]


def test_the_same_form_of_several_records_is_one_whatever_its_capitals(writer, approver, client):
    for name in ("Tờ khai đăng ký khai sinh", "TỜ KHAI  đăng ký khai sinh"):
        services.publish(written(writer, name), approver=approver)
    services.publish(written(writer, code="TK-02"), approver=approver)
    assert len(shown(named.FORM)) == 2
    both = Entry.objects.get(kind=named.FORM, live=True, facts__code="TK-01")
    assert both.facts["procedures"] == 2
    assert client.get(both.url).content.decode().count('href="/thu-tuc/1.1') == 2


@pytest.mark.accepts("S4")
def test_what_is_taken_back_or_rolled_back_is_not_found(writer, approver, client):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        services.publish(written(writer, "Tờ khai ma", law="1/2020/NĐ-CP"), approver=approver)
        raise ZeroDivisionError
    assert not Entry.objects.filter(kind__in=[named.FORM, named.DOCUMENT, named.DECISION]).exists()
    version = services.publish(written(writer, law="2/2020/NĐ-CP", valid_from=today() + 5 * DAY), approver=approver)
    address = entry(named.FORM).url
    assert (shown(named.FORM), len(shown(named.DOCUMENT)), len(shown(named.DECISION))) == (["Tờ khai đăng ký khai sinh"], 1, 1)
    assert entry(named.FORM).facts["state"] == "upcoming"
    services.withdraw(version, approver=approver)
    assert (shown(named.FORM), shown(named.DOCUMENT), shown(named.DECISION)) == ([], [], [])
    assert client.get(address).status_code == 404


def test_the_database_is_asked_again_before_one_is_shown(writer, approver):
    """An index that lags behind shows no form of a draft."""
    version = services.publish(written(writer, law="2/2020/NĐ-CP", valid_from=today() + 5 * DAY), approver=approver)
    type(version).objects.filter(pk=version.pk).update(live=False, live_revision=None)
    assert Entry.objects.filter(kind=named.FORM, live=True).count() == 1
    assert (shown(named.FORM), shown(named.DOCUMENT), shown(named.DECISION)) == ([], [], [])


def test_a_form_that_a_record_gives_up_before_its_day_is_gone(writer, approver):
    version = services.publish(written(writer, "Tờ khai cũ", law="1/2020/NĐ-CP", valid_from=today() + 5 * DAY), approver=approver)
    content = version.get_latest_revision_as_object()
    content.forms = [FormRow(code="TK-09", name="Tờ khai mới")]
    content.legal_bases = [LegalBasisRow(document=LegalDocument.objects.create(number="9/2020/NĐ-CP"))]
    services.contribute(version, writer, content.save_revision(user=writer))
    services.publish(type(version).objects.get(pk=version.pk), approver=approver)
    assert shown(named.FORM) == ["Tờ khai mới"]
    assert shown(named.DOCUMENT) == ["9/2020/NĐ-CP"]


def test_the_procedures_name_on_the_line_of_a_form_follows(writer, approver):
    version = services.publish(written(writer), approver=approver)
    copy = services.copy_as_new_version(version, user=writer, decision=decision(), valid_from=today(), changes={"name": "Khai sinh, tên mới"})
    services.publish(copy, approver=approver)
    assert entry(named.FORM).facts["first"] == "Khai sinh, tên mới"
    assert "Khai sinh, tên mới" in entry(named.FORM).body


# ── What files say ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_form_is_found_by_what_its_file_says(writer, approver, own_writes):
    version = services.publish(written(writer, docx=document(samples.docx("Tôi cam đoan quýnh quáng"))), approver=approver)
    assert AttachedFile.objects.count() == 1
    files.read_waiting()
    (hit,) = [hit for hit in finder.find("quýnh quáng").hits if hit.kind == "form"]
    assert any(piece.marked for piece in hit.snippet)
    assert version.live


def test_the_filled_in_sample_is_not_read(writer, approver):
    services.publish(written(writer, sample=document(name="mau.docx")), approver=approver)
    assert not AttachedFile.objects.exists()


@pytest.mark.accepts("A14", "S4")
def test_a_file_behind_a_lock_says_nothing_and_is_not_offered(writer, approver, client):
    closed = Collection.get_first_root_node().add_child(name="Ngăn kín")
    lock = CollectionViewRestriction.objects.create(collection=closed, restriction_type=CollectionViewRestriction.LOGIN)
    below = closed.add_child(name="Trong ngăn")
    file = document(samples.docx("Lời trong ngăn"), collection=below)
    services.publish(written(writer, docx=file), approver=approver)
    address = entry(named.FORM).url
    assert not AttachedFile.objects.exists()
    assert file.url not in client.get(address).content.decode()
    lock.delete()
    files.read_waiting()
    assert "Lời trong ngăn" in entry(named.FORM).body
    assert file.url in client.get(address).content.decode()
    lock = CollectionViewRestriction.objects.create(collection=closed, restriction_type=CollectionViewRestriction.LOGIN)
    assert "Lời trong ngăn" not in entry(named.FORM).body
    assert "ngan" not in entry(named.FORM).streams.get("body_folded", "").split()
    lock.delete()
    assert "Lời trong ngăn" in entry(named.FORM).body
    file.collection = Collection.get_first_root_node()
    file.save()
    CollectionViewRestriction.objects.create(collection=closed, restriction_type=CollectionViewRestriction.LOGIN)
    assert "Lời trong ngăn" in entry(named.FORM).body
    file.collection = below
    file.save()
    assert "Lời trong ngăn" not in entry(named.FORM).body


@pytest.mark.accepts("A14")
def test_the_file_of_a_draft_is_not_read(writer, approver):
    forms = Collection.get_first_root_node().add_child(name=COLLECTION)
    file = document(samples.docx("Còn nháp"), collection=forms)
    written(writer, docx=file)
    reindex([])
    assert not AttachedFile.objects.exists()
    decided = decision()
    DecisionFile.objects.create(decision=decided, document=file)
    services.publish(written(writer, "Phiếu khác", decision=decided), approver=approver)
    assert not AttachedFile.objects.exists(), "a decision that has it too makes it no more public"


# ── Legal documents and decisions ─────────────────────────────────────────────────────────────────────────────────────


def test_a_legal_document_is_found_by_its_number_and_follows_what_is_written_of_it(writer, approver, client, own_writes):
    services.publish(written(writer, law="123/2015/NĐ-CP"), approver=approver)
    LegalDocument.objects.create(number="9/2021/NĐ-CP", title="Không ai nêu")
    for query in ("123/2015/NĐ-CP", "123/2015/nđ-cp", "123 / 2015 / ND-CP", "nghị định 123/2015/NĐ-CP"):
        assert finder.find(query).hits[0].kind == "legal-document", query
    law = LegalDocument.objects.get(number="123/2015/NĐ-CP")
    law.title, law.issuer, law.valid_to = "Hướng dẫn Luật Hộ tịch", "Chính phủ", today() - DAY
    law.replaced_by = successor = LegalDocument.objects.create(number="7/2026/NĐ-CP")
    law.save()
    (hit,) = [hit for hit in finder.find("hướng dẫn luật hộ tịch").hits if hit.kind == "legal-document"]
    assert (hit.facts["state"], hit.facts["issuer"], hit.facts["replaced_by"]) == ("ended", "Chính phủ", "7/2026/NĐ-CP")
    successor.number = "8/2026/NĐ-CP"
    successor.save()
    assert entry(named.DOCUMENT).facts["replaced_by"] == "8/2026/NĐ-CP"
    page = client.get(hit.url).content.decode()
    assert "Hướng dẫn Luật Hộ tịch" in page
    assert "8/2026/NĐ-CP" in page
    assert client.get(reverse("procedures_catalog:legal_document", args=[successor.pk])).status_code == 404
    successor.delete()
    assert entry(named.DOCUMENT).facts["replaced_by"] == ""


def test_a_legal_document_that_ends_is_ended_in_search_on_the_day_after(writer, approver):
    services.publish(written(writer, law="1/2020/NĐ-CP"), approver=approver)
    LegalDocument.objects.filter(number="1/2020/NĐ-CP").update(valid_to=today() + DAY)
    jobs.turn_day()
    assert entry(named.DOCUMENT).facts["state"] == "effective"
    with time_machine.travel(f"{today() + 2 * DAY}T05:00:00+07:00"):
        jobs.turn_day()
    assert entry(named.DOCUMENT).facts["state"] == "ended"


def test_a_decision_is_found_with_its_files_and_what_they_say(writer, approver, client, own_writes):
    decided = decision("1234/QĐ-UBND", title="Công bố thủ tục hộ tịch", issuer="Chủ tịch UBND tỉnh")
    version = written(writer)
    version = services.draft(unsaved(decision=decided), user=writer)
    assert shown(named.DECISION) == []
    services.publish(version, approver=approver)
    assert shown(named.DECISION) == ["1234/QĐ-UBND Công bố thủ tục hộ tịch"]
    file = DecisionFile.objects.create(decision=decided, document=document(samples.docx("Phụ lục quýnh quáng"), "quyet-dinh.docx"))
    files.read_waiting()
    (hit,) = [hit for hit in finder.find("quýnh quáng").hits if hit.kind == "decision"]
    assert "quyet-dinh.docx" in client.get(hit.url).content.decode()
    file.delete()
    assert "quýnh" not in entry(named.DECISION).body
    decided.title = "Công bố thủ tục khác"
    decided.save()
    assert shown(named.DECISION) == ["1234/QĐ-UBND Công bố thủ tục khác"]


# ── All together ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_unit_that_is_called_otherwise_is_so_on_the_lines_of_its_procedures(writer, approver):
    unit = Unit.objects.create(name="Phòng Tư pháp", slug="tu-phap", code="H90.1", level=3)
    version = unsaved()
    version.agencies = [InvolvedAgency(role="competent", unit=unit)]
    services.publish(services.draft(version, user=writer), approver=approver)
    record_change("added", unit, None)
    unit.name = "Phòng Nội vụ"
    unit.save()
    record_change("changed", unit, None, ["name"])
    assert entry("procedure").facts["agency"] == "Phòng Nội vụ"
    field = version.field
    field.name = "Hộ tịch và chứng thực"
    field.save()
    record_change("changed", field, None, ["name"])
    assert entry("procedure").facts["field"] == "Hộ tịch và chứng thực"


def test_reconcile_finds_nothing_to_do_after_all_of_it(writer, approver, own_writes, capsys):
    from_the_first_day()
    first = services.publish(written(writer, law="1/2020/NĐ-CP", docx=document()), approver=approver)
    services.publish(written(writer, law="1/2020/NĐ-CP"), approver=approver)
    services.copy_as_new_version(first, user=writer, decision=decision(), valid_from=today())
    draft(writer)
    in_force(writer, approver)
    files.read_waiting()
    call_command("search_index", "reconcile")
    assert "entries: 0 written, 0 removed" in capsys.readouterr().out


@pytest.mark.parametrize("path", ["mau/0123456789abcdef/", "van-ban/999999/", "quyet-dinh/999999/", "van-ban/99999999999999999999/", "mau/0123/"])
def test_what_no_public_record_names_has_no_page(client, db, path):
    assert client.get(f"/thu-tuc/{path}").status_code == 404
    assert client.get(f"/en/thu-tuc/{path}").status_code == 404
