"""P10, M3, B10 in Chromium: nothing is fetched from elsewhere, the policy on content has nothing to stop, nothing reflected runs."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from django.conf import settings
from django.test import Client

from tests.browser.test_xss import PAYLOADS

from .addresses import addresses, book
from .browsing import served, walker
from .conftest import signed_in
from .crawl import one_each

pytestmark = [pytest.mark.browser]

# What the policy of the back office is known to stop, by address: Wagtail's cropping tool sets styles of its own (M1).
KNOWN = {"wagtailimages:edit": re.compile(r"jcrop|style-src", re.I)}
# The pages of the back office that people work on. Fragments, files and confirmations come with them.
MAIN = re.compile(
    r"wagtailadmin_(home|account|explore|explore_root)$|:(index|list|add|edit|history|usage|revisions_compare|choose)$|^(procedures_catalog|organisation)_backoffice:|wagtailadmin_reports:\w+(?<!_results)$|:completeness_report$"
)
SKIPPED_FRAGMENTS = re.compile(r"results|chosen|^wagtailadmin_(collections|workflows)|snippetchoosers|^catalogue_|_chooser:")
CANARY = "zqxv"


def is_page(client: Client, path: str) -> bool:
    """Whether an address answers with a page (of any status), which a browser shows and does not save."""
    response = client.get(path)
    return response.headers.get("Content-Type", "").startswith("text/html") and response.status_code not in {301, 302}


@pytest.fixture(scope="module")
def portal(in_town):
    """The portal's address."""
    with served() as base:
        yield base


@pytest.mark.accepts("P10", "M3", "O3")
def test_public_pages_fetch_nothing_from_elsewhere_and_the_policy_stops_nothing(world, portal):
    client = Client(raise_request_exception=False)
    paths = [address.path for address in addresses(world, staff=False) if is_page(client, address.path)]
    assert len(paths) > 30
    wrong = []
    with walker(portal) as tab:
        for path in paths:
            tab.go(path)
            if tab.foreign or tab.violations:
                wrong.append((path, tab.foreign[:3], tab.violations[:3]))
    assert not wrong, wrong


@pytest.mark.accepts("P10", "M3", "O3")
def test_the_back_office_fetches_nothing_from_elsewhere_and_the_policy_stops_only_what_is_known(world, portal):
    client = signed_in(world.users["superuser"])
    client.raise_request_exception = False
    main = [
        address for address in one_each(addresses(world, staff=True))
        if MAIN.search(address.pattern.key) and not SKIPPED_FRAGMENTS.search(address.pattern.key) and is_page(client, address.path)
    ]  # fmt: skip
    assert len(main) > 40
    wrong = []
    with walker(portal, client.cookies[settings.SESSION_COOKIE_NAME]) as tab:
        for address in main:
            tab.go(address.path)
            known = KNOWN.get(address.pattern.key)
            stopped = [text for text in tab.violations if known is None or not known.search(text)]
            if tab.foreign or stopped:
                wrong.append((address.path, tab.foreign[:3], stopped[:3]))
    assert not wrong, wrong


@pytest.mark.accepts("P10", "O3")
def test_the_walker_sees_a_foreign_host_and_a_stopped_script(world, portal):
    with walker(portal) as tab:
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


# ── What an address says back ─────────────────────────────────────────────────────────────────────────────────────────


def reflections(client: Client, world) -> list[tuple[str, str]]:
    """Every place of an address, as `(before, after)`, whose content comes back in a page."""
    found: list[tuple[str, str]] = []
    for address in one_each(addresses(world, staff=False)):
        path = address.path.partition("?")[0]
        names = (*book()["examples"][address.pattern.key].get("parameters", []), "bat-ky", "utm_source")
        found += [(f"{path}?{name}=", "") for name in names]
        found.append((f"{path}?", "=1"))  # a name may come back as well as a value
        if address.pattern.arguments:
            pieces = path.rstrip("/").split("/")
            found.append(("/".join(pieces[:-1]) + "/", "/" if path.endswith("/") else ""))
    for language in ("", "/en"):
        found += [(f"{language}/", "/"), (f"{language}/thu-tuc/", "/"), (f"{language}/tim/?q=", "&trang=2"), (f"{language}/tim/?loai=", "&q=khai")]
    every = list(
        dict.fromkeys(
            [*found, *((f"/en{before}", after) for before, after in found if not before.startswith(("/en", "/api", "/documents", "/sitemap")))]
        )
    )
    return [place for place in every if comes_back(client, *place)]


def comes_back(client: Client, before: str, after: str) -> bool:
    """Whether a page of any kind holds what stood in this place of its address."""
    response = client.get(before + quote(f"{CANARY}\"'<b>") + after)
    return (
        response.headers.get("Content-Type", "").startswith(("text/html", "image/svg", "application/xhtml", "text/xml"))
        and CANARY.encode() in response.getvalue()
    )


@pytest.mark.accepts("B10")
def test_nothing_that_an_address_says_back_runs(world, portal):
    places = reflections(Client(raise_request_exception=False), world)
    assert ("/tim/?q=", "") in places
    wrong = []
    with walker(portal) as tab:
        for before, after in places:
            for payload in PAYLOADS:
                tab.go(before + quote(payload, safe="") + after)
                if tab.ran or tab.violations:
                    wrong.append((before, payload, tab.violations[:2]))
    assert not wrong, wrong


@pytest.mark.accepts("B10")
def test_what_comes_back_is_never_markup(world):
    """The same places without a browser, which would not show an injected tag that does nothing yet."""
    client = Client(raise_request_exception=False)
    wrong = []
    for before, after in reflections(client, world):
        text = client.get(before + quote(f"{CANARY}<b>{CANARY}</b>\"{CANARY}='{CANARY}") + after).getvalue().decode()
        if re.search(rf"<b>{CANARY}|[^\\]\"{CANARY}=|'{CANARY}", text):
            wrong.append((before, after))
    assert not wrong, wrong
