"""The life of a version: draft, published, in force, superseded, abolished, replaced, taken back."""

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone
from wagtail.models import Revision

from organisation.models import today
from procedures_catalog import jobs, services
from procedures_catalog.enums import ChangeKind, EndKind, State
from procedures_catalog.models import Contribution, ProcedureVersion
from procedures_catalog.search_sources import reindex
from safeguards.models import Event
from search.models import Entry

from .factories import VersionFactory
from .making import DAY, decision, draft, fresh, in_force, person, procedure, unsaved

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer():
    return person("editor", "an")


@pytest.fixture
def approver():
    return person("publisher", "binh")


def kinds(version):
    return list(Event.objects.filter(subject_type="procedures_catalog.procedureversion", subject_id=str(version.pk)).values_list("kind", flat=True))


def test_a_version_begins_as_a_draft_that_nobody_finds(writer):
    version = draft(writer)
    assert fresh(version).state == State.DRAFT
    assert not Entry.objects.filter(kind="procedure", object_id=str(version.procedure_id)).exists()
    assert Contribution.objects.get(version=version).user == writer


def test_publishing_makes_it_public_findable_and_recorded_at_once(writer, approver):
    version = draft(writer)
    with transaction.atomic():
        services.publish(version, approver=approver)
        published = fresh(version)
        assert published.state == State.EFFECTIVE and published.missing == [] and len(published.content_digest) == 64
        assert Entry.objects.get(kind="procedure", object_id=str(version.procedure_id)).code == version.procedure.code
    assert kinds(version) == ["procedures_catalog.version_drafted", "procedures_catalog.version_published"]
    assert published.live_revision == version.latest_revision
    assert published.steps.count() == 2


def test_a_failure_leaves_neither_version_nor_event_nor_entry(writer, approver, monkeypatch):
    version = draft(writer)

    def broken(ids, before):
        raise RuntimeError("search is down")

    monkeypatch.setattr("procedures_catalog.search_sources.reindex", broken)
    with pytest.raises(RuntimeError), transaction.atomic():
        services.publish(version, approver=approver)
    assert fresh(version).state == State.DRAFT
    assert kinds(version) == ["procedures_catalog.version_drafted"]
    assert version.approvals.count() == 0


def test_a_successor_ends_its_predecessor_on_the_day_before(writer, approver):
    old = in_force(writer, approver)
    amending = decision()
    new = services.copy_as_new_version(old, user=writer, decision=amending, valid_from=today() + 10 * DAY)
    services.publish(new, approver=approver)
    old, new = fresh(old), fresh(new)
    assert (old.valid_to, old.end_kind, old.end_decision) == (today() + 9 * DAY, EndKind.SUPERSEDED, amending)
    assert old.state == State.EFFECTIVE and new.state == State.UPCOMING
    assert old.state_on(today() + 10 * DAY) == State.SUPERSEDED and new.state_on(today() + 10 * DAY) == State.EFFECTIVE
    assert list(ProcedureVersion.objects.in_force_on(today() + 9 * DAY)) == [old]
    assert list(ProcedureVersion.objects.in_force_on(today() + 10 * DAY)) == [new]
    assert "procedures_catalog.version_closed" in kinds(old)


def test_a_version_between_two_ends_before_the_later_one(writer, approver):
    of = procedure()
    first = in_force(writer, approver, of, valid_from=today() - 100 * DAY)
    last = in_force(writer, approver, of, valid_from=today() + 50 * DAY)
    between = in_force(writer, approver, of, valid_from=today() + 20 * DAY)
    assert fresh(first).valid_to == today() + 19 * DAY
    assert fresh(between).valid_to == today() + 49 * DAY
    assert fresh(last).valid_to is None


def test_two_versions_cannot_begin_on_the_same_day(writer, approver):
    of = procedure()
    in_force(writer, approver, of)
    second = draft(writer, of)
    with pytest.raises(services.Overlap):
        services.publish(second, approver=approver)
    assert fresh(second).state == State.DRAFT


def test_a_successor_for_fewer_levels_is_refused_before_it_leaves_one_without_record(writer, approver):
    of = procedure()
    in_force(writer, approver, of, levels=[2, 4])
    with pytest.raises(services.LevelsNotCovered, match=r"1\.\d{6}"):
        in_force(writer, approver, of, levels=[4], valid_from=today())


def test_versions_at_different_levels_live_side_by_side(writer, approver):
    of = procedure()
    province, ward = in_force(writer, approver, of, levels=[2]), in_force(writer, approver, of, levels=[4])
    assert fresh(province).valid_to is None and fresh(ward).valid_to is None


def test_an_abolition_is_a_draft_until_a_second_person_publishes_it(writer, approver):
    version = in_force(writer, approver)
    ending = decision("99/QĐ-UBND")
    abolition = services.abolish(version, user=writer, decision=ending, valid_from=today())
    assert fresh(version).state == State.EFFECTIVE
    with pytest.raises(services.NotPermitted):
        services.publish(abolition, approver=writer)
    services.publish(abolition, approver=approver)
    assert (fresh(version).state, fresh(version).end_kind, fresh(version).end_decision) == (State.ABOLISHED, EndKind.ABOLISHED, ending)
    assert fresh(abolition).state == State.ABOLISHED
    assert not ProcedureVersion.objects.in_force().filter(procedure=version.procedure).exists()
    assert list(ProcedureVersion.objects.covering(today()).filter(procedure=version.procedure)) == [abolition]
    assert Entry.objects.get(kind="procedure", object_id=str(version.procedure_id)).facts["state"] == "ended"


