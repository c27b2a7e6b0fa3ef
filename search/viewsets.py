"""The menu "Search" of the back office: the tables that editors keep."""

from __future__ import annotations

from functools import partial
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.panels import FieldPanel, FieldRowPanel, ObjectList
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.views.chooser import SnippetChooserViewSet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from .backoffice import GatheredEditView, GatheredIndexView, Opening, PickForm, TableCreateView, TableDeleteView, TableEditView, TableIndexView
from .models import Abbreviation, Entry, Guidance, LearnedQuery, Pick, PopularQuery, SynonymGroup, VocabularyWord


def _filters(of: Any, *names: str) -> type[WagtailFilterSet]:
    """Filters by whether a row is in force, and by some columns."""

    class Meta:
        model = of
        fields = names

    active = django_filters.BooleanFilter(label=_("In force"))
    return type("TableFilters", (WagtailFilterSet,), {"active": active, "Meta": Meta, "__module__": __name__})


def column(name: str, label: Any, kind: type[Column] = Column, **rest: Any) -> Column:
    """A column under a heading that begins with a capital letter, as all of the back office do."""
    return kind(name, label=capfirst(label), **rest)


opening = partial(column, kind=Opening)


def said(name: str, label: Any) -> Column:
    """A column that says yes, or nothing: a red cross would say that something is wrong."""
    return column(name, label, accessor=lambda row: _("yes") if getattr(row, name) else "–")


class Rounded(FieldPanel):
    """A number that is shown and not changed, as people write it."""

    def format_value_for_display(self, value: float) -> str:
        """With one digit after the point."""
        return str(number_format(round(value, 1), 1))


class Share(FieldPanel):
    """A share that is shown and not changed."""

    def format_value_for_display(self, value: float) -> str:
        """In hundredths."""
        return f"{value:.0%}"


def phrases(name: str, label: Any, kind: type[Column] = Column) -> Column:
    """A column that shows phrases."""
    return column(name, label, kind, accessor=lambda row: "; ".join(getattr(row, name)))


IN_FORCE = column("active", _("in force"), BooleanColumn)


class TableViewSet(SnippetViewSet):
    """A table with search, filters, files, and a history of every row."""

    add_view_class = TableCreateView
    edit_view_class = TableEditView
    delete_view_class = TableDeleteView
    index_view_class = TableIndexView
    copy_view_enabled = False
    inspect_view_enabled = True
    list_per_page = 50


class SynonymViewSet(TableViewSet):
    """Synonym groups."""

    model = SynonymGroup
    icon = "tag"
    menu_label = _("Synonyms")
    menu_name = "search-synonyms"
    menu_order = 10
    filterset_class = _filters(SynonymGroup)
    list_display = (
        opening("canonical", _("official term"), sort_key="canonical"), phrases("same", _("mean the same")),
        phrases("one_way", _("lead here, not back")),
        IN_FORCE,
    )  # fmt: skip
    panels = (FieldPanel("canonical"), FieldPanel("same"), FieldPanel("one_way"), FieldPanel("active"), FieldPanel("note"))


class AbbreviationViewSet(TableViewSet):
    """Abbreviations."""

    model = Abbreviation
    icon = "title"
    menu_label = _("Abbreviations")
    menu_name = "search-abbreviations"
    menu_order = 20
    filterset_class = _filters(Abbreviation, "capitals")
    list_display = (
        opening("short", _("short form"), sort_key="short"), phrases("long", _("stands for")),
        said("capitals", _("only in capitals")),
        IN_FORCE,
    )  # fmt: skip
    panels = (FieldPanel("short"), FieldPanel("long"), FieldPanel("capitals"), FieldPanel("active"), FieldPanel("note"))


class GuidanceViewSet(TableViewSet):
    """Guidance."""

    model = Guidance
    icon = "help"
    menu_label = _("Guidance")
    menu_name = "search-guidance"
    menu_order = 30
    filterset_class = _filters(Guidance, "elsewhere")
    list_display = (
        opening("name", _("what it is about"), sort_key="name"), phrases("phrases", _("questions")),
        said("elsewhere", _("done elsewhere")),
        IN_FORCE,
    )  # fmt: skip
    panels = (
        FieldPanel("name"), FieldPanel("phrases"), FieldPanel("text"), FieldPanel("text_en"), FieldPanel("link"),
        FieldRowPanel([FieldPanel("elsewhere"), FieldPanel("active")]), FieldPanel("note"),
    )  # fmt: skip


class PickViewSet(TableViewSet):
    """Editor's picks."""

    model = Pick
    icon = "pick"
    menu_label = _("Editor’s picks")
    menu_name = "search-picks"
    menu_order = 40
    filterset_class = _filters(Pick)
    list_display = (
        phrases("phrases", _("questions"), Opening), column("picked", _("comes first"), accessor=lambda pick: pick.title or "–"),
        column("order", _("order"), sort_key="order"), column("valid_from", _("from"), sort_key="valid_from"),
        column("valid_to", _("until"), sort_key="valid_to"), IN_FORCE,
    )  # fmt: skip
    edit_handler = ObjectList(
        [
            FieldPanel("phrases"), FieldPanel("url"), FieldRowPanel([FieldPanel("order"), FieldPanel("valid_from"), FieldPanel("valid_to")]),
            FieldPanel("active"), FieldPanel("note"),
        ],
        base_form_class=PickForm,
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pick]:
        """With the titles of what is picked, as search has them."""
        entries = Entry.objects.filter(kind=OuterRef("kind"), object_id=OuterRef("object_id"), live=True)
        return Pick.objects.annotate(title=Subquery(entries.values("title")[:1]))


