"""The back office of the site's own pages: what keeps a page from being published is said there, before it is tried."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.translation import gettext as _
from wagtail import hooks

from . import backoffice_hooks  # noqa: F401  # its hooks register themselves
from .models import ReadablePage


def tell(request: HttpRequest, page: ReadablePage) -> bool:
    """Say what keeps a page from being published; True when something does."""
    found = page.problems()
    if found:
        text = " ".join(problem.message for problem in found)
        messages.error(request, format_html(_("“{title}” was not published. {text}"), title=page.get_admin_display_title(), text=text))
    return bool(found)


@hooks.register("before_bulk_action")
def hold_bulk_publish(request: HttpRequest, action: str, pages: Iterable[Any], action_class: Any) -> HttpResponse | None:
    """Bulk publishing of pages stops before any of them when one could not be read."""
    if action != "publish":
        return None
    drafts = [page.specific.get_latest_revision_as_object() for page in pages if isinstance(getattr(page, "specific", None), ReadablePage)]
    told = [tell(request, draft) for draft in drafts]
    return redirect("wagtailadmin_home") if any(told) else None


@hooks.register("before_copy_page")
def hold_copy(request: HttpRequest, page: Any) -> HttpResponse | None:
    """A copy that would be public at once is held to the same."""
    if request.method == "POST" and request.POST.get("publish_copies") and isinstance(page, ReadablePage) and tell(request, page):
        return redirect("wagtailadmin_explore", page.get_parent().pk)
    return None
