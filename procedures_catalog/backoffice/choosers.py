"""Choosers: things picked from a list with a search box. Each is found by what an editor knows of it, with or without tone marks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import chooser as generic
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.admin.widgets import BaseChooser

from organisation.models import Field, Unit

from ..models import LegalDocument, Procedure, PublicationDecision
from .words import find, nearest_first


class Chooser(BaseChooser):
    """A chooser that shows nothing chosen for a value that is no key, where Wagtail's fails."""

    def get_instance(self, value: Any) -> Any:
        """The thing chosen, or None."""
        if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) < 12):
            return None
        return super().get_instance(value)


class WordsForm(BaseFilterForm):
    """One search box over the columns that the chooser names."""

    by: tuple[str, ...] = ()
    q = forms.CharField(label=_("Search term"), widget=forms.TextInput(attrs={"placeholder": _("Search")}), required=False)

    def filter(self, objects: QuerySet[Any]) -> QuerySet[Any]:
        """Those in which every word typed is found."""
        objects = super().filter(objects)
        if words := self.cleaned_data.get("q"):
            self.is_searching, self.search_query = True, words
            objects = nearest_first(find(objects, words, self.by), words, self.by)
        return objects


class ChooseView(generic.ChooseView):
    """The list, with what tells one from another beside the name."""

    more: tuple[tuple[str, Any], ...] = ()

    @property
    def columns(self) -> list[Any]:
        """The name, which is picked, and the rest."""
        return [self.title_column, *[Column(f"more_{name}", label=label, accessor=name) for name, label in self.more]]


class ChooseResultsView(generic.ChooseResultsView):
    """The same, as a fragment."""

    more: tuple[tuple[str, Any], ...] = ()
    columns = ChooseView.columns


def _chooser(
    model: type[Any], namespace: str, icon: str, one: Any, other: Any, by: tuple[str, ...], more: Any = (), create: Any = None
) -> ChooserViewSet:
    attributes = {"more": tuple(more), "filter_form_class": type("CatalogueWordsForm", (WordsForm,), {"by": by})}
    made: dict[str, Any] = {
        "model": model,
        "icon": icon,
        "choose_one_text": one,
        "choose_another_text": other,
        "per_page": 20,
        "register_widget": False,
        "base_widget_class": Chooser,
        "choose_view_class": type("CatalogueChooseView", (ChooseView,), attributes),
        "choose_results_view_class": type("CatalogueResultsView", (ChooseResultsView,), attributes),
    }
    if create:
        made["form_fields"] = create
    viewset: ChooserViewSet = type("CatalogueChooser", (ChooserViewSet,), made)(namespace)
    return viewset


field_chooser = _chooser(Field, "catalogue_field", "tag", _("Choose a field"), _("Choose another field"), ("name", "code"), [("code", _("Code"))])
unit_chooser = _chooser(
    Unit, "catalogue_unit", "home", _("Choose a unit"), _("Choose another unit"), ("name", "short_name", "code"), [("code", _("Identifier code"))]
)
document_chooser = _chooser(
    LegalDocument, "catalogue_legal_document", "doc-full", _("Choose a legal document"), _("Choose another legal document"), ("number", "title"),
    [("title", _("Title")), ("valid_to", _("Last day in force"))], ["number", "kind", "title", "issuer", "issued_on", "valid_from", "valid_to"],
)  # fmt: skip
decision_chooser = _chooser(
    PublicationDecision, "catalogue_decision", "doc-full-inverse", _("Choose a decision"), _("Choose another decision"), ("number", "title"),
    [("title", _("Title")), ("signed_on", _("Signed on"))], ["number", "title", "issuer", "issuer_level", "signer", "signed_on", "effective_on"],
)  # fmt: skip
procedure_chooser = _chooser(
    Procedure, "catalogue_procedure", "list-ul", _("Choose a procedure"), _("Choose another procedure"),
    ("code", "versions__name", "summary", "questions__question"), create=["code"],
)  # fmt: skip

CHOOSERS = [field_chooser, unit_chooser, document_chooser, decision_chooser, procedure_chooser]
FieldChooser = field_chooser.widget_class
UnitChooser = unit_chooser.widget_class
LegalDocumentChooser = document_chooser.widget_class
DecisionChooser = decision_chooser.widget_class
ProcedureChooser = procedure_chooser.widget_class
