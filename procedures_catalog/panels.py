"""The editor of a version: its fields and parts in the order in which an editor reads a decision, with what each is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, InlinePanel, MultiFieldPanel, ObjectList, Panel, TabbedInterface

from .backoffice.choosers import DecisionChooser, FieldChooser, LegalDocumentChooser, ProcedureChooser, UnitChooser
from .completeness import labels, missing_parts, note_labels, notes, process_hours
from .facts import number
from .forms import VersionForm

# Where the editor finds what is missing: the id of a field, or of the hidden count of a part's rows.
PLACES = {
    "name": "id_name", "steps": "id_steps-TOTAL_FORMS", "methods": "id_methods-TOTAL_FORMS", "papers": "id_papers-TOTAL_FORMS", "sets": "id_sets",
    "time_limit": "id_methods-TOTAL_FORMS", "subjects": "id_subjects", "agency": "id_agencies-TOTAL_FORMS", "form_name": "id_forms-TOTAL_FORMS",
    "form_file": "id_forms-TOTAL_FORMS", "fee_amount": "id_fees-TOTAL_FORMS", "fee_basis": "id_fees-TOTAL_FORMS",
    "legal_bases": "id_legal_bases-TOTAL_FORMS", "decision": "id_decision", "code": "id_procedure", "field": "id_field", "level": "id_levels",
    "service_level": "id_online_level", "partial_reason": "id_partial_reason", "effective_from": "id_valid_from", "end_decision": "id_decision",
}  # fmt: skip


def missing_with_places(codes: Sequence[str]) -> list[dict[str, str]]:
    """What is missing in words, each with the id of the place in the form to go to."""
    return [{"label": text, "place": PLACES.get(code, "")} for code, text in zip(codes, labels(codes), strict=True)]


NOTE_PLACES = {"process_sum": "id_process-TOTAL_FORMS", "form_file": "id_forms-TOTAL_FORMS"}


def completeness_of(record: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """What the list of the panel shows of a record: what is missing, and what is only worth a look."""
    told = notes(record)
    return {
        "missing": missing_with_places(missing_parts(record)),
        "notes": [{"label": text, "place": NOTE_PLACES[code]} for code, text in zip(told, note_labels(told), strict=True)],
    }


class CompletenessPanel(Panel):
    """What the record still lacks, said on opening, after each save, and (with JavaScript) while writing."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "procedures_catalog/admin/panels/completeness.html"

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            """The missing parts of the version as it is in the form."""
            from .services.revisions import record_in_memory

            context: dict[str, Any] = super().get_context_data(parent_context)
            version = self.instance
            context["is_new"] = version.pk is None
            context |= completeness_of(record_in_memory(version)) if version.procedure_id else {"missing": None}
            context["check_url"] = (
                reverse("wagtailsnippets_procedures_catalog_procedureversion:completeness", args=[version.pk])
                if version.pk
                else reverse("wagtailsnippets_procedures_catalog_procedureversion:completeness_new")
            )
            return context


class NotesPanel(Panel):
    """What editors have said to each other about the version."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "procedures_catalog/admin/panels/notes.html"

        def is_shown(self) -> bool:
            """A version not yet saved has no notes."""
            return bool(self.instance.pk)

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            """The thread and where to add to it."""
            context: dict[str, Any] = super().get_context_data(parent_context)
            context["notes"] = list(self.instance.notes.select_related("author")[:20])
            context["notes_url"] = reverse("procedures_catalog_backoffice:notes", args=[self.instance.pk])
            return context


class ProcessSumPanel(Panel):
    """The hours of the internal process together, and beside them that no time limit is as long, for whoever approves it."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "procedures_catalog/admin/panels/process_sum.html"

        def is_shown(self) -> bool:
            """Only where there is a process, as it was saved last."""
            return bool(self.instance.process.all())

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            """The sum, and the note that completeness has on it."""
            from .services.revisions import record_in_memory

            context: dict[str, Any] = super().get_context_data(parent_context)
            record = record_in_memory(self.instance)
            context["hours"] = number(process_hours(record))
            context["differs"] = note_labels([code for code in notes(record) if code == "process_sum"])
            return context


