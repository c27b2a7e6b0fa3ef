"""Hours, rooms, counts, posts and holders: what the database refuses, and what a person is told."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from organisation.enums import DayKind, Half
from organisation.models import CalendarDay, Closure, DeadlinePolicy, Holding, OpeningHours, Population, Post, ServicePoint

from . import factories

pytestmark = pytest.mark.django_db


def refused_both_ways(row, where=None):
    """The model tells it in words, the database refuses it from whoever does not ask the model."""
    with pytest.raises(ValidationError) as told:
        row.full_clean()
    if where:
        assert where in told.value.message_dict
    with pytest.raises(IntegrityError), transaction.atomic():
        type(row).objects.bulk_create([row])


def test_sessions_of_a_weekday_do_not_overlap():
    point = factories.point(factories.ward())
    refused_both_ways(OpeningHours(point=point, weekday=1, opens=dt.time(11), closes=dt.time(12)))
    OpeningHours(point=point, weekday=1, opens=dt.time(11, 30), closes=dt.time(12)).full_clean()
    OpeningHours(point=point, weekday=6, opens=dt.time(7, 30), closes=dt.time(11)).full_clean()


def test_without_its_constraint_overlapping_sessions_would_stand():
    point = factories.point(factories.ward())
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("alter table organisation_openinghours drop constraint hours_apart")
    OpeningHours.objects.create(point=point, weekday=1, opens=dt.time(11), closes=dt.time(12))
    assert point.hours.filter(weekday=1).count() == 3


def test_hours_close_after_they_open():
    refused_both_ways(OpeningHours(point=factories.point(factories.ward()), weekday=6, opens=dt.time(11), closes=dt.time(7)))


def test_one_point_is_the_main_one():
    ward = factories.ward()
    factories.point(ward, is_main=True)
    other = ServicePoint(unit=ward, name="Khác", slug="khac", address="1", is_main=True)
    refused_both_ways(other)


def test_a_point_is_no_branch_of_its_branch():
    ward = factories.ward()
    main = factories.point(ward)
    branch = factories.point(ward, parent=main)
    main.parent = branch
    with pytest.raises(ValidationError):
        main.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        ServicePoint.objects.filter(pk=main.pk).update(parent=branch)


def test_a_closure_ends_after_it_begins_and_leads_elsewhere():
    point = factories.point(factories.ward())
    refused_both_ways(Closure(point=point, first_day=dt.date(2026, 12, 2), last_day=dt.date(2026, 12, 1), reason="Sửa nhà"))
    refused_both_ways(Closure(point=point, first_day=dt.date(2026, 12, 1), last_day=dt.date(2026, 12, 2), reason="Sửa nhà", instead=point))


def test_voters_live_here():
    ward = factories.ward()
    refused_both_ways(Population(unit=ward, counted_on=dt.date(2026, 1, 1), inhabitants=10, voters=11))
    refused_both_ways(Population(unit=ward, counted_on=dt.date(2026, 1, 1)))


def test_a_post_stands_once_and_one_leads():
    ward = factories.ward()
    Post.objects.create(unit=ward, title="Chủ tịch", is_leader=True)
    refused_both_ways(Post(unit=ward, title="Chủ tịch"))
    refused_both_ways(Post(unit=ward, title="Bí thư", is_leader=True))


def test_nobody_holds_a_post_twice_at_a_time():
    held = factories.holding(factories.ward(), "Chủ tịch", "Trần Thị Mẫu", valid_to=dt.date(2026, 6, 30))
    refused_both_ways(Holding(post=held.post, person=held.person, valid_from=dt.date(2026, 6, 30)))
    Holding(post=held.post, person=held.person, valid_from=dt.date(2026, 7, 1)).full_clean()


def test_nobody_leaves_a_post_before_taking_it():
    held = factories.holding(factories.ward(), "Chủ tịch", "Trần Thị Mẫu")
    other = factories.Person.objects.create(name="X")
    refused_both_ways(Holding(post=held.post, person=other, valid_from=dt.date(2026, 7, 1), valid_to=dt.date(2026, 6, 1)))


def test_an_absence_begins_before_it_ends():
    held = factories.holding(factories.ward(), "Chủ tịch", "Trần Thị Mẫu")
    refused_both_ways(Holding(post=held.post, person=factories.Person.objects.create(name="X"), absent_to=dt.date(2026, 7, 1)), "absent_from")


def test_a_day_has_one_entry_a_half_and_a_scope():
    day = dt.date(2026, 12, 24)
    ward = factories.ward()
    CalendarDay.objects.create(date=day, kind=DayKind.CLOSED, half=Half.MORNING, label="Họp")
    CalendarDay(date=day, kind=DayKind.CLOSED, half=Half.AFTERNOON, label="Họp").full_clean()
    CalendarDay(date=day, unit=ward, kind=DayKind.CLOSED, label="Họp").full_clean()
    refused_both_ways(CalendarDay(date=day, kind=DayKind.CLOSED, half=Half.FULL, label="Họp"))
    refused_both_ways(CalendarDay(date=day, kind=DayKind.CLOSED, half=Half.MORNING, label="Họp"))


@pytest.mark.parametrize(
    ("kind", "counts", "opened", "where"),
    [
        (DayKind.HOLIDAY, True, False, "counts_for_deadlines"),
        (DayKind.COMPENSATORY, True, False, "counts_for_deadlines"),
        (DayKind.MAKEUP, False, True, "counts_for_deadlines"),
        (DayKind.OPEN, False, False, "counter_open"),
        (DayKind.CLOSED, False, True, "counter_open"),
    ],
)
def test_kind_and_flags_of_a_day_agree(kind, counts, opened, where):
    refused_both_ways(CalendarDay(date=dt.date(2026, 12, 24), kind=kind, counts_for_deadlines=counts, counter_open=opened, label="x"), where)


def test_the_sessions_of_a_policy_are_in_order():
    refused_both_ways(DeadlinePolicy(valid_from=dt.date(2026, 1, 1), morning_closes=dt.time(14)))
