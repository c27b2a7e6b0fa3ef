"""B8: what a client claims in headers about host, scheme and address is believed from our own proxies only."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from django.test import Client

from safeguards.models import RateLimit

from .addresses import addresses
from .crawl import one_each

EVIL = "evil.example"
CLAIMS: dict[str, Any] = {
    "HTTP_X_FORWARDED_HOST": EVIL,
    "HTTP_X_FORWARDED_SERVER": EVIL,
    "HTTP_X_FORWARDED_PORT": "4443",
    "HTTP_X_FORWARDED_PREFIX": f"//{EVIL}",
    "HTTP_FORWARDED": f"for=203.0.113.9;host={EVIL};proto=https",
    "HTTP_X_HOST": EVIL,
    "HTTP_X_ORIGINAL_URL": "/admin/",
    "HTTP_X_REWRITE_URL": "/admin/",
    "HTTP_X_ORIGINAL_HOST": EVIL,
    "HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE",
    "HTTP_TRUE_CLIENT_IP": "203.0.113.9",
    "HTTP_X_REAL_IP": "203.0.113.9",
}
PEER = "127.0.0.1"


@pytest.fixture(params=["no proxies", "behind a proxy"])
def proxies(request, settings):
    """Both ways in which a portal stands in the network."""
    settings.TRUSTED_PROXIES = [ipaddress.ip_network("127.0.0.0/8")] if request.param == "behind a proxy" else []
    return request.param


@pytest.fixture
def limits(settings):
    """Limits on, three searches a minute."""
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "search": (3, 3600), "login": (3, 3600)}


@pytest.mark.accepts("B8")
@pytest.mark.parametrize(
    "host", [EVIL, f"testserver.{EVIL}", f"testserver@{EVIL}", "testserver:80@evil.example", f"{EVIL}:80", "testserver/../evil", "[::1%25evil]"]
)
def test_another_host_is_refused_everywhere(world, proxies, host):
    client = Client(raise_request_exception=False)
    wrong = [
        (address.path, response.status_code)
        for address in one_each(addresses(world, staff=False))
        if (response := client.get(address.path, HTTP_HOST=host)).status_code != 400 or EVIL in response.headers.get("Location", "")
    ]
    assert not wrong, wrong


@pytest.mark.accepts("B8")
def test_claims_about_host_and_scheme_change_no_answer(world, proxies):
    client = Client()
    wrong = []
    for address in one_each(addresses(world, staff=False)):
        plain, claimed = client.get(address.path), client.get(address.path, **CLAIMS)
        if (plain.status_code, plain.headers.get("Location"), plain.getvalue()) != (
            claimed.status_code,
            claimed.headers.get("Location"),
            claimed.getvalue(),
        ):
            steady = client.get(address.path).getvalue() == plain.getvalue()  # an answer may hold the time it took
            if steady or EVIL.encode() in claimed.getvalue():
                wrong.append(address.path)
    assert not wrong, wrong


@pytest.mark.accepts("B8")
def test_the_scheme_is_believed_from_a_proxy_of_ours_only(world, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_HSTS_SECONDS = 60
    address = f"/thu-tuc/{world.procedure.code}/"

    def secure(peer: str) -> bool:
        return "Strict-Transport-Security" in Client(REMOTE_ADDR=peer).get(address, HTTP_X_FORWARDED_PROTO="https").headers

    settings.TRUSTED_PROXIES = [ipaddress.ip_network("10.0.0.0/8")]
    assert secure("10.0.0.1")
    assert not secure("203.0.113.5")
    settings.TRUSTED_PROXIES = []
    assert not secure("10.0.0.1")


@pytest.mark.accepts("B8")
def test_addresses_that_leave_the_portal_are_its_own_whatever_a_request_calls_it(world, settings):
    settings.WAGTAILADMIN_BASE_URL = "https://minhbach.example.gov.vn"
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "minhbach.example.gov.vn"]
    own = Client()
    other = Client(headers={"host": "localhost:9999"})
    differing = []
    code = world.procedure.code
    for path in (f"/thu-tuc/{code}/", f"/thu-tuc/{code}/in/", f"/thu-tuc/{code}/qr.svg", "/thu-tuc/thay-doi.atom", "/sitemap.xml",
                 "/sitemap-procedures.xml", "/robots.txt", "/api/v1/procedures", "/thu-tuc/", "/"):  # fmt: skip
        one, another = own.get(path), other.get(path)
        assert (one.status_code, another.status_code) == (200, 200), path
        here, there = one.getvalue(), another.getvalue()
        if b"localhost:9999" in there or b"testserver" in here + there:
            differing.append(path)
        if path.endswith((".xml", ".svg", ".atom", ".txt")) and here != there:
            differing.append(path)
    assert not differing


def tries(count: int, **headers) -> list[int]:
    """Status of so many searches; `{n}` in a header is the number of the try."""
    client = Client(REMOTE_ADDR=headers.pop("peer", PEER))
    return [client.get("/tim/", **{name: value.replace("{n}", str(n)) for name, value in headers.items()}).status_code for n in range(1, count + 1)]


@pytest.mark.accepts("B8")
@pytest.mark.parametrize(
    "header",
    [
        "HTTP_X_FORWARDED_FOR",
        "HTTP_X_REAL_IP",
        "HTTP_FORWARDED",
        "HTTP_TRUE_CLIENT_IP",
        "HTTP_CF_CONNECTING_IP",
        "HTTP_X_CLIENT_IP",
        "HTTP_CLIENT_IP",
    ],
)
def test_an_untrusted_peer_cannot_choose_its_address(world, settings, limits, nothing_stays, header):
    settings.TRUSTED_PROXIES = [ipaddress.ip_network("10.0.0.0/8")]
    value = "for=203.0.113.{n}" if header == "HTTP_FORWARDED" else "203.0.113.{n}"
    assert tries(4, peer="198.51.100.7", **{header: value}) == [200, 200, 200, 429]
    assert RateLimit.objects.filter(scope="search").values("key").distinct().count() == 1


@pytest.mark.accepts("B8")
def test_behind_our_proxy_each_visitor_counts_alone(world, settings, limits, nothing_stays):
    settings.TRUSTED_PROXIES = [ipaddress.ip_network("127.0.0.0/8")]
    assert tries(4, HTTP_X_FORWARDED_FOR="203.0.113.{n}") == [200, 200, 200, 200]
    assert RateLimit.objects.filter(scope="search").values("key").distinct().count() == 4


@pytest.mark.accepts("B8")
def test_behind_our_proxy_a_visitors_own_claims_do_not_count(world, settings, limits, nothing_stays):
    settings.TRUSTED_PROXIES = [ipaddress.ip_network("127.0.0.0/8")]
    assert tries(4, HTTP_X_FORWARDED_FOR="192.0.2.{n}, 203.0.113.80") == [200, 200, 200, 429]
    assert tries(2, HTTP_X_FORWARDED_FOR="192.0.2.{n}, 203.0.113.80, 127.0.0.2") == [429, 429]
