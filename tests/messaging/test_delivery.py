"""One row and one job a message; states by their table; what the other side answers decides; quiet hours, planning, opting out."""

import datetime as dt
import json
import smtplib

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import IntegrityError, connection, transaction

from messaging import links, sending, services
from messaging.channels import Down, Refused, TryLater, mail
from messaging.enums import TRANSITIONS, Reason, State
from messaging.models import ChannelState, Message, Template
from safeguards.models import Event

from .conftest import NOON, VALUES, ahead, remind
from .sink import Rude

pytestmark = pytest.mark.django_db


def jobs():
    with connection.cursor() as cursor:
        cursor.execute("select args, scheduled_at, priority from procrastinate_jobs where task_name = 'messaging.deliver' order by id")
        return cursor.fetchall()


@pytest.fixture(autouse=True)
def no_jobs(db):
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs")


def state(message):
    message.refresh_from_db()
    return message.state


# ── In the transaction that causes it ─────────────────────────────────────────────────────────────────────────────────


def test_row_and_job_are_written_or_not_together(clock, lan):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        remind(lan)
        raise ZeroDivisionError
    assert not Message.objects.exists() and jobs() == []
    message = remind(lan)
    assert [args for args, _at, _priority in jobs()] == [json.dumps({"message_id": message.pk})]


def test_the_same_occasion_asked_for_again_is_one_message(clock, lan, sink):
    first, second = remind(lan, dedupe_key="tests:once"), remind(lan, dedupe_key="tests:once")
    assert first.pk == second.pk and len(jobs()) == 1
    assert sending.send_due() == 1 and sending.send_due() == 0
    assert len(sink.taken) == 1


@pytest.mark.parametrize("values", [{"name": "x"}, {**VALUES, "more": "x"}, {}])
def test_values_are_exactly_the_kinds(lan, values):
    with pytest.raises(services.WrongValues):
        services.send("tests.reminder", lan, values, dedupe_key="tests:x")


def test_a_kind_that_nobody_registered_is_a_mistake(lan):
    with pytest.raises(services.UnknownKind):
        services.send("tests.unknown", lan, {}, dedupe_key="tests:x")


# ── A letter as it arrives ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("B12", "B13")
def test_a_letter_arrives_whole_and_without_a_line_of_anybody_elses(clock, lan, sink):
    values = {"name": "An\r\nBcc: ai@do.vn\r\n\r\n<b>xin chào</b> {link}", "link": VALUES["link"]}
    message = services.send("tests.reminder", lan, values, dedupe_key="tests:1")
    assert sending.attempt(message.pk).state == State.SENT
    (letter,) = sink.letters
    assert sink.recipients == [["lan@example.vn"]]
    assert letter["Bcc"] is None and letter["To"] == "lan@example.vn"
    assert letter["Subject"].strip() == "Nhắc lịch: An Bcc: ai@do.vn <b>xin chào</b> {link}"
    assert letter["Message-ID"] == f"<{message.reference}@minhbach.example.vn>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["List-Unsubscribe"].strip(" <>").startswith("http://testserver/tin-nhan/ngung/")
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    html = letter.get_body(("html",)).get_content()
    assert "<b>" not in html and "&lt;b&gt;xin chào&lt;/b&gt;" in html and '<a href="http://testserver/lich/1/">' in html
    assert "<b>xin chào</b> {link}" in letter.get_body(("plain",)).get_content()


def test_an_answer_to_ones_own_request_offers_no_way_out(clock, lan, sink):
    services.ask_code(lan, "tests")
    sending.send_due()
    (letter,) = sink.letters
    assert letter["List-Unsubscribe"] is None


def test_each_is_written_to_in_their_language(clock, sink, lan):
    services.contact_for("lan@example.vn", language="en")
    lan.refresh_from_db()
    remind(lan)
    sending.send_due()
    assert sink.letters[0]["Subject"].strip() == "Reminder: Nguyễn Thị Mẫu"
    assert "/en/tin-nhan/ngung/" in sink.letters[0]["List-Unsubscribe"]


