"""Pages of the back office beside the lists: withdraw a plan, import and export plans and lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods
from wagtail.admin import messages
from wagtail.admin.widgets import AdminDateInput

from organisation.models import today
from safeguards.limits import limited

from . import files, services
from .enums import PlanEnd
from .importing import KINDS, read
from .importing.resources import MAX_BYTES, MAX_ROWS
from .models import PlannedLevel, PostingEntry

MODELS = {"roadmap": "plannedlevel", "posting": "postinglist"}
TITLES = {"roadmap": gettext_lazy("Import planned levels"), "posting": gettext_lazy("Import lists of procedures to publish")}
WORDS = {
    "unit": gettext_lazy("code of the unit"), "procedure": gettext_lazy("national code of the procedure"),
    "year": gettext_lazy("by the end of which year"), "scheme": gettext_lazy("online, legacy or proactive"),
    "level": gettext_lazy("full, partial, information; or 1 to 4"), "basis": gettext_lazy("decision that plans it"),
    "decided_on": gettext_lazy("day of that decision"), "source": gettext_lazy("decision or list that binds it"),
    "valid_from": gettext_lazy("the day from which the list binds"), "code": gettext_lazy("national code of the procedure"),
    "name": gettext_lazy("its name"),
}  # fmt: skip


def _user(request: HttpRequest) -> Any:
    return request.user


class WithdrawForm(forms.Form):
    """Which decision, of which day."""

    basis = forms.CharField(label=gettext_lazy("Decision that withdraws it"), max_length=300)
    on = forms.DateField(label=gettext_lazy("Decided on"), widget=AdminDateInput, initial=today)


@never_cache
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """End a plan without another in its place."""
    if not _user(request).has_perm("transparency.change_plannedlevel"):
        raise PermissionDenied
    plan = get_object_or_404(PlannedLevel.objects.select_related("procedure", "unit"), pk=pk)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.withdraw_plan(plan, form.cleaned_data["basis"], form.cleaned_data["on"], _user(request))
        except ValidationError as error:
            form.add_error(None, " ".join(error.messages))
        else:
            messages.success(request, _("The plan is withdrawn; it stays on the page as such."))
            return redirect("wagtailsnippets_transparency_plannedlevel:list")
    context = {"plan": plan, "form": form, "page_title": _("Withdraw a plan"), "header_icon": "cross"}
    return TemplateResponse(request, "transparency/admin/withdraw.html", context, status=422 if form.errors else 200)


class FileForm(forms.Form):
    """A CSV file, and whether it is only to be checked."""

    file = forms.FileField(label=gettext_lazy("File (CSV, UTF-8)"), widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}))
    check_only = forms.BooleanField(label=gettext_lazy("Only check it: say what would change, change nothing"), required=False, initial=True)

    def clean_file(self) -> Any:
        """Refused by its size before it is read."""
        upload = self.cleaned_data["file"]
        if upload.size > MAX_BYTES:
            raise ValidationError(_("A file has %(most)s MB at most.") % {"most": MAX_BYTES // 1024 // 1024})
        return upload


@never_cache
@require_http_methods(["GET", "POST"])
def import_file(request: HttpRequest, kind: str) -> HttpResponse:
    """Check or take a file; every bad row and column is named, and with one of them nothing changes."""
    if kind not in KINDS:
        raise Http404
    if not _user(request).has_perm(f"transparency.import_{MODELS[kind]}"):
        raise PermissionDenied
    form = FileForm(request.POST or None, request.FILES or None)
    report, checked = None, False
    if request.method == "POST" and form.is_valid():
        checked = form.cleaned_data["check_only"]
        report = read(kind, form.cleaned_data["file"].read(), _user(request), dry_run=checked)
        if not report.problems and not checked:
            messages.success(request, _("The file is taken."))
    context = {
        "form": form, "report": report, "checked": checked, "page_title": TITLES[kind], "header_icon": "download",
        "columns": [(name, WORDS[name]) for name in KINDS[kind].header], "most_rows": MAX_ROWS,
        "export_url": reverse("transparency_backoffice:export", args=[kind]),
        "list_url": reverse(f"wagtailsnippets_transparency_{MODELS[kind]}:list"),
    }  # fmt: skip
    return TemplateResponse(request, "transparency/admin/import.html", context, status=422 if form.errors or (report and report.problems) else 200)


def plan_rows() -> Iterator[dict[str, Any]]:
    """Every plan, the former ones too, as import reads them."""
    plans = PlannedLevel.objects.select_related("procedure", "unit").order_by("year", "procedure__code", "unit__code", "scheme", "decided_on", "id")
    for plan in plans.iterator(chunk_size=2000):
        withdrawn = plan.end_kind == PlanEnd.WITHDRAWN
        yield {
            "procedure": plan.procedure.code, "unit": plan.unit.code, "year": plan.year, "scheme": plan.scheme, "level": plan.level,
            "basis": plan.basis, "decided_on": plan.decided_on, "ended_on": plan.ended_on if withdrawn else None,
            "end_basis": plan.end_basis if withdrawn else "", "state": plan.end_kind,
        }  # fmt: skip


def list_rows() -> Iterator[dict[str, Any]]:
    """Every line of every list that stands, as import reads them."""
    entries = PostingEntry.objects.filter(posting_list__superseded_at=None).select_related("posting_list__unit")
    for entry in entries.order_by("posting_list__unit__code", "posting_list__valid_from", "code").iterator(chunk_size=2000):
        yield {
            "unit": entry.posting_list.unit.code, "source": entry.posting_list.source, "valid_from": entry.posting_list.valid_from,
            "code": entry.code, "name": entry.name,
        }  # fmt: skip


ROWS = {"roadmap": plan_rows, "posting": list_rows}


@never_cache
@require_GET
@limited("export", "account")
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The same as a file that import takes back without a change."""
    if kind not in KINDS:
        raise Http404
    if not _user(request).has_perm(f"transparency.view_{MODELS[kind]}"):
        raise PermissionDenied
    resource = KINDS[kind]
    return files.csv_response(f"{kind}-{today()}", (*resource.header, *resource.optional), ROWS[kind]())
