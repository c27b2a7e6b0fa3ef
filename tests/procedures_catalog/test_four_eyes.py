"""A12: who wrote a version cannot publish it, by any way that the back office, Wagtail or a shell has; who did not, can."""

import datetime as dt
import json

import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Revision, TaskState, WorkflowState

from organisation.models import today
from procedures_catalog import services
from procedures_catalog.models import Approval, Contribution, ProcedureVersion
from procedures_catalog.services import drafting, publishing
from safeguards.models import User

from .making import DAY, draft, form_data, fresh, in_force, person, unsaved

pytestmark = [pytest.mark.django_db, pytest.mark.accepts("A12")]
NAMES = "wagtailsnippets_procedures_catalog_procedureversion"


@pytest.fixture
def both():
    """Somebody who holds the right to write and to publish, and is tempted."""
    return person("publisher", "chi")


@pytest.fixture
def approver():
    return person("publisher", "binh")


@pytest.fixture
def workflow():
    call_command("catalogue_workflow")


def url(name, *args):
    return reverse(f"{NAMES}:{name}", args=args)


def post(client, user, address, data=None):
    client.force_login(user)
    return client.post(address, data or {}, follow=True)


def edit(client, user, version, action, **changes):
    version = fresh(version)
    client.force_login(user)
    return client.post(url("edit", version.pk), {**form_data(client, version), **changes, f"action-{action}": "1"}, follow=True)


def test_the_service_refuses_the_writer_and_lets_a_second_person(both, approver):
    version = draft(both)
    with pytest.raises(services.FourEyes):
        services.publish(version, approver=both)
    assert services.publish(version, approver=approver).live


def test_a_superuser_is_no_exception(approver):
    root = User.objects.create_superuser("root")
    version = draft(root)
    with pytest.raises(services.FourEyes):
        services.publish(version, approver=root)
    assert not fresh(version).live


def test_whoever_changed_one_word_is_a_writer_too(both, approver):
    version = draft(person("editor"))
    editing = fresh(version)
    editing.name += "."
    editing.save_revision(user=both)
    with pytest.raises(services.FourEyes):
        services.publish(fresh(version), approver=both)
    assert services.publish(fresh(version), approver=approver).live


def test_publishing_unchanged_what_another_wrote_is_no_writing(client, both):
    version = draft(person("editor"))
    answer = edit(client, both, version, "publish")
    assert fresh(version).live, answer.content.decode()[:2000]
    assert not Contribution.objects.filter(version=version, user=both).exists()


def test_the_edit_view_refuses_the_writer_and_keeps_what_was_typed(client, both):
    version = draft(both)
    answer = edit(client, both, version, "publish", name="Tên vừa gõ")
    assert not fresh(version).live and fresh(version).name != "Tên vừa gõ"
    assert "Tên vừa gõ" in answer.content.decode()
    assert Approval.objects.count() == 0


def test_edit_and_publish_in_one_request_is_refused(client, both):
    version = draft(person("editor"))
    edit(client, both, version, "publish", name="Tên vừa gõ")
    assert not fresh(version).live and not Contribution.objects.filter(version=version, user=both).exists()


def test_the_create_view_publishes_nothing(client, both):
    client.force_login(both)
    version = draft(person("editor"))
    data = {**form_data(client, version), "procedure": str(in_force(person("editor"), person("publisher")).procedure_id), "levels": ["2"]}
    for name in list(data):
        if name.endswith("INITIAL_FORMS"):
            data[name] = "0"
        if name.endswith("-id"):
            data[name] = ""
    before = ProcedureVersion.objects.count()
    client.post(url("add"), {**data, "action-publish": "1"})
    assert ProcedureVersion.objects.count() == before and not ProcedureVersion.objects.filter(levels=[2], live=True).exists()
    client.post(url("add"), data)
    made = ProcedureVersion.objects.latest("pk")
    assert ProcedureVersion.objects.count() == before + 1 and not made.live and services.wrote(made, both)


def test_bulk_publish_leaves_out_what_the_publisher_wrote(client, both):
    own, other, incomplete = draft(both), draft(person("editor")), draft(person("editor"), sets=None)
    address = reverse("wagtail_bulk_action", args=["procedures_catalog", "procedureversion", "publish"])
    query = "&".join(f"id={version.pk}" for version in (own, other, incomplete))
    answer = post(client, both, f"{address}?{query}&next={url('list')}", {"incomplete_reason": ""})
    assert [fresh(version).live for version in (own, other, incomplete)] == [False, True, False]
    assert own.procedure.code in answer.content.decode() and incomplete.procedure.code in answer.content.decode()


def test_bulk_publish_needs_the_right(client):
    version = draft(person("editor"))
    address = reverse("wagtail_bulk_action", args=["procedures_catalog", "procedureversion", "publish"])
    post(client, person("editor"), f"{address}?id={version.pk}&next={url('list')}", {"incomplete_reason": ""})
    assert not fresh(version).live