class WordViewSet(TableViewSet):
    """Vocabulary."""

    model = VocabularyWord
    icon = "list-ul"
    menu_label = _("Vocabulary")
    menu_name = "search-words"
    menu_order = 50
    filterset_class = _filters(VocabularyWord, "use")
    list_display = (
        opening("word", _("word or name"), sort_key="word"),
        column("use", _("use"), accessor="get_use_display"),
        IN_FORCE,
    )
    panels = (FieldPanel("word"), FieldPanel("use"), FieldPanel("active"), FieldPanel("note"))


class OnlyJudged(ModelPermissionPolicy):
    """What is gathered from the log is looked at and forbidden; nobody adds or deletes a row by hand, an administrator neither."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        """Not to add, not to delete."""
        return action not in {"add", "delete"} and bool(super().user_has_permission(user, action))

    def user_has_any_permission(self, user: Any, actions: Any) -> bool:
        """One of them."""
        return any(self.user_has_permission(user, action) for action in actions)


class GatheredChooserViewSet(SnippetChooserViewSet):
    """Creates nothing either."""

    @property
    def permission_policy(self) -> ModelPermissionPolicy:
        """Looked at and judged."""
        return OnlyJudged(self.model)


class GatheredViewSet(SnippetViewSet):
    """What was gathered from what people ask: a list with evidence, a veto, a history."""

    chooser_viewset_class = GatheredChooserViewSet

    edit_view_class = GatheredEditView
    index_view_class = GatheredIndexView
    copy_view_enabled = False
    list_per_page = 50

    @property
    def permission_policy(self) -> ModelPermissionPolicy:
        """Looked at and judged."""
        return OnlyJudged(self.model)


def _judged(of: Any) -> type[WagtailFilterSet]:
    class Meta:
        model = of
        fields: tuple[str, ...] = ()

    vetoed = django_filters.BooleanFilter(label=_("Forbidden"))
    return type("GatheredFilters", (WagtailFilterSet,), {"vetoed": vetoed, "Meta": Meta, "__module__": __name__})


_EVIDENCE = (
    column("strength", _("strength"), sort_key="strength", accessor=lambda row: number_format(round(row.strength, 1), 1)),
    column("hours", _("hours"), sort_key="hours"), column("days", _("days"), sort_key="days"),
)  # fmt: skip
_LAST = (
    column("last_day", _("last day"), sort_key="last_day", accessor=lambda row: date_format(row.last_day, "SHORT_DATE_FORMAT")),
    said("vetoed", _("forbidden")),
)
_JUDGEMENT = (FieldPanel("vetoed", help_text=_("In force within seconds, and never learned again while it is forbidden.")), FieldPanel("note"))
_READ_ONLY = (Rounded("strength", read_only=True), FieldPanel("hours", read_only=True), FieldPanel("days", read_only=True),
              FieldPanel("first_day", read_only=True), FieldPanel("last_day", read_only=True))  # fmt: skip


class LearnedViewSet(GatheredViewSet):
    """Questions after which people chose a thing."""

    model = LearnedQuery
    icon = "decimal"
    menu_label = _("Learned questions")
    menu_name = "search-learned"
    menu_order = 60
    filterset_class = _judged(LearnedQuery)
    list_display = (
        opening("asked", _("question"), sort_key="folded"), column("thing", _("chosen after it"), accessor=lambda row: row.title or "–"),
        *_EVIDENCE, column("share", _("share of the choices"), accessor=lambda row: f"{row.share:.0%}"), *_LAST,
    )  # fmt: skip
    panels = (FieldPanel("asked", read_only=True), *_JUDGEMENT, Share("share", read_only=True), *_READ_ONLY)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LearnedQuery]:
        """Those of what is public, with its title as search has it."""
        entries = Entry.objects.filter(kind=OuterRef("kind"), object_id=OuterRef("object_id"), live=True)
        return LearnedQuery.objects.annotate(title=Subquery(entries.values("title")[:1])).exclude(title=None)


class PopularViewSet(GatheredViewSet):
    """Questions that many ask."""

    model = PopularQuery
    icon = "group"
    menu_label = _("Popular questions")
    menu_name = "search-popular"
    menu_order = 70
    filterset_class = _judged(PopularQuery)
    list_display = (
        opening("asked", _("question"), sort_key="folded"),
        *_EVIDENCE,
        column("found", _("found"), sort_key="found"),
        *_LAST,
    )
    panels = (FieldPanel("asked", read_only=True), *_JUDGEMENT, FieldPanel("found", read_only=True), *_READ_ONLY)


class AskedItem(MenuItem):
    """Shown to whoever may see what people ask."""

    def is_shown(self, request: HttpRequest) -> bool:
        """With the right."""
        return bool(request.user.has_perm("search.view_querylog"))


class SearchGroup(SnippetViewSetGroup):
    """In the side menu."""

    items = (SynonymViewSet, AbbreviationViewSet, GuidanceViewSet, PickViewSet, WordViewSet, LearnedViewSet, PopularViewSet)
    menu_label = _("Search")
    menu_name = "search-tables"
    menu_icon = "search"
    menu_order = 170
    add_to_admin_menu = True

    def get_submenu_items(self) -> list[Any]:
        """With the report."""
        item = AskedItem(_("What people ask"), reverse("search_backoffice:asked"), name="search-asked", icon_name="history", order=5)
        return [item, *super().get_submenu_items()]
