"""The import in the back office: upload, what would change, confirm, progress, report; export and example files beside it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from django.core.paginator import Paginator
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.timezone import localdate
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from wagtail.admin import messages
from wagtail.admin.auth import permission_required

from safeguards.limits import limited
from safeguards.services import record as record_event

from .. import exporting, exports
from ..backoffice import exports as large
from ..models import ExportRun, ImportRun
from .columns import FORM_FILES, PART_TABLES, VERSION
from .forms import UploadForm
from .jobs import confirm, folder, read_import
from .plan import CREATE, END, KEPT, REPLACE
from .report import ACTIONS, NOTES, Report
from .service import NotReady, may_not_approve

EXAMPLES = {"csv": "procedures.zip", "xlsx": "procedures.xlsx", "json": "procedures.json"}
EXAMPLE_FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "examples"
MAY_IMPORT = "procedures_catalog.import_catalogue"
MAY_EXPORT = "procedures_catalog.export_catalogue"
WAITING = [ImportRun.Step.UPLOADED, ImportRun.Step.RUNNING]
PAGE = 50


def _user(request: HttpRequest) -> Any:
    """Whoever is signed in: these pages let nobody else in."""
    return request.user


def _may_either(request: HttpRequest) -> bool:
    return any(_user(request).has_perm(permission) for permission in (MAY_IMPORT, MAY_EXPORT))


@never_cache
@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Upload a file; past runs; export; example files."""
    if not _may_either(request):
        return redirect("wagtailadmin_home")
    may_import = _user(request).has_perm(MAY_IMPORT)
    form = UploadForm()
    if request.method == "POST":
        if not may_import:
            return redirect("wagtailadmin_home")
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            run = _start(request, form)
            return redirect("procedures_catalog_importing:run", run.pk)
    runs = Paginator(ImportRun.objects.select_related("actor").defer("report"), 20).get_page(request.GET.get("p"))
    context = {
        "page_title": _("Import and export"), "header_icon": "download", "form": form, "runs": runs, "may_import": may_import,
        "may_export": _user(request).has_perm(MAY_EXPORT), "examples": EXAMPLES, "formats": list(exporting.CONTENT_TYPES),
        "made": large.shown_to(_user(request)),
    }  # fmt: skip
    return TemplateResponse(request, "procedures_catalog/importing/index.html", context, status=422 if form.errors else 200)


def _start(request: HttpRequest, form: UploadForm) -> ImportRun:
    upload = form.cleaned_data["file"]
    name = secrets.token_urlsafe(24)
    with (folder() / name).open("xb") as out:
        for block in upload.chunks():
            out.write(block)
    with transaction.atomic():
        run = ImportRun.objects.create(
            file=name, file_name=upload.name[:300], actor=_user(request),
            options={"draft": form.cleaned_data["draft"], "language": get_language()},
        )  # fmt: skip
        record_event("procedures_catalog.import_uploaded", run, actor=_user(request), payload={"size": upload.size})
        read_import.defer(run_id=run.pk)
    return run


