"""B7: whatever stands in an address or a form, nobody is led away from the portal."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urljoin, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from . import databases
from .addresses import addresses
from .crawl import client_of, one_each
from .world import PASSWORD

NAMES = (
    "next", "next_url", "return", "return_to", "return_url", "returnTo", "redirect", "redirect_to", "redirect_uri", "url", "continue", "back", "goto",
    "to", "tiep", "quay-lai", "chuyen", "ve",
)  # fmt: skip
PAYLOADS = (
    "https://evil.example/", "http://evil.example", "//evil.example/", "///evil.example/", "////evil.example", "/\\evil.example/",
    "\\\\evil.example/",
    "\\/evil.example", "https:evil.example", "https:/evil.example", "http:///evil.example", "//evil.example%2f..", "/%09/evil.example",
    "\t//evil.example/",
    " //evil.example", "javascript:alert(1)", "data:text/html,x", "//user@evil.example/", "https://testserver@evil.example/",
    "https://testserver.evil.example/",
    "//evil。example/", "/\n/evil.example", "\x00//evil.example", "http://[::ffff:203.0.113.1]/",
)  # fmt: skip
CANARY = "/co-quan/canary-of-redirects/"


def leads_away(location: str) -> bool:
    """Whether a browser that gets this Location leaves the portal (browsers drop tabs and newlines, and take \\ for /)."""
    plain = "".join(letter for letter in location.strip(" \x00") if letter not in "\t\r\n").replace("\\", "/")
    parts = urlsplit(urljoin("http://testserver/some/page/", plain))
    return parts.scheme not in {"http", "https"} or parts.hostname != "testserver"


def away(response) -> bool:
    """Whether an answer leads away."""
    return leads_away(response.headers.get("Location", "/")) or leads_away(response.headers.get("HX-Redirect", "/"))


def query(value: str) -> str:
    """The value under every name."""
    return "&".join(f"{name}={quote(value, safe='')}" for name in NAMES)


def tried(response, listening: bool) -> Sequence[str]:
    """What is tried on an address after an address of our own stood under every name: a page that was shown for all that reads none of
    them; whoever refused it, or leads elsewhere, is asked twice more."""
    if listening:
        return PAYLOADS
    return () if response.status_code == 200 else (PAYLOADS[0], PAYLOADS[2])


@pytest.mark.accepts("B7")
def test_the_judge_knows_what_leads_away():
    assert not leads_away("/admin/")
    assert not leads_away("?trang=2")
    assert not leads_away("http://testserver/admin/")
    assert all(
        leads_away(payload)
        for payload in ("//evil.example/", "/\\evil.example", "javascript:alert(1)", "https://testserver.evil.example/", "\t//evil.example/")
    )


@pytest.mark.accepts("B7")
@pytest.mark.parametrize("who", ["anonymous", "superuser"])
def test_no_address_leads_away_when_it_is_read(world, who):
    client = client_of(world, who)
    wrong = []
    every = [address for address in one_each(addresses(world)) if who != "anonymous" or not address.pattern.staff or "login" in address.path]
    for address in every:
        joined = "&" if "?" in address.path else "?"
        response = client.get(address.path + joined + query(CANARY))
        listening = CANARY in response.headers.get("Location", "")
        for payload in tried(response, listening):
            response = client.get(address.path + joined + query(payload))
            if away(response):
                wrong.append((address.path, payload, response.headers.get("Location")))
    assert not wrong, wrong


@pytest.mark.accepts("B7")
def test_no_form_of_the_back_office_leads_away(world):
    client = client_of(world, "superuser")
    wrong = []
    for address in one_each(addresses(world)):
        waiting = [CANARY]
        while waiting:
            payload = waiting.pop(0)
            with databases.nothing_stays():
                response = client.post(address.path, dict.fromkeys(NAMES, payload))
                client.cookies.clear() if not client.cookies.get("sessionid") else None
            if payload == CANARY:
                waiting += tried(response, CANARY in response.headers.get("Location", ""))
            if away(response):
                wrong.append((address.path, payload, response.headers.get("Location")))
            if "logout" in address.path:
                client = client_of(world, "superuser")
    assert not wrong, wrong


@pytest.mark.accepts("B7")
@pytest.mark.parametrize("payload", PAYLOADS)
def test_signing_in_leads_nobody_away(world, payload, nothing_stays):
    user = world.users["editor"]
    assert get_user_model().objects.get(pk=user.pk).check_password(PASSWORD)
    response = Client().post("/tai-khoan/dang-nhap/", {"login": user.username, "password": PASSWORD, "next": payload})
    assert response.status_code in {200, 302, 400}
    assert not away(response)


@pytest.mark.accepts("B7")
def test_signing_in_leads_where_one_wanted_to_go(world, nothing_stays):
    response = Client().post("/tai-khoan/dang-nhap/", {"login": world.users["editor"].username, "password": PASSWORD, "next": "/admin/account/"})
    assert (response.status_code, response.headers.get("Location")) == (302, "/admin/account/")
