"""What every template may read."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """The identity of the installation, lazily."""
    from django.utils.functional import SimpleLazyObject

    from organisation.models import SiteIdentity

    return {"identity": SimpleLazyObject(SiteIdentity.current)}
