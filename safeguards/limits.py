"""Limits on how often somebody may do something: the decorator, the rule behind it, and the purge of old windows (O14)."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from .models import RateLimit
from .refusals import refuse
from .requests import client_address
from .services import Verdict, count_try

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)
KEEP_SECONDS = 24 * 3600


def try_request(request: HttpRequest, scope: str, key: str = "address") -> Verdict | None:
    """Count this request for `scope` (settings.RATE_LIMITS); None when limits are off or there is nothing to count by.

    `key` is "address", "account" (who is signed in), or "field:NAME", the content of a form's field."""
    if not settings.RATE_LIMITS_ON:
        return None
    who = _who(request, key)
    if not who and key != "address":
        return None
    return try_who(scope, who)


def try_who(scope: str, who: str) -> Verdict | None:
    """Count a try of `who`, whoever that is, for `scope`; None when limits are off. For services, which know no request."""
    if not settings.RATE_LIMITS_ON:
        return None
    limit, seconds = settings.RATE_LIMITS[scope]
    return count_try(scope, who, limit=limit, seconds=seconds)


def _who(request: HttpRequest, key: str) -> str:
    if key == "address":
        return client_address(request)
    if key == "account":
        return str(getattr(getattr(request, "user", None), "pk", None) or "")
    return request.POST.get(key.partition(":")[2], "").strip().casefold()


def limit_headers(scope: str, verdict: Verdict) -> dict[str, str]:
    """What an answer says of the limit that it was counted for, as the IETF's draft names it: number, left, seconds, rule."""
    limit, seconds = settings.RATE_LIMITS[scope]
    return {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(verdict.remaining),
        "RateLimit-Reset": str(verdict.retry_after),
        "RateLimit-Policy": f"{limit};w={seconds}",
    }


def too_many(request: HttpRequest, verdict: Verdict) -> HttpResponse:
    """429 that says when the window ends, in words and in seconds."""
    return refuse(request, 429, retry_after=max(1, verdict.retry_after))


def refusal(request: HttpRequest, scope: str, key: str = "address") -> HttpResponse | None:
    """Count this request; the answer to give instead when it is one too many, else None."""
    verdict = try_request(request, scope, key)
    return None if verdict is None or verdict.allowed else too_many(request, verdict)


def limited(
    scope: str, key: str = "address"
) -> Callable[[Callable[Concatenate[HttpRequest, P], R]], Callable[Concatenate[HttpRequest, P], R | HttpResponse]]:
    """Decorate a view: so many tries a window (settings.RATE_LIMITS[scope]), the next one is answered with 429."""

    def decorate(view: Callable[Concatenate[HttpRequest, P], R]) -> Callable[Concatenate[HttpRequest, P], R | HttpResponse]:
        @functools.wraps(view)
        def counted(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> R | HttpResponse:
            refused = refusal(request, scope, key)
            return view(request, *args, **kwargs) if refused is None else refused

        return counted

    return decorate


def purge(now: float | None = None) -> int:
    """Remove windows that ended a day ago; gives their number."""
    removed, _ = RateLimit.objects.filter(window__lt=int(now or time.time()) - KEEP_SECONDS).delete()
    return removed
