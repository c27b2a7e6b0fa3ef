"""The back office as an editor meets it: lists, filters, search, the editor, notes, comparison, bulk actions, workflow, checks."""

import pytest
from django.contrib.auth.models import Permission
from django.core import checks
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import ReferenceIndex

from organisation.models import today
from procedures_catalog import services
from procedures_catalog.jobs import rebuild_references
from procedures_catalog.models import PARTS, AskedQuestion, LegalDocument, Procedure, ProcedureVersion, StepRow, VersionNote
from safeguards.models import Event, User
from search.models import Entry

from .making import DAY, decision, draft, form_data, fresh, in_force, person, procedure, unsaved

pytestmark = pytest.mark.django_db
NAMES = "wagtailsnippets_procedures_catalog_procedureversion"


@pytest.fixture
def editor(client):
    user = person("editor", "an")
    client.force_login(user)
    return user


def url(name, *args):
    return reverse(f"{NAMES}:{name}", args=args)


def listed(client, query):
    page = client.get(f"{url('list_results')}?{query}")
    assert page.status_code == 200
    return page.content.decode()


def test_the_list_is_narrowed_by_each_filter(client, editor):
    approver = person("publisher")
    one = draft(editor, sets=None)
    two = in_force(editor, approver, levels=[2], online_level="partial", partial_reason="x")
    three = in_force(editor, approver, valid_from=today() + DAY)
    four = in_force(editor, approver)
    services.close(four, approver=person("publisher"), last_day=today() - DAY)
    codes = {version.procedure.code: version for version in (one, two, three, four)}

    def shown(query):
        page = listed(client, query)
        return [codes[code] for code in codes if code in page]

    assert shown("") == [one, two, three, four]
    assert shown("state=draft") == [one]
    assert shown("state=effective") == [two]
    assert shown("state=upcoming") == [three]
    assert shown("state=abolished") == [four]
    assert shown("state=superseded") == []
    assert shown("level=2") == [two]
    assert shown("online_level=partial") == [two]
    assert shown(f"decision={three.decision_id}") == [three]
    assert shown(f"field={one.field_id}") == [one, two, three, four]
    assert shown("incomplete=on") == [one]
    call_command("catalogue_workflow")
    services.submit(one, user=editor)
    assert shown("waiting=on") == [one]


@pytest.mark.parametrize(
    ("words", "found"),
    [("khai sinh", True), ("khai sính", False), ("dang ky", True), ("ĐĂNG KÝ", True), ("đang ký", False), ("sinh dang", True), ("tử", False)],
)
def test_search_finds_names_with_and_without_tone_marks(client, editor, words, found):
    version = draft(editor)
    assert (version.procedure.code in listed(client, f"q={words}")) is found
    assert version.procedure.code in listed(client, f"q={version.procedure.code}")


def test_strange_words_and_numbers_break_no_list(client, editor):
    draft(editor)
    for query in ("q=%00", "q=%25%5F", "q=" + "a" * 5000, "field=99999999999999999999", "decision=x", "level=x&state=x", "p=99999", "q=%F0%9F%98%80"):
        assert client.get(f"{url('list')}?{query}").status_code in {200, 400, 404}, query


def test_the_list_costs_the_same_with_3_and_30_versions(client, editor):
    counts = []
    for number in (3, 27):
        for _turn in range(number):
            draft(editor)
        client.get(url("list"))
        with CaptureQueriesContext(connection) as queries:
            client.get(url("list"))
        counts.append(len(queries))
    assert counts[0] == counts[1] and counts[0] <= 25, counts


