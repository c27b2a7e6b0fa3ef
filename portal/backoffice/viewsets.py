"""The menu "Public information" of the back office: what the law makes public, what is not available for a while."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList, TabbedInterface
from wagtail.admin.ui.tables import Column
from wagtail.admin.widgets.button import Button
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.views.snippets import CreateView, EditView, SnippetViewSet, SnippetViewSetGroup

from organisation.backoffice import lists
from organisation.viewsets import Kept
from procedures_catalog.backoffice.choosers import ProcedureChooser, UnitChooser

from .. import services
from ..models import Channel, DisclosureItem, Interruption
from ..models.readable import AttendedForm


class DutyForm(AttendedForm, WagtailAdminModelForm):
    """A public duty; who writes it does not publish it."""

    channels = forms.MultipleChoiceField(
        label=gettext_lazy("How it is made public"), choices=Channel.choices, widget=forms.CheckboxSelectMultiple, required=False,
        initial=[Channel.PORTAL],
    )  # fmt: skip


class NoSchedule:
    """Without Wagtail's dialog for schedules: a duty is public from the moment when somebody publishes it."""

    def get_side_panels(self) -> Any:
        """The side panels, the toggle hidden."""
        panels = super().get_side_panels()  # type: ignore[misc]  # of Wagtail's views
        for panel in panels:
            if hasattr(panel, "show_schedule_publishing_toggle"):
                panel.show_schedule_publishing_toggle = False
        return panels


class DutyCreateView(NoSchedule, CreateView):
    """A new duty."""


class DutyEditView(NoSchedule, EditView):
    """The editor of a duty."""

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        """A link to the draft, the review, the public page."""
        buttons: list[Any] = list(super().header_more_buttons)
        item, user = self.live_object, self.request.user
        buttons.append(Button(_("Share the draft…"), url=reverse("portal_backoffice:share", args=["duty", item.pk]), icon_name="link", priority=20))
        if item.live and user.has_perm("portal.change_disclosureitem"):
            buttons.append(Button(_("Looked at again…"), url=reverse("portal_backoffice:review", args=[item.pk]), icon_name="check", priority=30))
        if item.live:
            buttons.append(Button(_("See the public page"), url=item.get_absolute_url(), icon_name="view", priority=40))
        return buttons


class DutyViewSet(SnippetViewSet):
    """Public duties."""

    model = DisclosureItem
    icon = "clipboard-list"
    menu_label = gettext_lazy("Public duties")
    menu_name = "portal-duties"
    add_view_class = DutyCreateView
    edit_view_class = DutyEditView
    copy_view_enabled = False
    list_per_page = 50
    list_filter = ("group", "unit", "live")
    list_display = (
        "title", Column("group", label=gettext_lazy("Group"), sort_key="group"), Column("unit", label=gettext_lazy("Unit")),
        Column("decided_on", label=gettext_lazy("Decided"), sort_key="decided_on"),
        Column("due_on", label=gettext_lazy("Public by"), sort_key="due_on"),
        Column("published_on", label=gettext_lazy("Public since"), sort_key="published_on"),
        Column("review_on", label=gettext_lazy("Look again"), sort_key="review_on"),
    )  # fmt: skip

    @property
    def permission_policy(self) -> ModelPermissionPolicy:
        """What was public is never deleted: see the hook."""
        return Kept(self.model)

    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    FieldRowPanel([FieldPanel("group"), FieldPanel("key")]),
                    FieldPanel("title"), FieldPanel("summary"), FieldPanel("body"), FieldPanel("document"), FieldPanel("link"),
                ],
                heading=gettext_lazy("Content"),
            ),
            ObjectList([FieldPanel("title_en"), FieldPanel("summary_en"), FieldPanel("body_en")], heading=gettext_lazy("English")),
            ObjectList(
                [
                    MultiFieldPanel(
                        [FieldPanel("unit", widget=UnitChooser), FieldPanel("owner_post"), FieldPanel("owner"), FieldPanel("owner_words")],
                        gettext_lazy("Who answers for it"),
                    ),
                    MultiFieldPanel(
                        [FieldPanel("basis"), FieldRowPanel([FieldPanel("decided_on"), FieldPanel("term")])], gettext_lazy("Decision and term")
                    ),
                    MultiFieldPanel(
                        [FieldPanel("channels"), FieldRowPanel([FieldPanel("permanent"), FieldPanel("posted_until")]), FieldPanel("review_months")],
                        gettext_lazy("On display"),
                    ),
                ],
                heading=gettext_lazy("Duty"),
            ),
        ],
        base_form_class=DutyForm,
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[DisclosureItem]:
        """With their units."""
        return DisclosureItem.objects.select_related("unit")


