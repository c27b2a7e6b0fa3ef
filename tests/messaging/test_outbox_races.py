"""Messages under real parallel writers: one occasion is one message, one press sends again once, what is taken back is not on its way."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection

from messaging import contacts, sending, services
from messaging.enums import State
from messaging.models import Contact, Message, Template
from safeguards.models import Event
from tests.racing import at_once, failures, locks_off, meanwhile

from .conftest import remind
from .providers import Fake

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 12


@pytest.fixture(autouse=True)
def no_jobs(settings):
    settings.QUIET_HOURS = (dt.time(0), dt.time(0))
    settings.SMS_PROVIDER = "tests.messaging.providers.Fake"
    Fake.taken, Fake.answer = [], None
    yield
    Fake.taken = []
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs where task_name = 'messaging.deliver'")


def jobs(message):
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from procrastinate_jobs where args->>'message_id' = %s", [str(message.pk)])
        return cursor.fetchone()[0]


def test_one_occasion_that_many_tell_of_at_once_is_one_message_and_one_job():
    minh = services.contact_for("0912345678")
    done = at_once([lambda: remind(minh, dedupe_key="tests:once") for _ in range(THREADS)], THREADS)
    assert failures(done) == []
    message = Message.objects.get()
    assert {found.pk for found in done} == {message.pk}
    assert jobs(message) == 1


def failed():
    message = remind(services.contact_for("0912345678"))
    Message.objects.filter(pk=message.pk).update(state=State.FAILED, reason="refused", next_try_at=None, done_at=message.created_at)
    return message


def resend_all(message):
    return at_once([lambda: services.resend(message, None) for _ in range(THREADS)], THREADS)


def test_twenty_presses_send_a_failed_message_again_once():
    message = failed()
    done = resend_all(message)
    assert [type(error) for error in failures(done)] == [services.CannotResend] * (THREADS - 1)
    assert Event.objects.filter(kind="messaging.message_resent").count() == 1
    assert jobs(message) == 2  # the first one, and the one that was asked for


def test_without_the_lock_it_is_sent_again_more_than_once(monkeypatch):
    """The negative control. Ten tries, since chance decides."""
    locks_off(monkeypatch, Message)
    for _ in range(10):
        if len(failures(resend_all(failed()))) < THREADS - 1:
            return
    raise AssertionError("it was sent once without the lock")


def test_what_is_taken_back_while_it_goes_out_is_either_sent_or_taken_back():
    minh = services.contact_for("0912345678")
    for number in range(10):
        key, before = f"tests:off:{number}", len(Fake.taken)
        message = remind(minh, dedupe_key=key)
        done = at_once([lambda message=message: sending.attempt(message.pk), lambda key=key: services.cancel(key)], 2)
        assert failures(done) == []
        message.refresh_from_db()
        taken_back = True in done
        assert message.state == (State.SUPPRESSED if taken_back else State.SENT)
        assert len(Fake.taken) - before == (0 if taken_back else 1)


def taken_back_beside_a_worker(monkeypatch):
    """A message that is taken back; a worker comes between reading that it waits and writing that it is off."""
    message = remind(services.contact_for("0912345678"), dedupe_key="tests:off")
    move = sending.move

    def slow(*args, **kwargs):
        monkeypatch.setattr("messaging.sending.move", move)
        meanwhile(lambda: sending.attempt(message.pk))
        return move(*args, **kwargs)

    monkeypatch.setattr("messaging.sending.move", slow)
    assert services.cancel("tests:off")
    return message


def test_without_the_lock_what_was_taken_back_goes_out(monkeypatch):
    """Between reading that it waits and writing that it is off, a worker takes it."""
    locks_off(monkeypatch, Message)
    taken_back_beside_a_worker(monkeypatch)
    assert len(Fake.taken) == 1


def test_with_the_lock_a_worker_waits_for_who_takes_it_back(monkeypatch):
    message = taken_back_beside_a_worker(monkeypatch)
    assert sending.attempt(message.pk) is None
    assert Fake.taken == []


def test_nobody_takes_a_message_from_a_worker_that_is_at_it():
    message = remind(services.contact_for("0912345678"))
    with sending.held(message.pk) as ours:
        assert ours
        sending._begin(message.pk)
        assert meanwhile(sending.rescue) == 0
    assert meanwhile(sending.rescue) == 1  # once the worker is gone


def save_all(text):
    def save(number):
        row = Template.objects.get(pk=text.pk)
        row.text = f"Bản {number} {{name}}: {{link}}"
        return services.save_template(row, None)

    return at_once([lambda n=n: save(n) for n in range(THREADS)], THREADS)


def versions():
    return sorted(Event.objects.filter(kind="messaging.template_changed").values_list("payload__version", flat=True))


def test_editors_who_save_one_text_at_once_make_a_version_each():
    text = Template.objects.create(kind="tests.reminder", channel="sms", language="vi", text="{name}: {link}")
    assert failures(save_all(text)) == []
    assert versions() == list(range(text.version + 1, text.version + THREADS + 1))


def test_without_the_lock_two_versions_have_one_number(monkeypatch):
    locks_off(monkeypatch, Template)
    text = Template.objects.create(kind="tests.reminder", channel="sms", language="vi", text="{name}: {link}")
    for _ in range(10):
        save_all(text)
        if len(set(versions())) < len(versions()):
            return
    raise AssertionError("every version had a number of its own without the lock")


# ── What is erased while the keys change ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("model", [Contact, Message])
def test_what_is_erased_while_the_keys_change_stays_erased(settings, monkeypatch, model):
    message = remind(services.contact_for("0912345678"))
    settings.FIELD_KEY_FALLBACKS = [settings.FIELD_KEY]
    settings.FIELD_KEY = "một khóa mới đủ dài cho mọi người thử"  # pragma: allowlist secret
    write, came = model.write, []

    def erase():
        return contacts.erase("0912345678") if model is Contact else Message.objects.filter(pk=message.pk).update(sealed="")

    def slow(self, *args):
        if not came:
            came.append(None)
            came[0] = meanwhile(erase)
        return write(self, *args)

    monkeypatch.setattr(model, "write", slow)
    contacts.rewrap()
    assert came
    if isinstance(came[0], Exception):
        erase()
    assert not Contact.objects.exists() if model is Contact else Message.objects.get().sealed == ""
