"""A Sunday evening in Hòa An unless a test says otherwise."""

import pytest
from django.urls import clear_url_caches


@pytest.fixture(autouse=True)
def urls(settings):
    settings.ROOT_URLCONF = "tests.organisation.urls"
    clear_url_caches()
    yield
    clear_url_caches()
