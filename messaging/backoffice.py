"""Deliveries in the back office: what was sent to whom (masked), what failed and why in words, and once more. Staff of a unit see that
unit's only (A10)."""

from __future__ import annotations

from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.reports import ReportView
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.views.snippets import CreateView, EditView

from foundation.hours import day_clock
from foundation.registries import message_kinds
from organisation.models import Unit
from organisation.staff import units_of
from safeguards.models import Event

from . import services
from .enums import Channel, State
from .models import Message


def kind_choices() -> list[tuple[str, Any]]:
    """Every occasion, by its words."""
    return sorted(((kind.key, str(kind.label)) for kind in message_kinds), key=lambda pair: pair[1])


def units_in_sight(request: HttpRequest | None) -> QuerySet[Unit]:
    """The units that somebody's list can be narrowed to: their own."""
    units = units_of(request.user) if request is not None else set()
    return Unit.objects.all() if units is None else Unit.objects.filter(pk__in=units)


class DeliveryFilters(WagtailFilterSet):
    """By state, occasion, channel, unit and day."""

    state = django_filters.MultipleChoiceFilter(label=gettext_lazy("State"), choices=State.choices)
    kind = django_filters.ChoiceFilter(label=gettext_lazy("Occasion"), choices=kind_choices)
    channel = django_filters.ChoiceFilter(label=gettext_lazy("Channel"), choices=Channel.choices)
    unit = django_filters.ModelChoiceFilter(label=gettext_lazy("Unit"), queryset=units_in_sight)

    class Meta:
        model = Message
        fields: tuple[str, ...] = ()


def reason_of(message: Message) -> str:
    """Why it did not go, in words, with the other side's number."""
    if not message.reason:
        return ""
    words = str(message.get_reason_display())
    return f"{words} ({message.answer})" if message.answer else words


def url_of(message: Message) -> str:
    """Its page."""
    return reverse("messaging_backoffice:delivery", args=[message.pk])


def when(name: str) -> Any:
    """A moment by the local clock."""

    def text(message: Message) -> str:
        moment = getattr(message, name)
        return day_clock(moment)

    return text


class DeliveryList(ReportView):
    """Messages, the newest first, with how many stand in each state."""

    page_title = gettext_lazy("Deliveries")
    header_icon = "mail"
    index_url_name = "messaging_backoffice:deliveries"
    index_results_url_name = "messaging_backoffice:deliveries_results"
    results_template_name = "messaging/admin/deliveries_results.html"
    permission_policy = ModelPermissionPolicy(Message)
    any_permission_required = {"view"}
    model = Message
    filterset_class = DeliveryFilters
    default_ordering = "-pk"
    list_export: list[str] = []
    columns = [
        TitleColumn("kind", label=gettext_lazy("Occasion"), accessor="kind_label", get_url=url_of),
        Column("to", label=gettext_lazy("To"), accessor=lambda message: message.contact.masked),
        Column("channel", label=gettext_lazy("Channel"), accessor="get_channel_display"),
        Column("unit", label=gettext_lazy("Unit"), accessor=lambda message: message.unit or "–"),
        Column("state", label=gettext_lazy("State"), accessor="get_state_display"),
        Column("reason", label=gettext_lazy("Reason"), accessor=reason_of),
        Column("created_at", label=gettext_lazy("Made at"), accessor=when("created_at")),
        Column("next_try_at", label=gettext_lazy("Next try"), accessor=when("next_try_at")),
    ]

    def get_base_queryset(self) -> QuerySet[Message]:
        """The own units' only."""
        return Message.objects.in_sight_of(self.request.user).select_related("contact", "unit")

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """With the numbers by state, of all that is in sight."""
        counted = dict(Message.objects.in_sight_of(self.request.user).order_by().values_list("state").annotate(Count("pk")))
        url = reverse(self.index_url_name)
        counts = [(state.label, counted.get(state.value, 0), f"{url}?state={state.value}") for state in State]
        context: dict[str, Any] = {**super().get_context_data(*args, **kwargs), "counts": counts}
        return context


@never_cache
@require_http_methods(["GET", "POST"])
def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    """One message: where it stands and what happened to it; POST sends it again."""
    user: Any = request.user
    if not user.has_perm("messaging.view_message"):
        raise PermissionDenied
    message = get_object_or_404(Message.objects.in_sight_of(user).select_related("contact", "unit"), pk=pk)
    may_resend = user.has_perm("messaging.resend_message")
    if request.method == "POST":
        if not may_resend:
            raise PermissionDenied
        try:
            services.resend(message, user)
        except services.CannotResend:
            messages.error(request, _("This message cannot be sent again: it did not fail, or its text is not kept."))
        else:
            messages.success(request, _("It is sent again; look at its state in a minute."))
        return redirect(url_of(message))
    facts = [
        (_("To"), message.contact.masked), (_("Channel"), message.get_channel_display()), (_("Unit"), message.unit or "–"),
        (_("State"), message.get_state_display()), (_("Reason"), reason_of(message) or "–"), (_("Tries"), message.tries),
        (_("Made at"), when("created_at")(message)), (_("Next try"), when("next_try_at")(message) or "–"),
        (_("Sent or given up at"), when("done_at")(message) or "–"), (_("Of use until"), when("expires_at")(message)),
    ]  # fmt: skip
    past = Event.objects.filter(subject_type="messaging.message", subject_id=str(message.pk)).select_related("actor").order_by("pk")
    context = {
        "message": message, "facts": facts, "past": [(event.at, event.actor, _said(event)) for event in past],
        "may_resend": may_resend and message.state == State.FAILED and message.sealed, "page_title": message.kind_label,
        "page_subtitle": str(message.pk), "header_icon": "mail", "list_url": reverse("messaging_backoffice:deliveries"),
    }  # fmt: skip
    return render(request, "messaging/admin/delivery.html", context)


def _said(event: Event) -> str:
    """What an event of a message says."""
    if event.kind == "messaging.message_resent":
        return _("sent again by hand")
    state = event.kind.removeprefix("messaging.message_")
    return str(State(state).label) if state in State.values else event.kind


class TemplateEditView(EditView):
    """An editor's text, saved by the service; what that refuses stands in the form."""

    def save_instance(self) -> Any:
        """On record, in one transaction."""
        self.has_content_changes = self.form.has_changed()
        template = self.form.save(commit=False)
        return services.save_template(template, self.request.user) if self.has_content_changes else template


class QuietCreateView(CreateView):
    """Quiet hours from a day on, saved by the service."""

    def save_instance(self) -> Any:
        """On record, in one transaction."""
        return services.save_quiet_hours(self.form.save(commit=False), self.request.user)


class QuietEditView(EditView):
    """Quiet hours that are corrected, saved by the service."""

    def save_instance(self) -> Any:
        """On record, in one transaction."""
        self.has_content_changes = self.form.has_changed()
        row = self.form.save(commit=False)
        return services.save_quiet_hours(row, self.request.user) if self.has_content_changes else row