@pytest.mark.accepts("L3")
def test_saving_a_draft_with_eight_parts_of_ten_rows_stays_within_its_queries(client, editor):
    version = unsaved()
    law = [LegalDocument.objects.create(number=f"{number}/2020/NĐ-CP") for number in range(10)]
    rows = {
        "methods": {"channel": "online"}, "steps": {"text": "x"}, "papers": {"name": "x"}, "fees": {"amount": 1, "legal_basis": "x"},
        "forms": {"name": "x"}, "results": {"name": "x"}, "conditions": {"text": "x"}, "legal_bases": {},
        "agencies": {"role": "receiving", "name": "x"},
    }  # fmt: skip
    del rows["conditions"]
    for name, values in rows.items():
        setattr(version, name, [PARTS[name](sort_order=n, **values, **({"document": law[n]} if name == "legal_bases" else {})) for n in range(10)])
    services.draft(version, user=editor)
    data = {**form_data(client, version), "name": "Tên mới"}
    for name in rows:
        for number in range(10):
            data[f"{name}-{number}-ORDER"] = str(10 - number)  # every row moves
    with CaptureQueriesContext(connection) as queries:
        answer = client.post(url("edit", version.pk), data)
    assert answer.status_code == 302 and fresh(version).name == "Tên mới"
    assert len(queries) <= 330, len(queries)
    assert not any("wagtailcore_referenceindex" in query["sql"] and "INSERT" in query["sql"] for query in queries)


def test_references_are_counted_by_a_job(editor):
    version = draft(editor)
    law = version.legal_bases.first().document
    ReferenceIndex.objects.all().delete()
    assert rebuild_references([version.pk]) == 1
    assert ReferenceIndex.get_references_to(law).count() == 1 and ReferenceIndex.get_references_to(version.decision).count() == 1


def test_the_editor_says_what_is_missing_and_where(client, editor):
    version = draft(editor, sets=None)
    page = client.get(url("edit", version.pk)).content.decode()
    assert 'href="#id_sets"' in page and 'data-catalogue-check="' in page
    data = form_data(client, version)
    now = client.post(
        url("completeness", version.pk), {**data, "sets": "1", "methods-0-limit_value": "", "methods-0-limit_unit": ""}
    ).content.decode()
    assert 'href="#id_sets"' not in now and 'href="#id_methods-TOTAL_FORMS"' in now
    assert fresh(version).sets is None, "checking saves nothing"
    assert client.post(url("completeness_new"), {**data, "procedure": ""}).status_code == 200
    assert client.get(url("completeness", version.pk)).status_code == 405


def test_what_is_in_force_is_locked_and_offers_a_copy(client, editor):
    version = in_force(editor, person("publisher"))
    page = client.get(url("edit", version.pk)).content.decode()
    assert reverse("procedures_catalog_backoffice:new_version", args=[version.pk]) in page
    data = {**form_data(client, version), "name": "Tên khác"}
    client.post(url("edit", version.pk), data)
    assert fresh(version).name == version.name and fresh(version).latest_revision_id == version.live_revision_id


def test_a_copy_as_a_new_version_opens_as_a_draft(client, editor):
    version, amending = in_force(editor, person("publisher")), decision("7/QĐ-UBND", effective_on=today() + 5 * DAY)
    answer = client.post(
        reverse("procedures_catalog_backoffice:new_version", args=[version.pk]), {"decision": amending.pk, "change_kind": "amended", "valid_from": ""}
    )
    made = ProcedureVersion.objects.latest("pk")
    assert answer.url == url("edit", made.pk) and made.valid_from == amending.effective_on and made.decision == amending


def test_two_versions_are_compared_row_by_row(client, editor):
    version = in_force(editor, person("publisher"))
    copy = services.copy_as_new_version(
        version, user=editor, valid_from=today(), prepare=lambda made: made.steps.add(StepRow(text="Bước mới", sort_order=9))
    )
    page = client.get(reverse("procedures_catalog_backoffice:compare", args=[copy.pk, version.pk])).content.decode()
    assert "Bước mới" in page and page.count("catalogue-difference__mark") == 1, "unchanged rows are not shown as removed and added"
    other = draft(editor)
    assert client.get(reverse("procedures_catalog_backoffice:compare", args=[copy.pk, other.pk])).status_code == 404


