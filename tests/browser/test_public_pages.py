"""The public pages in a browser: everybody can read them, at any width, in any appearance, by keyboard, without script."""

from __future__ import annotations

import gzip
from pathlib import Path

import html5lib
import pytest
from django.conf import settings

from . import town

pytestmark = [pytest.mark.django_db, pytest.mark.browser]
STATES = [
    "home", "home in English", "list", "list narrowed", "list empty", "main", "procedure in English", "long", "name-only", "abolished", "upcoming",
    "levels", "as it was", "before it was", "print", "difference", "no difference", "help", "not found", "not found in English", "bad request",
]  # fmt: skip
MAIN_STATES = ["home", "list narrowed", "main", "long", "abolished", "difference", "not found"]


@pytest.fixture
def addresses():
    """The pages of a small office."""
    return town.pages(town.procedures(town.office()))


def test_every_state_of_every_page_is_listed(addresses):
    assert sorted(addresses) == sorted(STATES)


@pytest.mark.accepts("W1", "W4", "W5", "W6")
@pytest.mark.parametrize(
    ("width", "dark", "states"),
    [(320, False, STATES), (1280, True, STATES), (320, True, MAIN_STATES), (360, False, MAIN_STATES), (1280, False, MAIN_STATES)],
    ids=["320-light", "1280-dark", "320-dark", "360-light", "1280-light"],
)
def test_axe_finds_nothing_and_no_page_scrolls_sideways(visit, addresses, width, dark, states):
    opened = visit(width=width, dark=dark)
    problems = {}
    for name in states:
        opened.open(addresses[name])
        found = opened.axe() + [f"sideways: {element}" for element in opened.overflow()]
        if found:
            problems[name] = found
    assert not problems


@pytest.mark.accepts("W6")
def test_forced_colours_lose_nothing(visit, addresses):
    opened = visit(forced_colors=True)
    for name in ("home", "list narrowed", "main", "difference"):
        opened.open(addresses[name])
        assert opened.axe() == []


@pytest.mark.accepts("W4")
def test_wider_text_spacing_clips_nothing(visit, addresses):
    """WCAG 1.4.12: the reader's own spacing; set through the page's sheets, since the policy lets nothing inline in."""
    opened = visit(width=320)
    for name in ("home", "list", "main", "long", "difference"):
        opened.open(addresses[name])
        opened.page.evaluate(
            """() => { const sheet = new CSSStyleSheet();
            sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }" +
              "p { margin-bottom: 2em !important }");
            document.adoptedStyleSheets = [sheet]; }"""
        )
        assert opened.overflow() == [], name


@pytest.mark.accepts("W4")
def test_letters_twice_as_large_push_nothing_off_a_telephone(visit, addresses):
    opened = visit(width=360)
    for name in ("home", "list narrowed", "main", "long", "difference"):
        opened.open(addresses[name])
        opened.page.evaluate(
            "() => { const sheet = new CSSStyleSheet(); sheet.replaceSync('html { font-size: 200% }'); document.adoptedStyleSheets = [sheet]; }"
        )
        assert opened.overflow() == [], name


@pytest.mark.accepts("W4")
def test_no_amount_hides_behind_an_edge_of_a_telephone(visit, addresses):
    opened = visit(width=360)
    opened.open(addresses["main"])
    hidden = opened.page.evaluate(
        """() => [...document.querySelectorAll("table.fees td")].filter(cell => {
        const edge = cell.closest(".wide-table").getBoundingClientRect(), own = cell.getBoundingClientRect();
        return own.right > edge.right + 1 || own.left < edge.left - 1; }).map(cell => cell.textContent)"""
    )
    assert opened.page.locator("table.fees td").count() > 0
    assert hidden == []


@pytest.mark.accepts("M1", "P10")
def test_nothing_breaks_the_policy_and_nobody_else_is_asked(visit, addresses):
    opened = visit()
    for name in STATES:
        opened.open(addresses[name])
        assert opened.violations == [], name
    assert (opened.foreign, opened.errors) == ([], [])


@pytest.mark.accepts("W7")
def test_pages_are_valid_have_one_heading_their_language_and_a_title_of_their_own(client, addresses):
    titles = {}
    for name in STATES:
        html = client.get(addresses[name]).content.decode()
        parser = html5lib.HTMLParser(strict=False)
        tree = parser.parse(html)
        assert [error for error in parser.errors if error[1] not in {"unexpected-null-character"}] == [], name
        space = "{http://www.w3.org/1999/xhtml}"
        assert len(list(tree.iter(f"{space}h1"))) == 1, name
        assert len(list(tree.iter(f"{space}main"))) == 1, name
        assert tree.get("lang") == ("en" if "English" in name else "vi"), name
        identifiers = [element.get("id") for element in tree.iter() if element.get("id")]
        assert len(identifiers) == len(set(identifiers)), name
        titles[name] = next(tree.iter(f"{space}title")).text
    same = {"as it was", "procedure in English", "list empty", "not found in English", "home in English"}
    distinct = {name: title for name, title in titles.items() if name not in same}
    assert len(set(distinct.values())) >= len(distinct) - 2  # three states of one record share its name


