"""The rules of sessions and seats as the database holds them, whatever code writes: each asked by SQL of its own, and seen to let
through what is right. And the same rules in words."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from dialogue_sessions import services
from dialogue_sessions.enums import PoolKind
from dialogue_sessions.models import FormerPlace, Pool, PriorityGroup, Registration, SeatPolicy, Series, Session, SessionMove
from dialogue_sessions.services import Seats
from organisation.models import Room
from tests.organisation import factories

from .making import DAY, HOUR, announced, confirmed, contact, draft, held, open_pool, open_session, pool_of, proven_waiter

pytestmark = pytest.mark.django_db


def run(sql, *parameters):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        cursor.execute("set constraints all immediate")


def refused(rule, sql, *parameters):
    """The database itself says no, by the rule named."""
    with pytest.raises(IntegrityError, match=rule):
        run(sql, *parameters)


def without(table, rule, sql, *parameters):
    """The same statement goes through without the rule: it is the one that holds."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
            cursor.execute(f"alter table {table} drop constraint {rule}")
            cursor.execute(sql, parameters)
        transaction.set_rollback(True)


POOL, REGISTRATION, SESSION = "dialogue_sessions_pool", "dialogue_sessions_registration", "dialogue_sessions_session"


@pytest.mark.accepts("C2")
@pytest.mark.parametrize("seats", [3, -1])
def test_no_more_seats_are_taken_than_there_are(seats):
    pool = open_pool(2)
    sql = f"update {POOL} set taken = %s where id = %s"
    refused("pool_taken" if seats > 0 else "taken", sql, seats, pool.pk)
    run(sql, 2, pool.pk)
    refused("pool_taken", f"update {POOL} set capacity = 1 where id = %s", pool.pk)
    if seats > 0:
        without(POOL, "pool_taken", sql, seats, pool.pk)


@pytest.mark.accepts("C2")
def test_one_living_place_per_session_and_contact():
    pool = open_pool(3)
    first, second = held(pool), held(pool)
    sql = f"update {REGISTRATION} set contact_hmac = %s where id = %s"
    refused("registration_contact_once", sql, first.contact_hmac, second.pk)
    run(f"update {REGISTRATION} set source = 'telephone' where id = %s", second.pk)  # a clerk's
    run(sql, first.contact_hmac, second.pk)
    run(sql, contact("khác"), second.pk)
    run(f"update {REGISTRATION} set source = 'self' where id = %s", second.pk)
    services.cancel(first)
    run(sql, first.contact_hmac, second.pk)  # the other one is over


@pytest.mark.accepts("C2")
def test_a_number_is_given_once_in_a_session():
    pool = open_pool(2)
    first, second = confirmed(pool), confirmed(pool)
    sql = f"update {REGISTRATION} set seat_no = %s where id = %s"
    refused("registration_seat_once", sql, first.seat_no, second.pk)
    without(REGISTRATION, "registration_seat_once", sql, first.seat_no, second.pk)


@pytest.mark.accepts("C2")
@pytest.mark.parametrize(("rule", "change"), [
    ("registration_state", "state = 'lost'"),
    ("registration_source", "source = 'somebody'"),
    ("registration_size", "size = 0"),
    ("registration_contact_given", "contact_hmac = ''"),
    ("registration_has_a_term", "held_until = null"),
    ("registration_has_a_term", "state = 'offered'"),
    ("registration_has_a_term", "state = 'waiting', held_until = null"),
    ("registration_has_a_number", "state = 'confirmed', seat_no = 7"),
    ("registration_has_a_number", "state = 'confirmed', confirmed_at = now()"),
    ("registration_has_a_number", "state = 'attended'"),
    ("registration_ended", "state = 'cancelled'"),
    ("registration_ended", "state = 'expired'"),
])  # fmt: skip
def test_a_registration_is_whole(rule, change):
    found = held(open_pool())
    sql = f"update {REGISTRATION} set {change} where id = %s"
    refused(rule, sql, found.pk)
    without(REGISTRATION, rule, sql, found.pk)


@pytest.mark.accepts("C2")
def test_a_registration_has_seats_of_its_own_session():
    found, other = held(open_pool()), open_pool()
    sql = f"update {REGISTRATION} set pool_id = %s where id = %s"
    refused("registration_pool_of_session", sql, other.pk, found.pk)
    without(REGISTRATION, "registration_pool_of_session", sql, other.pk, found.pk)


