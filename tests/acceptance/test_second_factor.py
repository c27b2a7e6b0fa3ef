"""A session that showed no second factor opens nothing: every address is tried, none is listed by hand."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from safeguards.accounts import factors, services

from .addresses import addresses
from .world import SUPERUSER


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR = "required"
    return settings


def opened(client, every, method):
    """The addresses that answered with a 200."""
    return [address.path for address in every if getattr(client, method)(address.path).status_code == 200]


@pytest.mark.accepts("A1")
@pytest.mark.parametrize("has_factor", [False, True])
@pytest.mark.parametrize("method", ["get", "post", "head", "options"])
def test_a_password_alone_opens_no_staff_address(world, nothing_stays, required, method, has_factor):
    user = world.users[SUPERUSER]
    if has_factor:
        services.add_factor(user, factors.new_secret(), 0)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    every = [address for address in addresses(world, staff=True) if not address.path.startswith("/admin/logout/")]  # it works, and ends the walk
    assert len(every) > 200
    assert opened(client, every, method) == []
    assert client.get("/admin/api/main/pages/").status_code == 302


@pytest.mark.accepts("A1")
def test_with_the_guard_off_the_same_walk_opens_the_back_office(world, nothing_stays):
    assert settings.SECOND_FACTOR == "off"
    client = Client(raise_request_exception=False)
    client.force_login(world.users[SUPERUSER])
    assert len(opened(client, addresses(world, staff=True), "get")) > 100


@pytest.mark.accepts("A1", "A14")
def test_outside_the_back_office_it_is_a_visitors_session(world, nothing_stays, required):
    """Public pages, documents and the API answer it as they answer anybody."""
    half, nobody = Client(raise_request_exception=False), Client(raise_request_exception=False)
    half.force_login(world.users[SUPERUSER])
    differing = [
        address.path
        for address in addresses(world, staff=False)
        if not address.path.startswith(settings.ACCOUNT_PATHS) and half.get(address.path).status_code != nobody.get(address.path).status_code
    ]
    assert differing == []


@pytest.mark.accepts("A1", "A14")
def test_a_private_document_stays_closed_to_it(world, nothing_stays, required):
    from wagtail.documents import get_document_model
    from wagtail.models import Collection, CollectionViewRestriction

    private = Collection.get_first_root_node().add_child(name="Kín")
    CollectionViewRestriction.objects.create(collection=private, restriction_type=CollectionViewRestriction.LOGIN)
    get_document_model().objects.filter(pk=world.document.pk).update(collection=private)
    address = f"/documents/{world.document.pk}/{world.document.filename}"
    half = Client(raise_request_exception=False)
    half.force_login(world.users[SUPERUSER])
    answer = half.get(address)
    assert answer.status_code != 200
    assert answer.status_code == Client(raise_request_exception=False).get(address).status_code
    required.SECOND_FACTOR = "off"
    assert half.get(address).status_code == 200