@pytest.mark.accepts("W2")
def test_the_keyboard_reaches_everything_in_order_and_is_seen(visit, addresses):
    opened = visit()
    for name in ("home", "list", "main", "difference"):
        opened.open(addresses[name])
        page = opened.page
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
        box = page.evaluate("(() => { const r = document.activeElement.getBoundingClientRect(); return [r.width, r.height, r.left, r.top]; })()")
        assert box[0] > 50 and box[1] >= 24 and min(box[2:]) >= 0, "the skip link shows itself"
        places, seen = [], set()
        for _ in range(400):
            page.keyboard.press("Tab")
            at = page.evaluate(
                """() => { const e = document.activeElement; if (e === document.body) return null;
                const all = [...document.querySelectorAll("*")]; const s = getComputedStyle(e);
                return [all.indexOf(e), s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2]; }"""
            )
            if places and at and at[0] == places[-1][0]:
                continue  # a date field has three stops of its own
            if at is None or at[0] in seen:
                break
            seen.add(at[0])
            places.append(at)
        assert [place for place, _ in places] == sorted(place for place, _ in places), f"{name}: order of focus is the order of the page"
        assert all(visible for _, visible in places), f"{name}: focus is seen"
        links = page.evaluate(
            "[...document.querySelectorAll('main a, main button, main input, main summary')].filter(e => e.checkVisibility()).length"
        )
        assert len(places) >= links > 0, f"{name}: nothing is left out"


@pytest.mark.accepts("W2")
def test_a_procedure_is_found_by_keyboard_alone(visit, addresses):
    opened = visit(width=360)
    page = opened.page
    opened.open("/thu-tuc/")
    page.focus("main .facet a >> nth=0")
    page.keyboard.press("Enter")
    page.wait_for_url("**/thu-tuc/?*")
    page.focus("main .hit a >> nth=0")
    page.keyboard.press("Enter")
    page.wait_for_url("**/thu-tuc/1.004873/")
    page.focus("#hoi-dap summary")
    page.keyboard.press("Enter")
    assert page.is_visible("#hoi-dap details[open]")


@pytest.mark.accepts("W8")
def test_without_javascript_lists_narrow_days_are_asked_and_versions_compared(visit, addresses):
    opened = visit(width=360, javascript=False)
    page = opened.page
    opened.open("/thu-tuc/")
    page.click("#linh-vuc a >> nth=0")
    page.wait_for_url("**linh-vuc=ho-tich*")
    opened.open(addresses["main"])
    page.fill("#ngay", str(town.today() - 500 * town.DAY))
    page.click(".tools button")
    page.wait_for_url("**ngay=*")
    assert "Tờ khai cũ" in page.inner_text("main")
    opened.open(addresses["difference"])
    assert page.locator("main ins").count() and page.locator("main del").count()
    page.click(".compare button")
    page.wait_for_url("**tu=*den=*")


@pytest.mark.accepts("L9")
@pytest.mark.parametrize("name", ["home", "list", "main", "long", "difference"])
def test_a_page_with_all_its_resources_is_small(visit, addresses, name):
    """What travels uncompressed; the whole has to stay below 100 KB, and scripts below 30 KB compressed."""
    opened = visit()
    got: dict[str, bytes] = {}
    opened.page.on("response", lambda response: got.__setitem__(response.url, response.body()) if response.status == 200 else None)
    opened.open(addresses[name])
    opened.page.wait_for_load_state("networkidle")
    scripts = sum(len(gzip.compress(body)) for url, body in got.items() if url.endswith(".js"))
    assert sum(map(len, got.values())) <= 100_000
    assert scripts <= 30_000


@pytest.mark.accepts("W11")
def test_help_stands_in_the_same_place_on_every_page(client, addresses):
    feet = set()
    for name in STATES:
        if "English" in name or name in {"print", "bad request"}:
            continue
        html = client.get(addresses[name]).content.decode()
        feet.add(html[html.index("<footer") : html.index("</footer>")])
    assert len(feet) == 1


def test_no_template_or_script_of_ours_styles_inline():
    root = Path(settings.BASE_DIR) if hasattr(settings, "BASE_DIR") else Path(__file__).resolve().parents[2]
    for path in (root / "templates").rglob("*.html"):
        if "admin" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        assert " style=" not in text and "<style" not in text and " onclick=" not in text, path
