"""What caches between us and a visitor may do with a public page."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control

P = ParamSpec("P")
View = TypeVar("View", bound=Callable[..., HttpResponse])
MAX_AGE = 60  # seconds: law takes effect at midnight, and an editor's change should be seen soon
STALE = 300  # a cache may answer with what it has while it asks for the new page


def asks(*names: str) -> Callable[[View], View]:
    """Say which names in an address's query a view reads, and so which addresses are different pages. A public page that is asked
    with any other name is made each time and kept by nobody of ours; an empty value has to mean the same as none."""

    def say(view: View) -> View:
        view.public_query = frozenset(names)  # type: ignore[attr-defined]
        return view

    return say


def public_page(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Decorate a view whose answer is the same for everybody: shared caches may keep it for a minute, and a visitor who
    has it already gets 304. The answer must hold no token and no name."""

    @functools.wraps(view)
    def cached(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code != 200 or request.method not in {"GET", "HEAD"} or "no-store" in response.get("Cache-Control", ""):
            return response  # the last: a page behind a lock, shown to who may read it
        if hasattr(response, "render") and callable(response.render):
            response = response.render()
        response.is_public_page = True  # type: ignore[attr-defined]  # what may be kept says so (portal.page_cache)
        patch_cache_control(response, public=True, max_age=MAX_AGE, stale_while_revalidate=STALE)
        etag = f'W/"{hashlib.sha256(response.content).hexdigest()[:32]}"'
        response["ETag"] = etag
        answer = get_conditional_response(request, etag=etag, response=response)
        return answer if isinstance(answer, HttpResponse) else response

    return cached