class Telling:
    """A view whose refusals stand in the form."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Save by the service; what it refuses is said where it was typed."""
        try:
            response: HttpResponse = super().form_valid(form)  # type: ignore[misc]  # of Wagtail's views
        except ValidationError as error:
            form.add_error(None, error)
            self.produced_error_message = " ".join(error.messages)
            refused: HttpResponse = self.form_invalid(form)  # type: ignore[attr-defined]
            return refused
        return response


class AnnounceView(Telling, CreateView):
    """Announce an interruption."""

    def save_instance(self) -> Interruption:
        """Through the service."""
        return services.announce(self.form.save(commit=False), self.request.user)


FIXED = ("scope", "procedure", "point", "planned", "starts_at")


class AmendView(Telling, EditView):
    """Words and expected end may change; what and from when stay as announced."""

    def get_form(self, *args: Any, **kwargs: Any) -> Any:
        """The form, with what stays as it is switched off."""
        form = super().get_form(*args, **kwargs)
        for name in FIXED:
            form.fields[name].disabled = True
        return form

    def save_instance(self) -> Interruption:
        """Through the service."""
        from ..services.interruptions import amend

        changed = {name: self.form.cleaned_data[name] for name in self.form.changed_data if name not in FIXED}
        return amend(self.object, changed, self.request.user) if changed else self.object


class InterruptionViewSet(SnippetViewSet):
    """What is not available."""

    model = Interruption
    icon = "warning"
    menu_label = gettext_lazy("Not available")
    menu_name = "portal-interruptions"
    add_view_class = AnnounceView
    edit_view_class = AmendView
    copy_view_enabled = False
    list_filter = ("scope", "planned")
    list_display = (
        Column("reason", label=gettext_lazy("Because"), accessor="__str__"),
        lists.column("starts_at", gettext_lazy("from"), "starts_at", "starts_at"),
        lists.column("ends_at", gettext_lazy("until"), "ends_at", "ends_at"), lists.column("planned", gettext_lazy("planned"), "planned"),
        lists.column("lifted_at", gettext_lazy("lifted"), "lifted_at", "lifted_at"),
    )  # fmt: skip
    panels = (
        FieldPanel("scope"),
        FieldRowPanel([FieldPanel("procedure", widget=ProcedureChooser), FieldPanel("point")]),
        FieldPanel("planned"),
        FieldRowPanel([FieldPanel("starts_at"), FieldPanel("ends_at")]),
        FieldRowPanel([FieldPanel("reason"), FieldPanel("reason_en")]),
        FieldRowPanel([FieldPanel("instead"), FieldPanel("instead_en")]),
    )

    @property
    def permission_policy(self) -> ModelPermissionPolicy:
        """Lifted, never deleted."""
        return Kept(self.model)


class PublicInformationGroup(SnippetViewSetGroup):
    """In the side menu."""

    items = (DutyViewSet, InterruptionViewSet)
    menu_label = gettext_lazy("Public information")
    menu_name = "public-information"
    menu_icon = "info-circle"
    menu_order = 150
    add_to_admin_menu = True
