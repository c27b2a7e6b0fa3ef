"""Registering without an account: the form, the code, the place; what happens when things change meanwhile."""

import datetime as dt
import re

import pytest
import time_machine
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from dialogue_sessions import registering, services
from dialogue_sessions.enums import PoolKind, RegistrationState, SessionKind
from dialogue_sessions.models import ConsentText, Registration, Series
from dialogue_sessions.services import Seats
from dialogue_sessions.tickets import registration_of, ticket_token
from foundation.hours import clock
from messaging.models import Message
from tests.organisation import factories

from .making import DAY, HOUR, MINUTE, check_seats, fresh, open_pool, open_session, pool_of
from .visiting import Visitor, sms_to, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor(client, settings):
    settings.SMS_PROVIDER = "tests.messaging.providers.Fake"
    return Visitor(client)


# ── The journey ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("W8", "P13")
def test_somebody_registers_with_a_code_and_has_a_numbered_ticket(visitor):
    pool = open_pool(2)
    page = visitor.form(pool.session)
    assert page.status_code == 200 and "còn 2 chỗ" in page.content.decode()
    answer = visitor.send(page, pool)
    assert answer.status_code == 302 and "/xac-nhan/" in answer.url
    (row,) = Registration.objects.all()
    assert (row.state, row.consent_version) == ("held", ConsentText.STANDARD) and abs(row.consent_at - timezone.now()) < MINUTE
    code_page = visitor.client.get(answer.url)
    until = timezone.localtime(row.held_until)
    assert clock(until) in code_page.content.decode()
    done = visitor.type_code(answer.url)
    row.refresh_from_db()
    assert (row.state, row.seat_no) == ("confirmed", 1)
    assert done.url == reverse("dialogue_sessions:place", args=[pool.session.slug, ticket_token(row)])
    place = visitor.client.get(done.url).content.decode()
    assert "Số của bạn là <strong>1</strong>" in place and '<svg class="qr"' in place
    assert ticket_token(row) in sms_to("0912345678", "dialogue_sessions.confirmed")


def test_who_comes_to_a_full_session_is_told_the_place_in_the_queue_before_and_after(visitor):
    pool = open_pool(1)
    services.confirm(services.hold(pool, typed("0900000001")))
    page = visitor.form(pool.session)
    assert "bạn sẽ ở vị trí 1 trong danh sách chờ" in page.content.decode()
    answer = visitor.send(page, pool)
    assert "vị trí <strong>1</strong> trong danh sách chờ" in visitor.client.get(answer.url).content.decode()
    place = visitor.client.get(visitor.type_code(answer.url).url).content.decode()
    assert "vị trí <strong>1</strong>" in place and "qr" not in place
    assert "vi tri 1" in sms_to("0912345678", "dialogue_sessions.waiting")


def test_what_is_typed_stays_when_something_is_wrong_and_the_title_says_so(visitor):
    pool = open_pool(2, kind=PoolKind.HALL)
    answer = visitor.send(visitor.form(pool.session), pool, contact="12", name="Lê Thị Hoa", needs=["wheelchair"], consent="")
    page = answer.content.decode()
    assert answer.status_code == 422 and "<title>Lỗi: " in page
    assert 'value="Lê Thị Hoa"' in page and re.search(r'value="wheelchair"[^>]*checked', page)
    assert 'href="#id_contact"' in page and 'href="#id_consent"' in page
    assert not Registration.objects.exists()


@pytest.mark.parametrize("name", ["Nguyễn\u202eVăn A", "An\x00", "An\u200b"])
def test_signs_that_nobody_sees_are_refused(visitor, name):
    pool = open_pool(2)
    assert visitor.send(visitor.form(pool.session), pool, name=name).status_code == 422


def test_line_breaks_become_blanks(visitor):
    pool = open_pool(2)
    visitor.type_code(visitor.send(visitor.form(pool.session), pool, subject="một\r\nBcc: hai").url)
    assert Registration.objects.get().subject == "một Bcc: hai"


# ── The same form twice, a corrected form, an abandoned one ───────────────────────────────────────────────────────────


