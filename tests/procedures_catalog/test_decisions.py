"""One decision and all that it changes; one decision applied to twenty procedures from one screen."""

import pytest
from django.core.management import call_command
from django.urls import reverse

from organisation.models import today
from procedures_catalog import services
from procedures_catalog.enums import ChangeKind, EndKind, State
from procedures_catalog.forms import read_codes
from procedures_catalog.models import LegalDocument, Procedure, ProcedureVersion
from safeguards.models import Event
from tests.remembered import remembered

from .making import DAY, decision, draft, fresh, in_force, person

pytestmark = pytest.mark.django_db
APPLY = "/admin/catalogue/decisions/apply/"


@remembered
def office(versions: int) -> dict:
    """Two who write and approve, and so many versions in force that they made."""
    editor, approver = person("editor", "an"), person("publisher", "binh")
    return {"editor": editor, "approver": approver, "versions": [in_force(editor, approver) for _number in range(versions)]}


@pytest.fixture
def at_work(db, request):
    return office(20 if "twenty" in request.fixturenames else 0)


@pytest.fixture
def editor(client, at_work):
    client.force_login(at_work["editor"])
    return at_work["editor"]


@pytest.fixture
def approver(at_work):
    return at_work["approver"]


@pytest.fixture
def twenty(at_work):
    return at_work["versions"]


def apply(client, amending, versions, **fields):
    data = {"decision": amending.pk, "kind": "amended", "valid_from": "", "pick": [version.procedure_id for version in versions], **fields}
    return client.post(APPLY, data, follow=True)


def test_twenty_procedures_get_their_drafts_at_once_and_go_to_approval_together(client, editor, approver, twenty):
    call_command("catalogue_workflow")
    amending = decision("88/QĐ-UBND", effective_on=today() + 3 * DAY)
    old = twenty[0].legal_bases.first().document
    new = LegalDocument.objects.create(number="99/2026/NĐ-CP")
    answer = apply(
        client,
        amending,
        twenty,
        online_level="partial",
        partial_reason_kind="presence",
        add_legal_basis=new.pk,
        replace_legal_basis=old.pk,
        submit="on",
    )
    drafts = list(ProcedureVersion.objects.filter(decision=amending))
    assert len(drafts) == 20 and "20" in answer.content.decode()
    for made in drafts:
        assert made.state == State.DRAFT and made.workflow_in_progress and made.valid_from == amending.effective_on
        assert (made.online_level, made.partial_reason_kind, made.change_kind) == ("partial", "presence", ChangeKind.AMENDED)
        assert [row.document for row in made.legal_bases.all()] == [new] and made.steps.count() == 2
    event = Event.objects.get(kind="procedures_catalog.decision_applied")
    assert event.actor == editor and len(event.payload["drafts"]) == 20
    for made in drafts[:2]:
        services.publish(made, approver=approver)
    assert fresh(twenty[0]).end_decision == amending


def test_one_that_cannot_be_drafted_stops_all_and_is_named(client, editor, twenty):
    amending = decision(effective_on=today() + DAY)
    never = draft(editor)
    answer = apply(client, amending, [*twenty[:3], never])
    page = answer.content.decode()
    assert not ProcedureVersion.objects.filter(decision=amending).exists()
    assert never.procedure.code in page and f'value="{twenty[0].procedure_id}" checked' in page, "what was picked stays picked"
    assert not Event.objects.filter(kind="procedures_catalog.decision_applied").exists()


def test_applying_twice_makes_no_second_draft(client, editor, twenty):
    amending = decision(effective_on=today() + DAY)
    apply(client, amending, twenty[:2])
    apply(client, amending, twenty[:2])
    assert ProcedureVersion.objects.filter(decision=amending).count() == 2


def test_an_abolition_of_several_takes_effect_when_approved(client, editor, approver, twenty):
    ending = decision(effective_on=today())
    apply(client, ending, twenty[:2], kind="abolished")
    for made in ProcedureVersion.objects.filter(decision=ending):
        assert made.change_kind == ChangeKind.ABOLISHED
        services.publish(made, approver=approver)
    assert [fresh(version).state for version in twenty[:3]] == [State.ABOLISHED, State.ABOLISHED, State.EFFECTIVE]
    assert fresh(twenty[0]).end_kind == EndKind.ABOLISHED


def test_two_procedures_are_replaced_by_two_new_codes(client, editor, approver, twenty):
    replacing = decision(effective_on=today())
    apply(client, replacing, twenty[:2], kind="replaced", replaced_by="3.000001, 3.000002")
    drafts = ProcedureVersion.objects.filter(decision=replacing)
    assert sorted(made.procedure.code for made in drafts) == ["3.000001", "3.000002"]
    for made in drafts:
        services.publish(made, approver=approver)
    for version in twenty[:2]:
        assert fresh(version).end_kind == EndKind.REPLACED
        assert sorted(version.procedure.replaced_by.values_list("code", flat=True)) == ["3.000001", "3.000002"]


