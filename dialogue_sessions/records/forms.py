"""Forms of the back office: what is typed is never lost, and each error says what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.documents.models import Document
from wagtail.documents.widgets import AdminDocumentChooser
from wagtail.images.models import Image
from wagtail.images.widgets import AdminImageChooser

from foundation.forms import TellingForm
from organisation.models import Post, Unit, today

from ..enums import Satisfaction
from ..promise_data import OVERDUE, STATE_WORDS
from ..services import Invalid, SessionError


class DayField(forms.DateField):
    """A day, in the browser's own calendar."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("error_messages", {"invalid": _("Write the day as 31/12/2026."), "required": _("Choose a day.")})
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), input_formats=["%Y-%m-%d", "%d/%m/%Y"], **options)


def area(rows: int = 3) -> forms.Textarea:
    """A field of several lines."""
    return forms.Textarea(attrs={"rows": rows})


def tell(form: forms.Form, error: SessionError) -> None:
    """Put what a service refused where it belongs: at its fields, or above the form."""
    if isinstance(error, Invalid) and hasattr(error.error, "message_dict"):
        for name, said in error.error.message_dict.items():
            for one in said:
                form.add_error(name if name in form.fields else None, one)
    else:
        form.add_error(None, str(error))


class RecordForm(TellingForm):
    """With the version of the row that the page showed."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput())


def _posts(units: Iterable[int] | None) -> Any:
    posts = Post.objects.select_related("unit").order_by("unit__order", "unit__name", "order", "title")
    return posts if units is None else posts.filter(unit__in=list(units))


def units_among(units: set[int] | None) -> Any:
    """The units that somebody may choose from."""
    found = Unit.objects.current().order_by("level", "order", "name")
    return found if units is None else found.filter(pk__in=units)


class ScopedForm(RecordForm):
    """A form whose posts are those of somebody's units."""

    def __init__(self, *args: Any, units: set[int] | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.ModelChoiceField) and field.queryset is not None and field.queryset.model is Post:
                field.queryset = _posts(units)
            elif isinstance(field, forms.ModelChoiceField) and field.queryset is not None and field.queryset.model is Unit:
                field.queryset = units_among(units)


def list_once(those: Iterable[forms.Form], units: list[tuple[str, str]] | None = None) -> None:
    """The choices of posts and units in several forms of one page, read once; `units` where the page has read them already."""
    known: dict[str, list[tuple[str, str]]] = {}
    if units is not None:
        known[str(units_among(None).query)] = [("", "---------"), *units]
    for form in those:
        for field in form.fields.values():
            queryset = getattr(field, "queryset", None)
            if queryset is not None and queryset.model in {Post, Unit}:
                key = str(queryset.query)
                if key not in known:
                    known[key] = [("", "---------"), *((str(row.pk), str(row)) for row in queryset)]
                field.widget.choices = known[key]


# ── Promises ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class PromiseForm(ScopedForm):
    """A draft."""

    text = forms.CharField(label=_("What is promised"), widget=area(), max_length=4_000,
                           help_text=_("One thing that can be seen when it is done: what, where, how much."))  # fmt: skip
    text_en = forms.CharField(label=_("In English"), widget=area(2), max_length=4_000, required=False)
    post = forms.ModelChoiceField(Post.objects.none(), label=_("Who sees to it"))
    made_on = DayField(label=_("Promised on"), initial=today)
    due_on = DayField(label=_("To be kept by"))


class MoveForm(ScopedForm):
    """Another date."""

    due_on = DayField(label=_("New date"))
    reason = forms.CharField(label=_("Reason, for everybody to read"), widget=area(), max_length=2_000)
    decided_by = forms.ModelChoiceField(Post.objects.none(), label=_("Who decided"))


class ChangeForm(ScopedForm):
    """Other words."""

    text = forms.CharField(label=_("What is promised instead"), widget=area(), max_length=4_000)
    text_en = forms.CharField(label=_("In English"), widget=area(2), max_length=4_000, required=False)
    due_on = DayField(label=_("New date"), required=False, help_text=_("Empty: the date stays."))
    reason = forms.CharField(label=_("Reason, for everybody to read"), widget=area(), max_length=2_000)
    decided_by = forms.ModelChoiceField(Post.objects.none(), label=_("Who decided"))


class KeepForm(ScopedForm):
    """Done."""

    kept_on = DayField(label=_("Done on"), initial=today, help_text=_("In time or late follows from this day."))
    result = forms.CharField(label=_("What was done, for everybody to read"), widget=area(), max_length=4_000)


