"""The door under real parallel writers: several telephones, one list."""

import uuid

import pytest
import time_machine
from django.utils import timezone

from dialogue_sessions.enums import PoolKind
from dialogue_sessions.models import CheckIn, Session
from dialogue_sessions.services import Seats, SessionError, day, day_errors, gate
from safeguards.models import Event
from tests.racing import at_once, failures

from .making import MINUTE, check_seats, confirmed, fresh
from .test_check_in import open_session, pool_of

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 20


def rush_of_one(someone, keys):
    return at_once([lambda key=key: day.check_in(someone, None, key=key) for key in keys], THREADS)


def test_twenty_telephones_tell_one_person_present_once():
    someone = confirmed(pool_of(open_session()))
    same = uuid.uuid4()
    with time_machine.travel(someone.session.starts_at - MINUTE, tick=False):
        done = rush_of_one(someone, [uuid.uuid4() if n % 2 else same for n in range(THREADS)])
    assert failures(done) == [] and sum(arrival.new for arrival in done) == 1
    assert CheckIn.objects.filter(registration=someone).count() == 1
    assert Event.objects.filter(kind="dialogue_sessions.registration_attended").count() == 1


def test_without_the_gate_one_person_is_told_present_more_than_once_or_breaks(monkeypatch):
    """The negative control. Three tries, since chance decides."""
    monkeypatch.setattr(gate, "lock", lambda pk: Session.objects.get(pk=pk))
    broken = False
    for _ in range(3):
        someone = confirmed(pool_of(open_session()))
        with time_machine.travel(someone.session.starts_at - MINUTE, tick=False):
            done = rush_of_one(someone, [uuid.uuid4() for _ in range(THREADS)])
        broken = bool(failures(done)) or sum(arrival.new for arrival in done) > 1
        if broken:
            break
    assert broken


def test_twenty_at_once_for_the_last_seats_get_exactly_those():
    session = open_session(seats=[Seats(2, PoolKind.WALK_IN), Seats(1, PoolKind.HALL)])
    with time_machine.travel(session.starts_at - MINUTE, tick=False):
        done = at_once([lambda: day.walk_in(session, None, key=uuid.uuid4()) for _ in range(THREADS)], THREADS)
        assert day.attendance(session).walk_ins == 3
    refused = failures(done)
    assert len(refused) == THREADS - 3 and {type(error) for error in refused} == {day_errors.NoSeatAtTheDoor}
    numbers = sorted(arrival.registration.seat_no for arrival in done if not isinstance(arrival, SessionError))
    assert numbers == [1, 2, 3]
    check_seats(fresh(session))


def test_one_walk_in_sent_by_twenty_requests_at_once_is_one():
    session, same = open_session(seats=[Seats(10)]), uuid.uuid4()
    with time_machine.travel(session.starts_at - MINUTE, tick=False):
        done = at_once([lambda: day.walk_in(session, None, key=same) for _ in range(THREADS)], THREADS)
    assert failures(done) == [] and sum(arrival.new for arrival in done) == 1
    assert pool_of(session).taken == 1 and timezone.now() < session.starts_at