def test_replacement_ends_n_procedures_and_links_them_to_the_new_ones(writer, approver):
    first, second = in_force(writer, approver), in_force(writer, approver)
    third = draft(writer, valid_from=today(), change_kind=ChangeKind.REPLACED, replaces=[first.procedure.code, second.procedure.code])
    fourth = draft(writer, valid_from=today(), change_kind=ChangeKind.REPLACED, replaces=[first.procedure.code])
    services.publish(third, approver=approver)
    services.publish(fourth, approver=approver)
    for old in (first, second):
        assert (fresh(old).end_kind, fresh(old).valid_to) == (EndKind.REPLACED, today() - DAY)
    assert set(first.procedure.replaced_by.all()) == {third.procedure, fourth.procedure}
    assert set(second.procedure.replaced_by.all()) == {third.procedure}


def test_replacing_an_unknown_code_changes_nothing(writer, approver):
    version = draft(writer, change_kind=ChangeKind.REPLACED, replaces=["9.999999"])
    with pytest.raises(services.CatalogueError, match=r"9\.999999"):
        services.publish(version, approver=approver)
    assert fresh(version).state == State.DRAFT


def test_what_is_not_yet_in_force_can_be_taken_back_and_what_it_ended_goes_on(writer, approver):
    old = in_force(writer, approver)
    replaced = in_force(writer, approver)
    new = draft(
        writer, old.procedure, valid_from=today() + 5 * DAY, change_kind=ChangeKind.REPLACED, replaces=[replaced.procedure.code]
    )  # fmt: skip
    services.publish(new, approver=approver)
    assert fresh(old).valid_to and fresh(replaced).valid_to
    services.withdraw(fresh(new), approver=approver)
    assert (fresh(old).valid_to, fresh(old).end_kind, fresh(old).end_decision) == (None, "", None)
    assert (fresh(replaced).valid_to, fresh(replaced).end_kind) == (None, "")
    assert fresh(new).state == State.DRAFT and not replaced.procedure.replaced_by.exists()


def test_what_is_in_force_is_not_taken_back(writer, approver):
    version = in_force(writer, approver)
    with pytest.raises(services.AlreadyInForce):
        services.withdraw(version, approver=approver)


def test_an_upcoming_version_can_be_corrected_and_its_predecessor_follows(writer, approver):
    old = in_force(writer, approver)
    new = services.copy_as_new_version(old, user=writer, decision=decision(), valid_from=today() + 10 * DAY)
    services.publish(new, approver=approver)
    editing = fresh(new).get_latest_revision_as_object()
    editing.valid_from = today() + 20 * DAY
    editing.steps.add(*unsaved(old.procedure).steps.all()[:1])
    editing.save_revision(user=writer)
    assert fresh(new).valid_from == today() + 10 * DAY
    services.publish(fresh(new), approver=approver)
    assert fresh(new).valid_from == today() + 20 * DAY and fresh(old).valid_to == today() + 19 * DAY
    assert fresh(new).steps.count() == 3


def test_what_began_is_not_published_again(writer, approver):
    version = in_force(writer, approver)
    with pytest.raises(services.AlreadyInForce):
        services.publish(version, approver=approver)


def test_a_copy_has_all_parts_and_no_approval_of_the_original(writer, approver):
    version = in_force(writer, approver)
    other = person("editor")
    copy = services.copy_as_new_version(version, user=other, decision=decision(), valid_from=today())
    copied = fresh(copy)
    assert not copied.live and copied.live_revision is None and copied.valid_to is None
    assert [row.text for row in copied.steps.all()] == [row.text for row in version.steps.all()]
    assert copied.approvals.count() == 0 and [row.user for row in copied.contributions.all()] == [other]
    assert services.digest_of(copied) != services.digest_of(version)


def test_a_draft_can_be_thrown_away_and_what_was_public_cannot(writer, approver):
    version = draft(writer)
    key = version.pk
    version.delete()
    assert not ProcedureVersion.objects.filter(pk=key).exists() and not Contribution.objects.filter(version_id=key).exists()
    assert not Revision.objects.filter(object_id=str(key), content_type__model="procedureversion").exists()
    assert Event.objects.filter(kind="procedures_catalog.version_discarded", subject_id=str(key)).exists()
    public = in_force(writer, approver)
    with pytest.raises(services.CatalogueError):
        public.delete()
    upcoming = in_force(writer, approver, valid_from=today() + DAY)
    services.withdraw(upcoming, approver=approver)
    with pytest.raises(services.CatalogueError):
        fresh(upcoming).delete()


