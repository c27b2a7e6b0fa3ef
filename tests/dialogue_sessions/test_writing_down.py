"""A clerk writes somebody down: into the same queue, for sessions of the own units, with a ticket to print."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from dialogue_sessions import services
from dialogue_sessions.enums import PoolKind
from dialogue_sessions.models import Registration
from dialogue_sessions.services import Seats
from messaging.models import Message
from organisation.models import Holding, Person, Post, today
from safeguards.models import Event, User
from tests.beginnings import house_roles
from tests.organisation import factories

from .making import draft, held, open_pool, open_session, pool_of
from .visiting import typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def ward():
    return factories.ward("Phường Bến Chợ")


@pytest.fixture
def clerk(ward, client):
    house_roles()
    user = User.objects.create_user("can-bo", email="can-bo@example.vn")
    user.groups.add(Group.objects.get(name="clerk"))
    person = Person.objects.create(name="Cán bộ", account=user)
    Holding.objects.create(person=person, post=Post.objects.create(unit=ward, title="Công chức"), valid_from=today())
    client.force_login(user)
    return user


def address(session, name="write_down"):
    return reverse(f"dialogue_sessions_backoffice:{name}", args=[session.pk])


def said(pool, **values):
    return {
        "source": "telephone", "pool": str(pool.pk), "name": "Bà Tư", "contact": "", "size": "1", "village": "", "subject": "Tách thửa",
        "language": "vi", **values,
    }  # fmt: skip


def test_a_seat_is_confirmed_at_once_and_the_ticket_printed_on_record(client, clerk, ward):
    pool = open_pool(2, unit=ward)
    page = client.get(address(pool.session))
    assert page.status_code == 200
    answer = client.post(address(pool.session), said(pool, contact="0912 345 678"))
    row = Registration.objects.get()
    assert (row.state, row.source, row.seat_no) == ("confirmed", "telephone", 1)
    assert Message.objects.get().kind == "dialogue_sessions.confirmed"
    after = client.get(answer.url).content.decode()
    assert "0912" not in after and "Bà Tư" not in after
    ticket = client.post(address(row, "ticket"), {"language": "vi"})
    assert ticket["Content-Type"] == "application/pdf" and "no-store" in ticket["Cache-Control"]
    assert Event.objects.filter(kind="dialogue_sessions.contact_read", actor=clerk).count() == 1
    assert client.get(address(row, "ticket")).status_code == 405


def test_without_a_contact_nobody_is_written_to(client, clerk, ward):
    pool = open_pool(2, unit=ward)
    client.post(address(pool.session), said(pool))
    assert Registration.objects.get().contact_hmac == "" and not Message.objects.exists()


def test_who_is_written_down_waits_in_the_same_queue(client, clerk, ward):
    pool = open_pool(1, unit=ward)
    services.confirm(held(pool))
    services.confirm(services.hold(pool, typed("0900000001")))
    answer = client.post(address(pool.session), said(pool))
    assert "2" in client.get(answer.url).content.decode()
    row = Registration.objects.order_by("-pk").first()
    assert (row.state, services.position(row)) == ("waiting", 2)
    assert client.post(address(row, "ticket")).status_code == 302


def test_seats_at_the_door_are_a_clerks_to_give(client, clerk, ward):
    session = open_session(unit=ward, seats=[Seats(1, PoolKind.WALK_IN)])
    client.post(address(session), said(pool_of(session), source="clerk"))
    assert Registration.objects.get().state == "confirmed"


def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_stays(client, clerk, ward):
    pool = open_pool(1, unit=ward)
    answer = client.post(address(pool.session), said(pool, name="", contact="12", village="Thôn Đông"))
    page = answer.content.decode()
    assert answer.status_code == 422 and 'href="#id_name"' in page and 'href="#id_contact"' in page and 'value="Thôn Đông"' in page
    assert not Registration.objects.exists()


def test_a_session_that_is_not_public_takes_nobody(client, clerk, ward):
    session = draft(unit=ward)
    assert client.get(address(session)).status_code == 200
    assert client.post(address(session), said(pool_of(session))).status_code == 409
    assert not Registration.objects.exists()


@pytest.mark.accepts("A10")
def test_sessions_of_other_units_are_not_there(client, clerk):
    pool = open_pool(1)
    row = services.confirm(held(pool))
    assert client.get(address(pool.session)).status_code == 404
    assert client.post(address(pool.session), said(pool)).status_code == 404
    assert client.get(address(row, "written_down")).status_code == 404
    assert client.post(address(row, "ticket")).status_code == 404
    assert Registration.objects.count() == 1


def test_who_may_not_register_anybody_is_refused(client, ward):
    house_roles()
    user = User.objects.create_user("bien-tap")
    user.groups.add(Group.objects.get(name="editor"))
    client.force_login(user)
    pool = open_pool(1, unit=ward)
    assert client.get(address(pool.session)).status_code in {302, 403}
    assert client.post(address(pool.session), said(pool)).status_code in {302, 403} and not Registration.objects.exists()


def test_the_form_costs_no_more_than_a_page_of_staff_may(client, clerk, ward, django_assert_max_num_queries):
    pool = open_pool(2, unit=ward)
    with django_assert_max_num_queries(25):
        client.get(address(pool.session))


def test_the_page_of_a_session_leads_there(client, clerk, ward):
    pool = open_pool(2, unit=ward)
    assert address(pool.session) in client.get(address(pool.session, "session")).content.decode()
