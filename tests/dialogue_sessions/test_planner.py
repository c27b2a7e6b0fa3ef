"""A year is planned in one form, seen before it is saved, and saved as it was seen."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from dialogue_sessions import services
from dialogue_sessions.backoffice import year
from dialogue_sessions.enums import Per, SessionKind
from dialogue_sessions.models import LegalMinimum, Series, Session
from dialogue_sessions.planning import Rule, plan
from dialogue_sessions.services import Seats
from organisation.models import Field, Room
from organisation.queries import calendar_for
from tests.organisation import factories
from tests.procedures_catalog.factories import ProcedureFactory

from .making import draft
from .staff import officer, page_of, signed_in

pytestmark = pytest.mark.django_db
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = dt.datetime(2026, 12, 1, 9, tzinfo=VIETNAM)
URL = "/admin/dialogue-sessions/plan/"

# Written by hand from the days off of 2027: 1/1, Tết from 4/2 to 10/2, 16/4, 30/4, 3/5 for 1/5, 2/9 and the day beside it, 24/11.
TUESDAYS = """
5/1 12/1 19/1 26/1  2/2 11/2 16/2 23/2  2/3 9/3 16/3 23/3 30/3  6/4 13/4 20/4 27/4  4/5 11/5 18/5 25/5  1/6 8/6 15/6 22/6 29/6
6/7 13/7 20/7 27/7  3/8 10/8 17/8 24/8 31/8  7/9 14/9 21/9 28/9  5/10 12/10 19/10 26/10  2/11 9/11 16/11 23/11 30/11  7/12 14/12 21/12 28/12
"""
FIFTEENTH_AND_TWENTY_FIFTH = """
15/1 25/1  15/2 25/2  15/3 25/3  15/4 26/4  17/5 25/5  15/6 25/6  15/7 26/7  16/8 25/8  15/9 27/9  15/10 25/10  15/11 25/11  15/12 27/12
"""


def by_hand(text):
    return [dt.date(2027, int(month), int(day)) for day, month in (word.split("/") for word in text.split())]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def calendar_of_2027():
    call_command("calendar_seed", "2027")


@pytest.fixture
def ward():
    return factories.ward("Phường Bến Chợ")


@pytest.fixture
def office(ward):
    return signed_in(officer("chu-tich", ward))


def answers(ward, **values):
    return {
        "unit": ward.pk, "kind": "periodic", "title": "Chủ tịch phường tiếp công dân", "year": 2027, "way": "weekdays", "weekdays": ["2"],
        "every": "1", "in_months": [str(month) for month in range(1, 13)], "half": "", "begins": "07:30", "ends": "11:30",
        "seats_hall": 10, "opens_days": 30,
        "lead_hours": 24, "place": "Trụ sở UBND phường", "skip_planned": "on",
    } | values  # fmt: skip


def shown(client, data):
    response = client.post(URL, data)
    assert response.status_code == 200
    return response


def save(client, data, seen=None):
    seen = shown(client, data).context["plan"].seen() if seen is None else seen
    return client.post(URL, {**data, "seen": seen, "save": "1"})


# ── Tết ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("rule", "text"), [
    (Rule(weekdays=(2,)), TUESDAYS), (Rule(month_days=(15, 25)), FIFTEENTH_AND_TWENTY_FIFTH),
])  # fmt: skip
def test_a_year_over_tet_is_the_one_that_was_written_by_hand(calendar_of_2027, ward, rule, text):
    assert [one.day for one in plan(rule, 2027, calendar_for(ward))] == by_hand(text)


def test_the_year_says_which_days_moved_and_for_which_holiday(calendar_of_2027, ward, office):
    page = page_of(shown(office, answers(ward)))
    assert "09/02/2027" in page and "11/02/2027" in page and "Tết Nguyên đán" in page
    assert page.count('<table class="sessions-month">') == 12
    found = shown(office, answers(ward)).context["plan"]
    assert [line.day for line in found.lines] == by_hand(TUESDAYS) and [line.day for line in found.moved] == [dt.date(2027, 2, 11)]
    assert found.unconfirmed  # nobody has decided on the days off of that year yet


# ── Seen, then saved ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_looking_at_a_year_saves_nothing(ward, office):
    shown(office, answers(ward))
    assert not Series.objects.exists() and not Session.objects.exists()


def test_what_was_seen_is_saved_as_drafts_of_one_series(calendar_of_2027, ward, office):
    response = save(office, answers(ward))
    series = Series.objects.get()
    assert response.status_code == 302 and response["Location"] == f"/admin/dialogue-sessions/series/{series.pk}/"
    rows = list(series.sessions.order_by("starts_at"))
    assert [timezone.localtime(row.starts_at).date() for row in rows] == by_hand(TUESDAYS)
    assert {row.state for row in rows} == {"draft"} and {row.place for row in rows} == {"Trụ sở UBND phường"}
    first = rows[0]
    assert timezone.localtime(first.registration_opens) == dt.datetime(2026, 12, 6, 7, 30, tzinfo=VIETNAM)
    assert first.starts_at - first.registration_closes == dt.timedelta(hours=24)
    assert first.pools.get().capacity == 10
    assert "52" in page_of(office.get(response["Location"]))


def test_a_year_that_was_changed_after_it_was_seen_is_shown_again_and_not_saved(ward, office):
    seen = shown(office, answers(ward)).context["plan"].seen()
    response = save(office, answers(ward, weekdays=["3"]), seen)
    assert response.status_code == 200 and not Session.objects.exists()
    assert response.context["plan"].lines[0].day.isoweekday() == 3
    assert save(office, answers(ward), "").status_code == 200 and not Session.objects.exists()


def test_a_second_year_of_the_same_title_has_an_address_of_its_own(ward, office):
    save(office, answers(ward, in_months=["1"]))
    save(office, answers(ward, in_months=["2"]))
    assert sorted(Series.objects.values_list("slug", flat=True)) == ["chu-tich-phuong-tiep-cong-dan-2027", "chu-tich-phuong-tiep-cong-dan-2027-2"]


@pytest.mark.parametrize(("values", "field"), [
    ({"weekdays": []}, "weekdays"), ({"way": "month_days", "month_days": ""}, "month_days"),
    ({"way": "month_days", "month_days": "15, 40"}, "month_days"),
    ({"way": "nth", "nth_places": []}, "nth_places"), ({"way": "nth", "nth_places": ["1"], "nth_weekday": ""}, "nth_weekday"),
    ({"every": "2", "first": ""}, "first"), ({"ends": "07:00"}, "ends"), ({"begins_2": "13:00"}, "ends_2"),
    ({"begins_2": "11:00", "ends_2": "12:00"}, "begins_2"), ({"half": "pm"}, "half"), ({"first": "2027-05-01", "last": "2027-04-01"}, "last"),
    ({"lead_hours": "1000"}, "lead_hours"), ({"seats_hall": ""}, "seats_hall"), ({"year": "99999"}, "year"), ({"unit": "0"}, "unit"),
    ({"title": ""}, "title"), ({"in_months": []}, "in_months"), ({"first": "2027-12-30", "last": "2027-12-30"}, "way"),
    ({"slot_minutes": "300"}, "slot_minutes"), ({"slot_minutes": "5"}, "slot_minutes"), ({"online_link": "không phải"}, "online_link"),
])  # fmt: skip
def test_what_cannot_be_planned_is_told_at_its_field_and_nothing_typed_is_lost(ward, office, values, field):
    response = save(office, answers(ward, **values), "x")
    assert response.status_code == 200 and field in response.context["form"].errors, response.context["form"].errors
    page = page_of(response)
    assert 'id="error-summary"' in page and f'href="#id_{field}"' in page
    assert "Trụ sở UBND phường" in page and response.context["plan"] is None
    assert not Session.objects.exists()


def test_slots_of_a_morning_are_planned_like_a_year(ward, office):
    data = answers(ward, kind="appointment", title="Hẹn làm căn cước", slot_minutes="30", first="2027-03-02", last="2027-03-02", per_person="1")
    save(office, {**data, "begins_2": "13:30", "ends_2": "14:40"})
    rows = Session.objects.order_by("starts_at")
    assert len(rows) == 8 + 2 and Series.objects.get().per_person == 1
    assert timezone.localtime(rows[8].starts_at).time() == dt.time(13, 30)


def test_a_series_of_slots_names_what_it_serves_and_who_attends(ward, office):
    field, beside = Field.objects.create(code="LV-1", name="Hộ tịch"), factories.unit("Phòng Tư pháp")
    procedure = ProcedureFactory(code="1.004873")
    data = answers(ward, kind="appointment", slot_minutes="30", first="2027-03-02", last="2027-03-02", served_fields=[field.pk],
                   served_codes="1.004873.000.00.00.H61", attending=[beside.pk])  # fmt: skip
    wrong = shown(office, data | {"served_codes": "1.004873, 9.999999"})
    assert "9.999999" in wrong.context["form"].errors["served_codes"][0]
    assert save(office, data).status_code == 302
    series = Series.objects.get()
    assert (series.fields.get(), series.procedures.get()) == (field, procedure)
    assert {tuple(one.attending.all()) for one in series.sessions.all()} == {(beside,)}


@pytest.mark.parametrize(("values", "days"), [
    ({"every": "2", "first": "2027-03-01", "last": "2027-04-01"}, [dt.date(2027, 3, 2), dt.date(2027, 3, 16), dt.date(2027, 3, 30)]),
    ({"way": "nth", "nth_places": ["1", "-1"], "nth_weekday": "1", "in_months": ["3"]}, [dt.date(2027, 3, 1), dt.date(2027, 3, 29)]),
    ({"way": "month_days", "month_days": "15; 31", "in_months": ["6"]}, [dt.date(2027, 6, 15), dt.date(2027, 6, 30)]),
])  # fmt: skip
def test_each_way_of_naming_days(ward, office, values, days):
    assert [line.day for line in shown(office, answers(ward, **values)).context["plan"].lines] == days


# ── What is in the way ────────────────────────────────────────────────────────────────────────────────────────────────


def test_months_and_weeks_that_fall_short_of_the_law_are_named(calendar_of_2027, ward, office):
    LegalMinimum.objects.create(unit=ward, days=2, per=Per.MONTH, valid_from=dt.date(2027, 1, 1), source="Quyết định 9")
    response = shown(office, answers(ward, way="month_days", month_days="15", in_months=["1", "2"]))
    found = response.context["plan"].short
    assert [(short.first.month, short.has) for short in found][:3] == [(1, 1), (2, 1), (3, 0)]
    assert "01/2027" in page_of(response) and "Quyết định 9" in page_of(response)
    assert shown(office, answers(ward, way="month_days", month_days="15,25")).context["plan"].short == []


def test_what_is_planned_already_counts_and_is_left_out(ward, office):
    save(office, answers(ward, in_months=["1"]))
    response = shown(office, answers(ward))
    plan_ = response.context["plan"]
    assert [line.skipped for line in plan_.lines[:5]] == [True] * 4 + [False] and len(plan_.spans) == 48
    assert len(shown(office, answers(ward, skip_planned="")).context["plan"].spans) == 52
    everything = answers(ward, in_months=["1"])
    assert "skip_planned" in save(office, everything).context["form"].errors


def test_a_room_that_is_taken_is_told_with_the_day(ward, office):
    room = Room.objects.create(point=factories.point(ward), name="Phòng họp")
    begins = dt.datetime(2027, 3, 9, 10, tzinfo=VIETNAM)
    other = draft(
        unit=ward, room=room, starts_at=begins, ends_at=begins + dt.timedelta(hours=2), title="Đối thoại về rác", registration_opens=None,
        registration_closes=None,
    )  # fmt: skip
    services.announce(other, None)
    response = shown(office, answers(ward, room=room.pk))
    assert [line.day for line in response.context["plan"].clashing] == [dt.date(2027, 3, 9)]
    assert "Đối thoại về rác" in page_of(response)
    assert not shown(office, answers(ward, room=room.pk, begins="07:30", ends="10:00")).context["plan"].clashing


@pytest.mark.accepts("A10")
def test_nobody_plans_for_another_unit(ward, office):
    other = factories.ward("Phường khác")
    foreign = factories.holding(other, "Chủ tịch", "Người khác").post
    for values in ({"unit": other.pk}, {"post": foreign.pk}):
        response = save(office, answers(ward, **values), "x")
        assert next(iter(values)) in response.context["form"].errors and not Session.objects.exists()
    form = office.get(URL).context["form"]
    offered = {name: {str(row.pk) for row in form.fields[name].queryset} for name in ("unit", "post", "stand_in")}
    assert offered["unit"] == {str(ward.pk)} and str(foreign.pk) not in offered["post"] | offered["stand_in"]
    assert other in form.fields["attending"].queryset, "whoever answers beside may be of another unit"


def test_who_may_only_look_plans_nothing(ward):
    client = signed_in(officer("can-bo", ward, "clerk"))
    assert client.get(URL).status_code == 302 and save(client, answers(ward), "x").status_code == 302
    assert not Session.objects.exists()


def test_the_seal_is_of_dates_unit_and_kind(ward):
    def seal(**values):
        wish = {"unit": ward, "kind": SessionKind.PERIODIC, "year": 2027, "rule": Rule(weekdays=(2,)), "times": ((dt.time(8), dt.time(9)),)}
        return year.build(year.Wish(**(wish | values))).seen()

    assert seal() == seal()
    others = [
        seal(kind=SessionKind.LEGAL_AID),
        seal(rule=Rule(weekdays=(3,))),
        seal(unit=factories.ward("Khác")),
        seal(times=((dt.time(8), dt.time(10)),)),
    ]
    assert seal() not in others and len(set(others)) == 4


def test_seats_are_planned_where_they_are_asked_for(ward, office):
    save(office, answers(ward, in_months=["1"], seats_online="5", seats_walk_in="3", online_link="https://hop.example.vn/1"))
    assert sorted(Session.objects.first().pools.values_list("kind", "capacity")) == [("hall", 10), ("online", 5), ("walk_in", 3)]
    assert Seats(1).kind == "hall"