def test_wagtails_history_compare_preview_and_lock_work(client, editor):
    version = draft(editor)
    editing = fresh(version)
    editing.name = "Tên thứ hai"
    editing.save_revision(user=editor)
    for name, args in (("history", ()), ("usage", ()), ("revisions_compare", ("earliest", "latest"))):
        assert client.get(url(name, version.pk, *args)).status_code == 200, name
    assert "Tên thứ hai" in client.get(url("revisions_compare", version.pk, "earliest", "latest")).content.decode()
    address = url("preview_on_edit", version.pk)
    assert client.post(address, {**form_data(client, fresh(version)), "name": "Tên xem trước"}).json() == {"is_valid": True, "is_available": True}
    preview = client.get(address)
    assert preview.status_code == 200 and "Tên xem trước" in preview.content.decode()
    assert "frame-ancestors 'none'" not in preview.headers.get("Content-Security-Policy", "")
    client.force_login(person("publisher"))
    assert client.post(url("lock", version.pk)).status_code == 302
    assert fresh(version).locked


def test_notes_are_a_thread_with_settling(client, editor):
    version = draft(editor)
    address = reverse("procedures_catalog_backoffice:notes", args=[version.pk])
    assert client.post(address, {"text": "Kiểm lại mức phí <b>"}).status_code == 302
    note = VersionNote.objects.get()
    assert note.author == editor and "Kiểm lại mức phí &lt;b&gt;" in client.get(address).content.decode()
    client.post(address, {"settle": str(note.pk)})
    assert VersionNote.objects.get().done
    assert client.post(address, {"text": ""}).status_code == 200
    assert client.post(address, {"settle": "9" * 30}).status_code == 404
    assert "Kiểm lại mức phí" in client.get(url("edit", version.pk)).content.decode()


def test_guidance_is_found_at_once_and_on_record(client, editor):
    version = in_force(editor, person("publisher"))
    of = version.procedure
    address = reverse("wagtailsnippets_procedures_catalog_procedure:edit", args=[of.pk])
    data = {
        "code": of.code, "summary": "Làm giấy khai sinh cho con", "guidance": "", "popularity": "1", "review_on": "", "offers-TOTAL_FORMS": "0",
        "offers-INITIAL_FORMS": "0", "questions-TOTAL_FORMS": "1", "questions-INITIAL_FORMS": "0",
        "questions-0-question": "Có cần giấy kết hôn không?",
        "questions-0-answer": "Không.", "questions-0-id": "", "questions-0-ORDER": "1",
    }  # fmt: skip
    answer = client.post(address, data)
    assert answer.status_code == 302, answer.content.decode()[:500]
    assert AskedQuestion.objects.get().procedure == of
    entry = Entry.objects.get(kind="procedure", object_id=str(of.pk))
    assert "kết hôn" in entry.asked and "Làm giấy" in entry.body
    assert Event.objects.filter(kind="procedures_catalog.guidance_changed", subject_id=str(of.pk), actor=editor).count() == 1


def test_lists_of_everything_around_versions_open_and_search(client, editor):
    in_force(editor, person("publisher"))
    for model in ("procedure", "publicationdecision", "legaldocument", "lifeevent"):
        for address in ("list", "add"):
            assert client.get(reverse(f"wagtailsnippets_procedures_catalog_{model}:{address}")).status_code == 200, (model, address)
    assert "60/2014" in client.get(reverse("wagtailsnippets_procedures_catalog_legaldocument:list_results") + "?q=luat ho tich").content.decode()
    page = client.get(reverse("wagtailsnippets_procedures_catalog_procedure:list_results") + "?q=khai sinh").content.decode()
    assert "Đăng ký khai sinh" in page


@pytest.mark.parametrize("name", ["catalogue_field", "catalogue_unit", "catalogue_legal_document", "catalogue_decision", "catalogue_procedure"])
def test_choosers_are_searched_without_tone_marks(client, editor, name):
    version = draft(editor)
    answer = client.get(reverse(f"{name}:choose"))
    assert answer.status_code == 200
    word = {
        "catalogue_field": "ho tich",
        "catalogue_legal_document": "luat",
        "catalogue_decision": version.decision.number,
        "catalogue_procedure": "khai sinh",
    }
    results = client.get(reverse(f"{name}:choose_results"), {"q": word.get(name, "x")})
    assert results.status_code == 200
    if name in word:
        assert "data-chooser-modal-choice" in results.content.decode()