@pytest.mark.parametrize(("rule", "change"), [
    ("pool_kind", "kind = 'roof'"),
    ("pool_village", "kind = 'village'"),
    ("pool_village", "village = 'Thôn Đông'"),
])  # fmt: skip
def test_a_pool_is_whole(rule, change):
    pool = open_pool()
    sql = f"update {POOL} set {change} where id = %s"
    refused(rule, sql, pool.pk)
    without(POOL, rule, sql, pool.pk)


@pytest.mark.parametrize(("rule", "change"), [
    ("session_state", "state = 'lost'"),
    ("session_in_order", "ends_at = starts_at"),
    ("session_window_whole", "registration_opens = null"),
    ("session_window_in_order", "registration_closes = registration_opens"),
    ("session_window_in_order", "registration_closes = ends_at"),
    ("session_cancelled_why", "state = 'cancelled'"),
    ("session_numbers", "hold_minutes = 0"),
])  # fmt: skip
def test_a_session_is_whole(rule, change):
    session = draft()
    sql = f"update {SESSION} set {change} where id = %s"
    refused(rule, sql, session.pk)
    without(SESSION, rule, sql, session.pk)


# ── Rooms ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def room():
    return Room.objects.create(point=factories.point(factories.ward("Phường Có Phòng")), name="Hội trường", seats=60)


@pytest.mark.accepts("C14")
def test_two_sessions_never_take_place_in_one_room_at_one_time(room):
    first = announced(room=room)
    second = announced(begins_in=20 * DAY)
    move = f"update {SESSION} set room_id = %s, starts_at = %s, ends_at = %s, registration_opens = null, registration_closes = null where id = %s"
    for shift in (-2 * HOUR, dt.timedelta(0), 2 * HOUR):
        times = (first.starts_at + shift, first.ends_at + shift)
        refused("session_room_free", move, room.pk, *times, second.pk)
        without(SESSION, "session_room_free", move, room.pk, *times, second.pk)
    run(move, room.pk, first.ends_at, first.ends_at + HOUR, second.pk)  # one after the other


@pytest.mark.accepts("C14")
def test_a_draft_and_what_was_called_off_leave_the_room_free(room):
    first = announced(room=room)
    wanted = draft(room=room, starts_at=first.starts_at, ends_at=first.ends_at)
    for state in ("announced", "open", "closed", "under_way", "held"):
        refused("session_room_free", f"update {SESSION} set state = %s where id = %s", state, wanted.pk)
    with pytest.raises(services.Invalid, match="phòng này"):
        services.announce(wanted, None)
    assert Session.objects.get(pk=wanted.pk).state == "draft"
    services.cancel_session(first, "Mất điện", None)
    assert services.announce(wanted, None).state == "announced"


@pytest.mark.accepts("C14")
def test_of_two_that_were_asked_at_once_the_second_hears_it_in_words(room, monkeypatch):
    """Both have looked and found the room free: the database decides, the message is the same."""
    first = announced(room=room)
    wanted = draft(room=room, starts_at=first.starts_at, ends_at=first.ends_at)
    monkeypatch.setattr(Session, "full_clean", lambda self, *args, **kwargs: None)
    with pytest.raises(services.Invalid, match="phòng này"):
        services.announce(wanted, None)


@pytest.mark.accepts("C14")
def test_moving_into_a_taken_room_is_refused_and_changes_nothing(room):
    first, other = announced(room=room), announced(room=room, begins_in=20 * DAY)
    with pytest.raises(services.Invalid, match="phòng này"):
        services.move_session(other, first.starts_at, first.ends_at, "Đổi lịch", None)
    assert Session.objects.get(pk=other.pk).starts_at == other.starts_at
    assert not SessionMove.objects.exists()


# ── In words ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("field", "change"), [
    ("ends_at", {"ends_at": timezone.now()}),
    ("registration_opens", {"registration_opens": None}),
    ("registration_closes", {"registration_closes": None}),
    ("registration_closes", {"registration_closes": timezone.now() + 300 * DAY}),
])  # fmt: skip
def test_a_session_says_what_is_wrong_at_the_field(field, change):
    session = draft()
    for name, value in change.items():
        setattr(session, name, value)
    with pytest.raises(ValidationError) as told:
        session.clean()
    assert list(told.value.message_dict) == [field]
    assert not any(english in str(told.value) for english in ("session", "Registration", "Say"))


