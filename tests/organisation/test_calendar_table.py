"""The calendar as people edit it: seeded, never overwritten, closest scope first, read once a process."""

import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from organisation import services
from organisation.enums import DayKind, Half, LateIntake
from organisation.models import CalendarDay, DeadlinePolicy, Unit
from organisation.seed import days_of
from safeguards.models import Event, User

from . import factories
from .test_deadlines import WORKING_DAYS, at

pytestmark = pytest.mark.django_db
TET = dt.date(2026, 2, 17)


def day(date, **values):
    return CalendarDay.objects.get(date=date, unit=None, **values)


def test_the_seed_writes_a_year_with_the_known_correction_and_right_labels():
    services.seed_calendar([2025, 2026])
    swapped, worked = day(dt.date(2026, 1, 2)), day(dt.date(2026, 1, 10))
    assert (swapped.kind, swapped.counts_for_deadlines) == (DayKind.COMPENSATORY, False)
    assert (worked.kind, worked.counts_for_deadlines, worked.counter_open) == (DayKind.MAKEUP, True, True)
    assert "28 tháng Chạp" in day(dt.date(2025, 1, 27)).label  # the package says the 29th
    assert "giao thừa" in day(dt.date(2025, 1, 28)).label
    assert day(dt.date(2026, 8, 22)).label == "Làm bù cho ngày 31/08/2026"
    assert all(row.label_en for row in CalendarDay.objects.all())
    assert not CalendarDay.objects.filter(confirmed=False).exists()


def test_years_to_come_are_guesses_but_for_what_the_law_fixes():
    services.seed_calendar([2027])
    assert {row.date for row in CalendarDay.objects.filter(confirmed=False)} == {
        *(dt.date(2027, 2, n) for n in range(4, 11)), dt.date(2027, 9, 3)
    }  # fmt: skip
    assert day(dt.date(2027, 4, 30)).confirmed
    assert day(dt.date(2027, 5, 3)).confirmed  # in lieu of 1 May, by law


@pytest.mark.parametrize("year", range(2018, 2101, 1))
def test_every_year_that_may_be_seeded_can_be(year):
    days = days_of(year)
    assert len({d.date for d in days}) == len(days) >= 11
    assert all(d.label and d.label_en and d.date.year == year for d in days)


@pytest.mark.parametrize(("received", "term", "due", "why"), WORKING_DAYS, ids=[row[3] for row in WORKING_DAYS])
def test_terms_from_the_seeded_table(received, term, due, why):
    services.seed_calendar(range(2024, 2028))
    assert services.calendar_for(None).due_working_days(at(received), term) == dt.date.fromisoformat(due)


def test_seeding_twice_changes_nothing():
    first = services.seed_calendar([2026, 2027])
    assert first.changes == len(first.created) > 30
    second = services.seed_calendar([2026, 2027])
    assert second.changes == 0
    assert Event.objects.filter(kind="organisation.calendar_seeded").count() == 2


def test_what_a_person_wrote_changed_or_took_out_stays():
    actor = User.objects.create_user("lich")
    own = services.save_day(CalendarDay(date=dt.date(2026, 9, 2), kind=DayKind.HOLIDAY, label="Quốc khánh, lễ tại quận"), actor)
    services.seed_calendar([2026])
    changed, gone = day(dt.date(2026, 8, 31)), day(dt.date(2026, 11, 24))
    changed.label = "Nghỉ theo thông báo của quận"
    services.save_day(changed, actor)
    services.remove_day(gone, actor)
    report = services.seed_calendar([2026])
    assert report.changes == 0
    assert set(report.kept) == {own.date, changed.date}
    assert report.left_out == [dt.date(2026, 11, 24)]
    assert day(changed.date).label == "Nghỉ theo thông báo của quận"
    assert services.calendar_for(None).is_working(dt.date(2026, 11, 24))
    assert services.seed_calendar([2026], restore=True).created == [dt.date(2026, 11, 24)]
    assert Event.objects.filter(kind__startswith="organisation.calendar_day", actor=actor).count() == 3


def test_an_untouched_guess_follows_the_library():
    services.seed_calendar([2027])
    CalendarDay.objects.filter(date=dt.date(2027, 2, 4)).update(label="29 Tết")
    CalendarDay.objects.create(date=dt.date(2027, 2, 3), kind=DayKind.HOLIDAY, label="Đoán nhầm", seeded=True)
    report = services.seed_calendar([2027])
    assert report.updated == [dt.date(2027, 2, 4)]
    assert report.withdrawn == [dt.date(2027, 2, 3)]