def test_a_text_message_without_marks_when_its_text_says_so(clock, sms, minh):
    Template.objects.update_or_create(
        kind="tests.reminder", channel="sms", language="vi", defaults={"text": "Nhắc lịch {name}: {link}", "fold_marks": True}
    )
    remind(minh)
    sending.send_due()
    assert (sms.taken[0].to, sms.taken[0].text) == ("+84912345678", "Nhac lich Nguyen Thi Mau: http://testserver/lich/1/")


# ── What the other side answers ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("F4")
@pytest.mark.parametrize(
    ("at_recipient", "at_data", "reason", "answer"),
    [
        ("550 5.1.1 <lan@example.vn> unknown", "", Reason.REFUSED, "550 5.1.1"), ("553 no", "", Reason.REFUSED, "553"),
        ("", "554 5.7.1 spam, lan@example.vn", Reason.CONTENT, "554 5.7.1"),
    ],
)  # fmt: skip
def test_a_permanent_refusal_is_failed_at_once_and_never_tried_again(clock, lan, sink, at_recipient, at_data, reason, answer):
    sink.at_recipient, sink.at_data = at_recipient, at_data
    message = remind(lan)
    sending.send_due()
    assert state(message) == State.FAILED
    assert (message.reason, message.answer, message.tries) == (reason, answer, 1)
    asked = sink.asked
    for _ in range(5):
        clock.shift(dt.timedelta(minutes=10))
        sending.tend()
    assert sink.asked == asked and state(message) == State.FAILED
    event = Event.objects.get(kind="messaging.message_failed")
    assert event.payload == {"kind": "tests.reminder", "channel": "email", "tries": 1, "reason": reason}
    assert not ChannelState.objects.exclude(failing_since=None).exists()


@pytest.mark.accepts("F3")
@pytest.mark.parametrize(("at_recipient", "at_data"), [("451 4.7.1 greylisted", ""), ("", "452 4.3.1 full")])
def test_a_temporary_refusal_is_tried_again_and_stops_nobody_else(clock, lan, sink, at_recipient, at_data):
    sink.at_recipient, sink.at_data = at_recipient, at_data
    message = remind(lan)
    sending.send_due()
    assert state(message) == State.WAITING and message.reason == Reason.LATER
    assert dt.timedelta(seconds=5) < message.next_try_at - NOON <= dt.timedelta(seconds=15)
    assert not sending.is_down("email", NOON)
    sink.at_recipient = sink.at_data = ""
    clock.shift(dt.timedelta(minutes=1))
    sending.send_due()
    assert state(message) == State.SENT and message.tries == 2 and message.reason == ""


@pytest.mark.accepts("F3")
def test_waits_double_up_to_four_minutes_and_differ():
    shortest, longest = sending.wait_after(1).total_seconds(), max(sending.wait_after(n).total_seconds() for n in range(1, 500))
    assert 7.5 <= shortest <= 15 and 120 < longest <= 240
    assert len({sending.wait_after(3) for _ in range(20)}) > 1
    assert 30 <= sending.wait_after(3).total_seconds() <= 60


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (smtplib.SMTPAuthenticationError(535, b"5.7.8 no"), Down, Reason.ACCESS), (smtplib.SMTPConnectError(421, b"busy"), Down, Reason.UNREACHABLE),
        (smtplib.SMTPServerDisconnected("gone"), Down, Reason.UNREACHABLE), (ConnectionRefusedError(), Down, Reason.UNREACHABLE),
        (TimeoutError(), Down, Reason.UNREACHABLE), (smtplib.SMTPSenderRefused(550, b"5.1.8 no", "x"), Refused, Reason.CONTENT),
        (smtplib.SMTPSenderRefused(451, b"4.1.8 no", "x"), TryLater, Reason.LATER),
        (smtplib.SMTPSenderRefused(530, b"tls", "x"), Down, Reason.ACCESS),
        (smtplib.SMTPDataError(421, b"closing"), Down, Reason.UNREACHABLE), (smtplib.SMTPNotSupportedError("no STARTTLS"), Down, Reason.ACCESS),
        (mail.BadHeaderError("x"), Refused, Reason.CONTENT),
    ],
)  # fmt: skip
def test_every_error_of_a_mail_server_means_something(error, kind, reason):
    meant = mail.failure(error)
    assert type(meant) is kind and meant.reason == reason
    assert mail.failure(KeyError("a mistake of ours")) is None


