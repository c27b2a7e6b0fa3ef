"""A case of a reception day is sealed: it is opened by pressing a button, and whoever does so is on record."""

import pytest
from django.urls import reverse

from dialogue_sessions import services
from dialogue_sessions.models import ReceptionCase
from safeguards.models import Event, User

from .promising import held_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(client):
    session = held_session()
    case = services.save_case(ReceptionCase(session=session), "Đường nhà bà Kín", "Sẽ xem lại", None)
    client.force_login(User.objects.create_superuser("quan-tri", password="mật khẩu của người thử"))  # pragma: allowlist secret
    return reverse("dialogue_records:case", args=[session.pk, case.pk])


def read():
    return Event.objects.filter(kind="dialogue_sessions.case_read").count()


def test_looking_at_its_address_opens_nothing(client, address):
    page = client.get(address)
    assert page.status_code == 200
    assert "bà Kín" not in page.content.decode()
    assert read() == 0


def test_opening_it_shows_what_is_sealed_and_is_on_record(client, address):
    page = client.post(address, {"read": "1"})
    assert "bà Kín" in page.content.decode()
    assert read() == 1


def test_what_was_opened_is_changed_by_the_form(client, address):
    answer = client.post(address, {"subject": "Đường nhà bà Kín, ngõ 7", "answer": "Đã sửa", "public_subject": "", "public_answer": ""})
    assert answer.status_code == 302
    assert ReceptionCase.objects.get().parts["answer"] == "Đã sửa"
