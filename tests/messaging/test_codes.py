"""Six digits prove a contact: ten minutes, five tries, the newest only, one purpose; nothing of them is kept or told."""

import datetime as dt
import re

import pytest
from django.db import IntegrityError, connection, transaction

from messaging import codes, sending, services
from messaging.enums import CodeVerdict, State
from messaging.models import Code, Message
from safeguards.models import Event, RateLimit

pytestmark = pytest.mark.django_db


def received(sms):
    """The digits of the newest message."""
    sending.send_due()
    return re.search(r"\d{6}", sms.taken[-1].text)[0]


def wrong(digits):
    return f"{(int(digits) + 1) % 1_000_000:06d}"


def test_the_code_that_arrived_proves_the_contact_once(clock, minh, sms):
    services.ask_code(minh, "tests")
    digits = received(sms)
    assert minh.verified_at is None
    assert services.check_code(minh, "tests", f" {digits[:3]} {digits[3:]} ") == CodeVerdict.RIGHT
    minh.refresh_from_db()
    assert minh.verified_at is not None and minh.forget_after == dt.date(2027, 3, 1)
    assert services.check_code(minh, "tests", digits) == CodeVerdict.NONE
    assert Event.objects.get(kind="messaging.contact_proven").payload == {"purpose": "tests"}


def test_a_code_is_good_for_its_purpose_and_its_contact_only(clock, minh, lan, sms):
    services.ask_code(minh, "tests:1")
    digits = received(sms)
    assert services.check_code(minh, "tests:2", digits) == CodeVerdict.NONE
    assert services.check_code(lan, "tests:1", digits) == CodeVerdict.NONE


@pytest.mark.parametrize(("minutes", "verdict"), [(9.9, CodeVerdict.RIGHT), (10, CodeVerdict.NONE)])
def test_after_ten_minutes_it_is_over(clock, minh, sms, minutes, verdict):
    services.ask_code(minh, "tests")
    digits = received(sms)
    clock.shift(dt.timedelta(minutes=minutes))
    assert services.check_code(minh, "tests", digits) == verdict


def test_five_wrong_tries_are_the_end(clock, minh, sms):
    services.ask_code(minh, "tests")
    digits = received(sms)
    assert [services.check_code(minh, "tests", wrong(digits)) for _ in range(5)] == [CodeVerdict.WRONG] * 4 + [CodeVerdict.USED_UP]
    assert services.check_code(minh, "tests", digits) == CodeVerdict.USED_UP
    minh.refresh_from_db()
    assert minh.verified_at is None


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12 34 5", "9" * 1000])
def test_what_is_no_code_costs_no_try(clock, minh, sms, typed):
    services.ask_code(minh, "tests")
    assert services.check_code(minh, "tests", typed) == CodeVerdict.WRONG
    assert Code.objects.get().tries == 0


def test_a_new_code_voids_the_old_one_and_keeps_it_from_arriving(clock, minh, sms):
    first = services.ask_code(minh, "tests")
    services.ask_code(minh, "tests")
    digits = received(sms)
    assert len(sms.taken) == 1
    first.refresh_from_db()
    assert first.state == State.SUPPRESSED and first.sealed == ""
    services.ask_code(minh, "tests")
    assert received(sms) is not None
    if digits != received(sms):
        assert services.check_code(minh, "tests", digits) == CodeVerdict.WRONG


def test_two_codes_never_live_at_once(clock, minh, sms):
    services.ask_code(minh, "tests")
    with pytest.raises(IntegrityError), transaction.atomic():
        Code.objects.create(contact=minh, purpose="tests", digest="x" * 64, created_at="2026-12-01T00:00Z", expires_at="2026-12-02T00:00Z")


@pytest.mark.accepts("P4", "P6")
def test_nothing_of_a_code_stays_in_the_database(clock, minh, sms, caplog):
    services.ask_code(minh, "tests")
    digits = received(sms)
    services.check_code(minh, "tests", wrong(digits))
    with connection.cursor() as cursor:
        tables = [name for name in connection.introspection.table_names() if name.startswith(("messaging_", "procrastinate_", "safeguards_"))]
        stored = ""
        for table in tables:
            cursor.execute(f"select coalesce(string_agg(t::text, chr(10)), '') from \"{table}\" t")
            stored += cursor.fetchone()[0]
    assert "messaging.code" in stored
    # Microseconds and ids may hold the same six digits by chance: what stands alone is what would tell.
    assert not re.search(rf"(?<![\d.]){digits}(?!\d)", stored)
    assert digits not in caplog.text and "912345678" not in stored + caplog.text
    assert Message.objects.get().sealed == ""


def test_codes_differ_and_may_begin_with_nought(monkeypatch, clock, minh, sms):
    monkeypatch.setattr(codes.secrets, "randbelow", lambda most: 42)
    services.ask_code(minh, "tests")
    assert received(sms) == "000042"
    assert services.check_code(minh, "tests", "000042") == CodeVerdict.RIGHT


def test_a_rolled_back_request_sends_nothing(clock, minh, sms):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        services.ask_code(minh, "tests")
        raise ZeroDivisionError
    assert sending.send_due() == 0 and not Code.objects.exists()


def test_where_nobody_carries_text_messages_no_code_is_promised(settings, minh):
    settings.SMS_PROVIDER = ""
    with pytest.raises(services.NoSuchChannel):
        services.ask_code(minh, "tests")
    assert not Code.objects.exists()


@pytest.fixture
def limits_on(settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "code_contact": (3, 3600), "code_address": (5, 3600), "code_check": (4, 600)}


@pytest.mark.accepts("C11")
def test_codes_are_limited_by_contact_and_by_address(limits_on, clock, minh, lan, sms):
    for _ in range(3):
        services.ask_code(minh, "tests", address="203.0.113.1")
    with pytest.raises(services.TooManyCodes) as refused:
        services.ask_code(minh, "tests", address="203.0.113.2")
    assert 0 < refused.value.retry_after <= 3600
    for _ in range(2):
        services.ask_code(lan, "tests", address="203.0.113.1")
    other = services.contact_for("binh@example.vn")
    with pytest.raises(services.TooManyCodes):
        services.ask_code(other, "tests", address="203.0.113.1")
    services.ask_code(other, "tests", address="203.0.113.3")
    assert "203.0.113" not in str(list(RateLimit.objects.values()))


def test_typing_is_limited_by_address(limits_on, clock, minh, sms):
    services.ask_code(minh, "tests")
    digits = received(sms)
    for _ in range(4):
        services.check_code(minh, "tests", wrong(digits), address="203.0.113.1")
    with pytest.raises(services.TooManyCodes):
        services.check_code(minh, "tests", digits, address="203.0.113.1")


@pytest.mark.django_db(transaction=True)
def test_a_try_counts_whatever_happens_to_whoever_asked(clock, minh, sms):
    services.ask_code(minh, "tests")
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        services.check_code(minh, "tests", "123456")