def test_a_mistake_of_ours_is_not_taken_for_the_servers(clock, lan, sink, monkeypatch):
    def broken(self, *args, **kwargs):
        raise KeyError("ours")

    monkeypatch.setattr(EmailMultiAlternatives, "send", broken)
    message = remind(lan)
    with pytest.raises(KeyError):
        sending.attempt(message.pk)
    assert state(message) == State.SENDING
    assert sending.rescue() == 1 and state(message) == State.WAITING and message.reason == Reason.CUT_OFF


@pytest.mark.parametrize("rubbish", [False, True])
def test_a_server_without_manners_after_its_ok_gets_no_second_letter(clock, lan, sink, rubbish):
    sink.off()
    rude = Rude(sink, hostname="127.0.0.1", port=sink.port)
    rude.rubbish = rubbish
    rude.start()
    try:
        message = remind(lan)
        sending.send_due()
        assert state(message) == State.SENT
        clock.shift(dt.timedelta(hours=1))
        sending.tend()
        assert len(sink.taken) == 1
    finally:
        rude.stop()


@pytest.mark.accepts("F3")
def test_a_channel_that_does_not_answer_is_asked_by_one_message_at_a_time(clock, lan, sink):
    sink.off()
    rows = [remind(lan) for _ in range(5)]
    sending.tend()
    assert sorted(row.tries for row in Message.objects.all()) == [0, 0, 0, 0, 1]
    sending.tend()  # a second worker in the same minute
    assert sum(row.tries for row in Message.objects.all()) == 1
    clock.shift(dt.timedelta(minutes=1))
    sending.tend()
    assert sum(row.tries for row in Message.objects.all()) == 2
    sink.on()
    clock.shift(dt.timedelta(minutes=1))
    assert sending.tend() >= 3
    clock.shift(dt.timedelta(minutes=4))
    sending.tend()
    assert [state(row) for row in rows] == [State.SENT] * 5 and len(sink.taken) == 5
    assert ChannelState.objects.get().failing_since is None


def test_readyz_says_when_nothing_has_gone_out_for_long(clock, lan, sink):
    sink.off()
    remind(lan)
    sending.tend()
    assert sending.trouble() == ""
    clock.shift(dt.timedelta(minutes=11))
    sending.tend()
    assert sending.trouble() == "email for 11 min: unreachable"
    sink.on()
    clock.shift(dt.timedelta(minutes=5))
    sending.tend()
    assert sending.trouble() == ""


def test_without_a_provider_a_text_message_fails_and_says_why(clock, settings, minh):
    settings.SMS_PROVIDER = ""
    message = remind(minh)
    sending.send_due()
    assert state(message) == State.FAILED and message.reason == Reason.NO_CHANNEL
    assert not services.is_offered("sms") and services.is_offered("email")


def test_the_file_provider_writes_one_file_a_message(clock, settings, tmp_path, minh):
    settings.SMS_PROVIDER, settings.SMS_FOLDER = "file", tmp_path / "sms"
    message = remind(minh)
    sending.send_due()
    (file,) = (tmp_path / "sms").iterdir()
    assert file.name == f"{message.reference}.json" and "+84912345678" in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