class ReasonForm(ScopedForm):
    """Why."""

    reason = forms.CharField(label=_("Reason, for everybody to read"), widget=area(), max_length=2_000)


class PostForm(ScopedForm):
    """Who."""

    post = forms.ModelChoiceField(Post.objects.none(), label=_("Who sees to it from now on"))


class TransferForm(ScopedForm):
    """Which unit."""

    unit = forms.ModelChoiceField(
        Unit.objects.none(), label=_("Unit that takes it over"),
        help_text=_("Any unit that works today. Whoever leads it sees to the promise from then on, and your unit can change it no more."),
    )  # fmt: skip
    reason = forms.CharField(label=_("Reason, for everybody to read"), widget=area(), max_length=2_000)
    decided_by = forms.ModelChoiceField(Post.objects.none(), label=_("Who decided"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("Any", self.fields["unit"]).queryset = units_among(None)  # not only somebody's own


class EvidenceForm(ScopedForm):
    """What there is to see."""

    text = forms.CharField(label=_("Text"), widget=area(), max_length=4_000, required=False)
    link = forms.URLField(label=_("Link"), max_length=500, required=False, assume_scheme="https")
    document = forms.ModelChoiceField(Document.objects.all(), label=_("File"), widget=AdminDocumentChooser, required=False)
    image = forms.ModelChoiceField(Image.objects.all(), label=_("Picture"), widget=AdminImageChooser, required=False)
    alt = forms.CharField(label=_("What the picture shows"), max_length=250, required=False)


class PromiseFilters(forms.Form):
    """By unit, state, and what is due."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Unit"), required=False, empty_label=_("all units"))
    state = forms.ChoiceField(label=_("How it stands"), required=False)
    q = forms.CharField(label=_("Words"), max_length=100, required=False)

    def __init__(self, *args: Any, units: set[int] | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit: Any = self.fields["unit"]
        unit.queryset = units_among(units)
        state: Any = self.fields["state"]
        state.choices = [
            ("", _("all")), ("draft", _("draft")), ("week", _("due this week")), (OVERDUE, _("overdue")), ("dang-lam", _("still to be kept")),
            ("dung-han", _("kept in time")), ("tre-han", _("kept late")), ("khong-lam", _("not done, with a reason")),
        ]  # fmt: skip

    def narrow(self, rows: Any, day: Any) -> Any:
        """The rows that it asks for; what is not a choice narrows nothing."""
        self.is_valid()
        asked = self.cleaned_data if hasattr(self, "cleaned_data") else {}
        if asked.get("unit"):
            rows = rows.filter(unit=asked["unit"])
        if asked.get("q"):
            rows = rows.filter(text__icontains=asked["q"])
        state = asked.get("state")
        if state == "draft":
            rows = rows.filter(state="draft")
        elif state == "week":
            rows = rows.due_within(day, 7)
        elif state == OVERDUE:
            rows = rows.overdue(day)
        elif state in STATE_WORDS:
            rows = rows.filter(state__in=STATE_WORDS[state])
        return rows


# ── Minutes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class SummaryForm(RecordForm):
    """The summary."""

    summary = forms.CharField(label=_("Summary"), widget=area(5), max_length=8_000, required=False)
    summary_en = forms.CharField(label=_("Summary in English"), widget=area(3), max_length=8_000, required=False)


class LineForm(RecordForm):
    """What somebody said, and the answer. Units are given once for all lines of a page."""

    text = forms.CharField(label=_("What was said"), widget=area(2), max_length=8_000)
    answer = forms.CharField(label=_("Answer"), widget=area(2), max_length=8_000, required=False)
    answered_by = forms.TypedChoiceField(label=_("Who answered"), required=False, coerce=int, empty_value=None)
    village = forms.CharField(label=_("Village"), max_length=120, required=False, help_text=_("Shown as: a resident of …"))
    named = forms.BooleanField(label=_("agreed to be named"), required=False)
    speaker = forms.CharField(label=_("Name"), max_length=150, required=False)
    satisfaction = forms.ChoiceField(label=_("Content with the answer"), choices=Satisfaction.choices, initial=Satisfaction.NOT_ASKED, required=False)

    question = forms.TypedChoiceField(
        label=_("Question sent ahead that this answers"), required=False, coerce=int, empty_value=None,
        help_text=_("More than one can be chosen once the line is there."),
        error_messages={"invalid_choice": _("This question is not in the list any more. Choose another, or none.")},
    )  # fmt: skip
    field_order = ("question", "text")

    def __init__(self, *args: Any, units: list[tuple[str, str]], questions: list[tuple[str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["answered_by"]
        choice.choices = [("", "–"), *units]
        if questions or self.data.get(self.add_prefix("question")):
            asked: Any = self.fields["question"]
            asked.choices = [("", "–"), *(questions or [])]
        else:
            del self.fields["question"]

    def clean_satisfaction(self) -> str:
        """Nothing chosen: nobody asked."""
        return self.cleaned_data["satisfaction"] or Satisfaction.NOT_ASKED


class AttendanceForm(ScopedForm):
    """Who took part for the authorities: a unit, or a post of it."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Unit"))
    post = forms.ModelChoiceField(Post.objects.none(), label=_("Which post"), required=False)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)