@pytest.mark.accepts("C5")
def test_the_same_form_sent_twice_is_one_place_one_message_and_the_same_page(visitor):
    pool = open_pool(2)
    page = visitor.form(pool.session)
    first, second = visitor.send(page, pool), visitor.send(page, pool)
    assert Registration.objects.count() == 1 and Message.objects.count() == 1
    assert visitor.type_code(second.url).status_code == 302
    assert "/cho/" in visitor.client.get(first.url).url  # the first page leads on, too
    third = visitor.send(page, pool)
    assert "/cho/" in visitor.client.get(third.url).url and Registration.objects.count() == 1


def test_a_corrected_form_takes_the_place_of_the_former_with_the_same_term(visitor):
    pool = open_pool(1)
    page = visitor.form(pool.session)
    visitor.send(page, pool, name="Lê Thị Hao")
    first = Registration.objects.get()
    with time_machine.travel(timezone.now() + 5 * MINUTE, tick=False):
        answer = visitor.send(page, pool, name="Lê Thị Hoa")
        assert answer.status_code == 302
        new = Registration.objects.exclude(pk=first.pk).get()
        assert (fresh(first).state, new.state, new.held_until, new.queue_no) == ("cancelled", "held", first.held_until, first.queue_no)
        check_seats(pool.session)
        visitor.type_code(answer.url)
    assert fresh(new).state == "confirmed"


def test_a_seat_that_a_corrected_form_leaves_goes_to_who_waits(visitor):
    session = open_session(seats=[Seats(1), Seats(1, PoolKind.ONLINE)], online_link="https://hop.example.vn/1")
    hall, online = pool_of(session, kind="hall"), pool_of(session, kind="online")
    page = visitor.form(session)
    visitor.send(page, hall)
    waits = services.confirm(services.hold(hall, typed("0900000001")))
    visitor.send(page, online)
    assert fresh(waits).state == "offered"
    check_seats(session)


def test_who_is_registered_already_is_told_so_at_the_field(visitor):
    pool = open_pool(2)
    visitor.type_code(visitor.send(visitor.form(pool.session), pool).url)
    answer = visitor.send(visitor.form(pool.session), pool)
    assert answer.status_code == 422 and "đã đăng ký" in answer.content.decode() and 'href="#id_contact"' in answer.content.decode()
    assert Registration.objects.count() == 1


def test_a_page_left_alone_lapses_and_says_how_to_go_on(visitor):
    pool = open_pool(1)
    answer = visitor.send(visitor.form(pool.session), pool)
    with time_machine.travel(timezone.now() + 16 * MINUTE, tick=False):
        page = visitor.client.get(answer.url)
        assert page.status_code == 410 and reverse("dialogue_sessions:register", args=[pool.session.slug]) in page.content.decode()
        services.expire_due()
        assert Registration.objects.get().state == "expired"
        again = visitor.send(visitor.form(pool.session), pool)
        assert visitor.type_code(again.url).status_code == 302
    assert Registration.objects.filter(state="confirmed").count() == 1


@pytest.mark.accepts("W10")
def test_more_time_is_had_once(visitor):
    pool = open_pool(1)
    answer = visitor.send(visitor.form(pool.session), pool)
    row = Registration.objects.get()
    assert "Tôi cần thêm thời gian" in visitor.client.get(answer.url).content.decode()
    with time_machine.travel(timezone.now() + 14 * MINUTE, tick=False):
        visitor.client.post(f"{answer.url}them-gio/")
        longer = fresh(row).held_until
        assert longer > row.held_until + 10 * MINUTE
        assert "Tôi cần thêm thời gian" not in visitor.client.get(answer.url).content.decode()
    with time_machine.travel(timezone.now() + 20 * MINUTE, tick=False):
        visitor.client.post(f"{answer.url}them-gio/")
    assert fresh(row).held_until == longer


@pytest.mark.accepts("W10")
def test_more_time_that_is_asked_for_at_once_comes_on_top_of_what_is_left(visitor):
    answer = visitor.send(visitor.form((pool := open_pool(1)).session), pool)
    row = Registration.objects.get()
    visitor.client.post(f"{answer.url}them-gio/")
    assert fresh(row).held_until == row.held_until + row.session.hold_minutes * MINUTE


