"""Every test starts in Vietnamese: a request for an English page leaves its language active in the thread."""

import pytest
from django.utils import translation
from hypothesis import HealthCheck, settings

# A busy machine is no reason to fail: what counts is the outcome, not the milliseconds.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture(autouse=True)
def vietnamese():
    with translation.override("vi"):
        yield
