"""Wagtail's explorer of pages within the queries of a page for staff (L3): one query for a page of the list instead of one a
kind of page, one a relation and some a row, and no filter that asks for choices that this house has not got."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters  # type: ignore[import-untyped]  # no stubs are published for it
from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.filters import DateRangePickerWidget, LocaleFilter, MultipleUserFilter, WagtailFilterSet
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.tables.pages import PageTitleColumn
from wagtail.admin.views.pages.listing import ExplorableIndexView, HasChildPagesFilter
from wagtail.admin.viewsets.pages import PageViewSet
from wagtail.coreutils import get_content_languages
from wagtail.models import Page, PageLogEntry, get_page_models


def _languages() -> list[tuple[str, Any]]:
    return list(get_content_languages().items())


def _kinds() -> list[tuple[str, Any]]:
    found = [(model._meta.label_lower, model.get_verbose_name()) for model in get_page_models() if model is not Page]
    return sorted(found, key=lambda kind: str(kind[1]))


def _people(request: HttpRequest | None) -> QuerySet[Any]:
    """Who owns a page or edited one."""
    owners = Page.objects.filter(owner__isnull=False).order_by().values("owner")
    editors = PageLogEntry.objects.filter(action="wagtail.edit", user__isnull=False).order_by().values("user")
    return get_user_model().objects.filter(Q(pk__in=owners) | Q(pk__in=editors))


class PeopleFilter(MultipleUserFilter):
    """Pages that somebody made or edited."""

    def filter(self, qs: Any, value: Any) -> Any:
        """The pages of any of those chosen."""
        if not value:
            return qs
        edited = PageLogEntry.objects.filter(action="wagtail.edit", user__in=value).order_by().values("page_id")
        return qs.filter(Q(owner__in=value) | Q(pk__in=edited))


class KindFilter(django_filters.MultipleChoiceFilter):
    """Pages of some kinds; which there are, the code says."""

    def filter(self, qs: Any, value: Any) -> Any:
        """The pages of any of those chosen."""
        chosen = Q()
        for label in value or []:
            app, model = label.split(".")
            chosen |= Q(content_type__app_label=app, content_type__model=model)
        return qs.filter(chosen)


class Narrowed(WagtailFilterSet):
    """What a list of pages is narrowed by. An installation is one site, so there is no choice of the site."""

    latest_revision_created_at = django_filters.DateFromToRangeFilter(label=_("Date updated"), widget=DateRangePickerWidget)
    people = PeopleFilter(label=_("Made or edited by"), queryset=_people, widget=forms.CheckboxSelectMultiple)
    has_child_pages = HasChildPagesFilter(
        label=_("Has child pages"), empty_label=_("Any"), choices=[("true", _("Yes")), ("false", _("No"))], widget=forms.RadioSelect
    )
    content_type = KindFilter(label=_("Page type"), choices=_kinds, widget=forms.CheckboxSelectMultiple)
    # Named here, it is not looked up: Wagtail would ask which of the languages of the settings have rows.
    locale = LocaleFilter(label=_("Language"), choices=_languages, empty_label=None, null_label=_("All"), null_value=None, widget=forms.RadioSelect)

    class Meta:
        model = Page
        fields: ClassVar[list[str]] = []


def menu_of(page: Page, user: Any) -> list[dict[str, Any]]:
    """What may be done to a page, without a query: of whether a page with pages below may be deleted, and whether one that is
    locked may be moved or taken off the site, the page that the link leads to decides."""
    may = page.permissions_for_user(user)
    rights = {"change", "publish"} if user.is_superuser else may.permissions
    over_what_is_public = "change" in rights and ("publish" in rights or not page.live)
    chosen = [
        ("wagtailadmin_pages:edit", _("Edit"), "edit", may.can_edit()),
        ("wagtailadmin_pages:view_draft", _("View draft"), "draft", page.has_unpublished_changes),
        ("wagtailadmin_pages:add_subpage", _("Add child page"), "circle-plus", may.can_add_subpage()),
        ("wagtailadmin_pages:move", _("Move"), "arrow-right-full", over_what_is_public),
        ("wagtailadmin_pages:copy", _("Copy"), "copy", may.can_copy()),
        ("wagtailadmin_pages:delete", _("Delete"), "bin", page.is_leaf() and over_what_is_public),
        ("wagtailadmin_pages:unpublish", _("Unpublish"), "download", page.live and "publish" in rights),
        ("wagtailadmin_pages:history", _("History"), "history", may.can_view_revisions()),
    ]
    menu = [{"url": reverse(name, args=[page.pk]), "label": label, "icon": icon} for name, label, icon, shown in chosen if shown]
    if page.live and (url := page.url):
        menu.append({"url": url, "label": _("View live"), "icon": "doc-empty"})
    return menu


class TitleColumn(PageTitleColumn):
    """The title, and what may be done to the page."""

    cell_template_name = "portal/admin/explorer_title.html"

    def get_cell_context_data(self, instance: Any, parent_context: Any) -> dict[str, Any]:
        """Wagtail's, with the menu."""
        found: dict[str, Any] = super().get_cell_context_data(instance, parent_context)
        menu = [] if instance.is_root() else menu_of(instance, parent_context["request"].user)
        return found | {"page": instance, "menu": menu, "request": parent_context["request"]}


def _columns() -> list[Any]:
    """Wagtail's columns with our title, and without the parent, which it leaves out of the table and looks up all the same."""
    title = TitleColumn("title", label=_("Title"), sort_key="title", classname="title")
    return [title if column.name == "title" else column for column in ExplorableIndexView.base_columns if column.name != "parent"]


class Explorer(ExplorableIndexView):
    """A page's children."""

    base_filterset_class = Narrowed
    base_columns: ClassVar[list[Any]] = _columns()

    def annotate_queryset(self, pages: Any) -> Any:
        """What the rows show, joined. The rows are plain pages: no kind of ours names or counts itself otherwise in a list."""
        found = pages.select_related("locale", "content_type").prefetch_workflow_states().annotate_has_untranslated_locale()
        return found.annotate_site_root_state().annotate_approved_schedule()

    def get_side_panels(self) -> MediaContainer:
        """None: the state of the page whose children these are, its step of the workflow and where it is used stand on its own
        page, one click on "Edit" away, and cost a dozen queries."""
        return MediaContainer()


class Pages(PageViewSet):
    """All kinds of pages in the explorer."""

    model = Page
    index_view_class = Explorer
    filterset_class = Narrowed


explorer = Pages()


@hooks.register("register_admin_viewset")
def register_explorer() -> Pages:
    """In place of Wagtail's own."""
    return explorer