def test_a_broken_row_of_a_part_is_named_before_publishing(writer, approver):
    version = unsaved()
    version.fees = [*version.fees.all(), type(version.fees.all()[0])(amount=-5, legal_basis="x")]
    services.draft(version, user=writer)
    with pytest.raises(services.InvalidVersion, match="2"):
        services.publish(version, approver=approver)


def test_a_schedule_publishes_when_its_time_has_come(writer, approver):
    version = unsaved()
    version.go_live_at = timezone.now().replace(microsecond=0) + dt.timedelta(hours=2)
    services.draft(version, user=writer)
    services.publish(version, approver=approver)
    assert not fresh(version).live and version.latest_revision.approved_go_live_at is None
    assert Revision.objects.get(pk=version.latest_revision_id).approved_go_live_at == version.go_live_at
    assert services.publish_scheduled().published == []
    with time_machine.travel(timezone.now() + dt.timedelta(hours=3), tick=False):
        assert services.publish_scheduled().published == [version.latest_revision_id]
        assert services.publish_scheduled().published == []
    assert fresh(version).live
    assert Event.objects.filter(kind="procedures_catalog.version_published").latest("id").actor == approver


def test_one_schedule_that_fails_stops_no_other(writer, approver):
    of, soon = procedure(), timezone.now() + dt.timedelta(hours=1)
    versions = []
    for target in (of, of, None):  # the second begins on the same day as the first
        version = unsaved(target)
        version.go_live_at = soon
        services.draft(version, user=writer)
        services.publish(version, approver=approver)
        versions.append(version)
    with time_machine.travel(timezone.now() + dt.timedelta(hours=2), tick=False):
        done = services.publish_scheduled()
        assert done.published == [versions[0].latest_revision_id, versions[2].latest_revision_id]
        assert list(done.failed) == [versions[1].latest_revision_id]
    assert [fresh(version).live for version in versions] == [True, False, True]
    assert Revision.objects.get(pk=versions[1].latest_revision_id).approved_go_live_at


def test_at_midnight_in_vietnam_search_follows_what_took_effect_and_what_ended(writer, approver):
    old = in_force(writer, approver)
    new = services.copy_as_new_version(old, user=writer, decision=decision(), valid_from=today() + DAY, changes={"name": "Tên mới"})
    services.publish(new, approver=approver)
    jobs.turn_day()
    entry = Entry.objects.get(kind="procedure", object_id=str(old.procedure_id))
    assert entry.title == old.name
    # 17:30 in London is half past midnight of the next day in Vietnam
    midnight = dt.datetime.combine(today() + DAY, dt.time(0, 30), tzinfo=timezone.get_default_timezone())
    with time_machine.travel(midnight - dt.timedelta(hours=1), tick=False):
        assert jobs.turn_day() == 0
    with time_machine.travel(midnight, tick=False):
        assert jobs.turn_day() == 1
        entry.refresh_from_db()
        assert entry.title == "Tên mới"
        assert jobs.turn_day() == 0
    with time_machine.travel(midnight + 30 * DAY, tick=False):
        assert jobs.turn_day() == 0, "a month without a worker is made up for in one run"


def test_at_midnight_in_vietnam_search_tells_the_fee_that_begins_that_day():
    fees = [
        {"kind": "fee", "amount": 10000, "valid_to": today() + 4 * DAY},
        {"kind": "fee", "amount": 25000, "valid_from": today() + 5 * DAY, "valid_to": today() + 8 * DAY},
    ]
    version = VersionFactory(parts={"fees": fees})
    reindex([version.procedure_id])
    jobs.turn_day()

    def told() -> str:
        return Entry.objects.get(kind="procedure", object_id=str(version.procedure_id)).facts["fee"].get("vi", "")

    assert "10.000" in told()
    midnight = dt.datetime.combine(today() + 5 * DAY, dt.time(0, 30), tzinfo=timezone.get_default_timezone())
    with time_machine.travel(midnight, tick=False):
        assert jobs.turn_day() == 1
        assert "25.000" in told()
        assert jobs.turn_day() == 0
    with time_machine.travel(midnight + 4 * DAY, tick=False):
        assert jobs.turn_day() == 1
        assert told() == ""


def test_the_database_holds_periods_apart_whoever_writes(writer, approver):
    of = procedure()
    in_force(writer, approver, of)
    second = draft(writer, of, valid_from=today())
    services.publish(second, approver=approver)
    with pytest.raises(IntegrityError, match="version_no_overlap"), transaction.atomic():
        ProcedureVersion.objects.filter(procedure=of).exclude(pk=second.pk).update(valid_to=None)


def test_closing_needs_the_right_and_a_second_person(writer, approver):
    version = in_force(writer, approver)
    with pytest.raises(services.NotPermitted):
        services.close(version, approver=writer, last_day=today())
    writing_publisher = person("publisher")
    own = draft(writing_publisher)
    services.publish(own, approver=approver)
    with pytest.raises(services.FourEyes):
        services.close(own, approver=writing_publisher, last_day=today())
    services.close(version, approver=approver, last_day=today() - DAY)
    assert fresh(version).state == State.ABOLISHED and fresh(version).end_kind == EndKind.EXPIRED
    with pytest.raises(services.CatalogueError):
        services.close(version, approver=approver, last_day=today())
