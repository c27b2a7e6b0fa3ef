"""The menu "Messages" of the back office."""

from __future__ import annotations

from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, MultiFieldPanel
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from foundation.hours import clock

from .backoffice import QuietCreateView, QuietEditView, TemplateEditView, kind_choices
from .enums import Channel, Language
from .models import QuietHours, Template


class OnlyChanged(ModelPermissionPolicy):
    """Each kind of message has its texts: nobody adds one or takes one away."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        """As usual, but for adding and deleting."""
        return action not in {"add", "delete"} and bool(super().user_has_permission(user, action))

    def user_has_any_permission(self, user: Any, actions: Any) -> bool:
        """As usual, but for adding and deleting."""
        return any(self.user_has_permission(user, action) for action in actions)


class TemplateFilters(WagtailFilterSet):
    """By occasion, channel and language."""

    kind = django_filters.ChoiceFilter(label=_("Occasion"), choices=kind_choices)
    channel = django_filters.ChoiceFilter(label=_("Channel"), choices=Channel.choices)
    language = django_filters.ChoiceFilter(label=_("Language"), choices=Language.choices)

    class Meta:
        model = Template
        fields: tuple[str, ...] = ()


class TemplateViewSet(SnippetViewSet):
    """Texts of messages."""

    model = Template
    icon = "mail"
    menu_label = _("Texts of messages")
    menu_name = "messaging-templates"
    menu_order = 20
    edit_view_class = TemplateEditView
    filterset_class = TemplateFilters
    copy_view_enabled = False
    list_per_page = 50
    list_display = (
        Column("kind", label=_("occasion"), accessor="kind_label", sort_key="kind"),
        Column("channel", label=_("channel"), accessor="get_channel_display", sort_key="channel"),
        Column("language", label=_("language"), accessor="get_language_display", sort_key="language"),
        Column("subject", label=_("subject"), accessor=lambda row: row.subject or row.text[:80]),
        BooleanColumn("active", label=_("is sent")),
        BooleanColumn("edited", label=_("changed by an editor"), accessor=lambda row: row.edited_at is not None),
    )
    panels = (
        HelpPanel(template="messaging/admin/placeholders.html", heading=_("What may stand in braces")),
        MultiFieldPanel([FieldPanel("subject"), FieldPanel("text")], _("Text")),
        FieldRowPanel([FieldPanel("fold_marks"), FieldPanel("active")]),
    )

    @property
    def permission_policy(self) -> OnlyChanged:
        """Changed, never added or deleted."""
        return OnlyChanged(self.model)


class NeverDeleted(ModelPermissionPolicy):
    """What was in force stays to be read."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        """As usual, but for deleting."""
        return action != "delete" and bool(super().user_has_permission(user, action))

    def user_has_any_permission(self, user: Any, actions: Any) -> bool:
        """As usual, but for deleting."""
        return any(self.user_has_permission(user, action) for action in actions)


class QuietHoursViewSet(SnippetViewSet):
    """Quiet hours, from a day on."""

    model = QuietHours
    icon = "time"
    menu_label = _("Quiet hours")
    menu_name = "messaging-quiet-hours"
    menu_order = 30
    add_view_class = QuietCreateView
    edit_view_class = QuietEditView
    copy_view_enabled = False
    list_display = (
        Column("valid_from", label=_("valid from"), accessor=lambda row: f"{row.valid_from:%d/%m/%Y}", sort_key="valid_from"),
        Column("begins", label=_("from"), accessor=lambda row: clock(row.begins)),
        Column("ends", label=_("until"), accessor=lambda row: clock(row.ends)), Column("source", label=_("decided by")),
    )  # fmt: skip
    panels = (FieldPanel("valid_from"), FieldRowPanel([FieldPanel("begins"), FieldPanel("ends")]), FieldPanel("source"))

    @property
    def permission_policy(self) -> NeverDeleted:
        """Added and changed, never deleted."""
        return NeverDeleted(self.model)


class DeliveriesItem(MenuItem):
    """Shown to whoever may see deliveries."""

    def is_shown(self, request: HttpRequest) -> bool:
        """With the right."""
        return bool(request.user.has_perm("messaging.view_message"))


class MessagesGroup(SnippetViewSetGroup):
    """In the side menu."""

    items = (TemplateViewSet, QuietHoursViewSet)
    menu_label = _("Messages")
    menu_name = "messaging"
    menu_icon = "mail"
    menu_order = 180
    add_to_admin_menu = True

    def get_submenu_items(self) -> list[Any]:
        """With the deliveries."""
        item = DeliveriesItem(_("Deliveries"), reverse("messaging_backoffice:deliveries"), name="messaging-deliveries", icon_name="list-ul", order=5)
        return [item, *super().get_submenu_items()]
