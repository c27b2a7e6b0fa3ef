"""What messaging adds to Wagtail's back office."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path, reverse
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin import messages
from wagtail.snippets.models import register_snippet

from . import backoffice
from .models import QuietHours, Template
from .viewsets import MessagesGroup

register_snippet(MessagesGroup)


@hooks.register("register_admin_urls")
def register_urls() -> list[Any]:
    """Our own pages of the back office."""
    own = [
        path("deliveries/", backoffice.DeliveryList.as_view(), name="deliveries"),
        path("deliveries/results/", backoffice.DeliveryList.as_view(results_only=True), name="deliveries_results"),
        path("deliveries/<int:pk>/", backoffice.delivery, name="delivery"),
    ]
    return [path("messaging/", include((own, "messaging_backoffice"), namespace="messaging_backoffice"))]


@hooks.register("before_bulk_action")
def texts_are_kept(request: HttpRequest, action_type: str, objects: list[Any], action: Any) -> HttpResponse | None:
    """Each kind of message keeps its texts, many at once too."""
    if action_type == "delete" and action.model is Template:
        messages.error(request, _("The texts of messages are not deleted. Switch off the ones that should not be sent."))
        return redirect(reverse("wagtailsnippets_messaging_template:list"))
    if action_type == "delete" and action.model is QuietHours:
        messages.error(request, _("What was in force is not deleted. Add a newer row instead."))
        return redirect(reverse("wagtailsnippets_messaging_quiethours:list"))
    return None
