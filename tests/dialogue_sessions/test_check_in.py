"""Who came: told present once, whoever tells it and however often; walk-ins; who did not come."""

import uuid

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from dialogue_sessions import services, tickets
from dialogue_sessions.enums import ArrivalBy, PoolKind
from dialogue_sessions.models import CheckIn, Registration
from dialogue_sessions.services import Seats, day, day_errors
from safeguards.models import Event
from tests.safeguards import staff

from . import making, promising
from .making import DAY, HOUR, MINUTE, check_seats, confirmed, fresh, held, person, pool_of, proven_waiter

pytestmark = pytest.mark.django_db


def open_session(days=10, **values):
    """A session at nine in the morning: hours before it are hours of its day, whenever the suite runs."""
    begins = timezone.localtime().replace(hour=9, minute=0, second=0, microsecond=0) + days * DAY
    return making.open_session(**{"begins_in": begins - timezone.now(), **values})


def open_pool(capacity=2, kind=PoolKind.HALL, **values):
    """Its only seats."""
    return pool_of(open_session(seats=[Seats(capacity, kind)], **values))


def key():
    return uuid.uuid4()


def at_the_door(session, before=30 * MINUTE):
    """The clock shortly before a session begins."""
    return time_machine.travel(session.starts_at - before, tick=False)


def begun(session):
    """The clock shortly after it began, and the state that follows."""
    return time_machine.travel(session.starts_at + MINUTE, tick=False)


def test_somebody_is_told_present_and_an_event_says_so_without_a_name():
    someone = confirmed(open_pool(2))
    with at_the_door(someone.session):
        arrival = day.check_in(someone, None, key=key(), how=ArrivalBy.TICKET)
    assert arrival.new and fresh(someone).state == "attended"
    event = Event.objects.get(kind="dialogue_sessions.registration_attended")
    assert event.payload["how"] == "ticket" and "Nguyễn" not in str(event.payload)
    check_seats(someone.session)


def test_a_telling_that_is_sent_twice_counts_once_and_keeps_its_time():
    someone, same = confirmed(open_pool(2)), key()
    told = someone.session.starts_at - 40 * MINUTE
    with at_the_door(someone.session):
        first = day.check_in(someone, None, key=same, at=told)
        second = day.check_in(someone, None, key=same, at=told + MINUTE)
    assert first.new and not second.new and second.check_in.pk == first.check_in.pk
    row = CheckIn.objects.get()
    assert (row.at, row.received_at) == (told, someone.session.starts_at - 30 * MINUTE)
    assert Event.objects.filter(kind="dialogue_sessions.registration_attended").count() == 1


def test_two_telephones_that_tell_the_same_person_write_one_arrival():
    someone = confirmed(open_pool(2))
    with at_the_door(someone.session):
        assert day.check_in(someone, None, key=key()).new
        assert not day.check_in(someone, None, key=key()).new
    assert CheckIn.objects.count() == 1


def test_a_time_that_a_telephone_invents_stays_within_the_day_and_before_its_arrival():
    pool = open_pool(2)
    early, late = confirmed(pool), confirmed(pool)
    with at_the_door(pool.session):
        day.check_in(early, None, key=key(), at=timezone.now() - 5 * DAY)
        day.check_in(late, None, key=key(), at=timezone.now() + DAY)
    assert early.check_ins.get().at == day.opens_at(pool.session)
    assert late.check_ins.get().at == late.check_ins.get().received_at


def test_the_day_before_nobody_is_told_present():
    someone = confirmed(open_pool(2))
    with time_machine.travel(day.opens_at(someone.session) - MINUTE, tick=False), pytest.raises(day_errors.NotThatDay) as refused:
        day.check_in(someone, None, key=key())
    assert f"{timezone.localtime(someone.session.starts_at):%d/%m/%Y}" in str(refused.value)
    assert fresh(someone).state == "confirmed"


def test_of_a_group_those_who_came_are_counted():
    group = confirmed(open_pool(5), size=4)
    with at_the_door(group.session):
        with pytest.raises(services.GroupTooLarge):
            day.check_in(group, None, key=key(), people=5)
        with pytest.raises(services.GroupTooLarge):
            day.check_in(group, None, key=key(), people=0)
        day.check_in(group, None, key=key(), people=3)
    found = day.attendance(group.session)
    assert (found.expected, found.came, found.present, found.missing, found.no_show_rate) == (4, 3, 3, 1, None)