def test_the_command_seeds_and_refuses_years_that_nobody_checked(capsys):
    call_command("calendar_seed", "2026", "2027")
    assert "new" in capsys.readouterr().out
    call_command("calendar_seed", "2026")
    assert "new" not in capsys.readouterr().out
    with pytest.raises(CommandError, match="1999"):
        call_command("calendar_seed", "1999")


def test_the_closest_scope_wins_and_the_rest_is_inherited():
    district = factories.district()
    ward = factories.ward(parent=district)
    other = factories.ward("Phường Khác", parent=district)
    services.seed_calendar([2026])
    storm = dt.date(2026, 10, 12)
    CalendarDay.objects.create(date=storm, unit=district, kind=DayKind.CLOSED, label="Bão")
    CalendarDay.objects.create(
        date=storm, unit=ward, half=Half.MORNING, kind=DayKind.OPEN, counts_for_deadlines=True, counter_open=True, label="Vẫn trực"
    )
    assert services.calendar_for(None).is_working(storm)
    assert not services.calendar_for(other).is_working(storm)
    assert services.calendar_for(ward).counts(storm, "am")
    assert not services.calendar_for(ward).counts(storm, "pm")
    assert not services.calendar_for(ward).is_working(TET)


def test_the_policy_of_the_table_is_used():
    DeadlinePolicy.objects.create(valid_from=dt.date(2027, 1, 1), same_day_cutoff=dt.time(14), late_intake=LateIntake.DAY_ONE)
    DeadlinePolicy.objects.create(valid_from=dt.date(2018, 1, 1))
    calendar = services.calendar_for(None)
    assert calendar.due_same_day(at("2026-11-16 14:30")) == dt.date(2026, 11, 16)
    assert calendar.due_same_day(at("2027-11-15 14:30")) == dt.date(2027, 11, 16)


# ── Kept in the process, and never stale ──────────────────────────────────────────────────────────────────────────────


def asked(call):
    with CaptureQueriesContext(connection) as seen:
        call()
    return len(seen)


def test_the_calendar_is_read_once_and_one_query_keeps_it_current():
    services.seed_calendar([2026])
    ward = factories.ward()
    services.calendar_for(ward)
    assert asked(lambda: services.calendar_for(ward)) == 1
    CalendarDay.objects.create(date=dt.date(2026, 12, 24), unit=ward, kind=DayKind.CLOSED, label="x")
    assert not services.calendar_for(ward).is_working(dt.date(2026, 12, 24))


@pytest.mark.parametrize("change", ["update", "delete", "bulk", "raw", "moved", "policy"])
def test_any_change_of_the_table_is_seen_whoever_makes_it(change):
    district, ward = factories.district(), factories.ward()
    date = dt.date(2026, 12, 24)
    CalendarDay.objects.create(date=date, unit=district if change == "moved" else None, kind=DayKind.CLOSED, label="x")
    before = services.calendar_for(ward).is_working(date), services.calendar_for(ward).policy(date).same_day_cutoff
    if change == "update":
        CalendarDay.objects.update(date=date + dt.timedelta(1))
    elif change == "delete":
        CalendarDay.objects.all().delete()
    elif change == "bulk":
        CalendarDay.objects.bulk_create(
            [CalendarDay(date=date, unit=ward, kind=DayKind.OPEN, counts_for_deadlines=True, counter_open=True, label="y")]
        )
    elif change == "raw":
        with connection.cursor() as cursor:
            cursor.execute("delete from organisation_calendarday")
    elif change == "moved":
        Unit.objects.filter(pk=ward.pk).update(parent=district)
    else:
        DeadlinePolicy.objects.create(valid_from=dt.date(2020, 1, 1), same_day_cutoff=dt.time(14))
    assert (services.calendar_for(ward).is_working(date), services.calendar_for(ward).policy(date).same_day_cutoff) != before


def test_without_its_trigger_a_change_would_be_missed():
    services.calendar_for(None)
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("alter table organisation_calendarday disable trigger calendar_changed")
    CalendarDay.objects.create(date=dt.date(2026, 12, 24), kind=DayKind.CLOSED, label="x")
    assert services.calendar_for(None).is_working(dt.date(2026, 12, 24))


def test_a_change_that_was_rolled_back_leaves_nothing_behind():
    date = dt.date(2026, 12, 24)
    with transaction.atomic():
        CalendarDay.objects.create(date=date, kind=DayKind.CLOSED, label="x")
        assert not services.calendar_for(None).is_working(date)
        transaction.set_rollback(True)
    assert services.calendar_for(None).is_working(date)
    CalendarDay.objects.create(date=date + dt.timedelta(1), kind=DayKind.CLOSED, label="y")
    assert services.calendar_for(None).is_working(date)
