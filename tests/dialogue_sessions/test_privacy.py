"""Who registered is known to nobody else, and forgotten in time."""

import datetime as dt
import io
import json
import logging

import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from dialogue_sessions import contacts, privacy, services
from dialogue_sessions.models import Registration, RetentionPolicy
from dialogue_sessions.tickets import registration_of, ticket_token
from foundation.registries import personal_data, sealed
from messaging.contacts import rewrap as rewrap_contacts
from messaging.models import Contact, Message
from safeguards import encryption
from safeguards.models import Event

from .making import DAY, fresh, open_pool, open_session, pool_of
from .visiting import Visitor, typed

pytestmark = pytest.mark.django_db
PHONE = "0912345678"


def seated(pool, contact=PHONE, **values):
    return services.confirm(services.hold(pool, typed(contact, **values)))


def held_long_ago(row):
    """The day on which a registration is to be forgotten, at noon."""
    return timezone.make_aware(dt.datetime.combine(timezone.localdate(row.session.ends_at) + dt.timedelta(days=91), dt.time(12)))


# ── Forgotten in time ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("P7")
def test_registrations_are_forgotten_ninety_days_after_the_session_and_numbers_stay():
    pool = open_pool(2)
    row = seated(pool, subject="Tách thửa", needs=["wheelchair"], village="Thôn Đông")
    last = held_long_ago(row)
    with time_machine.travel(last - DAY, tick=False):
        services.follow_clocks()
        assert privacy.due(timezone.now()) == 0 and privacy.purge(timezone.now()) == 0
    assert fresh(row).name_sealed
    with time_machine.travel(last, tick=False):
        assert privacy.due(timezone.now()) == 1 and privacy.purge(timezone.now()) == 1
        assert privacy.due(timezone.now()) == 0
    old = fresh(row)
    assert (old.name_sealed, old.contact_sealed, old.contact_hmac, old.subject, old.needs) == ("", "", "", "", [])
    assert (old.state, old.seat_no, old.size, old.village) == ("confirmed", 1, 1, "Thôn Đông")
    assert registration_of(ticket_token(row)) is None


@pytest.mark.accepts("P7")
def test_the_policy_in_force_on_the_day_decides():
    row = seated(open_pool(1))
    today = timezone.localdate()
    RetentionPolicy.objects.create(valid_from=today - dt.timedelta(days=400), days=30, source="QĐ 1")
    RetentionPolicy.objects.create(valid_from=today + dt.timedelta(days=4000), days=5, source="QĐ 2")
    assert privacy.retention_days() == 30
    with time_machine.travel(held_long_ago(row) - dt.timedelta(days=60), tick=False):
        assert privacy.purge(timezone.now()) == 1


def test_without_a_policy_it_is_ninety_days():
    assert privacy.retention_days() == 90


@pytest.mark.parametrize("days", [0, 3651])
def test_a_policy_out_of_bounds_is_refused_by_the_database_too(days):
    with pytest.raises(IntegrityError), transaction.atomic():
        RetentionPolicy.objects.create(valid_from=timezone.localdate(), days=days)


def test_the_database_refuses_a_forgotten_registration_that_still_tells_who():
    row = seated(open_pool(1))
    with pytest.raises(IntegrityError), transaction.atomic():
        Registration.objects.filter(pk=row.pk).update(forgotten_at=timezone.now())


# ── One person ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("P8")
def test_what_is_held_of_one_person_is_shown_and_forgotten():
    pool, other = open_pool(1), open_pool(1)
    mine, seconds, hers = seated(pool, subject="Tách thửa"), seated(other), seated(pool, "0900000002")
    registry = personal_data["dialogue_sessions.registration"]
    found = registry.export("0912 345 678")
    assert [(one["name"], one["matter"], one["number"]) for one in found] == [("Trần Thị Mai", "Tách thửa", 1), ("Trần Thị Mai", "", 1)]
    assert registry.erase("+84912345678") == 2
    assert registry.export(PHONE) == [] and registry.erase(PHONE) == 0 and registry.export("không phải số") == []
    assert [fresh(row).state for row in (mine, seconds)] == ["cancelled", "cancelled"]
    assert fresh(hers).state == "offered"  # the seat went on


def test_erasing_by_the_command_says_nothing_of_the_person(monkeypatch):
    seated(open_pool(1))
    monkeypatch.setattr("sys.stdin", io.StringIO(PHONE))
    out = io.StringIO()
    call_command("personal_data", "erase", stdout=out)
    assert Registration.objects.get().forgotten_at is not None and PHONE not in out.getvalue()


@pytest.mark.accepts("P5")
def test_a_change_of_key_keeps_name_contact_and_who_it_is(settings):
    pool = open_pool(2)
    row = seated(pool)
    settings.FIELD_KEY_FALLBACKS = [settings.FIELD_KEY]
    settings.FIELD_KEY = "một khóa mới đủ dài cho mọi người thử"  # pragma: allowlist secret
    rewrap_contacts()
    assert sealed["dialogue_sessions"]() == 1 and sealed["dialogue_sessions"]() == 0
    settings.FIELD_KEY_FALLBACKS = []
    current = fresh(row)
    assert contacts.opened(current) == ("Trần Thị Mai", PHONE)
    assert Contact.objects.get().digest == current.contact_hmac
    with pytest.raises(services.AlreadyRegistered):
        services.hold(pool, typed(PHONE))