def test_a_replacement_that_fails_leaves_no_new_code_behind(client, editor, twenty):
    replacing = decision(effective_on=today())
    never = draft(editor)
    apply(client, replacing, [twenty[0], never], kind="replaced", replaced_by="3.000009")
    assert not Procedure.objects.filter(code="3.000009").exists() and not ProcedureVersion.objects.filter(decision=replacing).exists()


def test_codes_are_read_as_decisions_print_them(client, editor, twenty):
    assert read_codes("1.004873; 2.000908.000.00.00.H61\n(2.000635), 1.004873") == (["1.004873", "2.000908", "2.000635"], [])
    assert read_codes("2.000908.00 0.00.00.H61") == ([], ["2.000908.00", "0.00.00.H61"]) or read_codes("2.000908.000.\n00.00.H61")[0] == ["2.000908"]
    assert read_codes("abc 1.0") == ([], ["abc", "1.0"])
    amending = decision(effective_on=today() + DAY)
    apply(client, amending, [], codes=f"{twenty[0].procedure.code}.000.00.00.H61 {twenty[1].procedure.code}")
    assert ProcedureVersion.objects.filter(decision=amending).count() == 2
    page = apply(client, decision(effective_on=today()), [], codes="9.999999").content.decode()
    assert "9.999999" in page


def test_a_decision_without_a_day_asks_for_it(client, editor, twenty):
    amending = decision()
    apply(client, amending, twenty[:1])
    assert not ProcedureVersion.objects.filter(decision=amending).exists()
    apply(client, amending, twenty[:1], valid_from=f"{today() + DAY:%d/%m/%Y}")
    assert ProcedureVersion.objects.get(decision=amending).valid_from == today() + DAY


def test_searching_keeps_what_was_entered(client, editor, twenty):
    amending = decision(effective_on=today())
    page = apply(client, amending, twenty[:1], q="khai sinh", search="1", receiving_address="Số 5").content.decode()
    assert f'value="{twenty[0].procedure_id}" checked' in page and "Số 5" in page and twenty[5].procedure.code in page
    assert not ProcedureVersion.objects.filter(decision=amending).exists()
    page = apply(client, amending, twenty[:1], q="không có", search="1").content.decode()
    assert f'value="{twenty[0].procedure_id}" checked' in page, "what was picked stays, found or not"


def test_the_page_of_a_decision_shows_old_and_new_what_ends_and_what_is_late(client, editor, approver, twenty):
    amending = decision("55/QĐ-BTP", effective_on=today() + 2 * DAY, signed_on=today() - 60 * DAY, issuer_level="ministry")
    apply(client, amending, twenty[:2])
    made = ProcedureVersion.objects.filter(decision=amending).first()
    editing = made.get_latest_revision_as_object()
    editing.name = "Đăng ký khai sinh lưu động"
    editing.save()
    editing.save_revision(user=editor)
    services.abolish(twenty[5], user=editor, decision=amending, valid_from=today() + 2 * DAY)
    page = client.get(reverse("procedures_catalog_backoffice:decision", args=[amending.pk])).content.decode()
    assert "<ins> lưu động</ins>" in page and twenty[5].procedure.code in page
    assert "catalogue-late" in page, "ten working days have passed"
    assert client.get(reverse("procedures_catalog_backoffice:decision", args=[amending.pk]) + "?from=999999999999999999").status_code == 200
    assert client.get(reverse("procedures_catalog_backoffice:decision", args=[10**9])).status_code == 404


def test_the_page_of_a_decision_costs_the_same_for_2_and_20_versions(client, editor, twenty, django_assert_max_num_queries):
    amending = decision(effective_on=today() + DAY)
    apply(client, amending, twenty)
    address = reverse("procedures_catalog_backoffice:decision", args=[amending.pk])
    client.get(address)
    with django_assert_max_num_queries(60):
        client.get(address)


def test_all_drafts_of_a_decision_are_handed_in_with_one_button(client, editor, twenty):
    call_command("catalogue_workflow")
    amending = decision(effective_on=today() + DAY)
    apply(client, amending, twenty[:3])
    client.post(reverse("procedures_catalog_backoffice:submit_decision", args=[amending.pk]))
    assert all(made.workflow_in_progress for made in ProcedureVersion.objects.filter(decision=amending))
    assert client.get(reverse("procedures_catalog_backoffice:submit_decision", args=[amending.pk])).status_code == 405
