"""What tests of every application begin with."""

from __future__ import annotations

from portal.models import HomePage
from portal.setup import ensure_site
from safeguards import roles

from .remembered import remembered


@remembered
def whole_site() -> HomePage:
    """The site with every page that an installation begins with."""
    return ensure_site()


@remembered
def house_roles() -> None:
    """The groups of `safeguards/roles.toml`."""
    roles.apply()


def private_files(settings, folder):
    """Files that are not public lie in this folder while the test runs."""
    private = {**settings.STORAGES["private_files"], "OPTIONS": {"location": folder}}
    settings.STORAGES = {**settings.STORAGES, "private_files": private}
    return folder
