"""What is not needed any more and is being handed over at that moment: it may arrive, but nobody tries again. What is late never goes."""

import datetime as dt

import pytest
from django.utils import timezone

from messaging import contacts, sending, services
from messaging.channels import Down, TryLater
from messaging.enums import Reason, State
from messaging.models import Message
from safeguards.models import Event

from .conftest import ahead, remind

pytestmark = pytest.mark.django_db
KEY = "tests:off:1"


def while_it_goes_out(sms, act, error=None):
    """The other side answers, or does not, and meanwhile somebody does something."""

    def answer(_outgoing):
        sms.answer = None
        told.append(act())
        if error is not None:
            raise error

    told = []
    sms.answer = answer
    return told


def later(clock):
    clock.shift(dt.timedelta(minutes=10))
    sending.tend()


@pytest.mark.parametrize("error", [TryLater(Reason.LATER, "429"), Down(Reason.UNREACHABLE)])
@pytest.mark.parametrize("take_back", [lambda: services.cancel(KEY), lambda: services.cancel_beginning("tests:off:")])
def test_what_is_taken_back_while_the_other_side_does_not_take_it_is_never_tried_again(clock, sms, minh, take_back, error):
    message = remind(minh, dedupe_key=KEY)
    told = while_it_goes_out(sms, take_back, error)
    sending.attempt(message.pk)
    assert told == [False]  # it might have arrived
    message.refresh_from_db()
    assert (message.state, message.reason, message.next_try_at) == (State.SUPPRESSED, Reason.CANCELLED, None)
    later(clock)
    assert sms.taken == []
    assert Event.objects.get(kind="messaging.message_suppressed").payload["reason"] == Reason.CANCELLED


def test_what_arrived_while_it_was_taken_back_is_told_as_sent(clock, sms, minh):
    message = remind(minh, dedupe_key=KEY)
    while_it_goes_out(sms, lambda: services.cancel(KEY))
    assert sending.attempt(message.pk).state == State.SENT
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.SENT, "")


def test_what_was_taken_back_before_its_worker_died_does_not_go_again(clock, sms, minh):
    message = remind(minh, dedupe_key=KEY)
    sending._begin(message.pk)
    assert not services.cancel(KEY)
    assert sending.rescue() == 1
    later(clock)
    message.refresh_from_db()
    assert message.state == State.SUPPRESSED
    assert sms.taken == []


def test_a_former_code_that_was_on_its_way_does_not_come_after_the_new_one(clock, sms, minh):
    former = services.ask_code(minh, "tests")
    while_it_goes_out(sms, lambda: services.ask_code(minh, "tests"), TryLater(Reason.LATER, "429"))
    sending.attempt(former.pk)
    later(clock)
    sending.send_due()
    former.refresh_from_db()
    assert former.state == State.SUPPRESSED
    assert former.sealed == ""
    newest = Message.objects.latest("pk")
    assert [taken.reference for taken in sms.taken] == ([str(newest.reference)] if newest.state == State.SENT else [])


def test_what_has_gone_is_not_taken_back(clock, sms, minh):
    message = remind(minh, dedupe_key=KEY)
    sending.attempt(message.pk)
    assert not services.cancel(KEY)
    assert services.cancel_beginning("tests:off:") == 0
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.SENT, "")


def test_a_job_that_comes_after_the_time_of_its_message_sends_nothing(clock, sms, minh):
    message = remind(minh, expires_at=ahead(hours=1))
    clock.shift(dt.timedelta(hours=1))
    assert sending.attempt(message.pk) is None
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.EXPIRED, Reason.TOO_LATE)
    assert sms.taken == []


def test_a_contact_whose_message_is_being_handed_over_is_not_forgotten(clock, sms, minh):
    message = remind(minh, expires_at=ahead(days=60))
    clock.shift(dt.timedelta(days=10))
    assert sending._begin(message.pk)
    assert contacts.purge_contacts(timezone.now()) == 0
    assert Message.objects.filter(pk=message.pk).exists()
