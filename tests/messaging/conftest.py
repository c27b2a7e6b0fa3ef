"""What the tests of messaging share: a kind of message, a mail server, a provider of text messages, contacts."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from foundation.registries import MessageKind, Placeholder, message_kinds
from messaging import services
from messaging.enums import Channel, ContactKind, Language

from .providers import Fake
from .sink import Sink

NOON = dt.datetime(2026, 12, 1, 5, 0, tzinfo=dt.UTC)  # twelve o'clock in Vietnam

REMINDER = MessageKind(
    key="tests.reminder",
    label="Nhắc lịch",
    placeholders=(
        Placeholder("name", "tên", "Nguyễn Thị Mẫu"),
        Placeholder("link", "địa chỉ", "http://testserver/lich/1/", link=True),
    ),
    defaults={
        (Channel.EMAIL, Language.VI): ("Nhắc lịch: {name}", "Chào {name},\n\nMời xem {link}"),
        (Channel.EMAIL, Language.EN): ("Reminder: {name}", "Dear {name},\n\nsee {link}"),
        (Channel.SMS, Language.VI): ("", "Nhắc lịch {name}: {link}"),
        (Channel.SMS, Language.EN): ("", "Reminder {name}: {link}"),
    },
    expires_after=dt.timedelta(days=2),
)
URGENT = MessageKind(
    key="tests.urgent",
    label="Việc gấp",
    placeholders=(),
    defaults={(Channel.SMS, Language.VI): ("", "Gấp"), (Channel.EMAIL, Language.VI): ("Gấp", "Gấp")},
    expires_after=dt.timedelta(hours=6),
    quiet=False,
)
VALUES = {"name": "Nguyễn Thị Mẫu", "link": "http://testserver/lich/1/"}


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    """Two kinds beside those of the portal."""
    monkeypatch.setattr(message_kinds, "_items", {**message_kinds._items, REMINDER.key: REMINDER, URGENT.key: URGENT})
    return REMINDER


@pytest.fixture
def clock():
    """Noon, until the test moves it."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def sink(settings):
    """A mail server that is on."""
    made = Sink()
    settings.EMAIL_BACKEND = "safeguards.mail.SmtpBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", made.port, 5
    settings.DEFAULT_FROM_EMAIL = "Cổng minh bạch <portal@minhbach.example.vn>"
    made.on()
    yield made
    made.off()


@pytest.fixture
def sms(settings):
    """A provider that takes everything."""
    settings.SMS_PROVIDER = "tests.messaging.providers.Fake"
    Fake.taken, Fake.answer = [], None
    yield Fake
    Fake.taken, Fake.answer = [], None


@pytest.fixture
def lan(db):
    """Somebody with an e-mail address."""
    return services.contact_for("lan@example.vn", kind=ContactKind.EMAIL)


@pytest.fixture
def minh(db):
    """Somebody with a telephone."""
    return services.contact_for("0912 345 678")


_number = iter(range(1, 10**9))


def remind(contact, **more):
    """A reminder of its own."""
    return services.send(REMINDER.key, contact, VALUES, dedupe_key=more.pop("dedupe_key", f"tests:{next(_number)}"), **more)


def ahead(**delta):
    """A moment so far from now."""
    return timezone.now() + dt.timedelta(**delta)
