"""The menu "Organisation" of the back office."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, InlinePanel, MultiFieldPanel, ObjectList, TabbedInterface
from wagtail.admin.ui.tables import BooleanColumn
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from .backoffice import lists, recording
from .backoffice.forms import PointForm, UnitForm
from .models import CalendarDay, DeadlinePolicy, Field, Person, Post, ServicePoint, SiteIdentity, Unit


class Kept(ModelPermissionPolicy):
    """Nobody deletes rows of this model in the back office."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        """As usual, but for deleting."""
        return action != "delete" and bool(super().user_has_permission(user, action))

    def user_has_any_permission(self, user: Any, actions: Any) -> bool:
        """As usual, but for deleting."""
        return any(self.user_has_permission(user, action) for action in actions)


class Recorded(SnippetViewSet):
    """A list with search, whose changes are recorded."""

    add_view_class = recording.RecordingCreateView
    edit_view_class = recording.RecordingEditView
    delete_view_class = recording.RecordingDeleteView
    copy_view_enabled = False
    list_per_page = 50
    find_by: tuple[str, ...] = ("name",)
    rows: Any = None  # a callable that gives the rows with all that the list shows

    @property
    def index_view_class(self) -> type[lists.FoundIndexView]:
        """A list over the columns of `find_by`."""
        return type("FoundIndexView", (lists.FoundIndexView,), {"by": self.find_by})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any] | None:
        """With all that a row shows."""
        return type(self).rows() if type(self).rows else None


class UnitViewSet(Recorded):
    """Units."""

    model = Unit
    icon = "home"
    menu_label = _("Units")
    menu_name = "organisation-units"
    menu_order = 10
    index_view_class = lists.UnitIndexView
    filterset_class = lists.UnitFilters
    list_per_page = 100
    list_display = (
        "indented", lists.column("code", _("code"), "code", "code"), lists.column("level", _("level"), "get_level_display", "level"),
        lists.column("kind", _("kind"), "get_kind_display", "kind"), lists.column("valid_to", _("last day"), "valid_to", "valid_to"),
    )  # fmt: skip
    base_form_class = UnitForm

    @property
    def permission_policy(self) -> Kept:
        """A unit is never deleted."""
        return Kept(self.model)

    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    MultiFieldPanel(
                        [FieldPanel("name"), FieldPanel("name_en"), FieldRowPanel([FieldPanel("short_name"), FieldPanel("slug")])], _("Name")
                    ),
                    MultiFieldPanel(
                        [
                            FieldRowPanel([FieldPanel("code"), FieldPanel("level")]),
                            FieldRowPanel([FieldPanel("kind"), FieldPanel("order")]),
                            FieldPanel("parent"),
                        ],
                        _("Place in the tree"),
                    ),
                    MultiFieldPanel(
                        [FieldPanel("valid_from"), HelpPanel(template="organisation/admin/unit_end.html", heading=_("End"))], _("Validity")
                    ),
                ],
                heading=_("Unit"),
            ),
            ObjectList(
                [
                    FieldPanel("duties"), FieldPanel("duties_en"),
                    MultiFieldPanel([FieldRowPanel([FieldPanel("telephone"), FieldPanel("email")]), FieldPanel("website")], _("How to reach it")),
                ],
                heading=_("What the public reads"),
            ),
            ObjectList([InlinePanel("populations", label=_("count"), heading=_("Voters and inhabitants"))], heading=_("Inhabitants")),
        ],
        base_form_class=UnitForm,
    )  # fmt: skip


class ServicePointViewSet(Recorded):
    """Service points with hours, rooms and closures."""

    model = ServicePoint
    icon = "site"
    menu_label = _("Service points")
    menu_name = "organisation-points"
    menu_order = 20
    find_by = ("name", "address", "unit__name")
    filterset_class = lists.PointFilters
    list_display = ("name", "unit", "address", "telephone", BooleanColumn("is_main", label=_("main point")))
    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    MultiFieldPanel(
                        [FieldPanel("name"), FieldPanel("name_en"), FieldRowPanel([FieldPanel("slug"), FieldPanel("kind")])], _("Name")
                    ),
                    MultiFieldPanel(
                        [FieldPanel("unit"), FieldPanel("serves"), FieldPanel("parent"), FieldPanel("is_main")], _("For whom")
                    ),
                    FieldRowPanel([FieldPanel("valid_from"), FieldPanel("valid_to")], heading=_("Validity")),
                ],
                heading=_("Service point"),
            ),
            ObjectList(
                [
                    FieldPanel("address"), FieldPanel("map_url"), FieldPanel("directions"),
                    FieldPanel("accessibility"), FieldRowPanel([FieldPanel("telephone"), FieldPanel("email")]),
                    InlinePanel("rooms", label=_("room"), heading=_("Rooms and counters")),
                ],
                heading=_("Getting there"),
            ),
            ObjectList(
                [
                    InlinePanel(
                        "hours", label=_("session"), heading=_("Opening hours"),
                        help_text=_("One row a session: Monday 7:30 to 11:30, Monday 13:00 to 17:00."),
                        panels=[FieldRowPanel([FieldPanel("weekday"), FieldPanel("opens"), FieldPanel("closes")])],
                    ),
                    InlinePanel(
                        "closures", label=_("closure"), heading=_("Closed for some days"),
                        help_text=_("For holidays and closures of the whole unit use the calendar."),
                        panels=[
                            FieldRowPanel([FieldPanel("first_day"), FieldPanel("last_day")]), FieldPanel("reason"), FieldPanel("reason_en"),
                            FieldPanel("instead"),
                        ],
                    ),
                ],
                heading=_("Opening hours"),
            ),
        ],
        base_form_class=PointForm,
    )  # fmt: skip

    @staticmethod
    def rows() -> QuerySet[ServicePoint]:
        """With their units."""
        return ServicePoint.objects.select_related("unit")


class PostViewSet(Recorded):
    """Posts and who holds them."""

    model = Post
    icon = "clipboard-list"
    menu_label = _("Posts")
    menu_name = "organisation-posts"
    menu_order = 30
    find_by = ("title", "unit__name", "holdings__person__name")
    filterset_class = lists.PostFilters
    rows = staticmethod(lists.posts_with_holders)
    list_display = (
        lists.column("title", _("title of the post"), "title", "title"), lists.column("unit", _("unit"), "unit", "unit__name"),
        lists.column("holders", _("held by"), lists.holder_names), BooleanColumn("is_leader", label=_("leads")),
    )  # fmt: skip
    panels = (
        FieldRowPanel([FieldPanel("unit"), FieldPanel("order")]),
        FieldRowPanel([FieldPanel("title"), FieldPanel("title_en")]),
        FieldPanel("duties"),
        FieldRowPanel([FieldPanel("is_leader"), FieldPanel("stands_in")]),
        FieldPanel("fields"),
        InlinePanel(
            "holdings",
            label=_("holder"),
            heading=_("Who holds it"),
            help_text=_("Give a last day instead of deleting: who signed what stays true."),
            panels=[
                FieldPanel("person"),
                FieldRowPanel([FieldPanel("valid_from"), FieldPanel("valid_to")]),
                FieldRowPanel([FieldPanel("absent_from"), FieldPanel("absent_to")]),
            ],
        ),
    )


class PersonViewSet(Recorded):
    """People."""

    model = Person
    icon = "user"
    menu_label = _("People")
    menu_name = "organisation-people"
    menu_order = 40
    find_by = ("name", "telephone", "number")
    rows = staticmethod(lists.people_with_posts)
    list_display = ("name", lists.column("posts", _("posts"), lists.post_titles), "telephone", "email")
    panels = (
        FieldRowPanel([FieldPanel("name"), FieldPanel("number")]),
        FieldRowPanel([FieldPanel("telephone"), FieldPanel("email")]),
        FieldPanel("photo"),
        FieldPanel(
            "biography",
            help_text=_("Shown on the page of the unit that this person leads: year of birth, studies, work so far. Nothing of family or home."),
        ),
        FieldPanel("account"),
    )


class FieldViewSet(Recorded):
    """Fields of administration."""

    model = Field
    icon = "tag"
    menu_label = _("Fields")
    menu_name = "organisation-fields"
    menu_order = 50
    find_by = ("name", "name_en", "code")
    list_display = ("name", "name_en", "code", "order")
    panels = (FieldPanel("name"), FieldPanel("name_en"), FieldRowPanel([FieldPanel("slug"), FieldPanel("code"), FieldPanel("order")]))


class CalendarDayViewSet(Recorded):
    """Days that differ."""

    model = CalendarDay
    icon = "calendar"
    menu_label = _("Calendar days")
    menu_name = "organisation-days"
    menu_order = 70
    find_by = ("label", "source")
    add_view_class = recording.DayCreateView
    edit_view_class = recording.DayEditView
    delete_view_class = recording.DayDeleteView
    filterset_class = lists.DayFilters
    ordering = ("-date",)
    list_display = (
        lists.column("date", _("date"), "date", "date"), lists.column("weekday", _("weekday"), lists.weekday), "label",
        lists.column("kind", _("kind"), "get_kind_display", "kind"), lists.column("half", _("part of the day"), "get_half_display"),
        lists.column("scope", _("for"), lists.scope), BooleanColumn("counts_for_deadlines", label=_("counts")),
        BooleanColumn("counter_open", label=_("open")), BooleanColumn("confirmed", label=_("confirmed")),
    )  # fmt: skip
    panels = (
        FieldRowPanel([FieldPanel("date"), FieldPanel("half")]),
        FieldRowPanel([FieldPanel("kind"), FieldPanel("unit")]),
        FieldRowPanel([FieldPanel("counts_for_deadlines"), FieldPanel("counter_open")]),
        FieldRowPanel([FieldPanel("label"), FieldPanel("label_en")]),
        FieldRowPanel([FieldPanel("source"), FieldPanel("confirmed")]),
    )

    @staticmethod
    def rows() -> QuerySet[CalendarDay]:
        """With their units."""
        return CalendarDay.objects.select_related("unit")


class DeadlinePolicyViewSet(Recorded):
    """How deadlines are counted, from a day on."""

    model = DeadlinePolicy
    icon = "time"
    menu_label = _("Deadline policies")
    menu_name = "organisation-policies"
    menu_order = 80
    find_by = ("source",)
    list_display = (lists.column("valid_from", _("valid from"), "valid_from", "valid_from"), "same_day_cutoff", "late_intake", "source")
    panels = (
        FieldPanel("valid_from"),
        FieldRowPanel([FieldPanel("morning_opens"), FieldPanel("morning_closes")]),
        FieldRowPanel([FieldPanel("afternoon_opens"), FieldPanel("afternoon_closes")]),
        FieldRowPanel([FieldPanel("same_day_cutoff"), FieldPanel("late_intake")]),
        FieldPanel("source"),
    )


class IdentityViewSet(Recorded):
    """Whose portal this is: one row."""

    model = SiteIdentity
    icon = "cog"
    menu_label = _("Identity of the portal")
    menu_name = "organisation-identity"
    menu_order = 90
    list_display = ("name", "unit", "hotline")
    panels = (
        FieldPanel("unit"),
        FieldRowPanel([FieldPanel("name"), FieldPanel("name_en")]),
        FieldPanel("hotline"),
        FieldPanel("is_demonstration"),
        FieldPanel("import_approver"),
    )

    @property
    def permission_policy(self) -> Kept:
        """The one row is changed, never deleted."""
        return Kept(self.model)


class OrganisationGroup(SnippetViewSetGroup):
    """The group of the menu."""

    menu_label = _("Organisation")
    menu_name = "organisation"
    menu_icon = "group"
    menu_order = 200
    items = (
        UnitViewSet, ServicePointViewSet, PostViewSet, PersonViewSet, FieldViewSet, CalendarDayViewSet, DeadlinePolicyViewSet, IdentityViewSet,
    )  # fmt: skip

    def get_submenu_items(self) -> list[Any]:
        """With the year's picture beside the list of days."""
        from .wagtail_hooks import year_menu_item

        return sorted([*super().get_submenu_items(), year_menu_item()], key=lambda item: item.order)
