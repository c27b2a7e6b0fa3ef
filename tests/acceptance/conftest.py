"""The walkers' town: one database with one of everything, committed, asked under the application's role."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client, override_settings

from search.engines import local

from . import databases
from . import world as town


@pytest.fixture(scope="session")
def founded(request, django_db_setup, django_db_blocker):
    """The name of the town's database and what stands in it; made once a worker."""
    name = databases.name_of("town")
    with django_db_blocker.unblock(), tempfile.TemporaryDirectory(prefix="walkers-") as folder:
        places = {place: Path(folder) / place.lower() for place in ("SEARCH_LOCAL_INDEX", "MEDIA_ROOT", "PRIVATE_ROOT")}
        for place in places.values():
            place.mkdir()
        with override_settings(**places):
            empty = databases.name_of("empty")
            databases.installed(empty)
            databases.copy(empty, name)
            with databases.connected(name, "app"):
                made = town.build()
            yield name, made, places
        databases.drop(name)
        databases.drop(empty)


@pytest.fixture(autouse=True, scope="module")
def in_town(founded, django_db_blocker):
    """Every test of this folder asks the town's database, and finds in the search mirror what stands there."""
    name, _made, places = founded
    engines, local._engines = local._engines, {}
    loggers = [logging.getLogger(logger) for logger in ("django.request", "django.security")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)  # the walkers ask for thousands of things that are refused
    with django_db_blocker.unblock(), override_settings(**places), databases.connected(name, "app"):
        cache.clear()
        yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
    local._engines = engines
    cache.clear()


@pytest.fixture(scope="session")
def world(founded):
    """What stands in the town."""
    return founded[1]


@pytest.fixture
def nothing_stays():
    """What the test writes is gone afterwards."""
    with databases.nothing_stays():
        yield


def signed_in(user) -> Client:
    """A client with a session of this user."""
    client = Client(raise_request_exception=True)
    client.force_login(user)
    return client