# ── Seen nowhere ──────────────────────────────────────────────────────────────────────────────────────────────────────

CANARY = {"name": "Quách Kim Hoàng Yến", "contact": "0987123450", "subject": "chuồng heo nhà ông Bảy Rớt", "village": "Xóm Mới"}


def spellings():
    phone = CANARY["contact"]
    return [CANARY["name"], CANARY["subject"], phone, f"+84{phone[1:]}", f"84{phone[1:]}"]


@pytest.mark.accepts("P4", "P6")
def test_a_whole_journey_leaves_nothing_of_the_person_in_logs_events_jobs_addresses_or_subjects(client, caplog):
    caplog.set_level(logging.DEBUG)
    session = open_session()
    pool = pool_of(session)
    visitor = Visitor(client, contact=CANARY["contact"])
    said = {key: CANARY[key] for key in ("name", "subject", "village")}
    addresses = []
    sent = visitor.send(visitor.form(session), pool, needs=["sign_language"], **said)
    addresses.append(sent.url)
    place = visitor.type_code(sent.url).url
    addresses.append(place)
    client.get(place)
    client.get(place + "ve.pdf")
    client.post(place + "so-nguoi/", {"size": "2"})
    services.move_session(session, session.starts_at + DAY, session.ends_at + DAY, "Trùng lịch", None)
    row = Registration.objects.get()
    services.remind(row.pk)
    client.post(place + "huy/")
    privacy.erase(CANARY["contact"])
    with connection.cursor() as cursor:
        cursor.execute("select args::text from procrastinate_jobs")
        kept = [args for (args,) in cursor.fetchall()]
    kept += [json.dumps(event.payload, ensure_ascii=False) + event.kind + str(event.subject_id) for event in Event.objects.all()]
    kept += [message.parts["subject"] for message in Message.objects.exclude(sealed="")]
    kept += [f"{key}" for key in Message.objects.values_list("dedupe_key", flat=True)]
    kept += [*addresses, caplog.text]
    # In the tables there is what is sealed, and the village and the matter until they are forgotten.
    with connection.cursor() as cursor:
        for table in ("dialogue_sessions_registration", "messaging_contact", "messaging_message", "messaging_code", "safeguards_ratelimit"):
            cursor.execute(f"select coalesce(string_agg(t::text, ' '), '') from {table} t")  # names of tables above
            kept.append(cursor.fetchone()[0])
    for canary in spellings():
        assert not [text[:200] for text in kept if canary in text], canary
    assert len([text for text in kept if text]) > 10


@pytest.mark.accepts("P7")
def test_what_is_forgotten_leads_to_no_other_registration_of_the_person():
    before = seated(open_pool(2))
    row = seated(open_pool(2), earlier=before)
    assert fresh(row).earlier == before
    services.withdraw(row)
    assert fresh(row).earlier is None


def test_a_rule_that_cannot_be_is_refused_by_the_service_too():
    with pytest.raises(services.Invalid):
        services.save_policy(RetentionPolicy(valid_from=timezone.localdate(), days=0), None)
    assert not RetentionPolicy.objects.exists() and not Event.objects.filter(kind__startswith="dialogue_sessions.retentionpolicy").exists()


@pytest.mark.accepts("P5")
def test_a_contact_does_not_read_as_a_name():
    row = seated(open_pool(1))
    Registration.objects.filter(pk=row.pk).update(name_sealed=row.contact_sealed, contact_sealed=row.name_sealed)
    with pytest.raises(encryption.Unreadable):
        contacts.name_of(fresh(row))
    with pytest.raises(encryption.Unreadable):
        contacts.opened(fresh(row))


@pytest.mark.accepts("P7")
def test_somebody_is_found_between_a_change_of_key_and_the_night_that_writes_anew(settings):
    row = seated(open_pool(2))
    settings.FIELD_KEY_FALLBACKS = [settings.FIELD_KEY]
    settings.FIELD_KEY = "một khóa mới đủ dài cho mọi người thử"  # pragma: allowlist secret
    assert [found["name"] for found in privacy.export(PHONE)] == ["Trần Thị Mai"]
    assert privacy.erase(PHONE) == 1 and fresh(row).forgotten_at is not None


@pytest.mark.accepts("P7")
def test_what_the_clock_left_open_is_ended_and_forgotten():
    """No worker ran since: who waited is told nothing any more, and is forgotten like everybody."""
    pool = open_pool(1)
    seated(pool, "0912345670")
    waits = seated(pool, "0912345671")
    assert waits.state == "waiting"
    with time_machine.travel(held_long_ago(waits), tick=False):
        assert privacy.purge(timezone.now()) == 2
    old = fresh(waits)
    assert (old.state, old.contact_hmac, old.name_sealed) == ("cancelled", "", "") and old.forgotten_at is not None


def test_a_ticket_outlives_a_change_of_the_secret_while_the_former_is_known(settings):
    row = seated(open_pool(1))
    token = ticket_token(row)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "mot bi mat moi, du dai cho moi nguoi thu"  # pragma: allowlist secret
    assert registration_of(token) == row and ticket_token(row) != token
    settings.SECRET_KEY_FALLBACKS = []
    assert registration_of(token) is None