def test_who_cancelled_is_refused_in_words():
    someone = confirmed(open_pool(2))
    services.cancel(someone)
    with at_the_door(someone.session), pytest.raises(day_errors.NotExpected):
        day.check_in(someone, None, key=key())


def test_a_ticket_of_another_session_is_refused_and_says_which():
    mine, other = open_pool(2), confirmed(open_pool(2))
    token = tickets.ticket_token(other)
    with pytest.raises(day_errors.OtherSession) as refused:
        day.by_ticket(mine.session, f"https://example.vn/lich/x/cho/{token}/")
    assert other.session.title in str(refused.value)
    assert day.by_ticket(other.session, token).pk == other.pk
    for wrong in ("", "https://example.vn/", token[:-1] + ("A" if token[-1] != "A" else "B"), "x" * 500, "đ" * 38):
        with pytest.raises(day_errors.NoSuchTicket):
            day.by_ticket(mine.session, wrong)


@pytest.mark.parametrize("typed", ["", "0", "9", "abc", "-1", "1.5", "99999999999999", "１", "²"])
def test_a_number_that_nobody_has_is_told(typed):
    pool = open_pool(2)
    confirmed(pool)
    with pytest.raises(day_errors.NoSuchNumber):
        day.by_number(pool.session, typed)


def test_a_number_is_found_as_it_stands_on_the_ticket():
    pool = open_pool(2)
    someone = confirmed(pool)
    assert day.by_number(pool.session, f" #{someone.seat_no} ").pk == someone.pk


def test_a_seat_that_is_held_or_offered_is_theirs_at_the_door():
    first = confirmed(open_pool(2))
    offered, holding = proven_waiter_of_a_full(first), None
    assert fresh(offered).state == "offered"
    with at_the_door(first.session, 5 * HOUR):
        Registration.objects.filter(pk=offered.pk).update(offered_until=first.session.starts_at)
        holding = held(first.pool)
        for row in (offered, holding):
            day.check_in(row, None, key=key())
            assert fresh(row).state == "attended" and fresh(row).seat_no
    check_seats(first.session)


def proven_waiter_of_a_full(first):
    """Somebody who waited for both seats that were taken, and is offered the one that is given back; the other is given back, too."""
    second = confirmed(first.pool)
    waiter = proven_waiter(first.pool)
    services.cancel(first)
    services.cancel(second)
    return waiter


def test_a_seat_whose_time_is_over_is_not_theirs_any_more():
    someone = held(open_pool(1))
    with at_the_door(someone.session), pytest.raises(day_errors.NotExpected):
        day.check_in(someone, None, key=key())
    assert fresh(someone).state == "held"  # the job of the minute writes it


def test_who_waits_is_seated_at_the_door_only_when_no_more_offers_are_made_and_a_seat_is_free():
    first = confirmed(open_pool(1))
    waiter = proven_waiter(first.pool)
    session = first.session
    with at_the_door(session, 8 * HOUR), pytest.raises(day_errors.NotExpected):
        day.check_in(waiter, None, key=key())
    with at_the_door(session):
        with pytest.raises(day_errors.NoSeatAtTheDoor):
            day.check_in(waiter, None, key=key())
        services.cancel(fresh(first))
        assert fresh(waiter).state == "waiting"
        assert day.check_in(waiter, None, key=key()).new
    assert fresh(waiter).state == "attended"
    check_seats(session)


# ── Walk-ins ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_walk_in_takes_the_seats_kept_for_it_and_no_other_while_offers_are_made():
    session = open_session(seats=[Seats(2), Seats(1, PoolKind.WALK_IN)], offers_stop_hours=1)
    with time_machine.travel(session.starts_at - 5 * HOUR, tick=False):
        assert session.makes_offers(timezone.now())
        assert day.walk_in(session, None, key=key(), name="Trần Thị Bích").registration.pool.kind == PoolKind.WALK_IN
        with pytest.raises(day_errors.NoSeatAtTheDoor):
            day.walk_in(session, None, key=key())
    with at_the_door(session):
        assert day.walk_in(session, None, key=key()).registration.pool.kind == PoolKind.HALL
    check_seats(session)
    assert day.attendance(session).walk_ins == 2


