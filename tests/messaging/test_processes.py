"""Many workers, dead workers, a long outage: nothing is lost, nothing goes twice."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from urllib.parse import quote

import pytest
from django.db import connection, transaction
from django.db.models import F

from messaging import sending, services
from messaging.enums import Reason, State
from messaging.models import ChannelState, Code, Message
from safeguards.models import RateLimit

from .conftest import URGENT, remind

PRELUDE = """
import os, sys, time, django
django.setup()
import datetime as dt
from messaging import sending, services
from messaging.models import Contact, Message
from foundation.registries import message_kinds
from tests.messaging.conftest import URGENT
message_kinds.register(URGENT.key, URGENT)
"""
# One worker: until nothing is left to send, without the waits between tries.
WORKER = (
    PRELUDE
    + """
sending.wait_after = lambda tries: dt.timedelta(0)
print("ready", flush=True)
sys.stdin.readline()
while Message.objects.filter(state__in=["queued", "waiting"]).exists():
    sending.send_due()
print("done", flush=True)
"""
)
# The same without the lock and with a claim in two steps: what the test must be able to see.
CARELESS = WORKER.replace(
    'print("ready"',
    """
import contextlib
from django.utils import timezone
@contextlib.contextmanager
def held(pk):
    yield True
def begin(pk):
    message = Message.objects.select_related("contact").filter(pk=pk, state__in=["queued", "waiting"]).first()
    if message is not None:
        time.sleep(0.002)
        Message.objects.filter(pk=pk).update(state="sending", next_try_at=None, sending_since=timezone.now(), tries=1, done_at=None)
        message.tries = 1
    return message
sending.held, sending._begin = held, begin
print("ready\"""",
    1,
)


