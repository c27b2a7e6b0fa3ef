"""Matters brought to a reception day whose result nobody was told in time stand on the unit's page, as a number."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from dialogue_sessions import services
from dialogue_sessions.enums import TermKey
from dialogue_sessions.lateness import latest
from dialogue_sessions.models import ReceptionCase
from organisation.models import today

from .making import DAY
from .promising import held_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    """A reception day that was held yesterday, with two matters, and the last day by law."""
    session = held_session(kind="periodic")
    for subject in ("Ông Minh kiện hàng xóm", "Bà Sáu hỏi trợ cấp"):
        services.save_case(ReceptionCase(session=session), subject, "", None)
    return session, latest(TermKey.ANSWER, timezone.localdate(session.starts_at), session.unit)


def late(session, on):
    return [one for one in services.overdue(session.unit, on) if one.key == TermKey.ANSWER]


def test_matters_without_a_result_are_overdue_after_their_day_until_it_is_told(day):
    session, last = day
    assert late(session, last) == []
    (one,) = late(session, last + DAY)
    assert (one.due, one.url) == (last, session.get_absolute_url()) and one.title == f"{session.title}: 2 việc chưa có trả lời"
    first, second = ReceptionCase.objects.order_by("number")
    services.notify_case(first, today(), None)
    assert late(session, last + DAY)[0].title.endswith(": 1 việc chưa có trả lời")
    services.notify_case(second, today(), None)
    assert late(session, last + DAY) == []


def test_a_longer_time_that_was_told_holds_and_a_shorter_one_too(day):
    session, last = day
    first, second = ReceptionCase.objects.order_by("number")
    for case, until in ((first, last + 20 * DAY), (second, last - 2 * DAY)):
        case.unit, case.due_on = session.unit, until
        services.save_case(case, "Kín", "", None)
    assert [one.due for one in late(session, last - DAY)] == [last - 2 * DAY]
    assert late(session, last + 20 * DAY)[0].title.endswith(": 1 việc chưa có trả lời")
    assert late(session, last + 21 * DAY)[0].title.endswith(": 2 việc chưa có trả lời")


def test_the_page_of_the_unit_tells_how_many_and_nothing_of_what(day):
    session, _last = day
    ReceptionCase.objects.update(unit=session.unit, due_on=today() - dt.timedelta(days=1))
    page = Client().get(session.unit.get_absolute_url()).content.decode()
    assert "2 việc chưa có trả lời" in page
    assert "Minh" not in page and "trợ cấp" not in page
