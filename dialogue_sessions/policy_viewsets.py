"""Dated rules about those who register, in the back office: how long they are known, and to which words they consent."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.views.snippets import CreateView, EditView, SnippetViewSet

from . import services
from .models import ConsentText, RetentionPolicy


class OnlyAdded(ModelPermissionPolicy):
    """What somebody consented to is not rewritten: a new text begins on a day."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        """As usual, but for changing and deleting."""
        return action not in {"change", "delete"} and bool(super().user_has_permission(user, action))

    def user_has_any_permission(self, user: Any, actions: Any) -> bool:
        """As usual, but for changing and deleting."""
        return any(self.user_has_permission(user, action) for action in actions)


class NeverDeleted(ModelPermissionPolicy):
    """What was in force stays to be read."""

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


class RetentionViewSet(SnippetViewSet):
    """How long registrations are kept."""

    model = RetentionPolicy
    icon = "bin"
    menu_label = _("Keeping registrations")
    menu_name = "dialogue-retention"
    menu_order = 60
    add_view_class = PolicyCreateView
    edit_view_class = PolicyEditView
    copy_view_enabled = False
    list_display = (
        Column("valid_from", label=_("valid from"), accessor=_day, sort_key="valid_from"), Column("days", label=_("days after the session")),
        Column("source", label=_("decided by")),
    )  # fmt: skip
    panels = (MultiFieldPanel([FieldPanel("valid_from"), FieldPanel("days"), FieldPanel("source")], _("The policy")),)

    @property
    def permission_policy(self) -> NeverDeleted:
        """Added and changed, never deleted."""
        return NeverDeleted(self.model)


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
        Column("version", label=_("version")), Column("valid_from", label=_("valid from"), accessor=_day, sort_key="valid_from"),
        Column("source", label=_("decided by")),
    )  # fmt: skip
    panels = (
        MultiFieldPanel([FieldPanel("version"), FieldPanel("valid_from"), FieldPanel("source")], _("From when on")),
        MultiFieldPanel([FieldPanel("text"), FieldPanel("text_en")], _("The words")),
    )  # fmt: skip

    @property
    def permission_policy(self) -> OnlyAdded:
        """Added, never changed or deleted."""
        return OnlyAdded(self.model)