def test_time_that_is_over_is_not_given_again(visitor):
    pool = open_pool(1)
    answer = visitor.send(visitor.form(pool.session), pool)
    with time_machine.travel(timezone.now() + 16 * MINUTE, tick=False):
        assert visitor.client.post(f"{answer.url}them-gio/").status_code == 410


# ── Something changes meanwhile ───────────────────────────────────────────────────────────────────────────────────────


def test_a_session_that_is_called_off_while_somebody_types_says_why_and_keeps_what_was_typed(visitor):
    pool = open_pool(2)
    page = visitor.form(pool.session)
    services.cancel_session(pool.session, "Hội trường ngập", None)
    answer = visitor.send(page, pool, name="Lê Thị Hoa")
    assert answer.status_code == 422
    assert "Hội trường ngập" in answer.content.decode() and 'value="Lê Thị Hoa"' in answer.content.decode()


def test_a_session_that_is_moved_while_somebody_types_is_asked_about(visitor):
    pool = open_pool(2)
    page, session = visitor.form(pool.session), pool.session
    services.move_session(session, session.starts_at + DAY, session.ends_at + DAY, "Trùng lịch", None)
    answer = visitor.send(page, pool)
    new = timezone.localtime(session.starts_at + DAY)
    assert answer.status_code == 422 and f"{new:%d/%m/%Y}" in answer.content.decode() and not Registration.objects.exists()
    assert visitor.send(answer, pool).status_code == 302


@pytest.mark.accepts("P13")
def test_new_words_of_consent_are_shown_before_they_are_agreed_to(visitor):
    pool = open_pool(2)
    page = visitor.form(pool.session)
    ConsentText.objects.create(version="2026-12", valid_from=timezone.localdate(), text="Tôi đồng ý với nội dung mới.")
    answer = visitor.send(page, pool)
    assert answer.status_code == 422 and "Tôi đồng ý với nội dung mới." in answer.content.decode() and not Registration.objects.exists()
    assert visitor.send(answer, pool).status_code == 302
    assert Registration.objects.get().consent_version == "2026-12"


def test_a_session_that_is_busy_says_when_to_come_back_and_keeps_what_was_typed(visitor, monkeypatch):
    pool = open_pool(2)
    page = visitor.form(pool.session)

    def busy(*args, **kwargs):
        raise services.Busy

    monkeypatch.setattr(services, "hold", busy)
    answer = visitor.send(page, pool, name="Lê Thị Hoa")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5") and 'value="Lê Thị Hoa"' in answer.content.decode()


def test_a_right_code_is_not_asked_for_again_when_the_session_is_busy(visitor, monkeypatch):
    pool = open_pool(2)
    address = visitor.send(visitor.form(pool.session), pool).url

    def busy(*args, **kwargs):
        raise services.Busy

    with monkeypatch.context() as patch:
        patch.setattr(services, "confirm", busy)
        answer = visitor.type_code(address)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    proof = re.search(r'name="proof" value="([^"]+)"', answer.content.decode())[1]
    assert visitor.client.post(address, {"proof": proof[:-2] + "xx"}).status_code == 422
    assert Registration.objects.get().state == "held"
    assert "/cho/" in visitor.client.post(address, {"proof": proof}).url
    assert Registration.objects.get().state == "confirmed"


@pytest.mark.parametrize("opens, closes", [(HOUR, 2 * HOUR), (-2 * HOUR, -HOUR)])
def test_outside_its_time_the_form_is_not_there_and_the_page_says_why(visitor, opens, closes):
    now = timezone.now()
    session = open_session(registration_opens=now - HOUR)
    type(session).objects.filter(pk=session.pk).update(registration_opens=now + opens, registration_closes=now + closes)
    page = visitor.form(session)
    assert page.status_code == 200 and '<form method="post" class="card' not in page.content.decode()
    assert ("Mở đăng ký" if opens > dt.timedelta() else "Đã hết hạn đăng ký") in page.content.decode()


def test_a_draft_has_no_form(visitor):
    from .making import draft

    assert visitor.form(draft()).status_code == 404


# ── Pools, slots, groups ──────────────────────────────────────────────────────────────────────────────────────────────


