"""Every test starts in Vietnamese: a request for an English page leaves its language active in the thread."""

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def vietnamese():
    with translation.override("vi"):
        yield
