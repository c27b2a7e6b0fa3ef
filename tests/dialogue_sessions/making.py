"""Sessions and those who register, for the tests, in the states of their life."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools

from django.utils import timezone

from dialogue_sessions import services
from dialogue_sessions.contacts import applicant
from dialogue_sessions.enums import PoolKind, SessionKind, SessionState
from dialogue_sessions.models import Pool, Registration, Session
from dialogue_sessions.services import Seats
from tests.organisation import factories

_numbers = itertools.count(1)
HOUR, DAY, MINUTE = dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(minutes=1)


TWO_SEATS = (Seats(2),)


def draft(*, seats=TWO_SEATS, begins_in=10 * DAY, lasts=3 * HOUR, unit=None, **values):
    """A session that is planned and not public."""
    now, number = timezone.now(), next(_numbers)
    session = Session(
        **{
            "kind": SessionKind.THEMATIC, "unit": unit or factories.ward(f"Phường {number}"), "title": f"Đối thoại {number}",
            "slug": f"doi-thoai-{number}", "starts_at": now + begins_in, "ends_at": now + begins_in + lasts,
            "registration_opens": now - HOUR, "registration_closes": now + begins_in - HOUR,
        } | values
    )  # fmt: skip
    return services.plan_session(session, list(seats), None)


def announced(**values):
    """Public, its registration not open yet."""
    return services.announce(draft(**values), None, late_because="Việc gấp")


def open_session(**values):
    """Taking registrations."""
    session = services.follow_clock(announced(**values).pk)
    assert session.state == SessionState.OPEN
    return session


def open_pool(capacity=2, kind=PoolKind.HALL, **values):
    """The only pool of an open session."""
    return pool_of(open_session(seats=[Seats(capacity, kind)], **values))


def pool_of(session, **which):
    return Pool.objects.select_related("session__series").get(session=session, **which)


def contact(number):
    """The HMAC of an invented contact."""
    return hashlib.sha256(f"{number}".encode()).hexdigest()


def person(number=None, **values):
    """Somebody who registers."""
    number = number or f"người {next(_numbers)}"
    return applicant(f"Nguyễn Văn {number}", f"0900 {number}", contact(number), **values)


def held(pool, **values):
    return services.hold(pool, person(**values))


def confirmed(pool, **values):
    return services.confirm(held(pool, **values))


def proven_waiter(pool, **values):
    """Somebody on the waiting list whose contact is proven."""
    found = services.confirm(held(pool, **values))
    assert found.state == "waiting", found.state
    return found


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def states(pool):
    """The states of a pool's registrations, in the order of arrival."""
    return list(Registration.objects.filter(pool=pool).order_by("pk").values_list("state", flat=True))


def check_seats(session):
    """What must hold of a session at any time: `taken` is what the rows say, and no more than there are."""
    for pool in session.pools.all():
        rows = sum(row.size for row in pool.registrations.seated())
        assert pool.taken == rows, f"taken {pool.taken}, rows {rows}"
        assert pool.taken <= pool.capacity
