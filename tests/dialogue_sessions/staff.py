"""Members of staff with a post in a unit, signed in."""

from __future__ import annotations

from django.test import Client

from tests.organisation import factories
from tests.safeguards.staff import person as account


def officer(name, unit, role="leader"):
    """An account of a role whose person holds a post in the unit."""
    user = account(name, role=role)
    held = factories.holding(unit, f"Công chức {name}", name)
    held.person.account = user
    held.person.save()
    return user


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def page_of(response):
    return response.content.decode()
