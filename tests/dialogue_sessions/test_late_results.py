"""The result of a matter brought to a reception day: after its last day only with a reason, which everybody reads."""

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from dialogue_sessions import law, minutes_data, services
from dialogue_sessions.enums import TermKey
from dialogue_sessions.lateness import latest
from dialogue_sessions.models import Lateness, ReceptionCase
from organisation.models import today
from tests.organisation import factories

from .making import DAY, fresh
from .promising import held_session, minutes_of
from .test_records_office import at, staff, text_of  # noqa: F401  # a fixture

pytestmark = pytest.mark.django_db
WHY = "Phải chờ kết quả đo đạc lại."


@pytest.fixture
def ward():
    return factories.ward("Phường Nhà")


@pytest.fixture
def day(ward):
    """A reception day of the ward, with two matters, and the last day by law; it is the day after that one."""
    session = held_session(kind="periodic", unit=ward)
    for subject in ("Ông Minh kiện hàng xóm", "Bà Sáu hỏi trợ cấp"):
        services.save_case(ReceptionCase(session=session, public_subject="Việc đã ghi"), subject, "", None)
    last = latest(TermKey.ANSWER, timezone.localdate(session.starts_at), session.unit)
    with time_machine.travel(dt.datetime.combine(last + DAY, dt.time(3), dt.UTC), tick=False):
        yield session, last


def refused(case, on, field, **values):
    with pytest.raises(services.Invalid) as caught:
        services.notify_case(case, on, None, **values)
    assert list(caught.value.error.message_dict) == [field]
    return caught.value.error.message_dict[field][0]


def test_on_the_last_day_no_reason_is_asked_and_a_day_later_it_is(day):
    session, last = day
    first, second = session.cases.order_by("number")
    assert services.notify_case(first, last, None, late_reason=WHY).late_reason == ""
    assert f"{last:%d/%m/%Y}" in refused(second, last + DAY, "late_reason", late_reason="  ")
    assert fresh(second).notified_on is None
    told = services.notify_case(second, last + DAY, None, late_reason=WHY)
    assert (told.late_reason, told.due_on, told.unit) == (WHY, last, session.unit)
    assert not Lateness.objects.filter(session=session).exclude(done=last + DAY).exists()


def test_the_time_that_a_hard_matter_was_told_to_take_counts_instead_of_the_law_s(day):
    session, last = day
    long, short = session.cases.order_by("number")
    for case, until in ((long, last + DAY), (short, last - 2 * DAY)):
        case.unit, case.due_on = session.unit, until
        services.save_case(case, "Kín", "", None)
    assert services.notify_case(long, last + DAY, None).late_reason == ""
    refused(short, last, "late_reason")


def test_no_result_lies_ahead_or_before_the_reception_and_it_is_sent_once(day):
    session, last = day
    case = session.cases.first()
    refused(case, today() + DAY, "day")
    refused(case, law.day_of(session) - DAY, "day")
    services.notify_case(case, law.day_of(session), None)
    with pytest.raises(services.WrongState):
        services.notify_case(case, last, None)


def test_what_was_late_stays_late(day):
    session, last = day
    case = session.cases.first()
    services.notify_case(case, last + DAY, None, late_reason=WHY)
    row = fresh(case)
    row.due_on = last + 9 * DAY
    with pytest.raises(services.Invalid) as caught:
        services.save_case(row, "Kín", "", None)
    assert list(caught.value.error.message_dict) == ["due_on"]
    with pytest.raises(IntegrityError, match="case_late_why"), transaction.atomic():
        ReceptionCase.objects.filter(pk=case.pk).update(late_reason="")


def test_everybody_reads_the_reason_on_the_pages_of_the_session_and_its_unit_and_in_the_minutes(day):
    session, last = day
    for case, why in zip(session.cases.order_by("number"), (WHY, "Cán bộ phụ trách ốm."), strict=True):
        services.notify_case(case, last + DAY, None, late_reason=why)
    (row,) = Lateness.objects.filter(session=session)
    assert (row.key, row.due, row.done, row.reason) == (TermKey.ANSWER, last, last + DAY, WHY)
    assert row.source
    assert WHY in text_of(Client().get(session.get_absolute_url()))
    assert WHY in text_of(Client().get(session.unit.get_absolute_url()))
    assert [case.late_reason for case in minutes_data.load(minutes_of(session)).late_cases] == [WHY, "Cán bộ phụ trách ốm."]


def test_the_clerk_is_asked_for_the_reason_and_loses_nothing(day, staff):  # noqa: F811
    session, last = day
    case = session.cases.first()
    client, address = staff("approver"), at("case_action", session.pk, case.pk, "notified")
    asked = client.post(address, {"day": (last + DAY).isoformat()})
    assert asked.status_code == 422
    assert f'value="{last + DAY:%Y-%m-%d}"' in text_of(asked) and "Bạn ghi vì sao muộn" in text_of(asked)
    assert client.post(address, {"day": "hôm qua", "late_reason": WHY}).status_code == 422
    assert WHY in text_of(client.post(address, {"day": "hôm qua", "late_reason": WHY}))
    assert client.post(address, {"day": (last + DAY).isoformat(), "late_reason": WHY}).status_code == 302
    assert fresh(case).late_reason == WHY
    assert WHY in text_of(client.get(at("cases", session.pk)))
