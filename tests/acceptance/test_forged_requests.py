"""B6: no unsafe request is let in without the token that our own forms carry."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import path, reverse
from django.views.decorators.csrf import csrf_exempt

from . import databases
from .addresses import Address, addresses, book, patterns
from .crawl import one_each

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


def let_in(client: Client, method: str, address: str) -> HttpResponse:
    """What an unsafe request without a token is answered."""
    return client.generic(method, address, b"next=/", content_type="application/x-www-form-urlencoded")


def refused(address: Address, response: HttpResponse, *, exempt: bool) -> bool:
    """Whether an answer lets nothing in: 403 for want of a token; where the file says so, because the address takes no such
    method or cannot read it, or, in the back office, leads whoever is not signed in to the door."""
    if not exempt:
        return response.status_code == 403
    to_the_door = address.pattern.staff and response.headers.get("Location", "").startswith(reverse("account_login"))
    return response.status_code in {400, 403, 404, 405} or to_the_door


@pytest.mark.accepts("B6")
@pytest.mark.parametrize("who", ["anonymous", "superuser"])
def test_no_unsafe_method_is_let_in_without_a_token(world, who):
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    if who != "anonymous":
        client.force_login(world.users[who])
    exempt, unchanged = book("forgeable")["addresses"], set(book("unchanged")["tables"])
    before = databases.checksums(unchanged)
    wrong = []
    for address in one_each(addresses(world)):
        for method in UNSAFE:
            response = let_in(client, method, address.path)
            if not refused(address, response, exempt=address.pattern.key in exempt):
                wrong.append((method, address.path, address.pattern.key, response.status_code))
    assert not wrong, wrong
    assert databases.checksums(unchanged) == before


@pytest.mark.accepts("B6")
def test_what_is_listed_as_forgeable_exists():
    assert set(book("forgeable")["addresses"]) <= {pattern.key for pattern in patterns()}


@csrf_exempt
def careless(request):
    return HttpResponse("done")


urlpatterns = [path("careless/", careless)]


@pytest.mark.accepts("B6")
@pytest.mark.urls(__name__)
def test_a_careless_view_would_be_seen():
    assert let_in(Client(enforce_csrf_checks=True), "POST", "/careless/").status_code == 200
