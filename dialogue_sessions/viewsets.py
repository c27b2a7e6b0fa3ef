"""The menu "Dialogues and receptions" of the back office: the board, the planner, and what the law asks for."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.menu import MenuItem
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.snippets.views.snippets import CreateView, EditView, SnippetViewSet, SnippetViewSetGroup

from . import scope, services
from .models import LegalMinimum, LegalTerm
from .policy_viewsets import ConsentViewSet, NeverDeleted, PriorityViewSet, RecordViewSet, RetentionViewSet, SeatViewSet, ThresholdViewSet


class LawCreateView(CreateView):
    """A new row, saved by the service."""

    def save_instance(self) -> Any:
        """On record, in one transaction."""
        return services.save_law(self.form.save(commit=False), self.request.user)


class LawEditView(EditView):
    """A changed row, saved by the service."""

    def save_instance(self) -> Any:
        """On record, in one transaction."""
        self.has_content_changes = self.form.has_changed()
        row = self.form.save(commit=False)
        return services.save_law(row, self.request.user) if self.has_content_changes else row


def _day(name: str) -> Any:
    def text(row: Any) -> str:
        day = getattr(row, name)
        return f"{day:%d/%m/%Y}" if day else "–"

    return text


_VALIDITY = (
    Column("valid_from", label=_("valid from"), accessor=_day("valid_from"), sort_key="valid_from"),
    Column("valid_to", label=_("last day"), accessor=_day("valid_to"), sort_key="valid_to"),
    BooleanColumn("confirmed", label=_("confirmed"), sort_key="confirmed"),
    Column("source", label=_("source")),
)
_SOURCE = (
    FieldRowPanel([FieldPanel("valid_from"), FieldPanel("valid_to")]), FieldPanel("source"), FieldPanel("confirmed"), FieldPanel("note"),
)  # fmt: skip


class LawViewSet(SnippetViewSet):
    """A table of dated facts with a history of every row."""

    add_view_class = LawCreateView
    edit_view_class = LawEditView
    copy_view_enabled = False
    list_per_page = 50

    @property
    def permission_policy(self) -> NeverDeleted:
        """Added and changed, never deleted."""
        return NeverDeleted(self.model)


class TermViewSet(LawViewSet):
    """Terms before and after a session."""

    model = LegalTerm
    icon = "history"
    menu_label = _("Legal terms")
    menu_name = "dialogue-terms"
    menu_order = 40
    list_display = (
        Column("key", label=_("what is due"), accessor="get_key_display", sort_key="key"), Column("length", label=_("how many"), sort_key="length"),
        Column("unit", label=_("days"), accessor="get_unit_display"), BooleanColumn("before", label=_("before the event")), *_VALIDITY,
    )  # fmt: skip
    panels = (
        MultiFieldPanel(
            [FieldPanel("key"), FieldRowPanel([FieldPanel("length"), FieldPanel("unit")]), FieldPanel("before")], _("The term")
        ), *_SOURCE,
    )  # fmt: skip


class MinimumViewSet(LawViewSet):
    """How often somebody has to hold sessions."""

    model = LegalMinimum
    icon = "decimal"
    menu_label = _("Legal minimums")
    menu_name = "dialogue-minimums"
    menu_order = 50
    list_display = (
        Column("session_kind", label=_("kind of session"), accessor="get_session_kind_display", sort_key="session_kind"),
        Column("who", label=_("for whom"), accessor=lambda row: row.unit or " · ".join(
            str(word) for word in (row.get_level_display(), row.get_unit_kind_display()) if word) or _("everybody")),
        Column("days", label=_("days"), sort_key="days"), Column("per", label=_("in each"), accessor="get_per_display"), *_VALIDITY,
    )  # fmt: skip
    panels = (
        MultiFieldPanel([FieldPanel("level"), FieldPanel("unit_kind"), FieldPanel("unit")], _("For whom")),
        MultiFieldPanel([FieldPanel("session_kind"), FieldRowPanel([FieldPanel("days"), FieldPanel("per")])], _("How often")), *_SOURCE,
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the units."""
        return LegalMinimum.objects.select_related("unit")


class ForStaff(MenuItem):
    """Shown to whoever has the right to what it leads to."""

    def __init__(self, *args: Any, right: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.right = right

    def is_shown(self, request: HttpRequest) -> bool:
        """With the right."""
        return scope.may(request.user, self.right)


class DialoguesGroup(SnippetViewSetGroup):
    """In the side menu."""

    items = (
        TermViewSet, MinimumViewSet, RetentionViewSet, ConsentViewSet, SeatViewSet, PriorityViewSet, ThresholdViewSet, RecordViewSet,
    )  # fmt: skip
    menu_label = _("Dialogues and receptions")
    menu_name = "dialogue-sessions"
    menu_icon = "group"
    menu_order = 150
    add_to_admin_menu = True

    def get_submenu_items(self) -> list[Any]:
        """With the board and the planner."""
        own = [
            ("board", _("Sessions"), "group", scope.VIEW, 5), ("series_list", _("Series"), "calendar-alt", scope.VIEW, 10),
            ("planner", _("Plan a year"), "calendar-check", scope.PLAN, 15),
            ("questions", pgettext_lazy("of residents", "Questions"), "help", "dialogue_sessions.view_question", 20),
            ("requests", _("Requests for dialogues"), "group", "dialogue_sessions.view_dialoguerequest", 25),
        ]  # fmt: skip
        items = [
            ForStaff(label, reverse(f"dialogue_sessions_backoffice:{name}"), name=f"dialogue-{name}", icon_name=icon, order=order, right=right)
            for name, label, icon, right, order in own
        ]
        return [*items, *super().get_submenu_items()]
