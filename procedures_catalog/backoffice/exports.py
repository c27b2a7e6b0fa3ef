"""Large exports as the back office shows them: asking, waiting, the link to the finished file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from safeguards.limits import refusal

from .. import exports
from ..models import ExportRun
from .report import CompletenessReport

SHOWN = 20


def shown_to(user: Any) -> Any:
    """The exports that a user may fetch, the latest first."""
    runs = ExportRun.objects.select_related("actor")
    return (runs if user.has_perm(exports.SEE_ALL) else runs.filter(actor=user))[:SHOWN]


def _run_for(request: HttpRequest, pk: int) -> ExportRun:
    """Somebody else's export is not there."""
    run = get_object_or_404(ExportRun.objects.select_related("actor"), pk=pk)
    if not exports.may_fetch(request.user, run):
        raise Http404
    return run


@never_cache
@require_http_methods(["GET", "POST"])
def ask_report(request: HttpRequest, kind: str) -> HttpResponse:
    """A report of more rows than one request makes: the address says which rows, a button has it made."""
    if kind not in exports.SUFFIXES[ExportRun.What.REPORT]:
        raise Http404
    if not exports.may_ask(request.user, ExportRun.What.REPORT):
        raise PermissionDenied
    filters = QueryDict(request.GET.urlencode(), mutable=True)
    filters.pop("export", None)
    view: Any = CompletenessReport()
    view.setup(request)
    rows = view.get_filtered_queryset().count()
    if request.method == "POST":
        refused = refusal(request, "export", "account")
        if refused is not None:
            return refused
        user: Any = request.user
        run = exports.ask(ExportRun.What.REPORT, kind, user=user, rows=rows, query=filters.urlencode()[:2000])
        return redirect("procedures_catalog_importing:export_run", run.pk)
    context = {
        "page_title": _("A large file"), "header_icon": "download", "rows": rows, "kind": kind, "filters": filters.urlencode(),
        "days": exports.KEPT_DAYS, "back": f"{reverse(CompletenessReport.index_url_name)}?{filters.urlencode()}",
    }  # fmt: skip
    return TemplateResponse(request, "procedures_catalog/importing/ask_report.html", context)


@never_cache
@require_GET
def export_page(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the file is, then the link to it. htmx asks for the changing part alone."""
    run = _run_for(request, pk)
    waiting = run.step in exports.OPEN
    context = {
        "page_title": run.get_what_display(), "page_subtitle": run.kind.upper(), "header_icon": "download", "run": run, "waiting": waiting,
        "percent": min(99, 100 * run.progress // run.rows) if run.rows else None, "there": exports.is_there(run),
        "file_name": exports.file_name(run), "may_index": any(map(request.user.has_perm, INDEX)),
    }  # fmt: skip
    if request.headers.get("HX-Request"):
        response = TemplateResponse(request, "procedures_catalog/importing/parts/export_progress.html", context)
        if not waiting:
            response["HX-Refresh"] = "true"  # the whole page shows what came of it
        return response
    return TemplateResponse(request, "procedures_catalog/importing/export_run.html", context)


INDEX = ("procedures_catalog.import_catalogue", "procedures_catalog.export_catalogue")


@never_cache
@require_GET
def export_fetch(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The finished file; 410 when its time is over."""
    run = _run_for(request, pk)
    if run.step in exports.OPEN or run.step == ExportRun.Step.FAILED:
        raise Http404
    if not exports.is_there(run):
        said = _("This file has been deleted, its time is over. Ask for a new one.")
        return HttpResponse(said, status=410, content_type="text/plain; charset=utf-8")
    opened = exports.path_of(run).open("rb")
    return FileResponse(opened, as_attachment=True, filename=exports.file_name(run), content_type=exports.TYPES[run.what][run.kind])


def urls() -> Iterator[Any]:
    """Addresses under /admin/import/."""
    yield path("exports/report/<slug:kind>/", ask_report, name="ask_report")
    yield path("exports/<int:pk>/", export_page, name="export_run")
    yield path("exports/<int:pk>/file/", export_fetch, name="export_fetch")