@never_cache
@permission_required(MAY_IMPORT)
@require_GET
def run_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One run: progress while it works, the difference to confirm, the report. htmx asks for the changing part alone."""
    run = get_object_or_404(ImportRun.objects.select_related("actor", "approver"), pk=pk)
    context = _context(request, run)
    if request.headers.get("HX-Request"):
        response = TemplateResponse(request, "procedures_catalog/importing/parts/progress.html", context)
        if run.step not in WAITING:
            response["HX-Refresh"] = "true"  # the whole page shows what came of it
        return response
    return TemplateResponse(request, "procedures_catalog/importing/run.html", context)


def _context(request: HttpRequest, run: ImportRun) -> dict[str, Any]:
    report = Report.from_dict(run.report) if run.report else Report(file=run.file_name)
    lines = [line for line in report.lines if line.action in {CREATE, REPLACE, END, KEPT}]
    page = Paginator(lines, PAGE).get_page(request.GET.get("p"))
    labels = {column.name: column.field.verbose_name if column.field is not None else column.name for column in VERSION.columns}
    labels |= {name: table.model._meta.verbose_name_plural for name, table in PART_TABLES.items()} | {FORM_FILES.name: _("files of forms")}
    for line in page:
        line.told = "; ".join(part for part in (line.reason, line.words(), report.missing_words(line)) if part)  # type: ignore[attr-defined]
        line.label = ACTIONS[line.action]  # type: ignore[attr-defined]
        for change in line.changes:
            change["label"] = labels.get(change["part"], change["part"])
    return {
        "page_title": run.file_name, "page_subtitle": run.get_step_display(), "header_icon": "download", "run": run, "report": report, "lines": page,
        "waiting": run.step in WAITING, "percent": 100 * run.progress // run.total if run.total else None,
        "counts": [(label, report.counts[action]) for action, label in ACTIONS.items() if report.counts[action]],
        "readings": [(label, report.readings[code]) for code, label in NOTES.items() if report.readings[code]],
        "read": [
            (label, report.readings[f"{name}.read"], report.readings[name])
            for name, label in (("limits", _("time limits")), ("fees", _("fees")), ("papers", _("papers")))
            if report.readings[name]
        ],
        "references": [
            (PART_NAMES.get(name, name), counts["new"], counts["changed"]) for name, counts in report.references.items() if any(counts.values())
        ],
        "problems": report.problems[:200], "more_problems": max(0, report.problem_count - 200),
        "confirmable": run.step == ImportRun.Step.PREVIEWED and report.changed() + report.ended + _reference_changes(report) > 0,
        "drafts": bool(run.options.get("draft")), "obstacle": may_not_approve(_user(request), run.actor),
    }  # fmt: skip


PART_NAMES = {"fields": gettext_lazy("fields"), "decisions": gettext_lazy("decisions"), "legal_documents": gettext_lazy("legal documents")}


def _reference_changes(report: Report) -> int:
    return sum(sum(counts.values()) for counts in report.references.values())


@permission_required(MAY_IMPORT)
@require_POST
def confirm_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Start the import that was previewed."""
    run = get_object_or_404(ImportRun, pk=pk)
    report = Report.from_dict(run.report) if run.report else Report()
    skip = bool(request.POST.get("skip_bad_rows"))
    publishes = not run.options.get("draft") and "as_drafts" not in request.POST
    if report.problem_count and not skip:
        messages.error(request, _("The file has problems. Correct it, or say that only the good records are to be taken."))
    else:
        # the author stays who uploaded; who confirms a publication is its approver
        try:
            if not confirm(run, skip_bad_rows=skip, approver=_user(request) if publishes else None):
                messages.warning(request, _("This import has been started already."))
        except NotReady as error:
            messages.error(request, str(error))
    return redirect("procedures_catalog_importing:run", pk)


@permission_required(MAY_IMPORT)
@require_GET
def report_file(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The report as CSV."""
    run = get_object_or_404(ImportRun, pk=pk)
    if not run.report:
        raise Http404
    response = StreamingHttpResponse(Report.from_dict(run.report).as_csv(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{run.pk}.csv"'
    return response


@permission_required(MAY_EXPORT)
@require_POST
@limited("export", "account")
def export_file(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The whole catalogue as a file, or its making begun when it is a large one. A POST: it is logged, and no link can start it."""
    if kind not in exporting.CONTENT_TYPES:
        raise Http404
    rows = exporting.row_count()
    if exports.is_large(rows):
        run = exports.ask(ExportRun.What.CATALOGUE, kind, user=_user(request), rows=rows)
        return redirect("procedures_catalog_importing:export_run", run.pk)
    with transaction.atomic():
        record_event("procedures_catalog.exported", _user(request), actor=_user(request), payload={"kind": kind, "rows": rows})
    name = f"thu-tuc-{localdate():%Y-%m-%d}{exporting.SUFFIXES[kind]}"
    if kind in {"json", "jsonl"}:
        lines = exporting.stream(kind)
        response: HttpResponseBase = StreamingHttpResponse(lines, content_type=exporting.CONTENT_TYPES[kind])
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
    out = TemporaryFile("w+b")  # noqa: SIM115  # the response closes it
    exporting.export(out, kind)
    out.seek(0)
    return FileResponse(out, as_attachment=True, filename=name, content_type=exporting.CONTENT_TYPES[kind])


@require_GET
def example_file(request: HttpRequest, kind: str) -> HttpResponseBase:
    """An example of a file: one procedure."""
    if not _may_either(request):
        return redirect("wagtailadmin_home")
    file = EXAMPLE_FOLDER / EXAMPLES.get(kind, "-")
    if kind not in EXAMPLES or not file.is_file():
        raise Http404
    return FileResponse(file.open("rb"), as_attachment=True, filename=file.name, content_type=exporting.CONTENT_TYPES[kind])


def urls() -> Iterator[Any]:
    """Addresses under /admin/import/."""
    yield path("", index, name="index")
    yield path("<int:pk>/", run_page, name="run")
    yield path("<int:pk>/confirm/", confirm_run, name="confirm")
    yield path("<int:pk>/report.csv", report_file, name="report")
    yield from large.urls()
    yield path("export/<slug:kind>/", export_file, name="export")
    yield path("example/<slug:kind>/", example_file, name="example")
