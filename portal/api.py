"""The API root: /api/v1/, with whatever routes the applications registered. Read-only and open to other sites' scripts."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from foundation.registries import api_routers

READING = "GET, HEAD, OPTIONS"

api = NinjaAPI(
    title="Minh Bạch",
    version="1",
    description="The catalogue of administrative procedures of this office, and its search, as open data.",
    urls_namespace="api",
    docs_url=None,  # the packaged pages take scripts from a foreign host
    openapi_url="/openapi.json",
)
for _route in api_routers:
    api.add_router(_route.prefix, _route.router)


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """422 with the name of each parameter that is wrong; what was sent is not said back."""
    detail = [{"loc": [str(part) for part in item["loc"]], "msg": item["msg"], "type": item["type"]} for item in error.errors]
    return api.create_response(request, {"detail": detail}, status=422)


@api.exception_handler(HttpError)
def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    """The status that a route asked for, as JSON."""
    return api.create_response(request, {"detail": str(error)}, status=error.status_code)


def opened(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Wrap a view of the API with the headers that let other sites read it. HEAD is answered as GET; OPTIONS says that other
    sites may read, and may ask whether what they have is still so (If-None-Match)."""

    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase
        if request.method == "OPTIONS":
            response = HttpResponse(status=204, headers={"Allow": READING, "Access-Control-Allow-Methods": READING})
            response["Access-Control-Allow-Headers"] = "If-None-Match"
            response["Access-Control-Max-Age"] = "86400"
        elif request.method == "HEAD":
            request.method = "GET"
            response = view(request, *args, **kwargs)
            request.method = "HEAD"
        else:
            response = view(request, *args, **kwargs)
        if response.status_code == 405:
            response = JsonResponse({"detail": "This can only be read: GET."}, status=405, headers={"Allow": READING})
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Expose-Headers"] = "ETag, Retry-After, X-Request-ID"
        return response

    return answer


def urls() -> tuple[list[Any], str, str]:
    """The routes for `path()`, each one opened to other sites."""
    patterns, app_name, namespace = api.urls
    for pattern in patterns:
        pattern.callback = opened(cast("Callable[..., HttpResponseBase]", pattern.callback))
    return patterns, app_name, namespace
