"""What the whole suite stands on: compiled translations, so that a clean checkout shows Vietnamese, and one Chromium."""

import functools
import gc
import importlib.util
import os
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.signals import setting_changed
from django.db.backends.postgresql.creation import DatabaseCreation
from django.dispatch import receiver
from django.test import TransactionTestCase
from django.urls import clear_url_caches
from django.utils import translation
from django.utils.translation.reloader import translation_file_changed
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import sync_playwright
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from procedures_catalog import listing
from search import labels
from tests import clamd_daemon, elasticsearch_node, emptying, migrated, own_transaction

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip

# The modules of the suite are half a million objects that stay to the end: to look through them for rubbish as often as Python does by
# itself takes a tenth of the time.
gc.set_threshold(10_000, 20, 10)

# Playwright's own event loop runs in the thread of the tests; what they ask of the database is not asynchronous for that.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

own_transaction.install()

# How fast an example runs says more of the machine than of the code: no property has a deadline in milliseconds.
hypothesis_settings.register_profile("portal", deadline=None)
hypothesis_settings.load_profile("portal")


# Whatever walks through the town (tests/acceptance/conftest.py) is dealt out before all else: so each worker founds it once, from a
# database that no test has emptied yet, and the longest walks do not begin when everything else is done.
WALKS = "tests/acceptance/"
LONGEST = ("test_hostile_input.py", "test_in_a_browser.py", "test_queries.py", "test_redirects.py", "test_reading_changes_nothing.py")
# Files whose tests share what one of them makes go to one worker as a whole, the other walks by the function.
SHARED = (f"{WALKS}test_queries.py",)


class Scheduling(LoadScopeScheduling):
    """Test by test to whoever is free, but for those that share what is dear to make. (xdist's own groups, `loadgroup`, put
    their name behind a test's, where this pytest does not read it.)"""

    def _split_scope(self, nodeid: str) -> str:
        if not nodeid.startswith(WALKS):
            return nodeid
        return nodeid.partition("::")[0] if nodeid.startswith(SHARED) else nodeid.partition("[")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """How tests are dealt out under `pytest -n`: in the order in which they stand."""
    config.option.loadscopereorder = False
    return Scheduling(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Walks first, the longest before the others."""

    def place(item: pytest.Item) -> int:
        if not item.nodeid.startswith(WALKS):
            return len(LONGEST) + 1
        name = item.path.name
        return LONGEST.index(name) if name in LONGEST else len(LONGEST)

    items.sort(key=place)


def pytest_configure(config: pytest.Config) -> None:
    """Compile the catalogues once, before any worker starts."""
    if hasattr(config, "workerinput"):
        return
    path = Path(__file__).resolve().parent.parent / "tools" / "messages.py"
    specification = importlib.util.spec_from_file_location("portal_messages", path)
    assert specification
    assert specification.loader
    messages = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = messages  # its dataclasses look themselves up
    specification.loader.exec_module(messages)
    if messages.compile_all():
        translation_file_changed(None, Path("django.mo"))  # Django has read the catalogues before: without these


@receiver(setting_changed)
def addresses_follow_the_default_language(*, setting: str, **kwargs: object) -> None:
    """Django keeps the addresses it has built by language, and which language has no prefix is built in: a test that changes
    the default would leave English addresses without `/en/` to whatever its process runs next."""
    if setting == "LANGUAGE_CODE":
        clear_url_caches()


@pytest.fixture(autouse=True)
def vietnamese():
    """Each test begins in Vietnamese: a request to /en/ leaves English active in its thread. And with no memory of names, nor of another
    test's catalogue, which would be looked at in vain and counted among the queries of a page."""
    translation.activate(settings.LANGUAGE_CODE)
    labels.memory.forget()
    listing._memory.clear()
    yield
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """What migrations make is made once, see tests/migrated.py."""
    create = DatabaseCreation.create_test_db
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            DatabaseCreation, "create_test_db", lambda self, *args, **kwargs: migrated.created(self, functools.partial(create, self), *args, **kwargs)
        )
        yield


@pytest.fixture(autouse=True, scope="session")
def quickly_emptied():
    """After a test that commits, the database is emptied as tests/emptying.py does it."""
    flush = TransactionTestCase._fixture_teardown
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: emptying.emptied(functools.partial(flush, self)))
        yield


@pytest.fixture(scope="session")
def browser():
    """One Chromium for the whole run: a process holds one Playwright, so whoever needs a tab takes it from here."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def elasticsearch_url():
    """The address of a real Elasticsearch. Whoever uses it takes a prefix of its own for its indexes, and deletes them."""
    with elasticsearch_node.address() as url:
        yield url


@pytest.fixture(scope="session")
def clamd_address():
    """The address of a real clamd that knows the test file of EICAR and nothing else."""
    with clamd_daemon.address() as address:
        yield address
