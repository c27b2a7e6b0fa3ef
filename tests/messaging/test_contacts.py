"""Contacts: one a number or address, encrypted, forgotten on time, exported and erased when their owner asks."""

import datetime as dt
import io
import sys

import pytest
from django.core.management import call_command
from django.db import connection

from messaging import contacts, sending, services
from messaging.enums import ContactKind, State
from messaging.models import Code, Contact, Message
from safeguards import encryption, personal
from safeguards.models import Event

from .conftest import ahead, remind

pytestmark = pytest.mark.django_db


def test_every_spelling_leads_to_one_contact(lan, minh):
    assert services.contact_for("+84 (0)912.345.678").pk == minh.pk
    assert services.contact_for(" LAN@Example.vn ").pk == lan.pk
    assert Contact.objects.count() == 2
    assert (minh.value, lan.value) == ("+84912345678", "lan@example.vn")
    assert (minh.kind, lan.kind) == (ContactKind.TELEPHONE, ContactKind.EMAIL)


def test_a_contact_is_kept_as_long_as_somebody_needs_it(clock):
    contact = services.contact_for("0912345678", keep_until=dt.date(2027, 2, 1))
    services.contact_for("0912345678")
    services.keep(contact, dt.date(2027, 1, 1))
    contact.refresh_from_db()
    assert contact.forget_after == dt.date(2027, 2, 1)


@pytest.mark.accepts("P4")
def test_a_dump_holds_neither_contact_nor_text(clock, lan, minh):
    """Every table as a plain dump would write it (COPY), with what was waiting in the queue."""
    canaries = ["912345678", "912 345 678", "lan@example.vn", "example.vn", "Nguyễn Thị Mẫu", "lich/1"]
    remind(lan)
    remind(minh, not_before=ahead(days=1))
    services.opt_out(minh)
    dumped = ""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            with cursor.copy(f'copy (select * from "{table}") to stdout') as rows:
                dumped += b"".join(bytes(row) for row in rows).decode()
    assert "tests.reminder" in dumped
    if "example.vn" in dumped.replace("minhbach.example.vn", ""):
        canaries.remove("example.vn")  # defaults of other applications name the domain of examples
    assert [canary for canary in canaries if canary in dumped] == []


def test_a_sealed_value_cannot_be_read_in_another_row(lan, minh):
    Contact.objects.filter(pk=lan.pk).update(sealed=minh.sealed)
    lan.refresh_from_db()
    with pytest.raises(encryption.Unreadable):
        _ = lan.value
    assert lan.masked == "•••"


def test_keys_change_and_everything_is_found_and_read(clock, lan, sink, settings):
    message = remind(lan)
    former, settings.FIELD_KEY = settings.FIELD_KEY, "a new key for the fields " * 3
    settings.FIELD_KEY_FALLBACKS = [former]
    assert services.contact_for("lan@example.vn").pk == lan.pk
    output = io.StringIO()
    call_command("account", "rewrap", stdout=output)
    assert output.getvalue().startswith("2 secrets")
    settings.FIELD_KEY_FALLBACKS = []
    assert services.contact_for("lan@example.vn").pk == lan.pk
    assert sending.attempt(message.pk).state == State.SENT
    assert contacts.rewrap() == 0


def due():
    counted = personal.due()
    return [counted[f"messaging.{table}"] for table in ("message", "contact", "code")]


@pytest.mark.accepts("P7")
def test_messages_and_contacts_go_at_their_time(clock, lan, sink):
    sent = remind(lan)
    sending.send_due()
    services.ask_code(lan, "tests")
    services.keep(lan, dt.date(2027, 6, 1))
    assert due() == [0, 0, 0]
    clock.shift(dt.timedelta(days=89))
    sending.tend()
    assert personal.purge()["messaging.message"] == 0
    clock.shift(dt.timedelta(days=2))
    assert due() == [1, 0, 0]
    assert Message.objects.filter(pk=sent.pk).exists()
    personal.purge()
    assert not Message.objects.filter(pk=sent.pk).exists() and Contact.objects.filter(pk=lan.pk).exists() and not Code.objects.exists()
    clock.move_to(dt.datetime(2027, 6, 2, 5, tzinfo=dt.UTC))
    assert personal.purge()["messaging.contact"] == 1
    assert not Contact.objects.exists() and not Message.objects.exists()


@pytest.mark.accepts("P7")
def test_a_contact_to_whom_something_is_on_its_way_stays(clock, lan):
    remind(lan, not_before=ahead(days=30))
    clock.shift(dt.timedelta(days=10))
    assert personal.due()["messaging.contact"] == 0 and personal.purge()["messaging.contact"] == 0


@pytest.mark.accepts("P7")
def test_a_contact_that_nobody_proved_or_kept_is_gone_in_three_days(clock, lan):
    clock.shift(dt.timedelta(days=2))
    assert personal.purge()["messaging.contact"] == 0
    clock.shift(dt.timedelta(days=1))
    assert personal.purge()["messaging.contact"] == 1


def test_one_person_is_shown_all_and_erased_at_once(clock, lan, minh, sink, monkeypatch):
    remind(lan)
    remind(lan, not_before=ahead(days=1))
    remind(minh)

    def command(what, person):
        output = io.StringIO()
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{person}\n"))
        call_command("personal_data", what, stdout=output)
        return output.getvalue()

    told = command("export", "LAN@example.vn")
    assert "lan@example.vn" in told and told.count("Nguyễn Thị Mẫu") >= 2 and "+84912345678" not in told
    assert {"messaging.message: 2", "messaging.contact: 1"} <= set(command("erase", "LAN@example.vn").splitlines())
    assert list(Contact.objects.values_list("pk", flat=True)) == [minh.pk] and Message.objects.get().contact_id == minh.pk
    assert command("export", "nobody@example.vn").count("[]") >= 3
    assert "messaging.contact: 0" in command("erase", "không phải")
    event = Event.objects.get(kind="messaging.contact_erased")
    assert event.payload == {} and event.subject_id == str(lan.pk)