def test_seats_of_a_village_are_for_those_who_say_that_they_live_there(visitor):
    session = open_session(seats=[Seats(2, PoolKind.VILLAGE, village="Thôn Đông")])
    pool = pool_of(session)
    refused = visitor.send(visitor.form(session), pool, village="Thôn Tây")
    assert refused.status_code == 422 and "Thôn Đông" in refused.content.decode()
    visitor.send(visitor.form(session), pool, village="")
    assert Registration.objects.get().village == "Thôn Đông"


def test_a_reception_asks_for_the_matter(visitor):
    pool = open_pool(2)
    session = open_session(kind=SessionKind.PERIODIC)
    answer = visitor.send(visitor.form(session), pool_of(session), subject="")
    assert answer.status_code == 422 and 'href="#id_subject"' in answer.content.decode()
    assert visitor.send(visitor.form(pool.session), pool, subject="").status_code == 302


def test_free_slots_of_the_series_are_there_to_choose_from(visitor):
    now = timezone.now()
    series = Series.objects.create(unit=factories.ward("Phường Bến Chợ"), kind=SessionKind.APPOINTMENT, title="Hẹn", slug="hen", slot_minutes=30)
    spans = [(now + DAY + number * HOUR, now + DAY + number * HOUR + 30 * MINUTE) for number in range(3)]
    services.plan_series(series, spans, [Seats(1)], None, registration_opens=now - HOUR)
    slots = [services.follow_clock(one.pk) for one in services.announce_series(series, None)]
    full = pool_of(slots[2])
    services.hold(full, typed("0900000009"))
    page = visitor.form(slots[0]).content.decode()
    assert page.count('name="pool"') == 2
    other = pool_of(slots[1])
    answer = visitor.send(visitor.form(slots[0]), other, subject="Tách thửa")
    assert f"/{slots[1].slug}/" in answer.url and Registration.objects.filter(session=slots[1]).count() == 1


def test_a_former_registration_is_named_by_its_link(visitor):
    first, second = (pool_of(open_session(kind=SessionKind.PERIODIC)) for _ in range(2))
    former = services.confirm(services.hold(first, typed("0912345678", subject="Tách thửa")))
    link = f"http://testserver/lich/{first.session.slug}/cho/{ticket_token(former)}/"
    wrong = visitor.send(visitor.form(second.session), second, subject="tách  thửa", earlier=link[:-3])
    assert wrong.status_code == 422 and 'href="#id_earlier"' in wrong.content.decode()
    address = visitor.type_code(visitor.send(visitor.form(second.session), second, subject="tách  thửa", earlier=link).url).url
    row = Registration.objects.get(pool=second)
    assert row.earlier == former
    assert first.session.title in visitor.client.get(address).content.decode()  # the same matter twice: told, not refused


def test_more_people_than_a_registration_may_have(visitor):
    pool = open_pool(9)
    answer = visitor.send(visitor.form(pool.session), pool, size="6")
    assert answer.status_code == 422 and "5 người" in answer.content.decode()


# ── Limits and privacy of the pages ───────────────────────────────────────────────────────────────────────────────────


def test_too_many_codes_give_the_seat_back_and_keep_what_was_typed(visitor, settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "code_contact": (0, 3600)}
    pool = open_pool(1)
    answer = visitor.send(visitor.form(pool.session), pool)
    assert answer.status_code == 422 and Registration.objects.get().state == "cancelled"
    check_seats(pool.session)


def test_too_many_registrations_of_one_contact(visitor, settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "seat_contact": (0, 3600)}
    pool = open_pool(1)
    answer = visitor.send(visitor.form(pool.session), pool)
    assert answer.status_code == 429 and int(answer["Retry-After"]) > 0 and 'value="Trần Thị Mai"' in answer.content.decode()


