"""The menu "Figures" of the back office: planned levels, lists of procedures to publish, their import."""

from __future__ import annotations

from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.admin.ui.tables import Column
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.views.snippets import CreateView, EditView, SnippetViewSet, SnippetViewSetGroup

from organisation.backoffice.lists import FoundIndexView, column
from procedures_catalog.backoffice.choosers import ProcedureChooser, UnitChooser

from . import services
from .backoffice import MODELS, TITLES
from .models import PlannedLevel, PostingList


class OnlyThese(ModelPermissionPolicy):
    """Only some actions are anybody's, whatever rights a person holds: the rest of the house keeps what is recorded."""

    def __init__(self, model: Any, actions: set[str]) -> None:
        super().__init__(model)
        self.actions = actions

    def user_has_permission(self, user: Any, action: str) -> bool:
        """With the right, and when the action is one of those."""
        return action in self.actions and bool(super().user_has_permission(user, action))

    def user_has_any_permission(self, user: Any, actions: Any) -> bool:
        """As above for one of several."""
        return any(self.user_has_permission(user, action) for action in actions)

    def user_has_permission_for_instance(self, user: Any, action: str, instance: Any) -> bool:
        """A plan that holds no longer is changed by nobody."""
        return (action == "view" or getattr(instance, "ended_on", None) is None) and self.user_has_permission(user, action)


class Telling:
    """A view whose refusals stand in the form."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Save by the service; what it refuses is said where it was typed."""
        try:
            response: HttpResponse = super().form_valid(form)  # type: ignore[misc]  # of Wagtail's views
        except ValidationError as error:
            said = error.message_dict if hasattr(error, "error_dict") else {None: error.messages}
            for name, found in said.items():
                form.add_error(name if name in form.fields else None, " ".join(found))
            self.produced_error_message = " ".join(error.messages)
            refused: HttpResponse = self.form_invalid(form)  # type: ignore[attr-defined]
            return refused
        return response


class PlanCreateView(Telling, CreateView):
    """A new plan, public at once."""

    def save_instance(self) -> PlannedLevel:
        """Through the service."""
        return services.plan_level(self.form.save(commit=False), self.request.user)


FIXED = ("procedure", "unit", "year", "scheme")


class PlanEditView(Telling, EditView):
    """Another plan in the place of one: what it is a plan of stays, level and decision are new."""

    def get_object(self, *args: Any, **kwargs: Any) -> Any:
        """Only a plan that holds: Wagtail asks for the right on the model alone."""
        plan = super().get_object(*args, **kwargs)
        if plan.ended_on is not None:
            raise PermissionDenied
        return plan

    def get_form(self, *args: Any, **kwargs: Any) -> Any:
        """The form, with what stays as it is switched off."""
        form = super().get_form(*args, **kwargs)
        for name in FIXED:
            form.fields[name].disabled = True
        # The row in force has the place that the new one is to take: the service checks it when the former has ended.
        form.instance.validate_constraints = lambda *args, **kwargs: None
        return form

    def save_instance(self) -> PlannedLevel:
        """Through the service: the former plan stays."""
        values = self.form.cleaned_data
        return services.change_plan(self.object, values["level"], values["basis"], values["decided_on"], self.request.user)


class PlanIndexView(FoundIndexView):
    """Found by code, unit or decision."""

    by = ("procedure__code", "unit__name", "basis")


class PlanFilters(WagtailFilterSet):
    """By year, scheme, unit, and whether it holds."""

    year = django_filters.NumberFilter(label=_("Year"), min_value=2000, max_value=2200)
    holds = django_filters.BooleanFilter(label=_("Holds today"), field_name="ended_on", lookup_expr="isnull")

    class Meta:
        model = PlannedLevel
        fields = ("scheme", "level", "unit")


