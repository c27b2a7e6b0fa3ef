"""Dated rules in the back office: how long those who register are known and to which words they consent, how seats are given and who goes
first, how many signatures ask for a dialogue, and how minutes and promises are followed up."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.views.snippets import CreateView, EditView, SnippetViewSet

from . import services
from .models import ConsentText, PriorityGroup, RecordPolicy, RequestThreshold, RetentionPolicy, SeatPolicy


class OnlyAdded(ModelPermissionPolicy):
    """What somebody consented to is not rewritten: a new text begins on a day."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        """As usual, but for changing and deleting."""
        return action not in {"change", "delete"} and bool(super().user_has_permission(user, action))

    def user_has_any_permission(self, user: Any, actions: Any) -> bool:
        """As usual, but for changing and deleting."""
        return any(self.user_has_permission(user, action) for action in actions)


class NeverDeleted(ModelPermissionPolicy):
    """What was in force, or asked by law, stays to be read."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        """As usual, but for deleting."""
        return action != "delete" and bool(super().user_has_permission(user, action))

    def user_has_any_permission(self, user: Any, actions: Any) -> bool:
        """As usual, but for deleting."""
        return any(self.user_has_permission(user, action) for action in actions)


class PolicyCreateView(CreateView):
    """A new row, saved by the service."""

    def save_instance(self) -> Any:
        """On record, in one transaction."""
        return services.save_policy(self.form.save(commit=False), self.request.user)


class PolicyEditView(EditView):
    """A changed row, saved by the service."""

    def save_instance(self) -> Any:
        """On record, in one transaction."""
        self.has_content_changes = self.form.has_changed()
        row = self.form.save(commit=False)
        return services.save_policy(row, self.request.user) if self.has_content_changes else row


def _day(row: Any) -> str:
    return f"{row.valid_from:%d/%m/%Y}"


_FROM = Column("valid_from", label=_("valid from"), accessor=_day, sort_key="valid_from")
_SOURCE = Column("source", label=_("decided by"))


class PolicyViewSet(SnippetViewSet):
    """Rows of a dated rule; what was in force stays to be read."""

    add_view_class = PolicyCreateView
    edit_view_class = PolicyEditView
    copy_view_enabled = False

    @property
    def permission_policy(self) -> NeverDeleted:
        """Added and changed, never deleted."""
        return NeverDeleted(self.model)


class OfUnitsViewSet(PolicyViewSet):
    """Rows that may be one unit's own."""

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the units."""
        return self.model._default_manager.select_related("unit")


_FOR_WHOM = Column("unit", label=_("for whom"), accessor=lambda row: row.unit or _("all units"))


class RetentionViewSet(PolicyViewSet):
    """How long registrations are kept."""

    model = RetentionPolicy
    icon = "bin"
    menu_label = _("Keeping registrations")
    menu_name = "dialogue-retention"
    menu_order = 60
    list_display = (_FROM, Column("days", label=_("days after the session")), _SOURCE)
    panels = (MultiFieldPanel([FieldPanel("valid_from"), FieldPanel("days"), FieldPanel("source")], _("The policy")),)


class SeatViewSet(OfUnitsViewSet):
    """How seats are held, offered and shared."""

    model = SeatPolicy
    icon = "tasks"
    menu_label = _("How seats are given")
    menu_name = "dialogue-seat-policies"
    menu_order = 80
    list_display = (
        _FROM, _FOR_WHOM, Column("hold_minutes", label=_("minutes that a seat is held")),
        Column("offer_hours", label=_("hours that an offer stands")),
        Column("offers_stop_hours", label=_("hours before the session at which offers stop")),
        Column("group_most", label=_("most people in one registration")), _SOURCE,
    )  # fmt: skip
    panels = (
        MultiFieldPanel([FieldPanel("valid_from"), FieldPanel("unit"), FieldPanel("source")], _("From when on, and for whom")),
        MultiFieldPanel(
            [FieldPanel("hold_minutes"), FieldRowPanel([FieldPanel("offer_hours"), FieldPanel("offers_stop_hours")]), FieldPanel("group_most")],
            _("The policy"), help_text=_("Sessions take these numbers when they are planned. Those that stand already keep theirs."),
        ),
    )  # fmt: skip


class PriorityViewSet(PolicyViewSet):
    """Who goes first on a waiting list."""

    model = PriorityGroup
    icon = "order"
    menu_label = _("Who goes first")
    menu_name = "dialogue-priority"
    menu_order = 90
    list_display = (
        Column("name", label=_("name"), sort_key="name"), Column("rank", label=_("rank"), sort_key="rank"), _FROM,
        Column("valid_to", label=_("last day"), accessor=lambda row: f"{row.valid_to:%d/%m/%Y}" if row.valid_to else "–"), _SOURCE,
    )  # fmt: skip
    panels = (
        MultiFieldPanel([FieldPanel("name"), FieldPanel("name_en"), FieldPanel("code"), FieldPanel("rank")], _("The group")),
        MultiFieldPanel([FieldRowPanel([FieldPanel("valid_from"), FieldPanel("valid_to")]), FieldPanel("source")], _("From when on")),
    )  # fmt: skip


class ThresholdViewSet(PolicyViewSet):
    """How many voters can ask for a dialogue."""

    model = RequestThreshold
    icon = "decimal"
    menu_label = _("Signatures for a dialogue")
    menu_name = "dialogue-threshold"
    menu_order = 100
    list_display = (_FROM, Column("percent", label=_("percent of the voters")), _SOURCE)
    panels = (
        MultiFieldPanel(
            [FieldPanel("valid_from"), FieldPanel("percent"), FieldPanel("source")], _("The policy"),
            help_text=_("A request takes the number when it is made public; nobody moves its goal later."),
        ),
    )  # fmt: skip


class RecordViewSet(OfUnitsViewSet):
    """How minutes and promises are followed up."""

    model = RecordPolicy
    icon = "history"
    menu_label = _("Minutes and promises")
    menu_name = "dialogue-record-policies"
    menu_order = 110
    list_display = (
        _FROM, _FOR_WHOM, Column("correction_days", label=_("days for corrections")),
        Column("remind_days", label=_("days before the date on which the owner is reminded")),
        Column("head_days", label=_("days late after which the head of the unit is told")), _SOURCE,
    )  # fmt: skip
    panels = (
        MultiFieldPanel([FieldPanel("valid_from"), FieldPanel("unit"), FieldPanel("source")], _("From when on, and for whom")),
        MultiFieldPanel([FieldPanel("correction_days"), FieldPanel("remind_days"), FieldPanel("head_days")], _("The policy")),
    )  # fmt: skip


class ConsentViewSet(SnippetViewSet):
    """Words of consent."""

    model = ConsentText
    icon = "doc-full"
    menu_label = _("Words of consent")
    menu_name = "dialogue-consent"
    menu_order = 70
    add_view_class = PolicyCreateView
    inspect_view_enabled = True
    copy_view_enabled = False
    list_display = (
        Column("version", label=_("version")), _FROM, _SOURCE,
    )  # fmt: skip
    panels = (
        MultiFieldPanel([FieldPanel("version"), FieldPanel("valid_from"), FieldPanel("source")], _("From when on")),
        MultiFieldPanel([FieldPanel("text"), FieldPanel("text_en")], _("The words")),
    )  # fmt: skip

    @property
    def permission_policy(self) -> OnlyAdded:
        """Added, never changed or deleted."""
        return OnlyAdded(self.model)
