"""Content in a browser: axe in both colour schemes, no sideways scrolling, no script needed, larger text and contrast by the
stylesheet alone, an editor and a publisher at work."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from portal.models import Interruption, PageViews
from portal.services import announce
from tests.portal.conftest import DAY, article, duty, editor, publisher, section, site, unit  # noqa: F401  # fixtures
from tests.procedures_catalog.factories import VersionFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.fixture
def content(article, duty, publisher):  # noqa: F811
    """A section, an article, duties in every state, an outage; gives the addresses."""
    page = article("Khai sinh, thẻ bảo hiểm và thường trú trong một lần nộp", kind="notice", body=[
        {"type": "heading", "value": {"level": "2", "text": "Mang theo gì"}},
        {"type": "text", "value": '<p>Xem <a href="/thu-tuc/">thủ tục</a>.</p><ul><li>Giấy chứng sinh</li></ul>'},
        {"type": "quote", "value": "Không phải nghỉ làm."},
    ])  # fmt: skip
    for number in range(14):
        article(f"Tin số {number}", date=timezone.localdate() - number * 20 * DAY, kind="news" if number % 3 else "guide")
    PageViews.objects.create(page=page, day=timezone.localdate() - DAY, count=1234)
    late = duty("tre-han", decided_on=timezone.localdate() - 30 * DAY)
    duty("chua-co", live=False, decided_on=timezone.localdate() - 20 * DAY)
    VersionFactory(upcoming=True)
    announce(
        Interruption(scope="online", planned=False, reason="Mất điện ở phòng máy chủ", starts_at=timezone.now(), instead="Nộp tại quầy."), publisher
    )
    return {
        "home": "/", "section": section().url, "second page": f"{section().url}?trang=2", "article": page.url, "print": f"{page.url}in/",
        "duties": "/cong-khai/", "duty": late.get_absolute_url(), "quarter": f"/cong-khai/quy/{timezone.localdate().year}-4/",
        "English": "/en/cong-khai/", "no link": "/xem-truoc/1-x/",
    }  # fmt: skip


@pytest.mark.accepts("W1", "W5", "P10")
@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_pages_of_content_pass_axe_and_do_not_scroll_sideways(visit, content, width, dark):
    found = visit(width=width, dark=dark)
    for name, path in content.items():
        found.open(path)
        assert found.axe() == [], name
        assert found.overflow() == [], name
        assert found.violations == [], name
    assert found.foreign == []
    assert found.errors == []


READ = "() => ({size: getComputedStyle(document.documentElement).fontSize, ink: getComputedStyle(document.body).color, " \
       "paper: getComputedStyle(document.body).backgroundColor})"  # fmt: skip


@pytest.mark.accepts("W1")
@pytest.mark.parametrize("choice", ["mau-den-tren-trang", "mau-trang-tren-den"])
def test_contrast_is_enough_in_both_strong_schemes(visit, content, choice):
    found = visit(width=360)
    for path in (content["home"], content["section"], content["duties"], content["duty"]):
        found.open(path)
        found.page.locator(".reading summary").click()
        found.page.locator(f"#{choice}").check()
        found.page.locator("#co-rat-lon").check()
        assert found.axe() == []
        assert found.overflow() == []


def test_larger_text_and_contrast_work_without_javascript(visit, content):
    found = visit(javascript=False)
    found.open(content["article"])
    found.page.locator(".reading summary").click()
    with_size = found.page.locator("h1").bounding_box()["height"]
    found.page.locator("#co-rat-lon").check()
    assert found.page.locator("h1").bounding_box()["height"] > with_size
    found.page.locator("#mau-trang-tren-den").check()
    found.page.screenshot()
    assert found.page.locator("noscript p").count() == 1


def test_the_choice_is_remembered_in_the_browser_and_nowhere_else(visit, content):
    found = visit()
    found.open(content["home"])
    usual = found.page.evaluate(READ)
    found.page.locator(".reading summary").click()
    found.page.locator("#co-lon").check()
    found.page.locator("#mau-trang-tren-den").check()
    found.open(content["duties"])
    chosen = found.page.evaluate(READ)
    assert float(chosen["size"][:-2]) > float(usual["size"][:-2])
    assert (chosen["ink"], chosen["paper"]) == ("rgb(255, 255, 255)", "rgb(0, 0, 0)")
    assert found.page.context.cookies() == []
    found.page.locator(".reading summary").click()
    found.page.locator("#co-thuong").check()
    found.page.locator("#mau-thuong").check()
    found.open(content["home"])
    assert found.page.evaluate(READ) == usual


def test_everything_can_be_reached_without_javascript(visit, content):
    found = visit(javascript=False, width=360)
    found.open("/")
    found.page.locator("a", has_text="Tin tức").first.click()
    found.page.locator("a[rel=next]").click()
    assert "trang=2" in found.page.url
    found.page.locator(".articles a").first.click()
    found.page.locator("a", has_text="Để in").or_(found.page.locator(".tools a").first).first.click()
    assert found.page.url.endswith("/in/")


@pytest.mark.accepts("A12")
def test_an_editor_writes_and_a_publisher_publishes_and_it_is_there_at_once(visit, site, editor, publisher):  # noqa: F811
    def sign_in(user):
        found, client, name = visit(height=1200), Client(), settings.SESSION_COOKIE_NAME
        client.force_login(user)
        found.page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": found.base}])
        return found

    found = sign_in(editor)
    found.open(f"/admin/pages/add/portal/articlepage/{section().pk}/")
    found.page.fill("#id_title", "Viết trong trình duyệt")
    found.page.fill("#id_summary", "Hai câu. Cho mọi người.")
    assert found.page.locator("[name=action-publish]").count() == 0
    with found.page.expect_navigation():
        found.page.locator("[name=action-submit]").first.evaluate("button => button.click()")
    from portal.models import ArticlePage

    found.page.locator(".messages .success").wait_for()
    page = ArticlePage.objects.get(title="Viết trong trình duyệt")
    assert not page.live
    second = sign_in(publisher)
    second.open(f"/admin/pages/{page.pk}/edit/")
    with second.page.expect_navigation():
        second.page.locator("[data-workflow-action-name=approve]:not([data-workflow-action-modal-url])").first.evaluate("button => button.click()")
    assert found.page.goto(f"{found.base}{ArticlePage.objects.get(pk=page.pk).url}").status == 200