def test_a_walk_in_that_is_sent_twice_is_one_and_keeps_its_number():
    session, same = open_session(seats=[Seats(5)]), key()
    with at_the_door(session):
        first, second = day.walk_in(session, None, key=same, size=2), day.walk_in(session, None, key=same, size=2)
    assert first.new and not second.new and first.registration.seat_no == second.registration.seat_no
    assert pool_of(session).taken == 2


def test_seats_of_a_village_go_to_its_own_people():
    session = open_session(seats=[Seats(1, PoolKind.VILLAGE, village="Thôn Đông")])
    with at_the_door(session):
        with pytest.raises(day_errors.NoSeatAtTheDoor):
            day.walk_in(session, None, key=key(), village="Thôn Tây")
        assert day.walk_in(session, None, key=key(), village=" thôn đông ").new


def test_when_it_is_full_the_clerk_reads_what_there_is_instead():
    session = open_session(seats=[Seats(1)], online_link="https://hop.example.vn/a")
    later = open_session(seats=[Seats(1)], unit=session.unit, days=20)
    with at_the_door(session):
        day.walk_in(session, None, key=key())
        with pytest.raises(day_errors.NoSeatAtTheDoor) as refused:
            day.walk_in(session, None, key=key())
    assert "https://hop.example.vn/a" in str(refused.value) and later.title in str(refused.value)


def test_what_was_written_on_paper_is_entered_after_the_end():
    session = open_session(seats=[Seats(1)])
    with time_machine.travel(session.ends_at + HOUR, tick=False):
        services.follow_clock(session.pk)
        arrival = day.walk_in(session, None, key=key(), at=session.starts_at)
    assert fresh(session).state == "held" and arrival.check_in.at == session.starts_at


# ── Taking back, and closing the list ─────────────────────────────────────────────────────────────────────────────────


def test_a_mistake_is_taken_back_and_a_late_copy_of_it_changes_nothing():
    someone, same = confirmed(open_pool(1)), key()
    with at_the_door(someone.session):
        day.check_in(someone, None, key=same)
        day.undo_check_in(someone, None)
        assert fresh(someone).state == "confirmed"
        assert not day.check_in(someone, None, key=same).new and fresh(someone).state == "confirmed"
        with pytest.raises(day_errors.NotPresent):
            day.undo_check_in(someone, None)
        assert day.check_in(someone, None, key=key()).new
    check_seats(someone.session)


def test_a_walk_in_that_is_taken_back_frees_the_seat():
    session = open_session(seats=[Seats(1, PoolKind.WALK_IN)])
    with at_the_door(session):
        arrival = day.walk_in(session, None, key=key())
        assert day.undo_check_in(arrival.registration, None).state == "cancelled"
        assert day.walk_in(session, None, key=key()).new
    check_seats(session)


def test_closing_says_who_did_not_come_and_a_late_telling_still_counts():
    pool = open_pool(4)
    came, late, absent = confirmed(pool), confirmed(pool), confirmed(pool)
    session = pool.session
    with at_the_door(session):
        day.check_in(came, None, key=key())
        with pytest.raises(day_errors.NotBegun):
            day.close_attendance(session, None)
    with begun(session):
        services.follow_clock(session.pk)
        assert day.close_attendance(session, None) == 2
        assert day.close_attendance(session, None) == 0
        assert day.attendance(session).no_show_rate == pytest.approx(2 / 3)
        assert day.check_in(late, None, key=key(), at=session.starts_at - MINUTE).new
        assert (fresh(late).state, fresh(absent).state) == ("attended", "no_show")
        assert day.attendance(session).no_show_rate == pytest.approx(1 / 3)
        assert day.undo_check_in(late, None).state == "no_show"
        assert day.reopen_attendance(session, None) == 2
        assert {fresh(late).state, fresh(absent).state} == {"confirmed"} and day.attendance(session).no_show_rate is None
        assert day.close_attendance(session, None) == 2
    check_seats(session)


def test_once_the_minutes_are_final_nothing_of_it_changes(monkeypatch):
    pool = open_pool(2)
    came, other = confirmed(pool), confirmed(pool)
    with begun(pool.session):
        services.follow_clock(pool.session.pk)
        day.check_in(came, None, key=key())
        monkeypatch.setattr(day, "final", [lambda session: session.pk == pool.session.pk])
        for refused in (
            lambda: day.check_in(other, None, key=key()),
            lambda: day.undo_check_in(came, None),
            lambda: day.walk_in(pool.session, None, key=key()),
            lambda: day.close_attendance(pool.session, None),
            lambda: day.reopen_attendance(pool.session, None),
        ):
            with pytest.raises(day_errors.AttendanceFinal):
                refused()
    assert (fresh(came).state, fresh(other).state) == ("attended", "confirmed")


