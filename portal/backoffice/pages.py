"""Small pages of the back office: links to drafts, a duty looked at again, an interruption lifted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST
from wagtail.admin import messages
from wagtail.models import Page

from organisation.models import today
from procedures_catalog.models import ProcedureVersion

from .. import services
from ..models import DisclosureItem, Interruption, PreviewLink
from ..services.preview_links import DAYS, LONGEST, may_share, token

SHARED = {"page": Page, "version": ProcedureVersion, "duty": DisclosureItem}


class ShareForm(forms.Form):
    """For how long."""

    days = forms.IntegerField(label=gettext_lazy("Days until it ends"), min_value=1, max_value=LONGEST, initial=DAYS)


def _content(kind: str, pk: int) -> Any:
    model = SHARED.get(kind)
    if model is None:
        raise Http404
    found = get_object_or_404(model, pk=pk)
    return found.specific if isinstance(found, Page) else found


@require_http_methods(["GET", "POST"])
def share(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Make a link to the latest draft; those that live, with a way to take each back."""
    content = _content(kind, pk)
    if not may_share(content, request.user):
        raise PermissionDenied
    form = ShareForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.make_link(content, request.user, form.cleaned_data["days"])  # type: ignore[arg-type]
        except services.ContentError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The link is made. Whoever has it can read this draft, so give it to nobody else."))
            return redirect("portal_backoffice:share", kind, pk)
    rows = PreviewLink.objects.filter(revision__object_id=str(content.pk), revision__base_content_type=content.get_base_content_type())
    links = [
        {"link": link, "url": settings.WAGTAILADMIN_BASE_URL + _public(token(link)), "lives": link.revoked_at is None}
        for link in rows.select_related("made_by", "revoked_by")[:50]
    ]  # fmt: skip
    context = {
        "form": form, "links": links, "content": content, "kind": kind, "page_title": _("Share the draft"), "header_icon": "link",
        "now_latest": content.latest_revision_id,
    }  # fmt: skip
    return render(request, "portal/admin/share.html", context)


def _public(text: str) -> str:
    from django.utils import translation

    with translation.override(settings.LANGUAGE_CODE):
        return reverse("portal:preview", args=[text])


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a link back."""
    link = get_object_or_404(PreviewLink.objects.select_related("revision"), pk=pk)
    try:
        services.revoke_link(link, request.user)  # type: ignore[arg-type]
    except services.ContentError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The link leads nowhere any more."))
    content = link.revision.content_object
    kinds = [kind for kind, model in SHARED.items() if isinstance(content, model)]
    return redirect("portal_backoffice:share", kinds[0], content.pk) if kinds else redirect("wagtailadmin_home")


@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a public duty was looked at again and stands."""
    if not request.user.has_perm("portal.change_disclosureitem"):
        raise PermissionDenied
    item = get_object_or_404(DisclosureItem.objects.select_related("unit"), pk=pk)
    if request.method == "POST":
        try:
            services.review(item, request.user)  # type: ignore[arg-type]
        except services.ContentError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("On record: looked at again today."))
        return redirect("portal_backoffice:duties_report")
    context = {"item": item, "page_title": _("Looked at again"), "header_icon": "check", "day": today()}
    return render(request, "portal/admin/review.html", context)


@require_http_methods(["GET", "POST"])
def lift(request: HttpRequest, pk: int) -> HttpResponse:
    """It is available again."""
    if not request.user.has_perm("portal.change_interruption"):
        raise PermissionDenied
    row = get_object_or_404(Interruption.objects.select_related("procedure", "point"), pk=pk)
    if request.method == "POST":
        try:
            services.lift(row, request.user)  # type: ignore[arg-type]
        except services.ContentError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("It is available again; the pages say so no more."))
        return redirect("wagtailsnippets_portal_interruption:list")
    return render(request, "portal/admin/lift.html", {"row": row, "page_title": _("Lift"), "header_icon": "check"})
