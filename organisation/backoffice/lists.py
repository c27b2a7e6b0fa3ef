"""Lists of the back office: search that ignores tone marks nobody typed, columns, filters."""

from __future__ import annotations

import unicodedata
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db.models import Prefetch, Q, QuerySet
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.snippets import IndexView

from ..enums import DayKind, Level, PointKind, UnitKind
from ..models import CalendarDay, Field, Holding, Person, Post, ServicePoint, Unit, today
from ..presentation import weekday_name

MOST_WORDS = 10


def _marked(word: str) -> bool:
    return "đ" in word or any(unicodedata.combining(sign) for sign in unicodedata.normalize("NFD", word))


def find(rows: QuerySet[Any], text: str, columns: tuple[str, ...]) -> QuerySet[Any]:
    """The rows in one of whose columns each word stands. A word without marks finds those with, one with marks itself."""
    for word in unicodedata.normalize("NFC", text).casefold().replace("\x00", "").split()[:MOST_WORDS]:
        lookup = "icontains" if _marked(word) else "unaccent__icontains"
        found = Q()
        for column in columns:
            found |= Q(**{f"{column}__{lookup}": word})
        rows = rows.filter(found)
    return rows.distinct() if any("__" in column for column in columns) and text.strip() else rows


class FoundIndexView(IndexView):
    """A list with a search box over the columns that it names."""

    by: tuple[str, ...] = ("name",)
    is_searchable = True

    def search_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those in which every word typed is found."""
        return find(queryset, self.search_query, self.by) if self.search_query else queryset


class UnitIndexView(FoundIndexView):
    """Units in the order of their tree."""

    by = ("name", "short_name", "name_en", "code")

    def order_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """As a tree, unless a column was clicked."""
        return super().order_queryset(queryset) if self.is_explicitly_ordered else queryset.order_by("place")

    def get_base_queryset(self) -> QuerySet[Any]:
        """With each unit's place in the tree."""
        rows: QuerySet[Any] = super().get_base_queryset()
        for_tree: QuerySet[Any] = rows.in_tree_order().select_related("parent")  # type: ignore[attr-defined]  # UnitQuerySet
        return for_tree


class UnitFilters(WagtailFilterSet):
    """By level, kind and whether it still exists."""

    level = django_filters.MultipleChoiceFilter(label=_("Level"), choices=Level.choices)
    kind = django_filters.MultipleChoiceFilter(label=_("Kind"), choices=UnitKind.choices)
    validity = django_filters.ChoiceFilter(
        label=_("Validity"), method="by_validity", choices=[("current", _("exists today")), ("closed", _("closed")), ("coming", _("not yet founded"))]
    )

    class Meta:
        model = Unit
        fields: tuple[str, ...] = ()

    def by_validity(self, queryset: Any, name: str, value: str) -> Any:
        """Units that exist, ended, or are to come."""
        if value == "current":
            return queryset.current()
        return queryset.closed() if value == "closed" else queryset.filter(valid_from__gt=today())


class PointFilters(WagtailFilterSet):
    """By unit and kind."""

    kind = django_filters.MultipleChoiceFilter(label=_("Kind"), choices=PointKind.choices)

    class Meta:
        model = ServicePoint
        fields = ("unit",)


class PostFilters(WagtailFilterSet):
    """By unit and field."""

    fields = django_filters.ModelChoiceFilter(label=_("Field"), queryset=Field.objects.all())

    class Meta:
        model = Post
        fields = ("unit",)


class DayFilters(WagtailFilterSet):
    """By year, kind and scope."""

    year = django_filters.NumberFilter(label=_("Year"), field_name="date", lookup_expr="year", min_value=1900, max_value=2100)
    kind = django_filters.MultipleChoiceFilter(label=_("Kind"), choices=DayKind.choices)
    confirmed = django_filters.BooleanFilter(label=_("Confirmed"))

    class Meta:
        model = CalendarDay
        fields = ("unit",)


def holder_names(post: Post) -> str:
    """Who holds the post today."""
    held: list[Holding] = post.held_now
    return ", ".join(holding.person.name for holding in held) or "–"


def posts_with_holders() -> QuerySet[Post]:
    """Posts with who holds them today, in two queries."""
    held = Prefetch("holdings", Holding.objects.current().select_related("person"), to_attr="held_now")
    rows: QuerySet[Post] = Post.objects.select_related("unit", "stands_in__unit")
    return rows.prefetch_related(held)


def people_with_posts() -> QuerySet[Person]:
    """People with what they hold today, in two queries."""
    return Person.objects.prefetch_related(Prefetch("holdings", Holding.objects.current().select_related("post__unit"), to_attr="held_now"))


def post_titles(person: Person) -> str:
    """What the person holds today."""
    held: list[Holding] = person.held_now  # type: ignore[attr-defined]  # set by people_with_posts
    return "; ".join(str(holding.post) for holding in held) or "–"


def weekday(day: CalendarDay) -> str:
    """The day of the week."""
    return weekday_name(day.date)


def scope(day: CalendarDay) -> Any:
    """The unit that the entry is for, or the whole country."""
    return day.unit.name if day.unit else format_html("<em>{}</em>", _("whole country"))


def column(name: str, label: Any, accessor: Any, sort_key: str | None = None) -> Column:
    """A column of a list whose text is computed."""
    return Column(name, label=label, accessor=accessor, sort_key=sort_key)
