"""What the whole suite stands on: compiled translations, so that a clean checkout shows Vietnamese, and one Chromium."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip

# Playwright's own event loop runs in the thread of the tests; what they ask of the database is not asynchronous for that.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# How fast an example runs says more of the machine than of the code: no property has a deadline in milliseconds.
hypothesis_settings.register_profile("portal", deadline=None)
hypothesis_settings.load_profile("portal")


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
    messages.compile_all()


@pytest.fixture(autouse=True)
def vietnamese():
    """Each test begins in Vietnamese: a request to /en/ leaves English active in its thread."""
    translation.activate(settings.LANGUAGE_CODE)
    yield
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(scope="session")
def browser():
    """One Chromium for the whole run: a process holds one Playwright, so whoever needs a tab takes it from here."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()
