"""A message that failed, sent again because somebody who works with it asks; what is wanted no more."""

import datetime as dt

import pytest

from messaging import sending, services
from messaging.channels import Refused
from messaging.enums import Reason, State
from messaging.models import Message
from safeguards.models import Event

from .conftest import VALUES, ahead, remind

pytestmark = pytest.mark.django_db


def failed(sms, contact, **values):
    def refuse(_outgoing):
        raise Refused(Reason.REFUSED, "404")

    sms.answer = refuse
    message = remind(contact, **values)
    sending.attempt(message.pk)
    sms.answer = None
    message.refresh_from_db()
    assert message.state == State.FAILED
    return message


def test_it_goes_again_as_if_for_the_first_time(clock, sms, minh):
    message = services.resend(failed(sms, minh), None)
    assert (message.state, message.tries, message.reason, message.answer) == (State.QUEUED, 0, "", "")
    assert sending.attempt(message.pk).state == State.SENT
    assert len(sms.taken) == 1


def test_one_whose_time_was_over_has_time_again(clock, sms, minh):
    message = failed(sms, minh, expires_at=ahead(hours=1))
    clock.shift(dt.timedelta(hours=3))
    services.resend(message, None)
    assert sending.attempt(message.pk).state == State.SENT


def test_by_night_it_waits_for_the_morning(clock, sms, minh):
    message = failed(sms, minh)
    clock.move_to(dt.datetime(2026, 12, 1, 16, 0, tzinfo=dt.UTC))  # 23:00
    assert services.resend(message, None).next_try_at == dt.datetime(2026, 12, 2, 0, 0, tzinfo=dt.UTC)


def test_without_its_text_it_cannot_go_again(clock, sms, minh):
    message = failed(sms, minh)
    Message.objects.filter(pk=message.pk).update(sealed="")  # as a code's is wiped
    with pytest.raises(services.CannotResend):
        services.resend(message, None)
    message.refresh_from_db()
    assert message.state == State.FAILED


def test_who_opted_out_since_does_not_get_it(clock, sms, minh):
    message = failed(sms, minh)
    services.opt_out(minh)
    services.resend(message, None)
    assert sending.attempt(message.pk) is None
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.SUPPRESSED, Reason.OPTED_OUT)
    assert sms.taken == []


def test_every_message_of_an_occasion_is_taken_back_and_no_other(clock, sms, minh):
    mine = [remind(minh, dedupe_key=f"tests.reminder:7:{which}", not_before=ahead(days=1)) for which in ("day", "hour")]
    other = services.send("tests.reminder", minh, VALUES, dedupe_key="tests.reminder:70:day", not_before=ahead(days=1))
    assert services.cancel_beginning("tests.reminder:7:") == 2
    states = dict(Message.objects.values_list("pk", "state"))
    assert [states[one.pk] for one in mine] == [State.SUPPRESSED] * 2
    assert states[other.pk] == State.QUEUED


def test_opting_out_twice_is_once_on_record(minh):
    assert services.opt_out(minh)
    assert not services.opt_out(minh)
    assert services.opt_in(minh)
    assert not services.opt_in(minh)
    assert Event.objects.filter(kind__startswith="messaging.contact_opted").count() == 2
