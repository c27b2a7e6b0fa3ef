"""Forms by which residents ask, support and sign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from foundation.forms import TellingForm
from messaging.proving import ContactField
from organisation.models import Population, Unit
from safeguards.uploads.forms import FilesField

from .models.questions import TEXT_MOST
from .models.requests import REASONS_MOST, SUBJECT_MOST
from .question_papers import PURPOSE as QUESTION_PAPERS
from .similarity import personal_number

NUMBERS = {
    "telephone": _("This looks like a telephone number. Everybody could read it: take it out, or tick below that it is nobody’s own."),
    "identity": _("This looks like an identity number. Everybody could read it: take it out, or tick below that it is nobody’s own."),
    "dossier": _("This looks like the number of a dossier. Everybody could read it: take it out, or tick below that it is nobody’s own."),
}


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"class": "field", "rows": rows})


def _line(**attrs: str) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "field", **attrs})


class Watched(TellingForm):
    """A form with a text that is public later: a number of somebody in it is told before it is sent; who says that it is nobody's own
    may leave it."""

    watched: tuple[str, ...] = ()
    sure = forms.BooleanField(label=_("It is nobody’s own number: leave it"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Asked only of those whose text has such a number.
        if not any(personal_number(str(self.data.get(self.add_prefix(name), ""))) for name in self.watched):
            del self.fields["sure"]

    def clean(self) -> dict[str, Any]:
        """With the numbers told at their fields."""
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("sure"):
            for name in self.watched:
                if kind := personal_number(cleaned.get(name) or ""):
                    self.add_error(name, ValidationError(NUMBERS[kind], code=kind))
        return cleaned


class QuestionForm(Watched):
    """A question ahead of a dialogue."""

    watched = ("text",)
    text = forms.CharField(
        label=_("Your question"),
        max_length=TEXT_MOST,
        help_text=_("One thing, in your own words. For example: “When will the street lamps of lane 19 burn again?”"),
        error_messages={"required": _("Write your question.")},
        widget=_area(6),
    )
    village = forms.CharField(
        label=_("Village or block (you may leave it empty)"), max_length=120, required=False, widget=_line(autocomplete="off"),
        help_text=_("Stands beside the question. For example: block 4"),
    )  # fmt: skip
    papers = FilesField(purpose=QUESTION_PAPERS, label=_("Photos or papers to it (you may leave it empty)"), required=False)
    contact = ContactField(
        help_text=_("We send you a code, then the answer. Nobody else sees it."),
        error_messages={"required": _("Give a telephone number or an e-mail address, so that we can send you the answer.")},
    )
    field_order = ("text", "sure", "village", "papers", "contact")


class MorePapersForm(TellingForm):
    """More photos and papers to a question that was sent."""

    papers = FilesField(purpose=QUESTION_PAPERS, label=_("More photos or papers to it"))


class AgainForm(QuestionForm):
    """A question that came with a registration and was not taken, sent once more: the contact is proven already."""

    contact = None  # type: ignore[assignment]
    papers = FilesField(purpose=QUESTION_PAPERS, label=_("More photos or papers to it (you may leave it empty)"), required=False)
    field_order = ("text", "sure", "village", "papers")  # type: ignore[assignment]  # one fewer


class SupportForm(TellingForm):
    """Somebody wants the same question answered."""

    contact = ContactField(
        help_text=_("We send you a code. So each person counts once. Nobody else sees it."),
        error_messages={"required": _("Give a telephone number or an e-mail address, so that each person counts once.")},
    )
    wants_news = forms.BooleanField(label=_("Send me the answer"), required=False, initial=True)


class SignForm(TellingForm):
    """A signature under a request for a dialogue."""

    name = forms.CharField(
        label=_("Full name"), max_length=120, widget=_line(autocomplete="name"),
        help_text=_("Sealed: never public, and deleted when all is over."), error_messages={"required": _("Give your full name, as voters do.")},
    )  # fmt: skip
    village = forms.CharField(
        label=_("Village or block where you vote"), max_length=120, widget=_line(autocomplete="off"), help_text=_("For example: block 4"),
        error_messages={"required": _("Say in which village or block you vote.")},
    )  # fmt: skip
    contact = ContactField(
        help_text=_("We send you a code. So each person signs once. Nobody else sees it."),
        error_messages={"required": _("Give a telephone number or an e-mail address, so that each person signs once.")},
    )
    voter = forms.BooleanField(
        label=_("I declare that I am a voter of this unit"),
        error_messages={"required": _("Only voters of this unit can sign: tick it if you are one.")},
    )
    wants_news = forms.BooleanField(label=_("Tell me what comes of it"), required=False, initial=True)


if TYPE_CHECKING:
    _Units = forms.ModelChoiceField[Unit]
else:
    _Units = forms.ModelChoiceField  # generic in the stubs only


class UnitSelect(forms.Select):
    """Names of units; one that has no English name is marked as Vietnamese for who reads English."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The option, with its language where it is not the page's."""
        option = super().create_option(name, value, *args, **kwargs)
        if getattr(value, "instance", None) is not None and not value.instance.name_en and not (get_language() or "vi").startswith("vi"):
            option["attrs"]["lang"] = "vi"
        return option


class UnitField(_Units):
    """Units by the name in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        """The name."""
        return str(obj.title)


class RequestForm(Watched, SignForm):
    """A request for a dialogue, with the signature of who writes it."""

    watched = ("subject", "reasons")
    unit = UnitField(
        label=_("Which unit is to hold the dialogue?"), queryset=Unit.objects.none(), widget=UnitSelect(attrs={"class": "field"}),
        error_messages={"required": _("Choose the unit."), "invalid_choice": _("Choose one of the units in the list.")},
    )  # fmt: skip
    subject = forms.CharField(
        label=_("What is the dialogue to be about?"),
        max_length=SUBJECT_MOST,
        widget=_line(autocomplete="off"),
        help_text=_("In one line. For example: “Flooding in lane 19, block 4”"),
        error_messages={"required": _("Say in one line what it is to be about.")},
    )
    reasons = forms.CharField(
        label=_("Why is it needed?"), max_length=REASONS_MOST - SUBJECT_MOST, widget=_area(6), error_messages={"required": _("Say why it is needed.")}
    )
    wants_news = None  # type: ignore[assignment]  # who writes it hears of it in any case
    field_order = ("unit", "subject", "reasons", "sure", "name", "village", "contact", "voter")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units_that_can_be_asked()  # type: ignore[attr-defined]  # of a choice of rows
        choices = list(self.fields["unit"].queryset[:2])  # type: ignore[attr-defined]
        if len(choices) == 1:
            self.fields["unit"].initial = choices[0].pk


def units_that_can_be_asked() -> Any:
    """Governments of today whose voters are counted: only of those it is known how many signatures it takes."""
    counted = Population.objects.filter(voters__gt=0).values("unit")
    return Unit.objects.current().filter(is_government=True, pk__in=counted).order_by("level", "order", "name")