def test_a_copy_belongs_to_whoever_copied(client, both, approver):
    version = in_force(person("editor"), approver)
    post(client, both, reverse("procedures_catalog_backoffice:new_version", args=[version.pk]), {"change_kind": "amended", "valid_from": ""})
    copy = ProcedureVersion.objects.filter(procedure=version.procedure).latest("pk")
    assert copy.pk != version.pk and not copy.live
    edit(client, both, copy, "publish", valid_from=f"{today() + DAY:%d/%m/%Y}")
    assert not fresh(copy).live
    with pytest.raises(services.FourEyes):
        services.publish(copy, approver=both)


def test_wagtails_own_copy_view_takes_no_post(client, both):
    version = draft(person("editor"))
    client.force_login(both)
    before = fresh(version).name
    answer = client.post(url("copy", version.pk), {**form_data(client, version), "name": "überschrieben"})
    assert answer.status_code == 405 and fresh(version).name == before and ProcedureVersion.objects.count() == 1


def test_reverting_to_an_earlier_revision_is_writing(client, both, approver):
    version = draft(person("editor"))
    first = version.latest_revision
    editing = fresh(version)
    editing.name = "Tên thứ hai"
    editing.save_revision(user=person("editor"))
    client.force_login(both)
    data = {**form_data(client, fresh(version)), "name": first.content["name"], "action-publish": "1"}
    client.post(url("revisions_revert", version.pk, first.pk), data)
    assert not fresh(version).live
    data = {**form_data(client, fresh(version)), "name": first.content["name"]}
    client.post(url("revisions_revert", version.pk, first.pk), data)
    assert services.wrote(version, both)
    with pytest.raises(services.FourEyes):
        first.publish(user=both)


def test_a_schedule_is_approved_by_a_second_person_and_goes_out_as_approved(both, approver):
    version = unsaved()
    version.go_live_at = timezone.now() + dt.timedelta(hours=1)
    services.draft(version, user=both)
    with pytest.raises(services.FourEyes):
        services.publish(version, approver=both)
    assert not Revision.objects.filter(approved_go_live_at__isnull=False).exists()
    services.publish(version, approver=approver)
    with time_machine.travel(timezone.now() + dt.timedelta(hours=2), tick=False):
        assert len(services.publish_scheduled().published) == 1
    assert fresh(version).live


def test_a_schedule_set_past_the_service_publishes_nothing(both):
    version = draft(both)
    Revision.objects.filter(pk=version.latest_revision_id).update(approved_go_live_at=timezone.now() - dt.timedelta(hours=1))
    done = services.publish_scheduled()
    assert done.published == [] and list(done.failed) == [version.latest_revision_id] and not fresh(version).live


def test_a_scheduled_revision_that_was_tampered_with_stays_back(both, approver):
    version = unsaved()
    version.go_live_at = timezone.now() + dt.timedelta(hours=1)
    services.draft(version, user=both)
    services.publish(version, approver=approver)
    revision = Revision.objects.get(pk=version.latest_revision_id)
    with connection.cursor() as cursor:  # the database refuses it, too: see test_guards
        cursor.execute("set constraints all immediate")
        cursor.execute("alter table wagtailcore_revision disable trigger revision_rewritten")
        revision.content = {**revision.content, "name": "Tên bị sửa"}
        revision.save()
        cursor.execute("alter table wagtailcore_revision enable trigger revision_rewritten")
    with time_machine.travel(timezone.now() + dt.timedelta(hours=2), tick=False):
        assert revision.pk in services.publish_scheduled().failed
    assert not fresh(version).live


def test_an_approver_who_wrote_after_approving_stops_the_schedule(both, approver):
    version = unsaved()
    version.go_live_at = timezone.now() + dt.timedelta(hours=1)
    services.draft(version, user=both)
    services.publish(version, approver=approver)
    editing = fresh(version)
    editing.name += "!"
    editing.save_revision(user=approver)
    with time_machine.travel(timezone.now() + dt.timedelta(hours=2), tick=False):
        assert version.latest_revision_id in services.publish_scheduled().failed
    assert not fresh(version).live


def workflow_action(client, user, version, action="approve"):
    state = fresh(version).current_workflow_task_state
    client.force_login(user)
    return client.post(url("workflow_action", version.pk, action, state.pk), {"comment": ""}, follow=True)


def test_in_the_workflow_the_writer_is_not_offered_to_approve_and_cannot(client, both, workflow):
    version = draft(both)
    services.submit(version, user=both)
    assert workflow_action(client, both, version).status_code in {302, 403, 200}
    assert not fresh(version).live and fresh(version).current_workflow_state.status == WorkflowState.STATUS_IN_PROGRESS
    client.force_login(both)
    page = client.get(url("edit", version.pk)).content.decode()
    assert 'data-workflow-action-name="approve"' not in page
    edit(client, both, version, "workflow-action", **{"workflow-action-name": "approve"})
    assert not fresh(version).live


