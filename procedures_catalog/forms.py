"""Forms of the back office."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.widgets import AdminDateInput
from wagtail.signal_handlers import disable_reference_index_auto_update

from organisation.enums import Level
from organisation.models import Field

from .backoffice.choosers import DecisionChooser, FieldChooser, LegalDocumentChooser
from .enums import Audience, ChangeKind, OnlineLevel, PartialReason
from .models import LegalDocument, Procedure, PublicationDecision, VersionNote
from .models.identity import CODE_PATTERN

LEVELS = [(level.value, level.label) for level in Level if level is not Level.UNKNOWN]


class RowKey(forms.Field):
    """The key of a row that the formset has found already: checked in memory, where Django would ask the database for each row."""

    widget = forms.HiddenInput

    def __init__(self, row: Any) -> None:
        super().__init__(required=False, initial=row.pk)
        self.row = row

    def clean(self, value: Any) -> Any:
        """The row itself, or None for a new one."""
        if value in self.empty_values:
            return None
        if str(value) != str(self.row.pk):
            raise forms.ValidationError(_("This row is not there any more."))
        return self.row

    def has_changed(self, initial: Any, data: Any) -> bool:
        """A key never changes."""
        return False


class VersionForm(WagtailAdminModelForm):
    """A version with all its parts. Line ends are those of records, whatever browser sent them."""

    levels = forms.TypedMultipleChoiceField(label=_("Competent levels"), choices=LEVELS, coerce=int, widget=forms.CheckboxSelectMultiple)
    subjects = forms.MultipleChoiceField(
        label=_("Who it is for"), choices=Audience.choices, widget=forms.CheckboxSelectMultiple, required=False
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        procedure = self.fields.get("procedure")
        if procedure is not None and self.instance.pk:
            # which procedure a version is of never changes
            procedure.disabled = True
        for formset in self.formsets.values():
            for form in formset.forms:
                form.fields["id"] = RowKey(form.instance)

    def clean(self) -> dict[str, Any]:
        """Line ends, and dates in order."""
        cleaned: dict[str, Any] = super().clean()
        for name, value in cleaned.items():
            if isinstance(value, str) and "\r" in value:
                cleaned[name] = value.replace("\r\n", "\n").replace("\r", "\n")
        start, end = cleaned.get("valid_from"), cleaned.get("valid_to")
        if start and end and end < start:
            self.add_error("valid_to", _("The last day in force is before the first."))
        if cleaned.get("proactive_level") is not None and not 1 <= cleaned["proactive_level"] <= 4:
            self.add_error("proactive_level", _("The proactive level is 1 to 4."))
        return cleaned

    def save(self, commit: bool = True) -> Any:
        """Save without counting references row by row: a job does it once."""
        with disable_reference_index_auto_update():
            return super().save(commit=commit)

    class Meta(WagtailAdminModelForm.Meta):
        # a draft may be saved with holes
        defer_required_on_fields = ["name", "levels"]


class NoteForm(forms.ModelForm[VersionNote]):
    """A note to the other editors."""

    class Meta:
        model = VersionNote
        fields = ["text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}


class ApplyDecisionForm(forms.Form):
    """What one decision does to many procedures."""

    decision = forms.ModelChoiceField(label=_("Decision"), queryset=PublicationDecision.objects.all(), widget=DecisionChooser)
    kind = forms.ChoiceField(
        label=_("What it does to them"),
        choices=[(kind.value, kind.label) for kind in (ChangeKind.AMENDED, ChangeKind.ABOLISHED, ChangeKind.REPLACED)],
        widget=forms.RadioSelect,
        initial=ChangeKind.AMENDED.value,
    )
    valid_from = forms.DateField(
        label=_("From which day"), widget=AdminDateInput, required=False, help_text=_("Empty: the day on which the decision takes effect.")
    )  # fmt: skip
    codes = forms.CharField(
        label=_("Further codes"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Codes copied from the decision, in whatever form: 1.004873, 2.000635… They are added to those picked below."),
    )  # fmt: skip
    replaced_by = forms.CharField(
        label=_("Procedures that take over"), required=False, help_text=_("Only for replacement: their codes. A new code is added to the catalogue.")
    )  # fmt: skip
    field = forms.ModelChoiceField(label=_("Field"), queryset=Field.objects.all(), widget=FieldChooser, required=False)
    online_level = forms.ChoiceField(label=_("Service level"), choices=[("", "—"), *OnlineLevel.choices], required=False)
    partial_reason_kind = forms.ChoiceField(label=_("Why only partly"), choices=[("", "—"), *PartialReason.choices], required=False)
    partial_reason = forms.CharField(label=_("Reason in words"), required=False)
    levels = forms.TypedMultipleChoiceField(
        label=_("Competent levels"), choices=LEVELS, coerce=int, widget=forms.CheckboxSelectMultiple, required=False
    )  # fmt: skip
    receiving_address = forms.CharField(label=_("Where to file"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    add_legal_basis = forms.ModelChoiceField(
        label=_("Legal document to add"), queryset=LegalDocument.objects.all(), widget=LegalDocumentChooser, required=False
    )  # fmt: skip
    replace_legal_basis = forms.ModelChoiceField(
        label=_("Legal document that it takes the place of"), queryset=LegalDocument.objects.all(), widget=LegalDocumentChooser, required=False
    )  # fmt: skip
    submit = forms.BooleanField(label=_("Hand all drafts in for approval at once"), required=False)

    COMMON = ("field", "online_level", "partial_reason_kind", "partial_reason", "levels", "receiving_address")

    def clean(self) -> dict[str, Any]:
        """The day, the codes, and that the parts of the form fit each other."""
        cleaned: dict[str, Any] = super().clean() or {}
        decision: PublicationDecision | None = cleaned.get("decision")
        day: dt.date | None = cleaned.get("valid_from") or (decision.effective_on if decision else None)
        if decision and day is None and "valid_from" not in self.errors:
            self.add_error("valid_from", _("The decision does not say from which day it holds. Enter the day."))
        cleaned["valid_from"] = day
        for name in ("codes", "replaced_by"):
            found, unreadable = read_codes(cleaned.get(name, ""))
            cleaned[name] = found
            if unreadable:
                self.add_error(name, _("Not a national code: %(words)s.") % {"words": ", ".join(unreadable[:10])})
        unknown = sorted(set(cleaned["codes"]) - set(Procedure.objects.filter(code__in=cleaned["codes"]).values_list("code", flat=True)))
        if unknown:
            self.add_error("codes", _("Not in the catalogue: %(codes)s.") % {"codes": ", ".join(unknown)})
        if cleaned.get("kind") == ChangeKind.REPLACED and not cleaned["replaced_by"] and "replaced_by" not in self.errors:
            self.add_error("replaced_by", _("Say which procedures take over."))
        if cleaned.get("replace_legal_basis") and not cleaned.get("add_legal_basis"):
            self.add_error("add_legal_basis", _("Choose the document that takes its place."))
        return cleaned

    def common_changes(self) -> dict[str, Any]:
        """The fields that were filled in."""
        return {name: self.cleaned_data[name] for name in self.COMMON if self.cleaned_data.get(name)}


def read_codes(text: str) -> tuple[list[str], list[str]]:
    """The national codes in a text, in order and once each, and the words that are none. A long local code counts as its
    national one; decisions break codes across lines, so a piece that ends in a point or digits is joined with the next."""
    import re

    found: list[str] = []
    unreadable: list[str] = []
    for word in re.split(r"[\s,;]+", re.sub(r"(?<=\.)\s+(?=\d)|(?<=\d)\s+(?=\.)", "", text)):
        code = word.strip("()[]\"'.")
        if not code:
            continue
        match = re.match(r"^([1-9]\.\d{6})(?:\.\d{3}\.\d{2}\.\d{2}\.[A-Y]\d{2})?$", code)
        if match is None:
            unreadable.append(code)
        elif match[1] not in found:
            found.append(match[1])
    assert all(re.match(CODE_PATTERN, code) for code in found)  # noqa: S101
    return found, unreadable
