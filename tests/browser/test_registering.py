"""Registering in the browser: by keyboard alone and without JavaScript; what axe, a small screen and the policy on content find."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from dialogue_sessions import services
from dialogue_sessions.enums import PoolKind
from dialogue_sessions.models import PriorityGroup, Registration
from dialogue_sessions.services import Seats
from dialogue_sessions.tickets import ticket_token
from tests.dialogue_sessions.making import DAY, fresh, open_session, pool_of
from tests.dialogue_sessions.visiting import Visitor, typed

from . import town

pytestmark = [pytest.mark.django_db, pytest.mark.browser]
PHONE = "0912345678"


@pytest.fixture
def session(settings):
    settings.SMS_PROVIDER = "tests.messaging.providers.Fake"
    town.office()
    PriorityGroup.objects.create(code="khuyet-tat", name="Người khuyết tật", rank=2, valid_from=timezone.localdate() - DAY)
    seats = [Seats(1), Seats(3, PoolKind.ONLINE)]
    return open_session(
        seats=seats, online_link="https://hop.example.vn/1", title="Đối thoại: đất đai và giấy phép xây dựng ở khu phố 4, 5",
        place="Nhà văn hóa khu phố 4, phường Bến Chợ", accessibility="Có lối cho xe lăn",
    )  # fmt: skip


def tab_to(page, selector, most=80):
    """Press Tab until the focus is there: each stop shows its focus."""
    for _press in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab does not reach {selector}")


def fill(page, session, name="Trần Thị Mai", contact=PHONE, pool="hall"):
    """The whole form with the keyboard."""
    tab_to(page, "input[name=pool]")
    page.keyboard.press("Space")
    if pool == "online":
        page.keyboard.press("ArrowDown")
    for selector, words in (("#id_name", name), ("#id_contact", contact), ("#id_village", "Khu phố 4"), ("#id_subject", "Đèn đường hẻm 19")):
        tab_to(page, selector)
        page.keyboard.type(words)
    tab_to(page, "input[name=needs]")
    page.keyboard.press("Space")
    tab_to(page, "#id_consent")
    page.keyboard.press("Space")
    tab_to(page, "main button[type=submit]")
    page.keyboard.press("Enter")


def type_code(page, contact=PHONE):
    expect(page.locator("#id_code")).to_have_count(1)
    tab_to(page, "#id_code")
    page.keyboard.type(Visitor(None, contact).code())
    page.keyboard.press("Enter")


def press(page, path):
    """A link to the page of a change, and its button."""
    tab_to(page, f"main a[href$='{path}']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{path}")
    tab_to(page, "main button[type=submit]")
    page.keyboard.press("Enter")


@pytest.mark.accepts("W2", "W8")
def test_the_whole_journey_by_keyboard_without_javascript(visit, session):
    hall = pool_of(session, kind="hall")
    first = visit(width=360, javascript=False)
    first.open(f"/lich/{session.slug}/dang-ky/")
    fill(first.page, session)
    type_code(first.page)
    first.page.wait_for_url("**/cho/**")
    expect(first.page.locator("main")).to_contain_text("Số của bạn là 1")
    row = Registration.objects.get()
    assert (row.state, row.pool, row.needs, row.village) == ("confirmed", hall, ["wheelchair"], "Khu phố 4")

    second = visit(width=360, javascript=False)
    second.open(f"/lich/{session.slug}/dang-ky/")
    expect(second.page.locator("main")).to_contain_text("bạn sẽ ở vị trí 1 trong danh sách chờ")
    fill(second.page, session, contact="lan@example.vn")
    expect(second.page.locator("main")).to_contain_text("vị trí 1 trong danh sách chờ")
    type_code(second.page, "lan@example.vn")
    second.page.wait_for_url("**/cho/**")
    expect(second.page.locator("main")).to_contain_text("Bạn ở vị trí 1")

    press(first.page, "/huy/")
    expect(first.page.locator("main")).to_contain_text("Đăng ký này đã hủy.")
    waits = Registration.objects.exclude(pk=row.pk).get()
    assert waits.state == "offered"
    second.page.reload()
    press(second.page, "/nhan/")
    expect(second.page.locator("main")).to_contain_text("Số của bạn là 2")
    assert fresh(waits).state == "confirmed"


@pytest.mark.accepts("W3")
def test_errors_are_told_where_they_are_and_what_was_typed_stays(visit, session):
    opened = visit(width=360)
    opened.open(f"/lich/{session.slug}/dang-ky/")
    page = opened.page
    page.fill("#id_name", "Trần Thị Mai")
    page.fill("#id_contact", "12")
    page.click("main .card button[type=submit]")
    page.wait_for_selector("#error-summary:focus")
    assert page.title().startswith("Lỗi: ")
    assert page.input_value("#id_name") == "Trần Thị Mai" and page.input_value("#id_contact") == "12"
    assert page.get_attribute("#id_contact", "aria-invalid") == "true"
    for target in ("#id_contact", "#id_pool_0", "#id_consent"):
        expect(page.locator(f"#error-summary a[href='{target}']")).to_have_count(1)
        page.locator(f"#error-summary a[href='{target}']").press("Enter")
        assert page.evaluate("document.activeElement.id") == target[1:]
    assert (opened.axe(), opened.overflow(), opened.violations) == ([], [], [])


@pytest.mark.accepts("W1", "W4", "W5")
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_every_page_of_a_registration(visit, session, width, dark, tmp_path):
    hall, online = pool_of(session, kind="hall"), pool_of(session, kind="online")
    opened = visit(width=width, dark=dark)
    page = opened.page

    def fine(name):
        assert (opened.axe(), opened.overflow(), opened.violations, opened.foreign, opened.errors) == ([], [], [], [], []), name
        expect(page.locator("h1")).to_have_count(1)
        page.screenshot(path=tmp_path / f"{name}-{width}.png", full_page=True)

    opened.open(f"/lich/{session.slug}/dang-ky/")
    fine("form")
    page.check(f"input[name=pool][value='{online.pk}']")
    page.fill("#id_name", "Trần Thị Mai")
    page.fill("#id_contact", PHONE)
    page.check("#id_consent")
    page.click("main .card button[type=submit]")
    page.wait_for_selector("#id_code")
    fine("code")
    page.fill("#id_code", "000000x")
    page.click("main .card button[type=submit]")
    page.wait_for_selector("#error-summary:focus")
    fine("wrong-code")
    page.fill("#id_code", Visitor(None).code())
    page.click("main .card button[type=submit]")
    page.wait_for_url("**/cho/**")
    fine("seated")
    place = page.url.removeprefix(opened.base)
    for what in ("huy/", "so-nguoi/", "doi-cho/", "rut-dong-y/"):
        opened.open(place + what)
        fine(what[:-1])
    first = services.confirm(services.hold(hall, typed("0900000001")))
    waits = services.confirm(services.hold(hall, typed("0900000002")))
    opened.open(f"/lich/{session.slug}/cho/{ticket_token(waits)}/")
    fine("waiting")
    services.cancel(first)
    opened.open(f"/lich/{session.slug}/cho/{ticket_token(waits)}/")
    fine("offered")
    opened.open(f"/lich/{session.slug}/cho/{ticket_token(first)}/")
    fine("cancelled")
    services.cancel_session(session, "Hội trường bị ngập", None)
    opened.open(f"/lich/{session.slug}/dang-ky/")
    fine("called-off")


@pytest.mark.accepts("W10")
def test_the_end_of_the_time_is_told_before_it_comes(visit, session):
    opened = visit()
    page = opened.page
    page.clock.install(time=timezone.now())
    opened.open(f"/lich/{session.slug}/dang-ky/")
    page.check("input[name=pool] >> nth=0")
    page.fill("#id_name", "Trần Thị Mai")
    page.fill("#id_contact", PHONE)
    page.check("#id_consent")
    page.click("main .card button[type=submit]")
    page.wait_for_selector("#id_code")
    expect(page.locator(".told")).to_be_hidden()
    page.clock.fast_forward("12:30")
    expect(page.locator(".told")).to_have_text("Còn ba phút để nhập mã.")
    page.reload()  # who comes within the three minutes hears it too
    expect(page.locator(".told")).to_have_text("Còn ba phút để nhập mã.")
    page.clock.fast_forward("03:00")
    expect(page.locator(".told")).to_contain_text("Đã hết giờ.")


def test_a_form_sent_twice_by_a_double_click_is_one_place(visit, session):
    opened = visit()
    page = opened.page
    opened.open(f"/lich/{session.slug}/dang-ky/")
    page.check("input[name=pool] >> nth=0")
    page.fill("#id_name", "Trần Thị Mai")
    page.fill("#id_contact", PHONE)
    page.check("#id_consent")
    page.dblclick("main .card button[type=submit]")
    page.wait_for_selector("#id_code")
    assert Registration.objects.count() == 1
    page.fill("#id_code", Visitor(None).code())
    page.click("main .card button[type=submit]")
    page.wait_for_url("**/cho/**")
