"""The API root: /api/v1/, with whatever routes the applications registered. Read-only and open to other sites' scripts."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from foundation.registries import api_routers

from . import api_description

READING = "GET, HEAD, OPTIONS"
MAX_AGE = 60  # seconds: as public pages, an editor's change should be seen soon


class OpenApi(NinjaAPI):
    """Ninja's API, whose description also says what stands around the routes: headers, limits, answers that none of them makes."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None) -> OpenAPISchema:
        """The description (OpenAPI 3.1)."""
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        api_description.complete(schema)
        return schema


api = OpenApi(
    title="Minh Bạch",
    version="1",
    description=api_description.DESCRIPTION,
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


def conditional(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The answer with its ETag (of what it says, unless the route gave another), or 304 to who has it already. What a route wants
    nobody to keep stays as it is."""
    if response.status_code != 200 or "no-store" in response.get("Cache-Control", ""):
        return response
    if not response.has_header("ETag"):
        response["ETag"] = f'W/"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    patch_cache_control(response, public=True, max_age=MAX_AGE)
    kept: Any = get_conditional_response(request, etag=response["ETag"], response=response)
    if kept.status_code == 304 and response.has_header("Link"):
        kept["Link"] = response["Link"]
    return cast("HttpResponse", kept)


def opened(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Wrap a view of the API: reading only. HEAD is answered as GET; OPTIONS says that other sites may read, and may ask
    whether what they have is still so (If-None-Match). What every answer under /api/ carries stands in the middleware."""

    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponse
        if request.method == "OPTIONS":
            response = HttpResponse(status=204, headers={"Allow": READING, "Access-Control-Allow-Methods": READING})
            response["Access-Control-Allow-Headers"] = "If-None-Match"
            response["Access-Control-Max-Age"] = "86400"
        elif request.method == "HEAD":
            request.method = "GET"
            response = conditional(request, cast("HttpResponse", view(request, *args, **kwargs)))
            request.method = "HEAD"
        elif request.method == "GET":
            response = conditional(request, cast("HttpResponse", view(request, *args, **kwargs)))
        else:
            response = JsonResponse({"detail": "This can only be read: GET."}, status=405, headers={"Allow": READING})
        return response

    return answer


def urls() -> tuple[list[Any], str, str]:
    """The routes for `path()`, each one opened to other sites."""
    patterns, app_name, namespace = api.urls
    for pattern in patterns:
        pattern.callback = opened(cast("Callable[..., HttpResponseBase]", pattern.callback))
    return patterns, app_name, namespace
