"""How seats are given: held, confirmed, waited for, offered, given back."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from dialogue_sessions import jobs, services
from dialogue_sessions.contacts import applicant, opened
from dialogue_sessions.enums import REGISTRATION_MOVES, SESSION_MOVES, PoolKind, RegistrationState, SessionState, Source
from dialogue_sessions.models import PriorityGroup, Registration, SeatPolicy, SessionMove
from dialogue_sessions.services import Seats
from safeguards.encryption import Unreadable
from safeguards.models import Event, User

from .making import (
    DAY,
    HOUR,
    MINUTE,
    announced,
    check_seats,
    confirmed,
    contact,
    fresh,
    held,
    open_pool,
    open_session,
    person,
    pool_of,
    proven_waiter,
    states,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk():
    return User.objects.create_user("can-bo")


@pytest.fixture
def later():
    """Move the clock on, by so much from the first move on (and a moment: nothing falls on the very second)."""
    began, moves = [], []

    def travel(by):
        for move in moves:
            move.stop()
        began.append(timezone.now())
        move = time_machine.travel(began[0] + by + dt.timedelta(seconds=1), tick=False)
        move.start()
        moves[:] = [move]

    yield travel
    for move in moves:
        move.stop()


def events(row):
    return list(Event.objects.filter(subject_id=str(row.pk), subject_type=row._meta.label_lower).order_by("pk").values_list("kind", flat=True))


def lapsing(session_id):
    """The jobs that look at a session when a term ends."""
    from procrastinate.contrib.django.models import ProcrastinateJob

    return ProcrastinateJob.objects.filter(task_name="dialogue_sessions.lapse", args__session_id=session_id)


# ── Held and confirmed ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_seat_is_held_for_some_minutes_and_confirmed_by_a_proven_contact():
    pool = open_pool(2)
    found = held(pool)
    assert (found.state, found.queue_no, found.seat_no, found.is_proven) == ("held", 1, None, False)
    assert found.held_until - found.created_at == dt.timedelta(minutes=15)
    assert fresh(pool).taken == 1
    services.confirm(found)
    assert (found.state, found.seat_no, found.is_proven) == ("confirmed", 1, True)
    assert fresh(found).confirmed_at is not None
    assert fresh(pool).taken == 1
    assert events(found) == ["dialogue_sessions.registration_held", "dialogue_sessions.registration_confirmed"]


def test_nothing_personal_stands_in_the_row_the_event_or_the_job():
    pool = open_pool()
    services.hold(pool, applicant("Trần Thị Bí Mật", "0912345678", contact("x")))
    row = Registration.objects.values().get()
    told = [*row.values(), *Event.objects.values_list("payload", flat=True), *lapsing(pool.session_id).values_list("args", flat=True)]
    assert "Bí Mật" not in repr(told) and "0912345678" not in repr(told)
    assert opened(Registration.objects.get()) == ("Trần Thị Bí Mật", "0912345678")
    assert list(lapsing(pool.session_id).values_list("args", flat=True)) == [{"session_id": pool.session_id}]


def test_a_registration_asks_the_database_for_little_while_others_wait(django_assert_num_queries):
    """The lock, a look around, the seat, the row, the event, the job; here between a savepoint and its release."""
    pool = open_pool()
    held(pool)
    who = person()
    with django_assert_num_queries(8):
        services.hold(pool, who)


def test_what_is_written_is_what_the_row_says():
    """The statement of its own writes each column, as saving would."""
    found = held(open_pool(), village="Thôn Đông", subject="Đường liên thôn", needs=["wheelchair", "companion"], size=2)
    written = fresh(found)
    for field in Registration._meta.concrete_fields:
        assert getattr(written, field.attname) == getattr(found, field.attname), field.name
    assert written.needs == ["wheelchair", "companion"]
    found.village = "Thôn Tây"
    found.save()  # known to be there: an UPDATE
    assert Registration.objects.get().village == "Thôn Tây"


def test_what_is_sealed_for_one_row_says_nothing_in_another():
    pool = open_pool()
    first, second = held(pool), held(pool)
    Registration.objects.filter(pk=second.pk).update(name_sealed=first.name_sealed)
    with pytest.raises(Unreadable):
        opened(fresh(second))


def test_who_reads_a_contact_is_on_record(clerk):
    found = held(open_pool())
    assert services.reveal(found, actor=clerk)[0].startswith("Nguyễn Văn")
    assert Event.objects.get(kind="dialogue_sessions.contact_read").actor == clerk


def test_a_hold_lapses_by_its_own_job_and_the_contact_may_come_again(later):
    pool = open_pool(1)
    found = services.hold(pool, person("an"))
    assert lapsing(pool.session_id).get().scheduled_at == found.held_until
    later(16 * MINUTE)
    with pytest.raises(services.Lapsed):
        services.confirm(found)
    assert jobs.lapse(session_id=pool.session_id) == 1
    assert fresh(found).state == "expired" and fresh(found).ended_at is not None
    assert fresh(pool).taken == 0
    assert services.hold(pool, person("an")).state == "held"


def test_a_hold_that_is_due_gives_way_to_whoever_comes_next_before_any_job(later):
    pool = open_pool(1)
    services.hold(pool, person("an"))
    later(16 * MINUTE)
    assert services.hold(pool, person("an")).state == "held"
    assert states(pool) == ["expired", "held"]
    check_seats(pool.session)


def test_one_contact_has_one_place_in_a_session_whatever_its_pool():
    session = open_session(seats=[Seats(2), Seats(2, PoolKind.ONLINE)], online_link="https://hop.example.vn/1")
    services.hold(pool_of(session, kind="hall"), person("an"))
    with pytest.raises(services.AlreadyRegistered, match="đã đăng ký"):
        services.hold(pool_of(session, kind="online"), person("an"))
    assert Registration.objects.count() == 1
    check_seats(session)


def test_a_clerk_writes_down_several_people_under_one_number_and_they_are_confirmed_at_once(clerk):
    pool = open_pool(3)
    services.hold(pool, person("an"))
    for source in (Source.TELEPHONE, Source.PAPER):
        found = services.hold(pool, person("an"), source=source, actor=clerk)
        assert (found.state, found.is_proven) == ("confirmed", True)
    nameless = services.hold(pool, applicant("Cụ Tư"), source=Source.CLERK, actor=clerk)
    assert nameless.state == "waiting" and services.position(nameless) == 1
    assert list(Registration.objects.exclude(seat_no=None).values_list("seat_no", flat=True).order_by("seat_no")) == [1, 2]


def test_a_number_is_never_given_twice():
    pool = open_pool(2)
    first = confirmed(pool)
    services.cancel(first)
    assert confirmed(pool).seat_no == 2
    assert fresh(first).seat_no == 1


@pytest.mark.parametrize("state", ["draft", "announced", "closed", "cancelled"])
def test_a_session_that_is_not_open_takes_nobody(state, clerk):
    session = announced() if state != "closed" else open_session()
    if state == "closed":
        services.close_registration(session, None)
    elif state == "cancelled":
        services.cancel_session(session, "Bão", None)
    elif state == "draft":
        type(session).objects.filter(pk=session.pk).update(state="draft")
    with pytest.raises(services.NotOpen):
        held(pool_of(session))
    if state in {"announced", "closed"}:
        assert services.hold(pool_of(session), person(), source=Source.PAPER, actor=clerk).state == "confirmed"


def test_registration_ends_by_the_time_even_before_the_state_follows(later):
    pool = open_pool(begins_in=2 * HOUR, registration_closes=timezone.now() + HOUR)
    later(HOUR + MINUTE)
    with pytest.raises(services.NotOpen):
        held(pool)


def test_seats_of_a_village_and_for_walk_ins_are_kept(clerk):
    session = open_session(seats=[Seats(1, PoolKind.VILLAGE, village="Thôn Đông"), Seats(1, PoolKind.WALK_IN)])
    village, door = pool_of(session, kind="village"), pool_of(session, kind="walk_in")
    with pytest.raises(services.NotForYou):
        held(village, village="Thôn Tây")
    assert held(village, village=" thôn đông ").state == "held"
    with pytest.raises(services.NotForYou):
        held(door)
    assert services.hold(door, person(), source=Source.CLERK, actor=clerk).state == "confirmed"


# ── Waiting ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_finds_no_seat_waits_and_is_offered_the_first_that_frees():
    pool = open_pool(1)
    seated = confirmed(pool)
    first, second = proven_waiter(pool), proven_waiter(pool)
    assert [services.position(row) for row in (first, second)] == [1, 2]
    services.cancel(seated)
    first, second = fresh(first), fresh(second)
    assert (first.state, second.state) == ("offered", "waiting")
    assert first.offered_until - timezone.now() > 23 * HOUR
    assert services.position(second) == 1
    services.accept(first)
    assert fresh(first).state == "confirmed" and fresh(pool).taken == 1


def test_an_offer_that_is_declined_or_not_answered_goes_to_the_next(later):
    pool = open_pool(1)
    seated = confirmed(pool)
    rows = [proven_waiter(pool) for _ in range(3)]
    services.cancel(seated)
    services.decline(rows[0])
    assert states(pool) == ["cancelled", "declined", "offered", "waiting"]
    later(25 * HOUR)
    with pytest.raises(services.Lapsed):
        services.accept(fresh(rows[1]))
    assert jobs.expire_due(timestamp=0) == 1
    assert states(pool) == ["cancelled", "declined", "expired", "offered"]
    assert jobs.expire_due(timestamp=0) == 0
    check_seats(pool.session)


def test_who_is_typing_the_code_keeps_the_place_in_the_queue_and_gets_a_held_seat():
    pool = open_pool(1)
    seated = confirmed(pool)
    waiting = held(pool)
    assert waiting.state == "waiting" and not waiting.is_proven
    until = waiting.held_until
    services.cancel(seated)
    assert (fresh(waiting).state, fresh(waiting).held_until) == ("held", until)
    assert services.confirm(waiting).state == "confirmed"


def test_a_place_in_the_queue_that_nobody_proves_lapses(later):
    pool = open_pool(1)
    confirmed(pool)
    waiting = held(pool)
    later(16 * MINUTE)
    assert services.expire(pool.session_id) == 1
    assert fresh(waiting).state == "expired"
    check_seats(pool.session)


def test_priority_groups_go_first_and_within_them_first_come_first_served():
    group = PriorityGroup.objects.create(code="nguoi-cao-tuoi", name="Người trên 80 tuổi", rank=2, valid_from=dt.date(2020, 1, 1))
    over = PriorityGroup.objects.create(code="cu", name="Cũ", rank=9, valid_from=dt.date(2020, 1, 1), valid_to=dt.date(2021, 1, 1))
    pool = open_pool(1)
    seated = confirmed(pool)
    plain, past = proven_waiter(pool), proven_waiter(pool, priority_group=over)
    first, second = proven_waiter(pool, priority_group=group), proven_waiter(pool, priority_group=group)
    assert [services.position(row) for row in (first, second, plain, past)] == [1, 2, 3, 4]
    order = []
    current = seated
    for _ in range(4):
        services.cancel(fresh(current))
        current = Registration.objects.get(state="offered")
        order.append(current.pk)
    assert order == [first.pk, second.pk, plain.pk, past.pk]


def test_a_group_keeps_its_place_and_a_smaller_one_behind_it_takes_what_is_too_little_for_it():
    pool = open_pool(3)
    seated = [confirmed(pool) for _ in range(3)]
    group, single = proven_waiter(pool, size=3), proven_waiter(pool)
    services.cancel(seated[0])
    assert (fresh(group).state, fresh(single).state) == ("waiting", "offered")
    assert services.position(fresh(group)) == 1
    services.decline(fresh(single))
    services.cancel(seated[1])
    services.cancel(seated[2])
    assert fresh(group).state == "offered" and fresh(pool).taken == 3


def test_a_group_that_comes_with_fewer_is_offered_what_is_free():
    pool = open_pool(2)
    seated = confirmed(pool)
    group = proven_waiter(pool, size=2)
    assert services.change_size(group, 1).state == "offered"
    services.accept(group)
    with pytest.raises(services.Full):
        services.change_size(group, 2)
    services.cancel(seated)
    assert services.change_size(fresh(group), 2).size == 2
    check_seats(pool.session)


def test_a_group_has_no_more_people_than_the_policy_allows():
    SeatPolicy.objects.create(valid_from=dt.date(2020, 1, 1), group_most=2, hold_minutes=5)
    pool = open_pool(9)
    with pytest.raises(services.GroupTooLarge, match="2"):
        held(pool, size=3)
    found = held(pool, size=2)
    assert found.held_until - found.created_at == dt.timedelta(minutes=5)
    with pytest.raises(services.GroupTooLarge):
        services.change_size(found, 3)


def test_no_offer_is_made_in_the_last_hours_and_none_outlasts_them(later, clerk):
    pool = open_pool(1, begins_in=DAY)
    seated = confirmed(pool)
    first, second = proven_waiter(pool), proven_waiter(pool)
    later(10 * HOUR)
    services.cancel(seated)
    assert fresh(first).offered_until == pool.session.starts_at - 3 * HOUR
    later(21 * HOUR)
    jobs.expire_due(timestamp=0)
    assert states(pool) == ["cancelled", "expired", "waiting"]
    assert services.promote(pool.session) == []
    assert held(pool).state == "waiting"  # nobody goes before those who wait
    assert services.seat_at_the_door(fresh(second), actor=clerk).state == "confirmed"
    check_seats(pool.session)


def test_a_clerk_seats_nobody_from_the_queue_while_offers_are_made(clerk):
    pool = open_pool(1)
    confirmed(pool)
    with pytest.raises(services.WrongState):
        services.seat_at_the_door(proven_waiter(pool), actor=clerk)


def test_changing_seats_keeps_the_old_one_until_there_is_a_new_one():
    session = open_session(seats=[Seats(1), Seats(1, PoolKind.ONLINE)], online_link="https://hop.example.vn/1")
    hall, online = pool_of(session, kind="hall"), pool_of(session, kind="online")
    here, there = confirmed(hall), confirmed(online)
    waiting = proven_waiter(hall)
    with pytest.raises(services.Full):
        services.change_pool(here, online)
    assert fresh(here).pool == hall
    services.cancel(there)
    assert services.change_pool(here, online).pool == online
    assert fresh(waiting).state == "offered"
    check_seats(session)


def test_who_waits_takes_a_free_seat_elsewhere_or_goes_to_the_end_of_the_other_queue():
    session = open_session(seats=[Seats(1), Seats(1, PoolKind.ONLINE)], online_link="https://hop.example.vn/1")
    hall, online = pool_of(session, kind="hall"), pool_of(session, kind="online")
    confirmed(hall)
    first, second, third = proven_waiter(hall), proven_waiter(hall), held(hall)
    assert services.change_pool(first, online).state == "confirmed"
    behind = proven_waiter(online)
    assert services.change_pool(second, online).state == "waiting"
    assert [services.position(row) for row in (behind, second)] == [1, 2]
    services.cancel(first)
    services.decline(fresh(behind))
    services.decline(fresh(second))
    assert services.change_pool(third, online).state == "held"  # not proven yet
    check_seats(session)


def test_the_jobs_come_by_themselves_each_minute():
    from procrastinate.contrib.django import app

    app.perform_import_paths()
    periodic = {entry.task.name: entry.cron for entry in app.periodic_registry.periodic_tasks.values()}
    assert periodic["dialogue_sessions.expire_due"] == periodic["dialogue_sessions.follow_clocks"] == "* * * * *"


# ── Capacity ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("C4")
def test_fewer_seats_than_are_confirmed_or_promised_are_refused():
    pool = open_pool(4)
    for _ in range(2):
        confirmed(pool)
    pending = held(pool)
    with pytest.raises(services.CapacityTooLow, match=r"2.*1"):
        services.set_capacity(pool, 2, None)
    services.cancel(pending)
    assert services.set_capacity(pool, 2, None).capacity == 2
    with pytest.raises(services.CapacityTooLow):
        services.set_capacity(pool, 1, None)
    assert fresh(pool).capacity == 2
    assert Event.objects.filter(kind="dialogue_sessions.capacity_changed").count() == 1


def test_more_seats_go_to_those_who_wait():
    pool = open_pool(1)
    confirmed(pool)
    waiting = [proven_waiter(pool) for _ in range(3)]
    services.set_capacity(pool, 3, None)
    assert [fresh(row).state for row in waiting] == ["offered", "offered", "waiting"]


# ── Limits ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def limits_on(settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "seat_contact": (2, 3600), "seat_address": (3, 3600)}


def test_a_contact_and_an_address_register_so_often_an_hour(limits_on):
    pools = [open_pool() for _ in range(3)]
    for pool in pools[:2]:
        services.hold(pool, person("an"), address="203.0.113.9")
    with pytest.raises(services.TooManyTries) as refused:
        services.hold(pools[2], person("an"), address="203.0.113.9")
    assert 0 < refused.value.retry_after <= 3600
    with pytest.raises(services.TooManyTries):
        services.hold(pools[2], person("bình"), address="203.0.113.9")
    assert services.hold(pools[2], person("bình"), address="203.0.113.10").state == "held"


def test_a_clerk_is_not_counted(limits_on, clerk):
    pool = open_pool(9)
    for _ in range(5):
        services.hold(pool, person("an"), source=Source.PAPER, actor=clerk, address="203.0.113.9")


# ── The life of a session ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_session_lives_by_the_clock_and_at_its_end_the_queue_is_over(later):
    pool = open_pool(1, begins_in=2 * DAY)
    seated, waiting, late = confirmed(pool), proven_waiter(pool), held(pool)
    for by, state in [(2 * DAY - HOUR, "closed"), (2 * DAY, "under_way"), (2 * DAY + 3 * HOUR, "held")]:
        later(by)
        assert jobs.follow_clocks(timestamp=0) == 1
        assert fresh(pool.session).state == state
    assert [fresh(row).state for row in (seated, waiting, late)] == ["confirmed", "expired", "expired"]
    assert jobs.follow_clocks(timestamp=0) == 0


def test_a_session_nobody_looked_at_for_a_week_catches_up(later):
    session = announced(begins_in=DAY)
    later(9 * DAY)
    assert services.follow_clock(session.pk).state == "held"
    kinds = [kind for kind in events(session) if kind.startswith("dialogue_sessions.session_")]
    assert [kind.rpartition("session_")[2] for kind in kinds] == ["planned", "announced", "under_way", "held"]


def test_a_session_is_called_off_with_a_reason_and_everybody_with_it():
    pool = open_pool(1)
    rows = [confirmed(pool), proven_waiter(pool), held(pool)]
    with pytest.raises(services.ReasonMissing):
        services.cancel_session(pool.session, "  ", None)
    services.cancel_session(pool.session, "Bão số 9", None)
    session = fresh(pool.session)
    assert (session.state, session.reason) == ("cancelled", "Bão số 9")
    assert {fresh(row).state for row in rows} == {"cancelled"}
    assert all("dialogue_sessions.registration_cancelled" in events(row) for row in rows)
    assert fresh(pool).taken == 0
    with pytest.raises(services.WrongState):
        services.cancel_session(session, "Lại nữa", None)


def test_a_session_that_moves_keeps_its_seats_and_its_former_date():
    pool = open_pool(1)
    seated, was = confirmed(pool), pool.session.starts_at
    lead = was - pool.session.registration_closes
    with pytest.raises(services.ReasonMissing):
        services.move_session(pool.session, was + DAY, was + DAY + HOUR, "", None)
    session = services.move_session(pool.session, was + DAY, was + DAY + HOUR, "Chủ tịch họp đột xuất", None)
    assert session.state == SessionState.OPEN
    assert session.starts_at - session.registration_closes == lead
    move = SessionMove.objects.get()
    assert (move.old_starts_at, move.starts_at, move.reason) == (was, was + DAY, "Chủ tịch họp đột xuất")
    assert fresh(seated).state == "confirmed"
    assert "dialogue_sessions.session_moved" in events(session)


def test_an_offer_does_not_outlast_a_session_that_is_moved_forward():
    pool = open_pool(1)
    seated, waiting = confirmed(pool), None
    waiting = proven_waiter(pool)
    services.cancel(seated)
    now = timezone.now()
    session = services.move_session(pool.session, now + 8 * HOUR, now + 9 * HOUR, "Dời sớm", None, registration_closes=now + 2 * HOUR)
    assert fresh(waiting).offered_until == session.offers_end()


def test_seats_online_need_a_link():
    with pytest.raises(services.SessionError, match="đường dẫn"):
        announced(seats=[Seats(3, PoolKind.ONLINE)])


def test_registration_is_closed_and_opened_again_by_hand():
    pool = open_pool(1, begins_in=5 * DAY)
    session = services.close_registration(pool.session, None)
    session = services.reopen_registration(session, timezone.now() + DAY, None)
    assert session.state == "open" and held(pool).state == "held"
    with pytest.raises(services.Invalid, match="không muộn hơn"):
        services.reopen_registration(services.close_registration(session, None), session.starts_at + DAY, None)


@pytest.mark.parametrize(("table", "states_of"), [(SESSION_MOVES, SessionState), (REGISTRATION_MOVES, RegistrationState)])
def test_the_tables_of_transitions_know_every_state(table, states_of):
    assert set(table) == set(states_of.values)
    assert all(to in states_of.values for targets in table.values() for to in targets)


@pytest.mark.parametrize("service", [services.confirm, services.accept, services.decline, services.cancel])
def test_what_is_over_stays_so(service):
    found = confirmed(open_pool())
    services.cancel(found)
    with pytest.raises(services.WrongState, match="thay đổi"):
        service(found)


def test_nobody_cancels_what_has_been_held(later):
    pool = open_pool(begins_in=DAY)
    found = confirmed(pool)
    later(2 * DAY)
    services.follow_clock(pool.session_id)
    with pytest.raises(services.WrongState):
        services.cancel(found)
    assert fresh(pool).taken == 1


def test_an_old_copy_of_a_row_does_not_undo_what_happened_meanwhile():
    pool = open_pool(1)
    found = held(pool)
    old = fresh(found)
    services.confirm(found)
    assert services.cancel(old).seat_no == 1
    assert fresh(pool).taken == 0
