"""Quiet hours are dated data: in force at once, wherever; without a row by the setting."""

import datetime as dt

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.urls import reverse

from messaging import quiet, services
from messaging.models import QuietHours
from safeguards.models import Event, User
from tests.beginnings import house_roles

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def at(hour, minute=0, day=1):
    return dt.datetime(2026, 12, day, hour, minute, tzinfo=dt.timezone(dt.timedelta(hours=7)))


def hours(valid_from, begins, ends):
    return services.save_quiet_hours(QuietHours(valid_from=valid_from, begins=dt.time(begins), ends=dt.time(ends), source="QĐ 1"), None)


def test_without_a_policy_the_setting_holds(settings):
    settings.QUIET_HOURS = (dt.time(21), dt.time(7))
    assert quiet.holds(at(22)) and quiet.holds(at(6, 59)) and not quiet.holds(at(7)) and not quiet.holds(at(20, 59))


def test_the_policy_of_the_day_goes_before_the_setting():
    hours(dt.date(2026, 11, 1), 20, 8)
    hours(dt.date(2026, 12, 2), 12, 13)
    assert quiet.holds(at(20)) and quiet.holds(at(7, 30)) and not quiet.holds(at(12, 30))
    assert quiet.holds(at(12, 30, day=2)) and not quiet.holds(at(20, day=2))
    assert quiet.ends_after(at(20)) == at(8, day=2)


def test_what_is_planned_follows_the_policy():
    hours(dt.date(2026, 11, 1), 20, 8)
    assert quiet.moment_for(at(21), at(12, day=3), at(9)) == at(8, day=2)
    assert quiet.moment_for(at(21), at(7, day=2), at(9)) == at(19, 59)
    assert quiet.moment_for(at(12), at(13), at(9)) == at(12)


def test_the_same_time_twice_is_none():
    hours(dt.date(2026, 11, 1), 9, 9)
    assert not quiet.holds(at(9)) and not quiet.holds(at(3))


def test_two_policies_of_one_day_are_refused_in_words():
    hours(dt.date(2026, 11, 1), 20, 8)
    with pytest.raises(ValidationError, match="Đã có giờ yên tĩnh"):
        hours(dt.date(2026, 11, 1), 21, 7)


def test_an_administrator_adds_and_changes_them_on_record_and_nobody_deletes_them(client):
    house_roles()
    user = User.objects.create_user("quan-tri", email="q@example.vn")
    user.groups.add(Group.objects.get(name="administrator"))
    client.force_login(user)
    said = {"valid_from": "2026-12-01", "begins": "20:00", "ends": "06:00", "source": "QĐ 9"}
    assert client.post(reverse("wagtailsnippets_messaging_quiethours:add"), said).status_code == 302
    row = QuietHours.objects.get()
    client.post(reverse("wagtailsnippets_messaging_quiethours:edit", args=[row.pk]), {**said, "ends": "07:00"})
    row.refresh_from_db()
    assert row.ends == dt.time(7)
    kinds = Event.objects.filter(kind__startswith="messaging.quiet_hours").order_by("pk").values_list("kind", "actor")
    assert list(kinds) == [("messaging.quiet_hours_added", user.pk), ("messaging.quiet_hours_changed", user.pk)]
    assert client.post(reverse("wagtailsnippets_messaging_quiethours:delete", args=[row.pk])).status_code in {302, 403}
    assert QuietHours.objects.count() == 1


def test_nothing_is_planned_for_a_moment_that_is_over():
    hours(dt.date(2026, 11, 1), 20, 8)
    assert quiet.moment_for(at(9), at(20), at(12)) == at(12)
    # The minute before they begin has gone by: the morning, though it is too late then.
    assert quiet.moment_for(at(21), at(7, day=2), at(20, 30)) == at(8, day=2)
