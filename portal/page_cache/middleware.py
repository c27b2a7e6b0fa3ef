"""The page cache itself. It stands outside sessions and everything that knows a visitor, and inside what every answer gets anew:
request id, policies, refusals, the count of readers."""

from __future__ import annotations

from collections.abc import Callable, Collection

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_vary_headers

from foundation.published import showing
from organisation.models import today

from . import address
from .memory import Kept, Key, Pages
from .stamp import Reading, Stamp

pages = Pages()
stamp = Stamp()
# Beside the back office and accounts: answers that are counted by visitor, files, and what says how the machine is.
NEVER = ("/static/", "/media/", "/documents/", "/xem-truoc/", "/healthz", "/readyz")
STATUS = "Cache-Status"  # RFC 9211
NAME = "minh-bach"
CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE")
# Of an answer that nothing has changed: what speaks of the text that is not sent.
OF_THE_TEXT = {"content-length", "content-type", "content-encoding"}


def never_kept() -> tuple[str, ...]:
    """Starts of the paths whose answers are nobody else's, or are counted."""
    return (*NEVER, *settings.STAFF_PATHS, *settings.ACCOUNT_PATHS, *(start for _method, start, _scope, _key in settings.RATE_LIMIT_RULES))


def known_names(path: str) -> Collection[str]:
    """The names in a query that the view at this path reads (`caching.asks`)."""
    with translation.override(address.language_of(path)):
        try:
            found: Collection[str] = getattr(resolve(path).func, "public_query", ())
        except Resolver404:
            return ()
    return found


def may_be_kept(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether an answer is the same for everybody: its view says so (`caching.public_page`), and nothing on the way took it back."""
    said = response.get("Cache-Control", "")
    varies = {name.strip().lower() for name in response.get("Vary", "").split(",") if name.strip()}
    return (
        request.method == "GET"
        and response.status_code == 200
        and getattr(response, "is_public_page", False)
        and not response.streaming
        and not response.cookies
        and "public" in said
        and not any(word in said for word in ("private", "no-store", "no-cache"))
        and not varies - {"accept-encoding"}
        and not response.has_header("Content-Encoding")
        and not getattr(getattr(request, "session", None), "modified", False)
    )


class PageCache:
    """Answers anonymous visitors from memory where the stamp says that nothing has changed since."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """From memory, or made now; and kept when it is the same for everybody."""
        if not settings.PAGE_CACHE_MB or not self.is_candidate(request):
            return self.get_response(request)
        reading = stamp.read()
        query = address.normal_query(request.META.get("QUERY_STRING", ""), lambda: known_names(request.path_info))
        if query is None or reading.as_of is None or not reading.settled:
            with showing(reading.as_of if reading.settled and reading.answered else None):
                response = self.get_response(request)
            if not response.has_header(STATUS):
                response[STATUS] = f"{NAME}; fwd=bypass"
            return response
        if query != request.META.get("QUERY_STRING", ""):
            # The page is made as it is kept: what was hung on the address stands in no link of it.
            request.META["QUERY_STRING"] = query
            request.__dict__.pop("GET", None)
        key = Key(reading.as_of, today(), settings.WAGTAILADMIN_BASE_URL, request.path_info, query)
        kept = pages.get(key)
        if kept is not None:
            return self.answer(request, kept, f"{NAME}; hit" if reading.answered else f'{NAME}; hit; detail="database does not answer"', reading)
        return self.made(request, key, reading)

    @staticmethod
    def is_candidate(request: HttpRequest) -> bool:
        """Whether the answer can be everybody's."""
        own = (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, "messages")
        if not address.is_anonymous(request.method, request.META, request.COOKIES, own):
            return False
        if not address.is_kept_path(request.path_info, never_kept()):
            return False
        try:
            request.get_host()
        except DisallowedHost:
            return False  # refused further in
        return True

    def made(self, request: HttpRequest, key: Key, reading: Reading) -> HttpResponseBase:
        """The page, made now and kept when it may be. It is made whole, whatever the visitor has already: that is said afterwards."""
        conditions = {name: request.META.pop(name) for name in CONDITIONS if name in request.META}
        with showing(key.as_of if reading.answered else None):
            response = self.get_response(request)
        request.META.update(conditions)
        if not reading.answered or not may_be_kept(request, response) or not isinstance(response, HttpResponse):
            response[STATUS] = f"{NAME}; fwd=miss"
            if conditions and isinstance(response, HttpResponse) and response.has_header("ETag"):
                answer: HttpResponseBase = get_conditional_response(request, etag=response["ETag"], response=response) or response
                return answer
            return response
        kept = Kept(tuple((name, value) for name, value in response.items() if name.lower() != "content-length"), response.content)
        stored = pages.put(key, kept, settings.PAGE_CACHE_PAGES, settings.PAGE_CACHE_MB * 1_000_000, stamp.newest)
        return self.answer(request, kept, f"{NAME}; fwd=miss; stored" if stored else f"{NAME}; fwd=miss", reading, response)

    def answer(self, request: HttpRequest, kept: Kept, status: str, reading: Reading, made: HttpResponse | None = None) -> HttpResponseBase:
        """A kept page for this visitor: compressed where the browser takes that, or a word that it is unchanged."""
        response: HttpResponse = made if made is not None else HttpResponse(kept.body)
        if made is None:
            del response["Content-Type"]
            for name, value in kept.headers:
                response[name] = value
        response[STATUS] = status
        if not reading.answered:
            response["Cache-Control"] = "no-cache"  # nobody else goes on keeping it
        if kept.is_packed:
            patch_vary_headers(response, ["Accept-Encoding"])
            if address.accepts_gzip(request.META.get("HTTP_ACCEPT_ENCODING", "")):
                response.content = kept.packed()
                response["Content-Encoding"] = "gzip"
        response["Content-Length"] = str(len(response.content))
        etag = response.get("ETag")
        if etag and any(name in request.META for name in CONDITIONS):
            changed: HttpResponseBase | None = get_conditional_response(request, etag=etag, response=response)
            if changed is not None and changed.status_code == 304:
                return unchanged(response)
            if changed is not None:
                return changed
        if request.method == "HEAD":
            response.content = b""
        return response


def unchanged(response: HttpResponse) -> HttpResponse:
    """304 with every header of the page but those that speak of its text."""
    short = HttpResponseNotModified()
    for name, value in response.items():
        if name.lower() not in OF_THE_TEXT:
            short[name] = value
    return short
