"""What a seat is not given for, whoever asks and whichever page they come by: each refusal leaves everything as it was."""

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from dialogue_sessions import services
from dialogue_sessions.contacts import applicant
from dialogue_sessions.enums import PoolKind, Source
from dialogue_sessions.models import Registration, Series, Session
from dialogue_sessions.services import Seats, gate
from tests.organisation import factories
from tests.safeguards.staff import person as account

from .making import DAY, HOUR, MINUTE, announced, check_seats, confirmed, draft, fresh, held, open_pool, open_session, person, pool_of, proven_waiter

pytestmark = [pytest.mark.django_db, pytest.mark.accepts("C1")]


@pytest.fixture
def clerk():
    return account("thu-ky", role="clerk")


@pytest.fixture
def later():
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock.shift


def kept(row):
    """What is known of a registration, to be compared."""
    return {name: value for name, value in fresh(row).__dict__.items() if name != "_state"}


@pytest.mark.parametrize("state", ["draft", "cancelled", "held"])
def test_a_clerk_writes_nobody_down_for_what_is_not_public_called_off_or_over(state, clerk):
    session = draft() if state == "draft" else announced()
    if state == "cancelled":
        services.cancel_session(session, "Bão", None)
    elif state == "held":
        Session.objects.filter(pk=session.pk).update(state="held")
    with pytest.raises(services.NotOpen):
        services.hold(pool_of(session), person(), source=Source.PAPER, actor=clerk)
    assert not Registration.objects.exists()


def test_the_limit_of_a_series_is_for_those_who_register_themselves(clerk):
    ward = factories.ward("Phường Có Hạn mức")
    series = Series.objects.create(unit=ward, kind="thematic", title="Hẹn", slug="hen", per_person=1)
    first, second = (open_pool(3, unit=ward, series=series, begins_in=days * DAY) for days in (10, 11))
    confirmed(first, number="một")
    with pytest.raises(services.TooManyPlaces):
        held(second, number="một")
    assert services.hold(second, person("một"), source=Source.TELEPHONE, actor=clerk).state == "confirmed"


def test_nobody_registers_themselves_without_a_contact():
    pool = open_pool()
    with pytest.raises(services.NotForYou):
        services.hold(pool, applicant("Nguyễn Văn Không Số"))
    assert fresh(pool).taken == 0


def test_a_seat_that_was_not_offered_cannot_be_accepted():
    """A seat that is held waits for its code: taking an offer is no way around that."""
    found = held(open_pool())
    with pytest.raises(services.WrongState):
        services.accept(found)
    assert (fresh(found).state, fresh(found).proven_at) == ("held", None)


def test_seats_of_others_are_not_changed_to():
    session = open_session(seats=[Seats(2), Seats(2, PoolKind.VILLAGE, village="Thôn Đông"), Seats(2, PoolKind.WALK_IN)])
    hall = pool_of(session, kind="hall")
    found, other = confirmed(hall, village="Thôn Tây"), open_pool()
    for pool, error in ((pool_of(session, kind="village"), services.NotForYou), (pool_of(session, kind="walk_in"), services.NotForYou),
                        (other, services.WrongState), (hall, services.WrongState)):  # fmt: skip
        before = kept(found)
        with pytest.raises(error):
            services.change_pool(found, pool)
        assert kept(found) == before
    check_seats(session)
    assert fresh(other).taken == 0
    neighbour = confirmed(hall, village=" thôn đông")
    assert services.change_pool(neighbour, pool_of(session, kind="village")).pool.kind == "village"
    check_seats(session)


def test_a_clerk_moves_somebody_to_the_seats_kept_for_the_door(clerk):
    session = open_session(seats=[Seats(2), Seats(2, PoolKind.WALK_IN)])
    found = confirmed(pool_of(session, kind="hall"))
    assert services.change_pool(found, pool_of(session, kind="walk_in"), actor=clerk).pool.kind == "walk_in"
    check_seats(session)


def test_nobody_is_seated_at_the_door_without_a_free_seat(later, clerk):
    pool = open_pool(1, begins_in=DAY)
    confirmed(pool)
    waits = proven_waiter(pool)
    later(DAY - HOUR)
    with pytest.raises(services.Full):
        services.seat_at_the_door(waits, actor=clerk)
    assert fresh(waits).state == "waiting"
    check_seats(pool.session)


