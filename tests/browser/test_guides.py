"""Guides in a browser: an editor writes one and a second person publishes it; a citizen goes through it by keyboard, on paper
and without JavaScript; axe in both colour schemes; the page of a unit beside them."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from portal.models import GuideIndexPage, GuidePage
from tests.portal.conftest import editor, publisher, site, unit  # noqa: F401  # fixtures
from tests.portal.guide_kit import event, step, write_guide
from tests.procedures_catalog.factories import VersionFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.fixture
def guide(site, editor, publisher):  # noqa: F811
    birth, home = VersionFactory(name="Đăng ký khai sinh").procedure, VersionFactory(name="Đăng ký thường trú").procedure
    gone = VersionFactory(abolished=True, name="Đã bỏ").procedure
    gone.replaced_by.add(birth)
    birth.life_events.set([event()])
    birth.save()
    page = write_guide(editor, publisher, [
        step("Ở bệnh viện", hint="Đọc lại tên mẹ."), step("Khai sinh", birth), step("Nhập hộ khẩu", home, together=True),
        step("Có tên cha", birth, home, condition="cha mẹ chưa đăng ký kết hôn", choose="all"),
    ])  # fmt: skip
    GuidePage.objects.filter(pk=page.pk).update(steps=[*page.steps.get_prep_value(), step("Việc cũ", gone)])
    return page, birth


@pytest.mark.accepts("W1", "W4", "W5", "W6")
@pytest.mark.parametrize(("width", "dark"), [(320, False), (1280, True)])
def test_guides_and_the_home_of_a_unit_pass_axe_and_do_not_scroll_sideways(visit, guide, width, dark):
    found = visit(width=width, dark=dark)
    for path in (guide[0].url, f"{guide[0].url}in/", "/viec/", "/", "/co-quan/song-lanh/", "/thu-tuc/?su-kien=co-con", f"/thu-tuc/{guide[1].code}/"):
        found.open(path)
        assert found.axe() == [], path
        assert found.overflow() == [], path
        assert found.violations == [], path
    assert found.foreign == []
    assert found.errors == []


@pytest.mark.accepts("W8")
def test_a_citizen_goes_from_home_to_guide_to_procedure_and_back_without_javascript(visit, guide):
    found = visit(javascript=False, width=360)
    found.open("/")
    found.page.locator("#viec ~ *, .card", has_text="Có con").first.click()
    assert found.page.url.endswith("/viec/co-con/")
    assert found.page.locator("[data-ticks]").is_hidden()
    found.page.locator("#xong-1").check()
    found.page.locator("#buoc-2 .card a").first.click()
    assert f"/thu-tuc/{guide[1].code}/" in found.page.url
    found.page.locator("aside a[href='/viec/co-con/#buoc-2']").click()
    assert found.page.url.endswith("/viec/co-con/#buoc-2")
    found.page.locator(".tools a").first.click()
    assert found.page.url.endswith("/viec/co-con/in/")
    expect(found.page.locator("[id^=xong-]")).to_have_count(5)


@pytest.mark.accepts("W2")
def test_by_keyboard_a_step_is_ticked_and_the_tick_stays_in_this_browser_only(visit, guide):
    found = visit()
    found.open(guide[0].url)
    found.page.locator("#xong-2").focus()
    found.page.keyboard.press("Space")
    found.page.keyboard.press("Tab")  # the link of the step's procedure comes next
    assert guide[1].code in found.page.evaluate("document.activeElement.href || ''")
    found.open(guide[0].url)
    assert found.page.locator("#xong-2").is_checked()
    assert not found.page.locator("#xong-1").is_checked()
    assert found.page.context.cookies() == []
    found.page.locator("[data-untick]").focus()
    found.page.keyboard.press("Enter")
    assert not found.page.locator("#xong-2").is_checked()
    assert found.page.evaluate("localStorage.length") == 0
    assert found.page.evaluate("document.activeElement.id") == "xong-1"
    assert found.errors == []


@pytest.mark.accepts("A12")
def test_an_editor_writes_a_guide_and_a_second_person_publishes_it_and_it_is_there_at_once(visit, site, editor, publisher):  # noqa: F811
    version = VersionFactory(name="Đăng ký khai sinh")
    event()

    def sign_in(user):
        found, client, name = visit(height=1400), Client(), settings.SESSION_COOKIE_NAME
        client.force_login(user)
        found.page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": found.base}])
        return found

    found = sign_in(editor)
    index = GuideIndexPage.objects.get(locale__language_code="vi")
    found.open(f"/admin/pages/add/portal/guidepage/{index.pk}/")
    page = found.page
    page.fill("#id_title", "Nhà có em bé")
    page.select_option("#id_event", label="Có con")
    page.fill("#id_summary", "Một lần nộp là đủ.")
    page.locator("[data-contentpath=steps] button.c-sf-add-button").first.click()
    page.fill("[name=steps-0-value-title]", "Khai sinh")
    page.locator("[data-contentpath=text] [contenteditable=true]").first.click()
    page.keyboard.type("Đến phường nơi cha hoặc mẹ đang ở.")
    page.locator("[data-contentpath=procedures] button.c-sf-add-button").click()
    page.locator("[data-contentpath=procedures] [data-chooser-action-choose]:visible").first.click()
    page.locator(".modal-body a", has_text=version.procedure.code).first.click()
    page.locator(".modal-body").wait_for(state="detached")
    assert page.locator("[name=action-publish]").count() == 0
    with page.expect_navigation():
        page.locator("[name=action-submit]").first.evaluate("button => button.click()")
    page.locator(".messages .success").wait_for()
    written = GuidePage.objects.get(title="Nhà có em bé")
    assert not written.live
    second = sign_in(publisher)
    second.open(f"/admin/pages/{written.pk}/edit/")
    with second.page.expect_navigation():
        second.page.locator("[data-workflow-action-name=approve]:not([data-workflow-action-modal-url])").first.evaluate("button => button.click()")
    written.refresh_from_db()
    assert written.live
    assert written.slug == "nha-co-em-be", "an address that can be read out, whatever letters the title has"
    shown = visit(javascript=False)
    assert shown.open("/viec/nha-co-em-be/").status == 200
    assert version.procedure.code in shown.page.content()
    assert shown.page.locator("h3", has_text="Khai sinh").count() == 1
