"""Series: days of a rule, slots of a morning; notice, limits of a person, one click that calls all of it off."""

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from dialogue_sessions import services
from dialogue_sessions.enums import SessionKind
from dialogue_sessions.models import Pool, Series, Session
from dialogue_sessions.planning import Rule, plan
from dialogue_sessions.services import Seats
from dialogue_sessions.slots import WrongSlots, cut
from organisation.calendar import Calendar
from safeguards.models import Event
from tests.organisation import factories

from .making import confirmed, held, person, pool_of, proven_waiter

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = dt.datetime(2026, 3, 2, 8, tzinfo=VIETNAM)


def at(day, hour, minute=0):
    return dt.datetime(2026, 3, day, hour, minute, tzinfo=VIETNAM)


MORNING = (at(10, 7, 30), at(10, 11, 30))
AFTERNOON = (at(10, 13), at(10, 16, 45))


def test_slots_are_whole_and_none_goes_over_lunch():
    slots = cut([AFTERNOON, MORNING], 30)
    assert len(slots) == 8 + 7
    assert slots[0] == (at(10, 7, 30), at(10, 8)) and slots[7][1] == at(10, 11, 30)
    assert slots[-1] == (at(10, 16), at(10, 16, 30))
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(slots))


@pytest.mark.parametrize(("spans", "minutes"), [
    ([MORNING], 0), ([(MORNING[1], MORNING[0])], 30), ([MORNING, (at(10, 11), at(10, 12))], 30), ([MORNING], 1),
])  # fmt: skip
def test_times_that_cannot_be_cut_are_told(spans, minutes):
    with pytest.raises(WrongSlots):
        cut(spans, minutes)


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def series(db, clock):
    return Series.objects.create(
        unit=factories.ward("Phường Bến Chợ"), kind=SessionKind.APPOINTMENT, title="Hẹn làm căn cước", slug="hen-can-cuoc", slot_minutes=30,
        lead_hours=2, per_person=2,
    )  # fmt: skip


@pytest.fixture
def slots(series):
    services.plan_series(series, cut([MORNING], series.slot_minutes), [Seats(2)], None, registration_opens=NOW)
    made = services.announce_series(series, None)
    return [services.follow_clock(one.pk) for one in made]


def test_each_slot_is_a_session_with_seats_and_notice_of_its_own(slots):
    assert [one.slug for one in slots][:2] == ["hen-can-cuoc-2026-03-10-0730", "hen-can-cuoc-2026-03-10-0800"]
    assert {one.state for one in slots} == {"open"}
    assert slots[0].registration_closes == at(10, 5, 30)
    assert Event.objects.filter(kind="dialogue_sessions.session_planned").count() == 8


def test_nobody_registers_without_the_notice(slots, clock):
    clock.move_to(at(10, 6))
    with pytest.raises(services.NotOpen):
        held(pool_of(slots[0]))
    assert held(pool_of(slots[1 + 1])).state == "held"


@pytest.mark.django_db
def test_one_person_has_so_many_places_in_a_series(slots):
    first = services.hold(pool_of(slots[0]), person("an"))
    services.hold(pool_of(slots[1]), person("an"))
    with pytest.raises(services.TooManyPlaces, match="2"):
        services.hold(pool_of(slots[2]), person("an"))
    assert services.hold(pool_of(slots[2]), person("bình")).state == "held"
    services.cancel(first)
    assert services.hold(pool_of(slots[2]), person("an")).state == "held"


def test_places_that_are_over_do_not_count(slots, clock):
    for slot in slots[:2]:
        services.confirm(services.hold(pool_of(slot), person("an")))
    clock.move_to(at(10, 8, 31))
    for slot in slots[:2]:
        services.follow_clock(slot.pk)
    assert services.hold(pool_of(slots[7]), person("an")).state == "held"


def test_a_series_is_called_off_at_once_but_for_what_has_been(slots, series, clock):
    row, waiting = confirmed(pool_of(slots[5])), None
    for _ in range(1):
        confirmed(pool_of(slots[5]))
    waiting = proven_waiter(pool_of(slots[5]))
    clock.move_to(at(10, 8, 10))
    for slot in slots:
        services.follow_clock(slot.pk)
    with pytest.raises(services.ReasonMissing):
        services.cancel_series(series, "", None)
    gone = services.cancel_series(series, "Máy hỏng", None)
    assert len(gone) == 6
    assert list(Session.objects.order_by("starts_at").values_list("state", flat=True))[:3] == ["held", "under_way", "cancelled"]
    row.refresh_from_db()
    waiting.refresh_from_db()
    assert (row.state, waiting.state) == ("cancelled", "cancelled")
    assert services.cancel_series(series, "Máy hỏng", None) == []


def test_a_series_that_breaks_a_rule_leaves_nothing(series):
    spans = [*cut([MORNING], 30), (at(11, 9), at(11, 8))]
    with pytest.raises(services.Invalid):
        services.plan_series(series, spans, [Seats(2)], None)
    assert not Session.objects.exists()
    assert not Event.objects.filter(kind="dialogue_sessions.session_planned").exists()


def test_a_year_of_reception_days_comes_from_a_rule(series):
    days = plan(Rule(weekdays=(2,)), 2027, Calendar())
    spans = [(dt.datetime.combine(one.day, dt.time(8), VIETNAM), dt.datetime.combine(one.day, dt.time(11), VIETNAM)) for one in days]
    made = services.plan_series(series, spans, [Seats(10)], None, kind=SessionKind.PERIODIC)
    assert len(made) == len(days) == 52
    assert made[0].hold_minutes == 15 and timezone.localtime(made[0].starts_at).hour == 8


def test_a_year_takes_as_many_statements_as_a_day(series, django_assert_num_queries):
    weeks = [(at(10, 8) + dt.timedelta(weeks=week), at(10, 11) + dt.timedelta(weeks=week)) for week in range(52)]
    with django_assert_num_queries(8):  # two savepoints, the policy, sessions, seats, events
        services.plan_series(series, weeks, [Seats(50), Seats(9, "online")], None)
    assert (Session.objects.count(), Pool.objects.count()) == (52, 104)


def test_an_address_that_is_taken_is_told_and_leaves_nothing(series):
    services.plan_series(series, [MORNING], [Seats(1)], None)
    with pytest.raises(services.Invalid) as refused:
        services.plan_series(series, [AFTERNOON, MORNING], [Seats(1)], None)
    assert set(refused.value.error.message_dict) == {"slug"}
    assert (Session.objects.count(), Pool.objects.count()) == (1, 1)