# ── Its time ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("now", "goes"),
    [
        ("2026-12-01T20:59", "2026-12-01T20:59"), ("2026-12-01T21:00", "2026-12-02T07:00"), ("2026-12-01T23:59", "2026-12-02T07:00"),
        ("2026-12-02T06:59", "2026-12-02T07:00"), ("2026-12-02T07:00", "2026-12-02T07:00"),
    ],
)  # fmt: skip
def test_quiet_hours_move_a_notice_to_the_morning(clock, lan, now, goes):
    zone = dt.timezone(dt.timedelta(hours=7))
    clock.move_to(dt.datetime.fromisoformat(now).replace(tzinfo=zone))
    assert remind(lan).next_try_at == dt.datetime.fromisoformat(goes).replace(tzinfo=zone)


def test_a_code_goes_at_any_hour(clock, lan, sink):
    clock.move_to(dt.datetime(2026, 12, 1, 16, 0, tzinfo=dt.UTC))  # 23:00
    services.ask_code(lan, "tests")
    assert sending.send_due() == 1


def test_what_was_planned_by_day_and_is_late_waits_for_the_morning_too(clock, lan, sink):
    message = remind(lan)
    clock.move_to(dt.datetime(2026, 12, 1, 14, 30, tzinfo=dt.UTC))  # 21:30
    assert sending.send_due() == 0
    assert state(message) == State.QUEUED and message.next_try_at == dt.datetime(2026, 12, 2, 0, 0, tzinfo=dt.UTC)
    clock.move_to(dt.datetime(2026, 12, 2, 0, 0, tzinfo=dt.UTC))
    assert sending.send_due() == 1


def test_a_reminder_of_an_early_hour_goes_the_evening_before(clock, lan):
    at = dt.datetime(2026, 12, 1, 23, 30, tzinfo=dt.UTC)  # 6:30, for something at 7:00
    message = remind(lan, not_before=at, expires_at=at + dt.timedelta(minutes=30))
    assert message.next_try_at == dt.datetime(2026, 12, 1, 13, 59, tzinfo=dt.UTC)  # 20:59


def test_quiet_hours_may_be_switched_off(clock, settings, lan):
    settings.QUIET_HOURS = (dt.time(0), dt.time(0))
    clock.move_to(dt.datetime(2026, 12, 1, 16, 0, tzinfo=dt.UTC))
    assert remind(lan).next_try_at == dt.datetime(2026, 12, 1, 16, 0, tzinfo=dt.UTC)


def test_a_reminder_waits_for_its_day(clock, lan, sink):
    message = remind(lan, not_before=ahead(days=3))
    ((_args, scheduled, _priority),) = jobs()
    assert scheduled == message.next_try_at == ahead(days=3)
    sending.tend()
    assert sending.attempt(message.pk) is None and state(message) == State.QUEUED
    clock.shift(dt.timedelta(days=3))
    assert sending.send_due() == 1


def test_what_comes_too_late_is_not_sent(clock, lan, sink):
    sink.off()
    message = remind(lan, expires_at=ahead(hours=1))
    sending.tend()
    clock.shift(dt.timedelta(hours=1))
    sink.on()
    sending.tend()
    assert state(message) == State.EXPIRED and message.reason == Reason.UNREACHABLE and sink.taken == []


def test_what_is_off_is_taken_back(clock, lan, sink):
    message = remind(lan, dedupe_key="tests:off", not_before=ahead(days=1))
    assert services.cancel("tests:off") and not services.cancel("tests:off")
    assert state(message) == State.SUPPRESSED and message.reason == Reason.CANCELLED


# ── Not wanted ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_opted_out_gets_codes_and_nothing_else(clock, lan, sink):
    waiting = remind(lan, not_before=ahead(hours=1))
    services.opt_out(lan)
    lan.refresh_from_db()
    assert remind(lan).state == State.SUPPRESSED
    clock.shift(dt.timedelta(hours=1))
    services.ask_code(lan, "tests")
    assert sending.send_due() == 1 and len(sink.taken) == 1
    assert state(waiting) == State.SUPPRESSED and waiting.reason == Reason.OPTED_OUT


