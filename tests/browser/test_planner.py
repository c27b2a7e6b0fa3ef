"""A year is planned in the browser by somebody who uses the keyboard alone; pages of the back office stand axe's rules, narrow ones too."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from dialogue_sessions import services
from dialogue_sessions.contacts import applicant
from dialogue_sessions.enums import Source
from dialogue_sessions.models import Session
from tests.dialogue_sessions.making import DAY, draft, open_pool
from tests.dialogue_sessions.staff import officer
from tests.organisation import factories

from .test_back_office import of_wagtail

pytestmark = [pytest.mark.django_db, pytest.mark.browser]
ROOT = "/admin/dialogue-sessions/"


@pytest.fixture
def town():
    ward = factories.ward("Phường Bến Chợ")
    pool = open_pool(9, unit=ward, title="Đối thoại về cấp nước sạch cho các thôn ở xa trung tâm phường")
    services.hold(pool, applicant("Nguyễn Thị Thử", "0900 111 222", village="Thôn Đông"), source=Source.PAPER)
    draft(unit=ward, begins_in=2 * DAY)
    return {"ward": ward, "pool": pool, "user": officer("chu-tich", ward, "administrator")}


@pytest.fixture
def signed_in(visit, town):
    """A page of the administrator of the ward."""

    def begin(**looks):
        opened = visit(**looks)
        client = Client()
        client.force_login(town["user"])
        name = settings.SESSION_COOKIE_NAME
        opened.page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": opened.base}])
        return opened

    return begin


@pytest.mark.accepts("W4")
def test_a_year_is_planned_with_the_keyboard_alone(signed_in, town):
    opened = signed_in(width=1280)
    opened.open(f"{ROOT}plan/")
    page = opened.page
    page.locator("#id_unit").focus()
    page.keyboard.type("Phường Bến Chợ")
    page.locator("#id_title").focus()
    page.keyboard.type("Chủ tịch phường tiếp công dân")
    page.keyboard.press("Enter")
    expect(page.locator("#error-summary")).to_be_focused()
    expect(page.locator("#error-summary li")).to_have_count(1)
    page.locator("#id_weekdays_1").focus()
    page.keyboard.press("Space")
    page.locator("#id_seats_hall").focus()
    page.keyboard.type("10")
    page.keyboard.press("Enter")
    expect(page.locator(".sessions-month")).to_have_count(12)
    assert not Session.objects.filter(title="Chủ tịch phường tiếp công dân").exists()
    page.locator("button[name=save]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: f"{ROOT}series/" in url)
    expect(page.locator("table.listing tbody tr")).to_have_count(52)
    assert Session.objects.filter(title="Chủ tịch phường tiếp công dân", state="draft").count() == 52
    assert opened.errors == [] and opened.foreign == []


def judged(opened):
    return [one for one in opened.axe() if not of_wagtail(one)]


@pytest.mark.accepts("W1")
@pytest.mark.parametrize("width", [320, 1280])
def test_pages_of_the_back_office_stand_the_rules_of_accessibility(signed_in, town, width):
    opened = signed_in(width=width)
    session, page = town["pool"].session, opened.page
    below = ["", "plan/", "series/", *(f"{session.pk}/{name}" for name in ("", "edit/", "move/", "cancel/", "registrations/"))]
    for path in below:
        opened.open(ROOT + path)
        assert judged(opened) == [], path
        assert opened.overflow() == [], path
        expect(page.locator("h1")).to_have_count(1)
    opened.open(f"{ROOT}plan/")
    page.locator("button[name=show]").click()
    expect(page.locator("#error-summary")).to_be_visible()
    assert judged(opened) == []
    page.locator("#id_title").fill("Tiếp công dân")
    page.locator("#id_unit").select_option(label=str(town["ward"]))
    page.locator("#id_weekdays_1").check()
    page.locator("#id_seats_hall").fill("5")
    page.locator("button[name=show]").click()
    expect(page.locator(".sessions-month")).to_have_count(12)
    assert judged(opened) == [] and opened.overflow() == []
    assert opened.violations == [] and opened.errors == [] and opened.foreign == []
