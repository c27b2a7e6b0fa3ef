"""The page of whoever holds a place: what it says, what can be changed on it, and that asking for it changes nothing."""

import re

import pytest
import time_machine

from dialogue_sessions import services
from dialogue_sessions.enums import PoolKind
from dialogue_sessions.models import Registration
from dialogue_sessions.services import Seats
from dialogue_sessions.tickets import ticket_token
from foundation.hours import clock_day
from messaging.models import Message
from safeguards.models import Event

from .making import DAY, HOUR, check_seats, fresh, open_pool, open_session, pool_of
from .visiting import Visitor, messages_to, typed

pytestmark = pytest.mark.django_db


def seated(pool, contact="0912345678", **values):
    return services.confirm(services.hold(pool, typed(contact, **values)))


def address(row, what=""):
    return f"/lich/{row.session.slug}/cho/{ticket_token(row)}/{what}"


def offered(pool):
    """Somebody who waited and is offered the seat of another who cancelled."""
    first = seated(pool, "0900000001")
    row = seated(pool)
    services.cancel(first)
    row.refresh_from_db()
    assert row.state == "offered"
    return row


# ── What it says ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_offer_says_until_when_and_is_taken_on_a_page_of_its_own(client):
    row = offered(open_pool(1))
    page = client.get(address(row)).content.decode()
    assert clock_day(row.offered_until) in page and address(row, "nhan/") in page
    question = client.get(address(row, "nhan/"))
    assert question.status_code == 200 and fresh(row).state == "offered"
    assert client.post(address(row, "nhan/")).url == address(row)
    assert fresh(row).state == "confirmed"


def test_the_address_of_a_place_is_told_to_no_other_site(client):
    row = seated(open_pool(1))
    assert client.get(address(row))["Referrer-Policy"] == "no-referrer"


def test_the_page_of_a_place_leads_to_the_page_of_its_session(client):
    row = seated(open_pool(1))
    assert f'href="/lich/{row.session.slug}/"' in client.get(address(row)).content.decode()
    assert f'href="/en/lich/{row.session.slug}/"' in client.get(f"/en{address(row)}").content.decode()


def test_an_offer_is_left_to_the_next(client):
    pool = open_pool(1)
    row = offered(pool)
    following = seated(pool, "0900000003")
    client.post(address(row, "nhuong/"))
    assert (fresh(row).state, fresh(following).state) == ("declined", "offered")


def test_an_offer_that_is_over_cannot_be_taken_and_the_page_says_why(client):
    row = offered(open_pool(1))
    with time_machine.travel(row.offered_until, tick=False):
        answer = client.post(address(row, "nhan/"))
    assert answer.status_code == 409 and "đã hết" in answer.content.decode().lower()
    assert fresh(row).state == "offered"


def test_a_seat_is_cancelled_by_its_holder_and_the_page_says_so(client):
    pool = open_pool(1)
    row = seated(pool)
    client.post(address(row, "huy/"))
    assert "Đăng ký này đã hủy." in client.get(address(row)).content.decode()
    assert client.post(address(row, "huy/")).status_code == 409
    assert len(messages_to("0912345678", "dialogue_sessions.cancelled")) == 1
    check_seats(pool.session)


def test_more_people_only_if_the_seats_are_free(client):
    pool = open_pool(3)
    row = seated(pool)
    assert client.post(address(row, "so-nguoi/"), {"size": "3"}).status_code == 302
    assert fresh(row).size == 3
    for size, status in (("4", 409), ("0", 422), ("x", 422), ("", 422)):
        answer = client.post(address(row, "so-nguoi/"), {"size": size})
        assert answer.status_code == status and "<title>Lỗi: " in answer.content.decode(), size
    assert fresh(row).size == 3


def test_other_seats_of_the_session(client):
    session = open_session(seats=[Seats(1), Seats(1, PoolKind.ONLINE), Seats(1, PoolKind.WALK_IN)], online_link="https://hop.example.vn/bi-mat")
    hall, online = pool_of(session, kind="hall"), pool_of(session, kind="online")
    row = seated(hall)
    assert "https://hop.example.vn/bi-mat" not in client.get(address(row)).content.decode()
    page = client.get(address(row, "doi-cho/")).content.decode()
    assert page.count('name="pool"') == 1
    assert client.post(address(row, "doi-cho/"), {"pool": str(pool_of(session, kind="walk_in").pk)}).status_code == 422
    assert client.post(address(row, "doi-cho/"), {"pool": str(online.pk)}).status_code == 302
    assert fresh(row).pool == online
    assert "https://hop.example.vn/bi-mat" in client.get(address(row)).content.decode()
    check_seats(session)


def test_seats_of_another_village_are_not_offered(client):
    session = open_session(seats=[Seats(2), Seats(2, PoolKind.VILLAGE, village="Thôn Đông")])
    here, there = seated(pool_of(session, kind="hall"), "0900000001"), seated(pool_of(session, kind="hall"), "0900000002", village="thôn đông")
    assert address(here, "doi-cho/") not in client.get(address(here)).content.decode()
    assert client.post(address(here, "doi-cho/"), {"pool": str(pool_of(session, kind="village").pk)}).status_code == 409
    assert address(there, "doi-cho/") in client.get(address(there)).content.decode()


def test_the_online_link_is_for_those_who_have_a_seat_online(client):
    session = open_session(seats=[Seats(1, PoolKind.ONLINE)], online_link="https://hop.example.vn/bi-mat")
    pool = pool_of(session)
    row, waits = seated(pool), seated(pool, "0900000002")
    assert "bi-mat" in client.get(address(row)).content.decode() and "bi-mat" not in client.get(address(waits)).content.decode()
    assert not any("bi-mat" in text for message in Message.objects.all() for text in message.parts.values())


