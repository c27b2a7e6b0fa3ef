"""What a session keeps, and refuses, when it is opened again, moved, or called off."""

import uuid

import pytest
import time_machine
from django.utils import timezone

from dialogue_sessions import services
from dialogue_sessions.enums import PoolKind
from dialogue_sessions.models import SeatPolicy, Series, Session
from dialogue_sessions.services import Seats, day, gate
from tests.organisation import factories

from .making import DAY, HOUR, MINUTE, announced, check_seats, confirmed, draft, fresh, open_session, pool_of, proven_waiter

pytestmark = pytest.mark.django_db


def test_registration_that_is_opened_again_has_been_open_since_it_began():
    session = open_session()
    began = session.registration_opens
    services.close_registration(session, None)
    again = services.reopen_registration(session, session.starts_at - 2 * HOUR, None)
    assert (again.state, again.registration_opens) == ("open", began)
    assert again.registration_closes == session.starts_at - 2 * HOUR


def test_registration_that_was_closed_before_it_began_begins_now():
    session = announced(registration_opens=timezone.now() + 2 * DAY)
    services.close_registration(session, None)
    again = services.reopen_registration(session, session.starts_at - HOUR, None)
    assert again.state == "open"
    assert again.registration_opens <= timezone.now()


def test_registration_is_not_opened_again_until_after_the_session_has_begun():
    session = services.close_registration(open_session(), None)
    with pytest.raises(services.Invalid):
        services.reopen_registration(session, session.starts_at + HOUR, None)
    assert fresh(session).state == "closed"


def test_nothing_is_announced_that_would_have_begun():
    session = draft()
    type(session).objects.filter(pk=session.pk).update(
        starts_at=timezone.now() - HOUR, ends_at=timezone.now() + HOUR, registration_opens=None, registration_closes=None
    )
    with pytest.raises(services.SessionError, match="đã qua"):
        services.announce(session, None, late_because="Việc gấp")
    assert fresh(session).state == "draft"


def test_seats_online_are_not_announced_without_a_link():
    session = draft(seats=[Seats(2), Seats(2, PoolKind.ONLINE)], online_link="")
    with pytest.raises(services.SessionError, match="đường dẫn"):
        services.announce(session, None, late_because="Việc gấp")
    assert fresh(session).state == "draft"


def test_a_session_that_has_begun_is_moved_no_more():
    session = open_session()
    with time_machine.travel(session.starts_at + MINUTE, tick=False):
        services.follow_clock(session.pk)
        with pytest.raises(services.WrongState):
            services.move_session(session, timezone.now() + DAY, timezone.now() + DAY + HOUR, "Mưa bão.", None)
    assert fresh(session).starts_at == session.starts_at
    assert not session.moves.exists()


def test_a_session_is_not_moved_into_the_past():
    session = open_session()
    with pytest.raises(services.SessionError, match="đã qua"):
        services.move_session(session, timezone.now() - MINUTE, timezone.now() + HOUR, "Mưa bão.", None)
    assert fresh(session).starts_at == session.starts_at


def test_a_draft_that_is_moved_leaves_no_former_time():
    session = draft()
    services.move_session(session, session.starts_at + DAY, session.ends_at + DAY, "Hội trường bận.", None)
    assert fresh(session).state == "draft"
    assert not session.moves.exists()  # nobody had read of it


def test_a_seat_that_was_too_late_to_offer_is_offered_once_the_session_is_moved():
    session = open_session(seats=[Seats(1)])
    pool = pool_of(session)
    sits, waits = confirmed(pool), proven_waiter(pool)
    with time_machine.travel(session.starts_at - 2 * HOUR, tick=False):
        services.cancel(sits)
        assert fresh(waits).state == "waiting"  # no offers in the last hours
        services.move_session(session, session.starts_at + 5 * DAY, session.ends_at + 5 * DAY, "Mưa bão.", None)
        assert fresh(waits).state == "offered"


def test_a_session_of_a_series_that_begins_meanwhile_is_not_called_off_with_it(monkeypatch):
    unit = factories.ward("Phường Chuỗi")
    series = Series.objects.create(unit=unit, kind="appointment", title="Hẹn", slug="hen", slot_minutes=30)
    begins = timezone.now() + 3 * DAY
    one, two = services.plan_series(series, [(begins + n * DAY, begins + n * DAY + HOUR) for n in range(2)], [Seats(2)], None)
    for session in (one, two):
        services.announce(session, None, late_because="Việc gấp")
    lock_all = gate.lock_all

    def begun_before_the_lock(ids):
        ids = list(ids)
        Session.objects.filter(pk=one.pk).update(state="under_way")
        return lock_all(ids)

    monkeypatch.setattr(gate, "lock_all", begun_before_the_lock)
    assert services.cancel_series(series, "Mưa bão.", None) == [two]
    assert (fresh(one).state, fresh(two).state) == ("under_way", "cancelled")


def test_whoever_came_before_a_session_was_called_off_keeps_the_seat():
    session = open_session(seats=[Seats(3)])
    pool = pool_of(session)
    came, waits = confirmed(pool), confirmed(pool)
    with time_machine.travel(session.starts_at + MINUTE, tick=False):
        services.follow_clock(session.pk)
        day.check_in(came, None, key=uuid.uuid4())
        services.cancel_session(session, "Mất điện.", None)
    assert (fresh(came).state, fresh(waits).state) == ("attended", "cancelled")
    assert fresh(pool).taken == 1
    check_seats(session)


def test_seats_of_a_session_that_is_over_do_not_change():
    session = services.cancel_session(open_session(seats=[Seats(2)]), "Mưa bão.", None)
    with pytest.raises(services.WrongState):
        services.set_capacity(pool_of(session), 5, None)
    with pytest.raises(services.WrongState):
        services.add_seats(session, Seats(3, PoolKind.ONLINE), None)
    assert list(session.pools.values_list("capacity", flat=True)) == [2]


def test_a_session_keeps_the_policy_of_the_day_on_which_it_was_planned():
    unit = factories.ward("Phường Luật")
    rule = {"hold_minutes": 20, "offer_hours": 12, "offers_stop_hours": 5, "group_most": 7}
    SeatPolicy.objects.create(unit=unit, valid_from=timezone.localdate() - DAY, **rule)
    session = draft(unit=unit)
    SeatPolicy.objects.create(unit=unit, valid_from=timezone.localdate(), **{**rule, "hold_minutes": 30})
    assert {name: getattr(fresh(session), name) for name in rule} == rule


def test_what_is_planned_is_a_draft_whatever_it_said():
    assert draft(state="open").state == "draft"


def test_a_session_without_a_title_is_not_planned():
    with pytest.raises(services.Invalid) as refused:
        draft(title="")
    assert "title" in refused.value.error.message_dict
    assert not Session.objects.exists()


def test_of_a_series_all_are_announced_or_none():
    series = Series.objects.create(unit=factories.ward("Phường Chuỗi"), kind="appointment", title="Hẹn", slug="hen", slot_minutes=30)
    begins = timezone.now() + 3 * DAY
    one, two = services.plan_series(series, [(begins + n * DAY, begins + n * DAY + HOUR) for n in range(2)], [Seats(2)], None)
    Session.objects.filter(pk=two.pk).update(starts_at=timezone.now() - HOUR)
    with pytest.raises(services.SessionError, match="đã qua"):
        services.announce_series(series, None, late_because="Việc gấp")
    assert (fresh(one).state, fresh(two).state) == ("draft", "draft")
