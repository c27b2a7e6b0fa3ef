"""Signing in as staff does, in a browser: on a telephone, with the keyboard, without JavaScript, and with what goes wrong."""

from __future__ import annotations

import time

import pytest
from django.conf import settings
from django.test import Client

from organisation.models import SiteIdentity, Unit
from safeguards.accounts import factors, services, sessions
from safeguards.models import User
from tests.safeguards.staff import LOGIN, PASSWORD, SET_UP, STAFF, Telephone, code_at, person

pytestmark = [pytest.mark.django_db, pytest.mark.browser]
SUMMARY = "#error-summary"
NEW = "tám con vịt bơi ngược dòng"  # pragma: allowlist secret


@pytest.fixture(autouse=True)
def required(settings):
    settings.SECOND_FACTOR = "required"
    return settings


@pytest.fixture
def lan():
    unit = Unit.objects.create(name="Uỷ ban nhân dân huyện Suối Mơ", slug="suoi-mo", code="H1", level=1)
    SiteIdentity.objects.create(unit=unit, name="Cổng minh bạch")
    return person(display_name="Lan")


def sound(opened, scripts=True):
    """Nothing on the page that axe, the policy or a small screen minds."""
    found = [opened.overflow(), opened.foreign, opened.errors]
    if scripts:
        found += [opened.axe(), opened.violations]
    assert found == [[]] * len(found), found


def sign_in(opened, password=PASSWORD, to=STAFF):
    """The first step."""
    opened.open(f"{LOGIN}?next={to}")
    opened.page.fill("#id_login", "lan")
    opened.page.fill("#id_password", password)
    opened.page.press("#id_password", "Enter")
    opened.page.wait_for_load_state("load")


def type_code(opened, code):
    """The second."""
    opened.page.fill("#id_code", code)
    opened.page.press("#id_code", "Enter")
    opened.page.wait_for_load_state("load")


def assert_told(page, link_to, words):
    """The summary has the focus and leads to the field, which knows what is wrong; the title begins with it."""
    page.wait_for_selector(f"{SUMMARY}:focus")
    assert page.title().startswith("Lỗi: ")
    link = page.locator(f"{SUMMARY} a[href='{link_to}']").first
    assert words in link.inner_text()
    assert page.get_attribute(link_to, "aria-invalid") == "true"
    described = page.locator(f"#{page.get_attribute(link_to, 'aria-describedby')}").inner_text()
    assert words in described
    link.press("Enter")
    assert page.evaluate("document.activeElement.id") == link_to[1:]


@pytest.mark.accepts("A1", "W1", "W3", "W4")
@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_from_the_first_sign_in_to_the_second(visit, lan, width, dark):
    opened = visit(width=width, dark=dark)
    sign_in(opened, "sai mật khẩu")
    assert_told(opened.page, "#id_login", "không khớp")
    assert opened.page.input_value("#id_login") == "lan" and opened.page.input_value("#id_password") == ""
    sound(opened)
    opened.page.fill("#id_password", PASSWORD)
    opened.page.press("#id_password", "Enter")
    opened.page.wait_for_url(f"**{SET_UP}**")
    sound(opened)
    secret = opened.page.inner_text(".key").replace(" ", "")
    type_code(opened, "000000")
    assert_told(opened.page, "#id_code", "không thuộc về khóa")
    assert opened.page.inner_text(".key").replace(" ", "") == secret
    sound(opened)
    used = code_at(secret)
    type_code(opened, used)
    codes = opened.page.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    sound(opened)
    opened.page.click("text=Tôi đã cất mã")
    opened.page.wait_for_url(f"**{STAFF}")
    later = visit(width=width, dark=dark)
    sign_in(later)
    assert "/ma/" in later.page.url
    sound(later)
    type_code(later, used)
    assert_told(later.page, "#id_code", "đã dùng rồi")
    sound(later)
    type_code(later, codes[0])
    later.page.wait_for_url(f"**{STAFF}*")
    later.open("/tai-khoan/")
    assert "Còn 9 mã dự phòng" in later.page.inner_text("main")
    sound(later)


