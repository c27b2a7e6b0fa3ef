"""What the whole suite stands on: compiled translations, so that a clean checkout shows Vietnamese."""

import importlib.util
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from hypothesis import settings as hypothesis_settings

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
