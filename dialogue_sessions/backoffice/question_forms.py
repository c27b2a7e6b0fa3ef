"""Forms by which moderators and units work on questions and on requests for dialogues."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.forms import TellingForm
from organisation.models import Unit

from ..enums import DIALOGUES, TAKES_PLACE, AnswerWay, QuestionRefusal, QuestionState, RequestState
from ..models import DialogueRequest, Question, Session
from ..models.questions import ANSWER_MOST, PUBLIC_MOST
from ..models.requests import REASONS_MOST, SUBJECT_MOST
from ..question_list import similar
from ..question_terms import is_overdue
from .fields import DayInput

NONE = ("", "---------")
SURE = _("The number in it is nobody’s own (an office, a law)")
OTHERS = 60  # questions offered for a merge besides the near ones


def area(rows: int) -> forms.Textarea:
    """A field of several lines."""
    return forms.Textarea(attrs={"rows": rows})


def short(question: Question) -> str:
    """A question in a list of choices."""
    text = question.public_text
    return f"{text if len(text) <= 90 else text[:87] + '…'} ({question.supports})"


def merge_choices(question: Question, text: str) -> list[Any]:
    """What a question can be put together with: first what is near to a text, then the others of its dialogue."""
    near = [one for one, _score in similar(question.session, text, without=question.pk)] if text else []
    found = Question.objects.listed().filter(session=question.session).exclude(pk__in=[question.pk, *(one.pk for one in near)])
    others = found.order_by("-supports", "pk")[:OTHERS]
    groups = [(_("Nearly the same"), near), (_("Others of this dialogue"), others)]
    return [NONE, *((label, [(str(one.pk), short(one)) for one in rows]) for label, rows in groups if rows)]


class OnQuestion(TellingForm):
    """A form about one question."""

    def __init__(self, *args: Any, question: Question, text: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.question = question
        if "into" in self.fields:
            self.fields["into"].choices = merge_choices(question, text or question.public_text)  # type: ignore[attr-defined]
        if "unit" in self.fields:
            self.fields["unit"].queryset = Unit.objects.current().order_by("level", "order", "name")  # type: ignore[attr-defined]


class AcceptForm(OnQuestion):
    """The text that everybody reads; at the same time it may be put together with another one."""

    public_text = forms.CharField(
        label=_("Public text"),
        widget=area(8),
        max_length=PUBLIC_MOST,
        help_text=_("Take out names, telephone numbers, house numbers. Keep the question."),
    )
    sure = forms.BooleanField(label=SURE, required=False)
    into = forms.ChoiceField(label=_("Put together at once with"), required=False)


class RewriteForm(OnQuestion):
    """Another wording."""

    public_text = forms.CharField(label=_("Public text"), widget=area(6), max_length=PUBLIC_MOST)
    sure = forms.BooleanField(label=SURE, required=False)


class RefuseForm(OnQuestion):
    """Why not."""

    reason = forms.ChoiceField(label=_("Reason"), choices=[NONE, *QuestionRefusal.choices])
    words = forms.CharField(
        label=_("Explanation"), widget=area(3), max_length=PUBLIC_MOST, help_text=_("A sentence to who asked: what they can do instead. Name nobody.")
    )


class MergeForm(OnQuestion):
    """Into which."""

    into = forms.ChoiceField(label=_("Put together with"))


class UnmergeForm(OnQuestion):
    """Nothing is asked."""


class AssignForm(OnQuestion):
    """Who answers, until when."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Unit that answers"))
    due_on = forms.DateField(label=_("Due on"), widget=DayInput(), required=False, help_text=_("Empty: the last day by law."))


class AnswerForm(OnQuestion):
    """The answer, as a draft or for everybody."""

    text = forms.CharField(label=_("Answer"), widget=area(10), max_length=ANSWER_MOST)
    way = forms.ChoiceField(label=_("How it is answered"), choices=AnswerWay.choices, initial=AnswerWay.IN_WRITING)
    why = forms.CharField(
        label=_("Why it is corrected"), max_length=500, required=False, help_text=_("Everybody reads it beside the corrected answer.")
    )
    late_reason = forms.CharField(
        label=_("Why the answer comes late"), widget=area(2), max_length=500, required=False, help_text=_("Everybody reads it beside the answer.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.question.state != QuestionState.ANSWERED:
            del self.fields["why"]
        if not is_overdue(self.question):
            del self.fields["late_reason"]


class QuestionFilters(forms.Form):
    """By state, dialogue, unit, what is late, and words of the public text."""

    q = forms.CharField(label=_("Words"), max_length=120, required=False)
    state = forms.ChoiceField(label=_("State"), choices=[NONE, *[c for c in QuestionState.choices if c[0] != QuestionState.UNPROVEN]], required=False)
    session = forms.ModelChoiceField(Session.objects.none(), label=_("Dialogue"), required=False)
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Unit that answers"), required=False)
    overdue = forms.BooleanField(label=_("Only what is overdue"), required=False)


class BulkForm(TellingForm):
    """One thing for many questions."""

    what = forms.ChoiceField(
        label=_("With those ticked"),
        choices=[NONE, ("assign", _("give to a unit")), ("refuse", _("do not take")), ("merge", _("put together with the first one ticked"))],
    )
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Unit that answers"), required=False)
    reason = forms.ChoiceField(label=_("Reason"), choices=[NONE, *QuestionRefusal.choices], required=False)
    words = forms.CharField(label=_("Explanation"), max_length=PUBLIC_MOST, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = Unit.objects.current().order_by("level", "order", "name")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """What the choice needs is there."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("what") == "assign" and not cleaned.get("unit"):
            self.add_error("unit", _("Choose the unit."))
        if cleaned.get("what") == "refuse":
            if not cleaned.get("reason"):
                self.add_error("reason", _("Choose a reason."))
            if not cleaned.get("words"):
                self.add_error("words", _("Explain it in a sentence: who asked reads it."))
        return cleaned


# ── Requests ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class OnRequest(TellingForm):
    """A form about one request."""

    def __init__(self, *args: Any, request_: DialogueRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "session" in self.fields:
            found = Session.objects.filter(unit=request_.unit, kind__in=DIALOGUES, state__in=TAKES_PLACE).order_by("-starts_at")
            self.fields["session"].queryset = found  # type: ignore[attr-defined]


class OpenForm(OnRequest):
    """What everybody reads and signs."""

    subject = forms.CharField(label=_("What the dialogue is to be about"), max_length=SUBJECT_MOST)
    public_text = forms.CharField(
        label=_("Public text"), widget=area(8), max_length=REASONS_MOST, help_text=_("Take out names, telephone numbers, house numbers.")
    )
    sure = forms.BooleanField(label=SURE, required=False)


class ReasonForm(OnRequest):
    """Why it is refused or closed."""

    reason = forms.CharField(label=_("Reason"), widget=area(3), max_length=1000, help_text=_("Everybody who signed reads it. Name nobody."))


class ScheduleForm(OnRequest):
    """Which dialogue is held."""

    session = forms.ModelChoiceField(Session.objects.none(), label=_("Dialogue of this unit that is made public"))


class NoteForm(OnRequest):
    """What was done."""

    text = forms.CharField(label=_("What was done"), widget=area(3), max_length=1000, help_text=_("Stands on the public page with today’s date."))


class RequestFilters(forms.Form):
    """By state."""

    state = forms.ChoiceField(label=_("State"), choices=[NONE, *[c for c in RequestState.choices if c[0] != RequestState.UNPROVEN]], required=False)