def test_in_the_workflow_a_second_person_approves_and_it_is_public(client, both, approver, workflow):
    version = draft(both)
    services.submit(version, user=both)
    workflow_action(client, approver, version)
    assert fresh(version).live and Approval.objects.get(version=version).approver == approver
    assert TaskState.objects.get().status == "approved"


def test_editing_and_approving_in_one_request_is_refused_and_changes_nothing(client, both, approver, workflow):
    version = draft(both)
    services.submit(version, user=both)
    answer = edit(client, approver, version, "workflow-action", **{"workflow-action-name": "approve", "name": "Tên vừa gõ"})
    assert not fresh(version).live and "Tên vừa gõ" in answer.content.decode()
    assert TaskState.objects.get().status == "in_progress" and not services.wrote(version, approver)


def test_wagtails_api_of_revisions_and_models_leads_through_the_door(both):
    version = draft(both)
    for publish in (
        lambda: version.latest_revision.publish(user=both, skip_permission_checks=True),
        lambda: version.publish(version.latest_revision, user=both, skip_permission_checks=True),
        lambda: version.latest_revision.publish(),
    ):
        with pytest.raises(services.FourEyes):
            publish()
    assert not fresh(version).live


@pytest.mark.parametrize("field", [{"live": True}, {"live": True, "first_published_at": timezone.now()}])
def test_a_shell_cannot_save_update_or_create_a_public_version(both, field):
    version = draft(both)
    for name, value in field.items():
        setattr(version, name, value)
    version.live_revision = version.latest_revision
    acts = [
        version.save,
        lambda: ProcedureVersion.objects.filter(pk=version.pk).update(live_revision=version.latest_revision, **field),
        lambda: ProcedureVersion.objects.create(procedure=version.procedure, name="x", levels=[4], valid_from=today(), **field),
    ]
    for act in acts:
        with pytest.raises(IntegrityError), transaction.atomic():
            act()
    assert not ProcedureVersion.objects.filter(live=True).exists()


def test_versions_cannot_be_translated_or_aliased(client, both):
    """No locale, no alias: the two ways on which Wagtail copies live content do not exist for versions."""
    from wagtail.models import TranslatableMixin
    from wagtail.snippets.models import get_snippet_models

    assert ProcedureVersion in get_snippet_models() and not issubclass(ProcedureVersion, TranslatableMixin)
    assert not any(field.name in {"alias_of", "translation_key", "locale"} for field in ProcedureVersion._meta.get_fields())
    version = draft(both)
    client.force_login(both)
    answer = client.get(f"/admin/translation/submit/snippet/procedures_catalog/procedureversion/{version.pk}/")
    assert answer.status_code in {302, 403, 404} and ProcedureVersion.objects.count() == 1


def test_no_api_writes_versions(client, both):
    version = draft(both)
    client.force_login(both)
    for address in ("/api/v1/procedures", f"/api/v1/procedures/{version.procedure.code}", "/admin/api/main/pages/"):
        for method in ("post", "put", "patch", "delete"):
            answer = getattr(client, method)(address, json.dumps({"live": True}), content_type="application/json")
            assert answer.status_code in {403, 404, 405}, (address, method)
    assert not fresh(version).live


def test_the_autosave_never_overwrites_what_was_approved(client, approver):
    editor = person("editor")
    version = in_force(editor, approver, valid_from=today() + DAY)
    live = version.live_revision_id
    client.force_login(editor)
    data = {**form_data(client, fresh(version)), "name": "Tên vừa gõ", "overwrite_revision_id": str(live)}
    client.post(url("edit", version.pk), data, headers={"accept": "application/json"})
    assert Revision.objects.get(pk=live).content["name"] == version.name and fresh(version).name == version.name


def test_purging_revisions_forgets_no_author(both, approver):
    version = in_force(both, approver)
    call_command("purge_revisions")
    assert Contribution.objects.filter(version=version).count() == 1 and version.live_revision_id
    assert Revision.objects.filter(pk=version.live_revision_id).exists()


def test_the_check_in_the_service_matters_and_the_database_stands_behind_it(both, monkeypatch):
    """Negative control: without the service's check the trigger still refuses; without both the writer would publish."""
    version = draft(both)
    for module in (drafting, publishing):
        monkeypatch.setattr(module, "wrote", lambda *args: False)
    with pytest.raises(IntegrityError), transaction.atomic():
        services.publish(version, approver=both)
    assert not fresh(version).live
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("alter table procedures_catalog_approval disable trigger approved")
        cursor.execute("alter table procedures_catalog_procedureversion disable trigger version_updated")
    services.publish(version, approver=both)
    assert fresh(version).live
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("alter table procedures_catalog_approval enable trigger approved")
        cursor.execute("alter table procedures_catalog_procedureversion enable trigger version_updated")


def test_a_publisher_without_standing_is_refused(both):
    version = draft(person("editor"))
    both.is_active = False
    both.save()
    with pytest.raises(services.NotPermitted):
        services.publish(version, approver=both)
    with pytest.raises(services.NotPermitted):
        services.publish(version, approver=person("editor"))
