"""Units are kept, form a tree, end on a day and have successors; each rule stands in the database and in words."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from procrastinate.contrib.django import app

from organisation import jobs, services
from organisation.models import Holding, ServicePoint, Unit, UnitsAreKept
from safeguards.models import Event, User

from . import factories

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
LAST = dt.date(2025, 6, 30)
pytestmark = pytest.mark.django_db


@pytest.fixture
def actor():
    return User.objects.create_user("bientap")


def test_a_unit_is_never_deleted():
    unit = factories.unit()
    with pytest.raises(UnitsAreKept, match=r"(?i)never deleted|không"):
        unit.delete()
    with pytest.raises(UnitsAreKept):
        Unit.objects.filter(pk=unit.pk).delete()
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("delete from organisation_unit where id = %s", [unit.pk])


def test_no_unit_belongs_to_itself_by_way_of_others():
    top = factories.district()
    middle = factories.unit(parent=top)
    low = factories.unit(parent=middle)
    top.parent = low
    with pytest.raises(ValidationError) as refused:
        top.full_clean()
    assert "parent" in refused.value.message_dict
    with pytest.raises(IntegrityError, match="belongs to itself"), transaction.atomic():
        Unit.objects.filter(pk=top.pk).update(parent=low)
    with pytest.raises(IntegrityError), transaction.atomic():
        Unit.objects.filter(pk=top.pk).update(parent=top)


def test_without_its_trigger_a_cycle_would_stand():
    top = factories.district()
    low = factories.unit(parent=top)
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("alter table organisation_unit disable trigger unit_no_cycle")
    Unit.objects.filter(pk=top.pk).update(parent=low)
    assert Unit.objects.get(pk=top.pk).ancestors()[-1].pk == low.pk  # and the walk ends


def test_whether_a_unit_is_government_follows_its_kind():
    assert factories.ward().is_government is True
    assert factories.unit().is_government is False
    assert Unit.objects.filter(is_government=True).count() == 1


def test_closing_names_successors_and_ends_points_and_holders(actor):
    district, ward = factories.district(), factories.ward("Phường Cũ", valid_from=dt.date(2000, 1, 1))
    new = factories.ward("Phường Mới", valid_from=dt.date(2025, 7, 1))
    point = factories.point(ward, is_main=True)
    held = factories.holding(ward, "Chủ tịch", "Nguyễn Văn Thử", valid_from=dt.date(2021, 1, 1))
    services.close_unit(ward, LAST, [new], actor)
    ward.refresh_from_db()
    assert ward.valid_to == LAST
    assert list(ward.successors.all()) == [new]
    assert ServicePoint.objects.get(pk=point.pk).valid_to == LAST
    assert ServicePoint.objects.get(pk=point.pk).is_main is False
    assert Holding.objects.get(pk=held.pk).valid_to == LAST
    event = Event.objects.get(kind="organisation.unit_closed")
    assert event.actor == actor
    assert event.payload["successors"] == [new.code]
    assert district.valid_to is None


def test_the_main_point_stays_it_until_its_last_day_has_passed(actor):
    """Whether another may be the main one is asked of the mark; people go to the old one until it closes."""
    with time_machine.travel(dt.datetime(2025, 6, 1, 9, tzinfo=VIETNAM), tick=False) as clock:
        ward, new = factories.ward("Phường Cũ"), factories.ward("Phường Mới")
        point, heir = factories.point(ward, is_main=True), factories.point(new)
        services.close_unit(ward, LAST, [new], actor)
        assert services.main_point() == point
        clock.move_to(dt.datetime(2025, 6, 30, 23, 59, tzinfo=VIETNAM))
        assert jobs.release_main_point(0) == 0 and services.main_point() == point
        clock.move_to(dt.datetime(2025, 7, 1, 0, 1, tzinfo=VIETNAM))
        assert services.main_point() is None
        heir.is_main = True
        with pytest.raises(ValidationError):
            heir.full_clean()
        assert jobs.release_main_point(0) == 1 and jobs.release_main_point(0) == 0
        heir.full_clean()
        heir.save()
        assert services.main_point() == heir
    event = Event.objects.get(kind="organisation.servicepoint_changed")
    assert (event.subject_id, event.payload) == (str(point.pk), {"fields": ["is_main"]})


def test_the_job_that_takes_the_mark_off_is_known_to_the_worker():
    app.perform_import_paths()
    assert "organisation.release_main_point" in {entry.task.name for entry in app.periodic_registry.periodic_tasks.values()}


@pytest.mark.parametrize(
    ("last_day", "successor", "told"),
    [
        (dt.date(1999, 1, 1), None, "trước"),
        (LAST, "itself", "chính nó"),
        (LAST, "not yet", "chưa|không tồn tại|không"),
    ],
)
def test_a_closing_that_cannot_be_is_refused_and_changes_nothing(actor, last_day, successor, told):
    ward = factories.ward(valid_from=dt.date(2000, 1, 1))
    later = factories.ward("Phường Sau", valid_from=dt.date(2030, 1, 1))
    names = {None: [], "itself": [ward], "not yet": [later]}[successor]
    with pytest.raises(services.OrganisationError) as refused:
        services.close_unit(ward, last_day, names, actor)
    assert refused.value.messages
    ward.refresh_from_db()
    assert ward.valid_to is None
    assert not Event.objects.filter(kind="organisation.unit_closed").exists()


def test_a_unit_is_closed_once(actor):
    ward = factories.ward()
    services.close_unit(ward, LAST, [], actor)
    with pytest.raises(services.OrganisationError):
        services.close_unit(ward, LAST, [], actor)


def test_units_below_go_on_or_end_with_it(actor):
    district = factories.district()
    office = factories.unit("Phòng Nội vụ", parent=district)
    new = factories.ward("Phường Mới")
    with pytest.raises(services.OrganisationError, match="Phòng Nội vụ"):
        services.close_unit(district, LAST, [new], actor)
    services.close_unit(district, LAST, [new], actor, with_below=True)
    office.refresh_from_db()
    assert office.valid_to == LAST
    assert services.successors_of(office, dt.date(2026, 1, 1)) == [new]


def test_successors_are_followed_to_those_who_exist(actor):
    first, second, third = factories.ward("A"), factories.ward("B"), factories.ward("C")
    services.close_unit(first, dt.date(2019, 12, 31), [second], actor)
    services.close_unit(second, LAST, [third], actor)
    assert services.successors_of(first, dt.date(2022, 1, 1)) == [second]
    assert services.successors_of(first, dt.date(2026, 1, 1)) == [third]


def test_two_units_cannot_succeed_each_other(actor):
    first, second = factories.ward("A"), factories.ward("B")
    services.close_unit(first, LAST, [second], actor)
    Unit.objects.filter(pk=second.pk).update(valid_to=LAST)
    with pytest.raises(IntegrityError, match="succeed itself"), transaction.atomic():
        second.successors.add(first)


def test_only_a_closed_unit_has_successors(actor):
    first, second = factories.ward("A"), factories.ward("B")
    with pytest.raises(IntegrityError, match="only a closed unit"), transaction.atomic():
        first.successors.add(second)
    services.close_unit(first, LAST, [second], actor)
    with pytest.raises(IntegrityError, match="has a last day"), transaction.atomic():
        Unit.objects.filter(pk=first.pk).update(valid_to=None)


def test_a_closing_by_mistake_is_taken_back(actor):
    first, second = factories.ward("A"), factories.ward("B")
    services.close_unit(first, LAST, [second], actor)
    services.reopen_unit(first, actor)
    first.refresh_from_db()
    assert first.valid_to is None
    assert not first.successors.exists()
    assert Event.objects.get(kind="organisation.unit_reopened").payload["successors"] == [second.code]
    with pytest.raises(services.OrganisationError):
        services.reopen_unit(first, actor)


def test_the_tree_keeps_order_and_shows_those_without_parent_at_the_top():
    district = factories.district(order=1)
    second = factories.unit("B", parent=district, order=2)
    first = factories.unit("A", parent=district, order=1)
    roots = services.tree([second, first, district])
    assert [branch.unit for branch in roots[0].walk()] == [district, first, second]
    assert [root.unit for root in services.tree([first, second])] == [first, second]
    assert services.below(district) == [first, second]
