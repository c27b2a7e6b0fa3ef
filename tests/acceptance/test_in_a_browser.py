"""P10, M3, B10 in Chromium: nothing is fetched from elsewhere, the policy on content has nothing to stop, nothing reflected runs."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.conf import settings
from django.test import Client

from tests.browser.test_xss import PAYLOADS

from .addresses import LANGUAGES, Address, addresses, book
from .browsing import served, walker
from .conftest import signed_in
from .crawl import one_each

pytestmark = [pytest.mark.browser]
SLOWER_THAN_THE_BOX_WAITS = 250  # milliseconds between keys, so that every beginning would be asked for

# What the policy of the back office is known to stop, by address: Wagtail's cropping tool (Jcrop) sets three handlers on an
# element of its own to learn whether there is a touch screen (M2).
KNOWN = {"wagtailimages:edit": re.compile(r"^script-src-attr inline")}
# The pages of the back office that people work on. Fragments, files and confirmations come with them.
MAIN = re.compile(
    r"wagtailadmin_(home|account|explore|explore_root)$|:(index|list|add|edit|history|usage|revisions_compare|choose)$|^(procedures_catalog|organisation)_backoffice:|wagtailadmin_reports:\w+(?<!_results)$|:completeness_report$"
)
SKIPPED_FRAGMENTS = re.compile(r"results|chosen|^wagtailadmin_(collections|workflows)|snippetchoosers|^catalogue_|_chooser:")


def is_page(client: Client, path: str) -> bool:
    """Whether an address answers with a page (of any status), which a browser shows and does not save; a bare refusal of the
    method, without a word, is none."""
    response = client.get(path)
    return response.headers.get("Content-Type", "").startswith("text/html") and response.status_code not in {301, 302} and bool(response.getvalue())


@pytest.fixture(scope="module")
def portal(in_town):
    """The portal's address."""
    with served() as base:
        yield base


@pytest.mark.accepts("P10", "M3", "O3")
def test_public_pages_fetch_nothing_from_elsewhere_and_the_policy_stops_nothing(world, portal, browser):
    client = Client(raise_request_exception=False)
    paths = [address.path for address in addresses(world, staff=False) if is_page(client, address.path)]
    assert len(paths) > 30
    wrong = []
    with walker(browser, portal) as tab:
        for path in paths:
            tab.go(path)
            if tab.foreign or tab.violations:
                wrong.append((path, tab.foreign[:3], tab.violations[:3]))
    assert not wrong, wrong


@pytest.mark.accepts("P10", "M3", "O3")
def test_the_back_office_fetches_nothing_from_elsewhere_and_the_policy_stops_only_what_is_known(world, portal, browser):
    client = signed_in(world.users["superuser"])
    client.raise_request_exception = False
    main = [
        address for address in one_each(addresses(world, staff=True))
        if MAIN.search(address.pattern.key) and not SKIPPED_FRAGMENTS.search(address.pattern.key) and is_page(client, address.path)
    ]  # fmt: skip
    assert len(main) > 40
    wrong = []
    with walker(browser, portal, client.cookies[settings.SESSION_COOKIE_NAME]) as tab:
        for address in main:
            tab.go(address.path)
            known = KNOWN.get(address.pattern.key)
            stopped = [text for text in tab.violations if known is None or not known.search(text)]
            if tab.foreign or stopped:
                wrong.append((address.path, tab.foreign[:3], stopped[:3]))
    assert not wrong, wrong


@pytest.mark.accepts("P10", "O3")
def test_the_walker_sees_a_foreign_host_and_a_stopped_script(world, portal, browser):
    with walker(browser, portal) as tab:
        tab.go("/")
        tab.page.evaluate(
            """() => { const picture = new Image(); picture.src = "http://foreign.invalid/x.png";
            const style = document.createElement("style"); style.textContent = "body{color:red}"; document.head.append(style); }"""
        )
        tab.page.wait_for_function("window.__violations.length > 0")
        assert tab.violations
        assert not tab.ran
        tab.page.evaluate("window.__ran = 1")
        assert tab.ran


@pytest.mark.parametrize("typed", ["0912 345 678", "001099012345", "+84 912 345 678", "000.00.15.H26-181105-0001"])
def test_a_number_of_a_person_is_not_asked_for_while_it_is_typed(world, portal, browser, typed):
    asked = []
    with walker(browser, portal) as tab:
        tab.go("/tim/")
        tab.page.on("request", lambda request: asked.append(request.url))
        for length in range(1, len(typed) + 1):
            tab.page.fill("#q", typed[:length])
            tab.page.wait_for_timeout(SLOWER_THAN_THE_BOX_WAITS)
    assert not [url for url in asked if len(re.findall(r"\d", parse_qs(urlsplit(url).query).get("q", [""])[0])) > 3]


