"""The door as a clerk uses it on a telephone: without a script, by the keyboard, without a network, with the camera; and the screen in the
hall."""

from __future__ import annotations

import datetime as dt
import os
import re

import pytest
import segno
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from dialogue_sessions import services, tickets
from dialogue_sessions.contacts import applicant
from dialogue_sessions.enums import PoolKind
from dialogue_sessions.models import AgendaItem, CheckIn, Registration, Session
from dialogue_sessions.services import Seats, agenda, day
from tests.conftest import CHROMIUM, FLAGS
from tests.dialogue_sessions.making import open_session
from tests.messaging.test_back_office import officer

pytestmark = [pytest.mark.django_db, pytest.mark.browser]
WAITING, TOLD, REFUSED = "[data-waiting]", "[data-told]", "[data-refused] > li"


@pytest.fixture
def hall(db):
    """A session that has just begun, with twelve who registered, one of them a group."""
    session = open_session(seats=[Seats(20), Seats(5, PoolKind.WALK_IN)])
    pool = session.pools.select_related("session__series").get(kind=PoolKind.HALL)
    for number in range(12):
        who = applicant(f"Nguyễn Văn An {number}", village="Thôn Đông", size=4 if number == 3 else 1, needs=["wheelchair"] if number == 5 else [])
        services.hold(pool, who, source="clerk")
    return begun(session)


def begun(session):
    now = timezone.now()
    starts = now - dt.timedelta(minutes=1)
    Session.objects.filter(pk=session.pk).update(
        starts_at=starts, ends_at=now + dt.timedelta(hours=3), registration_opens=starts - dt.timedelta(days=9), registration_closes=starts,
        state="under_way",
    )  # fmt: skip
    return Session.objects.get(pk=session.pk)


@pytest.fixture
def clerk(visit, hall):
    """A page of the clerk of the session's unit."""
    user = officer("tai-cua", hall.unit)

    def begin(**looks):
        opened = visit(**looks)
        opened.page.context.add_cookies([cookie(user, opened.base)])
        return opened

    begin.user = user
    return begin


def cookie(user, base):
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": base}


def door(session):
    return reverse("dialogue_sessions_day:door", args=[session.pk])


def present(session):
    return set(session.registrations.filter(state="attended").values_list("seat_no", flat=True))


@pytest.mark.accepts("W8", "W2")
def test_without_a_script_and_by_the_keyboard_alone(clerk, hall):
    opened = clerk(width=360, javascript=False)
    opened.open(door(hall))
    page = opened.page
    page.get_by_label("Số trên phiếu").focus()
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Số 7 đã có mặt")).to_be_visible()
    page.get_by_label("Số trên phiếu").focus()
    page.keyboard.type("99")
    page.keyboard.press("Enter")
    expect(page.locator("#error-summary")).to_contain_text("99")
    page.get_by_role("button", name="Hiện tên").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-list] > li")).to_have_count(12)
    expect(page.get_by_text("Ng. V. A.").first).to_be_visible()
    page.get_by_role("button", name="Có mặt số 4", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("4 người", exact=False).first).to_be_visible()
    expect(page.locator("#no-4[data-here]")).to_have_count(1)
    page.get_by_label("Bao nhiêu người").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(page.locator("dd[data-walk-ins]")).to_have_text("2")
    assert present(hall) == {4, 7, 13}


@pytest.mark.accepts("W2")
def test_without_a_network_tellings_wait_are_counted_and_sent_when_it_is_back(clerk, hall, turn):
    opened = clerk(width=360)
    opened.open(door(hall))
    page, network = opened.page, opened.page.context
    network.set_offline(True)
    expect(page.locator("[data-offline]")).to_be_visible()
    for number in ("1", "2"):
        page.get_by_label("Số trên phiếu").fill(number)
        page.keyboard.press("Enter")
    page.locator("#no-4 select").select_option("3")
    page.get_by_role("button", name="Có mặt số 4", exact=True).click()
    expect(page.locator(WAITING)).to_have_text("Còn 3 lượt chờ gửi")
    expect(page.locator("#no-2[data-queued]")).to_have_count(1)
    page.get_by_label("Số trên phiếu").fill("2")
    page.keyboard.press("Enter")
    expect(page.locator(TOLD)).to_contain_text("đã có mặt rồi")
    expect(page.locator(WAITING)).to_have_text("Còn 3 lượt chờ gửi")
    kept = page.evaluate("JSON.stringify({...localStorage})")
    assert "Nguyễn" not in kept and "Ng." not in kept and "csrf" not in kept
    with turn:
        assert present(hall) == set()
    network.set_offline(False)
    expect(page.locator(WAITING)).to_have_text("Đã gửi hết.")
    expect(page.locator("dd[data-present]")).to_have_text("5")
    expect(page.locator("#no-4[data-here]")).to_have_count(1)
    with turn:
        assert present(hall) == {1, 2, 4}
        assert CheckIn.objects.get(registration__seat_no=4).people == 3
    assert opened.violations == [] and opened.errors == [] and opened.foreign == []