class PlanViewSet(SnippetViewSet):
    """Planned levels."""

    model = PlannedLevel
    icon = "calendar-check"
    menu_label = _("Planned levels")
    menu_name = "transparency-plans"
    menu_order = 10
    add_view_class = PlanCreateView
    edit_view_class = PlanEditView
    index_view_class = PlanIndexView
    filterset_class = PlanFilters
    copy_view_enabled = False
    inspect_view_enabled = True
    list_per_page = 50
    list_display = (
        column("plan", _("procedure"), "__str__", "procedure__code"), column("scheme", _("scheme"), "get_scheme_display", "scheme"),
        Column("unit", label=_("unit")), column("decided_on", _("decided on"), "decided_on", "decided_on"),
        column("ended_on", _("holds no longer since"), "ended_on", "ended_on"), column("end_kind", _("why it ended"), "get_end_kind_display"),
    )  # fmt: skip
    panels = (
        FieldPanel("procedure", widget=ProcedureChooser),
        FieldPanel("unit", widget=UnitChooser),
        FieldRowPanel([FieldPanel("year"), FieldPanel("scheme"), FieldPanel("level")]),
        FieldRowPanel([FieldPanel("basis"), FieldPanel("decided_on")]),
    )

    @property
    def permission_policy(self) -> OnlyThese:
        """Withdrawn, never deleted."""
        return OnlyThese(self.model, {"view", "add", "change"})

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlannedLevel]:
        """With what a row shows."""
        return PlannedLevel.objects.select_related("procedure", "unit")


class ListIndexView(FoundIndexView):
    """Found by unit or decision."""

    by = ("unit__name", "source")


class ListFilters(WagtailFilterSet):
    """By unit, and whether it was corrected."""

    stands = django_filters.BooleanFilter(label=_("Stands"), field_name="superseded_at", lookup_expr="isnull")

    class Meta:
        model = PostingList
        fields = ("unit",)


class ListViewSet(SnippetViewSet):
    """Lists of procedures to publish: imported, looked at, never edited."""

    model = PostingList
    icon = "list-ul"
    menu_label = _("Lists to publish")
    menu_name = "transparency-lists"
    menu_order = 20
    index_view_class = ListIndexView
    filterset_class = ListFilters
    copy_view_enabled = False
    inspect_view_enabled = True
    inspect_template_name = "transparency/admin/list.html"
    list_per_page = 50
    list_display = (
        column("list", _("list"), "__str__", "unit__name"), column("valid_from", _("binds from"), "valid_from", "valid_from"),
        column("count", _("procedures"), "count"), column("superseded_at", _("corrected"), "superseded_at", "superseded_at"),
    )  # fmt: skip
    panels = (FieldPanel("unit"), FieldPanel("source"), FieldPanel("valid_from"))

    @property
    def permission_policy(self) -> OnlyThese:
        """Only to look at."""
        return OnlyThese(self.model, {"view"})

    def get_queryset(self, request: HttpRequest) -> QuerySet[PostingList]:
        """With how many lines each has."""
        return PostingList.objects.select_related("unit").annotate(count=Count("entries"))


class ImportItem(MenuItem):
    """Shown to whoever may import."""

    def __init__(self, kind: str, order: int) -> None:
        url = reverse("transparency_backoffice:import", args=[kind])
        super().__init__(TITLES[kind], url, name=f"transparency-import-{kind}", icon_name="download", order=order)
        self.permission = f"transparency.import_{MODELS[kind]}"

    def is_shown(self, request: HttpRequest) -> bool:
        """With the right."""
        return bool(request.user.has_perm(self.permission))


class FiguresGroup(SnippetViewSetGroup):
    """In the side menu."""

    items = (PlanViewSet, ListViewSet)
    menu_label = _("Figures")
    menu_name = "figures"
    menu_icon = "history"
    menu_order = 160
    add_to_admin_menu = True

    def get_submenu_items(self) -> list[Any]:
        """With the imports."""
        return [*super().get_submenu_items(), ImportItem("roadmap", 30), ImportItem("posting", 40)]