class SourcePanel(Panel):
    """The source's own words, where the import could not read them into structure."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "procedures_catalog/admin/panels/source.html"

        def is_shown(self) -> bool:
            """Only for imported records."""
            return bool(self.instance.source_text or self.instance.import_notes)


def part(name: str, *panels: Any, heading: Any, label: Any, help_text: Any = "") -> InlinePanel:
    """The rows of a part."""
    return InlinePanel(name, panels=list(panels), heading=heading, label=label, help_text=help_text)


def row(*names: str) -> FieldRowPanel:
    """Short fields beside each other."""
    return FieldRowPanel([FieldPanel(name) for name in names])


IDENTITY = [
    CompletenessPanel(heading=_("Is the record complete?")),
    MultiFieldPanel(
        [
            FieldPanel("procedure", widget=ProcedureChooser, help_text=_("The national code. It stays the same through all versions.")),
            FieldPanel("name"),
            row("levels", "subjects"),
            FieldPanel("field", widget=FieldChooser),
            row("code_full", "procedure_type"),
            FieldPanel("locally_regulated"),
        ],
        heading=_("What it is"),
    ),
    MultiFieldPanel(
        [
            FieldPanel("decision", widget=DecisionChooser, help_text=_("The decision of the minister or of the chair of the province.")),
            row("change_kind", "valid_from", "valid_to"),
            FieldPanel("replaces", help_text=_("Codes of procedures that this one replaces, separated by commas. They end on the day before.")),
            FieldPanel("go_live_at", heading=_("Show to the public from"), help_text=_("Leave empty to publish as soon as it is approved.")),
        ],
        heading=_("Decision and period"),
        help_text=_("The version in force now ends by itself on the day before this one begins."),
    ),
    MultiFieldPanel(
        [
            row("online_level", "partial_reason_kind"),
            FieldPanel("partial_reason", help_text=_("The law asks for it whenever a procedure is only partly online.")),
            row("legacy_level", "proactive_level"),
        ],
        heading=_("Service level"),
        help_text=_("Three different scales: the four levels of 2011, fully or partly online since 2022, and proactive service since 2026."),
    ),
]
PAPERS = [
    part(
        "cases", FieldPanel("name"), FieldPanel("description"), heading=_("Cases"), label=_("case"),
        help_text=_("Only where papers, time limits or fees differ. The other parts name a case by these words."),
    ),
    FieldPanel("sets", help_text=_("How many sets of the papers below: usually 1.")),
    part(
        "papers", FieldPanel("name"), row("originals", "copies", "present_only"), row("case", "form_code"), FieldPanel("group"), FieldPanel("note"),
        heading=_("Papers"), label=_("paper"), help_text=_("One row a paper, with how many originals and copies."),
    ),
    part(
        "forms", FieldPanel("name"), FieldPanel("code"), row("docx", "odt"), row("pdf", "sample"), heading=_("Forms"), label=_("form"),
        help_text=_("Each form with its files. A paper names its form by the code."),
    ),
]  # fmt: skip
TIME_AND_MONEY = [
    part(
        "methods", row("channel", "case"), row("limit_value", "limit_unit"), FieldPanel("limit_text"), row("committed_value", "committed_unit"),
        FieldPanel("fee_text"), FieldPanel("description"), heading=_("Ways to file, and how long each takes"), label=_("way to file"),
        help_text=_(
            "The statutory limit, and beside it the shorter one that the unit commits itself to. Working days and days are different things."
        ),
    ),
    part(
        "fees", row("kind", "channel", "case"), row("amount", "unit"), FieldPanel("formula"), FieldPanel("condition"), row("valid_from", "valid_to"),
        FieldPanel("legal_basis"), heading=_("Fees"), label=_("fee"), help_text=_("0 is free. Every fee names its legal basis."),
    ),
]  # fmt: skip
STEPS = [
    part("steps", row("actor", "title"), FieldPanel("text"), heading=_("Steps"), label=_("step"), help_text=_("Who does what, in order.")),
    FieldPanel("receiving_address"),
    part(
        "process", row("name", "post", "hours"), heading=_("Inside the office"), label=_("internal step"),
        help_text=_("The internal process: the working hours of all steps together are the time limit."),
    ),
    ProcessSumPanel(),
    part("results", FieldPanel("name"), row("code", "validity"), heading=_("Results"), label=_("result")),
    part("conditions", FieldPanel("text"), heading=_("Conditions"), label=_("condition")),
]  # fmt: skip
LAW = [
    part(
        "agencies", row("role", "name"), FieldPanel("unit", widget=UnitChooser), heading=_("Agencies"), label=_("agency"),
        help_text=_("Who decides, who receives, who is consulted. Choose a unit of this installation, or write a name."),
    ),
    part(
        "legal_bases", FieldPanel("document", widget=LegalDocumentChooser), FieldPanel("articles"), heading=_("Legal bases"), label=_("legal basis"),
    ),
]  # fmt: skip
MORE = [
    FieldPanel("description"),
    FieldPanel("keywords", help_text=_("Words that people search by and the official text does not have.")),
    FieldPanel(
        "incomplete_reason", help_text=_("Only where something is missing and cannot be had: why it goes out all the same. It is kept on record.")
    ),
    row("regime", "source"),
    FieldPanel("source_url"),
    SourcePanel(heading=_("Text of the source")),
]
NOTES = [
    NotesPanel(heading=_("Notes to each other")),
    HelpPanel(template="procedures_catalog/admin/panels/versions.html", heading=_("Other versions")),
]

VERSION_EDITOR = TabbedInterface(
    [
        ObjectList(IDENTITY, heading=_("Record")),
        ObjectList(PAPERS, heading=_("Papers")),
        ObjectList(TIME_AND_MONEY, heading=_("Time and fees")),
        ObjectList(STEPS, heading=_("Steps and results")),
        ObjectList(LAW, heading=_("Agencies and law")),
        ObjectList(MORE, heading=_("More")),
        ObjectList(NOTES, heading=_("Notes and versions")),
    ],
    base_form_class=VersionForm,
)