@pytest.mark.accepts("P13")
def test_taking_the_consent_back_gives_the_place_back_and_forgets_who_it_was(client):
    pool = open_pool(1)
    row, waits = seated(pool), seated(pool, "0900000002")
    answer = client.post(address(row, "rut-dong-y/"))
    assert answer.status_code == 200 and "Đã xóa dữ liệu của bạn" in answer.content.decode()
    old = fresh(row)
    assert (old.state, old.name_sealed, old.contact_sealed, old.contact_hmac, old.subject, old.needs) == ("cancelled", "", "", "", "", [])
    assert (old.seat_no, old.consent_version) == (1, row.consent_version)
    assert client.get(address(row)).status_code == 404 and client.get(address(row, "ve.pdf")).status_code == 404
    assert fresh(waits).state == "offered"
    assert Event.objects.filter(kind="dialogue_sessions.consent_withdrawn").count() == 1


def test_what_the_state_does_not_allow_is_not_offered_and_refused(client):
    row = seated(open_pool(1))
    page = client.get(address(row)).content.decode()
    assert "nhan/" not in page and "nhuong/" not in page and "huy/" in page
    assert client.get(address(row, "nhan/")).status_code == 200
    assert client.post(address(row, "nhan/")).status_code == 409
    assert client.get(address(row, "gi-do/")).status_code == 404
    services.cancel_session(row.session, "Ngập", None)
    page = client.get(address(row)).content.decode()
    assert "Ngập" in page and "huy/" not in page


def test_a_moved_session_shows_the_former_time_with_the_reason(client):
    row = seated(open_pool(1))
    session = row.session
    services.move_session(session, session.starts_at + DAY, session.ends_at + DAY, "Trùng lịch họp", None)
    assert "Trùng lịch họp" in client.get(address(row)).content.decode()


# ── Nothing by asking ─────────────────────────────────────────────────────────────────────────────────────────────────


LINK = re.compile(r"https?://[^\s\"'<>]+|/lich/[^\s\"'<>]+")


def state_of_everything():
    return (
        list(Registration.objects.order_by("pk").values()), Event.objects.count(),
        list(Message.objects.order_by("pk").values_list("pk", "state")),
    )  # fmt: skip


@pytest.mark.accepts("B5")
def test_a_program_that_follows_every_link_of_every_message_changes_nothing(client):
    pool = open_pool(1)
    row = offered(pool)
    seated(pool, "0900000004")
    services.move_session(pool.session, pool.session.starts_at + HOUR, pool.session.ends_at + HOUR, "Trùng lịch", None)
    from dialogue_sessions.models import SessionMove

    services.tell_moved(SessionMove.objects.get().pk)
    texts = [text for message in Message.objects.all() for text in message.parts.values()]
    links = {link.rstrip(".,") for text in texts for link in LINK.findall(text) if "/lich/" in link}
    assert len(links) >= 3
    before = state_of_everything()
    seen = set()
    for _depth in range(3):
        for link in sorted(links - seen):
            seen.add(link)
            for ask in (client.get, client.head, client.options):
                answer = ask(link.removeprefix("http://testserver"))
                assert answer.status_code in {200, 405}
            page = client.get(link.removeprefix("http://testserver"))
            if page["Content-Type"].startswith("text/html"):
                links |= {found for found in LINK.findall(page.content.decode()) if "/cho/" in found}
    assert any("/huy/" in link for link in seen) and any("/nhan/" in link for link in seen)
    assert state_of_everything() == before
    assert fresh(row).state == "offered"


@pytest.mark.accepts("B6")
def test_a_change_without_our_token_is_refused(settings):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    row = seated(open_pool(1))
    assert client.post(address(row, "huy/")).status_code == 403
    assert fresh(row).state == "confirmed"


# ── The whole page, whatever was typed ────────────────────────────────────────────────────────────────────────────────

PAYLOADS = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}{% now 'Y' %}", "{name.__class__}", '#import "x"; $1$ *b*']


@pytest.mark.accepts("B10", "B12")
@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_was_typed_is_text_on_the_form_the_page_the_letter_and_the_ticket(client, payload):
    pool = open_pool(2)
    visitor = Visitor(client, contact="lan@example.vn")
    page = visitor.send(visitor.form(pool.session), pool, name=payload, subject=payload, consent="").content.decode()
    assert payload not in page or not set(payload) & set("<\"'")
    place = visitor.register(pool, name=payload, subject=payload, village=payload)
    assert client.get(place).status_code == 200
    file = client.get(place + "ve.pdf")
    assert file.status_code == 200 and file.content.startswith(b"%PDF")
    (letter,) = messages_to("lan@example.vn", "dialogue_sessions.confirmed")
    assert all(payload not in text for text in letter.values())


@pytest.mark.accepts("B13")
def test_a_title_with_line_breaks_makes_no_header():
    session = open_session(title="Đối thoại\r\nBcc: ai@do.vn")
    services.confirm(services.hold(pool_of(session), typed("lan@example.vn")))
    (letter,) = messages_to("lan@example.vn", "dialogue_sessions.confirmed")
    assert "\n" not in letter["subject"] and "\r" not in letter["subject"]


def test_a_page_costs_no_more_queries_than_a_public_page_may(client, django_assert_max_num_queries):
    pool = open_pool(2)
    row = seated(pool)
    for number in range(9):
        seated(pool, f"09000001{number:02d}")
    with django_assert_max_num_queries(12):
        assert len(client.get(address(row)).content) < 100_000
    with django_assert_max_num_queries(12):
        assert len(client.get(f"/lich/{pool.session.slug}/dang-ky/").content) < 100_000
