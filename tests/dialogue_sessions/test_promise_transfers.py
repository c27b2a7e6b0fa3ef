"""A promise that another unit takes over: with a reason that everybody reads, never to get rid of what is overdue."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from dialogue_sessions import promise_data, services
from dialogue_sessions.models import Promise, PromiseTransfer
from messaging.models import Message
from organisation.models import Unit, today
from safeguards.models import Event
from search.models import Entry
from tests.organisation import factories

from .making import DAY, fresh
from .promising import kept, open_promise, overdue, post_of, refused_by_database
from .test_records_office import at, staff, text_of, ward  # noqa: F401  # fixtures

pytestmark = pytest.mark.django_db
WHY = "Từ tháng này, phường Mới lo đường sá."


@pytest.fixture
def successor():
    """A unit with somebody who leads it."""
    unit = factories.ward("Phường Mới")
    return unit, post_of(unit, leader=True, email="chu.tich.moi@example.vn")


def closed(unit):
    Unit.objects.filter(pk=unit.pk).update(valid_to=today() - DAY)


def test_who_leads_the_other_unit_sees_to_it_and_who_promised_stays_visible(successor, client):
    unit, leads = successor
    promise = open_promise()
    chair = post_of(promise.unit, leader=True)
    moved = services.transfer_promise(promise, unit, f"  {WHY} ", chair, None)
    row = moved.transfers.get()
    assert (moved.unit, moved.post, moved.state, moved.due_on) == (unit, leads, "open", promise.due_on)
    assert (row.old_unit, row.new_unit, row.reason, row.decided_by) == (promise.unit, unit, WHY, chair)
    page = client.get(promise.get_absolute_url()).content.decode()
    for said in (promise.unit.name, unit.name, WHY, chair.title):
        assert said in page
    event = Event.objects.filter(subject_type="dialogue_sessions.promise", subject_id=str(promise.pk)).latest("pk")
    assert (event.kind, event.payload["unit"], event.payload["was"]) == ("dialogue_sessions.promise_transferred", unit.pk, promise.unit_id)
    assert WHY not in str(event.payload)


def test_it_counts_with_the_unit_that_has_it_now(successor, capsys):
    unit, _leads = successor
    promise = open_promise()
    open_promise(unit=promise.unit)
    services.transfer_promise(promise, unit, WHY, None, None)
    assert {tally.name: tally.total for tally in promise_data.by_unit(today())} == {promise.unit.name: 1, unit.name: 1}
    call_command("recount_promises")
    (told,) = promise_data.rows(Promise.objects.filter(pk=promise.pk))
    assert (told["unit"], told["transfers"], told["moves"]) == (unit.slug, 1, 0)
    assert Entry.objects.get(kind="promise", object_id=str(promise.pk)).unit == str(unit.pk)


def test_a_unit_that_the_events_do_not_tell_of_is_found(successor):
    promise = open_promise()
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("alter table dialogue_sessions_promise disable trigger promise_guard")
        cursor.execute("update dialogue_sessions_promise set unit_id = %s where id = %s", [successor[0].pk, promise.pk])
    with pytest.raises(SystemExit):
        call_command("recount_promises")


def test_whoever_sees_to_it_now_is_told(successor):
    made = open_promise()
    promise = services.transfer_promise(made, successor[0], WHY, None, None)
    message = Message.objects.get(kind="dialogue_sessions.promise_reminder")
    assert message.unit == promise.unit
    assert f"{made.unit.title} đã hứa với người dân" in message.parts["text"]
    assert "Từ nay cơ quan bạn nhận làm" in message.parts["text"]


def test_what_is_overdue_stays_with_the_unit_that_missed_it(successor):
    promise = overdue(3)
    with pytest.raises(services.SessionError, match="quá hạn"):
        services.transfer_promise(promise, successor[0], WHY, None, None)
    assert fresh(promise).unit == promise.unit
    closed(promise.unit)
    assert services.transfer_promise(promise, successor[0], WHY, None, None).unit == successor[0]


def test_it_goes_only_to_another_unit_that_works_and_is_led(successor):
    promise = open_promise()
    gone, led = factories.ward("Phường Cũ"), factories.ward("Phường Vắng")
    post_of(gone, leader=True)
    closed(gone)
    gone.refresh_from_db()
    for unit in (promise.unit, gone, led):
        with pytest.raises(services.Invalid) as refused:
            services.transfer_promise(promise, unit, WHY, None, None)
        assert set(refused.value.error.message_dict) == {"unit"}
    assert not PromiseTransfer.objects.exists()


def test_not_without_a_reason_and_not_once_it_is_done(successor):
    with pytest.raises(services.ReasonMissing):
        services.transfer_promise(open_promise(), successor[0], " ", None, None)
    with pytest.raises(services.WrongState):
        services.transfer_promise(kept(), successor[0], WHY, None, None)
    with pytest.raises(services.Stale):
        services.transfer_promise(open_promise(), successor[0], WHY, None, None, version=1)


def test_the_database_asks_for_the_row_that_says_why(successor):
    unit, _leads = successor
    promise = open_promise()
    take = "update dialogue_sessions_promise set unit_id = %s where id = %s"
    assert refused_by_database(take, [unit.pk, promise.pk]) == "promise_unit_with_reason"
    empty = "insert into dialogue_sessions_promisetransfer (promise_id, old_unit_id, new_unit_id, reason, at) values (%s, %s, %s, %s, now())"
    assert refused_by_database(empty, [promise.pk, promise.unit_id, unit.pk, " "]) == "promise_transfer_why"
    assert refused_by_database(empty, [promise.pk, unit.pk, unit.pk, "Vì"]) == "promise_transfer_moves"
    services.transfer_promise(promise, unit, WHY, None, None)
    assert refused_by_database(take, [promise.unit_id, promise.pk]) == "promise_unit_with_reason", "one reason is good for one time"
    assert refused_by_database("update dialogue_sessions_promisetransfer set reason = 'khác'") == "dialogue_record_append_only"
    assert refused_by_database("delete from dialogue_sessions_promisetransfer") == "dialogue_record_append_only"


@pytest.mark.accepts("A10")
def test_in_the_back_office_it_leaves_the_list_of_the_unit(staff, ward, successor):  # noqa: F811
    unit, _leads = successor
    promise = open_promise(unit=ward)
    post = post_of(ward)
    client = staff("approver")
    form = {"transfer-unit": unit.pk, "transfer-reason": "", "transfer-decided_by": post.pk, "transfer-version": promise.version}
    nothing = client.post(at("promise_action", promise.pk, "transfer"), form)
    assert nothing.status_code == 422
    assert f'value="{unit.pk}" selected' in text_of(nothing)
    done = client.post(at("promise_action", promise.pk, "transfer"), form | {"transfer-reason": WHY}, follow=True)
    assert done.redirect_chain[-1][0] == reverse("dialogue_records:promises")
    assert unit.name in text_of(done)
    assert fresh(promise).unit == unit
    assert client.get(at("promise", promise.pk)).status_code == 404
    page = text_of(staff("approver", unit).get(at("promise", promise.pk)))
    assert WHY in page
    assert ward.name in page


def test_who_does_not_decide_hands_nothing_to_another_unit(staff, ward, successor):  # noqa: F811
    promise = open_promise(unit=ward)
    answer = staff("handler").post(at("promise_action", promise.pk, "transfer"), {"transfer-unit": successor[0].pk, "transfer-reason": WHY})
    assert answer.status_code in {302, 403}
    assert fresh(promise).unit == ward


def test_a_closed_unit_s_promise_offers_its_successor(staff, ward, successor):  # noqa: F811
    promise = open_promise(unit=ward)
    client = staff("approver")
    closed(ward)
    ward.successors.add(successor[0])
    page = text_of(client.get(at("promise", promise.pk)))
    assert f'value="{successor[0].pk}" selected' in page
    assert "ngừng hoạt động" in page
