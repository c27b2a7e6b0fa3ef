"""The language of a request, and the address that the portal has whatever a request calls it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware


class AddressLocaleMiddleware(LocaleMiddleware):
    """The address alone decides the language (`/en/` or not). Django says `Vary: Accept-Language` of addresses without a
    prefix all the same, and a shared cache would keep a copy of each page for every browser's list of languages."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Django's answer, without that line."""
        said_before = response.get("Vary", "")
        answer: HttpResponseBase = super().process_response(request, response)
        # What a view itself said stays.
        if "accept-language" not in said_before.lower():
            left = [name for part in answer.get("Vary", "").split(",") if (name := part.strip()) and name.lower() != "accept-language"]
            if left:
                answer["Vary"] = ", ".join(left)
            elif "Vary" in answer:
                del answer["Vary"]
        return answer


class CanonicalAddressMiddleware:
    """Pages that anybody reads are made under the portal's own address (PORTAL_BASE_URL), whichever of its names the request
    used: what stands in QR codes, feeds, sitemaps and canonical links is never a visitor's choice (B8). A name that is none
    of ours is refused as ever. Forms and the back office keep the request as it came: CSRF compares it with the origin."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Put the portal's own scheme and host in place of the request's."""
        if request.method in {"GET", "HEAD"} and not request.path_info.startswith("/admin/"):
            request.get_host()  # raises DisallowedHost
            own = urlsplit(settings.WAGTAILADMIN_BASE_URL)
            request.META["HTTP_HOST"] = own.netloc
            request.META["wsgi.url_scheme"] = own.scheme
        return self.get_response(request)
