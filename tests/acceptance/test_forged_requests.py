"""B6: no unsafe request is let in without the token that our own forms carry."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from .addresses import addresses, book, patterns
from .crawl import one_each

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
REFUSED = {403, 405}


def let_in(client: Client, method: str, address: str) -> int:
    """What an unsafe request without a token is answered."""
    return client.generic(method, address, b"next=/", content_type="application/x-www-form-urlencoded").status_code


@pytest.mark.accepts("B6")
@pytest.mark.parametrize("who", ["anonymous", "superuser"])
def test_no_unsafe_method_is_let_in_without_a_token(world, who):
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    if who != "anonymous":
        client.force_login(world.users[who])
    exempt = book("forgeable")["addresses"]
    wrong = []
    for address in one_each(addresses(world)):
        for method in UNSAFE:
            status = let_in(client, method, address.path)
            expected = {404, 405} if address.pattern.key in exempt else {403}
            if status not in expected:
                wrong.append((method, address.path, status))
    assert not wrong, wrong


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
    assert let_in(Client(enforce_csrf_checks=True), "POST", "/careless/") == 200
