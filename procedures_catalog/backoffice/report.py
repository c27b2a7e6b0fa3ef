"""Completeness of the whole catalogue in force: its share, what is missing where, expired legal bases, reviews overdue, and
publication deadlines missed. As a list with filters, CSV and XLSX."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import django_filters  # type: ignore[import-untyped]  # no stubs are published for it
from django import forms
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.reports import ReportView
from wagtail.permissions import ModelPermissionPolicy

from organisation.models import Field, today

from .. import exports
from ..completeness import LABELS, labels, note_labels, notes
from ..deadlines import deadlines
from ..models import LegalBasisRow, ProcedureVersion
from ..record import records_by_id
from .choosers import FieldChooser
from .columns import MINOR, MissingColumn
from .versions import edit_url


def expired_bases() -> QuerySet[LegalBasisRow]:
    """Legal bases that have stopped being in force by today."""
    return LegalBasisRow.objects.filter(document__valid_to__lt=today())


def overdue_review() -> Q:
    """Past the day by which the procedure was to be looked at again."""
    return Q(procedure__review_on__lt=today())


class ReportFilters(WagtailFilterSet):
    """What the report is narrowed by."""

    shows = django_filters.ChoiceFilter(
        label=gettext_lazy("Show"), method="by_trouble", widget=forms.RadioSelect, empty_label=gettext_lazy("Everything that needs work"),
        choices=[
            ("incomplete", gettext_lazy("Something missing")),
            ("expired", gettext_lazy("Legal basis expired")),
            ("review", gettext_lazy("Review overdue")),
            ("notes", gettext_lazy("Worth a look")),
            ("all", gettext_lazy("The whole catalogue")),
        ],
    )  # fmt: skip
    part = django_filters.ChoiceFilter(label=gettext_lazy("Missing part"), choices=list(LABELS.items()), method="by_part")
    field = django_filters.ModelChoiceFilter(label=gettext_lazy("Field"), queryset=Field.objects.all(), widget=FieldChooser)

    class Meta:
        model = ProcedureVersion
        fields: list[str] = []

    def by_trouble(self, versions: Any, name: str, value: str) -> Any:
        """One kind of trouble."""
        if value == "notes":
            return versions.filter(pk__in=[pk for pk, told in notes_of(versions.values_list("pk", flat=True)).items() if told])
        return {
            "incomplete": versions.exclude(missing=[]),
            "expired": versions.filter(has_expired=True),
            "review": versions.filter(overdue_review()),
        }.get(value, versions)

    def by_part(self, versions: Any, name: str, value: str) -> Any:
        """Records that lack one part."""
        return versions.filter(missing__contains=[value]) if value else versions

    def filter_queryset(self, queryset: Any) -> Any:
        """Without a choice: all that needs work."""
        found = super().filter_queryset(queryset)
        if not self.form.cleaned_data.get("shows"):
            found = found.filter(~Q(missing=[]) | Q(has_expired=True) | overdue_review())
        return found


class ExpiredColumn(Column):
    """Expired legal bases and a review overdue."""

    cell_template_name = "procedures_catalog/admin/cells/expired.html"

    def get_cell_context_data(self, instance: Any, parent_context: Any) -> dict[str, Any]:
        """Their numbers."""
        context: dict[str, Any] = super().get_cell_context_data(instance, parent_context)
        context["documents"] = [row.document for row in instance.ended_bases]
        review = instance.procedure.review_on
        context["review"] = review if review and review < today() else None
        return context


def expired_text(version: Any) -> str:
    """Expired legal bases for files."""
    return "; ".join(row.document.number for row in version.ended_bases)


def missing_text(version: Any) -> str:
    """Missing parts for files."""
    return "; ".join(labels(version.missing))


def notes_of(ids: Iterable[int]) -> dict[int, list[str]]:
    """The notes on versions, by their keys."""
    return {pk: notes(record) for pk, record in records_by_id(list(ids))}


class CompletenessReport(ReportView):
    """The report."""

    page_title = gettext_lazy("Completeness of the catalogue")
    header_icon = "clipboard-list"
    index_url_name = "procedures_catalog_backoffice:completeness_report"
    index_results_url_name = "procedures_catalog_backoffice:completeness_report_results"
    template_name = "procedures_catalog/admin/report.html"
    permission_policy = ModelPermissionPolicy(ProcedureVersion)
    any_permission_required = ["add", "change", "publish", "view"]
    filterset_class = ReportFilters
    default_ordering = "procedure__code"
    model = ProcedureVersion
    list_export = [
        "procedure.code",
        "name",
        "field.name",
        "valid_from",
        "decision.number",
        "missing",
        "notes",
        "expired",
        "procedure.review_on",
        "late",
    ]
    export_headings = {
        "procedure.code": gettext_lazy("Code"), "name": gettext_lazy("Name"), "field.name": gettext_lazy("Field"),
        "valid_from": gettext_lazy("In force from"), "decision.number": gettext_lazy("Decision"), "missing": gettext_lazy("Missing"),
        "notes": gettext_lazy("Worth a look"),
        "expired": gettext_lazy("Expired legal bases"), "procedure.review_on": gettext_lazy("Review by"), "late": gettext_lazy("Published late"),
    }  # fmt: skip

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page; a file of more rows than one request makes is asked for on a page of its own."""
        if self.is_export and exports.is_large(self.get_filtered_queryset().count()):
            address = reverse("procedures_catalog_importing:ask_report", args=[request.GET["export"]])
            return redirect(f"{address}?{request.GET.urlencode()}")
        answer: HttpResponse = super().get(request, *args, **kwargs)
        return answer

    def get_filename(self) -> str:
        """The name of the file."""
        return f"do-day-du-{today().isoformat()}"

    def get_queryset(self) -> QuerySet[ProcedureVersion]:
        """The records in force, with what is wrong with their legal bases."""
        expired = expired_bases().filter(version=OuterRef("pk"))
        return (
            ProcedureVersion.objects.in_force()
            .select_related("procedure", "field", "decision")
            .annotate(has_expired=Exists(expired))
            .prefetch_related(Prefetch("legal_bases", queryset=expired_bases().select_related("document"), to_attr="ended_bases"))
            .defer("source_text", "import_notes", "description")
            .order_by("procedure__code", "pk")
        )

    @cached_property
    def columns(self) -> list[Any]:
        """What each row shows."""
        return [
            TitleColumn("name", label=_("Procedure"), accessor=str, get_url=edit_url),
            Column("field", label=_("Field"), accessor="field", width="16%", classname=MINOR),
            MissingColumn("missing", label=_("Missing"), width="22%"),
            Column(
                "notes",
                label=_("Worth a look"),
                accessor=lambda version: "; ".join(note_labels(self.page_notes[version.pk])),
                width="16%",
                classname=MINOR,
            ),
            ExpiredColumn("expired", label=_("Expired or overdue"), width="16%"),
        ]

    def get_table(self, object_list: Any) -> Any:
        """The rows, with the notes on those of this page."""
        self.page_notes = notes_of(version.pk for version in object_list)
        return super().get_table(object_list)

    @cached_property
    def all_notes(self) -> dict[int, list[str]]:
        """The notes on the whole catalogue, for files."""
        return notes_of(ProcedureVersion.objects.in_force().values_list("pk", flat=True))

    def late_text(self, version: Any) -> str:
        """The missed deadlines of the version's decision, for files."""
        if version.decision is None:
            return ""
        from organisation.services import calendar_for

        if not hasattr(self, "_late"):
            self._late: dict[int, str] = {}
            self._calendar = calendar_for(None)
        if version.decision_id not in self._late:
            found = deadlines(version.decision, today(), self._calendar.add_working_days)
            self._late[version.decision_id] = "; ".join(
                _("%(what)s: %(days)s days late") % {"what": deadline.what, "days": deadline.late_days} for deadline in found if deadline.is_late
            )
        return self._late[version.decision_id]

    def to_row_dict(self, item: Any) -> dict[str, Any]:
        """A row of a file; every exporting view escapes what a spreadsheet would take for a formula (portal.spreadsheets)."""
        return {
            "procedure.code": item.procedure.code, "name": item.name, "field.name": item.field.name if item.field else "",
            "valid_from": item.valid_from, "decision.number": item.decision.number if item.decision else "", "missing": missing_text(item),
            "notes": "; ".join(note_labels(self.all_notes[item.pk])),
            "expired": expired_text(item), "procedure.review_on": item.procedure.review_on, "late": self.late_text(item),
        }  # fmt: skip

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the share of the whole catalogue."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        in_force = ProcedureVersion.objects.in_force()
        rows = list(in_force.values_list("missing", flat=True))
        total, complete = len(rows), sum(not missing for missing in rows)
        parts = Counter(code for missing in rows for code in missing)
        context["total"] = total
        context["complete"] = complete
        context["share"] = round(100 * complete / total, 1) if total else None
        context["parts"] = [
            {"code": code, "label": labels([code])[0], "count": count, "share": round(100 * count / total, 1)} for code, count in parts.most_common()
        ]
        context["expired_count"] = in_force.filter(Exists(expired_bases().filter(version=OuterRef("pk")))).count()
        context["review_count"] = in_force.filter(overdue_review()).count()
        context["report_url"] = reverse(self.index_url_name)
        return context