@pytest.mark.accepts("W8")
@pytest.mark.parametrize("width", [360, 1280])
def test_all_of_it_works_without_javascript(visit, lan, width):
    telephone = Telephone(lan)
    opened = visit(width=width, javascript=False)
    sign_in(opened, "sai")
    assert opened.page.title().startswith("Lỗi: ")
    sound(opened, scripts=False)
    sign_in(opened, to="/tai-khoan/")
    type_code(opened, telephone.code())
    opened.page.wait_for_url("**/tai-khoan/")
    opened.page.click("text=đổi sang điện thoại khác")
    type_code(opened, telephone.code(1))
    opened.page.click("button:has-text('Gỡ bỏ')")
    opened.page.wait_for_url(f"**{SET_UP}**")
    secret = opened.page.inner_text(".key").replace(" ", "")
    sound(opened, scripts=False)
    type_code(opened, code_at(secret))
    assert opened.page.locator(".codes li").count() == 10
    opened.open("/tai-khoan/mat-khau/")
    opened.page.fill("#id_oldpassword", PASSWORD)
    opened.page.fill("#id_password1", "minhbach2026")
    opened.page.fill("#id_password2", "minhbach2026")
    opened.page.click("main form.card button")
    assert "dễ đoán" in opened.page.inner_text(SUMMARY)
    sound(opened, scripts=False)
    for field, value in (("oldpassword", PASSWORD), ("password1", NEW), ("password2", NEW)):
        opened.page.fill(f"#id_{field}", value)
    opened.page.click("main form.card button")
    opened.page.wait_for_url("**/tai-khoan/")
    assert "Mật khẩu mới đã có hiệu lực" in opened.page.inner_text("main")
    assert User.objects.get(pk=lan.pk).check_password(NEW)
    opened.open("/tai-khoan/dang-xuat/")
    opened.page.click("main button:has-text('Đăng xuất')")
    opened.page.wait_for_url(f"**{LOGIN}")
    assert "Bạn đã đăng xuất" in opened.page.inner_text("main")


@pytest.mark.accepts("A4", "W1")
def test_too_many_failures_are_told_plainly(visit, lan, required):
    required.RATE_LIMITS_ON = True
    opened = visit(width=360)
    for _ in range(6):
        sign_in(opened, "sai")
    assert "Nhập sai quá nhiều lần" in opened.page.title()
    assert "15 phút" in opened.page.inner_text("main")
    sound(opened)


@pytest.mark.accepts("W1", "W5", "W6", "W7")
@pytest.mark.parametrize("language", ["", "/en"])
def test_the_pages_of_an_account_are_sound(visit, lan, language):
    telephone = Telephone(lan)
    link = services.give_link(person("moi"), actor=None).removeprefix("http://testserver")
    opened = visit(width=320)
    sign_in(opened)
    type_code(opened, telephone.code())
    titles = {}
    for path in ("", "phien/", "mat-khau/", "dang-xuat/", "lop-thu-hai/go-bo/"):
        opened.open(f"{language}/tai-khoan/{path}")
        sound(opened)
        titles[opened.page.title()] = path
        assert opened.page.get_attribute("html", "lang") == ("en" if language else "vi")
    type_code(opened, telephone.code(1))
    for path in ("lop-thu-hai/go-bo/", "lop-thu-hai/ma-du-phong/"):
        opened.open(f"{language}/tai-khoan/{path}")
        sound(opened)
        titles[opened.page.title()] = path
    visitor = visit(width=320)
    for path in (link, f"{language}{LOGIN}", "/tai-khoan/moi/MQ/khong-co/"):
        visitor.open(path)
        sound(visitor)
        titles[visitor.page.title()] = path
    assert len(titles) == 10


@pytest.mark.accepts("W10")
def test_the_back_office_warns_before_the_session_ends_and_loses_nothing(visit, lan, required, monkeypatch):
    required.SECOND_FACTOR = "off"
    client = Client()
    client.force_login(lan)
    opened = visit()
    opened.page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value, "url": opened.base}]
    )
    opened.open(STAFF)
    opened.page.wait_for_timeout(500)
    assert not opened.page.locator("#session-warning").count()
    ahead = 0.0
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + ahead)
    opened.page.clock.install()
    opened.open(STAFF)
    opened.page.fill("#id_name_email-email", "lan@example.org")
    ahead = settings.SESSION_IDLE_SECONDS - 170
    opened.page.clock.run_for(settings.SESSION_IDLE_SECONDS * 1000 - 170_000)
    opened.page.wait_for_selector("#session-warning")
    assert "phút nữa" in opened.page.inner_text("#session-warning")
    with opened.page.expect_response(lambda response: response.request.method == "POST" and "con-lai" in response.url):
        opened.page.click("#session-warning button")
    opened.page.wait_for_selector("#session-warning", state="detached")
    assert sessions.seconds_left(client.session) > 1700
    ahead += settings.SESSION_IDLE_SECONDS + 60
    opened.page.clock.run_for(settings.SESSION_IDLE_SECONDS * 1000 + 60_000)
    opened.page.wait_for_selector("#session-warning a")
    assert "vẫn còn đây" in opened.page.inner_text("#session-warning")
    assert opened.page.get_attribute("#session-warning a", "href") == LOGIN
    assert opened.page.input_value("#id_name_email-email") == "lan@example.org"
    other = opened.page.context.new_page()
    other.goto(opened.base + LOGIN)
    other.fill("#id_login", "lan")
    other.fill("#id_password", PASSWORD)
    other.press("#id_password", "Enter")
    other.wait_for_url("**/admin/")
    opened.page.clock.run_for(16_000)
    opened.page.wait_for_selector("#session-warning", state="detached")
    with opened.page.expect_navigation():
        opened.page.click("main form button[type=submit]")
    assert User.objects.get(pk=lan.pk).email == "lan@example.org"
    assert (opened.errors, opened.violations, factors.is_set_up(lan)) == ([], [], False)