def test_pools_registrations_policies_and_groups_say_it_too():
    pool = open_pool(2)
    other = open_pool(2)
    pool.village, pool.taken = "Thôn Đông", 5
    found = held(other)
    found.pool, found.size = pool, 0
    day = dt.date(2026, 1, 1)
    for row, fields in (
        (pool, {"village", "capacity"}),
        (found, {"pool", "size"}),
        (SeatPolicy(valid_from=day, hold_minutes=0), {"hold_minutes"}),
        (PriorityGroup(code="x", name="x", valid_from=day, valid_to=day - dt.timedelta(1)), {"valid_to"}),
        (Series(slot_minutes=1, per_person=0), {"slot_minutes", "per_person"}),
        (SessionMove(reason=" ", starts_at=timezone.now(), ends_at=timezone.now()), {"reason"}),
        (FormerPlace(place=" ", reason=" "), {"place", "reason"}),
    ):
        with pytest.raises(ValidationError) as told:
            row.clean()
        assert set(told.value.message_dict) == fields


@pytest.mark.parametrize(("sql", "rule"), [
    ("insert into dialogue_sessions_seatpolicy (valid_from, hold_minutes, offer_hours, offers_stop_hours, group_most, source)"
     " values ('2026-01-01', 0, 1, 1, 1, '')", "seat_policy_numbers"),
    ("insert into dialogue_sessions_seatpolicy (valid_from, hold_minutes, offer_hours, offers_stop_hours, group_most, source)"
     " values ('2026-01-01', 5, 1, 1, 1, ''), ('2026-01-01', 5, 1, 1, 1, '')", "seat_policy_once"),
    ("insert into dialogue_sessions_prioritygroup (code, name, name_en, rank, valid_from, valid_to, source)"
     " values ('x', 'x', '', 1, '2026-01-02', '2026-01-01', '')", "priority_group_validity"),
])  # fmt: skip
def test_dated_rules_are_whole(sql, rule):
    refused(rule, sql)


def test_a_policy_of_the_unit_goes_before_that_of_all_and_the_latest_before_the_former():
    ward = factories.ward("Phường Có Quy định")
    for day, unit, minutes in ((1, None, 10), (2, None, 20), (1, ward, 30), (9, ward, 40)):
        SeatPolicy.objects.create(valid_from=dt.date(2026, 1, day), unit=unit, hold_minutes=minutes)

    def minutes(unit, day):
        return SeatPolicy.objects.in_force(unit, dt.date(2026, 1, day)).hold_minutes

    assert [minutes(None, 1), minutes(None, 5), minutes(ward, 5), minutes(ward, 10)] == [10, 20, 30, 40]
    assert SeatPolicy.objects.in_force(ward, dt.date(2025, 1, 1)).hold_minutes == 15  # before any


def test_what_a_person_registered_under_does_not_change_later():
    pool = open_pool(1)
    SeatPolicy.objects.create(valid_from=dt.date(2020, 1, 1), hold_minutes=1)
    found = held(pool)
    assert found.held_until - found.created_at == dt.timedelta(minutes=15)


def test_ids_of_registrations_are_no_guess():
    found = held(open_pool())
    assert isinstance(found.uid, uuid.UUID) and found.uid.version == 4
    assert Registration.objects.filter(uid=found.uid).count() == 1


def test_a_session_has_no_two_pools_of_one_name():
    session = open_session(seats=[Seats(1)])
    with pytest.raises(services.Invalid):
        services.add_seats(session, Seats(3), None)
    added = services.add_seats(session, Seats(3, PoolKind.VILLAGE, village="Thôn Đông"), None)
    assert (added.name, added.taken) == ("Thôn Đông", 0)
    assert Pool.objects.filter(session=session).count() == 2
    assert proven_waiter(_full(pool_of(session, kind="hall"))).state == "waiting"


def _full(pool):
    while held(pool).state != "waiting":
        pass
    return pool
