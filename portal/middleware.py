"""The language of a request."""

from __future__ import annotations

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
