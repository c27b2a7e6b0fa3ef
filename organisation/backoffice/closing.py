"""Closing a unit, and taking a closing back."""

from __future__ import annotations

from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from wagtail.admin import messages

from safeguards.models import User

from .. import services
from ..models import Unit
from .forms import CloseUnitForm


def may_close(user: Any) -> bool:
    """Whoever may add units may end them."""
    return bool(user.has_perm("organisation.add_unit") and user.has_perm("organisation.change_unit"))


def _actor(request: HttpRequest) -> User:
    return cast(User, request.user)  # the admin lets nobody in without an account


def list_url() -> str:
    """The list of units."""
    return reverse("wagtailsnippets_organisation_unit:list")


@require_http_methods(["GET", "POST"])
def close_unit(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the last day and the successors, then close."""
    if not may_close(request.user):
        raise PermissionDenied
    unit = get_object_or_404(Unit, pk=pk)
    form = CloseUnitForm(request.POST or None, unit=unit)
    if request.method == "POST" and form.is_valid():
        try:
            data = form.cleaned_data
            services.close_unit(unit, data["last_day"], list(data["successors"]), _actor(request), with_below=data["with_below"])
        except services.OrganisationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("%(unit)s ends on %(day)s.") % {"unit": unit.name, "day": f"{form.cleaned_data['last_day']:%d/%m/%Y}"})
            return redirect(list_url())
    return render(request, "organisation/admin/close_unit.html", {"unit": unit, "form": form, "page_title": _("Close a unit"), "header_icon": "home"})


@require_POST
def reopen_unit(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a closing made by mistake."""
    if not may_close(request.user):
        raise PermissionDenied
    unit = get_object_or_404(Unit, pk=pk)
    try:
        services.reopen_unit(unit, _actor(request))
    except services.OrganisationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request, _("%(unit)s goes on. Please check its service points and people: their end was not taken back.") % {"unit": unit.name}
        )
    return redirect(list_url())