class FileForm(RecordForm):
    """A file or a picture."""

    document = forms.ModelChoiceField(Document.objects.all(), label=_("File"), widget=AdminDocumentChooser, required=False)
    image = forms.ModelChoiceField(Image.objects.all(), label=_("Picture"), widget=AdminImageChooser, required=False)
    alt = forms.CharField(label=_("What the picture shows"), max_length=250, required=False)


class LateForm(RecordForm):
    """Why the results come late; asked for only then."""

    late_reason = forms.CharField(label=_("Why it is published late, for everybody to read"), widget=area(), max_length=2_000, required=False)


class AddendumForm(RecordForm):
    """What was wrong in final minutes."""

    text = forms.CharField(label=_("What is added"), widget=area(), max_length=4_000)


class DecisionForm(RecordForm):
    """What was asked, and why it is accepted or not."""

    public_text = forms.CharField(label=_("What was asked, in words that name nobody"), widget=area(), max_length=2_000)
    reason = forms.CharField(label=_("Why you decide so"), widget=area(2), max_length=2_000)


class LinePromiseForm(ScopedForm):
    """A promise made in answer to a line."""

    text = forms.CharField(label=_("What is promised"), widget=area(2), max_length=4_000)
    post = forms.ModelChoiceField(Post.objects.none(), label=_("Who sees to it"))
    due_on = DayField(label=_("To be kept by"))


# ── Cases and notices ─────────────────────────────────────────────────────────────────────────────────────────────────


class CaseForm(ScopedForm):
    """A case of a reception day. `brought`: who may be named as having brought it, key and label; none where nobody may be."""

    registration = forms.TypedChoiceField(label=_("Brought by (who registered)"), coerce=int, empty_value=None, required=False)
    subject = forms.CharField(
        label=_("What it is about (kept sealed)"), widget=area(), max_length=4_000, required=False,
        help_text=_("Left empty, what they wrote when they registered is taken."),
    )  # fmt: skip
    answer = forms.CharField(label=_("What was answered (kept sealed)"), widget=area(), max_length=4_000, required=False)
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Assigned to"), required=False)
    due_on = DayField(label=_("Answer due"), required=False)
    public_subject = forms.CharField(label=_("Subject without names, for everybody"), max_length=300, required=False)
    public_answer = forms.CharField(label=_("Answer without names, for everybody"), widget=area(), max_length=4_000, required=False)

    def __init__(self, *args: Any, brought: Sequence[tuple[int, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.TypedChoiceField", self.fields["registration"])
        field.choices = [("", "---------"), *brought]
        if not brought:
            del self.fields["registration"]
            self.fields["subject"].help_text = ""


class NotifiedForm(RecordForm):
    """When the result was sent, and why not in time."""

    day = DayField(label=_("Result sent on"), initial=today)
    late_reason = forms.CharField(label=_("Why it came late, without names, for everybody to read"), widget=area(), max_length=500, required=False)


class ConclusionForm(RecordForm):
    """A notice."""

    number = forms.CharField(label=_("Number"), max_length=60)
    signed_on = DayField(label=_("Signed on"), initial=today)
    document = forms.ModelChoiceField(Document.objects.all(), label=_("File"), widget=AdminDocumentChooser, required=False)


class ConclusionLineForm(ScopedForm):
    """A line of it."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Unit"))
    text = forms.CharField(label=_("What is to be done"), widget=area(2), max_length=4_000)
    due_on = DayField(label=_("To be done by"))