def test_without_a_network_nothing_on_the_page_leaves_it(clerk, hall, turn):
    opened = clerk(width=360)
    opened.open(door(hall))
    page, network = opened.page, opened.page.context
    network.set_offline(True)
    expect(page.locator("[data-offline]")).to_be_visible()
    page.get_by_label("Tên", exact=True).fill("Nguyễn Văn An")
    page.get_by_label("Bao nhiêu người").fill("2")
    for name in ("Tìm", "Hiện tên", "Thêm, nếu còn chỗ"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.locator(TOLD)).to_contain_text("cần có mạng")
        expect(page.locator(TOLD)).to_be_in_viewport()
    page.get_by_role("link", name="Buổi này").click()
    expect(page.get_by_label("Tên", exact=True)).to_have_value("Nguyễn Văn An")
    expect(page.get_by_label("Bao nhiêu người")).to_have_value("2")
    network.set_offline(False)
    expect(page.locator("[data-offline]")).to_be_hidden()
    page.get_by_role("button", name="Tìm", exact=True).click()
    expect(page.get_by_role("link", name="Xem cả danh sách")).to_be_visible()
    with turn:
        assert present(hall) == set()


def test_what_waits_outlives_the_page_and_is_sent_once_even_if_the_answer_was_lost(clerk, hall, turn):
    opened = clerk(width=360)
    opened.open(door(hall))
    page = opened.page

    def lose_the_answer(route):
        route.fetch()
        route.abort()

    page.route("**/send/", lose_the_answer)
    page.get_by_label("Số trên phiếu").fill("1")
    page.keyboard.press("Enter")
    expect(page.locator("[data-offline]")).to_be_visible()
    expect(page.locator(WAITING)).to_have_text("Còn 1 lượt chờ gửi")
    page.unroute("**/send/")
    opened.open(door(hall))
    expect(page.locator(WAITING)).to_have_text("Đã gửi hết.")
    with turn:
        assert present(hall) == {1} and CheckIn.objects.count() == 1


def test_who_was_signed_out_is_told_and_nothing_is_lost(clerk, hall, turn):
    opened = clerk(width=360)
    opened.open(door(hall))
    page = opened.page
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.get_by_label("Số trên phiếu").fill("1")
    page.keyboard.press("Enter")
    expect(page.locator("[data-offline]")).to_contain_text("đăng xuất")
    expect(page.locator(WAITING)).to_have_text("Còn 1 lượt chờ gửi")
    with turn:
        page.context.add_cookies([cookie(clerk.user, opened.base)])
    opened.open(door(hall))
    expect(page.locator(WAITING)).to_have_text("Đã gửi hết.")
    with turn:
        assert present(hall) == {1}


def test_what_the_portal_refuses_stays_in_sight_until_it_is_understood(clerk, hall, turn):
    opened = clerk(width=360)
    opened.open(door(hall))
    page, network = opened.page, opened.page.context
    with turn:
        Registration.objects.filter(session=hall, seat_no=6).update(state="cancelled", ended_at=timezone.now())
    network.set_offline(True)
    page.get_by_role("button", name="Có mặt số 6", exact=True).click()
    network.set_offline(False)
    expect(page.locator(REFUSED)).to_contain_text("hủy")
    opened.open(door(hall))
    expect(page.locator(REFUSED)).to_have_count(1)
    page.get_by_role("button", name="Đã hiểu").click()
    expect(page.locator(REFUSED)).to_have_count(0)
    opened.open(door(hall))
    expect(page.locator("[data-door]")).to_be_visible()
    expect(page.locator(REFUSED)).to_have_count(0)


# ── The camera ────────────────────────────────────────────────────────────────────────────────────────────────────────