def test_the_code_of_a_procedure_is_asked_for_while_it_is_typed(world, portal, browser):
    with walker(browser, portal) as tab:
        tab.go("/tim/")
        with tab.page.expect_request(lambda request: "/tim/goi-y/" in request.url and world.procedure.code in request.url):
            tab.page.fill("#q", world.procedure.code)


# ── What an address says back ─────────────────────────────────────────────────────────────────────────────────────────

SHOWN = ("text/html", "image/svg", "application/xhtml", "text/xml", "application/xml", "application/atom")
CANARY = "zqxv"
ALONE = [quote(payload, safe="") for payload in PAYLOADS]
TOGETHER = [quote(" ".join(PAYLOADS[start : start + 8]), safe="") for start in range(0, len(PAYLOADS), 8)]


def said_back(client: Client, path: str) -> int:
    """How often an address that holds the canary says it back, in an answer that a browser shows."""
    response = client.get(path)
    return response.getvalue().count(CANARY.encode()) if response.headers.get("Content-Type", "").startswith(SHOWN) else 0


def bare_paths(world) -> list[tuple[Address, str]]:
    """Each public address, in both languages, without a query."""
    found = {}
    for address in addresses(world, staff=False):
        found.setdefault((address.pattern.key, address.language), (address, address.path.partition("?")[0]))
    return list(found.values())


def hostile_addresses(client: Client, world) -> list[str]:
    """Addresses that hold the whole corpus wherever a page says something back.

    Every page repeats its own address (the link to the other language), so names, values and paths are tried with the whole corpus at
    once; a parameter that a page says back in a place of its own is tried with eight at once, and what people type into the box of search
    with each alone. Pages that only say what is wrong (there is nothing here, this is no day) are one page for all: there each pattern
    and parameter has its turn. (That no parameter comes back as markup is tried below, without a browser.)"""
    made: list[str] = []
    own = "&".join(f"{quote(payload, safe='')}={quote(payload, safe='')}" for payload in PAYLOADS)

    def payloads(refused: bool) -> list[str]:
        return [TOGETHER[len(made) % len(TOGETHER)]] if refused else TOGETHER

    for address, path in bare_paths(world):
        everywhere = said_back(client, f"{path}?bat-ky={CANARY}")
        if everywhere:
            made.append(f"{path}?{own}")
        for name in book()["examples"][address.pattern.key].get("parameters", []):
            if said_back(client, f"{path}?{name}={CANARY}") > everywhere:
                alone = name == "q" and address.language == LANGUAGES[0]
                refused = client.get(f"{path}?{name}={CANARY}").status_code >= 400
                made += [f"{path}?{name}={value}" for value in (ALONE if alone else payloads(refused))]
        if address.pattern.arguments:
            above = path.rstrip("/").rpartition("/")[0]
            if said_back(client, f"{above}/{CANARY}/"):
                made += [f"{above}/{value}/" for value in payloads(client.get(f"{above}/{CANARY}/").status_code == 404)]
    return [*made, *(f"/{value}/" for value in ALONE), *(f"/en/{value}/" for value in TOGETHER)]


@pytest.mark.accepts("B10")
def test_nothing_that_an_address_says_back_runs(world, portal, browser):
    hostile = hostile_addresses(Client(raise_request_exception=False), world)
    assert len([path for path in hostile if path.startswith("/tim/?q=")]) == len(PAYLOADS)
    wrong = []
    with walker(browser, portal) as tab:
        for path in hostile:
            tab.go(path)
            if tab.ran or tab.violations:
                wrong.append((path, tab.violations[:2]))
    assert not wrong, wrong


@pytest.mark.accepts("B10")
def test_what_comes_back_is_never_markup(world):
    """The same without a browser, which would not show an injected tag that does nothing yet: every parameter of every page."""
    client = Client(raise_request_exception=False)
    wrong = []
    mark = quote(f"{CANARY}<b>{CANARY}</b>\"{CANARY}='{CANARY}", safe="")
    for address, path in bare_paths(world):
        for name in [*book()["examples"][address.pattern.key].get("parameters", []), "bat-ky", mark]:
            response = client.get(f"{path}?{name}={mark}")
            if response.headers.get("Content-Type", "").startswith(SHOWN) and re.search(rb"<b>zqxv|\"zqxv=|'zqxv", response.getvalue()):
                wrong.append((path, name))
    assert not wrong, wrong
