"""Promises and minutes for the tests, in the states of their life."""

from __future__ import annotations

import datetime as dt
import itertools

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from dialogue_sessions import services
from dialogue_sessions.enums import RegistrationState, SessionState
from dialogue_sessions.models import Contribution, Promise, Registration, Session
from organisation.models import Holding, Person, Post, today
from tests.organisation import factories

from .making import DAY, announced

_numbers = itertools.count(1)


def post_of(unit, *, leader=False, email="", title=""):
    """A post that somebody holds."""
    number = next(_numbers)
    post = Post.objects.create(unit=unit, title=title or f"Chuyên viên {number}", is_leader=leader)
    person = Person.objects.create(name=f"Trần Thị {number}", email=email or f"can.bo.{number}@example.vn")
    Holding.objects.create(post=post, person=person, valid_from=today() - 400 * DAY)
    return post


def draft_promise(*, unit=None, due_in=30, **values):
    number = next(_numbers)
    unit = unit or factories.ward(f"Phường Hứa {number}")
    post = values.pop("post", None) or post_of(unit)
    made = {"text": f"Lắp {number} đèn đường hẻm 19", "made_on": today() - 60 * DAY, "due_on": today() + due_in * DAY} | values
    return services.make_promise(Promise(unit=unit, post=post, **made), None)


def open_promise(**values):
    return services.publish_promise(draft_promise(**values), None)


def kept(**values):
    return services.keep_promise(open_promise(**values), today(), "Đã lắp xong.", None)


def overdue(days=8, **values):
    """One whose date is over."""
    return open_promise(due_in=-days, **values)


def held_session(**values):
    """A session that was held yesterday, however it came to be so."""
    session = announced(**values)
    moment = timezone.now()
    Session.objects.filter(pk=session.pk).update(
        state=SessionState.HELD,
        starts_at=moment - 27 * dt.timedelta(hours=1),
        ends_at=moment - DAY,
        registration_opens=None,
        registration_closes=None,
    )
    session.refresh_from_db()
    return session


def minutes_of(session=None, *, lines=2, answered=True):
    """A draft with lines."""
    minutes = services.begin_minutes(session or held_session(), None)
    for number in range(lines):
        said = Contribution(
            minutes=minutes, village="khu phố 4", text=f"Bao giờ có đèn đường {number}?", answer="Trong tháng 12." if answered else ""
        )
        services.save_line(said, None)
    return minutes


def circulated(session=None, **values):
    return services.circulate(minutes_of(session, **values), None)


def came(registration):
    """Marked as having attended."""
    Registration.objects.filter(pk=registration.pk).update(state=RegistrationState.ATTENDED)
    registration.refresh_from_db()
    return registration


def refused_by_database(statement, parameters=()):
    """The name of the rule by which the database refuses a statement; '' when it takes it. Nothing of it stays."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            transaction.set_rollback(True)
    except IntegrityError as error:
        return error.__cause__.diag.constraint_name
    return ""