def film(path, text, width=640, height=480, scale=8):
    """A film of one picture, as Chromium plays it instead of a camera: a ticket's code in the middle."""
    modules = [list(row) for row in segno.make(text, error="m", micro=False).matrix_iter(scale=scale, border=4)]
    picture = bytearray(b"\xff" * (width * height))
    top, left = (height - len(modules)) // 2, (width - len(modules)) // 2
    assert top >= 0
    for y, row in enumerate(modules):
        for x, dark in enumerate(row):
            if dark:
                picture[(top + y) * width + left + x] = 0
    grey = b"\x80" * (width * height // 2)
    path.write_bytes(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode() + (b"FRAME\n" + bytes(picture) + grey) * 2)
    return path


@pytest.fixture
def camera(browser, served, clerk, tmp_path):
    """A page of the clerk in a browser whose camera sees a code."""
    started = []

    def begin(text):
        flags = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
        flags.append(f"--use-file-for-fake-video-capture={film(tmp_path / f'{len(started)}.y4m', text)}")
        with_camera = browser.browser_type.launch(executable_path=CHROMIUM, args=FLAGS + flags)
        started.append(with_camera)
        context = with_camera.new_context(viewport={"width": 360, "height": 740}, locale="vi-VN")
        context.grant_permissions(["camera"], origin=served)
        context.add_cookies([cookie(clerk.user, served)])
        page = context.new_page()
        page.set_default_timeout(60_000)
        return page

    yield begin
    for one in started:
        one.close()


def address(registration):
    return f"https://minhbach.example.vn/lich/{registration.session.slug}/cho/{tickets.ticket_token(registration)}/"


def read_code(page, base, session):
    page.goto(base + door(session))
    page.get_by_role("button", name="Quét mã bằng máy ảnh").click()


def test_the_camera_reads_a_ticket_and_one_of_another_session_says_which(camera, hall, served, turn):
    with turn:
        mine = hall.registrations.select_related("session").get(seat_no=8)
        other = open_session(seats=[Seats(2)])
        foreign = services.hold(other.pools.select_related("session__series").get(), applicant("Lê Thị Hoa"), source="clerk")
    page = camera(address(mine))
    read_code(page, served, hall)
    expect(page.locator("#no-8[data-here]")).to_have_count(1)
    # The picture and what the ticket came to are seen together, for the next in the queue, too.
    expect(page.locator(TOLD)).to_contain_text("Số 8 đã có mặt")
    expect(page.locator(TOLD)).to_be_in_viewport()
    expect(page.locator("video")).to_be_in_viewport(ratio=0.9)
    page.get_by_role("button", name="Tắt máy ảnh").click()
    expect(page.locator("video")).to_be_hidden()
    with turn:
        assert present(hall) == {8} and CheckIn.objects.get().how == "ticket"
    page = camera(address(foreign))
    read_code(page, served, hall)
    expect(page.locator(REFUSED).first).to_contain_text(other.title)
    with turn:
        assert Registration.objects.get(pk=foreign.pk).state == "confirmed"


# ── What every page has to be ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("W1")
@pytest.mark.parametrize(("width", "looks"), [(320, {}), (1280, {"dark": True}), (360, {"forced_colors": True})])
def test_pages_of_the_day_are_accessible_and_fit(clerk, hall, turn, width, looks):
    opened = clerk(width=width, **looks)
    with turn:
        first = agenda.add_item(AgendaItem(session=hall, title="Khai mạc và giới thiệu thành phần tham dự", minutes=20, unit=hall.unit), None)
        agenda.add_item(AgendaItem(session=hall, title="Đất đai", minutes=40, speaker="Chi nhánh Văn phòng Đăng ký đất đai"), None)
        agenda.start_item(first, None)
        day.check_in(hall.registrations.get(seat_no=2), None, key=hall.registrations.get(seat_no=2).uid)
    pages = [reverse("dialogue_sessions_day:sessions"), *(reverse(f"dialogue_sessions_day:{name}", args=[hall.pk]) for name in
             ("session", "door", "agenda", "delay")), reverse("dialogue_sessions_day:agenda_item", args=[hall.pk, first.pk]),
             reverse("dialogue_sessions:screen", args=[hall.slug]), "/en" + reverse("dialogue_sessions:screen", args=[hall.slug])]  # fmt: skip
    for number, where in enumerate(pages):
        answer = opened.open(where)
        assert answer.status == 200, where
        if number == 2:
            opened.page.get_by_role("button", name="Hiện tên").click()
            expect(opened.page.get_by_text("Ng. V. A.").first).to_be_visible()
        assert opened.axe() == [], where
        assert opened.overflow() == [], where
        assert opened.page.locator("h1").count() == 1, where
        assert opened.violations == [] and opened.errors == [], where
        if folder := os.environ.get("DAY_PICTURES"):
            opened.page.screenshot(path=f"{folder}/{number}-{width}.png", full_page=number != 6)


def test_the_screen_follows_the_session_and_its_clock_counts(visit, hall, turn):
    with turn:
        first = agenda.add_item(AgendaItem(session=hall, title="Khai mạc", minutes=20), None)
        second = agenda.add_item(AgendaItem(session=hall, title="Đất đai", minutes=40), None)
        agenda.start_item(first, None)
    opened = visit(width=1280)
    opened.open(reverse("dialogue_sessions:screen", args=[hall.slug]))
    expect(opened.page.locator(".screen-now .screen-large")).to_have_text("Khai mạc")
    expect(opened.page.locator("[data-until]")).to_have_text(re.compile(r"còn (20:00|19:\d\d|18:\d\d)"))
    with turn:
        agenda.start_item(second, None)
    expect(opened.page.locator(".screen-now .screen-large")).to_have_text("Đất đai", timeout=60_000)
    assert opened.page.locator("h1").inner_text() == hall.title and opened.errors == []
