"""Search in a browser: for everybody, by keyboard, with a screen reader's tree, and without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from procedures_catalog.models import Procedure
from procedures_catalog.search_sources import reindex
from search import tables
from search.engines import local
from search.models import Guidance, QueryLog

from . import town

pytestmark = [pytest.mark.django_db, pytest.mark.browser]
ADDRESSES = {
    "without a question": "/tim/",
    "results": "/tim/?q=xac+nhan+doc+than",
    "narrowed": "/tim/?q=khai+sinh&hieu-luc=effective",
    "nothing found": "/tim/?q=zzzzzz",
    "a number": "/tim/?so=telephone",
    "in English": "/en/tim/?q=khai+sinh",
}


@pytest.fixture
def findable(settings, tmp_path, monkeypatch):
    """A small office whose procedures can be found, in the test's own transaction."""
    settings.SEARCH_LOCAL_INDEX = tmp_path / "search"
    monkeypatch.setattr(local, "_engines", {})
    monkeypatch.setattr(local, "CHECK_EVERY", -1.0)
    monkeypatch.setattr(local, "COMMITTED", "xid >= %s")
    codes = town.procedures(town.office())
    reindex(Procedure.objects.values_list("pk", flat=True))
    return codes


@pytest.mark.accepts("W1", "W4", "W5", "W6")
@pytest.mark.parametrize(("width", "dark"), [(320, False), (1280, True)])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(visit, findable, width, dark):
    opened = visit(width=width, dark=dark)
    problems = {}
    for name, address in ADDRESSES.items():
        opened.open(address)
        found = opened.axe() + [f"sideways: {element}" for element in opened.overflow()]
        found += opened.violations
        if found:
            problems[name] = found
    assert not problems
    assert (opened.foreign, opened.errors) == ([], [])


@pytest.mark.accepts("W2")
def test_a_suggestion_is_chosen_by_keyboard(visit, findable):
    opened = visit(width=360)
    opened.open("/")
    page = opened.page
    page.focus("#q")
    page.keyboard.type("dang ky", delay=20)
    box = page.locator("#q")
    page.wait_for_selector("[role=listbox]:not([hidden])")
    assert box.get_attribute("role") == "combobox"
    assert box.get_attribute("aria-expanded") == "true"
    assert opened.axe() == [], "with the list open"
    page.keyboard.press("ArrowDown")
    chosen = box.get_attribute("aria-activedescendant")
    assert page.locator(f"#{chosen}").get_attribute("aria-selected") == "true"
    page.keyboard.press("Escape")
    assert box.get_attribute("aria-expanded") == "false"
    assert box.input_value() == "dang ky", "what was typed stays"
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("[role=listbox]:not([hidden])")
    page.keyboard.press("ArrowUp")
    last = page.locator("[role=option]").last
    assert last.get_attribute("aria-selected") == "true", "up from the box goes to the last"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "/thu-tuc/" in page.url


@pytest.mark.accepts("W2")
def test_enter_without_a_choice_asks_the_question(visit, findable):
    opened = visit()
    opened.open("/")
    opened.page.focus("#q")
    opened.page.keyboard.type("khai sinh")
    with opened.page.expect_navigation():
        opened.page.keyboard.press("Enter")
    assert "/tim/?q=khai+sinh" in opened.page.url
    assert opened.page.locator(".hit").count() >= 1


def test_a_personal_number_is_stopped_before_it_reaches_an_address(visit, findable):
    opened = visit()
    opened.open("/tim/")
    asked = []
    opened.page.on("request", lambda request: asked.append(request.url))
    opened.page.focus("#q")
    opened.page.keyboard.type("0912 345 678", delay=10)
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_selector("#q-personal:not([hidden])")
    assert not [url for url in asked if "345" in url]
    assert opened.axe() == []


@pytest.mark.accepts("W8")
def test_everything_works_without_script(visit, findable):
    opened = visit(width=360, javascript=False)
    opened.open("/")
    opened.page.fill("#q", "khai sinh")
    opened.page.click("form.search button")
    opened.page.locator(".hit").first.wait_for()
    opened.open("/tim/")
    opened.page.locator("aside details[open] a").first.click()
    expect(opened.page.locator(".chips a[aria-current]")).to_have_count(1)
    opened.page.fill("#q", "0912 345 678")
    with opened.page.expect_navigation():
        opened.page.click("form.search button")
    assert "so=telephone" in opened.page.url
    assert "345" not in opened.page.url


@pytest.mark.accepts("B10")
@pytest.mark.parametrize(
    "typed",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "'-alert(1)-'",
        "javascript:alert(1)",
        "</title><svg onload=alert(1)>",
        "{{7*7}}",
        "${alert(1)}",
    ],
)
def test_what_is_typed_is_shown_as_text(visit, findable, typed):
    opened = visit()
    opened.open("/tim/")
    opened.page.fill("#q", typed)
    opened.page.click("form.search button")
    opened.page.wait_for_load_state("load")
    assert opened.dialogs == []
    assert opened.violations == []
    assert opened.page.input_value("#q") == typed


@pytest.fixture
def remembered(monkeypatch):
    """This browser says that it is a machine; here it is a person."""
    monkeypatch.setattr("search.views.is_person", lambda request: request.method == "GET")


def wait_for(condition, page) -> bool:
    """Whether something comes true within some seconds."""
    for _time in range(100):
        if condition():
            return True
        page.wait_for_timeout(50)
    return False


@pytest.mark.accepts("W4")
@pytest.mark.parametrize("javascript", [True, False])
def test_what_was_chosen_and_whether_it_was_found_is_told_without_a_redirect(visit, findable, remembered, turn, javascript):
    opened = visit(width=360, javascript=javascript)
    opened.open("/tim/?q=xac+nhan+doc+than")
    page = opened.page
    if javascript:
        assert opened.axe() == []
    assert opened.overflow() == []
    link = page.locator(".hit h2 a").first
    assert link.get_attribute("href").startswith("/thu-tuc/")
    with page.expect_navigation(url="**/thu-tuc/**"):
        link.click()

    def noted() -> bool:
        with turn:
            return QueryLog.objects.filter(position=1, kind="procedure").exists()

    assert wait_for(noted, page), "the browser pinged"
    page.go_back()
    with page.expect_navigation(url="**/tim/cam-on/**"):
        page.get_by_role("button", name="Không", exact=True).click()
    assert "Cảm ơn" in page.locator("h1").inner_text()
    with turn:
        assert QueryLog.objects.filter(found_it=False).exists()
    if javascript:
        assert opened.axe() == []
    assert not (opened.foreign or opened.errors or opened.violations)


def test_guidance_reads_well_on_a_small_phone(visit, findable, monkeypatch):
    monkeypatch.setattr(tables, "LOOK_EVERY", -1.0)
    monkeypatch.setattr(tables, "WROTE", "false")
    Guidance.objects.create(
        name="x", phrases=["bằng lái"], text="Bằng lái do Công an cấp.", text_en="By the police.", link="https://dichvucong.gov.vn/"
    )
    opened = visit(width=320)
    for address in ("/tim/?q=doi+bang+lai", "/en/tim/?q=doi+bang+lai"):
        opened.open(address)
        assert opened.axe() == []
        assert opened.overflow() == []
        assert opened.page.locator("[role=note]").count() == 1
    tables.memory.forget()