def test_bulk_submit_and_throwing_away(client, editor):
    call_command("catalogue_workflow")
    call_command("catalogue_workflow")
    one, two, public = draft(editor), draft(editor), in_force(editor, person("publisher"))
    query = f"id={one.pk}&id={two.pk}&id={public.pk}&next={url('list')}"
    client.post(reverse("wagtail_bulk_action", args=["procedures_catalog", "procedureversion", "submit"]) + f"?{query}")
    assert fresh(one).workflow_in_progress and fresh(two).workflow_in_progress
    address = reverse("wagtail_bulk_action", args=["procedures_catalog", "procedureversion", "delete"]) + f"?{query}"
    right = Permission.objects.get(codename="delete_procedureversion")
    for group in editor.groups.all():
        group.permissions.remove(right)
    client.post(address)
    assert ProcedureVersion.objects.count() == 3, "an editor without the right deletes nothing"
    editor.user_permissions.add(right)
    client.force_login(User.objects.get(pk=editor.pk))  # a session ends with the rights that it began with
    client.post(address)
    assert list(ProcedureVersion.objects.all()) == [public]


def test_deleting_one_leads_through_the_service(client, editor):
    version, public = draft(editor), in_force(editor, person("publisher"))
    assert client.post(url("delete", public.pk)).status_code == 302 and fresh(public).live
    client.post(url("delete", version.pk))
    assert not ProcedureVersion.objects.filter(pk=version.pk).exists()
    assert Event.objects.get(kind="procedures_catalog.version_discarded").actor == editor


def test_taking_back_goes_through_the_service(client, editor):
    publisher = person("publisher")
    version, upcoming = in_force(editor, publisher), in_force(editor, publisher, valid_from=today() + DAY)
    client.force_login(publisher)
    client.post(url("unpublish", version.pk))
    client.post(url("unpublish", upcoming.pk))
    assert fresh(version).live and not fresh(upcoming).live


def test_readers_read_and_strangers_stay_out(client, editor):
    version = draft(editor)
    clerk = person("clerk")
    addresses = [
        reverse("procedures_catalog_backoffice:apply_decision"), reverse("procedures_catalog_backoffice:new_version", args=[version.pk]),
        reverse("procedures_catalog_backoffice:notes", args=[version.pk]), url("edit", version.pk), url("add"),
        reverse("procedures_catalog_backoffice:decision", args=[version.decision_id]),
        reverse("procedures_catalog_backoffice:compare", args=[version.pk, version.pk]),
    ]  # fmt: skip
    client.force_login(clerk)
    for address in addresses:
        for method in (client.get, client.post):
            answer = method(address)
            assert answer.status_code in {302, 403, 405} and "next=" not in answer.headers.get("Location", ""), address
    client.logout()
    for address in addresses:
        assert client.get(address).status_code == 302


def test_the_checks_of_the_app_find_what_would_open_a_door(monkeypatch):
    from procedures_catalog.checks import check_catalogue

    assert check_catalogue() == []
    monkeypatch.setattr(StepRow, "wagtail_reference_index_ignore", False)
    monkeypatch.setattr(ProcedureVersion._meta.get_field("live"), "default", True)
    monkeypatch.setattr(ProcedureVersion, "publish", lambda self: None)
    monkeypatch.delitem(PARTS, "fees")
    assert {error.id for error in check_catalogue()} == {f"procedures_catalog.E00{n}" for n in (1, 2, 4, 5)}
    assert all(isinstance(error, checks.Error) for error in check_catalogue())


def test_a_new_record_is_written_from_nothing(client, editor):
    of = procedure()
    assert client.get(f"{url('add')}?procedure={of.pk}").status_code == 200
    source = draft(editor)
    data = form_data(client, source)
    data = {name: value for name, value in data.items() if not name.startswith("loaded_revision")}
    for name in list(data):
        data[name] = "0" if name.endswith("INITIAL_FORMS") else "" if name.endswith("-id") else data[name]
    client.post(url("add"), {**data, "procedure": str(of.pk)})
    made = ProcedureVersion.objects.get(procedure=of)
    assert not made.live and made.steps.count() == 2 and services.wrote(made, editor)
    assert Procedure.objects.count() == 2
