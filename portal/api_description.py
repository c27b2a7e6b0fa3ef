"""What the API's description (OpenAPI 3.1) says beyond the routes themselves: headers, limits, errors that stand before them."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from foundation.api import absolute

DESCRIPTION = (
    "Procedures, units, service points, the working calendar and open datasets of this office, and its search. "
    "Reading only, for everybody, from any site's script, without a key. Lists come in pages of at most 100 rows, with links to the other "
    "pages in the body and in the header `Link`. Every answer has an `ETag`: send it back in `If-None-Match` and an answer that is still the "
    "same is 304 without a body. Whoever wants everything takes the files of `/api/v1/datasets`."
)
TAGS = {
    "procedures": "Administrative procedures and their records.",
    "organisation": "Fields, units, service points, the working calendar.",
    "datasets": "Open datasets: whole tables as files.",
    "search": "One box over everything.",
}
HEADERS: dict[str, dict[str, Any]] = {
    "ETag": {"description": "Stands for what the answer says.", "schema": {"type": "string"}},
    "Link": {"description": "The first, previous, next and last page (RFC 8288).", "schema": {"type": "string"}},
    "RateLimit-Limit": {"description": "Questions that an address may ask in a window.", "schema": {"type": "integer"}},
    "RateLimit-Remaining": {"description": "How many of them are left.", "schema": {"type": "integer"}},
    "RateLimit-Reset": {"description": "Seconds until the window ends.", "schema": {"type": "integer"}},
    "RateLimit-Policy": {"description": "The rule: number;w=seconds.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
    "Allow": {"description": "What is allowed instead.", "schema": {"type": "string"}},
    "X-Request-ID": {"description": "Names this request in our logs.", "schema": {"type": "string"}},
}
EVERYWHERE = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy", "X-Request-ID")
REFUSED = {
    "type": "object",
    "title": "Refused",
    "description": "A request that was not let in, and its name in our logs.",
    "required": ["detail"],
    "properties": {"detail": {"type": "string"}, "request_id": {"type": "string"}},
}
ERRORS = {
    "400": ("The address holds bytes that nobody can read.", ()),
    "405": ("Any method but GET, HEAD and OPTIONS.", ("Allow",)),
    "429": ("More questions than an address may ask in a minute.", ("Retry-After",)),
}
SAID = {
    200: "The answer.",
    404: "There is no such thing, or no such page of the list.",
    422: "A parameter is wrong; which, and why.",
}


def _references(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _without_null(parameter: dict[str, Any]) -> None:
    """A parameter that may be left out cannot be sent as null: Pydantic's description says both in one word."""
    schema = parameter["schema"]
    kinds = [kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"]
    if len(kinds) == 1:
        del schema["anyOf"]
        schema |= kinds[0]
    if schema.get("default", "") is None:
        del schema["default"]


def _describe(operation: dict[str, Any], is_list: bool) -> None:
    for parameter in operation.get("parameters", ()):
        _without_null(parameter)
    responses = {int(status): found for status, found in operation["responses"].items()}
    for status, found in responses.items():
        found["description"] = SAID.get(status, found["description"])
        found["headers"] = _references(*EVERYWHERE)
    responses[200]["headers"] |= _references("ETag", *(["Link"] if is_list else []))
    responses[304] = {"description": "What you have (`If-None-Match`) is still so.", "headers": _references("ETag", *EVERYWHERE)}
    operation["responses"] = {str(status): found for status, found in responses.items()}
    for error in ERRORS:
        operation["responses"][error] = {"$ref": f"#/components/responses/Refused{error}"}


def complete(schema: dict[str, Any]) -> None:
    """Finish a description in place."""
    schema["info"] |= {
        "contact": {"url": absolute("/so-lieu/du-lieu-mo/")},
        "license": {"name": settings.OPEN_DATA_LICENCE_NAME, "url": settings.OPEN_DATA_LICENCE_URL},
    }
    schema["servers"] = [{"url": absolute(""), "description": "This portal"}]
    schema["tags"] = [{"name": name, "description": said} for name, said in TAGS.items()]
    components = schema["components"]
    components["headers"] = HEADERS
    components["schemas"]["Refused"] = REFUSED
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Refused"}}}
    components["responses"] = {
        f"Refused{status}": {"description": said, "headers": _references(*EVERYWHERE, *own), "content": content}
        for status, (said, own) in ERRORS.items()
    }
    for path in schema["paths"].values():
        for operation in path.values():
            names = {parameter["name"] for parameter in operation.get("parameters", ())}
            _describe(operation, is_list="page" in names and "q" not in names)
