"""The database's own rules over versions, asked directly: they hold whatever code writes. Each is seen to fail with its trigger off."""

from contextlib import contextmanager

import pytest
from django.db import IntegrityError, connection, transaction

from organisation.models import today
from procedures_catalog import services
from procedures_catalog.models import PARTS, Approval, Contribution, Procedure, ProcedureVersion, StepRow

from .making import DAY, decision, draft, fresh, in_force, person

pytestmark = [pytest.mark.django_db, pytest.mark.accepts("A12")]
VERSION = "procedures_catalog_procedureversion"


@pytest.fixture
def writer():
    return person("editor")


@pytest.fixture
def approver():
    return person("publisher")


@contextmanager
def trigger_off(table, name):
    """Without one of the guards, to see that it is the one that holds."""
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute(f"alter table {table} disable trigger {name}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute(f"alter table {table} enable trigger {name}")


def refused(rule, act):
    """The database refuses, by this rule, and nothing has changed."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        act()
    assert caught.value.__cause__.diag.constraint_name == rule


def make_live(version):
    ProcedureVersion.objects.filter(pk=version.pk).update(live=True, live_revision=version.latest_revision)


def test_nothing_turns_live_without_an_approval(writer):
    version = draft(writer)
    refused("version_four_eyes", lambda: make_live(version))
    with trigger_off(VERSION, "version_updated"):
        make_live(version)
    assert fresh(version).live


def test_save_and_create_cannot_make_a_version_live(writer):
    version = draft(writer)
    version.live = True

    refused("version_four_eyes", version.save)
    values = {"procedure": version.procedure, "name": "x", "levels": [4], "valid_from": today() + 900 * DAY, "live": True}
    refused("version_four_eyes", lambda: ProcedureVersion.objects.create(**values))
    with trigger_off(VERSION, "version_inserted"):
        assert ProcedureVersion.objects.create(**values).live


def test_an_approval_of_another_revision_does_not_count(writer, approver):
    version = draft(writer)
    Approval.objects.create(version=version, revision=version.latest_revision, approver=approver, digest="x")
    version.name = "Tên khác"
    revision = version.save_revision(user=writer)
    refused("version_four_eyes", lambda: ProcedureVersion.objects.filter(pk=version.pk).update(live=True, live_revision=revision))


def test_a_writer_cannot_approve_and_an_approver_who_then_writes_cannot_publish(writer, approver):
    version = draft(writer)
    approval = {"version": version, "revision": version.latest_revision, "digest": "x"}
    refused("version_four_eyes", lambda: Approval.objects.create(approver=writer, **approval))
    with trigger_off("procedures_catalog_approval", "approved"):
        Approval.objects.create(approver=writer, **approval)
    refused("version_four_eyes", lambda: make_live(version))
    second = draft(writer)
    Approval.objects.create(version=second, revision=second.latest_revision, approver=approver, digest="x")
    Contribution.objects.create(version=second, user=approver, revision=second.latest_revision, digest="y")
    refused("version_four_eyes", lambda: make_live(second))


def test_a_version_whose_writer_is_unknown_is_not_public(approver):
    version = draft(person("editor"))
    orphan = ProcedureVersion.objects.create(procedure=version.procedure, name="x", levels=[2], valid_from=today())
    revision = orphan.save_revision(user=None)
    Approval.objects.create(version=orphan, revision=revision, approver=approver, digest="x")
    refused("version_four_eyes", lambda: make_live(orphan))


def test_the_content_of_a_public_version_does_not_change(writer, approver):
    for version in (in_force(writer, approver), in_force(writer, approver, valid_from=today() + DAY)):
        rows = ProcedureVersion.objects.filter(pk=version.pk)
        for change in ({"name": "x"}, {"valid_from": today() - 400 * DAY}, {"levels": [2]}, {"decision": None}, {"incomplete_reason": "x"}):
            refused("version_in_force", lambda rows=rows, change=change: rows.update(**change))
        rows.update(valid_to=today() + 9 * DAY, end_kind="superseded", end_decision=decision("x" + str(version.pk)))
        rows.update(locked=True, missing=["fees"], content_digest="0" * 64)
    with trigger_off(VERSION, "version_updated"):
        rows.update(name="x")
    assert fresh(version).name == "x"


def test_what_is_in_force_is_not_taken_back_and_what_is_not_yet_can_be(writer, approver):
    version, upcoming = in_force(writer, approver), in_force(writer, approver, valid_from=today() + DAY)
    refused("version_in_force", lambda: ProcedureVersion.objects.filter(pk=version.pk).update(live=False))
    ProcedureVersion.objects.filter(pk=upcoming.pk).update(live=False, live_revision=None)
    assert not fresh(upcoming).live


def test_the_revision_shown_is_not_exchanged(writer, approver):
    version = in_force(writer, approver)
    other = version.save_revision(user=writer)
    refused("version_four_eyes", lambda: ProcedureVersion.objects.filter(pk=version.pk).update(live_revision=other))


@pytest.mark.parametrize("name", list(PARTS))
def test_no_row_of_a_part_of_a_public_version_is_added_changed_moved_or_removed(name, writer, approver):
    version, other = in_force(writer, approver), draft(writer)
    model = PARTS[name]
    table = model._meta.db_table
    source = {"legal_bases": {"document": version.legal_bases.first().document}, "process": {"hours": 1}}.get(name, {})
    with trigger_off(table, "part_inserted"):
        row = model.objects.create(version=version, **source, **({"name": "x"} if name == "agencies" else {}))
    refused("version_in_force", lambda: model.objects.create(version=version, **source, **({"name": "x"} if name == "agencies" else {})))
    refused("version_in_force", lambda: model.objects.filter(pk=row.pk).update(sort_order=9))
    refused("version_in_force", lambda: model.objects.filter(pk=row.pk).update(version=other))
    refused("version_in_force", lambda: model.objects.filter(pk=row.pk).delete())
    mine = model.objects.create(version=other, **source, **({"name": "x"} if name == "agencies" else {}))
    refused("version_in_force", lambda: model.objects.filter(pk=mine.pk).update(version=version))


def test_a_version_keeps_its_key_and_what_was_public_stays(writer, approver):
    version = draft(writer)
    refused("version_key", lambda: ProcedureVersion.objects.filter(pk=version.pk).update(id=version.pk + 1_000_000))
    public = in_force(writer, approver)

    def delete():
        with connection.cursor() as cursor:
            for table in ("contribution", "approval"):
                cursor.execute(f"delete from procedures_catalog_{table} where version_id = %s", [public.pk])
            cursor.execute("delete from procedures_catalog_procedureversion where id = %s", [public.pk])

    with pytest.raises(IntegrityError), transaction.atomic():
        delete()
    assert ProcedureVersion.objects.filter(pk=public.pk).exists()


def test_the_record_of_who_wrote_and_approved_is_only_added_to(writer, approver):
    version = in_force(writer, approver)
    for model in (Contribution, Approval):
        rows = model.objects.filter(version=version)
        refused("record_append_only", lambda rows=rows: rows.update(digest="0" * 64))

        def delete(rows=rows):
            rows.delete()
            with connection.cursor() as cursor:
                cursor.execute("set constraints all immediate")

        refused("record_append_only", delete)


def test_an_approved_revision_is_not_rewritten(writer, approver):
    version = draft(writer)
    services.publish(version, approver=approver)
    revision = version.latest_revision
    revision.content = {**revision.content, "name": "x"}
    refused("revision_approved", lambda: revision.save(update_fields=["content"]))
    with trigger_off("wagtailcore_revision", "revision_rewritten"):
        revision.save(update_fields=["content"])


def test_thousands_of_rows_cost_a_check_each_statement(writer, approver, django_assert_num_queries):
    """Statement-level: one UPDATE over many versions fires the check once, and it lets an honest import through."""
    version = draft(writer)
    procedures = Procedure.objects.bulk_create([Procedure(code=f"8.{number:06d}") for number in range(200)])
    versions = ProcedureVersion.objects.bulk_create(
        [ProcedureVersion(procedure=item, name="x", levels=[4], valid_from=today(), latest_revision=version.latest_revision) for item in procedures]
    )
    StepRow.objects.bulk_create([StepRow(version=item, text="x") for item in versions])
    Contribution.objects.bulk_create([Contribution(version=item, user=writer, digest="x") for item in versions])
    with pytest.raises(IntegrityError), transaction.atomic():
        ProcedureVersion.objects.filter(pk__in=[item.pk for item in versions]).update(live=True)
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_trigger where tgname like 'version_updated' and (tgtype & 1) = 0")
        assert cursor.fetchone() == (1,)
