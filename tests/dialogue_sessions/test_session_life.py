"""What a session keeps, and refuses, when it is opened again, moved, or called off."""

import pytest
import time_machine
from django.utils import timezone

from dialogue_sessions import services
from dialogue_sessions.enums import PoolKind
from dialogue_sessions.services import Seats

from .making import DAY, HOUR, MINUTE, announced, draft, fresh, open_session

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
