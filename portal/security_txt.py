"""/.well-known/security.txt (RFC 9116): whom to tell of a weakness."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from organisation.models import SiteIdentity
from procedures_catalog.caching import public_page

from .models import ContentPage
from .starting_pages import PAGES

# The file is true as long as this portal serves it; a copy kept elsewhere ends by itself soon after.
LIVES = dt.timedelta(days=30)


def _policy() -> str:
    """The page that says how we deal with reports; it may have been taken away."""
    if settings.SECURITY_POLICY_URL:
        return str(settings.SECURITY_POLICY_URL)
    page = ContentPage.objects.live().filter(locale__language_code="vi", slug=PAGES["security"]["vi"]["slug"], view_restrictions=None).first()
    return f"{settings.WAGTAILADMIN_BASE_URL}/{page.slug}/" if page is not None else ""


def contacts() -> list[str]:
    """Where to write or call: what SECURITY_CONTACT names, or else the office's own line."""
    named = [f"mailto:{one}" if "@" in one and ":" not in one else one for one in settings.SECURITY_CONTACT]
    if named:
        return named
    identity = SiteIdentity.current()
    number = "".join(sign for sign in (identity.hotline if identity else "") if sign.isdigit())
    return [f"tel:+84{number.removeprefix('0')}"] if number else []


@require_safe
@public_page
def security_txt(request: HttpRequest) -> HttpResponse:
    """The file; without anybody to tell there is none."""
    told = contacts()
    if not told:
        raise Http404
    day = timezone.now().astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    own = settings.WAGTAILADMIN_BASE_URL + reverse("security-txt")
    lines = [f"Contact: {one}" for one in told]
    lines += [f"Expires: {(day + LIVES):%Y-%m-%dT%H:%M:%SZ}", "Preferred-Languages: vi, en", f"Canonical: {own}"]
    if policy := _policy():
        lines.append(f"Policy: {policy}")
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")