@pytest.mark.accepts("P9", "P14")
def test_no_page_of_a_registration_is_kept_or_found(visitor):
    pool = open_pool(1)
    form = visitor.form(pool.session)
    sent = visitor.send(form, pool)
    code = visitor.client.get(sent.url)
    place = visitor.type_code(sent.url).url
    answers = [form, code, *(visitor.client.get(place + more) for more in ("", "huy/", "so-nguoi/", "rut-dong-y/"))]
    for answer in answers:
        assert answer.status_code == 200 and answer["Cache-Control"] == "no-store, private"
        assert 'content="noindex"' in answer.content.decode() and answer["Referrer-Policy"] in {"no-referrer", "same-origin"}
    file = visitor.client.get(place + "ve.pdf")
    assert file["Content-Type"] == "application/pdf" and file["Cache-Control"] == "no-store, private" and file.content.startswith(b"%PDF")


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t[:-1],
        lambda t: t[:-1] + ("B" if t[-1] == "A" else "A"),
        lambda t: t[:22] + "A" * 16,
        lambda t: "A" + t[1:],
        lambda t: t[::-1],
        lambda t: t + "A",
        lambda t: "x",
        lambda t: "ư" * 38,
    ],
)
def test_an_address_that_we_did_not_sign_leads_nowhere(client, change):
    pool = open_pool(1)
    row = services.confirm(services.hold(pool, typed("0912345678")))
    token = change(ticket_token(row))
    assert token == ticket_token(row) or registration_of(token) is None
    assert client.get(f"/lich/{pool.session.slug}/cho/{token}/").status_code == 404


def test_a_ticket_opens_no_other_session_and_none_before_the_code(client):
    pool, other = open_pool(1), open_pool(1)
    row = services.hold(pool, typed("0912345678"))
    address = f"/lich/{pool.session.slug}/cho/{ticket_token(row)}/"
    assert client.get(address).status_code == 404
    services.confirm(row)
    assert client.get(address).status_code == 200
    assert client.get(address.replace(pool.session.slug, other.session.slug)).status_code == 404
    assert RegistrationState(fresh(row).state) == RegistrationState.CONFIRMED


@pytest.mark.accepts("P9")
def test_the_step_of_one_session_opens_no_other_and_a_ticket_that_waits_prints_none(visitor):
    pool, other = open_pool(1), open_pool(1)
    code = visitor.send(visitor.form(pool.session), pool).url
    elsewhere = code.replace(pool.session.slug, other.session.slug)
    assert visitor.client.get(elsewhere).status_code == 404
    assert visitor.client.post(elsewhere, {"code": visitor.code()}).status_code == 404
    before = Registration.objects.get().held_until
    assert visitor.client.post(f"{elsewhere}them-gio/").status_code in {404, 410}
    assert Registration.objects.get().held_until == before
    services.confirm(services.hold(other, typed("0912345670")))
    waits = services.confirm(services.hold(other, typed("0912345671")))
    assert waits.state == "waiting"
    assert visitor.client.get(reverse("dialogue_sessions:ticket_pdf", args=[other.session.slug, ticket_token(waits)])).status_code == 404


@pytest.mark.accepts("P9")
def test_what_proved_one_registration_proves_no_other_and_not_for_long(visitor):
    pool = open_pool(3)
    code = visitor.send(visitor.form(pool.session), pool).url
    mine, other = Registration.objects.get(), services.hold(pool, typed("0912345670"))
    for proof, minutes in (([other.pk, "proven"], 0), ([mine.pk, "khác"], 0), ([mine.pk, "proven"], 16)):
        with time_machine.travel(timezone.now() - minutes * MINUTE, tick=False):
            signed = signing.dumps(proof, salt=registering.PROOF_SALT)
        visitor.client.post(code, {"proof": signed})
        assert fresh(mine).state == "held", proof
    visitor.client.post(code, {"proof": signing.dumps([mine.pk, "proven"], salt=registering.PROOF_SALT)})
    assert fresh(mine).state == "confirmed"


@pytest.mark.accepts("C11")
def test_one_address_registers_so_often_whatever_contacts_it_types(client, settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "seat_address": (1, 3600)}
    pool = open_pool(5)
    first, second = Visitor(client, "0912345670"), Visitor(client, "0912345671")
    assert first.send(first.form(pool.session), pool).status_code == 302
    answer = second.send(second.form(pool.session), pool)
    assert answer.status_code == 429 and Registration.objects.count() == 1


def test_the_same_form_sent_again_when_its_time_was_over_is_a_new_registration(visitor):
    pool = open_pool(1)
    page = visitor.form(pool.session)
    visitor.send(page, pool)
    with time_machine.travel(timezone.now() + 16 * MINUTE, tick=False):
        services.expire_due()
        assert visitor.send(page, pool).status_code == 302
    assert list(Registration.objects.order_by("pk").values_list("state", flat=True)) == ["expired", "held"]
