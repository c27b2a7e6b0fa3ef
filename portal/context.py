"""What every template may read: whose portal it is, what stands around the page, the page in the other language."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject


def site(request: HttpRequest) -> dict[str, Any]:
    """`identity`, `chrome`, `alternates`: lazily, so that what a template does not read is not asked for."""
    from organisation.models import SiteIdentity

    from .navigation import alternates, chrome

    return {
        "identity": SimpleLazyObject(SiteIdentity.current),
        "chrome": SimpleLazyObject(chrome),
        "alternates": SimpleLazyObject(lambda: alternates(request)),
    }
