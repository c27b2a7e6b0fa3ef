"""Search in a browser: for everybody, by keyboard, with a screen reader's tree, and without script."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from organisation.models import Unit
from organisation.search_sources import reindex_units
from procedures_catalog.models import Procedure
from procedures_catalog.search_sources import reindex
from search import tables
from search.engines import choice, local
from search.models import Guidance, PopularQuery, QueryLog
from tests.procedures_catalog.factories import VersionFactory

from . import town

pytestmark = [pytest.mark.django_db, pytest.mark.browser]
LONG = "cho+toi+hoi+khai+sinh+cho+con+can+nhung+giay+to+gi+" * 12
ADDRESSES = {
    "without a question": "/tim/",
    "results": "/tim/?q=xac+nhan+doc+than",
    "a long question": f"/tim/?q={LONG}",
    "one long word": "/tim/?q=" + "khaisinh" * 60,
    "who asks": "/tim/?q=khai+sinh&toi-la=citizen",
    "filters with nothing": "/tim/?q=khai+sinh&cap=ministry",
    "only filters with nothing": "/tim/?cap=ministry&muc-do=full",
    "little found": "/tim/?q=khai+bao+hai+quan+xuat+khau+go+dan",
    "thanks": "/tim/cam-on/?thay=khong",
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


@pytest.mark.accepts("W1")
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_when_a_stand_in_answers(visit, findable, settings, monkeypatch, width):
    """Elasticsearch is configured, and nobody answers there."""
    settings.ELASTICSEARCH_URL = ["http://127.0.0.1:9"]
    monkeypatch.setattr(choice, "_breakers", {})
    opened = visit(width=width)
    opened.open("/tim/?q=khai+sinh")
    assert "Máy tìm kiếm" in opened.page.locator("main").inner_text() or opened.page.locator("#found + *").count()
    assert opened.page.locator(".hit").count()
    assert opened.axe() == []
    assert opened.overflow() == []
    assert opened.violations == []


@pytest.fixture
def popular():
    """A question that many ask."""
    day = dt.date(2026, 11, 1)
    return PopularQuery.objects.create(folded="dang ky khai sinh cho con", asked="đăng ký khai sinh cho con", first_day=day, last_day=day, found=3)


def opened_list(visit, typed: str, **how):
    """The page with the list of suggestions open under the box."""
    opened = visit(**how)
    opened.open("/")
    opened.page.focus("#q")
    opened.page.keyboard.type(typed, delay=10)
    opened.page.wait_for_selector("[role=listbox]:not([hidden])")
    return opened, opened.page, opened.page.locator("#q")


def active(page) -> int:
    """Which option is the active one, by the box and by the list alike; -1 for none."""
    return page.evaluate(
        """() => {
          const box = document.querySelector("#q"), options = [...document.querySelectorAll("[role=option]")];
          const said = options.findIndex((option) => option.id === box.getAttribute("aria-activedescendant"));
          const shown = options.map((option, at) => option.getAttribute("aria-selected") === "true" ? at : -1).filter((at) => at >= 0);
          if (shown.length > 1 || (shown[0] ?? -1) !== said) throw new Error(`${said} and ${shown}`);
          return said;
        }"""
    )


@pytest.mark.accepts("W1", "W2")
@pytest.mark.parametrize("width", [320, 1280])
def test_the_open_list_is_a_listbox_with_labelled_groups(visit, findable, popular, width):
    opened, page, box = opened_list(visit, "dang ky", width=width)
    assert box.get_attribute("aria-autocomplete") == "list"
    assert box.get_attribute("aria-controls") == page.locator("[role=listbox]").get_attribute("id")
    labels = page.evaluate(
        """() => [...document.querySelectorAll("[role=listbox] [role=group]")]
        .map((group) => document.getElementById(group.getAttribute("aria-labelledby")).textContent)"""
    )
    assert labels == ["Trên cổng này", "Người khác đã hỏi"]
    assert page.locator("[role=option]").last.inner_text() == "đăng ký khai sinh cho con"
    count = page.locator("[role=option]").count()
    assert str(count) in page.locator("form.search [role=status]").inner_text(), "how many there are is announced"
    assert opened.axe() == []
    assert opened.overflow() == []


@pytest.mark.accepts("W2")
def test_keys_move_as_the_pattern_of_a_combobox_says(visit, findable, popular):
    _opened, page, box = opened_list(visit, "dang ky")
    last = page.locator("[role=option]").count() - 1
    press = page.keyboard.press
    assert active(page) == -1, "nothing is chosen before somebody chooses"
    press("ArrowDown")
    assert active(page) == 0
    press("ArrowUp")
    assert active(page) == last, "around the top"
    press("ArrowDown")
    assert active(page) == 0, "around the end"
    press("End")
    assert (active(page), page.evaluate("document.querySelector('#q').selectionStart")) == (-1, 7)
    press("ArrowDown")
    press("Home")
    assert (active(page), page.evaluate("document.querySelector('#q').selectionStart")) == (-1, 0)
    press("ArrowDown")
    press("ArrowRight")
    assert active(page) == -1, "whoever moves in the text is in the text again"
    press("Alt+ArrowUp")
    expect(box).to_have_attribute("aria-expanded", "false")
    press("Alt+ArrowDown")
    expect(box).to_have_attribute("aria-expanded", "true")
    assert active(page) == -1, "opened, and nothing chosen"
    press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    assert box.input_value() == "dang ky"
    press("ArrowUp")
    expect(box).to_have_attribute("aria-expanded", "true")
    assert active(page) == last
    press("Tab")
    expect(box).to_have_attribute("aria-expanded", "false")
    assert page.evaluate("document.activeElement.type") == "submit", "Tab goes on, and chooses nothing"


@pytest.mark.accepts("W2")
def test_escape_empties_the_box_when_the_list_is_closed(visit, findable):
    _opened, page, box = opened_list(visit, "dang ky")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert box.input_value() == ""


@pytest.mark.accepts("W2")
def test_a_popular_question_leads_to_its_results(visit, findable, popular):
    _opened, page, _box = opened_list(visit, "dang ky khai")
    page.keyboard.press("ArrowUp")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "/tim/?q=" in page.url
    assert page.input_value("#q") == "đăng ký khai sinh cho con"


@pytest.mark.accepts("W2")
def test_an_input_method_is_left_alone_until_it_has_put_the_word_together(visit, findable):
    opened = visit()
    opened.open("/")
    page = opened.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/goi-y/" in request.url else None)
    page.focus("#q")
    keys = page.context.new_cdp_session(page)
    for half in ("d", "da", "dan", "dang", "đang", "đăng"):
        keys.send("Input.imeSetComposition", {"text": half, "selectionStart": len(half), "selectionEnd": len(half)})
        page.wait_for_timeout(200)  # longer than the pause after which it asks
    assert asked == []
    page.evaluate(
        "document.querySelector('#q').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229, bubbles: true, cancelable: true}))"
    )
    assert page.url.endswith("/"), "Enter belongs to the input method"
    keys.send("Input.insertText", {"text": "đăng"})
    page.wait_for_selector("[role=listbox]:not([hidden])")
    assert len(asked) == 1


@pytest.mark.accepts("W2")
def test_what_comes_late_from_a_slow_network_is_not_shown(visit, findable):
    """The answer to the first letters comes after that to the whole word; it was called off, and changes nothing."""
    opened = visit()
    opened.open("/")
    page = opened.page
    held = []

    def answer(route) -> None:
        if route.request.url.endswith("?q=da"):
            held.append(route)
        else:
            route.fulfill(json={"suggestions": [{"title": "Đúng", "url": "/thu-tuc/", "kind": "procedure", "matched": ""}]})

    page.route("**/tim/goi-y/**", answer)
    page.focus("#q")
    page.keyboard.type("da")
    assert wait_for(lambda: held, page)
    page.keyboard.type("ng ky")
    page.wait_for_selector("[role=option]")
    assert held[0].request.failure is not None or wait_for(lambda: held[0].request.failure, page), "the first question was called off"
    assert page.locator("[role=option]").all_inner_texts() == ["Đúng"]


@pytest.mark.accepts("W2")
@pytest.mark.parametrize("answer", ["500", "rubbish", "gone"])
def test_suggestions_that_cannot_be_had_are_missed_by_nobody(visit, findable, answer):
    opened = visit()
    opened.open("/")
    page = opened.page
    asked = []

    def fail(route) -> None:
        asked.append(route)
        if answer == "gone":
            route.abort()
        else:
            route.fulfill(status=500 if answer == "500" else 200, body="<html>")

    page.route("**/tim/goi-y/**", fail)
    page.focus("#q")
    page.keyboard.type("khai sinh")
    assert wait_for(lambda: asked, page)
    assert page.locator("#q").get_attribute("aria-expanded") == "false"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator(".hit").count() >= 1
    assert opened.errors == []


@pytest.mark.accepts("W2")
def test_a_name_that_people_use_is_told_beside_the_title(visit, findable):
    VersionFactory(name="Xác nhận tình trạng hôn nhân cho người ở xa", keywords="giấy độc thân")
    reindex(Procedure.objects.values_list("pk", flat=True))
    _opened, page, _box = opened_list(visit, "giay doc th", width=360)
    assert "còn gọi là: giấy độc thân" in page.locator("[role=option]").first.inner_text()


@pytest.mark.accepts("W2")
def test_kinds_are_tabs_and_all_of_it_goes_by_keyboard(visit, findable):
    reindex_units(Unit.objects.values_list("pk", flat=True))
    opened = visit(width=360)
    opened.open("/tim/?q=phuong+song+lanh+dang+ky")
    page = opened.page
    tabs = page.locator(".tabs a")
    assert tabs.count() >= 3
    assert re.fullmatch(r"Tất cả \d+", tabs.first.inner_text())
    assert tabs.first.get_attribute("aria-current") == "page"
    tabs.nth(1).focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".tabs a[aria-current=page]")).to_have_count(1)
    assert page.locator(".tabs a").first.get_attribute("aria-current") is None
    assert opened.axe() == []
    assert opened.overflow() == []
    assert page.locator("aside details[open]").count() == 0, "filters are closed on a phone"


@pytest.mark.accepts("W8")
def test_who_asks_is_said_without_script(visit, findable):
    opened = visit(width=360, javascript=False)
    opened.open("/tim/?q=khai+sinh")
    opened.page.click("aside summary >> nth=0")
    opened.page.select_option("#for-audience", "citizen")
    with opened.page.expect_navigation():
        opened.page.click(".asker button")
    assert "toi-la=citizen" in opened.page.url
    assert "q=khai+sinh" in opened.page.url
    assert opened.page.input_value("#for-audience") == "citizen"
    assert opened.page.context.cookies() == []


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
    assert urlsplit(page.url).path not in {"/", "/tim/"}, "to the thing itself"


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


NUMBERS = json.loads((Path(__file__).parent.parent / "search" / "numbers.json").read_text(encoding="utf-8"))


@pytest.mark.accepts("S7")
def test_the_browser_judges_numbers_as_the_server_does(visit, findable):
    opened = visit()
    opened.open("/tim/")
    stopped = opened.page.evaluate(
        """texts => texts.map((text) => {
            const input = document.querySelector("#q");
            input.value = text;
            return !input.form.dispatchEvent(new Event("submit", { cancelable: true }));
        })""",
        [case["text"] for case in NUMBERS["judged"]],
    )
    assert [case["text"] for case, is_stopped in zip(NUMBERS["judged"], stopped, strict=True) if is_stopped != bool(case["kind"])] == []


@pytest.mark.accepts("S7")
def test_what_may_become_somebodys_number_is_left_out_of_what_is_asked_while_it_is_typed(visit, findable):
    opened = visit()
    opened.open("/tim/")
    asked = opened.page.evaluate(
        """texts => {
            const input = document.querySelector("#q"), fetched = window.fetch;
            let asked = null;
            window.fetch = (address) => {
                asked = new URL(address, location.href).searchParams.get("q");
                return Promise.reject(new DOMException("", "AbortError"));
            };
            const all = texts.map((text) => {
                asked = null;
                input.value = text;
                input.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", altKey: true }));
                return asked;
            });
            window.fetch = fetched;
            return all;
        }""",
        [case["typed"] for case in NUMBERS["asked"]],
    )
    assert [(case["typed"], said) for case, said in zip(NUMBERS["asked"], asked, strict=True) if said != (case["asked"] or None)] == []
