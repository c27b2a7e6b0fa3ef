"""Pages and files behind a lock (Wagtail's "privacy"): who may not read one is led to sign in, or told no; nobody keeps the answer.

Wagtail's own answer needs a sign-in page of its own, which does not exist here, and a shared password, which would stand in
the clear in the database and could be guessed without end. Ours stands before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers
from wagtail import hooks
from wagtail.models import BaseViewRestriction


def turned_away(request: HttpRequest, locks: Iterable[BaseViewRestriction]) -> HttpResponse | None:
    """The answer to who may not pass one of the locks; None for who may pass all. Visitors are led to sign in; whoever is
    signed in and still may not raises PermissionDenied (led to sign in, they would be led back here for ever). What only a
    shared password would open is not there: Http404."""
    closed = [lock for lock in locks if not lock.accept_request(request)]
    if not closed:
        return None
    if any(lock.restriction_type == BaseViewRestriction.PASSWORD for lock in closed):
        raise Http404
    if request.user.is_authenticated:
        raise PermissionDenied
    answer: HttpResponse = redirect_to_login(request.get_full_path(), settings.WAGTAIL_FRONTEND_LOGIN_URL)
    add_never_cache_headers(answer)
    return answer


@hooks.register("on_serve_page", order=-1)
def guard_page(serve: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Before Wagtail's own look at the same locks."""

    def inner(page: Any, request: HttpRequest, args: Any, kwargs: Any) -> HttpResponse:
        locks = list(page.get_view_restrictions())
        page.get_view_restrictions = lambda: locks  # Wagtail asks this same page next: two queries of every visit
        return turned_away(request, locks) or serve(page, request, args, kwargs)

    return inner


@hooks.register("before_serve_document", order=-1)
def guard_document(document: Any, request: HttpRequest) -> HttpResponse | None:
    """The same for files, by the locks of their collection."""
    return turned_away(request, document.collection.get_view_restrictions())
