"""Where editors meet the rule of two people: no button that would be refused, and words where one is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.models import Page

from ..models import Attended, ReadablePage
from ..services import four_eyes


def refused(request: HttpRequest, page: Any) -> bool:
    """Whether four eyes forbid this user to publish the latest revision of a page; then a message says so."""
    draft = page.get_latest_revision_as_object()
    words = four_eyes.why_not(draft, request.user, four_eyes.digest_of(draft))
    if words:
        messages.error(request, format_html("“{}”: {}", page.get_admin_display_title(), words))
    return bool(words)


@hooks.register("construct_page_action_menu")
def honest_page_menu(items: list[Any], request: HttpRequest, context: dict[str, Any]) -> None:
    """Who wrote part of a page is not offered to publish it."""
    page = context.get("page")
    if page is None or four_eyes.wrote(page, request.user):
        items[:] = [item for item in items if item.name not in {"action-publish", "approve"}]


@hooks.register("construct_snippet_action_menu")
def honest_snippet_menu(items: list[Any], request: HttpRequest, context: dict[str, Any]) -> None:
    """Nor a public duty."""
    model, instance = context.get("model"), context.get("instance")
    if not (isinstance(model, type) and issubclass(model, Attended)):
        return
    if instance is None or four_eyes.wrote(instance, request.user):
        items[:] = [item for item in items if getattr(item, "name", "") not in {"action-publish", "approve"}]


@hooks.register("before_publish_page")
def hold_publication(request: HttpRequest, page: Any) -> HttpResponse | None:
    """The last door that can still say something, whatever the form let through."""
    specific = page.specific
    if isinstance(specific, ReadablePage) and refused(request, specific):
        return redirect("wagtailadmin_pages:edit", page.pk)
    return None


@hooks.register("before_copy_page")
def copies_are_drafts(request: HttpRequest, page: Any) -> HttpResponse | None:
    """Whoever copies wrote the copy: it begins as a draft."""
    if request.method == "POST" and request.POST.get("publish_copies") and not request.POST.get("alias") and isinstance(page.specific, ReadablePage):
        messages.error(request, _("Copies begin as drafts: a second person publishes them. Copy without “publish”."))
        return redirect("wagtailadmin_pages:copy", page.pk)
    return None


def _with_drafts_below(pages: Iterable[Any], below: bool) -> Iterable[Any]:
    for page in pages:
        yield page.specific
        if below:
            yield from page.get_descendants().not_live().specific()


@hooks.register("before_bulk_action", order=1)
def hold_bulk_publication(request: HttpRequest, action: str, pages: Iterable[Any], action_class: Any) -> HttpResponse | None:
    """Publishing in bulk stops before any of them when one was written by who asks."""
    if action != "publish":
        return None
    found = [page for page in pages if isinstance(page, Page)]
    below = bool(request.POST.get("include_descendants"))
    told = [refused(request, page) for page in _with_drafts_below(found, below) if isinstance(page, ReadablePage)]
    return redirect("wagtailadmin_home") if any(told) else None


@hooks.register("before_delete_snippet")
def duties_are_kept(request: HttpRequest, instances: Iterable[Any]) -> HttpResponse | None:
    """What was public, or was announced, stays on record."""
    from ..models import DisclosureItem, Interruption

    if any(isinstance(instance, DisclosureItem | Interruption) for instance in instances):
        messages.error(request, _("This stays on record. Take it off the site, or lift it, instead."))
        return redirect("wagtailadmin_home")
    return None