def test_final_minutes_are_what_ends_it():
    minutes = promising.circulated()
    day.close_attendance(minutes.session, None)
    with time_machine.travel(timezone.now() + 30 * DAY, tick=False):
        services.finish(minutes, None)
        with pytest.raises(day_errors.AttendanceFinal):
            day.reopen_attendance(minutes.session, None)


def test_what_a_list_of_the_back_office_marks_is_told_again_at_the_door():
    someone = confirmed(open_pool(1))
    user = staff.person("so-tay", role="administrator")
    with begun(someone.session):
        services.follow_clock(someone.session.pk)
        day.check_in(someone, None, key=key())
        services.mark(someone, False, user)
        assert day.attendance(someone.session).came == 0
        assert day.check_in(someone, None, key=key()).new
        assert day.attendance(someone.session).came == 1
        services.mark(someone, False, user)
        services.mark(someone, True, user)
        assert not day.check_in(someone, None, key=key()).new
    assert CheckIn.objects.filter(undone_at=None).count() == 1


def test_a_list_of_the_back_office_marks_nothing_that_the_minutes_have_fixed_or_before_it_begins():
    someone = confirmed(open_pool(1))
    with pytest.raises(day_errors.NotThatDay):
        services.mark(someone, True, None)
    with begun(someone.session):
        with pytest.raises(day_errors.NotBegun):
            services.mark(someone, True, None)
        services.follow_clock(someone.session.pk)
        assert services.mark(someone, True, None).state == "attended"
        assert CheckIn.objects.get(registration=someone).how == "list"
    with time_machine.travel(someone.session.ends_at + DAY, tick=False):
        services.follow_clock(someone.session.pk)
        minutes = promising.circulated(fresh(someone.session))
        services.mark(someone, False, None)
    with time_machine.travel(someone.session.ends_at + 30 * DAY, tick=False):
        services.finish(minutes, None)
        for came in (True, False):
            with pytest.raises(day_errors.AttendanceFinal):
                services.mark(someone, came, None)


def test_who_came_without_registering_is_taken_off_the_list_by_it():
    pool = open_pool(3, kind="walk_in")
    with begun(pool.session):
        services.follow_clock(pool.session.pk)
        came = day.walk_in(pool.session, None, key=key()).registration
        assert services.mark(came, False, None).state == "cancelled"
        assert (day.attendance(pool.session).walk_ins, fresh(pool).taken) == (0, 0)


def test_who_registered_again_meanwhile_keeps_one_place():
    pool = open_pool(3)
    someone = confirmed(pool)
    with at_the_door(pool.session, 8 * HOUR):
        day.check_in(someone, None, key=key())
        Registration.objects.filter(pk=services.hold(pool, person()).pk).update(contact_hmac=someone.contact_hmac)
        with pytest.raises(services.AlreadyRegistered):
            day.undo_check_in(someone, None)
    assert fresh(someone).state == "attended"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("check_in_people", "people = 0"),
        ("check_in_in_order", "at = received_at + interval '1 second'"),
        ("check_in_how", "how = 'guess'"),
    ],
)
def test_the_database_holds_the_rules_of_an_arrival(name, change):
    someone = confirmed(open_pool(1))
    with at_the_door(someone.session):
        day.check_in(someone, None, key=key())
    with pytest.raises(IntegrityError, match=name), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"update dialogue_sessions_checkin set {change}")


def test_the_database_holds_one_living_arrival_of_a_registration():
    someone = confirmed(open_pool(1))
    with at_the_door(someone.session):
        row = day.check_in(someone, None, key=key()).check_in
    row.pk, row.key = None, key()
    with pytest.raises(IntegrityError, match="check_in_once"), transaction.atomic():
        row.save(force_insert=True)


def test_the_numbers_are_read_in_two_queries_however_many_came(django_assert_num_queries):
    pool = open_pool(8)
    rows = [confirmed(pool) for _ in range(6)]
    with at_the_door(pool.session):
        for row in rows[:4]:
            day.check_in(row, None, key=key())
    with django_assert_num_queries(2):
        found = day.attendance(pool.session)
    assert (found.expected, found.present, found.missing) == (6, 4, 2)