def larger(row):
    return services.change_size(row, 2)


def elsewhere(row):
    return services.change_pool(row, pool_of(row.session, name="Tầng hai"))


@pytest.mark.parametrize("change", [larger, elsewhere])
def test_nothing_is_changed_of_what_is_over(later, change):
    session = open_session(seats=[Seats(5, name="Tầng một"), Seats(5, name="Tầng hai")])
    hall = pool_of(session, name="Tầng một")
    gone, lapsed, came = services.cancel(confirmed(hall)), held(hall), confirmed(hall)
    with pytest.raises(services.WrongState):
        change(gone)
    later(16 * MINUTE)
    with pytest.raises(services.Lapsed):
        change(lapsed)
    Session.objects.filter(pk=session.pk).update(state="held")
    with pytest.raises(services.WrongState):
        change(came)
    assert fresh(came).size == 1 and fresh(came).pool_id == hall.pk


def test_nothing_is_dated_back_in_production(settings):
    settings.STAGE = "production"
    with pytest.raises(RuntimeError), gate.as_of(timezone.now() - DAY):
        pass


def test_a_clerk_seats_only_who_waits_and_only_until_it_is_over(later, clerk):
    pool = open_pool(3, begins_in=DAY)
    unproven, group, seated = held(pool), confirmed(pool), confirmed(pool)
    waits = proven_waiter(pool)
    later(DAY - HOUR)
    Registration.objects.filter(pk=unproven.pk).update(held_until=timezone.now() + HOUR)
    services.cancel(group)
    for row in (unproven, group, seated):
        with pytest.raises(services.WrongState):
            services.seat_at_the_door(row, actor=clerk)
    Session.objects.filter(pk=pool.session_id).update(state="held")
    with pytest.raises(services.WrongState):
        services.seat_at_the_door(waits, actor=clerk)
    assert (fresh(unproven).state, fresh(waits).state, fresh(pool).taken) == ("held", "waiting", 2)


def test_a_group_that_grows_smaller_gives_its_seats_to_who_waits():
    pool = open_pool(3)
    group = confirmed(pool, size=3)
    waits = proven_waiter(pool)
    assert services.change_size(group, 2).size == 2
    assert (fresh(waits).state, fresh(pool).taken) == ("offered", 3)
    check_seats(pool.session)
    services.change_size(group, 1)
    assert fresh(pool).taken == 2
    check_seats(pool.session)


def test_a_corrected_form_has_no_more_time_than_the_former_and_asks_for_none_again():
    pool = open_pool()
    first = services.extend(services.hold(pool, person("một")))
    second = services.hold(pool, person("một"), anew=True)
    assert second.held_until == fresh(first).held_until
    with pytest.raises(services.WrongState):
        services.extend(second)


def test_the_waiting_list_is_that_of_ones_own_seats():
    session = open_session(seats=[Seats(1, name="Tầng một"), Seats(1, name="Tầng hai")])
    one, two = pool_of(session, name="Tầng một"), pool_of(session, name="Tầng hai")
    confirmed(one), confirmed(two)
    proven_waiter(one)
    assert services.position(proven_waiter(two)) == 1


def test_who_corrects_the_form_keeps_the_place_in_the_queue_until_a_seat_frees():
    pool = open_pool(1)
    seated = confirmed(pool)
    services.hold(pool, person("một"))
    second = proven_waiter(pool)
    first = services.confirm(services.hold(pool, person("một"), anew=True))
    assert first.pk > second.pk and (services.position(first), services.position(second)) == (1, 2)
    services.cancel(seated)
    assert (fresh(first).state, fresh(second).state) == ("offered", "waiting")


def test_an_offer_ends_by_its_own_job_and_not_only_by_that_of_each_minute():
    pool = open_pool(1)
    seated, waits = confirmed(pool), proven_waiter(pool)
    services.cancel(seated)
    with connection.cursor() as cursor:
        cursor.execute("select scheduled_at from procrastinate_jobs where task_name = 'dialogue_sessions.lapse'")
        assert fresh(waits).offered_until in {at for (at,) in cursor.fetchall()}