def test_asking_for_the_page_changes_nothing_and_posting_does(client, lan):
    url = links.stop_url(lan, "vi").removeprefix("http://testserver")
    for method in (client.get, client.head):
        page = method(url)
        assert page.status_code == 200 and "no-store" in page["Cache-Control"]
    lan.refresh_from_db()
    assert lan.opted_out_at is None
    assert "lan@example.vn" not in client.get(url).content.decode()
    assert client.post(url)["Location"] == url
    lan.refresh_from_db()
    assert lan.opted_out_at is not None
    assert "again" in client.get(url).content.decode()
    client.post(url, {"again": "1"})
    lan.refresh_from_db()
    assert lan.opted_out_at is None
    assert list(Event.objects.values_list("kind", flat=True)) == ["messaging.contact_opted_out", "messaging.contact_opted_in"]


def test_a_mail_programs_own_button_needs_no_page(lan):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    url = links.stop_url(lan, "vi").removeprefix("http://testserver")
    assert strict.post(url).status_code == 403
    assert strict.post(url, {"again": "1"}).status_code == 403
    assert strict.post(url, {"List-Unsubscribe": "One-Click"}).status_code == 204
    lan.refresh_from_db()
    assert lan.opted_out_at is not None


@pytest.mark.parametrize("token", ["{pk}", "{pk}:x", "x", "99999999999999999999999:abc", "{pk}:abc:def", "{pk}:{other}"])
def test_an_address_that_we_did_not_sign_leads_nowhere(client, lan, minh, token):
    token = token.format(pk=lan.pk, other=links.token(minh).partition(":")[2])
    assert client.get(f"/tin-nhan/ngung/{token}/").status_code == 404
    assert client.post(f"/tin-nhan/ngung/{token}/", {"List-Unsubscribe": "One-Click"}).status_code == 404


def test_a_text_that_is_switched_off_is_not_sent(clock, lan):
    Template.objects.update_or_create(kind="tests.reminder", channel="email", language="vi", defaults={"subject": "x", "text": "x", "active": False})
    message = remind(lan)
    assert (message.state, message.reason) == (State.SUPPRESSED, Reason.SWITCHED_OFF)


# ── States ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_state_follows_that_is_not_in_the_table(clock, lan):
    message = remind(lan)
    forbidden = [(before, after) for before in State for after in State if after not in TRANSITIONS[before]]
    assert (State.SENT, State.SENDING) in forbidden and len(forbidden) > 30
    for before, after in forbidden:
        message.state = before
        with pytest.raises(sending.WrongTransition):
            sending.move(message, after, NOON)


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "sending"}, {"state": "sent"}, {"next_try_at": None}, {"state": "failed", "next_try_at": None, "done_at": NOON},
        {"expires_at": NOON - dt.timedelta(days=1)}, {"sending_since": NOON}, {"done_at": NOON},
    ],
)  # fmt: skip
def test_the_database_refuses_states_that_contradict_themselves(clock, lan, wrong):
    message = remind(lan)
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(**wrong)


def test_what_the_row_of_a_sent_message_tells(clock, lan, sink):
    message = remind(lan)
    sending.send_due()
    assert state(message) == State.SENT and message.done_at == NOON and message.next_try_at is None
    assert message.provider_reference == f"<{message.reference}@minhbach.example.vn>"
    assert Event.objects.get(kind="messaging.message_sent").payload == {"kind": "tests.reminder", "channel": "email", "tries": 1}


def test_a_key_that_is_gone_is_a_failure_in_words(clock, lan, sink, settings):
    message = remind(lan)
    settings.FIELD_KEY = "another key " * 5
    sending.send_due()
    assert state(message) == State.FAILED and message.reason == Reason.UNREADABLE