def started(code, number=1, **environment):
    host = quote(connection.settings_dict["HOST"], safe="")
    url = f"postgresql://{connection.settings_dict['USER']}@/{connection.settings_dict['NAME']}?host={host}"
    everything = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": url, "DATABASE_OWNER_URL": url, **environment}
    workers = [
        subprocess.Popen([sys.executable, "-c", code], env=everything, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(number)
    ]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    return workers


def go(workers):
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    return [worker.communicate(timeout=300)[0] for worker in workers]


def many(number):
    contact = services.contact_for("0912345678")
    with transaction.atomic():
        return [services.send(URGENT.key, contact, {}, dedupe_key=f"tests:many:{each}") for each in range(number)]


@pytest.mark.accepts("C10")
@pytest.mark.django_db(transaction=True)
def test_four_workers_hand_each_of_a_thousand_messages_over_once(tmp_path):
    """A fifth of the tries fails before the provider takes anything; each message is a line of its file, once."""
    rows = many(1000)
    log = tmp_path / "taken"
    told = go(started(WORKER, 4, SMS_PROVIDER="tests.messaging.providers.Flaky", FLAKY_LOG=str(log)))
    assert told == ["done\n"] * 4
    taken = Counter(log.read_text().split())
    assert taken == Counter({str(row.reference): 1 for row in rows})
    assert set(Message.objects.values_list("state", flat=True)) == {State.SENT}
    assert Message.objects.filter(tries__gt=1).count() > 100


@pytest.mark.accepts("C10")
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_some_would_go_twice(tmp_path):
    """The test above can fail."""
    many(60)
    log = tmp_path / "taken"
    go(started(CARELESS, 4, SMS_PROVIDER="tests.messaging.providers.Flaky", FLAKY_LOG=str(log)))
    assert max(Counter(log.read_text().split()).values()) > 1


# A worker that stops inside the provider, before or after it took the message, and is killed there.
HANGING = (
    PRELUDE
    + """
class Hanging:
    def send(self, outgoing):
        if sys.argv[1] == "after":
            open(os.environ["FLAKY_LOG"], "a").write(outgoing.reference + "\\n")
        print("inside", flush=True)
        time.sleep(600)
sending.carrier = lambda channel: Hanging()
print("ready", flush=True)
sys.stdin.readline()
sending.send_due()
"""
)


@pytest.mark.accepts("F2")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("when", ["before", "after"])
def test_what_a_killed_worker_was_sending_goes_out_under_the_same_name(tmp_path, sms, when):
    (row,) = many(1)
    log = tmp_path / "taken"
    (worker,) = started(HANGING.replace("sys.argv[1]", repr(when)), FLAKY_LOG=str(log))
    worker.stdin.write("go\n")
    worker.stdin.flush()
    assert worker.stdout.readline() == "inside\n"
    row.refresh_from_db()
    assert row.state == State.SENDING
    sending.tend()  # the worker lives: nobody takes it from it
    row.refresh_from_db()
    assert row.state == State.SENDING and sms.taken == []
    worker.send_signal(signal.SIGKILL)
    worker.communicate()
    deadline = time.monotonic() + 60
    while not sending.rescue() and time.monotonic() < deadline:
        time.sleep(0.1)  # until PostgreSQL has seen that its client is gone
    row.refresh_from_db()
    assert (row.state, row.reason) == (State.WAITING, Reason.CUT_OFF)
    assert sending.send_due() == 1
    row.refresh_from_db()
    assert row.state == State.SENT and row.tries == 2
    assert [outgoing.reference for outgoing in sms.taken] == [str(row.reference)]
    if when == "after":  # exactly this once the other side sees the same name twice
        assert log.read_text().split() == [str(row.reference)]


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_was_taken_for_dead_changes_nothing(sms):
    (row,) = many(1)

    def slow(outgoing):
        Message.objects.filter(pk=row.pk).update(tries=F("tries") + 1)  # somebody else began anew

    sms.answer = slow
    assert sending.attempt(row.pk) is None
    row.refresh_from_db()
    assert row.state == State.SENDING


# One process of several that ask for codes for the same contact.
ASKING = (
    PRELUDE
    + """
from django.conf import settings
settings.RATE_LIMITS_ON = True
settings.RATE_LIMITS["code_contact"] = (10, 86_400)
contact = Contact.objects.get()
print("ready", flush=True)
sys.stdin.readline()
passed = 0
for _ in range(int(os.environ["TRIES"])):
    try:
        services.ask_code(contact, "tests", address="203.0.113.9")
        passed += 1
    except services.TooManyCodes:
        pass
print(passed)
"""
).replace("settings.RATE_LIMITS_ON", "settings.RATE_LIMITS['code_address'] = (10_000, 86_400); settings.RATE_LIMITS_ON")


@pytest.mark.accepts("C11")
@pytest.mark.django_db(transaction=True)
def test_of_a_hundred_codes_asked_for_at_once_ten_are_made_and_one_lives():
    services.contact_for("0912345678")
    told = go(started(ASKING, 3, TRIES="34", SMS_PROVIDER="file"))
    assert sum(map(int, told)) == 10
    assert Code.objects.count() == 10 and Code.objects.filter(voided_at=None, used_at=None).count() == 1
    assert Message.objects.filter(state=State.QUEUED).count() == 1
    assert RateLimit.objects.get(scope="code_contact").count >= 10


@pytest.mark.accepts("C11")
@pytest.mark.django_db(transaction=True)
def test_twenty_guesses_at_once_are_five(sms):
    contact = services.contact_for("0912345678")
    services.ask_code(contact, "tests")
    verdicts, barrier = [], threading.Barrier(20)

    def guess(digits):
        try:
            barrier.wait(60)
            verdicts.append(services.check_code(contact, "tests", digits))
        finally:
            connection.close()

    sending.send_due()
    right = sms.taken[0].text
    guesses = [digits for digits in (f"{number:06d}" for number in range(21)) if digits not in right][:20]
    threads = [threading.Thread(target=guess, args=[digits]) for digits in guesses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(verdicts) == 20
    assert Code.objects.get().tries == 5
    assert sum(verdict == "wrong" for verdict in verdicts) == 4


# ── Four hours without mail and text messages ─────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("F3")
@pytest.mark.django_db
def test_after_four_hours_without_mail_and_sms_everything_goes_out_within_five_minutes(clock, sink, sms):
    """Every other minute somebody is written to by each channel, and the round runs; every submission succeeds."""
    from messaging.channels import Down

    def dead(outgoing):
        raise Down(Reason.UNREACHABLE)

    by_mail, by_sms = services.contact_for("lan@example.vn"), services.contact_for("0912345678")
    sink.off()
    sms.answer = dead
    rows = []
    for _step in range(120):
        for contact in (by_mail, by_sms):
            rows.append(remind(contact))
            sending.attempt(rows[-1].pk)  # as the job does
        sending.tend()
        clock.shift(dt.timedelta(minutes=2))
    assert len(rows) == 240 and not Message.objects.exclude(state__in=[State.QUEUED, State.WAITING]).exists()
    assert ChannelState.objects.filter(failing_since__isnull=False).count() == 2
    assert sum(Message.objects.values_list("tries", flat=True)) <= 2 * 122  # one asks for all
    sink.on()
    sms.answer = None
    for _minute in range(5):
        clock.shift(dt.timedelta(minutes=1))
        sending.tend()
    assert not Message.objects.exclude(state=State.SENT).exists()
    assert Counter(letter["Message-ID"] for letter in sink.letters) == Counter(
        f"<{row.reference}@minhbach.example.vn>" for row in rows if row.channel == "email"
    )
    assert Counter(outgoing.reference for outgoing in sms.taken) == Counter(str(row.reference) for row in rows if row.channel == "sms")


@pytest.mark.accepts("P6")
@pytest.mark.django_db(transaction=True)
def test_the_worker_sends_what_a_request_caused_and_its_job_names_nobody(monkeypatch, sms, caplog):
    from concurrent.futures import ThreadPoolExecutor

    from procrastinate.contrib.django import app

    monkeypatch.setattr(app.periodic_registry, "periodic_tasks", {})
    with connection.cursor() as cursor:
        cursor.execute("truncate procrastinate_jobs, procrastinate_workers, procrastinate_events, procrastinate_periodic_defers")
    contact = services.contact_for("0912345678")
    with transaction.atomic():
        message = services.ask_code(contact, "tests")
    with connection.cursor() as cursor:
        cursor.execute("select args from procrastinate_jobs")
        ((arguments,),) = cursor.fetchall()
    assert arguments in ({"message_id": message.pk}, f'{{"message_id": {message.pk}}}')
    with app.replace_connector(app.connector.get_worker_connector()), ThreadPoolExecutor(1) as pool, caplog.at_level("DEBUG"):
        pool.submit(app.run_worker, wait=False, install_signal_handlers=False, listen_notify=False, concurrency=1).result()
    message.refresh_from_db()
    assert message.state == State.SENT and len(sms.taken) == 1
    digits = sms.taken[0].text.split()[6].strip(",")
    assert digits.isdigit() and len(digits) == 6
    assert digits not in caplog.text and "912345678" not in caplog.text
    with connection.cursor() as cursor:
        cursor.execute("truncate procrastinate_jobs, procrastinate_workers, procrastinate_events, procrastinate_periodic_defers")
