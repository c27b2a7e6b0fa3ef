"""Whoever registered for a reception day is named as having brought a case, and need not be written down anew."""

import datetime as dt

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from dialogue_sessions import services
from dialogue_sessions.models import ReceptionCase, Session
from tests.organisation import factories

from .making import confirmed, fresh, open_pool
from .test_records_office import at, staff, text_of  # noqa: F401  # a fixture

pytestmark = pytest.mark.django_db
MATTER = "Lấn lối đi chung ở hẻm 19"


@pytest.fixture
def ward():
    return factories.ward("Phường Nhà")


def brought(unit, **values):
    """Somebody with a seat on a reception day of a unit, who wrote what it is about; the day is over."""
    row = confirmed(open_pool(3, unit=unit), subject=MATTER, **values)
    Session.objects.filter(pk=row.session_id).update(
        kind="periodic", state="held", starts_at=timezone.now() - dt.timedelta(hours=30), ends_at=timezone.now() - dt.timedelta(hours=27),
        registration_opens=None, registration_closes=None,
    )  # fmt: skip
    return fresh(row)


def test_the_matter_is_taken_over_when_nothing_else_is_written(ward):
    row = brought(ward)
    case = services.save_case(ReceptionCase(session=row.session, registration=row), " ", "Sẽ đo lại", None)
    assert (case.parts["subject"], fresh(case).registration) == (MATTER, row)
    written = services.save_case(ReceptionCase(session=row.session, registration=row), "Việc khác", "", None)
    assert written.parts["subject"] == "Việc khác"


def test_without_words_and_without_anybody_nothing_is_written_down(ward):
    row = brought(ward)
    with pytest.raises(services.Invalid) as caught:
        services.save_case(ReceptionCase(session=row.session), "", "", None)
    assert list(caught.value.error.message_dict) == ["subject"]


def test_nobody_of_another_day_is_named(ward):
    row, other = brought(ward), brought(ward)
    with pytest.raises(services.Invalid) as caught:
        services.save_case(ReceptionCase(session=row.session, registration=other), "Kín", "", None)
    assert list(caught.value.error.message_dict) == ["registration"]


def test_the_clerk_chooses_by_number_and_masked_name(ward, staff):  # noqa: F811
    row = brought(ward)
    client = staff("clerk")
    page = text_of(client.get(at("new_case", row.session_id)))
    assert f'<option value="{row.pk}">Số {row.seat_no}: ' in page
    assert MATTER not in page
    answer = client.post(at("new_case", row.session_id), {"registration": row.pk, "subject": "", "answer": "Sẽ đo lại"})
    assert answer.status_code == 302, text_of(answer)
    case = ReceptionCase.objects.get()
    assert (case.registration, case.parts["subject"]) == (row, MATTER)
    assert f"số {row.seat_no}" in text_of(client.get(at("case", row.session_id, case.pk)))
    opened = text_of(client.post(at("case", row.session_id, case.pk), {"read": "1"}))
    assert f'<option value="{row.pk}" selected>' in opened
    empty = client.post(at("new_case", row.session_id), {"registration": "", "subject": ""})
    assert empty.status_code == 422


def test_whoever_is_named_stays_when_the_seat_is_gone_and_who_only_held_one_is_not_offered(ward, staff):  # noqa: F811
    row = brought(ward)
    case = services.save_case(ReceptionCase(session=row.session, registration=row), "", "", None)
    type(row).objects.filter(pk=row.pk).update(state="cancelled", ended_at=timezone.now())
    client = staff("clerk")
    assert 'name="registration"' not in text_of(client.get(at("new_case", row.session_id)))
    opened = client.post(at("case", row.session_id, case.pk), {"read": "1"})
    assert f'<option value="{row.pk}" selected>' in text_of(opened)


def test_who_may_not_see_registrations_sees_no_choice(ward, staff):  # noqa: F811
    row = brought(ward)
    client = staff("clerk")
    for group in client.user.groups.all():
        group.permissions.remove(Permission.objects.get(codename="view_registration", content_type__app_label="dialogue_sessions"))
    page = client.get(at("new_case", row.session_id))
    assert page.status_code == 200
    assert 'name="registration"' not in text_of(page)
    assert client.post(at("new_case", row.session_id), {"registration": row.pk, "subject": "Kín"}).status_code == 302
    assert ReceptionCase.objects.get().registration is None
