"""The back office of the site's own pages: what keeps a page from being published is said there, before it is tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets.button import Button
from wagtail.snippets.models import register_snippet

from procedures_catalog.models import ProcedureVersion

from . import backoffice_hooks, locks  # noqa: F401  # their hooks register themselves
from .backoffice import dashboard, explorer, four_eyes, pages, reports  # noqa: F401  # whose hooks register themselves
from .backoffice.viewsets import PublicInformationGroup
from .models import DisclosureItem, Interruption, ReadablePage
from .services.preview_links import may_share

register_snippet(PublicInformationGroup)


def tell(request: HttpRequest, page: ReadablePage) -> bool:
    """Say what keeps a page from being published; True when something does."""
    found = page.problems()
    if found:
        text = " ".join(problem.message for problem in found)
        messages.error(request, format_html(_("“{title}” was not published. {text}"), title=page.get_admin_display_title(), text=text))
    return bool(found)


@hooks.register("before_bulk_action")
def hold_bulk_publish(request: HttpRequest, action: str, objects: Iterable[Any], action_class: Any) -> HttpResponse | None:
    """Bulk publishing of pages stops before any of them when one could not be read."""
    if action != "publish":
        return None
    drafts = [page.specific.get_latest_revision_as_object() for page in objects if isinstance(getattr(page, "specific", None), ReadablePage)]
    told = [tell(request, draft) for draft in drafts]
    return redirect("wagtailadmin_home") if any(told) else None


@hooks.register("before_copy_page")
def hold_copy(request: HttpRequest, page: Any) -> HttpResponse | None:
    """A copy that would be public at once is held to the same."""
    if request.method == "POST" and request.POST.get("publish_copies") and isinstance(page, ReadablePage) and tell(request, page):
        return redirect("wagtailadmin_explore", page.get_parent().pk)
    return None


@hooks.register("register_admin_urls")
def register_urls() -> list[Any]:
    """Our own pages of the back office."""
    own = [
        path("share/<str:kind>/<int:pk>/", pages.share, name="share"),
        path("share/<int:pk>/revoke/", pages.revoke, name="revoke"),
        path("duties/<int:pk>/review/", pages.review, name="review"),
        path("interruptions/<int:pk>/lift/", pages.lift, name="lift"),
        path("links/", reports.LinkReport.as_view(), name="links_report"),
        path("links/results/", reports.LinkReport.as_view(results_only=True), name="links_report_results"),
        path("duties/", reports.DutiesReport.as_view(), name="duties_report"),
        path("duties/results/", reports.DutiesReport.as_view(results_only=True), name="duties_report_results"),
    ]
    return [path("content/", include((own, "portal_backoffice"), namespace="portal_backoffice"))]


class Permitted(MenuItem):
    """Shown to whoever holds a right."""

    def __init__(self, label: Any, url: str, permission: str, **kwargs: Any) -> None:
        super().__init__(label, url, **kwargs)
        self.permission = permission

    def is_shown(self, request: HttpRequest) -> bool:
        """With the right."""
        return bool(request.user.has_perm(self.permission))


@hooks.register("register_reports_menu_item")
def menu_links() -> MenuItem:
    """Links that lead nowhere."""
    url = reverse("portal_backoffice:links_report")
    return Permitted(gettext_lazy("Broken links"), url, "portal.view_linkproblem", name="broken-links", icon_name="link", order=20)


@hooks.register("register_reports_menu_item")
def menu_duties() -> MenuItem:
    """Public duties that wait."""
    url = reverse("portal_backoffice:duties_report")
    return Permitted(gettext_lazy("Public duties that wait"), url, "portal.view_disclosureitem", name="duties-report", icon_name="time", order=15)


@hooks.register("register_page_header_buttons")
def share_page(page: Any, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    """A link to the draft, for somebody without an account."""
    if page.specific_class is not None and issubclass(page.specific_class, ReadablePage) and page.permissions_for_user(user).can_edit():
        yield Button(_("Share the draft…"), url=reverse("portal_backoffice:share", args=["page", page.pk]), icon_name="link", priority=60)


@hooks.register("register_snippet_listing_buttons")
def snippet_buttons(snippet: Any, user: Any, next_url: str | None = None) -> Iterator[Button]:
    """A link to a draft version or duty; an interruption lifted."""
    kind = "version" if isinstance(snippet, ProcedureVersion) else "duty" if isinstance(snippet, DisclosureItem) else ""
    if kind and snippet.has_unpublished_changes and may_share(snippet, user):
        yield Button(_("Share the draft…"), url=reverse("portal_backoffice:share", args=[kind, snippet.pk]), icon_name="link", priority=50)
    if isinstance(snippet, Interruption) and snippet.lifted_at is None and user.has_perm("portal.change_interruption"):
        yield Button(_("Lift…"), url=reverse("portal_backoffice:lift", args=[snippet.pk]), icon_name="check", priority=30)
